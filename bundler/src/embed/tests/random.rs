//! Random trees: what is read back is what was planned, in whatever order that came.

use std::collections::BTreeMap;

use vfs_image::fuzz::{Rng, exercise};
use vfs_image::{Image, NodeKind};

use super::build::{dir, file, image, link, symlink};
use crate::image::{RowKind, check, list};
use crate::plan::{Content, Entry, EntryKind};

/// Names that share beginnings, sort around `/`, and have lengths around the reader's chunk sizes.
fn name(rng: &mut Rng) -> String {
    const STEMS: [&str; 8] = ["a", "ab", "a-", "a0", "é", "\u{1}", "long-name-", "x y"];
    let mut name = STEMS[rng.below(STEMS.len())].repeat(1 + rng.below(3));
    match rng.below(8) {
        0 => name.push_str(&"n".repeat([7, 8, 31, 32, 33, 64, 200][rng.below(7)])),
        1..=3 => name.push(char::from(b'a' + rng.below(26) as u8)),
        _ => {}
    }
    name
}

/// The entries of a random tree, parents before children, hard links after their files.
pub(crate) fn entries(rng: &mut Rng, most: usize) -> Vec<Entry> {
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    let mut directories = Vec::new();
    for root in ["/", ".", "data"] {
        // `data` next to `.` would be in it.
        if rng.below(3) > 0 && !(root == "data" && entries.contains_key(".")) {
            entries.insert(root.to_owned(), dir(root));
            directories.push(root.to_owned());
        }
    }
    for _ in 0..rng.below(most) {
        if directories.is_empty() {
            break;
        }
        let parent = &directories[rng.below(directories.len())];
        let path = match parent.as_str() {
            "/" => format!("/{}", name(rng)),
            "." => name(rng),
            _ => format!("{parent}/{}", name(rng)),
        };
        if path.len() > 4096 || entries.contains_key(&path) {
            continue;
        }
        let files: Vec<&String> = (entries.iter())
            .filter(|(to, entry)| **to < path && matches!(entry.kind, EntryKind::File { .. }))
            .map(|(to, _)| to)
            .collect();
        let mut entry = match rng.below(8) {
            0 | 1 => {
                directories.push(path.clone());
                dir(&path)
            }
            2 => symlink(&path, &name(rng)),
            3 if !files.is_empty() => link(&path, files[rng.below(files.len())]),
            _ => file(&path, &vec![b'c'; rng.below(4) * rng.below(40)]),
        };
        entry.mode = rng.below(0o10000) as u16;
        entry.time_ns = rng.number();
        entries.insert(path, entry);
    }
    entries.into_values().collect()
}

/// Compares an image with the entries it was made from, name by name, by lookup.
fn same(bytes: &[u8], entries: &[Entry]) {
    let image = Image::open(bytes).unwrap();
    let rows = list(bytes).unwrap();
    assert_eq!(rows.len(), entries.len());
    let by_path: BTreeMap<_, _> = rows.iter().map(|row| (row.path.clone(), row)).collect();
    let files: BTreeMap<_, _> = entries
        .iter()
        .map(|entry| (entry.path.as_str(), entry))
        .collect();
    for entry in entries {
        let row = &by_path[entry.path.as_str()];
        let carrier = match &entry.kind {
            EntryKind::HardLink { to } => {
                assert_eq!(row.node, by_path[to.as_str()].node);
                files[to.as_str()]
            }
            _ => entry,
        };
        assert_eq!(row.mode & 0o7777, u32::from(carrier.mode));
        assert_eq!(row.time_ns, carrier.time_ns);
        match (&carrier.kind, &row.kind) {
            (EntryKind::Directory, RowKind::Directory) => {}
            (EntryKind::Symlink { target }, RowKind::Symlink { target: found }) => {
                assert_eq!(target, found);
            }
            (
                EntryKind::File {
                    content: Content::Inline(content),
                    ..
                },
                RowKind::File { .. },
            ) => {
                let node = image.node(vfs_image::NodeId::new(row.node)).unwrap();
                let mut found = vec![0; content.len() + 1];
                let read = image.read_file(&node, 0, &mut found).unwrap();
                assert_eq!(&found[..read], &content[..]);
                let names = entries.iter().filter(|other| match &other.kind {
                    EntryKind::HardLink { to } => *to == carrier.path,
                    _ => other.path == carrier.path,
                });
                assert_eq!(row.nlink as usize, names.count());
            }
            other => panic!("{} became {other:?}", entry.path),
        }
        // The same by lookup, from the directory it is in.
        let parent = entry
            .path
            .parent()
            .and_then(|parent| by_path.get(parent.as_str()));
        if let (Some(parent), Some(name)) = (parent, entry.path.name()) {
            let parent = vfs_image::NodeId::new(parent.node);
            let found = image.lookup(parent, name.as_bytes()).unwrap().unwrap();
            assert_eq!(found.get(), row.node);
            assert_eq!(
                image.lookup(parent, format!("{name}?").as_bytes()),
                Ok(None)
            );
            if let NodeKind::Directory(dir) = image.node(found).unwrap().kind {
                assert_eq!(dir.parent(), parent);
            }
        }
    }
}

#[test]
fn what_is_read_is_what_was_planned() {
    for seed in 0..400 {
        let entries = entries(&mut Rng::new(seed), 120);
        let bytes = image(entries.clone());
        let checked = check(&bytes);
        assert!(checked.is_ok(), "seed {seed}: {checked:?}");
        same(&bytes, &entries);
        let observed = exercise(&bytes);
        // The one refusal: `exercise` asks for a file's content, a preopen or a node that is not there.
        assert!(
            observed.opened && observed.refusals == 0,
            "seed {seed}: {observed:?}"
        );
    }
}

#[test]
fn the_order_of_entries_does_not_matter() {
    for seed in 0..50 {
        let mut rng = Rng::new(seed);
        let mut entries = entries(&mut rng, 60);
        let bytes = image(entries.clone());
        for at in (1..entries.len()).rev() {
            entries.swap(at, rng.below(at + 1));
        }
        assert!(image(entries) == bytes, "seed {seed}");
    }
}
