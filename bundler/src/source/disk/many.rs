//! Many entries looked at at once.

use std::path::Path;

use rayon::prelude::*;

#[cfg(target_os = "linux")]
use rustix::fs::CWD;

#[cfg(not(target_os = "linux"))]
use super::{DiskSource, Source as _};
use super::{Metadata, SourceError};

/// So many entries are one turn of a thread: some hundred microseconds, of which handing it out is little.
const TURN: usize = 256;

/// What [`Source::metadata_of`](super::Source::metadata_of) says: the answers are in order whichever thread was first.
pub(super) fn look(paths: &[&Path]) -> Vec<Result<Metadata, SourceError>> {
    // One turn needs no second thread, and a small tree none at all.
    if paths.len() <= TURN {
        return turn(paths);
    }
    paths.par_chunks(TURN).flat_map_iter(turn).collect()
}

#[cfg(not(target_os = "linux"))]
fn turn(paths: &[&Path]) -> Vec<Result<Metadata, SourceError>> {
    paths.iter().map(|path| DiskSource.metadata(path)).collect()
}

/// Files of one directory are looked at from there: their paths are not gone along again for each.
#[cfg(target_os = "linux")]
fn turn(paths: &[&Path]) -> Vec<Result<Metadata, SourceError>> {
    /// Opening a directory costs more than it saves with fewer files.
    const FEW: usize = 32;
    let mut answers = Vec::with_capacity(paths.len());
    for together in paths.chunk_by(|a, b| linux::folder(a) == linux::folder(b)) {
        let folder = match together {
            [first, ..] if together.len() >= FEW => linux::Folder::of(first),
            _ => None,
        };
        answers.extend(together.iter().map(|path| match &folder {
            Some(folder) => folder.look(path),
            None => linux::look(CWD, path, path.as_os_str()),
        }));
    }
    answers
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsStr;
    use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, openat, statat};

    use super::super::{Kind, Metadata, SourceError, at};

    /// What of a path's text is its directory, with the slash; nothing: it is a name.
    pub(super) fn folder(path: &Path) -> &[u8] {
        let text = path.as_os_str().as_bytes();
        let slash = text.iter().rposition(|byte| *byte == b'/');
        &text[..slash.map_or(0, |slash| slash + 1)]
    }

    /// A directory that is stood in.
    pub(super) struct Folder {
        open: OwnedFd,
        /// Length of what leads there in the paths of what is in it.
        length: usize,
    }

    impl Folder {
        /// The directory that a path is in; `None`: it can't be opened.
        pub(super) fn of(path: &Path) -> Option<Self> {
            let text = folder(path);
            let name = if text.is_empty() { b"." } else { text };
            // To stand in it only: that needs no right to list it.
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let open = openat(CWD, name, flags, Mode::empty()).ok()?;
            let length = text.len();
            Some(Self { open, length })
        }

        /// Describes an entry, whose path begins with the directory's.
        pub(super) fn look(&self, path: &Path) -> Result<Metadata, SourceError> {
            let name = &path.as_os_str().as_bytes()[self.length..];
            look(self.open.as_fd(), path, OsStr::from_bytes(name))
        }
    }

    /// Describes what is called `name` in an open directory. The system's older call for it, which `std` does not use, is the
    /// quicker one.
    pub(super) fn look(
        folder: BorrowedFd<'_>,
        path: &Path,
        name: &OsStr,
    ) -> Result<Metadata, SourceError> {
        match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Ok(describe(&found)),
            Err(error) => Err(at("cannot look at", path)(error.into())),
        }
    }

    #[allow(
        clippy::unnecessary_cast,
        reason = "the widths of the fields depend on the processor"
    )]
    fn describe(found: &Stat) -> Metadata {
        let kind = match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory => Kind::Directory,
            FileType::RegularFile => Kind::File,
            FileType::Symlink => Kind::Symlink,
            FileType::Socket => Kind::Other("a socket"),
            FileType::Fifo => Kind::Other("a pipe"),
            _ => Kind::Other("a device"),
        };
        let is_file = kind == Kind::File;
        Metadata {
            kind,
            mode: found.st_mode & 0o7777,
            mtime_ns: found.st_mtime as i128 * 1_000_000_000 + found.st_mtime_nsec as i128,
            size: if is_file { found.st_size as u64 } else { 0 },
            link_id: (is_file && found.st_nlink > 1)
                .then_some((found.st_dev as u64, found.st_ino as u64)),
        }
    }
}
