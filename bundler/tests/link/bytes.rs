//! What golden text can't show: widths, positions, identical bytes.

use std::io::Cursor;

use wasi_vfs::link::{Host, Interposer, LinkError, Linked, Memory, Options, WriteError};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use crate::support::{cases, contents, interposer, link, link_with, padded, section, wasm};

/// A program with `functions` empty functions, calls of a WASI function, growth as wasi-libc has it, and DWARF.
fn program(functions: usize, masked: bool) -> Vec<u8> {
    let mask = if masked {
        "(i32.const 65535) (i32.and)"
    } else {
        ""
    };
    let mut text = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "close") (param i32) (result i32)
            (local.get 0) (call $close) {mask})
          (func (export "sbrk") (param i32) (result i32)
            (memory.grow (i32.shr_u (local.get 0) (i32.const 16))))
          (func (export "size") (result i32) (memory.size))
          (@custom ".debug_line" (after data) "addresses")"#
    );
    text.push_str(&"(func)".repeat(functions));
    text.push(')');
    wasm(&text)
}

/// Where each body lies, counted from the start of the code section.
fn places(module: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut start = 0;
    let mut places = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("a valid module") {
            Payload::CodeSectionStart { range, .. } => start = range.start,
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                places.push(range.start - start..range.end - start);
            }
            _ => {}
        }
    }
    places
}

/// Asserts that no code of the program moved, and that what describes it was kept.
fn assert_in_place(module: &[u8]) {
    let linked = link(module).expect("it links");
    let (before, after) = (places(module), places(&linked.to_bytes()));
    assert_eq!(before, after[..before.len()]);
    assert_eq!(
        contents(&linked.to_bytes(), 0, ".debug_line"),
        Some(&b"addresses"[..])
    );
    assert_eq!(linked.notices(), []);
}

/// Asserts that what described code of the program was left out, because code moved.
fn assert_moved(module: &[u8]) {
    let linked = link(module).expect("it links");
    let (before, after) = (places(module), places(&linked.to_bytes()));
    assert_ne!(before, after[..before.len()]);
    assert_eq!(contents(&linked.to_bytes(), 0, ".debug_line"), None);
    assert_eq!(linked.notices().len(), 1);
}

#[test]
fn padded_calls_and_folded_growth_leave_code_in_place() {
    assert_in_place(&padded(&program(10, false)));
    assert_in_place(&padded(&program(200, false)));
    assert_in_place(&padded(&program(20_000, false)));
}

#[test]
fn calls_that_cut_their_errno_leave_code_in_place() {
    assert_in_place(&program(200, true));
    assert_in_place(&program(20_000, true));
    assert_in_place(&padded(&program(200, true)));
}

#[test]
fn short_calls_move_code() {
    assert_moved(&program(200, false));
}

#[test]
fn a_function_count_that_gets_longer_moves_code() {
    // 3 + 122 = 125 functions, one byte; 5 more, two bytes.
    assert_moved(&padded(&program(122, false)));
    assert_moved(&padded(&program(16_380, false)));
}

#[test]
fn a_padded_function_count_keeps_its_width() {
    let module = padded(&program(122, false));
    let code = contents(&module, 10, "").expect("a code section");
    let mut wide = vec![code[0] | 0x80, 0x80, 0x00];
    wide.extend_from_slice(&code[1..]);
    let mut out = module[..8].to_vec();
    for payload in Parser::new(0).parse_all(&module) {
        if let Some((id, range)) = payload.expect("a valid module").as_section() {
            section(&mut out, id, if id == 10 { &wide } else { &module[range] });
        }
    }
    assert_in_place(&out);
}

#[test]
fn from_128_globals_on_the_size_takes_longer_to_read() {
    let with = |globals: usize| {
        let text = format!(
            r#"(module
              (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
              (memory (export "memory") 1)
              (func (export "size") (result i32) (memory.size))
              (@custom ".debug_line" (after data) "addresses")
              {})"#,
            "(global i32 (i32.const 0))".repeat(globals)
        );
        wasm(&text)
    };
    assert_in_place(&with(127));
    assert_moved(&with(128));
    assert_moved(&with(500));
}

/// Links every golden case in both layouts.
fn every_case(check: impl Fn(&str, &[u8], &Linked<'_>)) {
    for memory in [Memory::Single, Memory::Isolated] {
        every_case_in(memory, &check);
    }
}

fn every_case_in(memory: Memory, check: impl Fn(&str, &[u8], &Linked<'_>)) {
    for case in cases() {
        check(&case.name, &case.module, &case.link(memory));
    }
}

#[test]
fn imports_stay_byte_for_byte() {
    every_case(|name, module, linked| {
        if !["none", "fold_unstable"].contains(&name) {
            assert_eq!(
                contents(module, 2, ""),
                contents(&linked.to_bytes(), 2, ""),
                "{name}"
            );
        }
    });
}

#[test]
fn without_a_host_file_imports_become_others_in_the_same_places() {
    let options = Options {
        host: Host::None,
        ..Options::default()
    };
    let list = |functions: &[&str]| {
        let one = |name| format!(r#"(import "wasi_snapshot_preview1" "{name}" (func "#);
        let all = functions.iter().map(|name| match *name {
            "proc_exit" => one(name) + "(param i32)))",
            _ => one(name) + "(param i32) (result i32)))",
        });
        let all: String = all.collect();
        wasm(&format!(r#"(module {all} (memory (export "memory") 1))"#))
    };
    let pinned = Interposer::pinned(false);
    let linked = |functions: &[&str]| {
        let module = list(functions);
        let linked = link_with(&module, pinned, &options).expect("it links");
        contents(&linked.to_bytes(), 2, "").map(<[u8]>::to_vec)
    };
    let same = |before: &[&str], after: &[&str]| {
        // Types by name: the same modules' import sections, written by the same hand.
        let types = contents(&list(before), 1, "").map(<[u8]>::to_vec);
        assert_eq!(types, contents(&list(after), 1, "").map(<[u8]>::to_vec));
        assert_eq!(
            linked(before),
            contents(&list(after), 2, "").map(<[u8]>::to_vec)
        );
    };
    same(
        &["proc_exit", "fd_close", "fd_sync", "fd_datasync"],
        &["proc_exit", "fd_close", "proc_exit", "proc_exit"],
    );
    same(&["fd_sync", "fd_close"], &["fd_close", "fd_close"]);
    same(&["fd_close"], &["fd_close"]);
    assert_eq!(linked(&[]), None);
}

#[test]
fn nothing_newer_than_bulk_memory_is_added() {
    let old = WasmFeatures::WASM1 | WasmFeatures::SIGN_EXTENSION | WasmFeatures::BULK_MEMORY;
    let valid = |features, module: &[u8]| {
        let mut validator = Validator::new_with_features(features);
        let valid = validator.validate_all(module);
        valid.map(|_| ()).map_err(|error| error.to_string())
    };
    every_case_in(Memory::Single, |name, module, linked| {
        if valid(old, module).is_ok() {
            assert_eq!(valid(old, &linked.to_bytes()).err(), None, "{name}");
        }
    });
    every_case_in(Memory::Isolated, |name, module, linked| {
        if valid(old, module).is_ok() {
            let new = old | WasmFeatures::MULTI_MEMORY;
            assert_eq!(valid(new, &linked.to_bytes()).err(), None, "{name}");
        }
    });
}

#[test]
fn a_memory_index_in_a_program_with_one_memory_is_kept() {
    // `i32.load` with bit 6 of its alignment set and the index 0, which is the same as without.
    let mut module = wasm(&format!(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "f") (result i32) (i32.load8_u offset={} (i32.const 0))))"#,
        0x80
    ));
    let plain = [0x2d, 0x00, 0x80, 0x01];
    let at = module
        .windows(4)
        .position(|bytes| bytes == plain)
        .expect("the load");
    module[at..at + 4].copy_from_slice(&[0x2d, 0x40, 0x00, 0x01]);
    link(&module).expect("it links");
}

/// The body of a function of the program is copied as it is.
#[test]
fn the_program_is_not_touched_by_a_memory_of_its_own() {
    let options = Options {
        memory: Memory::Isolated,
        ..Options::default()
    };
    for maximum in ["", "65536", "2"] {
        let module = wasm(&format!(
            r#"(module
              (import "wasi_snapshot_preview1" "fd_sync" (func (param i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
              (memory (export "memory") 2 {maximum})
              (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
              (func (export "size") (result i32) (memory.size))
              (@custom ".debug_line" (after data) "addresses"))"#
        ));
        let linked = link_with(&module, &interposer("interposer"), &options).expect("it links");
        let bytes = linked.to_bytes();
        let program = contents(&module, 10, "").expect("a code section");
        let code = contents(&bytes, 10, "").expect("a code section");
        assert_eq!(&code[1..program.len()], &program[1..], "{maximum}");
        let memories = contents(&bytes, 5, "").expect("a memory section");
        let own = contents(&module, 5, "").expect("a memory section");
        assert_eq!(memories, [&[2], &own[1..], &[0, 2]].concat(), "{maximum}");
        assert_eq!(linked.notices(), []);
    }
    // No room in it is needed.
    let full = wasm(
        r#"(module
          (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
          (memory (export "memory") 65536))"#,
    );
    link_with(&full, &interposer("interposer"), &options).expect("it links");
}

#[test]
fn a_linked_module_is_a_bundle() {
    // Its segment has no image yet, so nothing shows it but the section that the next stage adds.
    every_case(|_, _, linked| {
        let mut bytes = linked.to_bytes();
        section(&mut bytes, 0, b"\x08wasi-vfs{}");
        assert!(matches!(
            link(&bytes),
            Err(LinkError::AlreadyBundled { .. })
        ));
    });
}

fn write(linked: &Linked<'_>, start: &[u8], image: &[u8]) -> Vec<u8> {
    use std::io::{Seek, SeekFrom, Write};
    let mut out = Cursor::new(start.to_vec());
    out.seek(SeekFrom::End(0)).expect("in memory");
    let size = linked.write(&mut out, |out| {
        out.write_all(image)?;
        Ok::<u32, WriteError>(image.len() as u32)
    });
    assert_eq!(size.expect("in memory"), image.len() as u32);
    assert_eq!(
        out.position(),
        out.get_ref().len() as u64,
        "it ends at the end"
    );
    out.into_inner()
}

#[test]
fn the_image_goes_into_its_segment_and_its_size_into_the_code() {
    let image: Vec<u8> = b"\0wasivfs"
        .iter()
        .copied()
        .chain((0..100_000u32).map(|i| i as u8))
        .collect();
    every_case(|name, _, linked| {
        let module = write(linked, b"", &image);
        Validator::new_with_features(WasmFeatures::all())
            .validate_all(&module)
            .expect(name);
        let mut segments = Vec::new();
        for payload in Parser::new(0).parse_all(&module) {
            if let Payload::DataSection(section) = payload.expect("a valid module") {
                segments.extend(
                    section
                        .into_iter()
                        .map(|segment| segment.expect("valid").data),
                );
            }
        }
        assert_eq!(segments.len() as u32, linked.segment() + 1, "{name}");
        assert!(segments.last() == Some(&image.as_slice()), "{name}");
        assert_eq!(module.len() as u64, linked.size() + image.len() as u64);
        assert_eq!(write(linked, b"front", &image)[5..], module, "{name}");
        assert_eq!(write(linked, b"", b""), linked.to_bytes(), "{name}");
    });
}

#[test]
fn the_code_pushes_the_image_size() {
    let module =
        wat::parse_file(crate::support::folder().join("cases/image_size.wat")).expect("a module");
    let linked = link(&module).expect("it links");
    for size in [0, 1, 64, 65_536, 3_000_000] {
        let text =
            wasmprinter::print_bytes(write(&linked, b"", &vec![7; size])).expect("a valid module");
        assert!(
            text.contains(&format!("i32.const {size}\n    i32.store")),
            "{size}"
        );
    }
}

#[test]
fn what_is_inserted_before_the_image_size_moves_it() {
    let mut cases = cases();
    cases.retain(|case| case.name == "rewriting");
    for memory in [Memory::Single, Memory::Isolated] {
        let linked = cases[0].link(memory);
        let image = [7; 3_456];
        let text = wasmprinter::print_bytes(write(&linked, b"", &image)).expect("a valid module");
        for behind in ["i32.store", "memory.copy"] {
            let pushed = format!("i32.const 3456\n    {behind}");
            assert_eq!(text.matches(&pushed).count(), 1, "{behind}");
        }
    }
}

#[test]
fn an_image_that_does_not_fit_is_refused() {
    let program = program(1, false);
    let linked = link(&program).expect("it links");
    // One active segment less: the image's own header and the count.
    assert_eq!(linked.image_limit(), u32::MAX - 7);
    let result = linked.write(&mut Cursor::new(Vec::new()), |_| {
        Ok::<u32, WriteError>(u32::MAX - 6)
    });
    match result {
        Err(WriteError::Link(LinkError::DataTooLarge { size, limit })) => {
            assert_eq!((size, limit), (1 << 32, u64::from(u32::MAX)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let module = program(3000, false);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        pool.install(|| link(&module).expect("it links").to_bytes())
    };
    assert!(with(1) == with(7));
}

#[test]
fn the_first_mistake_in_the_file_is_reported() {
    // Many bodies, two of them wrong; whichever thread is first must not decide.
    let mut module = program(3000, false);
    let places = places(&module);
    let code = contents(&module, 10, "").expect("a code section").as_ptr() as usize
        - module.as_ptr() as usize;
    for body in [700, 2900] {
        module[code + places[body].end - 1] = 0x1a; // `drop` where `end` belongs
    }
    for _ in 0..20 {
        match link(&module) {
            Err(LinkError::Malformed { offset, .. }) => {
                assert_eq!(offset, code + places[700].end - 1)
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_pinned_interposer_links() {
    let module = program(10, false);
    for writable in [false, true] {
        let wasi: Vec<&str> = Interposer::pinned(writable)
            .answers()
            .filter(|name| name.starts_with("fd_") || name.starts_with("path_"))
            .collect();
        assert!(wasi.len() > 30, "{wasi:?}");
        for memory in [Memory::Single, Memory::Isolated] {
            let options = Options {
                memory,
                writable,
                ..Options::default()
            };
            wasi_vfs::link::link(&module, &options).expect("it links");
        }
    }
}
