//! The descriptors of the program on the kernel's side.

use std::collections::BTreeMap;
use std::prelude::v1::*;
use std::rc::Rc;

use rustix::fd::OwnedFd;

use super::{Result, number};
use crate::errno::Errno;

/// The rights that wasmtime reports of a directory: `path_*` (without the one to set a size), `fd_readdir`,
/// `fd_filestat_get` and `fd_filestat_set_times`.
pub(super) const OF_DIRECTORY: u64 = 0x07b7_fe00;

/// Those that apply to a file: `fd_datasync` to `fd_allocate`, `fd_filestat_*`, `poll_fd_readwrite`.
pub(super) const OF_FILE: u64 = 0x08e0_01ff;

/// Those of them that need a file open for writing: `fd_allocate`, `fd_filestat_set_size`.
pub(super) const RESIZE: u64 = 0x0040_0100;

/// An open file or directory.
pub(super) struct Open {
    pub(super) fd: Rc<OwnedFd>,
    /// What it was asked for and applies.
    pub(super) rights: u64,
    /// Its `fdflags`.
    pub(super) flags: u32,
    pub(super) what: What,
}

/// What is open.
pub(super) enum What {
    File {
        reads: bool,
        writes: bool,
        position: u64,
    },
    Directory {
        /// The cookies of the entries told so far, by listing.
        listings: BTreeMap<u32, Listing>,
    },
}

/// How far a listing came.
#[derive(Default)]
pub(super) struct Listing {
    pub(super) cookies: Vec<u64>,
    pub(super) ended: bool,
}

/// Numbers from 3 on; those below are streams, which no step here touches.
pub(super) struct Table(Vec<Option<Open>>);

const FIRST: usize = 3;

impl Table {
    pub(super) fn new(root: Rc<OwnedFd>) -> Self {
        Self(std::vec![Some(Open {
            fd: root,
            rights: OF_DIRECTORY,
            flags: 0,
            what: What::Directory {
                listings: BTreeMap::new()
            },
        })])
    }

    /// What is open under a number.
    pub(super) fn peek(&self, fd: u32) -> Option<&Open> {
        self.0.get((fd as usize).checked_sub(FIRST)?)?.as_ref()
    }

    pub(super) fn get(&mut self, fd: u32) -> Result<&mut Open> {
        let index = (fd as usize).checked_sub(FIRST);
        let open = index.and_then(|index| self.0.get_mut(index)?.as_mut());
        open.ok_or(number(Errno::BADF))
    }

    /// The lowest number that is free.
    pub(super) fn insert(&mut self, open: Open) -> u32 {
        let free = self.0.iter().position(Option::is_none);
        let index = free.unwrap_or_else(|| {
            self.0.push(None);
            self.0.len() - 1
        });
        self.0[index] = Some(open);
        (index + FIRST) as u32
    }

    pub(super) fn remove(&mut self, fd: u32) -> Result<Open> {
        self.get(fd)?;
        Ok(self.0[fd as usize - FIRST].take().unwrap())
    }

    pub(super) fn renumber(&mut self, from: u32, to: u32) -> Result<()> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let open = self.remove(from)?;
            self.0[to as usize - FIRST] = Some(open);
        }
        Ok(())
    }

    pub(super) fn kind(&self, fd: u32) -> u8 {
        match self.peek(fd) {
            None => 0,
            Some(Open {
                what: What::Directory { .. },
                ..
            }) => 3,
            Some(_) => 4,
        }
    }
}
