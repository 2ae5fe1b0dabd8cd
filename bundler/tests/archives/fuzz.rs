//! Mutated archives of every format: never a panic, a hang or memory without end, whatever the bytes are.
//!
//! A few hundred here. `VFS_FUZZ_EXECUTIONS=1000000 cargo test --release -p wasi-vfs --test archives fuzz` for more.

use std::io::Read as _;
use std::time::{Duration, Instant};

use wasi_vfs::plan::{Content, EntryKind, resolve};
use wasi_vfs::source::{MemorySource, Source as _};

use crate::build::{Header, Zipped, directory, extended, file, gzip, link, tar, xz, zip, zstd};
use crate::random::Dice;
use crate::support::{bundle_of, manifest, wish};
use crate::wrong::{block, gnu_sparse};

/// Bytes that an archive may unpack to.
const LIMIT: u64 = 1 << 20;

fn archives() -> Vec<(&'static str, Vec<u8>)> {
    let plain = tar(&[
        directory(b"lib/"),
        file(b"lib/a.py", b"print()\n"),
        extended(&[
            ("path", "lib/\u{e9}".as_bytes()),
            ("mtime", b"1700000000.25"),
        ]),
        file(b"lib/e", &[b'e'; 700]),
        link(b"lib/again", b'1', b"lib/a.py"),
        link(b"up", b'2', b"lib/a.py"),
        Header::new(b"././@LongLink", b'L').content(&[b'n'; 150]),
        file(b"n", b""),
    ]);
    let sparse = tar(&[
        gnu_sparse(&[(512, 512), (2048, 100)], 4096, 612),
        extended(&[
            ("GNU.sparse.major", b"1"),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.name", b"lib/latest"),
            ("GNU.sparse.realsize", b"3000"),
        ]),
        file(
            b"b",
            &[&block(b"2\n0\n512\n2000\n5\n")[..], &[b'b'; 517]].concat(),
        ),
        extended(&[
            ("GNU.sparse.size", b"3000"),
            ("GNU.sparse.numblocks", b"2"),
            ("GNU.sparse.map", b"0,512,2000,5"),
        ]),
        file(b"c", &[b'c'; 517]),
        extended(&[
            ("GNU.sparse.size", b"700"),
            ("GNU.sparse.numblocks", b"1"),
            ("GNU.sparse.offset", b"200"),
            ("GNU.sparse.numbytes", b"500"),
        ]),
        file(b"d", &[b'd'; 500]),
    ]);
    let zipped = zip(&[
        Zipped::stored(b"lib/", b"").change(|entry| entry.mode = 0o040_755),
        Zipped::deflated(b"lib/a.py", &b"print()\n".repeat(50)).change(|entry| {
            entry.extra = [&[0x55, 0x54, 5, 0, 1][..], &1_700_000_000_u32.to_le_bytes()].concat();
        }),
        Zipped::stored(b"lib/b", b"hello"),
        Zipped::stored(b"up", b"lib/b").change(|entry| entry.mode = 0o120_777),
    ]);
    let bundle = bundle_of(
        &MemorySource::new()
            .file("t/lib/a.py", "print()\n")
            .file("t/lib/b", vec![b'b'; 3000])
            .symlink("t/up", "lib/b"),
    );
    vec![
        ("x.tar.gz", gzip(&plain)),
        ("x.tar.zst", zstd(&plain)),
        ("x.tar.xz", xz(&plain)),
        ("x.tar", plain),
        ("sparse.tar", sparse),
        ("x.zip", zipped),
        ("x.wasm", bundle),
    ]
}

/// Numbers at the ends of ranges.
const TELLING: [u8; 12] = [
    0, 1, 2, 0x20, 0x2f, 0x37, 0x3a, 0x7f, 0x80, 0xc0, 0xfe, 0xff,
];

fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..1 + dice.roll(4) {
        if bytes.is_empty() {
            return;
        }
        let at = dice.roll(bytes.len());
        let length = (1 + dice.roll(16)).min(bytes.len() - at);
        match dice.roll(9) {
            0 => bytes[at] ^= 1 << dice.roll(8),
            1 => bytes[at] = TELLING[dice.roll(TELLING.len())],
            2 => bytes[at] = bytes[at].wrapping_add(1),
            3 => bytes[at] = dice.roll(256) as u8,
            4 => bytes[at..at + length].fill(TELLING[dice.roll(TELLING.len())]),
            5 => drop(bytes.drain(at..at + length)),
            6 => bytes.truncate(at),
            7 => {
                let copy = bytes[at..at + length].to_vec();
                let to = dice.roll(bytes.len());
                bytes.splice(to..to, copy);
            }
            _ => {
                let from = dice.roll(bytes.len() - length + 1);
                bytes.copy_within(from..from + length, at);
            }
        }
    }
}

/// Makes the checksums of tar headers right again, or few mutations would get past them.
fn repair(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(512) {
        if block[257..262] == *b"ustar" {
            let mut header = Header([0; 512]);
            header.0.copy_from_slice(block);
            block.copy_from_slice(&header.done());
        }
    }
}

/// Opens what may be an archive and reads all of it; how many bytes that is.
fn run(file: &str, bytes: Vec<u8>) -> Option<u64> {
    let src = MemorySource::new().file(file, bytes);
    let manifest = manifest(&format!(
        "[[mount]]\nguest = '/d'\nsource = '{file}'\n[limits]\narchive-size = {LIMIT}\n"
    ));
    let plan = resolve(&manifest, &src).ok()?;
    let mut total = 0;
    for entry in plan.entries().iter() {
        if let EntryKind::File {
            content: Content::Archive { archive, member },
            size,
        } = &entry.kind
        {
            let content = archive.open(member).ok()?;
            // As the writer of images does: a byte more than planned is one too many.
            let read = std::io::copy(&mut content.take(size + 1), &mut std::io::sink()).ok()?;
            assert!(read <= *size, "`{}` is longer than it says", entry.path);
            total += read;
        }
    }
    assert!(total <= LIMIT, "it unpacked to {total} bytes");
    Some(total)
}

#[test]
fn mutated() {
    let archives = archives();
    for (file, bytes) in &archives {
        assert!(
            run(file, bytes.clone()).is_some_and(|read| read > 400),
            "{file} is fine"
        );
    }
    let executions = wish("VFS_FUZZ_EXECUTIONS").unwrap_or(2000);
    let mut slowest = Duration::ZERO;
    let mut accepted = 0;
    for number in 0..executions {
        let mut dice = Dice((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (file, bytes) = &archives[dice.roll(archives.len())];
        let mut bytes = bytes.clone();
        mutate(&mut bytes, &mut dice);
        if file.ends_with(".tar") && dice.roll(8) > 0 {
            repair(&mut bytes);
        }
        let start = Instant::now();
        accepted += u64::from(run(file, bytes).is_some());
        slowest = slowest.max(start.elapsed());
        assert!(
            slowest < Duration::from_secs(10),
            "{file} {number} takes long"
        );
    }
    assert!(
        accepted > executions / 50,
        "hardly any of them were archives: {accepted}"
    );
}
