//! The worked example of `FORMAT.md`, and small trees with known answers.

use sha2::{Digest, Sha256};
use vfs_image::layout::HeaderRecord;

use super::build::{dir, file, image, link, mount, sourced, symlink, write};
use crate::image::{RowKind, check, list, mode_text};
use crate::plan::{MountKind, Plan, Start};
use crate::source::MemorySource;

/// The tree of the worked example.
fn worked() -> Vec<u8> {
    let mut etc = dir("/etc");
    etc.time_ns = 1_000_000_000;
    let motd = file("/etc/motd", b"hello\n");
    let entries = vec![
        dir("/"),
        etc,
        motd,
        symlink("/motd", "etc/motd"),
        dir("/tmp"),
    ];
    let start = Start {
        environment: vec![("HOME".to_owned(), "/tmp".to_owned())],
        arguments: vec!["motd".to_owned(), "-n".to_owned()],
        ..Start::default()
    };
    let plan = Plan::assemble(entries)
        .with_mounts(vec![mount("/tmp", MountKind::Tmpfs, Some(1 << 20))])
        .with_start(start);
    write(&plan, &MemorySource::new()).0
}

/// The bytes of the hex dump in FORMAT.md.
fn dump() -> Vec<u8> {
    let text = include_str!("../../../../libvfs/image/FORMAT.md");
    let dump = text
        .split("```hexdump\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let mut bytes = Vec::new();
    for line in dump.expect("FORMAT.md has a hex dump").lines() {
        let (offset, rest) = line.split_once("  ").unwrap();
        assert_eq!(usize::from_str_radix(offset, 16), Ok(bytes.len()), "{line}");
        let hex = rest.split("  ").next().unwrap();
        bytes.extend(
            hex.split(' ')
                .map(|byte| u8::from_str_radix(byte, 16).unwrap()),
        );
    }
    bytes
}

#[test]
fn the_worked_example_is_what_the_writer_writes() {
    let (expected, found) = (dump(), worked());
    let hex: Vec<_> = (0..found.len())
        .step_by(16)
        .map(|at| {
            let row = &found[at..found.len().min(at + 16)];
            let row: Vec<_> = row.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{at:04x}  {}", row.join(" "))
        })
        .collect();
    assert!(expected == found, "the writer gives\n{}", hex.join("\n"));
    assert_eq!(check(&found).map(|checked| checked.contents.len()), Ok(5));
}

#[test]
fn rows_tell_everything() {
    let mut tool = file("/bin/tool", b"#!");
    (tool.mode, tool.time_ns) = (0o4755, 1_700_000_000_123_456_789);
    let bytes = image(vec![
        dir("/"),
        dir("/bin"),
        tool,
        link("/bin/tool2", "/bin/tool"),
        dir("/bin-x"),
        dir("data"),
        file("data/a", b""),
        symlink("data/s", "../a"),
    ]);
    let rows: Vec<_> = list(&bytes).unwrap().iter().collect();
    let short: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.path.as_str(),
                mode_text(row.mode),
                row.nlink,
                row.size,
                row.node,
            )
        })
        .collect();
    let mode = str::to_owned;
    assert_eq!(
        short,
        [
            ("/", mode("drwxr-xr-x"), 4, 2, 0),
            ("/bin", mode("drwxr-xr-x"), 2, 2, 2),
            ("/bin-x", mode("drwxr-xr-x"), 2, 0, 3),
            ("/bin/tool", mode("-rwsr-xr-x"), 2, 2, 6),
            ("/bin/tool2", mode("-rwsr-xr-x"), 2, 2, 6),
            ("data", mode("drwxr-xr-x"), 2, 2, 1),
            ("data/a", mode("-rw-r--r--"), 1, 0, 4),
            ("data/s", mode("lrwxrwxrwx"), 1, 4, 5),
        ]
    );
    assert_eq!(rows[3].time_ns, 1_700_000_000_123_456_789);
    let RowKind::File { offset, link_to } = &rows[4].kind else {
        panic!("{:?}", rows[4])
    };
    assert_eq!(&bytes[*offset as usize..], b"#!");
    assert_eq!(link_to.as_deref(), Some("/bin/tool"));
    assert_eq!(
        rows[6].kind,
        RowKind::File {
            offset: 0,
            link_to: None
        }
    );
    assert_eq!(
        rows[7].kind,
        RowKind::Symlink {
            target: "../a".to_owned()
        }
    );
    assert!(check(&bytes).is_ok());
}

#[test]
fn an_image_of_nothing() {
    let bytes = image(Vec::new());
    assert_eq!(bytes.len(), HeaderRecord::SIZE + 4 * 8);
    assert!(check(&bytes).unwrap().contents.is_empty());
    assert!(list(&bytes).unwrap().is_empty());
}

#[test]
fn equal_contents_are_stored_once() {
    // Larger than the writer's buffer, so both ways of storing are taken; `c` has b's size only.
    let big = vec![7; 300_000];
    let mut other = big.clone();
    other[299_999] = 8;
    let source = MemorySource::new()
        .file("big", big.clone())
        .file("same", big.clone())
        .file("other", other)
        .file("small", "hi");
    let plan = Plan::assemble(vec![
        dir("/"),
        sourced("/a", "small", 2),
        sourced("/b", "big", 300_000),
        sourced("/c", "other", 300_000),
        sourced("/d", "same", 300_000),
        file("/e", &big),
        file("/f", b"hi"),
        file("/g", b""),
        link("/h", "/c"),
    ]);
    let (bytes, written) = write(&plan, &source);
    assert_eq!(written.saved, 300_000 * 2 + 2);
    let rows = list(&bytes).unwrap();
    let offsets: Vec<_> = rows
        .iter()
        .skip(1)
        .map(|row| match row.kind {
            RowKind::File { offset, .. } => offset,
            _ => unreachable!(),
        })
        .collect();
    let start = offsets[0];
    let [b, c] = [start + 2, start + 300_002];
    assert_eq!(offsets, [start, b, c, b, b, start, 0, c]);
    assert_eq!(bytes.len(), start as usize + 600_002);
    let digest = |content: &[u8]| Some(Sha256::digest(content).into());
    assert_eq!(written.contents.of(0), None);
    assert_eq!(written.contents.of(2), digest(&big));
    assert_eq!(written.contents.of(7), digest(b""));
    assert_eq!(written.contents.of(3), written.contents.of(8));
    let checked = check(&bytes).unwrap();
    assert_eq!(checked.digest, written.digest);
    let contents: Vec<_> = written.contents.iter().collect();
    assert_eq!(checked.contents[1..], contents[1..8]);
}

#[test]
fn equal_strings_are_stored_once() {
    let bytes = image(vec![
        dir("/"),
        dir("/a"),
        dir("/a/a"),
        symlink("/a/a/a", "a"),
    ]);
    let header = HeaderRecord::decode(bytes.first_chunk().unwrap());
    assert_eq!(header.strings_size, 2, "the strings are `/` and `a`");
}
