//! What the program finds open at its start, and how it learns the names.

use vfs_image::{Image, NodeId};

use super::{Vfs, World};
use crate::errno::{Errno, Result};
use crate::fd::{Directory, Entry, Preopen};
use crate::host::Host;
use crate::program::Program;
use crate::resolve::PATH_MAX;
use crate::rights::Rights;

/// Where the program's memory is borrowed for answers of the host: saved before, restored after.
const BORROWED: u32 = 1024;

/// The first number that is not a standard stream.
const FIRST: u32 = 3;

/// Host descriptors looked at; a bound for a host that answers yes for ever.
const HOST_FDS_MAX: u32 = 4096;

impl<W: World> Vfs<W> {
    /// Fills the table: standard streams, embedded preopens, what the host has open.
    pub(super) fn open_preopens(&mut self, bytes: W::Bytes) {
        // No failure here can be reported; what does not fit is not there.
        for stream in 0..FIRST {
            let _ = self.table.insert(Entry::Host(stream));
        }
        // A module that was not bundled has no image and is a plain pass-through.
        if vfs_image::Bytes::size(&bytes) != 0 {
            self.image = Image::open(bytes).ok();
            // A corrupt image shows as one preopen, on which every call answers `EIO`.
            let count = self.image.as_ref().map_or(1, Image::preopen_count);
            for index in 0..count {
                self.insert_preopen(index, None, Preopen::Embedded(index));
            }
        }
        for fd in FIRST..HOST_FDS_MAX {
            if !self.open_host_fd(fd) {
                break;
            }
        }
    }

    /// Opens the root of the embedded preopen of this index, which has its number as node.
    fn insert_preopen(&mut self, index: u32, host: Option<u32>, preopen: Preopen) {
        let directory = Directory {
            node: NodeId::new(index),
            host,
            rights: Rights::PREOPEN,
            preopen,
        };
        let _ = self.table.insert(Entry::Directory(directory));
    }

    /// Takes over a descriptor of the host; false when the host has none of this number.
    fn open_host_fd(&mut self, fd: u32) -> bool {
        if let Ok(prestat) = self.borrow(8, |vfs| {
            vfs.host.fd_prestat_get(fd, BORROWED)?;
            Ok(vfs.program.load64(BORROWED))
        }) {
            // `pr_name_len`, behind the tag and its padding.
            if !self.unite(fd, (prestat >> 32) as u32).unwrap_or(false) {
                let _ = self.table.insert(Entry::Host(fd));
            }
            return true;
        }
        let open = self.borrow(24, |vfs| vfs.host.fd_fdstat_get(fd, BORROWED));
        // An inherited socket or file stays usable.
        open.is_ok() && self.table.insert(Entry::Host(fd)).is_ok()
    }

    /// Unites a host preopen with the embedded preopen that catches the same paths; false when there is none.
    ///
    /// Under the same name it is one preopen, listed once. Under another (`.`
    /// beside `/`) it keeps its name and leads to the same tree.
    fn unite(&mut self, fd: u32, name_len: u32) -> Result<bool> {
        if name_len > PATH_MAX {
            return Ok(false);
        }
        self.borrow(name_len, |vfs| {
            vfs.host.fd_prestat_dir_name(fd, BORROWED, name_len)?;
            let (_, name) = vfs.path.split_at_mut(PATH_MAX as usize);
            let name = name.get_mut(..name_len as usize).ok_or(Errno::IO)?;
            vfs.program.copy_in(name, BORROWED);
            Ok(())
        })?;
        let image = self.image.as_ref().ok_or(Errno::IO)?;
        let (own, name) = self.path.split_at_mut(PATH_MAX as usize);
        let name = name.get(..name_len as usize).unwrap_or_default();
        for index in 0..image.preopen_count() {
            let size = image.read_str(image.preopen(index)?.name, own)?;
            let own = own.get(..size).unwrap_or_default();
            if caught(own) != caught(name) {
                continue;
            }
            if own == name
                && let Entry::Directory(directory) = self.table.get_mut(FIRST + index)?
                && directory.host.is_none()
            {
                directory.host = Some(fd);
            } else {
                self.insert_preopen(index, Some(fd), Preopen::Host);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Runs `call` while the program's bytes at [`BORROWED`] are put aside.
    fn borrow<T>(&mut self, len: u32, call: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.program.size() < u64::from(BORROWED + len) {
            return Err(Errno::IO);
        }
        let saved = self.path.get_mut(..len as usize).ok_or(Errno::IO)?;
        self.program.copy_in(saved, BORROWED);
        let result = call(self);
        let saved = self.path.get(..len as usize).ok_or(Errno::IO)?;
        self.program.copy_out(BORROWED, saved);
        result
    }

    /// `fd_prestat_get`: the length of a preopen's name.
    ///
    /// # Errors
    /// `EBADF` when it is no preopen.
    pub fn fd_prestat_get(&mut self, fd: u32, out: u32) -> Result<()> {
        match self.preopen(fd)? {
            (Preopen::No, _) => Err(Errno::BADF),
            (Preopen::Host, host) => self.host.fd_prestat_get(host, out),
            (Preopen::Embedded(index), _) => {
                let image = self.image.as_ref().ok_or(Errno::IO)?;
                let name = image.preopen(index)?.name;
                // Tag 0 is a directory, the only kind there is.
                self.program.answer64(out, u64::from(name.len()) << 32);
                Ok(())
            }
        }
    }

    /// `fd_prestat_dir_name`: the name of a preopen.
    ///
    /// # Errors
    /// `ENOTDIR` when it is no preopen, `ENAMETOOLONG` when the buffer is too small.
    pub fn fd_prestat_dir_name(&mut self, fd: u32, path: u32, path_len: u32) -> Result<()> {
        match self.preopen(fd)? {
            (Preopen::No, _) => Err(Errno::NOTDIR),
            (Preopen::Host, host) => self.host.fd_prestat_dir_name(host, path, path_len),
            (Preopen::Embedded(index), _) => {
                let image = self.image.as_ref().ok_or(Errno::IO)?;
                let name = image.preopen(index)?.name;
                if name.len() > path_len {
                    return Err(Errno::NAMETOOLONG);
                }
                self.program.check(path, name.len(), 1);
                self.program.copy_image(path, name.offset(), name.len());
                Ok(())
            }
        }
    }

    /// What preopen a descriptor is, and the host's number of it when it is the host's to say.
    fn preopen(&self, fd: u32) -> Result<(Preopen, u32)> {
        match self.table.get(fd)? {
            Entry::Host(host) => Ok((Preopen::Host, *host)),
            Entry::Directory(directory) => {
                Ok((directory.preopen, directory.host.unwrap_or_default()))
            }
            _ => Ok((Preopen::No, 0)),
        }
    }
}

/// The prefix of paths that a preopen of this name catches, as wasi-libc strips it: `/`, `.` and `./` are nothing.
fn caught(mut name: &[u8]) -> &[u8] {
    loop {
        name = match name {
            [b'/', rest @ ..] | [b'.', b'/', rest @ ..] => rest,
            b"." => b"",
            _ => return name,
        }
    }
}
