//! The real kernel as a preview1 host: system calls below a temporary directory.
//!
//! Only what preview1 says beyond POSIX is done here (the sandbox, rights, positions and numbers of
//! descriptors); whatever the kernel can be asked for, it answers.

mod fd;
mod path;
mod table;
mod view;
mod walk;

use std::prelude::v1::*;
use std::rc::Rc;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FileType, StatxFlags, Timespec, Timestamps, statx};

use self::table::Table;
use super::step::Step;
use super::system::{Answer, NOW, Stat, System};
use crate::errno::Errno;

/// The kernel below one directory.
pub(super) struct Kernel {
    /// Where absolute symlinks lead.
    root: Rc<OwnedFd>,
    table: Table,
    /// Times from here on were taken from the clock.
    now_ns: u64,
}

/// What a step comes to when it fails early.
type Result<T = Answer, E = u32> = std::result::Result<T, E>;

impl Kernel {
    /// The program finds this directory open as 3, with all rights.
    pub(super) fn new(root: OwnedFd) -> Self {
        let root = Rc::new(root);
        // When the directory last changed is when it was made ready: now.
        let made = statx(&root, "", AtFlags::EMPTY_PATH, StatxFlags::ALL)
            .unwrap()
            .stx_ctime;
        Self {
            table: Table::new(root.clone()),
            root,
            now_ns: made.tv_sec as u64 * 1_000_000_000,
        }
    }

    fn answer(&mut self, step: &Step) -> Result {
        if let Some(result) = self.path_call(step) {
            return result;
        }
        self.fd_call(step)
    }

    /// `filestat` of an open descriptor (`path` empty) or of a name.
    fn stat(&self, dir: &OwnedFd, path: &[u8]) -> Result<Stat> {
        let mut flags = AtFlags::SYMLINK_NOFOLLOW;
        if path.is_empty() {
            flags |= AtFlags::EMPTY_PATH;
        }
        let stat = statx(dir, path, flags, StatxFlags::ALL).map_err(errno)?;
        let file_type = file_type(FileType::from_raw_mode(stat.stx_mode.into()));
        let time = |sec: i64, nsec: u32| {
            let ns = (sec as u64)
                .wrapping_mul(1_000_000_000)
                .wrapping_add(nsec.into());
            let day = 86_400_000_000_000;
            if (self.now_ns..self.now_ns + day).contains(&ns) {
                NOW
            } else {
                ns
            }
        };
        Ok(Stat {
            inode: stat.stx_ino,
            file_type,
            nlink: stat.stx_nlink.into(),
            size: stat.stx_size,
            atim: time(stat.stx_atime.tv_sec, stat.stx_atime.tv_nsec),
            mtim: time(stat.stx_mtime.tv_sec, stat.stx_mtime.tv_nsec),
            clock: [stat.stx_mtime, stat.stx_ctime]
                .map(|time| time.tv_sec as u64 * 1_000_000_000 + u64::from(time.tv_nsec)),
        })
    }
}

impl System for Kernel {
    fn call(&mut self, step: &Step) -> Answer {
        self.answer(step).unwrap_or_else(Answer::Refused)
    }

    fn is_steady(&self) -> bool {
        false
    }

    fn kind(&mut self, fd: u32) -> u8 {
        self.table.kind(fd)
    }
}

/// A witx `filetype`.
fn file_type(kind: FileType) -> u8 {
    match kind {
        FileType::Directory => 3,
        FileType::RegularFile => 4,
        FileType::Symlink => 7,
        _ => 0,
    }
}

/// What `utimensat` is given for witx `fstflags`.
fn times(atim: u64, mtim: u64, set: u32) -> Result<Timestamps> {
    // One time can't be both given and taken from the clock.
    if set > 15 || set & 3 == 3 || set & 12 == 12 {
        return Err(number(Errno::INVAL));
    }
    let time = |ns: u64, given: bool, now: bool| Timespec {
        tv_sec: if given {
            (ns / 1_000_000_000) as i64
        } else {
            0
        },
        tv_nsec: match (given, now) {
            (true, _) => (ns % 1_000_000_000) as _,
            (_, true) => rustix::fs::UTIME_NOW,
            _ => rustix::fs::UTIME_OMIT,
        },
    };
    Ok(Timestamps {
        last_access: time(atim, set & 1 != 0, set & 2 != 0),
        last_modification: time(mtim, set & 4 != 0, set & 8 != 0),
    })
}

/// An errno of preview1 as the number that is returned.
fn number(errno: Errno) -> u32 {
    Errno::answer(Err(errno))
}

/// The kernel's error as preview1's number.
fn errno(errno: rustix::io::Errno) -> u32 {
    use rustix::io::Errno as Linux;
    match errno {
        Linux::ACCESS => 2,
        Linux::BADF => 8,
        Linux::BUSY => 10,
        Linux::EXIST => 20,
        Linux::FBIG => 22,
        Linux::ILSEQ => 25,
        Linux::INVAL => 28,
        Linux::IO => 29,
        Linux::ISDIR => 31,
        Linux::LOOP => 32,
        Linux::MFILE => 33,
        Linux::MLINK => 34,
        Linux::NAMETOOLONG => 37,
        Linux::NOENT => 44,
        Linux::NOSPC => 51,
        Linux::NOTDIR => 54,
        Linux::NOTEMPTY => 55,
        Linux::OPNOTSUPP => 58,
        Linux::OVERFLOW => 61,
        Linux::PERM => 63,
        Linux::ROFS => 69,
        Linux::SPIPE => 70,
        Linux::XDEV => 75,
        other => std::panic!("the kernel answered {other}, which no call here should meet"),
    }
}
