//! Every error with its code, what it says, and what it says to do.

use std::io::{self, Cursor, Seek, SeekFrom, Write};

use miette::Diagnostic;

use super::build::{dir, file, image, sourced, symlink};
use crate::embed::{ImageError, describe};
use crate::image::{ImageFlaw, check};
use crate::plan::Plan;
use crate::source::{Kind, MemorySource};

/// Code, message and help of an error.
fn said(error: &dyn Diagnostic) -> [String; 3] {
    let part = |part: Option<Box<dyn std::fmt::Display + '_>>| part.unwrap().to_string();
    [part(error.code()), error.to_string(), part(error.help())]
}

fn plan(size: u64) -> Plan {
    Plan::assemble(vec![dir("/"), sourced("/f", "src/f", size)])
}

/// What writing `plan` says when it fails.
fn failure(plan: &Plan, source: &MemorySource) -> [String; 3] {
    let image = describe(plan).unwrap();
    said(
        &image
            .write(source, &mut Cursor::new(Vec::new()), &())
            .unwrap_err(),
    )
}

#[test]
fn a_file_that_changes_is_refused() {
    let help = "run the command again once nothing writes to the file";
    let source = || MemorySource::new().file("src/f", vec![1; 300_000]);
    let later = source().with("src/f", |metadata| metadata.mtime_ns = 1);
    let replaced = source().with("src/f", |metadata| metadata.kind = Kind::Symlink);
    for (size, source, change) in [
        (
            300_001,
            source(),
            "it has 300000 of the planned 300001 bytes",
        ),
        (
            299_999,
            source(),
            "it has more than the planned 299999 bytes",
        ),
        (100, source(), "it has more than the planned 100 bytes"),
        (0, source(), "it has more than the planned 0 bytes"),
        (300_000, later, "its modification time is another"),
        (300_000, replaced, "it is no longer a regular file"),
    ] {
        assert_eq!(
            failure(&plan(size), &source),
            [
                "wasi_vfs::image::changed".to_owned(),
                format!("`src/f` changed while it was bundled as `/f`: {change}"),
                help.to_owned()
            ]
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let gone = failure(&plan(1), &MemorySource::new());
    assert_eq!(gone[0], "wasi_vfs::image::unreadable");
    assert!(gone[1].starts_with("cannot read `src/f`: "), "{}", gone[1]);
    assert!(
        gone[1].ends_with(", which is bundled as `/f`"),
        "{}",
        gone[1]
    );
    assert_eq!(
        gone[2],
        "make the file readable, or leave it out with `exclude`"
    );
    let locked = MemorySource::new().file("src/f", "x").unreadable("src/f");
    assert_eq!(failure(&plan(1), &locked)[0], "wasi_vfs::image::unreadable");
}

#[test]
fn too_much_is_refused_before_anything_is_read() {
    const GIB: u64 = 1 << 30;
    let mut entries = vec![dir("/"), file("/small", b"x")];
    entries.extend((0..6).map(|n| sourced(&format!("/{n}"), "f", GIB + n)));
    let error = describe(&Plan::assemble(entries.clone())).unwrap_err();
    let [code, message, help] = said(&error);
    assert_eq!(code, "wasi_vfs::image::too_large");
    assert!(
        message.ends_with(" bytes; the maximum is 4294967295"),
        "{message}"
    );
    assert_eq!(
        help,
        "leave files out with `exclude`, or leave a mount to the host with `kind = \"host\"`; the largest files are \
         `/5` (1073741829 bytes), `/4` (1073741828 bytes), `/3` (1073741827 bytes), `/2` (1073741826 bytes), \
         `/1` (1073741825 bytes)"
    );
    let single = describe(&Plan::assemble(vec![dir("/"), sourced("/f", "f", 5 * GIB)]));
    assert!(matches!(single, Err(ImageError::TooLarge { size, .. }) if size == 5 * GIB));
}

#[test]
fn a_target_that_is_too_long_is_named() {
    let plan = Plan::assemble(vec![dir("/"), symlink("/s", &"t".repeat(4096))]);
    assert_eq!(
        said(&describe(&plan).unwrap_err()),
        [
            "wasi_vfs::image::target_too_long",
            "the target of the symlink `/s` is longer than 4095 bytes",
            "shorten it, or leave the symlink out with `exclude`"
        ]
    );
}

#[test]
fn an_output_that_is_full_is_an_error() {
    /// Takes so many bytes and no more.
    struct Full(u64, Cursor<Vec<u8>>);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.1.position() + bytes.len() as u64 > self.0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.1.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl Seek for Full {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.1.seek(to)
        }
    }
    let image = describe(&Plan::assemble(vec![dir("/"), file("/f", &[1; 1000])])).unwrap();
    for room in [100, 1000] {
        let mut out = Full(room, Cursor::new(Vec::new()));
        let [code, _, help] = said(
            &image
                .clone()
                .write(&MemorySource::new(), &mut out, &())
                .unwrap_err(),
        );
        assert_eq!(code, "wasi_vfs::image::write");
        assert_eq!(
            help,
            "check the free space and the permissions of the output's folder"
        );
    }
}

#[test]
fn every_flaw_of_an_image_is_named() {
    let good = image(vec![
        dir("/"),
        file("/f", b"hello"),
        file("/g", b"hello, world"),
    ]);
    let damaged = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        check(&bytes).unwrap_err()
    };
    assert_eq!(check(b"hello"), Err(ImageFlaw::NotAnImage));
    assert_eq!(damaged(0, 1), ImageFlaw::NotAnImage);
    assert_eq!(damaged(8, 2), ImageFlaw::Version { version: 2 });
    let corrupt = |part: &str| ImageFlaw::Corrupt {
        part: part.to_owned(),
    };
    assert_eq!(damaged(12, 0), corrupt("the header"));
    assert_eq!(check(&good[..good.len() - 1]), Err(corrupt("the header")));
    assert_eq!(damaged(64, good[64] ^ 1), ImageFlaw::Digest);
    let nodes = 96 + 8;
    assert_eq!(damaged(nodes + 1, 0), corrupt("node 0"));
    let (part, offset) = ("the nodes section", nodes as u64 + 4);
    assert_eq!(
        damaged(nodes + 4, 9),
        ImageFlaw::NotCanonical { part, offset }
    );
    // With one more byte for the first file, the second one starts too early.
    assert_eq!(
        damaged(nodes + 32 + 20, 6),
        corrupt("the content of node 2")
    );
    let dirents = nodes + 3 * 32;
    assert_eq!(
        damaged(dirents + 13, 7),
        corrupt("entry 0 of directory 0, \"f\",")
    );
    assert_eq!(damaged(dirents, 2), corrupt("node 1, which has 0 names,"));
    assert_eq!(damaged(good.len() - 1, b'!'), ImageFlaw::Digest);
    // A longer image, consistently so, holds bytes that belong to nothing.
    let mut longer = good.clone();
    longer.push(0);
    longer[12] += 1;
    let (part, offset) = ("the contents section", good.len() as u64);
    assert_eq!(
        check(&longer),
        Err(ImageFlaw::NotCanonical { part, offset })
    );
    assert_eq!(
        said(&ImageFlaw::NotCanonical { part, offset: 200 }),
        [
            "wasi_vfs::image::not_canonical",
            "the image is not canonical: the contents section differs from what its tree encodes to, first at byte 200",
            "bundle the module again"
        ]
    );
}
