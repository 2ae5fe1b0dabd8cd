//! What goes into the image, resolved and sorted: the [`Plan`].

use std::path::PathBuf;
use std::sync::Arc;

pub use crate::path::GuestPath;

/// The resolved content of a bundle: what `plan` prints and `image` encodes.
///
/// Sorted by path, paths unique, every parent a directory and present before its children.
#[derive(Debug, Clone)]
pub struct Plan {
    roots: Vec<GuestPath>,
    entries: Vec<Entry>,
}

/// One entry of a [`Plan`].
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where the program sees it.
    pub path: GuestPath,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits (`07777`), POSIX `mode_t`.
    pub mode: u16,
    /// Time of last modification, access and change; nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// What in the manifest asked for it.
    pub origin: Origin,
}

/// Which table of the manifest asked for an entry; [`Origin::IMPLIED`] for a parent directory that nothing names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(u32);

/// What an [`Entry`] is, and where its bytes come from.
#[derive(Debug, Clone)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Where its contents come from.
        content: Content,
        /// Size in bytes at planning time; the image writer refuses a file that has another size when read.
        size: u64,
    },
    /// Another name of a file that is itself an entry (of kind `File`) at a smaller path.
    HardLink {
        /// The entry that carries the contents.
        to: GuestPath,
    },
    /// A symbolic link.
    Symlink {
        /// Its target as stored, not resolved; 1 to 4095 bytes of UTF-8.
        target: String,
    },
}

/// Where a file's bytes come from.
#[derive(Debug, Clone)]
pub enum Content {
    /// A file of the [`Source`](crate::source::Source), read when the image is written.
    Source {
        /// Its path there.
        path: PathBuf,
        /// Its modification time at planning time; another one when read means that it changed meanwhile.
        mtime_ns: i128,
    },
    /// Given in the manifest.
    Inline(Arc<[u8]>),
}

impl Origin {
    /// Nothing in the manifest names it; something below it needs it.
    pub const IMPLIED: Self = Self(u32::MAX);
}

impl Plan {
    /// Sorts entries into a plan. `resolve` ends here; tests of later stages may start here.
    ///
    /// # Panics
    /// When two entries have one path, or an entry's parent is missing or no directory.
    #[must_use]
    pub fn assemble(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let mut roots = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let path = &entry.path;
            assert!(
                at == 0 || entries[at - 1].path != *path,
                "BUG: two entries at `{path}`"
            );
            let parent = path
                .parent()
                .map(|parent| entries[..at].binary_search_by(|e| e.path.cmp(&parent)));
            let directory = match parent {
                Some(Ok(parent)) => &entries[parent],
                Some(Err(_)) if path.is_absolute() => {
                    panic!("BUG: nothing at the parent of `{path}`")
                }
                Some(Err(_)) | None => {
                    roots.push(path.clone());
                    entry
                }
            };
            assert!(
                matches!(directory.kind, EntryKind::Directory),
                "BUG: `{}` is no directory",
                directory.path
            );
        }
        // `/` first; GuestPath's order puts names such as `-x` and `.` before it.
        roots.sort_by_key(|root| !root.is_absolute());
        Self { roots, entries }
    }

    /// The preopened directories, `/` first when present, the others sorted: each is an entry of kind `Directory`.
    #[must_use]
    pub fn roots(&self) -> &[GuestPath] {
        &self.roots
    }

    /// All entries, sorted by path.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}
