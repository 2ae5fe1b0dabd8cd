//! Programs that have as many of something as engines accept.

use wasi_vfs::link::Memory;
use wasi_vfs::link::Options;

use crate::support::{interposer, link_with, wasm};

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
