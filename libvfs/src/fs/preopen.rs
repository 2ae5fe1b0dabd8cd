//! What the program finds open at its start, and how it learns the names.

use vfs_image::{Bytes, Image, NodeId};

use super::{BORROWED, Place, Vfs, World};
use crate::errno::{Errno, Result};
use crate::fd::{Directory, Entry, Preopen};
use crate::host::Host;
use crate::program::Program;
use crate::resolve::PATH_MAX;
use crate::rights::Rights;

/// The first number that is not a standard stream.
const FIRST: u32 = 3;

/// Host descriptors looked at; a bound for a host that answers yes for ever.
const HOST_FDS_MAX: u32 = 4096;

impl<W: World> Vfs<W> {
    /// Fills the table: standard streams, embedded preopens, what the host has open.
    pub(super) fn open_preopens(&mut self, bytes: W::Bytes) {
        // No failure here can be reported; what does not fit is not there.
        for stream in 0..FIRST {
            self.insert_host(stream);
        }
        // A module that was not bundled has no image and is a plain pass-through.
        if bytes.size() != 0 {
            self.image = Image::open(bytes).ok();
            // A corrupt image shows as one preopen, on which every call answers `EIO`.
            let count = self.image.as_ref().map_or(1, Image::preopen_count);
            for index in 0..count {
                self.insert_preopen(index, None, Preopen::Embedded(index));
            }
        }
        // A program without this much memory has no use for descriptors.
        if self.program.size() < u64::from(BORROWED + PATH_MAX) {
            return;
        }
        let saved = self.path.get_mut(..PATH_MAX as usize).unwrap_or_default();
        self.program.copy_in(saved, BORROWED);
        for fd in FIRST..HOST_FDS_MAX {
            if !self.open_host_fd(fd) {
                break;
            }
        }
        let saved = self.path.get(..PATH_MAX as usize).unwrap_or_default();
        self.program.copy_out(BORROWED, saved);
    }

    /// Gives the host's descriptor a number; false when there is none left.
    fn insert_host(&mut self, fd: u32) -> bool {
        match self.table.allot() {
            Some(place) => {
                *place = Entry::Host(fd);
                true
            }
            None => false,
        }
    }

    /// Opens the root of the embedded preopen of this index, which has its number as node.
    #[inline(never)]
    fn insert_preopen(&mut self, index: u32, host: Option<u32>, preopen: Preopen) {
        let node = NodeId::new(index);
        if self.load(node).is_err() {
            // Calls on it will tell.
            self.found.mode = u32::MAX;
        }
        if let Some(place) = self.table.allot() {
            *place = Entry::Directory(Directory {
                node,
                mode: self.found.mode,
                host,
                rights: Rights::PREOPEN,
                preopen,
            });
        }
    }

    /// Takes over a descriptor of the host; false when the host has none of this number.
    fn open_host_fd(&mut self, fd: u32) -> bool {
        if self.host.fd_prestat_get(fd, BORROWED).is_ok() {
            // `pr_name_len`, behind the tag and its padding.
            let name_len = self.program.load32(BORROWED + 4);
            if self.unite(fd, name_len) {
                return true;
            }
        // An inherited socket or file stays usable.
        } else if self.host.fd_fdstat_get(fd, BORROWED).is_err() {
            return false;
        }
        self.insert_host(fd)
    }

    /// Unites a host preopen with the embedded preopen that catches the same paths; false when there is none.
    ///
    /// Under the same name it is one preopen, listed once. Under another (`.`
    /// beside `/`) it keeps its name and leads to the same tree.
    fn unite(&mut self, fd: u32, name_len: u32) -> bool {
        let Some(image) = &self.image else {
            return false;
        };
        let (_, buffer) = self.path.split_at_mut(PATH_MAX as usize);
        let (own, name) = buffer.split_at_mut(PATH_MAX as usize / 2);
        let Some(name) = name.get_mut(..name_len as usize) else {
            return false;
        };
        let named = self.host.fd_prestat_dir_name(fd, BORROWED, name_len);
        if named.is_err() {
            return false;
        }
        self.program.copy_in(name, BORROWED);
        let caught = caught(name);
        for index in 0..image.preopen_count() {
            let Ok(preopen) = image.preopen(index) else {
                return false;
            };
            let size = preopen.name.len();
            let own = own.get_mut(..size as usize).unwrap_or_default();
            if image.bytes().read(preopen.name.offset(), own).is_err() {
                return false;
            }
            if own.get(self::caught(own)..) == name.get(caught..) {
                match self.table.entry(FIRST + index) {
                    Some(Entry::Directory(directory)) if own == name => {
                        directory.host = Some(fd);
                    }
                    _ => self.insert_preopen(index, Some(fd), Preopen::Host),
                }
                return true;
            }
        }
        false
    }

    /// `fd_prestat_get`: the length of a preopen's name.
    ///
    /// # Errors
    /// `EBADF` when it is no preopen.
    pub fn fd_prestat_get(&mut self, fd: u32, out: u32) -> Result<()> {
        self.find_preopen(fd, Errno::BADF)?;
        if let Place::Host { fd, .. } = self.place {
            return self.host.fd_prestat_get(fd, out);
        }
        // Tag 0 is a directory, the only kind there is.
        self.program.answer64(out, u64::from(self.found.size) << 32);
        Ok(())
    }

    /// `fd_prestat_dir_name`: the name of a preopen.
    ///
    /// # Errors
    /// `ENOTDIR` when it is no preopen, `ENAMETOOLONG` when the buffer is too small.
    pub fn fd_prestat_dir_name(&mut self, fd: u32, path: u32, path_len: u32) -> Result<()> {
        self.find_preopen(fd, Errno::NOTDIR)?;
        if let Place::Host { fd, .. } = self.place {
            return self.host.fd_prestat_dir_name(fd, path, path_len);
        }
        if self.found.size > path_len {
            return Err(Errno::NAMETOOLONG);
        }
        self.answer_text(path, self.found.size);
        Ok(())
    }

    /// Finds out whose preopen a descriptor is; when it is the tree's, its name is what `found` then points at.
    #[inline(never)]
    fn find_preopen(&mut self, fd: u32, errno_otherwise: Errno) -> Result<()> {
        let host = match self.table.entry(fd) {
            None => return Err(Errno::BADF),
            Some(Entry::Host(fd)) => Some(*fd),
            Some(Entry::Directory(directory)) => match directory.preopen {
                Preopen::No => return Err(errno_otherwise),
                Preopen::Host => directory.host,
                Preopen::Embedded(index) => {
                    let image = self.image.as_ref().ok_or(Errno::IO)?;
                    let name = image.preopen(index)?.name;
                    self.found.offset = name.offset();
                    self.found.size = name.len();
                    None
                }
            },
            Some(_) => return Err(errno_otherwise),
        };
        self.place = match host {
            Some(fd) => Place::Host {
                fd,
                path: 0,
                len: 0,
                parent: false,
            },
            None => Place::Tree,
        };
        Ok(())
    }
}

/// Where in a preopen's name the prefix of the paths starts that it catches: wasi-libc strips `/`, `.` and `./`.
#[inline(never)]
fn caught(name: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += match name.get(at..) {
            Some([b'/', ..] | [b'.']) => 1,
            Some([b'.', b'/', ..]) => 2,
            _ => return at,
        };
    }
}
