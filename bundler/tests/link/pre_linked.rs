//! Programs that were linked with `libwasi_vfs.a`: found, filled, and what can't be had of them.
//!
//! The programs here are as small as one of those may be; `tests/tests/pre_linked.rs` has compilers make them.

use std::fmt::Write as _;
use std::io::Cursor;

use wasi_vfs::link::{Host, LinkError, Linked, Memory, Mode, Options, WriteError, link};
use wasmi::{Engine, Linker, Module, Store, TypedFunc};
use wasmparser::{Parser, Payload, TypeRef};

use crate::support::{folder, golden, rendered, section, wasm};

const IMAGE: &[u8] = b"\0wasivfs, or what the program takes for it";

/// A program with its interposer; `read` and `size` are what it does with the image, `close` asks the host.
fn program(mark: &str, more: &str) -> Vec<u8> {
    let text = include_str!("../pre_linked.wat");
    wasm(&text.replace("{mark}", mark).replace("{more}", more))
}

const MARK: &str = r"\ffwasi-vfs pre-linked form 1\ff";

fn filled(linked: &Linked<'_>) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    linked
        .write(&mut out, |out| {
            std::io::Write::write_all(out, IMAGE)?;
            Ok::<u32, WriteError>(IMAGE.len() as u32)
        })
        .expect("in memory");
    out.into_inner()
}

/// The module on a host whose `fd_close` answers 21.
fn instance(bytes: &[u8]) -> (Store<()>, wasmi::Instance) {
    let engine = Engine::default();
    let module = Module::new(&engine, bytes).expect("a valid module");
    let mut linker = Linker::new(&engine);
    let wasi = "wasi_snapshot_preview1";
    linker
        .func_wrap(wasi, "fd_close", |_: i32| 21_i32)
        .and_then(|linker| linker.func_wrap(wasi, "proc_exit", |_: i32| ()))
        .expect("two names");
    let mut store = Store::new(&engine, ());
    let instance = linker
        .instantiate_and_start(&mut store, &module)
        .expect("two imports");
    (store, instance)
}

fn size_and_close(bytes: &[u8]) -> (i32, i32) {
    let (mut store, instance) = instance(bytes);
    let mut call = |name: &str| {
        let function: TypedFunc<(), i32> = instance.get_typed_func(&store, name).expect("exported");
        function.call(&mut store, ()).expect("no trap")
    };
    (call("size"), call("close"))
}

#[test]
fn it_runs_as_it_is_and_with_an_image() {
    let program = program(MARK, "");
    assert_eq!(size_and_close(&program), (-1, 21));
    let linked = link(&program, &Options::default()).expect("linked");
    assert!(linked.is_pre_linked());
    assert_eq!(linked.notices(), []);
    let module = filled(&linked);
    assert_eq!(size_and_close(&module), (IMAGE.len() as i32, 21));
    let (mut store, instance) = instance(&module);
    let read: TypedFunc<(i32, i32, i32), ()> =
        instance.get_typed_func(&store, "read").expect("exported");
    read.call(&mut store, (100, 9, 7)).expect("no trap");
    let memory = instance.get_memory(&store, "memory").expect("exported");
    assert_eq!(&memory.data(&store)[99..108], b"\0 or wha\0");
}

/// No import is added or lost, no code moves, and the function keeps its bytes but for what it does now.
#[test]
fn nothing_else_changes() {
    let mut program = program(MARK, "");
    section(&mut program, 0, b"\x0b.debug_info");
    let linked = link(&program, &Options::default()).expect("linked");
    assert_eq!((linked.added_code(), linked.segment()), (0, 1));
    let module = filled(&linked);
    let sections = |bytes: &[u8]| {
        let mut sections = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.expect("a valid module");
            if let Some((id, range)) = payload.as_section() {
                let name = match &payload {
                    Payload::CustomSection(custom) => custom.name().to_owned(),
                    _ => String::new(),
                };
                sections.push((id, name, bytes[range].to_vec()));
            }
        }
        sections
    };
    let (before, after) = (sections(&program), sections(&module));
    let changed: Vec<_> = before
        .iter()
        .filter(|section| !after.contains(section))
        .map(|(id, name, _)| (*id, name.as_str()))
        .collect();
    // Code and data; the image has a name.
    assert_eq!(changed, [(10, ""), (11, ""), (0, "name")]);
    let added: Vec<_> = (after.iter())
        .filter(|(id, name, _)| {
            before
                .iter()
                .all(|(old, known, _)| (old, known) != (id, name))
        })
        .map(|(id, name, _)| (*id, name.as_str()))
        .collect();
    assert_eq!(added, [(12, ""), (0, "producers")]);
    let code = |sections: &[(u8, String, Vec<u8>)]| {
        let found = sections.iter().find(|(id, _, _)| *id == 10);
        found.expect("a code section").2.clone()
    };
    let (before, after) = (code(&before), code(&after));
    assert_eq!(before.len(), after.len());
    let differs = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    assert!(differs < 30, "{differs} bytes of the code are others");
}

/// Without the host's files, its own functions answer, and the import becomes another one.
#[test]
fn without_the_host() {
    let options = Options {
        host: Host::None,
        ..Options::default()
    };
    let program = program(MARK, "");
    // Streams are closed by the host: that import stays.
    let linked = link(&program, &options).expect("linked");
    assert_eq!(size_and_close(&filled(&linked)), (IMAGE.len() as i32, 21));
    // Syncing one is an answer of its own.
    let text = wasmprinter::print_bytes(&program).expect("a valid module");
    let syncing = text.replace("\"fd_close\"", "\"fd_datasync\"");
    let syncing = wasm(&syncing);
    let linked = link(&syncing, &options).expect("linked");
    let module = filled(&linked);
    assert_eq!(size_and_close(&module), (IMAGE.len() as i32, 8));
    let mut imports = Vec::new();
    for payload in Parser::new(0).parse_all(&module) {
        if let Payload::ImportSection(section) = payload.expect("a valid module") {
            for import in section.into_imports() {
                let import = import.expect("a valid module");
                assert!(matches!(import.ty, TypeRef::Func(_)));
                imports.push(import.name.to_owned());
            }
        }
    }
    assert_eq!(imports, ["proc_exit", "proc_exit"]);
}

#[test]
fn what_does_not_fit_is_told() {
    let whole = program(MARK, "");
    let past = program(
        MARK,
        r#"(func (export "past") (drop (call $fd_close (i32.const 3))))"#,
    );
    let plain = program("no mark", "");
    let later = program(r"\ffwasi-vfs pre-linked form 2\ff", "");
    // The place in the table is that of another function, or past its end.
    let look_alike = program(&format!(r"{MARK}\03\00\00\00\00\00\00\00"), "");
    let strict = Options {
        mode: Mode::PreLinked,
        ..Options::default()
    };
    let isolated = Options {
        memory: Memory::Isolated,
        ..Options::default()
    };
    let cases: [(&str, &[u8], Options, &str); 6] = [
        ("a program without it", &plain, strict, "not_pre_linked"),
        ("only the same text", &look_alike, strict, "not_pre_linked"),
        ("calls of its own", &past, strict, "calls_past"),
        (
            "a memory of its own",
            &whole,
            isolated,
            "pre_linked_isolated",
        ),
        ("another form", &later, strict, "pre_linked_form"),
        (
            "another form, unasked",
            &later,
            Options::default(),
            "pre_linked_form",
        ),
    ];
    let mut out = String::new();
    for (name, module, options, code) in cases {
        let error: LinkError = link(module, &options).expect_err(name);
        let shown = rendered(&error);
        assert!(
            shown.starts_with(&format!("wasi_vfs::link::{code}\n")),
            "{name}: {shown}"
        );
        writeln!(out, "# {name}\n{shown}").expect("in memory");
    }
    let linked = link(&past, &Options::default()).expect("linked");
    assert!(!linked.is_pre_linked());
    for notice in linked.notices() {
        writeln!(out, "# calls of its own, unasked\n{}", rendered(notice)).expect("in memory");
    }
    golden(&folder().join("pre_linked.txt"), &out);
}

/// Where another interposer is asked for, or none is there, it is linked in.
#[test]
fn otherwise_it_is_linked() {
    let post = Options {
        mode: Mode::PostLink,
        ..Options::default()
    };
    for (program, options) in [
        (program(MARK, ""), post),
        (
            program(MARK, ""),
            Options {
                memory: Memory::Isolated,
                ..post
            },
        ),
        (program("no mark", ""), Options::default()),
    ] {
        let linked = link(&program, &options).expect("linked");
        assert!(!linked.is_pre_linked());
        assert!(linked.added_code() > 0);
    }
}
