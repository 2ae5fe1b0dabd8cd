//! `path_open`.

use super::stat::FLAGS;
use super::{Place, Vfs, World, known};
use crate::errno::{Errno, Result};
use crate::fd::{Directory, Entry, File, IN_MEMORY, Preopen};
use crate::host::Host;
use crate::program::Program;
use crate::ram::MODE_WRITE;
use crate::resolve::Follow;
use crate::rights::{granted, reads, writes};
use crate::seam::NOWHERE;

const CREAT: u32 = 1;
const DIRECTORY: u32 = 2;
const EXCL: u32 = 4;
const TRUNC: u32 = 8;

/// The owner's permission to read.
const MODE_READ: u32 = 0o400;

impl<W: World> Vfs<W> {
    /// `path_open`: opens a file or directory.
    ///
    /// # Errors
    /// As POSIX says for `openat`, in the read-only tree on a read-only file system.
    #[allow(clippy::too_many_arguments, reason = "preview1's own signature")]
    pub fn path_open(
        &mut self,
        fd: u32,
        flags: u32,
        path: u32,
        path_len: u32,
        oflags: u32,
        base: u64,
        inheriting: u64,
        fdflags: u32,
        out: u32,
    ) -> Result<()> {
        self.program.check(out, 4);
        known(flags, 1)?;
        known(oflags, CREAT | DIRECTORY | EXCL | TRUNC)?;
        known(fdflags, FLAGS)?;
        if oflags & DIRECTORY != 0 && oflags != DIRECTORY {
            return Err(Errno::INVAL);
        }
        let creates = oflags & CREAT != 0;
        if let Some(Entry::File(_)) = self.table.entry(fd) {
            return Err(Errno::NOTDIR);
        }
        // A new file can't be opened through a symlink.
        let follow = if oflags & (CREAT | EXCL) == CREAT | EXCL {
            Follow::Slash
        } else {
            Follow::new(flags)
        };
        let truncates = oflags & TRUNC != 0;
        self.locate(fd, path, path_len, follow)?;
        let (mut oflags, mut fdflags) = (oflags, fdflags);
        let (host, truncates) = 'found: {
            'host: {
                let united = match self.place {
                    Place::Free if creates => break 'host,
                    Place::Free => return Err(Errno::NOENT),
                    Place::Tree => {
                        self.may_open(oflags, base)?;
                        if !self.sees_host() || !self.found.is_dir() || self.outside.fd == NOWHERE {
                            break 'found (0, truncates);
                        }
                        // The host's directory of the same path, if there is one, is united with it.
                        (oflags, fdflags) = (DIRECTORY, 0);
                        true
                    }
                    Place::Host => false,
                };
                let opened = self.on_host(out, 4, |host, fd, path, len, out| {
                    host.path_open(fd, flags, path, len, oflags, base, inheriting, fdflags, out)
                });
                match (united, opened) {
                    (true, Ok(())) => {
                        break 'found (self.program.load32(out).wrapping_add(1), false);
                    }
                    (true, Err(_)) => break 'found (0, false),
                    (false, Ok(())) => return self.adopt(out),
                    // The directory is there, but only in the tree.
                    (false, Err(Errno::NOENT | Errno::NOTDIR))
                        if creates && self.outside.parent => {}
                    (false, Err(errno)) => return Err(errno),
                }
            }
            if W::WRITABLE && !self.table.reserve() {
                return self.no_number(0);
            }
            self.make_file()?;
            (0, false)
        };
        self.open_found(base, host, fdflags, truncates)?;
        self.program.store32(out, self.table.newest());
        Ok(())
    }

    /// Whether what was found may be opened like this.
    fn may_open(&self, oflags: u32, base: u64) -> Result<()> {
        let node = &self.found;
        if oflags & (CREAT | EXCL) == CREAT | EXCL {
            return Err(Errno::EXIST);
        }
        if node.is_symlink() {
            return Err(Errno::LOOP);
        }
        let is_dir = node.is_dir();
        let changes = writes(base as u32) || oflags & TRUNC != 0;
        // POSIX lets `O_CREAT` open a directory no more than writing does.
        if is_dir && (changes || oflags & CREAT != 0) {
            return Err(Errno::ISDIR);
        }
        if !is_dir && oflags & DIRECTORY != 0 {
            return Err(Errno::NOTDIR);
        }
        let mut needed = if reads(base as u32) { MODE_READ } else { 0 };
        if changes {
            self.require_writable(node.mount)?;
            needed |= MODE_WRITE;
        }
        if node.mode & needed == needed {
            Ok(())
        } else {
            Err(Errno::ACCES)
        }
    }

    /// Gives what was found a number, the table's newest; `host` is the host's directory united with it: its number plus
    /// one, or 0.
    #[inline(always)]
    fn open_found(&mut self, base: u64, host: u32, fdflags: u32, truncates: bool) -> Result<()> {
        if W::WRITABLE && self.found.mount != 0 {
            // What follows must not fail.
            if !self.table.reserve() {
                return self.no_number(host);
            }
            if let Err(errno) = self.hold_found(truncates) {
                let _ = self.no_number(host);
                return Err(errno);
            }
        }
        let found = &self.found;
        let rights = granted(base, found.is_dir());
        let entry = if found.is_dir() {
            Entry::Directory(Directory {
                node: found.id,
                mode: found.mode,
                host,
                rights,
                preopen: Preopen::No,
            })
        } else {
            let (offset, size) = match found.record {
                Some(node) if W::WRITABLE => (node.address(), IN_MEMORY),
                _ => (found.offset, found.size),
            };
            Entry::File(File {
                node: found.id,
                offset,
                size,
                rights,
                flags: fdflags,
                position: 0,
            })
        };
        match self.table.allot() {
            Some(place) => *place = entry,
            None => return self.no_number(host),
        }
        Ok(())
    }

    /// Keeps what was found in memory as long as it is open, when it can be written to.
    fn hold_found(&mut self, truncates: bool) -> Result<()> {
        if self.require_writable(self.found.mount).is_err() {
            return Ok(());
        }
        let node = self.record(self.found.id)?;
        self.found.record = Some(node);
        self.ram.hold(node);
        if truncates {
            self.ram.resize(node, 0)?;
            let now = self.now();
            self.touch(node, now, true);
        }
        Ok(())
    }
}
