//! `sock_*`: only the host has sockets; the numbers are translated.

use super::{Vfs, World};
use crate::errno::{Errno, Result};
use crate::fd::Entry;
use crate::host::Host;
use crate::program::Program;

impl<W: World> Vfs<W> {
    /// The host's number of a descriptor; `ENOTSOCK` for what is embedded.
    fn socket(&mut self, fd: u32) -> Result<u32> {
        match self.table.entry(fd) {
            Some(Entry::Host(fd)) => Ok(*fd),
            Some(_) => Err(Errno::NOTSOCK),
            None => Err(Errno::BADF),
        }
    }

    /// `sock_accept`: the new socket gets a number of the program's.
    ///
    /// # Errors
    /// `ENOTSOCK` for what is embedded.
    pub fn sock_accept(&mut self, fd: u32, flags: u32, out: u32) -> Result<()> {
        let fd = self.socket(fd)?;
        self.program.check(out, 4);
        self.host.sock_accept(fd, flags, out)?;
        self.adopt(out)
    }

    /// `sock_recv`.
    ///
    /// # Errors
    /// `ENOTSOCK` for what is embedded.
    pub fn sock_recv(
        &mut self,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        flags: u32,
        out: u32,
        out_flags: u32,
    ) -> Result<()> {
        let fd = self.socket(fd)?;
        self.host
            .sock_recv(fd, iovs, iovs_len, flags, out, out_flags)
    }

    /// `sock_send`.
    ///
    /// # Errors
    /// `ENOTSOCK` for what is embedded.
    pub fn sock_send(
        &mut self,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        flags: u32,
        out: u32,
    ) -> Result<()> {
        let fd = self.socket(fd)?;
        self.host.sock_send(fd, iovs, iovs_len, flags, out)
    }

    /// `sock_shutdown`.
    ///
    /// # Errors
    /// `ENOTSOCK` for what is embedded.
    pub fn sock_shutdown(&mut self, fd: u32, how: u32) -> Result<()> {
        let fd = self.socket(fd)?;
        self.host.sock_shutdown(fd, how)
    }
}
