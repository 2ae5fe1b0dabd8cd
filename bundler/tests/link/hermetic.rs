//! `host = "none"`: a bundle that reads its files on a host which has no file functions at all.

use std::io::Cursor;
use std::path::Path;

use wasi_vfs::link::{Host, Interposer, Linked, Memory, Options, WriteError};
use wasi_vfs::manifest::{Choice, Manifest};
use wasi_vfs::source::MemorySource;
use wasi_vfs::{embed, plan};
use wasmi::{Engine, Linker, Module, Store, Val};

use crate::support::{link_with, wasm};

/// Copies `/data/greeting` to the standard output, then exits with what seeking there, syncing it and looking for
/// another directory say.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "data/greeting")
  (data (i32.const 200) "\00\02\00\00\40\00\00\00")
  (func $check (param i32) (if (local.get 0) (then unreachable)))
  (func (export "_start")
    (call $check (call $prestat (i32.const 3) (i32.const 0)))
    (call $check (call $open (i32.const 3) (i32.const 0) (i32.const 100) (i32.const 13)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16)))
    (call $check (call $read (i32.load (i32.const 16)) (i32.const 200) (i32.const 1) (i32.const 204)))
    (call $check (call $write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 20)))
    (call $check (call $close (i32.load (i32.const 16))))
    (call $exit (i32.add
      (i32.add
        (i32.mul (i32.const 10000) (call $seek (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 24)))
        (i32.mul (i32.const 100) (call $sync (i32.const 1))))
      (call $prestat (i32.const 4) (i32.const 0))))))"#;

/// The module with an image in which `/data/greeting` says hello, and which says the same of the host.
fn with_image(linked: &Linked<'_>) -> Vec<u8> {
    let manifest = "manifest-version = 1\n\
        [module]\ninput = \"a.wat\"\noutput = \"b.wasm\"\n\
        [link]\nhost = \"none\"\n\
        [[mount]]\nguest = \"/data\"\nsource = \"tree\"\n";
    let manifest = Manifest::parse(manifest, "m.toml", Path::new(""), &Choice::default());
    let source = MemorySource::new().file("tree/greeting", "hello");
    let plan = plan::resolve(&manifest.expect("a manifest"), &source).expect("a plan");
    let image = embed::describe(&plan).expect("an image");
    let mut out = Cursor::new(Vec::new());
    linked
        .write(&mut out, |out| {
            let written = image.write(&source, out, &()).expect("in memory");
            Ok::<u32, WriteError>(written.size)
        })
        .expect("in memory");
    out.into_inner()
}

#[derive(Default)]
struct Console {
    text: Vec<u8>,
    exit: i32,
}

/// Runs `_start` with a host that can print and exit, and nothing else.
fn run(engine: &Engine, module: &Module) -> Console {
    let mut linker = Linker::<Console>::new(engine);
    linker
        .func_wrap(
            "wasi_snapshot_preview1",
            "fd_write",
            |mut caller: wasmi::Caller<'_, Console>, fd: i32, iovs: i32, _: i32, out: i32| {
                assert_eq!(fd, 1);
                let memory = caller.get_export("memory").and_then(|e| e.into_memory());
                let (data, console) = memory.expect("it").data_and_store_mut(&mut caller);
                let word = |at: i32| {
                    let bytes = &data[at as usize..][..4];
                    u32::from_le_bytes(bytes.try_into().expect("four")) as usize
                };
                let (at, size) = (word(iovs), word(iovs + 4));
                console.text.extend_from_slice(&data[at..at + size]);
                data[out as usize..][..4].copy_from_slice(&(size as u32).to_le_bytes());
                0
            },
        )
        .expect("a name once");
    linker
        .func_wrap(
            "wasi_snapshot_preview1",
            "proc_exit",
            |mut caller: wasmi::Caller<'_, Console>, code: i32| -> Result<(), wasmi::Error> {
                caller.data_mut().exit = code;
                Err(wasmi::Error::i32_exit(code))
            },
        )
        .expect("a name once");
    // What a stream may need of its host; a host without files has no reason to have more of it.
    for name in ["fd_read", "fd_close", "fd_fdstat_get"] {
        let import = module.imports().find(|import| import.name() == name);
        if let Some(ty) = import.and_then(|import| import.ty().func().cloned()) {
            linker
                .func_new("wasi_snapshot_preview1", name, ty, |_, _, results| {
                    results[0] = Val::I32(8);
                    Ok(())
                })
                .expect("a name once");
        }
    }
    let mut store = Store::new(engine, Console::default());
    let instance = linker
        .instantiate_and_start(&mut store, module)
        .expect("nothing is missing");
    let start = instance.get_func(&store, "_start").expect("an export");
    let error = start.call(&mut store, &[], &mut []).expect_err("it exits");
    assert!(error.i32_exit_status().is_some(), "{error}");
    store.into_data()
}

#[test]
fn a_bundle_runs_where_there_are_no_file_functions() {
    for (memory, writable) in [
        (Memory::Single, false),
        (Memory::Single, true),
        (Memory::Isolated, false),
        (Memory::Isolated, true),
    ] {
        let options = Options {
            memory,
            host: Host::None,
            writable,
            ..Options::default()
        };
        let interposer = Interposer::pinned(writable);
        let program = wasm(PROGRAM);
        let linked = link_with(&program, interposer, &options).expect("it links");
        assert_eq!(linked.notices(), []);
        let engine = Engine::default();
        let module = Module::new(&engine, with_image(&linked)).expect("a valid module");
        let mut imports: Vec<&str> = module.imports().map(|import| import.name()).collect();
        assert_eq!(imports.len(), 8, "no index has moved");
        imports.sort_unstable();
        imports.dedup();
        assert_eq!(imports, ["fd_close", "fd_read", "fd_write", "proc_exit"]);
        let console = run(&engine, &module);
        // ESPIPE, and EBADF twice.
        assert_eq!(
            (console.text.as_slice(), console.exit),
            (&b"hello"[..], 70_08_08)
        );
    }
}
