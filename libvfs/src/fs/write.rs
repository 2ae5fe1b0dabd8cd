//! Calls on open files that change what is in them.

use super::file::check_end;
use super::{Vfs, World};
use crate::errno::{Errno, Result};
use crate::fd::{Entry, File};
use crate::host::Host;
use crate::program::Program;
use crate::ram::Node;
use crate::rights;

/// The `fdflag` that lets each write go to the end of the file.
const APPEND: u32 = 1;

/// The record of a file that is open for writing.
fn open_for_writing(file: &File) -> Option<Node> {
    Node::of(file).filter(|_| rights::writes(file.rights))
}

impl<W: World> Vfs<W> {
    /// Where a write goes that is to go to this offset.
    fn write_position(&self, file: &File, node: Node, offset: u64) -> u64 {
        if file.flags & APPEND != 0 {
            self.ram.size(node)
        } else {
            offset
        }
    }

    /// Copies the program's buffers into a file; the number of bytes, fewer when there is no more memory.
    ///
    /// # Errors
    /// `EINVAL` when the buffers together are larger than 4 GiB − 1; `ENOSPC`, `EFBIG`.
    fn write_at(&mut self, node: Node, position: u64, iovs: u32, iovs_len: u32) -> Result<u32> {
        self.program.check(iovs, u64::from(iovs_len) * 8);
        let mut total = 0u32;
        for index in 0..iovs_len {
            let iov = self.program.load64(iovs + index * 8);
            let (buf, len) = (iov as u32, (iov >> 32) as u32);
            total = total.checked_add(len).ok_or(Errno::INVAL)?;
            self.program.check(buf, len.into());
        }
        check_end(position, total)?;
        let mut done = 0;
        for index in 0..iovs_len {
            let iov = self.program.load64(iovs + index * 8);
            let (buf, len) = (iov as u32, (iov >> 32) as u32);
            let at = position + u64::from(done);
            let image = self.image.as_ref().ok_or(Errno::IO)?.bytes();
            match self.ram.write(&self.program, image, node, at, buf, len) {
                Ok(written) => {
                    done += written;
                    if written < len {
                        break;
                    }
                }
                // What was written before counts.
                Err(_) if done > 0 => break,
                Err(errno) => return Err(errno),
            }
        }
        if done > 0 {
            let now = self.now();
            self.touch(node, now, true);
        }
        Ok(done)
    }

    /// `fd_write`: writes at the position of a file, or at its end, and moves the position behind that.
    ///
    /// # Errors
    /// `EBADF` for a directory and for what is not open for writing; `ENOSPC`.
    pub fn fd_write(&mut self, fd: u32, iovs: u32, iovs_len: u32, out: u32) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_write(*fd, iovs, iovs_len, out),
            Some(Entry::File(file)) if W::WRITABLE => {
                let node = open_for_writing(file).ok_or(Errno::BADF)?;
                let file = *file;
                let position = self.write_position(&file, node, file.position);
                let done = self.write_at(node, position, iovs, iovs_len)?;
                // Nothing to write leaves the position where it is, at the end of the file or not.
                if done > 0
                    && let Some(Entry::File(file)) = self.table.entry(fd)
                {
                    file.position = position + u64::from(done);
                }
                self.program.answer32(out, done);
                Ok(())
            }
            _ => Err(Errno::BADF),
        }
    }

    /// `fd_pwrite`: writes from `offset` on; at the end when the file is open for appending, as on Linux.
    ///
    /// # Errors
    /// `EBADF` for a directory and for what is not open for writing; `ENOSPC`.
    pub fn fd_pwrite(
        &mut self,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        offset: u64,
        out: u32,
    ) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_pwrite(*fd, iovs, iovs_len, offset, out),
            Some(Entry::File(file)) if W::WRITABLE => {
                let node = open_for_writing(file).ok_or(Errno::BADF)?;
                let file = *file;
                check_end(offset, 0)?;
                let position = self.write_position(&file, node, offset);
                let done = self.write_at(node, position, iovs, iovs_len)?;
                self.program.answer32(out, done);
                Ok(())
            }
            _ => Err(Errno::BADF),
        }
    }

    /// `fd_allocate`: takes memory for a part of a file, which grows to hold it.
    ///
    /// # Errors
    /// `EBADF` for a directory and for what is not open for writing; `EINVAL` for a part without bytes; `ENOSPC`, `EFBIG`.
    pub fn fd_allocate(&mut self, fd: u32, offset: u64, len: u64) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_allocate(*fd, offset, len),
            Some(Entry::File(file)) if W::WRITABLE => {
                let node = open_for_writing(file).ok_or(Errno::BADF)?;
                // To POSIX both are signed.
                if len == 0 || (offset | len) > i64::MAX as u64 {
                    return Err(Errno::INVAL);
                }
                let image = self.image.as_ref().ok_or(Errno::IO)?.bytes();
                self.ram.allocate(image, node, offset, len)?;
                let now = self.now();
                self.touch(node, now, true);
                Ok(())
            }
            _ => Err(Errno::BADF),
        }
    }

    /// `fd_filestat_set_size`: cuts a file, or lets it grow with zeros.
    ///
    /// # Errors
    /// `EINVAL` when it is not open for writing, as of `ftruncate`, and beyond the largest file; `EBADF` for a directory.
    pub fn fd_filestat_set_size(&mut self, fd: u32, size: u64) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_filestat_set_size(*fd, size),
            Some(Entry::File(file)) if W::WRITABLE => {
                let node = open_for_writing(file).ok_or(Errno::INVAL)?;
                self.ram.resize(node, size)?;
                let now = self.now();
                self.touch(node, now, true);
                Ok(())
            }
            Some(Entry::File(_)) => Err(Errno::INVAL),
            _ => Err(Errno::BADF),
        }
    }
}
