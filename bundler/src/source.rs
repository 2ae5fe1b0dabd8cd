//! The garden gate: all reading of source trees goes through [`Source`].

use std::io::Read;
use std::path::{Path, PathBuf};

/// What a source says of one of its entries, not following a final symlink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// What the entry is.
    pub kind: Kind,
    /// Permission bits (`07777`).
    pub mode: u32,
    /// Modification time, nanoseconds since the Unix epoch; negative before it.
    pub mtime_ns: i128,
    /// Content size in bytes (files only, else 0).
    pub size: u64,
    /// Identity of a file that has several names in this source (device, inode); `None` when it has one name.
    pub link_id: Option<(u64, u64)>,
}

/// What an entry of a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link.
    Symlink,
    /// Anything an image can't hold: a socket, device or pipe.
    Other(&'static str),
}

/// An I/O error together with the path it happened at.
#[derive(Debug, thiserror::Error)]
#[error("{verb} `{}`: {error}", path.display())]
pub struct SourceError {
    /// What was tried, e.g. `cannot read`.
    pub verb: &'static str,
    /// Where.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub error: std::io::Error,
}

/// Where entries and contents come from: the disk, later archives; in tests, memory.
pub trait Source: Sync {
    /// Describes `path`, not following a final symlink.
    ///
    /// # Errors
    /// When there is no such entry or it can't be looked at.
    fn metadata(&self, path: &Path) -> Result<Metadata, SourceError>;

    /// The names in a directory, in any order (`plan` sorts).
    ///
    /// # Errors
    /// When `path` is not a readable directory.
    fn list(&self, path: &Path) -> Result<Vec<std::ffi::OsString>, SourceError>;

    /// The target of a symlink, as stored.
    ///
    /// # Errors
    /// When `path` is not a symlink.
    fn read_link(&self, path: &Path) -> Result<PathBuf, SourceError>;

    /// Opens a file's contents for one pass.
    ///
    /// # Errors
    /// When the file can't be opened.
    fn open(&self, path: &Path) -> Result<Box<dyn Read + '_>, SourceError>;
}
