//! What goes into the image, resolved and sorted: the [`Plan`].

use std::path::PathBuf;
use std::sync::Arc;

/// A normalised guest path: UTF-8, no empty, `.` or `..` component, no trailing slash.
///
/// Absolute (`/`, `/usr/lib`) or relative (`.`, `data/x`); at most 4096 bytes, names at most 255 bytes, no NUL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GuestPath(String);

/// The resolved content of a bundle: what `plan` prints and `image` encodes.
///
/// Sorted by path bytes, paths unique, every parent present before its children.
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
}

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

impl GuestPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Plan {
    /// The preopened directories, `/` first when present, the others sorted: each is an entry of kind `Directory`.
    #[must_use]
    pub fn roots(&self) -> &[GuestPath] {
        &self.roots
    }

    /// All entries, sorted by path bytes.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}
