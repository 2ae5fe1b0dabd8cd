//! Programs with as many data segments as engines accept (Go's linker makes them): two become one, and
//!
//! * memory is at the start what it was, byte for byte;
//! * the data segments that code names are still the ones it named;
//! * a program whose start failed still fails;
//! * a bundle gives its program back, byte for byte.

use std::io::Cursor;
use std::path::Path;

use wasi_vfs::bundle;
use wasi_vfs::link::{Linked, Memory, Options};
use wasi_vfs::manifest::{Choice, Manifest};
use wasi_vfs::program::Program;
use wasi_vfs::source::MemorySource;
use wasmi::{Engine, Linker, Module, Store};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use crate::support::{interposer, link, link_with, rendered, wasm};

const MOST: usize = 100_000;

/// A program with these segments and as many others, one byte each and 8 bytes apart, that there are [`MOST`].
fn program(first: &str, others_at: usize, last: &str) -> Vec<u8> {
    let count = |text: &str| text.matches("(data ").count();
    let filling = MOST - count(first) - count(last);
    let mut text = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
          (memory (export "memory") 32)
          (func (export "close") (param i32) (result i32) (call $close (local.get 0)))
          {first}"#
    );
    for index in 0..filling {
        let at = others_at + 8 * index;
        text.push_str(&format!("(data (i32.const {at}) \"{}\")", index % 10));
    }
    text.push_str(last);
    text.push(')');
    wasm(&text)
}

fn segments(module: &[u8]) -> usize {
    let mut payloads = Parser::new(0).parse_all(module);
    let count = payloads.find_map(|payload| match payload.expect("a valid module") {
        Payload::DataSection(section) => Some(section.count() as usize),
        _ => None,
    });
    count.unwrap_or(0)
}

/// The memory after the start, and after `touch` when there is one; `None` when the start fails.
fn memory(module: &[u8]) -> Option<Vec<u8>> {
    let engine = Engine::default();
    let module = Module::new(&engine, module).expect("a valid module");
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::<()>::new(&engine);
    for import in module.imports() {
        let ty = import.ty().func().expect("a function").clone();
        linker
            .func_new(import.module(), import.name(), ty, |_, _, _| Ok(()))
            .expect("a name once");
    }
    let instance = linker.instantiate_and_start(&mut store, &module).ok()?;
    if let Some(touch) = instance.get_func(&store, "touch") {
        touch.call(&mut store, &[], &mut []).expect("it runs");
    }
    let memory = instance
        .get_memory(&store, "memory")
        .expect("it is exported");
    Some(memory.data(&store)[..32 << 16].to_vec())
}

fn linked(module: &[u8], memory: Memory) -> Linked<'_> {
    let options = Options {
        memory,
        ..Options::default()
    };
    link_with(module, &interposer("interposer"), &options).unwrap_or_else(|error| panic!("{error}"))
}

/// Asserts that the linked program has [`MOST`] segments, is valid, and begins as the program does; gives its segments' count.
fn assert_same(program: &[u8]) {
    assert_eq!(segments(program), MOST);
    for layout in [Memory::Single, Memory::Isolated] {
        let module = linked(program, layout).to_bytes();
        assert_eq!(segments(&module), MOST);
        Validator::new_with_features(WasmFeatures::all())
            .validate_all(&module)
            .expect("it is valid");
        assert!(
            memory(&module) == memory(program),
            "memory begins differently, {layout:?}"
        );
    }
}

#[test]
fn a_gap_is_filled_with_zeros() {
    assert_same(&program("", 64, ""));
}

#[test]
fn neighbours_that_touch_are_preferred() {
    let program = program(
        "",
        1024,
        r#"(data (i32.const 8) "left") (data (i32.const 12) "right")"#,
    );
    assert_same(&program);
    let module = linked(&program, Memory::Single).to_bytes();
    assert!(module.windows(9).any(|bytes| bytes == b"leftright"));
}

#[test]
fn zeros_do_not_replace_what_an_earlier_segment_put_into_the_gap() {
    // The smallest gap, one byte, is full; the filling's gaps are eight bytes less one.
    assert_same(&program(
        r#"(data (i32.const 4) "x") (data (i32.const 0) "abcd") (data (i32.const 5) "ef")"#,
        64,
        "",
    ));
}

#[test]
fn a_later_segment_still_replaces_an_earlier_one() {
    assert_same(&program(
        "",
        64,
        r#"(data (i32.const 64) "again") (data (i32.const 70) "and again")"#,
    ));
}

#[test]
fn segments_that_code_names_keep_their_numbers() {
    let touch = |index: usize| {
        format!(
            r#"(func (export "touch") (memory.init {index} (i32.const 8) (i32.const 0) (i32.const 3)) (data.drop {index}))"#
        )
    };
    for code in [
        format!("{} (data \"abc\")", touch(0)),
        "(func (export \"touch\") (data.drop 7))".to_owned(),
    ] {
        assert_same(&program(&code, 64, ""));
    }
    // In front of the named one there would be room.
    let late = program(
        &touch(MOST - 3),
        64,
        r#"(data "abc") (data (i32.const 32) "1") (data (i32.const 33) "2")"#,
    );
    assert_same(&late);
}

#[test]
fn a_segment_beyond_the_memory_still_fails_the_start() {
    let program = program(
        "",
        64,
        r#"(data (i32.const 2097151) "ab") (data (i32.const 2097153) "")"#,
    );
    assert_eq!(memory(&program), None);
    // In a shared memory the interposer's region lies there.
    let module = linked(&program, Memory::Isolated).to_bytes();
    assert_eq!(segments(&module), MOST);
    assert_eq!(memory(&module), None);
}

#[test]
fn names_follow_their_segments() {
    let program = program(
        "",
        1024,
        r#"(data $left (i32.const 8) "left") (data $right (i32.const 12) "right") (data $last (i32.const 40) "last")"#,
    );
    let module = linked(&program, Memory::Single).to_bytes();
    let text = wasmprinter::print_bytes(module).expect("it is valid");
    let line = |name: &str| {
        text.lines()
            .find(|line| line.contains(name))
            .unwrap_or_default()
    };
    assert!(
        line("(data $left ").ends_with("\"leftright\")"),
        "{}",
        line("(data $left ")
    );
    assert!(
        line("(data $last ").ends_with("\"last\")"),
        "{}",
        line("(data $last ")
    );
    assert_eq!(line("(data $right "), "");
}

#[test]
fn where_no_two_can_be_joined_the_limit_is_named() {
    let passive = wasm(&format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
          (memory (export "memory") 1) {})"#,
        "(data \"\")".repeat(MOST)
    ));
    let named_last = program(
        &format!(r#"(func (data.drop {}))"#, MOST - 1),
        64,
        r#"(data "x")"#,
    );
    for module in [passive, named_last] {
        let error = link(&module).expect_err("there is no room");
        assert!(
            rendered(&error).contains("100001 data segments; engines accept 100000"),
            "{}",
            rendered(&error)
        );
    }
}

#[test]
fn a_bundle_gives_its_program_back() {
    let module = program("", 64, "");
    let manifest = "manifest-version = 1\n[module]\ninput = \"a.wasm\"\noutput = \"b.wasm\"\n\
        [[file]]\nguest = \"/motd\"\ncontent = \"hi\"\n";
    let manifest =
        Manifest::parse(manifest, "m.toml", Path::new(""), &Choice::default()).expect("a manifest");
    let make = |program: &Program| {
        let mut out = Cursor::new(Vec::new());
        bundle(&manifest, program, &MemorySource::new(), &mut out, &()).expect("a bundle");
        out.into_inner()
    };
    let program = Program::of_bytes("a.wasm", module.clone()).expect("a program");
    let made = make(&program);
    let restored = Program::of_bytes("b.wasm", made.clone()).expect("a bundle");
    assert!(restored.module() == module);
    assert!(make(&restored) == made);
}
