//! Rights, which the kernel knows nothing of: written from their description, not from the interposer.

use super::{Result, number};
use crate::errno::Errno;

const fn bits(bits: &[u32]) -> u64 {
    let mut all = 0;
    let mut at = 0;
    while at < bits.len() {
        all |= 1 << bits[at];
        at += 1;
    }
    all
}

pub(super) const DATASYNC: u64 = bits(&[0]);
pub(super) const READ: u64 = bits(&[1]);
pub(super) const SEEK: u64 = bits(&[2]);
pub(super) const SET_FLAGS: u64 = bits(&[3]);
pub(super) const SYNC: u64 = bits(&[4]);
pub(super) const TELL: u64 = bits(&[5]);
pub(super) const WRITE: u64 = bits(&[6]);
pub(super) const ADVISE: u64 = bits(&[7]);
pub(super) const ALLOCATE: u64 = bits(&[8]);
pub(super) const CREATE_DIRECTORY: u64 = bits(&[9]);
pub(super) const CREATE_FILE: u64 = bits(&[10]);
pub(super) const LINK_SOURCE: u64 = bits(&[11]);
pub(super) const LINK_TARGET: u64 = bits(&[12]);
pub(super) const OPEN: u64 = bits(&[13]);
pub(super) const READDIR: u64 = bits(&[14]);
pub(super) const READLINK: u64 = bits(&[15]);
pub(super) const RENAME_SOURCE: u64 = bits(&[16]);
pub(super) const RENAME_TARGET: u64 = bits(&[17]);
pub(super) const PATH_FILESTAT: u64 = bits(&[18]);
pub(super) const PATH_SET_SIZE: u64 = bits(&[19]);
pub(super) const PATH_SET_TIMES: u64 = bits(&[20]);
pub(super) const FILESTAT: u64 = bits(&[21]);
pub(super) const SET_SIZE: u64 = bits(&[22]);
pub(super) const SET_TIMES: u64 = bits(&[23]);
pub(super) const SYMLINK: u64 = bits(&[24]);
pub(super) const REMOVE_DIRECTORY: u64 = bits(&[25]);
pub(super) const UNLINK: u64 = bits(&[26]);

const ALL: u64 = (1 << 28) - 1;

/// What gives no more access to a file than opening it did: sync, seek, tell, flags, advice, stat, times, poll.
const FREE_OF_FILE: u64 = bits(&[0, 2, 3, 4, 5, 7, 21, 23, 27]);
/// The same of a directory: open, list, readlink, stat of names, stat, times.
const FREE_OF_DIRECTORY: u64 = bits(&[13, 14, 15, 18, 21, 23]);
/// All that a directory can be used for.
const OF_DIRECTORY: u64 = FREE_OF_DIRECTORY | bits(&[9, 10, 11, 12, 16, 17, 19, 20, 24, 25, 26]);

/// What a descriptor may do and pass on.
#[derive(Clone, Copy)]
pub(super) struct Rights {
    pub(super) base: u64,
    pub(super) inheriting: u64,
}

impl Rights {
    pub(super) const ROOT: Self = Self {
        base: OF_DIRECTORY,
        inheriting: ALL,
    };

    pub(super) fn require(self, right: u64) -> Result<()> {
        if self.base & right == right {
            Ok(())
        } else {
            Err(number(Errno::NOTCAPABLE))
        }
    }

    /// Whether this much may be asked for of something below a directory with these rights.
    pub(super) fn may_ask(self, base: u64, inheriting: u64) -> Result<()> {
        if (base | inheriting) & ALL & !self.inheriting != 0 {
            return Err(number(Errno::NOTCAPABLE));
        }
        Ok(())
    }

    pub(super) fn of_directory(self, base: u64, inheriting: u64) -> Self {
        Self {
            base: base & OF_DIRECTORY | FREE_OF_DIRECTORY & self.inheriting,
            inheriting: inheriting & ALL,
        }
    }

    /// Reading is what a file is opened for when nothing is asked for.
    pub(super) fn of_file(self, reads: bool, writes: bool, inheriting: u64) -> Self {
        let mut base = FREE_OF_FILE;
        if reads {
            base |= READ;
        }
        if writes {
            base |= WRITE | ALLOCATE | SET_SIZE;
        }
        Self {
            base: base & self.inheriting,
            inheriting: inheriting & ALL,
        }
    }

    pub(super) fn shrink(&mut self, base: u64, inheriting: u64) -> Result<()> {
        if base & !self.base != 0 || inheriting & !self.inheriting != 0 {
            return Err(number(Errno::NOTCAPABLE));
        }
        *self = Self { base, inheriting };
        Ok(())
    }
}
