//! Rights: what a descriptor may be used for (witx `rights`).

use crate::errno::{Errno, Result};

/// `fd_datasync`, and `fd_sync` with [`SYNC`].
pub const DATASYNC: u32 = 1 << 0;
/// `fd_read`, `fd_pread`.
pub const READ: u32 = 1 << 1;
/// `fd_seek`; implies [`TELL`].
pub const SEEK: u32 = 1 << 2;
/// `fd_fdstat_set_flags`.
pub const SET_FLAGS: u32 = 1 << 3;
/// `fd_sync`.
pub const SYNC: u32 = 1 << 4;
/// `fd_tell`.
pub const TELL: u32 = 1 << 5;
/// `fd_write`, `fd_pwrite`; asking for it means opening for writing.
pub const WRITE: u32 = 1 << 6;
/// `fd_advise`.
pub const ADVISE: u32 = 1 << 7;
/// `fd_allocate`.
pub const ALLOCATE: u32 = 1 << 8;
/// `path_create_directory`.
pub const CREATE_DIRECTORY: u32 = 1 << 9;
/// `path_open` with `creat`.
pub const CREATE_FILE: u32 = 1 << 10;
/// `path_link`, the directory of the old name.
pub const LINK_SOURCE: u32 = 1 << 11;
/// `path_link`, the directory of the new name.
pub const LINK_TARGET: u32 = 1 << 12;
/// `path_open`.
pub const OPEN: u32 = 1 << 13;
/// `fd_readdir`.
pub const READDIR: u32 = 1 << 14;
/// `path_readlink`.
pub const READLINK: u32 = 1 << 15;
/// `path_rename`, the directory of the old name.
pub const RENAME_SOURCE: u32 = 1 << 16;
/// `path_rename`, the directory of the new name.
pub const RENAME_TARGET: u32 = 1 << 17;
/// `path_filestat_get`.
pub const PATH_FILESTAT_GET: u32 = 1 << 18;
/// `path_open` with `trunc`.
pub const PATH_SET_SIZE: u32 = 1 << 19;
/// `path_filestat_set_times`.
pub const PATH_SET_TIMES: u32 = 1 << 20;
/// `fd_filestat_get`.
pub const FILESTAT_GET: u32 = 1 << 21;
/// `fd_filestat_set_size`.
pub const SET_SIZE: u32 = 1 << 22;
/// `fd_filestat_set_times`.
pub const SET_TIMES: u32 = 1 << 23;
/// `path_symlink`.
pub const SYMLINK: u32 = 1 << 24;
/// `path_remove_directory`.
pub const REMOVE_DIRECTORY: u32 = 1 << 25;
/// `path_unlink_file`.
pub const UNLINK_FILE: u32 = 1 << 26;
/// `poll_oneoff` on the descriptor.
pub const POLL: u32 = 1 << 27;

/// Every right to files and directories that preview1 knows.
///
/// Not those to sockets: no directory passes them on, and a host that is strict refuses a libc that
/// asks for all it was told it may pass on.
pub const ALL: u32 = (1 << 28) - 1;

/// What opening a file for reading gives; beside the rights, and not given up with them.
const OPENED_TO_READ: u32 = 1 << 30;

/// What opening a file for writing gives.
const OPENED_TO_WRITE: u32 = 1 << 31;

/// What only a file open for writing can be used for.
const WRITING: u32 = WRITE | ALLOCATE | SET_SIZE;

/// What every directory can be used for, asked for or not: none of it gives more access than opening did.
const GIVEN_OF_DIRECTORY: u32 =
    OPEN | READDIR | READLINK | PATH_FILESTAT_GET | FILESTAT_GET | SET_TIMES;

/// What a directory can be used for at all.
pub(crate) const OF_DIRECTORY: u32 = GIVEN_OF_DIRECTORY
    | CREATE_DIRECTORY
    | CREATE_FILE
    | LINK_SOURCE
    | LINK_TARGET
    | RENAME_SOURCE
    | RENAME_TARGET
    | PATH_SET_SIZE
    | PATH_SET_TIMES
    | SYMLINK
    | REMOVE_DIRECTORY
    | UNLINK_FILE;

/// What every file can be used for, asked for or not: programs seek in a file they opened
/// with `fd_read` alone, because hosts let them.
pub(crate) const GIVEN_OF_FILE: u32 =
    DATASYNC | SEEK | SET_FLAGS | SYNC | TELL | ADVISE | FILESTAT_GET | SET_TIMES | POLL;

/// The rights of a descriptor and those it passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// What it may be used for; above the rights, how it was opened.
    base: u32,
    /// What descriptors opened through it may be used for.
    inheriting: u32,
}

impl Rights {
    /// The rights of a directory that the program finds open at its start.
    ///
    /// It passes everything on, writing too, even when there is nothing to write to: a libc asks only for
    /// what is passed on, and an attempt to write has to arrive to be answered with `EROFS`.
    pub const PREOPEN: Self = Self {
        base: OF_DIRECTORY,
        inheriting: ALL,
    };

    /// What the descriptor may be used for.
    #[inline]
    #[must_use]
    pub fn base(self) -> u32 {
        self.base & ALL
    }

    /// What descriptors opened through it may be used for.
    #[inline]
    #[must_use]
    pub fn inheriting(self) -> u32 {
        self.inheriting
    }

    /// Whether the descriptor may be used for what `right` says.
    ///
    /// # Errors
    /// `EBADF` when that needs a file opened for reading, or for writing, and it was not; to set the
    /// size is then `EINVAL`, as of `ftruncate`. `ENOTCAPABLE` when the right was never passed on or is given up.
    #[inline]
    pub fn require(self, right: u32) -> Result<()> {
        if self.base & right == right {
            Ok(())
        } else {
            self.refuse(right)
        }
    }

    /// Why the descriptor may not be used for what `right` says.
    #[cold]
    fn refuse(self, right: u32) -> Result<()> {
        let unread = right & READ != 0 && self.base & OPENED_TO_READ == 0;
        let unwritten = right & WRITING != 0 && self.base & OPENED_TO_WRITE == 0;
        Err(if unwritten && right & SET_SIZE != 0 {
            Errno::INVAL
        } else if unread || unwritten {
            Errno::BADF
        } else {
            Errno::NOTCAPABLE
        })
    }

    /// Whether this may be asked for of something opened through a directory that passes `passed_on` on.
    ///
    /// # Errors
    /// `ENOTCAPABLE` when it is more than that.
    pub fn may_ask(passed_on: u32, base: u64, inheriting: u64) -> Result<()> {
        // Bits that are no rights are asked for by programs that ask for all.
        if (base | inheriting) as u32 & ALL & !passed_on != 0 {
            return Err(Errno::NOTCAPABLE);
        }
        Ok(())
    }

    /// The rights of something opened through a directory that passes `passed_on` on; all that was asked for [may be](Self::may_ask).
    ///
    /// It gets what is asked for, as far as that applies to a directory or file, and what gives no more access.
    /// A file that is not asked for writing is open for reading, as on wasmtime.
    #[must_use]
    pub fn pass_on(passed_on: u32, base: u64, inheriting: u64, is_dir: bool) -> Self {
        let (base, inheriting) = (base as u32 & ALL, inheriting as u32 & ALL);
        let base = if is_dir {
            base & OF_DIRECTORY | GIVEN_OF_DIRECTORY & passed_on
        } else {
            let mut given = GIVEN_OF_FILE & passed_on;
            if base & READ != 0 || base & WRITE == 0 {
                given |= OPENED_TO_READ | READ & passed_on;
            }
            if base & WRITE != 0 {
                given |= OPENED_TO_WRITE | WRITE | (ALLOCATE | SET_SIZE) & passed_on;
            }
            given
        };
        Self { base, inheriting }
    }

    /// Gives rights up.
    ///
    /// # Errors
    /// `ENOTCAPABLE` when one is asked for that is not there.
    pub fn shrink(&mut self, base: u64, inheriting: u64) -> Result<()> {
        let more = base & !u64::from(self.base()) | inheriting & !u64::from(self.inheriting);
        if more != 0 {
            return Err(Errno::NOTCAPABLE);
        }
        *self = Self {
            base: base as u32 | self.base & !ALL,
            inheriting: inheriting as u32,
        };
        Ok(())
    }
}
