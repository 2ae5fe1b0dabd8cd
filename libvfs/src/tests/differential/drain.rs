//! Memory comes back: nothing is left of a program that closed and removed all it had.

use std::format;
use std::prelude::v1::*;

use super::interposer::Interposer;
use super::observe::{NUMBERS, OBSERVER, prepare};
use super::start::{Mount, Start};
use super::step::{Step, Text, text};
use super::system::{Answer, System};
use crate::ram::BLOCK;
use crate::tests::world::Faked;

/// Blocks that may be left because what stays is not in as few of them as it could be.
const SPREAD: u32 = 2;

impl<W: Faked> Interposer<'_, W> {
    /// Bytes in use.
    fn used(&self) -> u32 {
        self.t.vfs.ram.pages.bytes_given() - self.t.vfs.ram.unused()
    }

    /// Closes and removes everything, and looks at what memory is in use then.
    ///
    /// Only an empty mount is as it was before: of an embedded tree, what is removed has to be remembered.
    pub(super) fn drained(&mut self, start: &Start) -> Result<(), String> {
        if start.mount != Mount::Tmpfs {
            return Ok(());
        }
        let mut fresh = Interposer::new(start);
        prepare(&mut fresh);
        fresh.call(&Step::CreateDirectory {
            fd: OBSERVER,
            path: text(b"a"),
        });
        fresh.empty()?;
        self.empty()?;
        let (before, after) = (fresh.used(), self.used());
        if after > before + SPREAD * BLOCK {
            return Err(format!(
                "{after} bytes are in use, and {before} when nothing was done"
            ));
        }
        Ok(())
    }

    fn empty(&mut self) -> Result<(), String> {
        for fd in (3..NUMBERS).filter(|&fd| fd != OBSERVER) {
            self.call(&Step::Close { fd });
        }
        self.remove_below(b".")
    }

    fn remove_below(&mut self, dir: &[u8]) -> Result<(), String> {
        let fd = match self.call(&Step::Open {
            fd: OBSERVER,
            flags: 0,
            path: Text(dir.to_vec()),
            oflags: 2,
            base: 1 << 14,
            inheriting: 0,
            fdflags: 0,
        }) {
            Answer::Number(fd) => fd as u32,
            other => return Err(format!("`{}`: {other:?}", dir.escape_ascii())),
        };
        let listed = self.call(&Step::List { fd, size: 4096 });
        self.call(&Step::Close { fd });
        let Answer::Names(names) = listed else {
            return Err(format!("`{}`: {listed:?}", dir.escape_ascii()));
        };
        for (name, entry) in names {
            if name == b"." || name == b".." {
                continue;
            }
            let path = [dir, b"/", &name].concat();
            let fd = OBSERVER;
            let removed = if entry.file_type == 3 {
                self.remove_below(&path)?;
                self.call(&Step::RemoveDirectory {
                    fd,
                    path: Text(path),
                })
            } else {
                self.call(&Step::Unlink {
                    fd,
                    path: Text(path),
                })
            };
            if removed != Answer::Done {
                return Err(format!("`{}` stays: {removed:?}", name.escape_ascii()));
            }
        }
        Ok(())
    }
}
