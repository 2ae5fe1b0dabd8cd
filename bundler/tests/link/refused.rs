//! Modules that can't be served: the code, the message and the help that a user sees, in `refused.txt`.

use std::fmt::Write as _;

use wasi_vfs::link::{Interposer, LinkError};

use crate::support::{folder, golden, link, rendered, section, wasm};

const CLOSE: &str =
    r#"(import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))"#;

fn module(fields: &str) -> Vec<u8> {
    wasm(&format!("(module {fields})"))
}

/// A module with a memory, and `fields`.
fn program(fields: &str) -> Vec<u8> {
    module(&format!(r#"{CLOSE} (memory (export "memory") 1) {fields}"#))
}

/// A module that imports one function and exports a memory.
fn foreign(import: &str, name: &str, memory: &str) -> Vec<u8> {
    module(&format!(
        r#"(import "{import}" "{name}" (func)) (memory (export "{memory}") 1)"#
    ))
}

fn with_custom(name: &str) -> Vec<u8> {
    let mut module = program("");
    let contents = [&[name.len() as u8], name.as_bytes()].concat();
    section(&mut module, 0, &contents);
    module
}

fn with_linking(mut module: Vec<u8>) -> Vec<u8> {
    section(&mut module, 0, b"\x07linking\x02");
    module
}

/// As `clang -c` makes it: the memory is imported by this name.
fn object_file() -> Vec<u8> {
    with_linking(module(r#"(import "env" "__linear_memory" (memory 0))"#))
}

/// What is given, its name, and the code that it must be refused with.
fn cases() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let whole = program("(func)");
    let truncated = whole[..whole.len() - 3].to_vec();
    let mut wrong_length = whole.clone();
    wrong_length[9] += 1; // the type section
    let mut future = whole.clone();
    future[4] = 2;
    let other_magic = "(func) (data \"\\00wasivfs\\01\")";
    vec![
        ("an empty file", Vec::new(), "empty"),
        (
            "a text file",
            b"#!/bin/sh\necho hello\n".to_vec(),
            "not_wasm",
        ),
        (
            "a native program",
            b"\x7fELF\x02\x01\x01\x00\x00".to_vec(),
            "not_wasm",
        ),
        (
            "the text format",
            b"\n;; a comment\n  (module)".to_vec(),
            "text",
        ),
        (
            "the text format behind a block comment",
            b"(; hello ;) (module)".to_vec(),
            "text",
        ),
        ("half a preamble", b"\0asm\x01".to_vec(), "truncated"),
        ("a module cut off", truncated, "truncated"),
        ("a section with a wrong length", wrong_length, "malformed"),
        (
            "an unknown section",
            [whole.as_slice(), &[99, 0]].concat(),
            "malformed",
        ),
        (
            "a length that does not end",
            [whole.as_slice(), &[11, 0xff]].concat(),
            "malformed",
        ),
        (
            "code that does not validate",
            program("(func (result i32))"),
            "malformed",
        ),
        ("a component", wasm("(component)"), "component"),
        ("a version that does not exist", future, "version"),
        ("an object file", object_file(), "object_file"),
        (
            "an object file without a memory",
            with_linking(module(CLOSE)),
            "object_file",
        ),
        (
            "several object files in one",
            with_linking(module(&format!("{CLOSE} (memory 1)"))),
            "object_file",
        ),
        (
            "a program with relocations that imports its memory",
            with_linking(module(r#"(import "env" "memory" (memory 1))"#)),
            "imported_memory",
        ),
        ("a bundle", with_custom("wasi-vfs"), "already_bundled"),
        (
            "a bundle without its section",
            program(other_magic),
            "already_bundled",
        ),
        (
            "a 64-bit memory",
            module(r#"(memory (export "memory") i64 1)"#),
            "memory64",
        ),
        (
            "a shared memory",
            module(r#"(memory (export "memory") 1 1 shared)"#),
            "shared_memory",
        ),
        (
            "tiny pages",
            module(r#"(memory (export "memory") 1 (pagesize 1))"#),
            "page_size",
        ),
        (
            "an imported memory",
            module(r#"(import "env" "memory" (memory 1))"#),
            "imported_memory",
        ),
        (
            "two memories",
            module(r#"(memory (export "memory") 1) (memory 1)"#),
            "several_memories",
        ),
        ("no memory", module(CLOSE), "no_memory"),
        (
            "a memory that is not exported",
            module("(memory 1)"),
            "memory_not_exported",
        ),
        (
            "a memory by another name",
            module(r#"(memory (export "mem") 1)"#),
            "memory_not_exported",
        ),
        (
            "a memory without room",
            module(&format!(r#"{CLOSE} (memory (export "memory") 65534)"#)),
            "memory_full",
        ),
        (
            "a wrong signature",
            module(
                r#"(import "wasi_snapshot_preview1" "fd_close" (func (param i64))) (memory (export "memory") 1)"#,
            ),
            "signature",
        ),
        (
            "a wrong signature of WASI before preview 1",
            module(
                r#"(import "wasi_unstable" "fd_close" (func (param i64))) (memory (export "memory") 1)"#,
            ),
            "signature",
        ),
        (
            "a shared memory from outside",
            module(
                r#"(import "env" "memory" (memory 1 2 shared)) (import "wasi" "thread-spawn" (func (param i32) (result i32)))"#,
            ),
            "shared_memory",
        ),
        ("minified Emscripten", foreign("a", "a", "c"), "foreign"),
        (
            "Emscripten with a memory from outside",
            module(&format!(
                r#"{CLOSE} (import "env" "emscripten_resize_heap" (func)) (import "env" "memory" (memory 1))"#
            )),
            "foreign",
        ),
        (
            "Go for JavaScript",
            foreign("gojs", "runtime.wasmExit", "mem"),
            "foreign",
        ),
        (
            "Go for JavaScript before 1.21",
            foreign("go", "runtime.wasmExit", "mem"),
            "foreign",
        ),
        (
            "TinyGo for JavaScript",
            foreign("gojs", "runtime.ticks", "memory"),
            "foreign",
        ),
        (
            "an add-on of Node.js",
            module(&format!(
                r#"{CLOSE} (import "env" "napi_throw" (func)) (import "env" "memory" (memory 1 2 shared))"#
            )),
            "foreign",
        ),
        (
            "wasm-bindgen",
            foreign("wbg", "__wbindgen_throw", "memory"),
            "foreign",
        ),
        (
            "wasm-bindgen for bundlers",
            foreign("./app_bg.js", "__wbg_new_0", "memory"),
            "foreign",
        ),
        (
            "AssemblyScript",
            module(
                r#"(import "env" "abort" (func (param i32 i32 i32 i32))) (memory (export "memory") 1)"#,
            ),
            "foreign",
        ),
        (
            ".NET for the browser",
            foreign("env", "mono_wasm_bind_js_import", "memory"),
            "foreign",
        ),
        (
            "Kotlin for JavaScript",
            module(r#"(import "js_code" "kotlin.captureStackTrace" (func))"#),
            "foreign",
        ),
        (
            "Dart",
            module(r#"(import "dart2wasm" "_1" (func))"#),
            "foreign",
        ),
        (
            "TeaVM for JavaScript",
            foreign("teavm", "currentTimeMillis", "memory"),
            "foreign",
        ),
        (
            "Scala.js",
            module(r#"(import "__scalaJSHelpers" "fmod" (func))"#),
            "foreign",
        ),
        (
            "JavaScript strings",
            module(r#"(import "wasm:js-string" "length" (func))"#),
            "foreign",
        ),
        (
            "two versions of WASI",
            module(&format!(
                r#"{CLOSE} (import "wasi_unstable" "fd_sync" (func (param i32) (result i32))) (memory (export "memory") 1)"#
            )),
            "mixed_snapshots",
        ),
        (
            "too many segments that can't be joined",
            program(&"(data (i32.const 8) \"x\")".repeat(100_000)),
            "too_many",
        ),
    ]
}

#[test]
fn messages() {
    let mut out = String::new();
    for (name, module, code) in cases() {
        let error = link(&module).expect_err(name);
        let shown = rendered(&error);
        let expected = format!("wasi_vfs::link::{code}\n");
        assert!(shown.starts_with(&expected), "{name}: {shown}");
        writeln!(out, "# {name}\n{shown}").expect("in memory");
    }
    golden(&folder().join("refused.txt"), &out);
}

/// JavaScript may be beside WASI: what opens its files by WASI is served.
#[test]
fn javascript_beside_wasi_is_no_reason() {
    let imports = [
        ("wbg", "__wbindgen_throw"),
        ("rb-js-abi-host", "eval-js"),
        ("env", "emscripten_notify_memory_growth"),
        ("gojs", "runtime.ticks"),
        ("env", "napi_throw"),
    ];
    for (import, name) in imports {
        let module = module(&format!(
            r#"{CLOSE} (import "{import}" "{name}" (func)) (memory (export "memory") 1)"#
        ));
        assert_eq!(link(&module).err(), None, "{import}");
    }
}

/// A program is only compared with the interposer once it was inspected: both ways are refused the same.
#[test]
fn inspection_alone_refuses_what_does_not_depend_on_the_interposer() {
    for (name, module, code) in cases() {
        let inspected = wasi_vfs::link::Guest::inspect(&module).is_err();
        let later = ["memory_full", "signature", "too_many"].contains(&code);
        assert_eq!(inspected, !later, "{name}");
    }
}

fn interposer(fields: &str) -> Result<Interposer, LinkError> {
    Interposer::parse(module(fields))
}

#[test]
fn interposers_of_another_shape() {
    let cases = [
        ("", "it must define one memory"),
        ("(memory 1) (table 1 funcref)", "it has a table"),
        ("(memory 1) (func $f) (start $f)", "it has a start function"),
        (
            r#"(import "env" "f" (func)) (memory 1)"#,
            "it imports `env.f`",
        ),
        (
            r#"(import "wasi_vfs" "copy" (func)) (memory 1)"#,
            "it imports `wasi_vfs.copy`",
        ),
        (
            r#"(import "wasi_vfs" "copy_in" (func)) (memory 1)"#,
            "it imports `wasi_vfs.copy_in` as `(func)`, which is `(func (param i32 i32 i32))`",
        ),
        (
            r#"(import "env" "m" (memory 1))"#,
            "it imports `env.m`, which is not a function",
        ),
        (
            r#"(memory 1) (data "passive")"#,
            "it has a data segment that is not active at a constant",
        ),
        (
            r#"(memory 1) (data (i32.const 65535) "xx")"#,
            "a data segment at 65535 lies outside its memory",
        ),
        (
            r#"(memory 1) (data $d (i32.const 0) "xx") (func (data.drop $d))"#,
            "it uses a passive data segment of its own",
        ),
        (
            r#"(import "wasi_vfs" "image_size" (func $f (result i32))) (memory 1) (export "fd_close" (func $f))"#,
            "it exports the import `fd_close`",
        ),
        (
            "(memory 1) (func (result i32 i32) unreachable)",
            "func type returns multiple values but the multi-value feature is not enabled (at offset 0xb)",
        ),
    ];
    for (fields, expected) in cases {
        match interposer(fields) {
            Err(LinkError::Interposer { reason }) => assert_eq!(reason, expected, "{fields}"),
            other => panic!("{fields}: {other:?}"),
        }
    }
}
