//! Entries go in and come out, in the orders of their paths.

use super::*;

fn entry(path: &str, kind: EntryKind) -> Entry {
    Entry {
        path: GuestPath::parse(path).unwrap(),
        kind,
        mode: 0o644,
        time_ns: 7,
        origin: Origin(3),
    }
}

fn sourced(path: &str, source: &str, mtime_ns: i128) -> Entry {
    let content = Content::Source {
        path: source.into(),
        mtime_ns,
    };
    entry(path, EntryKind::File { content, size: 5 })
}

const PATHS: [&str; 12] = [
    "/", "/a", "/a/b", "/a-b", "/a/b/c", "/a/b-c", ".", "!x", "-y", "data", "data/x", "data/y/z",
];

#[test]
fn orders_are_those_of_paths() {
    let mut entries = Entries::default();
    for path in PATHS {
        entries.push(entry(path, EntryKind::Directory));
    }
    let path = |number: usize| GuestPath::parse(PATHS[number]).unwrap();
    for (a, one) in PATHS.iter().enumerate() {
        assert_eq!(entries.path(a), path(a));
        for (b, other) in PATHS.iter().enumerate() {
            let both = format!("{one} {other}");
            assert_eq!(entries.compare(a, b), path(a).cmp(&path(b)), "{both}");
            let order = path(a).tree_cmp(&path(b));
            assert_eq!(entries.tree_compare(a, b), order, "{both}");
            let below = path(a).is_below(&path(b));
            assert_eq!(entries.is_below(a, b), below, "{both}");
            assert_eq!(entries.is_at(a, other), a == b, "{both}");
        }
    }
    let sorted: Entries = entries.iter().collect();
    for path in PATHS.map(|path| GuestPath::parse(path).unwrap()) {
        let at = sorted.find(&path).unwrap();
        assert_eq!(sorted.path(at), path);
    }
    assert_eq!(sorted.find(&GuestPath::parse("/a/c").unwrap()), None);
}

#[test]
fn what_goes_in_comes_out() {
    let to = GuestPath::parse("/a").unwrap();
    let target = "x".to_owned();
    let all = [
        entry("/", EntryKind::Directory),
        sourced("/a", "src/a", 9),
        sourced("/b", "b", -1),
        sourced("/c", "./src//c", 9),
        sourced("/d", "/d", 9),
        sourced("/e", "src/other", 9),
        sourced("/f", "src/f", i128::from(i64::MAX) + 1),
        sourced("/g", "src/xg", 9),
        entry("/h", EntryKind::HardLink { to }),
        entry("/i", EntryKind::Symlink { target }),
    ];
    let entries: Entries = all.clone().into_iter().collect();
    let text = |entry: &Entry| format!("{entry:?}");
    assert_eq!(entries.len(), all.len());
    for (found, put) in entries.iter().zip(&all) {
        assert_eq!(text(&found), text(put));
    }
}
