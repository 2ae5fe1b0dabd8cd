//! `*_filestat_get` and `fd_fdstat_*`: what there is to know of a file or descriptor.

use vfs_image::{FileType, NodeId};

use super::{Place, Vfs, World, known};
use crate::errno::{Errno, Result};
use crate::fd::Entry;
use crate::host::Host;
use crate::program::Program;
use crate::ram::{ACCESSED, CHANGED, MODIFIED, Node};
use crate::resolve::Follow;
use crate::rights::PASSED_ON;

/// The device number of the embedded tree: "vfs" and a zero, unlike the small numbers hosts give. Mounts count on.
const DEVICE: u64 = 0x7666_7300;

/// The `fdflags` that there are: append, dsync, nonblock, rsync, sync.
pub(super) const FLAGS: u32 = 0x1f;

/// Refuses unknown `fstflags`, and a time that is to be both what is given and now.
pub(super) fn check_times(set: u32) -> Result<()> {
    // Given access time, access time now, given modification time, modification time now.
    known(set, 0xf)?;
    if set & set >> 1 & 0b101 == 0 {
        Ok(())
    } else {
        Err(Errno::INVAL)
    }
}

impl<W: World> Vfs<W> {
    /// Stores a witx `filestat` of the node that was found.
    #[inline(never)]
    fn answer_stat(&self, out: u32) {
        let node = &self.found;
        let (size, [accessed, modified, changed]) = match node.record {
            Some(record) if W::WRITABLE => self.recorded(record),
            // Not `[time; 3]`, which is a loop.
            _ => {
                let time = node.time_ns;
                (node.size.into(), [time, time, time])
            }
        };
        self.program.check(out, self.filestat_size().into());
        self.program.store64(out, DEVICE + u64::from(node.mount));
        self.program.store64(out + 8, self.inode(node.id));
        let (file_type, links) = (node.file_type() as u64, u64::from(node.nlink));
        let mut rest = out + 24;
        if self.program.snapshot() == 0 {
            // The number of links has 32 bits, behind the type.
            self.program.store64(out + 16, file_type | links << 32);
        } else {
            self.program.store64(out + 16, file_type);
            self.program.store64(out + 24, links);
            rest = out + 32;
        }
        self.program.store64(rest, size);
        self.program.store64(rest + 8, accessed);
        self.program.store64(rest + 16, modified);
        self.program.store64(rest + 24, changed);
    }

    /// Bytes of a witx `filestat`.
    #[inline(always)]
    pub(crate) fn filestat_size(&self) -> u32 {
        if self.program.snapshot() == 0 { 56 } else { 64 }
    }

    /// Size and times, in the order of a `filestat`, of what was found to be in memory.
    fn recorded(&self, node: Node) -> (u64, [u64; 3]) {
        let size = if self.found.is_dir() {
            self.found.size.into()
        } else {
            self.ram.size(node)
        };
        let times = [ACCESSED, MODIFIED, CHANGED].map(|index| self.ram.time(node, index));
        (size, times)
    }

    /// `fd_filestat_get`: type, size, times and so on of what is open.
    ///
    /// # Errors
    /// `EBADF` when it is closed.
    pub fn fd_filestat_get(&mut self, fd: u32, out: u32) -> Result<()> {
        let node = match self.table.entry(fd) {
            Some(Entry::Host(fd)) => return self.host.fd_filestat_get(*fd, out),
            Some(Entry::File(file)) => file.node,
            Some(Entry::Directory(directory)) => directory.node,
            _ => return Err(Errno::BADF),
        };
        self.load(node)?;
        self.answer_stat(out);
        Ok(())
    }

    /// `path_filestat_get`: the same of what a path leads to.
    ///
    /// # Errors
    /// Those of resolving the path.
    pub fn path_filestat_get(
        &mut self,
        fd: u32,
        flags: u32,
        path: u32,
        path_len: u32,
        out: u32,
    ) -> Result<()> {
        known(flags, 1)?;
        self.locate(fd, path, path_len, Follow::new(flags))?;
        match self.place {
            Place::Tree => {
                self.answer_stat(out);
                Ok(())
            }
            Place::Host => {
                let size = self.filestat_size();
                self.on_host(out, size, |host, fd, path, len, out| {
                    host.path_filestat_get(fd, flags, path, len, out)
                })
            }
            Place::Free => Err(Errno::NOENT),
        }
    }

    /// `fd_filestat_set_times`.
    ///
    /// # Errors
    /// `EINVAL` for flags that do not exist or exclude each other; `EROFS` in the read-only tree.
    pub fn fd_filestat_set_times(&mut self, fd: u32, atim: u64, mtim: u64, set: u32) -> Result<()> {
        check_times(set)?;
        let node = match self.table.entry(fd) {
            Some(Entry::Host(fd)) => return self.host.fd_filestat_set_times(*fd, atim, mtim, set),
            Some(Entry::File(file)) => file.node,
            Some(Entry::Directory(directory)) => directory.node,
            _ => return Err(Errno::BADF),
        };
        self.set_times(node, atim, mtim, set)
    }

    /// Sets the times of a node, as `fstflags` say.
    pub(super) fn set_times(&mut self, id: NodeId, atim: u64, mtim: u64, set: u32) -> Result<()> {
        // Nothing to do, nothing to refuse: as on Linux.
        if set == 0 {
            return Ok(());
        }
        if !W::WRITABLE {
            return Err(Errno::ROFS);
        }
        let node = self.record(id)?;
        let now = self.now();
        for (index, time_ns, set) in [(ACCESSED, atim, set), (MODIFIED, mtim, set >> 2)] {
            let time_ns = match set & 3 {
                1 => Some(time_ns),
                2 => now,
                _ => None,
            };
            if let Some(time_ns) = time_ns {
                self.ram.set_time(node, index, time_ns);
            }
        }
        self.touch(node, now, false);
        self.ram.settle(node);
        Ok(())
    }

    /// `fd_fdstat_get`: type, flags and rights of a descriptor; a file passes nothing on.
    ///
    /// # Errors
    /// `EBADF` when it is closed.
    pub fn fd_fdstat_get(&mut self, fd: u32, out: u32) -> Result<()> {
        let (file_type, flags, rights, passed_on) = match self.table.entry(fd) {
            Some(Entry::Host(fd)) => return self.host.fd_fdstat_get(*fd, out),
            Some(Entry::File(file)) => (FileType::Regular, file.flags, file.rights, 0),
            Some(Entry::Directory(directory)) => {
                (FileType::Directory, 0, directory.rights, PASSED_ON)
            }
            _ => return Err(Errno::BADF),
        };
        self.program.check(out, 24);
        self.program
            .store64(out, u64::from(file_type as u32 | flags << 16));
        self.program.store64(out + 8, rights.into());
        self.program.store64(out + 16, passed_on.into());
        Ok(())
    }

    /// `fd_fdstat_set_flags`: keeps the flags; on a read-only file none changes anything.
    ///
    /// # Errors
    /// `EINVAL` for a flag that does not exist, `EBADF` for a directory.
    pub fn fd_fdstat_set_flags(&mut self, fd: u32, flags: u32) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_fdstat_set_flags(*fd, flags),
            Some(Entry::File(file)) => {
                known(flags, FLAGS)?;
                file.flags = flags;
                Ok(())
            }
            _ => Err(Errno::BADF),
        }
    }

    /// `fd_fdstat_set_rights`: rights that are never checked can't be given up either.
    ///
    /// # Errors
    /// `ENOTSUP`, as on wasmtime; `EBADF` when it is closed.
    pub fn fd_fdstat_set_rights(&mut self, fd: u32, base: u64, inheriting: u64) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_fdstat_set_rights(*fd, base, inheriting),
            Some(_) => Err(Errno::NOTSUP),
            None => Err(Errno::BADF),
        }
    }
}
