//! The garden gate: all reading of source trees goes through [`Source`].

mod disk;
mod joined;
mod memory;

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::Cache;
use crate::read_at::{DiskFile, ReadAt};
pub use disk::DiskSource;
pub(crate) use joined::is_joined;
pub use memory::MemorySource;

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
    /// What the system said; part of the message, so not its source.
    pub error: std::io::Error,
}

/// One entry met by [`Source::walk`].
pub struct Visited<'a> {
    /// Its path in the source: that of the walked directory and the names below it.
    pub path: &'a Path,
    /// The last name of it.
    pub name: &'a OsStr,
    /// How many names below the walked directory it is, from 1.
    pub depth: usize,
    /// What it is. Listings tell it, so entries that are skipped cost no further look.
    pub kind: Kind,
    pub(crate) metadata: &'a mut dyn FnMut() -> Result<Metadata, SourceError>,
}

impl Visited<'_> {
    /// All about it.
    ///
    /// # Errors
    /// When it can't be looked at.
    pub fn metadata(&mut self) -> Result<Metadata, SourceError> {
        (self.metadata)()
    }
}

/// How a walk goes on after an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Into the entry when it is a directory, else to the next.
    Into,
    /// To the next, not into the entry.
    Over,
}

/// Where entries and contents come from: the disk, an [`Archive`](crate::archive::Archive); in tests, memory.
pub trait Source: Sync {
    /// Describes `path`, not following a final symlink.
    ///
    /// # Errors
    /// When there is no such entry or it can't be looked at.
    fn metadata(&self, path: &Path) -> Result<Metadata, SourceError>;

    /// Describes what a path leads to, and says where that is: a symlink is followed.
    ///
    /// # Errors
    /// As [`metadata`](Self::metadata) and [`resolve`](Self::resolve).
    fn followed(&self, path: &Path) -> Result<(PathBuf, Metadata), SourceError> {
        let metadata = self.metadata(path)?;
        if metadata.kind != Kind::Symlink {
            return Ok((path.to_owned(), metadata));
        }
        let real = self.resolve(path)?;
        let metadata = self.metadata(&real)?;
        Ok((real, metadata))
    }

    /// Describes each of `paths` as [`metadata`](Self::metadata) does, in their order.
    ///
    /// For many at a time: a source may look at several at once.
    fn metadata_of(&self, paths: &[&Path]) -> Vec<Result<Metadata, SourceError>> {
        paths.iter().map(|path| self.metadata(path)).collect()
    }

    /// The names in a directory, in any order (`plan` sorts).
    ///
    /// # Errors
    /// When `path` is not a readable directory.
    fn list(&self, path: &Path) -> Result<Vec<OsString>, SourceError>;

    /// The target of a symlink, as stored.
    ///
    /// # Errors
    /// When `path` is not a symlink.
    fn read_link(&self, path: &Path) -> Result<PathBuf, SourceError>;

    /// The path of what `path` finally names: all symlinks followed, absolute where the source has an absolute form.
    ///
    /// # Errors
    /// When it names nothing, or symlinks lead in a circle.
    fn resolve(&self, path: &Path) -> Result<PathBuf, SourceError>;

    /// Opens a file's contents for one pass.
    ///
    /// # Errors
    /// When the file can't be opened.
    fn open(&self, path: &Path) -> Result<Box<dyn Read + '_>, SourceError>;

    /// Opens a file's contents for reading at any place, as archives need it.
    ///
    /// Where a source can't do that, the contents are copied to a temporary file without a name.
    ///
    /// # Errors
    /// When the file can't be opened, or not copied.
    fn open_random(&self, path: &Path) -> Result<Arc<dyn ReadAt>, SourceError> {
        let copy = || {
            let mut file = tempfile::tempfile()?;
            let mut reader = self.open(path).map_err(|error| error.error)?;
            std::io::copy(&mut reader, &mut file)?;
            DiskFile::new(file)
        };
        match copy() {
            Ok(file) => Ok(Arc::new(file)),
            Err(error) => Err(SourceError {
                verb: "cannot read",
                path: path.to_owned(),
                error,
            }),
        }
    }

    /// What earlier runs found out about files; none unless the paths of this source are the disk's.
    fn cache(&self) -> Option<&Cache> {
        None
    }

    /// Shows everything below a directory (not itself), each directory directly followed by what is in it, in any order
    /// otherwise.
    ///
    /// Symlinks are shown, not followed. An unreadable entry is shown as an error and the walk goes on.
    fn walk(
        &self,
        directory: &Path,
        visit: &mut dyn FnMut(Result<Visited<'_>, SourceError>) -> Step,
    ) {
        // What is left of the directories entered, the innermost last.
        let mut open: Vec<(PathBuf, std::vec::IntoIter<OsString>)> = Vec::new();
        let mut next = Some(directory.to_owned());
        loop {
            if let Some(directory) = next.take() {
                match self.list(&directory) {
                    Ok(names) => open.push((directory, names.into_iter())),
                    Err(error) => drop(visit(Err(error))),
                }
            }
            let depth = open.len();
            let Some((directory, names)) = open.last_mut() else {
                return;
            };
            let Some(name) = names.next() else {
                open.pop();
                continue;
            };
            let path = directory.join(&name);
            match self.metadata(&path) {
                Err(error) => drop(visit(Err(error))),
                Ok(Metadata { kind, .. }) => {
                    let mut metadata = || self.metadata(&path);
                    let step = visit(Ok(Visited {
                        path: &path,
                        name: &name,
                        depth,
                        kind,
                        metadata: &mut metadata,
                    }));
                    next = (kind == Kind::Directory && step == Step::Into).then_some(path);
                }
            }
        }
    }
}

/// The bytes of a regular file, and what it is now; `None` when there is none, or it can't be read.
pub(crate) fn regular(src: &dyn Source, path: &Path) -> Option<(Metadata, Arc<dyn ReadAt>)> {
    // Opening it follows a symlink, too.
    let (_, found) = src.followed(path).ok()?;
    // A pipe can be read but once.
    if found.kind != Kind::File {
        return None;
    }
    Some((found, src.open_random(path).ok()?))
}
