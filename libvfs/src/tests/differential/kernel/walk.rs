//! The sandbox: which directory, and which name in it, a program's path means.
//!
//! Symlinks are followed here and never by the kernel, one component at a time, so that none leaves
//! the sandbox. Whether a name is there, a directory or searchable is still the kernel's to say.

use std::prelude::v1::*;
use std::rc::Rc;

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, fstat, openat, readlinkat};

use super::{Kernel, Result, errno, number};
use crate::errno::Errno;

/// The last name of a path, with the slashes after it, and the directory that holds it or would.
pub(super) struct Last {
    pub(super) dir: Rc<OwnedFd>,
    pub(super) name: Vec<u8>,
}

impl Kernel {
    /// Walks to the last name; follows it, too, when asked to or when a slash comes after it.
    pub(super) fn walk(
        &self,
        start: &Rc<OwnedFd>,
        path: &[u8],
        follow: impl Into<Follow>,
    ) -> Result<Last> {
        let follow = follow.into();
        if path.len() > 4096 {
            return Err(number(Errno::NAMETOOLONG));
        }
        if std::str::from_utf8(path).is_err() {
            return Err(number(Errno::ILSEQ));
        }
        if path.contains(&0) {
            return Err(number(Errno::INVAL));
        }
        match path.first() {
            None => return Err(number(Errno::NOENT)),
            Some(b'/') => return Err(number(Errno::PERM)),
            Some(_) => {}
        }
        let (mut dir, mut root) = (start.clone(), start.clone());
        let mut rest = path.to_vec();
        let mut links = 0;
        loop {
            let size = rest
                .iter()
                .position(|&byte| byte == b'/')
                .unwrap_or(rest.len());
            let slashes = rest[size..]
                .iter()
                .position(|&byte| byte != b'/')
                .unwrap_or(rest.len() - size);
            let is_last = size + slashes == rest.len();
            let name = rest[..size].to_vec();
            // Nothing can be looked up in a directory that may not be searched, not even what it is itself.
            let here = find(&dir, b".")?;
            if name == b".." && same(&here, &root)? {
                return Err(number(Errno::PERM));
            }
            let follows =
                !is_last || follow == Follow::Always || follow == Follow::Slash && slashes > 0;
            if !follows {
                return Ok(Last { dir, name: rest });
            }
            let found = match find(&dir, &name) {
                Err(failed) if is_last && failed == number(Errno::NOENT) => {
                    return Ok(Last { dir, name: rest });
                }
                found => found?,
            };
            // Only a symlink has a target.
            let Ok(target) = readlinkat(&found, "", Vec::new()) else {
                if is_last {
                    return Ok(Last { dir, name: rest });
                }
                dir = Rc::new(found);
                rest.drain(..size + slashes);
                continue;
            };
            links += 1;
            if links > 40 {
                return Err(number(Errno::LOOP));
            }
            let mut next = target.into_bytes();
            next.extend_from_slice(&rest[size..]);
            rest = next;
            if rest[0] == b'/' {
                dir = self.root.clone();
                root = self.root.clone();
                let from = rest
                    .iter()
                    .position(|&byte| byte != b'/')
                    .unwrap_or(rest.len());
                rest.drain(..from);
                if rest.is_empty() {
                    rest = b".".to_vec();
                }
            }
        }
    }
}

/// Whether a symlink that is the last name is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    Always,
    /// Only when a slash comes after it.
    Slash,
    /// Not even then: what makes or removes a name means the name itself.
    Never,
}

/// Witx `lookupflags`.
impl From<u32> for Follow {
    fn from(flags: u32) -> Self {
        if flags & 1 != 0 {
            Self::Always
        } else {
            Self::Slash
        }
    }
}

fn find(dir: &OwnedFd, name: &[u8]) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(dir, name, flags, Mode::empty()).map_err(errno)
}

fn same(one: &OwnedFd, other: &OwnedFd) -> Result<bool> {
    let (one, other) = (fstat(one).map_err(errno)?, fstat(other).map_err(errno)?);
    Ok((one.st_dev, one.st_ino) == (other.st_dev, other.st_ino))
}
