//! Bundles that are bundled again: whatever was done to one, it is told, or comes to nothing.
//!
//! A few changes here: each links a program. `VFS_FUZZ_EXECUTIONS=10000 cargo test --release -p wasi-vfs --test archives again`
//! for more.

use std::io::Cursor;

use miette::Diagnostic as _;
use wasi_vfs::program::Program;
use wasi_vfs::source::MemorySource;
use wasi_vfs::{Error, inspect};

use crate::random::Dice;
use crate::support::{bundle_of, manifest, wish};

fn tree() -> MemorySource {
    MemorySource::new()
        .file("t/lib/a", vec![1; 3000])
        .file("t/lib/b", "b")
        .symlink("t/up", "lib/a")
}

/// `program` with one more file.
fn again(program: Vec<u8>) -> Result<Vec<u8>, Error> {
    let program = Program::of_bytes("app.wasm", program)?;
    let manifest = manifest("[[file]]\nguest = '/lib/b'\ncontent = 'another'\n");
    let mut out = Cursor::new(Vec::new());
    wasi_vfs::bundle(&manifest, &program, &MemorySource::new(), &mut out, &())?;
    Ok(out.into_inner())
}

/// The contents of the file at `path`.
fn read(bundle: &[u8], path: &str) -> Vec<u8> {
    let found = inspect::find(bundle).unwrap();
    found.check().unwrap();
    let rows = found.rows().unwrap();
    let row = rows.iter().find(|row| row.path == path).unwrap();
    let wasi_vfs::image::RowKind::File { offset, .. } = row.kind else {
        panic!("{path} is a file");
    };
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut found.content(offset, row.size), &mut bytes).unwrap();
    bytes
}

#[test]
fn a_module_in_memory_keeps_its_image() {
    let bundle = bundle_of(&tree());
    let more = again(bundle).unwrap();
    assert_eq!(read(&more, "/lib/a"), [1; 3000]);
    assert_eq!(read(&more, "/lib/b"), b"another");
}

/// Also of what does not go in any more: the old `/lib/b`.
#[test]
fn a_change_anywhere_in_its_image_is_told() {
    let bundle = bundle_of(&tree());
    let found = inspect::find(&bundle).unwrap();
    let start = found.image_offset() as usize;
    let end = start + found.image_size() as usize;
    let step = match wish("VFS_FUZZ_EXECUTIONS") {
        Some(_) => 1,
        None => 101,
    };
    for at in (start..end - 1).step_by(step).chain([end - 1]) {
        let mut changed = bundle.clone();
        changed[at] ^= 4;
        let error = again(changed).expect_err("it is damaged");
        assert!(error.code().is_some());
        // A content.
        if at == end - 1 {
            assert_eq!(
                error.to_string(),
                "the source bundle `app.wasm` is damaged: the image's digest does not match its content"
            );
        }
    }
}

/// What comes out of a changed bundle has the program and the files of the right one, or there is none.
#[test]
fn mutated() {
    let bundle = bundle_of(&tree());
    let good = again(bundle.clone()).unwrap();
    let record = |bytes: &[u8]| inspect::find(bytes).unwrap().record().cloned().unwrap();
    let executions = wish("VFS_FUZZ_EXECUTIONS").unwrap_or(60);
    let mut accepted = 0;
    for number in 0..executions {
        let mut dice = Dice((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut bytes = bundle.clone();
        for _ in 0..1 + dice.roll(3) {
            // More often in its last sections: what is before is told by digests soon.
            let at = match dice.roll(2) {
                0 => dice.roll(bytes.len()),
                _ => bytes.len() - 1 - dice.roll(900.min(bytes.len())),
            };
            match dice.roll(4) {
                0 => bytes[at] ^= 1 << dice.roll(8),
                1 => bytes[at] = dice.roll(256) as u8,
                2 => bytes.truncate(at),
                _ => drop(bytes.drain(at..bytes.len().min(at + 1 + dice.roll(8)))),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let Ok(mut out) = again(bytes) else {
            continue;
        };
        accepted += 1;
        // The section is believed about what the program was before what linking left out.
        let (told, right) = (record(&out).program, record(&good).program);
        let at = out
            .windows(told.len())
            .position(|text| text == told.as_bytes());
        out[at.unwrap()..][..right.len()].copy_from_slice(right.as_bytes());
        assert!(out == good, "{number}");
    }
    assert!(accepted > 0, "nothing came out");
}
