//! Bundles as sources of other bundles.

use std::io::Cursor;

use miette::Diagnostic as _;
use wasi_vfs::plan::{Plan, resolve};
use wasi_vfs::program::Program;
use wasi_vfs::source::MemorySource;

use crate::build::{file, link, tar};
use crate::support::{bundle_of, image_of, manifest};

/// All that an image can hold of a tree.
fn tree() -> MemorySource {
    let linked = |metadata: &mut wasi_vfs::source::Metadata| metadata.link_id = Some((1, 7));
    MemorySource::new()
        .file("t/bin/run", "#!")
        .with("t/bin/run", |metadata| metadata.mode = 0o751)
        .file("t/lib/a", vec![1; 100_000])
        .with("t/lib/a", linked)
        .file("t/lib/b", vec![1; 100_000])
        .with("t/lib/b", linked)
        .file("t/lib/empty", "")
        .with("t/lib/empty", |metadata| {
            metadata.mtime_ns = 1_234_567_890_123_456_789;
        })
        .directory("t/lib/none")
        .with("t/lib", |metadata| {
            metadata.mode = 0o500;
            metadata.mtime_ns = 5_000_000_000;
        })
        .symlink("t/up", "lib/a")
}

const SOURCE: &str = "permissions = 'source'\ndir-permissions = 'source'\ntimestamps = 'source'\n";

fn mounted(source: &str, src: &MemorySource) -> Plan {
    let text = format!("[[mount]]\nguest = '/d'\nsource = '{source}'\n{SOURCE}");
    match resolve(&manifest(&text), src) {
        Ok(plan) => plan,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

#[test]
fn the_tree_of_a_bundle_is_the_tree_it_was_made_of() {
    let src = tree();
    let expected = image_of(&mounted("t", &src), &src).unwrap();
    let bundle = bundle_of(&src);
    let src = src.file("app.wasm", bundle.clone());
    let plan = mounted("app.wasm", &src);
    assert_eq!(image_of(&plan, &src).unwrap(), expected);
    let sources: Vec<_> = plan.rows().filter_map(|row| row.source).collect();
    assert_eq!(sources[0], "app.wasm:bin/run");

    // Tools drop sections that they do not know; the image says itself that it is one.
    let mut stripped = bundle;
    let name = stripped
        .windows(9)
        .rposition(|bytes| bytes == b"\x08wasi-vfs")
        .unwrap();
    stripped[name + 1] = b'W';
    let src = src.file("app.wasm", stripped);
    assert_eq!(
        image_of(&mounted("app.wasm", &src), &src).unwrap(),
        expected
    );
}

/// In a tar a hard link may be to a name that is itself a link: they are all one file.
#[test]
fn hard_links_to_hard_links_are_one_file() {
    let one = |metadata: &mut wasi_vfs::source::Metadata| metadata.link_id = Some((1, 7));
    let names = ["a", "b", "c", "d"];
    let tree = names.iter().fold(MemorySource::new(), |src, name| {
        let name = format!("t/{name}");
        src.file(&name, "1").with(&name, one)
    });
    let plain = "[[mount]]\nguest = '/d'\nsource = ";
    let image = |src: &MemorySource, source: &str| {
        let plan = resolve(&manifest(&format!("{plain}'{source}'\n")), src).unwrap();
        image_of(&plan, src).unwrap()
    };
    let expected = image(&tree, "t");
    let chain = [
        file(b"a", b"1"),
        link(b"b", b'1', b"a"),
        link(b"c", b'1', b"b"),
        link(b"d", b'1', b"c"),
    ];
    let forward = tar(&chain);
    let backward = tar(&chain.into_iter().rev().collect::<Vec<_>>());
    for (order, archive) in [("forward", forward), ("backward", backward)] {
        let src = MemorySource::new().file("t.tar", archive);
        assert!(image(&src, "t.tar") == expected, "{order}");
    }
}

#[test]
fn only_the_tree_is_taken_over() {
    let text = "[[mount]]\nguest = '/d'\nsource = 't'\n[[mount]]\nguest = '/tmp'\nkind = 'tmpfs'\n\
                [env]\nA = 'b'\n[args]\ndefault = ['-x']\n[[mount]]\nguest = 'beside'\nsource = 't'\n";
    let program = Program::of_bytes(
        "app.wat",
        r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1) (func (export "_start")))"#
            .into(),
    );
    let mut bundle = Cursor::new(Vec::new());
    let src = MemorySource::new().file("t/x", "1");
    wasi_vfs::bundle(&manifest(text), &program.unwrap(), &src, &mut bundle, &()).unwrap();
    let src = MemorySource::new().file("app.wasm", bundle.into_inner());
    let plan = mounted("app.wasm", &src);
    let paths: Vec<String> = plan.rows().map(|row| row.path).collect();
    assert_eq!(paths, ["/", "/d", "/d/d", "/d/d/x", "/d/tmp"]);
    assert!(plan.mounts().is_empty());
    assert!(plan.start().environment.is_empty() && plan.start().arguments.is_empty());
}

/// Where there is no `/`, the tree of `.` is the one.
#[test]
fn a_bundle_without_a_root() {
    let text = "[[mount]]\nguest = '.'\nsource = 't'\n";
    let program = b"\0asm\x01\0\0\0\x05\x03\x01\0\x01\x07\x0a\x01\x06memory\x02\0";
    let program = Program::of_bytes("app.wasm", program.to_vec()).unwrap();
    let mut bundle = Cursor::new(Vec::new());
    let src = MemorySource::new().file("t/x", "1");
    wasi_vfs::bundle(&manifest(text), &program, &src, &mut bundle, &()).unwrap();
    let src = MemorySource::new().file("app.wasm", bundle.into_inner());
    let plan = mounted("app.wasm", &src);
    let paths: Vec<String> = plan.rows().map(|row| row.path).collect();
    assert_eq!(paths, ["/", "/d", "/d/x"]);
}

/// The code without its stage, and the message.
fn told(bundle: Vec<u8>) -> String {
    let src = MemorySource::new().file("app.wasm", bundle);
    let manifest = manifest("[[mount]]\nguest = '/d'\nsource = 'app.wasm'\n");
    let error = resolve(&manifest, &src).expect_err("it is damaged");
    let problem = &error.problems()[0];
    let code = problem.code().unwrap().to_string();
    format!("{}: {problem}", code.replace("wasi_vfs::plan::", ""))
}

/// Where the last section begins.
fn section_at(bundle: &[u8]) -> usize {
    let name = bundle
        .windows(9)
        .rposition(|bytes| bytes == b"\x08wasi-vfs");
    // Its number and, in two bytes, its size.
    name.unwrap() - 3
}

/// What is before the image of a module is no bundle, and embedded like any file.
#[test]
fn what_ends_before_its_image_is_a_file() {
    let bundle = bundle_of(&tree());
    let image = bundle
        .windows(8)
        .position(|bytes| *bytes == vfs_image::layout::MAGIC)
        .unwrap();
    for end in [0, 4, 8, 20, image - 1, image + 7] {
        let src = MemorySource::new().file("app.wasm", &bundle[..end]);
        let plan = mounted("app.wasm", &src);
        let paths: Vec<String> = plan.rows().map(|row| row.path).collect();
        assert_eq!(paths, ["/", "/d"], "{end}");
    }
}

/// The error of bundling with `text` when `bundle` is `app.wasm`; none: it is fine.
fn refused(text: &str, bundle: Vec<u8>) -> Option<String> {
    let src = MemorySource::new().file("app.wasm", bundle);
    let plan = match resolve(&manifest(text), &src) {
        Ok(plan) => plan,
        Err(error) => return Some(error.to_string()),
    };
    let error = image_of(&plan, &src).err()?;
    let code = error.code().unwrap();
    Some(format!("{code}: {error}"))
}

/// Whatever of a bundle goes in, all of its image is what was sealed, or nothing goes in.
#[test]
fn a_change_anywhere_in_the_image_of_a_source_is_told() {
    let bundle = bundle_of(&tree());
    let found = wasi_vfs::inspect::find(&bundle).unwrap();
    let (start, metadata) = (
        found.image_offset() as usize,
        found.metadata_size() as usize,
    );
    let end = start + found.image_size() as usize;
    let mount = "[[mount]]\nguest = '/d'\nsource = 'app.wasm'\n";
    let some = format!("{mount}exclude = ['lib']\n");
    let changed = |at: usize| {
        let mut bundle = bundle.clone();
        bundle[at] ^= 0x10;
        bundle
    };
    for text in [mount, &some] {
        assert_eq!(refused(text, bundle.clone()), None);
        for at in (start..start + metadata).chain([start + metadata, end - 50_000, end - 1]) {
            assert!(refused(text, changed(at)).is_some(), "{}", at - start);
        }
        // A content: one that goes in, or one that does not.
        assert_eq!(
            refused(text, changed(end - 1)).as_deref(),
            Some(
                "wasi_vfs::image::source_damaged: the source bundle `app.wasm` is damaged: the image's digest does \
                 not match its content"
            )
        );
        // Well formed, and sealed anew: it is not the one that the module's section tells of.
        let resealed = resealed(changed(start + metadata), start, metadata);
        assert_eq!(
            refused(text, resealed).as_deref(),
            Some(
                "wasi_vfs::image::source_damaged: the source bundle `app.wasm` is damaged: the image does not \
                 match the module's `wasi-vfs` section"
            )
        );
    }
}

/// With the digest that the image has now.
fn resealed(mut bundle: Vec<u8>, start: usize, metadata: usize) -> Vec<u8> {
    use sha2::{Digest as _, Sha256};
    use vfs_image::layout::{DIGEST_OFFSET, HeaderRecord};
    let module = bundle.clone();
    let found = wasi_vfs::inspect::find(&module).unwrap();
    let rows = found.rows().unwrap();
    let mut contents: Vec<(u32, u32)> = (rows.iter())
        .filter_map(|row| match row.kind {
            wasi_vfs::image::RowKind::File { offset, .. } if row.size > 0 => {
                Some((offset, row.size))
            }
            _ => None,
        })
        .collect();
    contents.sort_unstable();
    contents.dedup();
    let place = start + DIGEST_OFFSET..start + HeaderRecord::SIZE;
    bundle[place.clone()].fill(0);
    let mut hash = Sha256::new_with_prefix(&bundle[start..start + metadata]);
    for (offset, size) in contents {
        hash.update(Sha256::digest(
            &bundle[start + offset as usize..][..size as usize],
        ));
    }
    bundle[place].copy_from_slice(&hash.finalize());
    bundle
}

#[test]
fn damaged_bundles() {
    let bundle = bundle_of(&tree());
    let image = bundle
        .windows(8)
        .position(|bytes| *bytes == vfs_image::layout::MAGIC)
        .unwrap();
    assert_eq!(
        told(bundle[..image + 1000].to_vec()),
        "archive_truncated: `app.wasm` is truncated: it ends in its image"
    );
    let changed = |at: usize, byte: u8| {
        let mut bundle = bundle.clone();
        bundle[image + at] = byte;
        bundle
    };
    assert_eq!(
        told(changed(8, 9)),
        "archive_unsupported: `app.wasm` uses an unsupported feature: its image has format version 9"
    );
    assert_eq!(
        told(changed(12, 0xff)),
        "archive_corrupt: `app.wasm` is damaged: in its image, the header is not well formed"
    );
    // Behind its image.
    assert_eq!(
        told(bundle[..bundle.len() - 9].to_vec()),
        format!(
            "archive_corrupt: `app.wasm` is damaged: it is not a WebAssembly module: the file is 9 bytes too short for its \
             section 0 (at byte {})",
            section_at(&bundle)
        )
    );
    // The image takes more than the limit.
    let src = MemorySource::new().file("app.wasm", bundle.clone());
    let text = "[[mount]]\nguest = '/d'\nsource = 'app.wasm'\n[limits]\narchive-size = 1000\n";
    let error = resolve(&manifest(text), &src).expect_err("it is too large");
    assert_eq!(
        error.to_string(),
        "`app.wasm` unpacks to more than `archive-size = 1000 B`"
    );
}
