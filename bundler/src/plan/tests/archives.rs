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
    } = &plan.entries()[2].kind
    else {
        panic!("it is a file of an archive");
    };
    let mut text = String::new();
    archive
        .open(member)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "hello");
    assert_eq!(plan.entries()[2].time_ns, 1_700_000_000_000_000_000);
}
