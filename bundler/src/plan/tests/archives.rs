//! Mounts of archives.

use std::io::Read as _;

use super::{lines, plan};
use crate::plan::Content;
use crate::source::{MemorySource, Source as _};

/// A tar archive of a few entries: name, type, mode, content or target.
fn tar(entries: &[(&str, tar::EntryType, u32, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, mode, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(*mode);
        header.set_mtime(1_700_000_000);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_size(0);
            builder.append_link(&mut header, name, content).unwrap();
        } else {
            header.set_size(content.len() as u64);
            builder
                .append_data(&mut header, name, content.as_bytes())
                .unwrap();
        }
    }
    builder.into_inner().unwrap()
}

#[test]
fn a_tar_archive_is_mounted() {
    use tar::EntryType as T;
    let archive = tar(&[
        ("top/", T::Directory, 0o750, ""),
        ("top/also", T::Link, 0o644, "top/run"),
        ("top/run", T::Regular, 0o755, "hello"),
        ("top/deep/er/x", T::Regular, 0o600, ""),
        ("top/link", T::Symlink, 0o777, "deep/er/x"),
    ]);
    let src = MemorySource::new().file("m/v/a.tar", archive);
    let plan = plan(
        "[[mount]]\nguest = '/d'\nsource = 'v/a.tar'\nstrip-prefix = 'top'\npermissions = 'source'\ndir-permissions = 'source'\ntimestamps = 'source'",
        &src,
    );
    assert_eq!(
        lines(&plan),
        [
            "d0755 /",
            "d0750 /d",
            "f0755 /d/also 5",
            "d0755 /d/deep",
            "d0755 /d/deep/er",
            "f0600 /d/deep/er/x 0",
            "l0777 /d/link -> deep/er/x",
            "h0755 /d/run = /d/also",
        ]
    );
    let sources: Vec<_> = plan.rows().filter_map(|row| row.source).collect();
    assert_eq!(sources, ["m/v/a.tar:top/also", "m/v/a.tar:top/deep/er/x"]);
    let crate::plan::EntryKind::File {
        content: Content::Archive { archive, member },
        ..
    } = plan.entries().at(2).kind
    else {
        panic!("it is a file of an archive");
    };
    let mut text = String::new();
    archive
        .open(&member)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "hello");
    assert_eq!(plan.entries().at(2).time_ns, 1_700_000_000_000_000_000);
}

/// Modules without an image are files, and archives can be written to as folders can.
#[test]
fn what_is_no_archive_and_what_is_writable() {
    let src = MemorySource::new()
        .file("m/plugin.wasm", b"\0asm\x01\0\0\0")
        .file("m/a.tar", tar(&[("x", tar::EntryType::Regular, 0o644, "")]));
    let plan = plan(
        "[[mount]]\nguest = '/p.wasm'\nsource = 'plugin.wasm'\n\
         [[mount]]\nguest = '/d'\nsource = 'a.tar'\nwritable = true\n\
         [[file]]\nguest = '/a.tar'\nsource = 'a.tar'",
        &src,
    );
    assert_eq!(
        lines(&plan),
        [
            "d0755 /",
            "f0644 /a.tar 1536",
            "d0755 /d",
            "f0644 /d/x 0",
            "f0644 /p.wasm 8",
        ]
    );
    assert!(plan.is_writable());
}

/// An archive that is wrong is told once, however many mounts it is the source of.
#[test]
fn an_archive_is_opened_once() {
    let src = MemorySource::new().file("m/a.tar", "no archive");
    let mounts =
        "[[mount]]\nguest = '/d'\nsource = 'a.tar'\n[[mount]]\nguest = '/e'\nsource = 'a.tar'";
    assert_eq!(
        super::codes(mounts, &src),
        ["wasi_vfs::plan::archive_content"]
    );
}

/// Names in an archive follow the rules of a folder's.
#[test]
fn symlinks_stay_in_the_archive() {
    use tar::EntryType as T;
    let src = MemorySource::new().file(
        "m/a.tar",
        tar(&[
            ("d/f", T::Regular, 0o644, "12"),
            ("d/up", T::Symlink, 0o777, "../top"),
            ("top", T::Symlink, 0o777, "d"),
            ("etc", T::Symlink, 0o777, "/etc"),
            ("out", T::Symlink, 0o777, "d/../../x"),
            ("none", T::Symlink, 0o777, "nothing"),
            ("loop", T::Symlink, 0o777, "loop"),
        ]),
    );
    let mount = |keys: &str| format!("[[mount]]\nguest = '/d'\nsource = 'a.tar'\n{keys}");
    let kept = plan(&mount("exclude = ['etc', 'out']"), &src);
    assert_eq!(
        lines(&kept)[2..],
        [
            "d0755 /d/d",
            "f0644 /d/d/f 2",
            "l0777 /d/d/up -> ../top",
            "l0777 /d/loop -> loop",
            "l0777 /d/none -> nothing",
            "l0777 /d/top -> d",
        ]
    );
    let follow = "symlinks = 'follow'\nexclude = ['**/up', 'none', 'loop', 'etc', 'out']";
    assert_eq!(
        lines(&plan(&mount(follow), &src))[2..],
        [
            "d0755 /d/d",
            "f0644 /d/d/f 2",
            "d0755 /d/top",
            "f0644 /d/top/f 2"
        ]
    );
    let told: Vec<String> = super::try_plan(&mount("symlinks = 'follow'"), &src)
        .expect_err("not all can be followed")
        .problems()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "symlinks point outside the source: `a.tar:etc -> /etc`, `a.tar:out -> d/../../x`",
            "symlinks form a cycle: `a.tar:d/up -> ../top`, `a.tar:loop -> loop`, `a.tar:top/up -> ../top`",
            "dangling symlinks: `a.tar:none -> nothing`",
        ]
    );
}
