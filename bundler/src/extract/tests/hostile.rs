//! Images that nobody honest made: refused with the name of the entry, before anything is written.

use std::path::Component;

use miette::Diagnostic as _;
use sha2::{Digest as _, Sha256};
use vfs_image::fuzz::{Rng, mutate};
use vfs_image::layout::{DIGEST_OFFSET, DirentRecord, HeaderRecord, NodeRecord};

use super::*;
use crate::embed::tests::random;
use crate::image::{Row, RowKind};

/// The same image with the digest that its bytes have now, so that only the other rules can refuse it.
fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let header = HeaderRecord::decode(bytes.first_chunk().unwrap());
    let contents = header.contents_offset as usize;
    bytes[DIGEST_OFFSET..HeaderRecord::SIZE].fill(0);
    let digest = Sha256::new_with_prefix(&bytes[..contents])
        .chain_update(Sha256::digest(&bytes[contents..]))
        .finalize();
    bytes[DIGEST_OFFSET..HeaderRecord::SIZE].copy_from_slice(&digest);
    bytes
}

/// Tries to extract it; nothing but the target's own folder may change, and that stays empty.
fn refused(image: Vec<u8>) -> String {
    let folder = Folder::new();
    let target = folder.path().join("a/b/target");
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::write(folder.path().join("a/secret"), "theirs").unwrap();
    let before = lines(folder.path());
    let error = extract(&module(&resealed(image)), &target, false).unwrap_err();
    assert_eq!(lines(folder.path()), before);
    format!("{}: {error}", error.code().unwrap())
}

fn good() -> Vec<u8> {
    image(vec![
        dir("/"),
        dir("/dd"),
        file("/dd/nn", b"content"),
        file("/dd/oo", b"other"),
        symlink("/zz", "dd"),
    ])
}

/// The good image with every `from` replaced in its strings.
fn renamed(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = good();
    let end = HeaderRecord::decode(bytes.first_chunk().unwrap()).contents_offset as usize;
    let start = end - 24;
    let at = bytes[start..end]
        .windows(from.len())
        .position(|window| window == from.as_bytes())
        .unwrap();
    bytes[start + at..][..to.len()].copy_from_slice(to.as_bytes());
    bytes
}

/// The good image with a word of a record changed.
fn changed(
    section: fn(&HeaderRecord) -> usize,
    size: usize,
    index: usize,
    at: usize,
    to: u32,
) -> Vec<u8> {
    let mut bytes = good();
    let header = HeaderRecord::decode(bytes.first_chunk().unwrap());
    let at = section(&header) + size * index + at;
    bytes[at..at + 4].copy_from_slice(&to.to_le_bytes());
    bytes
}

fn nodes(header: &HeaderRecord) -> usize {
    HeaderRecord::SIZE + 8 * header.preopen_count as usize
}

fn dirents(header: &HeaderRecord) -> usize {
    nodes(header) + NodeRecord::SIZE * header.node_count as usize
}

#[test]
fn names_that_are_none() {
    for (to, said) in [
        ("..", r#"the name ".." in `/dd`"#),
        ("a/", r#"the name "a/" in `/dd`"#),
        ("/a", r#"the name "/a" in `/dd`"#),
        // NUL is no part of any string of an image.
        ("a\0", "node 1, `/dd`,"),
    ] {
        assert_eq!(
            refused(renamed("nn", to)),
            format!("wasi_vfs::image::corrupt: the image is corrupt: {said} is malformed")
        );
    }
    assert_eq!(
        refused(renamed("dd", "..")),
        r#"wasi_vfs::image::corrupt: the image is corrupt: the name ".." in `/` is malformed"#
    );
}

#[test]
fn one_name_twice() {
    assert_eq!(
        refused(renamed("oo", "nn")),
        "wasi_vfs::image::corrupt: the image is corrupt: the name \"nn\" in `/dd` is malformed"
    );
}

/// Cycles, links to what is no file, files below what is no directory, contents past the end, counts that can't be.
#[test]
fn records_that_can_not_be() {
    let node = |index, at, to| changed(nodes, NodeRecord::SIZE, index, at, to);
    let dirent = |index, at, to| changed(dirents, DirentRecord::SIZE, index, at, to);
    let header = |at, to| changed(|_| 0, 0, 0, at, to);
    for (image, said) in [
        // `/dd/nn` is `/dd` itself; is `/`; is the symlink `/zz`, which then has two names.
        (dirent(2, 0, 1), "node 4, `/dd/nn/oo`,"),
        (dirent(2, 0, 0), "node 2, `/dd/nn/zz`,"),
        (dirent(2, 0, 2), "entry 0 of directory 1, \"nn\","),
        // `/zz` is another name of `/dd`.
        (dirent(1, 0, 1), "node 4, `/dd/oo`,"),
        // `/dd` is a symlink, a file, nothing known; and still has names in it.
        (node(1, 0, 0o120_777), "entry 0 of directory 0, \"dd\","),
        (node(1, 0, 0o100_644), "node 1, `/dd`,"),
        (node(1, 0, 0o060_644), "node 1, `/dd`,"),
        // Contents that end, or begin, behind the image.
        (node(3, 20, 1 << 30), "node 3, `/dd/nn`,"),
        (node(3, 16, u32::MAX - 16), "node 3, `/dd/nn`,"),
        // A million nodes in an image of a few hundred bytes.
        (header(20, 1 << 20), "the header"),
        (header(24, u32::MAX), "the header"),
        // The directory has more names than there are.
        (node(1, 20, 1000), "node 1, `/dd`,"),
        (node(0, 20, 4), "node 0, `/`,"),
    ] {
        let said = format!("wasi_vfs::image::corrupt: the image is corrupt: {said} is malformed");
        assert_eq!(refused(image), said);
    }
}

fn row(path: &str, node: u32, kind: RowKind) -> Row {
    Row {
        path: path.to_owned(),
        node,
        mode: 0o644,
        nlink: 1,
        size: 0,
        time_ns: 0,
        kind,
    }
}

/// Rows that no check lets through: a library may ask for a place without one.
#[test]
fn places_that_are_none() {
    let refused = |rows: &[Row]| {
        let error = Selection::new(rows.iter().cloned(), &[]).unwrap_err();
        format!("{}: {error}", error.code().unwrap())
    };
    let file = || RowKind::File {
        offset: 0,
        link_to: None,
    };
    let link = || RowKind::Symlink {
        target: "/etc".to_owned(),
    };
    for path in ["/../x", "/a/..", "..", "a/../../x", "/a//b", "/./a", "/a/."] {
        let rows = [row(path, 1, file())];
        let said = format!(
            "wasi_vfs::extract::name: `{path}` can't be extracted: its name has a special meaning on this system"
        );
        assert_eq!(refused(&rows), said);
    }
    // Twice the same, and a relative path where an absolute one is.
    assert_eq!(
        refused(&[row("/a", 1, file()), row("/a", 2, link())]),
        "wasi_vfs::extract::clash: `/a` and `/a` would both be extracted as `a`"
    );
    assert_eq!(
        refused(&[row("/@cwd/a", 1, file()), row("a", 2, file())]),
        "wasi_vfs::extract::clash: `/@cwd/a` and `a` would both be extracted as `@cwd/a`"
    );
    // A symlink, and then a file below it.
    assert_eq!(
        refused(&[row("/a", 1, link()), row("/a/b/c", 2, file())]),
        "wasi_vfs::extract::below_file: `/a/b/c` can't be extracted: `a` is not a directory"
    );
}

/// Damaged in any way, and even when nobody checked it: what is made is in the target, and nothing else is touched.
#[test]
fn nothing_gets_out_of_the_target() {
    let mut rng = Rng::new(11);
    let folder = Folder::new();
    let target = folder.path().join("deep/down/target");
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::write(folder.path().join("secret"), "theirs").unwrap();
    let mut extracted = 0;
    for _ in 0..3_000 {
        let mut bytes = match rng.below(3) {
            0 => image(random::entries(&mut rng, 12)),
            _ => good(),
        };
        let header = HeaderRecord::decode(bytes.first_chunk().unwrap());
        mutate(&mut bytes, header.contents_offset as usize, &mut rng);
        let module = module(&bytes);
        let Ok(found) = inspect::find(&module) else {
            continue;
        };
        let Ok(rows) = found.rows() else {
            continue;
        };
        let Ok(selection) = Selection::new(rows.iter(), &[]) else {
            continue;
        };
        let before = outside(folder.path());
        extracted += u32::from(to_directory(&found, &selection, &target, true, &()).is_ok());
        assert_eq!(outside(folder.path()), before);
        let mut tar = Vec::new();
        to_tar(&found, &selection, &mut tar, &()).unwrap();
        let mut archive = tar::Archive::new(&tar[..]);
        for entry in archive.entries().unwrap() {
            let path = entry.unwrap().path().unwrap().into_owned();
            let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
            assert!(path.components().all(plain), "{}", path.display());
        }
        open_all(&target);
        let _ = fs::remove_dir_all(&target);
    }
    assert!(extracted > 200, "only {extracted} could be extracted");
}

/// All that is not below the target.
fn outside(root: &Path) -> Vec<String> {
    let top = ["", "secret", "deep", "deep/down"];
    let mut lines: Vec<_> = top
        .iter()
        .map(|name| {
            let path = root.join(name);
            let found = fs::symlink_metadata(&path).unwrap();
            let content = fs::read(&path).unwrap_or_default();
            format!("{name} {:o} {content:?}", found.mode())
        })
        .collect();
    for folder in ["", "deep", "deep/down"] {
        let names = fs::read_dir(root.join(folder)).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        lines.extend(names.filter(|name| name != "target"));
    }
    lines
}
