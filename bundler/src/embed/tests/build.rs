//! Plans and images made in a line, for the other tests.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::embed::{self, Progress, Written};
use crate::plan::{Content, Entry, EntryKind, GuestPath, Mount, MountKind, Origin, Plan};
use crate::source::{MemorySource, Source};

pub(crate) fn path(text: &str) -> GuestPath {
    GuestPath::parse(text).unwrap()
}

fn entry(text: &str, kind: EntryKind, mode: u16, time_ns: u64) -> Entry {
    Entry {
        path: path(text),
        kind,
        mode,
        time_ns,
        origin: Origin::IMPLIED,
    }
}

pub(crate) fn dir(text: &str) -> Entry {
    entry(text, EntryKind::Directory, 0o755, 0)
}

pub(crate) fn file(text: &str, content: &[u8]) -> Entry {
    let (content, size) = (Content::Inline(Arc::from(content)), content.len() as u64);
    entry(text, EntryKind::File { content, size }, 0o644, 0)
}

pub(crate) fn sourced(text: &str, source: &str, size: u64) -> Entry {
    let content = Content::Source {
        path: source.into(),
        mtime_ns: 0,
    };
    entry(text, EntryKind::File { content, size }, 0o644, 0)
}

pub(crate) fn symlink(text: &str, target: &str) -> Entry {
    entry(
        text,
        EntryKind::Symlink {
            target: target.to_owned(),
        },
        0o777,
        0,
    )
}

pub(crate) fn link(text: &str, to: &str) -> Entry {
    entry(text, EntryKind::HardLink { to: path(to) }, 0o644, 0)
}

pub(crate) fn mount(text: &str, kind: MountKind, size_limit: Option<u64>) -> Mount {
    Mount {
        path: path(text),
        kind,
        size_limit,
        required: false,
        origin: Origin::IMPLIED,
    }
}

/// An image from entries whose contents are all inline.
pub(crate) fn image(entries: Vec<Entry>) -> Vec<u8> {
    write(&Plan::assemble(entries), &MemorySource::new()).0
}

/// An image, and what the writer said of it; the writer must count the progress it announced.
pub(crate) fn write(plan: &Plan, source: &dyn Source) -> (Vec<u8>, Written) {
    struct Counter(AtomicU64);
    impl Progress for Counter {
        fn advance(&self, bytes: u64) {
            self.0.fetch_add(bytes, Ordering::Relaxed);
        }
    }
    let image = embed::describe(plan).unwrap();
    let counter = Counter(AtomicU64::new(0));
    // In the middle of a file, as in a module: nothing before or behind it may change.
    let mut out = Cursor::new(vec![0xaa; 7]);
    out.set_position(7);
    let contents_size = image.contents_size();
    let written = image.write(source, &mut out, &counter).unwrap();
    assert_eq!(counter.0.into_inner(), contents_size);
    assert_eq!(out.position(), 7 + u64::from(written.size));
    let bytes = out.into_inner();
    assert_eq!(bytes[..7], [0xaa; 7]);
    assert_eq!(bytes.len(), 7 + written.size as usize);
    (bytes[7..].to_vec(), written)
}
