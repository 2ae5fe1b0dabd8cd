//! What users see when a program can't be run or saved: each case has its report in `golden/preinit`.
//!
//! `BLESS=1 cargo test` writes the reports anew.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use wasi_vfs::output::Destination;
use wasi_vfs::read_at::ReadAt;

use super::support::{bundle_bytes, manifest, preinit, preinit_into, program};

/// Read when compiled: tests may not look at the environment.
const BLESS: Option<&str> = option_env!("BLESS");

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/preinit")
}

/// Name, what the program has beside its head, and the keys of `[preinit]`.
const CASES: [(&str, &str, &str); 22] = [
    ("no_export", "(func (export \"initialize\"))", "function = \"initialise\""),
    ("no_export_at_all", "", "function = \"init\""),
    ("no_function", "(global (export \"init\") i32 (i32.const 1))", "function = \"init\""),
    (
        "function_type",
        "(func (export \"init\") (param i32 f64) (result i32) i32.const 1)",
        "function = \"init\"",
    ),
    (
        "rename",
        "(func (export \"init\")) (func (export \"resume\"))",
        "function = \"init\"\nrename = { _start = \"resum\" }",
    ),
    (
        "import",
        "(import \"env\" \"base\" (global i32)) (func (export \"init\"))",
        "function = \"init\"",
    ),
    (
        "global",
        "(global (mut funcref) (ref.null func)) (func (export \"init\"))",
        "function = \"init\"",
    ),
    (
        "instruction",
        "(table 2 funcref) (func $grow_it ref.null func i32.const 1 table.grow drop) (func (export \"init\"))",
        "function = \"init\"",
    ),
    (
        "instruction_drop",
        "(data $d \"x\") (func $__wasm_init_memory data.drop $d) (func (export \"init\"))",
        "function = \"init\"",
    ),
    (
        "snapshot",
        "(func (export \"init\")) (func (export \"__wizer_memory_0\"))",
        "function = \"init\"",
    ),
    (
        "engine",
        "(tag $t) (func $thrower throw $t) (func (export \"init\") call $thrower)",
        "function = \"init\"",
    ),
    (
        "random",
        "(func $seed i32.const 0 i32.const 8 call $random_get drop) (func $table_new call $seed)
         (func $init (export \"init\") call $say call $table_new call $open drop)",
        "function = \"init\"",
    ),
    (
        "clock",
        "(func $now i32.const 0 i64.const 0 i32.const 0 call $clock_time_get drop) (func $init (export \"init\") call $now)",
        "function = \"init\"",
    ),
    (
        "clock_wait",
        "(func $sleep i32.const 1000 i32.const 1200 i32.const 1 i32.const 1300 call $poll_oneoff drop)
         (func $init (export \"init\") call $sleep)",
        "function = \"init\"",
    ),
    (
        "exit",
        "(func $fail call $say i32.const 3 call $proc_exit) (func $init (export \"init\") call $fail)",
        "function = \"init\"",
    ),
    (
        "exit_well",
        "(func $_start (export \"_start\") i32.const 0 call $proc_exit)",
        "function = \"_start\"",
    ),
    (
        "foreign",
        "(func $init (export \"init\") i32.const 1 call $foreign)",
        "function = \"init\"",
    ),
    (
        "trap",
        "(table funcref (elem $divide))
         (func $divide (param i32) (result i32) i32.const 1 local.get 0 i32.div_u)
         (func $init (export \"init\") call $open drop i32.const 0 i32.const 0 call_indirect (param i32) (result i32) drop)",
        "function = \"init\"",
    ),
    (
        "trap_deep",
        "(func $again (param i32) local.get 0 i32.eqz if unreachable end local.get 0 i32.const 1 i32.sub call $again)
         (func $init (export \"init\") i32.const 40 call $again)",
        "function = \"init\"",
    ),
    (
        "trap_start",
        "(func $begin unreachable) (start $begin) (func (export \"init\"))",
        "function = \"init\"",
    ),
    (
        "stack",
        "(func $forever call $forever) (func $init (export \"init\") call $forever)",
        "function = \"init\"",
    ),
    (
        "fuel",
        "(func $spin loop br 0 end) (func $init (export \"init\") call $spin)",
        "function = \"init\"\nfuel = 100000",
    ),
];

fn render(error: &dyn Diagnostic) -> String {
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut text, error)
        .expect("a string takes all");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// As small as a program may be that was linked with `libwasi_vfs.a`; see `link/pre_linked.rs`.
fn pre_linked() -> String {
    let text = include_str!("../pre_linked.wat");
    let text = text.replace("{mark}", r"\ffwasi-vfs pre-linked form 1\ff");
    text.replace("{more}", r#"(func (export "init"))"#)
}

/// A place that can be written to and not be read.
struct Deaf(Cursor<Vec<u8>>);

impl Write for Deaf {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Deaf {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl Destination for Deaf {
    fn reader(&mut self) -> io::Result<Box<dyn ReadAt>> {
        Err(io::Error::other("the disk is gone"))
    }
}

/// Tells when a report is another one than is kept.
pub(crate) fn expect(name: &str, error: &dyn Diagnostic, wrong: &mut Vec<String>) {
    let text = render(error);
    let path = golden().join(format!("{name}.txt"));
    if BLESS.is_some() {
        fs::write(&path, &text).expect("the golden folder is writable");
    } else if fs::read_to_string(&path).unwrap_or_default() != text {
        wrong.push(format!("{name}: BLESS=1 writes it anew\n{text}"));
    }
}

#[test]
fn refusals_read_well() {
    let mut wrong = Vec::new();
    let mut codes = BTreeSet::new();
    let text = manifest("[preinit]\nfunction = \"init\"\n");
    let deaf = &mut Deaf(Cursor::new(Vec::new()));
    let error = preinit_into(&program("(func (export \"init\"))"), &text, None, deaf).unwrap_err();
    codes.extend(error.code().map(|code| code.to_string()));
    expect("image", &error, &mut wrong);
    let error = preinit(
        &pre_linked(),
        "[link]\nmode = \"pre-linked\"\n[preinit]\nfunction = \"init\"\n",
    )
    .unwrap_err();
    codes.extend(error.code().map(|code| code.to_string()));
    expect("pre_linked", &error, &mut wrong);
    for (name, rest, keys) in CASES {
        // What is imported comes before everything else in a module's text.
        let text = match rest.split_once("(func (export \"init\"))") {
            Some((import, "")) if import.starts_with("(import") => program(
                "(func (export \"init\"))",
            )
            .replacen("(module", &format!("(module {import}"), 1),
            _ => program(rest),
        };
        let error = match preinit(&text, &format!("[preinit]\n{keys}\n")) {
            Ok(_) => panic!("{name} is bundled"),
            Err(error) => error,
        };
        codes.extend(error.code().map(|code| code.to_string()));
        expect(name, &error, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let source = include_str!("../../src/preinit/error.rs");
    let known = source
        .split("code(")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'));
    let known: BTreeSet<String> = known
        .map(|(code, _)| code.to_owned())
        .filter(|code| code.starts_with("wasi_vfs::"))
        .collect();
    assert_eq!(codes, known);
}

/// The interposer inside is not told of a run, so another one is linked over it, as `mode = "post-link"` asks for.
#[test]
fn a_pre_linked_program_is_linked_again() {
    let mut wrong = Vec::new();
    for (link, notices) in [("", 1), ("[link]\nmode = \"post-link\"\n", 0)] {
        let rest = format!("{link}[preinit]\nfunction = \"init\"\n");
        let (_, bundled) = preinit(&pre_linked(), &rest).unwrap();
        assert_eq!(bundled.notices.len(), notices, "{link}");
        for notice in &bundled.notices {
            expect("linked_for_preinit", notice, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the program began with is not in a snapshot: there is no way back to it, with `[preinit]` or without.
#[test]
fn a_snapshot_is_not_bundled_again() {
    let (first, _) = preinit(
        &program("(func (export \"init\"))"),
        "[preinit]\nfunction = \"init\"\n",
    )
    .unwrap();
    let mut wrong = Vec::new();
    for rest in ["", "[preinit]\nfunction = \"open\"\n"] {
        let out = &mut Cursor::new(Vec::new());
        let error = bundle_bytes(&first, &manifest(rest), None, out).unwrap_err();
        assert_eq!(
            error.code().unwrap().to_string(),
            "wasi_vfs::link::pre_initialized"
        );
        expect("bundled_again", &error, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
