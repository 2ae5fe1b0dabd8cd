//! Calls on open files: reading, seeking, closing.

use super::{Vfs, World};
use crate::errno::{Errno, Result};
use crate::fd::{Entry, File, Preopen};
use crate::host::Host;
use crate::program::Program;
use crate::ram::{Node, Ram};
use crate::rights;

/// Bytes of an open file.
pub(super) fn size<W: World>(ram: &Ram<W::Pages>, file: &File) -> u64 {
    match Node::of(file) {
        Some(node) if W::WRITABLE => ram.size(node),
        _ => file.size.into(),
    }
}

/// Whether a file can be accessed at a position, for so many bytes.
///
/// # Errors
/// `EINVAL` where positions are negative for hosts.
pub(super) fn check_end(position: u64, len: u32) -> Result<()> {
    if position > i64::MAX as u64 - u64::from(len) {
        return Err(Errno::INVAL);
    }
    Ok(())
}

/// Whether a file may be read from.
///
/// # Errors
/// `EBADF` when it is not open for reading.
fn open_for_reading(file: &File) -> Result<()> {
    if rights::reads(file.rights) {
        Ok(())
    } else {
        Err(Errno::BADF)
    }
}

/// Copies from a file's position on into the program's buffers, and moves the position behind what was copied; the
/// number of bytes, 0 at the end.
///
/// # Errors
/// `EINVAL` when the buffers together are larger than 4 GiB − 1.
#[inline(never)]
fn read<W: World>(
    program: &W::Program,
    ram: &Ram<W::Pages>,
    file: &mut File,
    iovs: u32,
    iovs_len: u32,
) -> Result<u32> {
    program.check(iovs, u64::from(iovs_len) * 8);
    let position = file.position;
    let left = size::<W>(ram, file).saturating_sub(position);
    let (mut done, mut total) = (0, 0u32);
    check_end(position, 0)?;
    for index in 0..iovs_len {
        let iov = program.load64(iovs + index * 8);
        let (buf, len) = (iov as u32, (iov >> 32) as u32);
        total = total.checked_add(len).ok_or(Errno::INVAL)?;
        check_end(position, total)?;
        program.check_here(buf, len.into());
        let part = u64::from(len).min(left - u64::from(done)) as u32;
        if part > 0 {
            match Node::of(file) {
                Some(node) if W::WRITABLE => {
                    ram.read(program, node, position + u64::from(done), buf, part);
                }
                // The image was checked to hold `size` bytes from `offset` on.
                _ => program.copy_image(buf, file.offset + position as u32 + done, part),
            }
            done += part;
        }
    }
    file.position = position + u64::from(done);
    Ok(done)
}

impl<W: World> Vfs<W> {
    /// `fd_read`: the next bytes of a file.
    ///
    /// # Errors
    /// `EBADF` for a directory and for what is not open for reading.
    pub fn fd_read(&mut self, fd: u32, iovs: u32, iovs_len: u32, out: u32) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_read(*fd, iovs, iovs_len, out),
            Some(Entry::File(file)) => {
                open_for_reading(file)?;
                let done = read::<W>(&self.program, &self.ram, file, iovs, iovs_len)?;
                self.program.answer32(out, done);
                Ok(())
            }
            _ => Err(Errno::BADF),
        }
    }

    /// `fd_pread`: bytes of a file from `offset` on.
    ///
    /// # Errors
    /// `EBADF` for a directory and for what is not open for reading.
    pub fn fd_pread(
        &mut self,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        offset: u64,
        out: u32,
    ) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_pread(*fd, iovs, iovs_len, offset, out),
            Some(Entry::File(file)) => {
                open_for_reading(file)?;
                // Not a fifth parameter, which engines hand over by way of memory.
                let position = core::mem::replace(&mut file.position, offset);
                let done = read::<W>(&self.program, &self.ram, file, iovs, iovs_len);
                file.position = position;
                self.program.answer32(out, done?);
                Ok(())
            }
            _ => Err(Errno::BADF),
        }
    }

    /// `fd_seek`: moves the position; past the end is allowed.
    ///
    /// # Errors
    /// `EINVAL` before the start or for an unknown `whence`, `EBADF` for a directory.
    pub fn fd_seek(&mut self, fd: u32, delta: i64, whence: u32, out: u32) -> Result<()> {
        let position = match self.table.entry(fd) {
            Some(Entry::Host(fd)) => return self.host.fd_seek(*fd, delta, whence, out),
            Some(Entry::File(file)) => {
                let mut whence = whence;
                if self.program.snapshot() == 0 {
                    // Current position, end, start; else start, current position, end.
                    whence = match whence {
                        0 => 1,
                        1 => 2,
                        2 => 0,
                        _ => whence,
                    };
                }
                let from = match whence {
                    0 => 0,
                    1 => file.position,
                    2 => size::<W>(&self.ram, file),
                    _ => return Err(Errno::INVAL),
                };
                file.position = from.checked_add_signed(delta).ok_or(Errno::INVAL)?;
                file.position
            }
            _ => return Err(Errno::BADF),
        };
        self.program.answer64(out, position);
        Ok(())
    }

    /// `fd_tell`: the position.
    ///
    /// # Errors
    /// `EBADF` for a directory.
    pub fn fd_tell(&mut self, fd: u32, out: u32) -> Result<()> {
        let position = match self.table.entry(fd) {
            Some(Entry::Host(fd)) => return self.host.fd_tell(*fd, out),
            Some(Entry::File(file)) => file.position,
            _ => return Err(Errno::BADF),
        };
        self.program.answer64(out, position);
        Ok(())
    }

    /// `fd_advise`: embedded bytes need no advice.
    ///
    /// # Errors
    /// `EINVAL` for advice that does not exist, `EBADF` for a directory.
    pub fn fd_advise(&mut self, fd: u32, offset: u64, len: u64, advice: u32) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_advise(*fd, offset, len, advice),
            // To POSIX the length is signed.
            Some(Entry::File(_)) if advice > 5 || len > i64::MAX as u64 => Err(Errno::INVAL),
            Some(Entry::File(_)) => Ok(()),
            _ => Err(Errno::BADF),
        }
    }

    /// `fd_datasync`: nothing is ever left to be written.
    ///
    /// # Errors
    /// `EBADF` for a directory.
    pub fn fd_datasync(&mut self, fd: u32) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_datasync(*fd),
            Some(Entry::File(_)) => Ok(()),
            _ => Err(Errno::BADF),
        }
    }

    /// `fd_sync`: nothing is ever left to be written.
    ///
    /// # Errors
    /// `EBADF` for a directory.
    pub fn fd_sync(&mut self, fd: u32) -> Result<()> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => self.host.fd_sync(*fd),
            Some(Entry::File(_)) => Ok(()),
            _ => Err(Errno::BADF),
        }
    }

    /// `fd_close`: frees the number.
    ///
    /// # Errors
    /// `EBADF` when it is closed already; for a descriptor of the host what the host says.
    pub fn fd_close(&mut self, fd: u32) -> Result<()> {
        // The host's number plus one, when there is something of the host's to close.
        let mut host = 0;
        match self.table.entry(fd) {
            None => return Err(Errno::BADF),
            Some(Entry::Host(fd)) => host = fd.wrapping_add(1),
            Some(Entry::Directory(directory)) => {
                host = directory.host;
                // A preopen is held by nothing but the tree.
                if W::WRITABLE
                    && directory.preopen == Preopen::No
                    && let Some(node) = self.ram.record(directory.node)
                {
                    self.ram.let_go(node);
                }
            }
            Some(Entry::File(file)) => {
                if W::WRITABLE
                    && let Some(node) = Node::of(file)
                {
                    self.ram.let_go(node);
                }
            }
            Some(Entry::Closed) => {}
        }
        self.table.free(fd);
        if host == 0 {
            return Ok(());
        }
        self.seam.detach(host);
        if self.program.is_saved() {
            self.elsewhere.close(host);
        }
        self.prefix.forget();
        self.host.fd_close(host.wrapping_sub(1))
    }

    /// `fd_renumber`: gives a descriptor the number of another, which is closed.
    ///
    /// The host's own numbers stay: only the table changes, so the two may be of any kind.
    ///
    /// # Errors
    /// `EBADF` unless both are open.
    pub fn fd_renumber(&mut self, from: u32, to: u32) -> Result<()> {
        if self.table.entry(from).is_none() || self.table.entry(to).is_none() {
            return Err(Errno::BADF);
        }
        if from != to {
            // As with `dup2`, errors of closing the target are lost.
            let _ = self.fd_close(to);
            self.table.rename(from, to);
        }
        Ok(())
    }
}
