//! Programs that have as many of something as engines accept.

use wasi_vfs::link::Memory;
use wasi_vfs::link::Options;

use crate::support::{interposer, leb, link_with, section, wasm};

/// As many segments as Go's linker writes at most, with gaps of `gap` bytes.
fn full(gap: usize) -> Vec<u8> {
    let segments: String = (0..100_000)
        .map(|index| format!("(data (i32.const {}) \"x\")", 1024 + index * (1 + gap)))
        .collect();
    wasm(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
            (memory (export "memory") 32)
            (func (export "_start") (drop (call 0 (i32.const 3))))
            {segments})"#
    ))
}

/// What the program's segments put into memory, and how many segments the module has.
fn segments(module: &[u8]) -> (usize, Vec<u8>) {
    let (mut count, mut memory) = (0, vec![0; 32 << 16]);
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let wasmparser::Payload::DataSection(section) = payload.expect("a valid module") else {
            continue;
        };
        for segment in section {
            let segment = segment.expect("a valid module");
            count += 1;
            if let wasmparser::DataKind::Active {
                memory_index: 0,
                offset_expr,
            } = segment.kind
                && let Ok(wasmparser::Operator::I32Const { value }) =
                    offset_expr.get_operators_reader().read()
                && let Some(place) = memory.get_mut(value as usize..)
                && place.len() >= segment.data.len()
            {
                place[..segment.data.len()].copy_from_slice(segment.data);
            }
        }
    }
    (count, memory)
}

#[test]
fn a_program_with_all_data_segments_is_bundled() {
    for gap in [0, 8] {
        let program = full(gap);
        let (count, memory) = segments(&program);
        assert_eq!(count, 100_000);
        for layout in [Memory::Single, Memory::Isolated] {
            let options = Options {
                memory: layout,
                ..Options::default()
            };
            let linked = link_with(&program, &interposer("interposer"), &options)
                .unwrap_or_else(|error| panic!("gap {gap}, {layout:?}: {error}"));
            assert_eq!(linked.segment(), 99_999);
            let (count, linked_memory) = segments(&linked.to_bytes());
            assert_eq!(count, 100_000, "gap {gap}, {layout:?}");
            assert!(memory == linked_memory, "gap {gap}, {layout:?}");
        }
    }
}

/// A program whose first function has so many bytes. It calls an import with an operand of one byte; the function that
/// takes the import's place has an index of two.
fn large(bytes: usize) -> Vec<u8> {
    let program = wasm(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "_start") (drop (call 0 (i32.const 3))))
            {})"#,
        "(func)".repeat(200)
    ));
    let mut out = program[..8].to_vec();
    for payload in wasmparser::Parser::new(0).parse_all(&program) {
        let payload = payload.expect("a valid module");
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        if id != 10 {
            section(&mut out, id, &program[range]);
            continue;
        }
        let mut contents = Vec::new();
        leb(&mut contents, 201);
        leb(&mut contents, bytes);
        // No locals; nops; `i32.const 3`, `call 0`, `drop`, `end`.
        contents.push(0);
        contents.resize(contents.len() + bytes - 7, 0x01);
        contents.extend([0x41, 3, 0x10, 0, 0x1a, 0x0b]);
        contents.extend([2, 0, 0x0b].repeat(200));
        section(&mut out, id, &contents);
    }
    out
}

#[test]
fn a_function_that_becomes_too_large_is_refused() {
    let options = Options::default();
    let interposer = interposer("interposer");
    let fits = large(7_654_320);
    link_with(&fits, &interposer, &options).expect("one byte more is just allowed");
    let error = link_with(&large(7_654_321), &interposer, &options).expect_err("too large");
    assert_eq!(
        error.to_string(),
        "the bundle would have 7654322 bytes in one function; engines accept 7654321"
    );
}
