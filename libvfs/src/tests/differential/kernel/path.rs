//! Calls on paths.

use std::collections::BTreeMap;
use std::prelude::v1::*;
use std::rc::Rc;

use rustix::fd::OwnedFd;
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, fstat, linkat, mkdirat, openat, readlinkat, renameat,
    symlinkat, unlinkat, utimensat,
};

use super::table::{OF_DIRECTORY, OF_FILE, Open, RESIZE, What};
use super::walk::{Follow, Last};
use super::{Kernel, Result, errno, number, times};
use crate::errno::Errno;
use crate::tests::differential::step::Step;
use crate::tests::differential::system::Answer;

/// What `path_open` is asked.
struct Opening<'a> {
    fd: u32,
    flags: u32,
    path: &'a [u8],
    oflags: u32,
    base: u64,
    fdflags: u32,
}

impl Kernel {
    /// The answer of a call on a path; `None` for any other.
    pub(super) fn path_call(&mut self, step: &Step) -> Option<Result> {
        Some(match step {
            Step::Open {
                fd,
                flags,
                path,
                oflags,
                base,
                fdflags,
                ..
            } => self.open(&Opening {
                fd: *fd,
                flags: *flags,
                path: &path.0,
                oflags: *oflags,
                base: *base,
                fdflags: *fdflags,
            }),
            Step::PathFilestat { fd, flags, path } => known(*flags)
                .and_then(|()| self.last(*fd, &path.0, *flags))
                .and_then(|last| self.stat(&last.dir, &last.name))
                .map(Answer::Stat),
            Step::PathSetTimes {
                fd,
                flags,
                path,
                atim,
                mtim,
                set,
            } => self.path_set_times(*fd, *flags, &path.0, (*atim, *mtim, *set)),
            Step::Readlink { fd, path, size } => self.readlink(*fd, &path.0, *size),
            Step::CreateDirectory { fd, path } => self
                .last(*fd, &path.0, Follow::Never)
                .and_then(|last| done(mkdirat(&last.dir, &*last.name, Mode::from(0o755)))),
            Step::RemoveDirectory { fd, path } => self
                .last(*fd, &path.0, Follow::Never)
                .and_then(|last| done(unlinkat(&last.dir, &*last.name, AtFlags::REMOVEDIR))),
            Step::Unlink { fd, path } => self
                .last(*fd, &path.0, Follow::Never)
                .and_then(|last| done(unlinkat(&last.dir, &*last.name, AtFlags::empty()))),
            Step::Symlink { target, fd, path } => self.symlink(&target.0, *fd, &path.0),
            Step::Rename {
                fd,
                path,
                new_fd,
                new_path,
            } => self.rename((*fd, &path.0), (*new_fd, &new_path.0)),
            Step::Link {
                fd,
                flags,
                path,
                new_fd,
                new_path,
            } => self.link((*fd, *flags, &path.0), (*new_fd, &new_path.0)),
            _ => return None,
        })
    }

    /// The directory, and the name in it.
    fn last(&mut self, fd: u32, path: &[u8], follow: impl Into<Follow>) -> Result<Last> {
        let dir = self.dir(fd)?;
        self.walk(&dir, path, follow)
    }

    fn dir(&mut self, fd: u32) -> Result<Rc<OwnedFd>> {
        let open = self.table.get(fd)?;
        if !matches!(open.what, What::Directory { .. }) {
            return Err(number(Errno::BADF));
        }
        Ok(open.fd.clone())
    }

    fn open(&mut self, asked: &Opening<'_>) -> Result {
        let &Opening {
            fd,
            flags,
            path,
            oflags,
            base,
            fdflags,
        } = asked;
        let (creates, directory) = (oflags & 1 != 0, oflags & 2 != 0);
        let (exclusive, truncates) = (creates && oflags & 4 != 0, oflags & 8 != 0);
        if flags > 1 || oflags > 15 || fdflags > 31 || directory && oflags != 2 {
            return Err(number(Errno::INVAL));
        }
        if self.table.kind(fd) == 4 {
            return Err(number(Errno::NOTDIR));
        }
        let dir = self.dir(fd)?;
        // The kernel refuses to make what a slash comes after without following it; POSIX follows it first.
        let follow = if exclusive {
            Follow::Slash
        } else {
            flags.into()
        };
        let last = self.walk(&dir, path, follow)?;
        // Reading is what a file is opened for when nothing is asked for.
        let writes = base & 1 << 6 != 0;
        let reads = base & 1 << 1 != 0 || !writes;
        // A symlink still there was not to be followed; a directory is not what it is.
        let is_link = readlinkat(&last.dir, &*last.name, Vec::new()).is_ok();
        if is_link && !exclusive {
            return Err(number(Errno::LOOP));
        }
        let mut how = match (reads, writes) {
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
            _ => OFlags::RDONLY,
        };
        how.set(OFlags::CREATE, creates);
        how.set(OFlags::EXCL, exclusive);
        how.set(OFlags::TRUNC, truncates);
        how.set(OFlags::DIRECTORY, directory);
        // Reading changes no time here.
        how |= OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOATIME;
        let file = openat(&last.dir, &*last.name, how, Mode::from(0o644)).map_err(errno)?;
        let mode = fstat(&file).map_err(errno)?.st_mode;
        let open = if FileType::from_raw_mode(mode) == FileType::Directory {
            Open {
                fd: Rc::new(file),
                rights: base & OF_DIRECTORY,
                flags: 0,
                what: What::Directory {
                    listings: BTreeMap::new(),
                },
            }
        } else {
            Open {
                fd: Rc::new(file),
                rights: base & OF_FILE & if writes { OF_FILE } else { !RESIZE },
                flags: fdflags,
                what: What::File {
                    reads,
                    writes,
                    position: 0,
                },
            }
        };
        Ok(Answer::Number(self.table.insert(open).into()))
    }

    fn path_set_times(
        &mut self,
        fd: u32,
        flags: u32,
        path: &[u8],
        (atim, mtim, set): (u64, u64, u32),
    ) -> Result {
        known(flags)?;
        let times = times(atim, mtim, set)?;
        let last = self.last(fd, path, flags)?;
        // Linux does not even look when no time is to be set; POSIX lets a system do so.
        self.stat(&last.dir, &last.name)?;
        done(utimensat(
            &last.dir,
            &*last.name,
            &times,
            AtFlags::SYMLINK_NOFOLLOW,
        ))
    }

    fn readlink(&mut self, fd: u32, path: &[u8], size: u32) -> Result {
        let last = self.last(fd, path, 0)?;
        let target = readlinkat(&last.dir, &*last.name, Vec::new()).map_err(errno)?;
        let mut target = target.into_bytes();
        target.truncate(size as usize);
        Ok(Answer::Bytes(target))
    }

    fn symlink(&mut self, target: &[u8], fd: u32, path: &[u8]) -> Result {
        let last = self.last(fd, path, Follow::Never)?;
        // A target is text as a path is, whatever it leads to.
        if std::str::from_utf8(target).is_err() {
            return Err(number(Errno::ILSEQ));
        }
        if target.contains(&0) {
            return Err(number(Errno::INVAL));
        }
        done(symlinkat(target, &last.dir, &*last.name))
    }

    fn rename(&mut self, old: (u32, &[u8]), new: (u32, &[u8])) -> Result {
        let old = self.last(old.0, old.1, Follow::Never)?;
        let new = self.last(new.0, new.1, Follow::Never)?;
        done(renameat(&old.dir, &*old.name, &new.dir, &*new.name))
    }

    fn link(&mut self, old: (u32, u32, &[u8]), new: (u32, &[u8])) -> Result {
        known(old.1)?;
        let follow = Follow::from(old.1);
        let old = self.last(old.0, old.2, follow)?;
        // What is wrong with the old path is told first, but for a last name that is missing.
        match self.stat(&old.dir, &old.name) {
            Err(failed) if failed != number(Errno::NOENT) => return Err(failed),
            _ => {}
        }
        let new = self.last(new.0, new.1, Follow::Never)?;
        done(linkat(
            &old.dir,
            &*old.name,
            &new.dir,
            &*new.name,
            AtFlags::empty(),
        ))
    }
}

/// Witx `lookupflags` has one flag.
fn known(flags: u32) -> Result<()> {
    if flags > 1 {
        Err(number(Errno::INVAL))
    } else {
        Ok(())
    }
}

/// The answer of a call that tells nothing.
pub(super) fn done(result: rustix::io::Result<()>) -> Result {
    result.map(|()| Answer::Done).map_err(errno)
}
