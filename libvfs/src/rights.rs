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

/// Every right preview1 knows.
pub const ALL: u32 = (1 << 30) - 1;

/// What a directory can be used for at all.
pub const OF_DIRECTORY: u32 = CREATE_DIRECTORY
    | CREATE_FILE
    | LINK_SOURCE
    | LINK_TARGET
    | OPEN
    | READDIR
    | READLINK
    | RENAME_SOURCE
    | RENAME_TARGET
    | PATH_FILESTAT_GET
    | PATH_SET_TIMES
    | FILESTAT_GET
    | SET_TIMES
    | SYMLINK
    | REMOVE_DIRECTORY
    | UNLINK_FILE;

/// What an embedded file can be used for at all.
pub const OF_FILE: u32 =
    DATASYNC | READ | SEEK | SET_FLAGS | SYNC | TELL | ADVISE | FILESTAT_GET | SET_TIMES | POLL;

/// The rights of a descriptor and those it passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// What it may be used for.
    pub base: u32,
    /// What descriptors opened through it may be used for.
    pub inheriting: u32,
}

impl Rights {
    /// The rights of a directory that the program finds open at its start.
    ///
    /// It passes everything on, writing too: a libc asks only for what is passed
    /// on, and an attempt to write has to arrive to be answered with `EROFS`.
    pub const PREOPEN: Self = Self {
        base: OF_DIRECTORY,
        inheriting: ALL,
    };

    /// Whether the descriptor may be used for what `right` says.
    ///
    /// # Errors
    /// `ENOTCAPABLE` when not.
    #[inline]
    pub fn require(self, right: u32) -> Result<()> {
        if self.base & right == right {
            Ok(())
        } else {
            Err(Errno::NOTCAPABLE)
        }
    }

    /// The rights of something opened through a directory that passes `passed_on` on.
    ///
    /// What was asked for only says whether it is allowed. All that is passed on
    /// and `applicable` is given, because hosts give that too and programs
    /// rely on it (to seek in a file opened with `fd_read` alone).
    ///
    /// # Errors
    /// `ENOTCAPABLE` when more is asked for than the directory passes on.
    pub fn pass_on(passed_on: u32, asked: u32, applicable: u32) -> Result<Self> {
        if asked & ALL & !passed_on != 0 {
            return Err(Errno::NOTCAPABLE);
        }
        Ok(Self {
            base: passed_on & applicable,
            inheriting: passed_on,
        })
    }

    /// Gives rights up.
    ///
    /// # Errors
    /// `ENOTCAPABLE` when one is asked for that is not there.
    pub fn shrink(&mut self, base: u64, inheriting: u64) -> Result<()> {
        if base & !u64::from(self.base) != 0 || inheriting & !u64::from(self.inheriting) != 0 {
            return Err(Errno::NOTCAPABLE);
        }
        *self = Self {
            base: base as u32,
            inheriting: inheriting as u32,
        };
        Ok(())
    }
}
