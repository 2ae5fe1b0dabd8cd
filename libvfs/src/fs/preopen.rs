//! What the program finds open at its start, and how it learns the names.

use vfs_image::{Bytes, Image, MountKind, NodeId};

use super::{Place, Vfs, World};
use crate::errno::{Errno, Result};
use crate::fd::{Directory, Entry, Preopen};
use crate::host::Host;
use crate::program::Program;
use crate::resolve::{PATH_BUFFER, PATH_END, PATH_MAX, word};
use crate::rights::OF_DIRECTORY;
use crate::seam::BORROWED_MAX;

/// The first number that is not a standard stream.
pub(super) const FIRST: u32 = 3;

/// The stream for messages.
const ERRORS: u32 = 2;

/// Host descriptors looked at; a bound for a host that answers yes for ever.
pub(super) const HOST_FDS_MAX: u32 = 4096;

impl<W: World> Vfs<W> {
    /// Fills the table: standard streams, embedded preopens, what the host has open. In a run that is
    /// [saved](Self::preinit) the host is left out, and in the next one it is all that is added.
    #[inline(never)]
    pub(super) fn open_preopens(&mut self, bytes: W::Bytes) {
        self.started = true;
        // Whether there is such a run is decided when the program is linked, which leaves out what is behind it.
        if !self.program.is_saved() || self.opens_tree() {
            // Behind every path is the end of its last name.
            if let Some(end) = self.path.last_chunk_mut() {
                *end = [b'/'; PATH_END];
            }
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
                    self.insert_preopen(NodeId::new(index), 0, Preopen::Embedded(index));
                }
            }
        }
        // A program without this much memory has no use for descriptors.
        let borrows = self.program.size() >= u64::from(self.program.borrowed() + BORROWED_MAX);
        if self.sees_host() && (!self.program.is_saved() || self.opens_host()) {
            self.open_host_fds(borrows);
            // Decided when the program is linked, like what the program sees of the host.
            if self.program.requires_host() {
                self.require_mounts(borrows);
            }
        }
        if self.program.is_saved() {
            self.lead_preopens_on();
        }
    }

    /// Takes over what the host has open.
    #[inline(never)]
    fn open_host_fds(&mut self, borrows: bool) {
        if borrows {
            self.program
                .copy_in(&mut self.seam.saved, self.program.borrowed());
            for fd in FIRST..HOST_FDS_MAX {
                if !self.open_host_fd(fd) {
                    break;
                }
            }
            if self.program.is_saved() {
                self.look_elsewhere();
            }
            self.program
                .copy_out(self.program.borrowed(), &self.seam.saved);
        }
    }

    /// Ends the program when the host gives no directory for a mount that needs one.
    ///
    /// Not asked where the program sees nothing of the host: a manifest can't require both.
    #[inline(never)]
    fn require_mounts(&mut self, borrows: bool) {
        let count = self.image.as_ref().map_or(0, Image::mount_count);
        for number in 1..=count {
            self.require_mount(number, borrows);
        }
    }

    /// The same for one mount.
    fn require_mount(&mut self, number: u32, borrows: bool) {
        let mount = self.image.as_ref().map(|image| image.mount(number));
        let Some(Ok(mount)) = mount else {
            return;
        };
        let Some(message) = mount.message else {
            return;
        };
        if mount.kind != MountKind::Host || self.seam.attachment(mount.node) != 0 {
            return;
        }
        let (mut offset, mut left) = (message.offset(), message.len());
        let at = self.program.borrowed();
        // A buffer and its length, the number of bytes written, and the text. Nothing is
        // put back: the program does not see it again.
        while borrows && left > 0 {
            let part = left.min(PATH_MAX);
            self.program.copy_image(at + 16, offset, part);
            self.program.store32(at, at + 16);
            self.program.store32(at + 4, part);
            let written = self.host.fd_write(ERRORS, at, 1, at + 8);
            let size = self.program.load32(at + 8).min(part);
            if written.is_err() || size == 0 {
                break;
            }
            offset += size;
            left -= size;
        }
        self.host.proc_exit(1);
        self.program.trap()
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

    /// Opens this directory of the tree as a preopen.
    #[inline(never)]
    fn insert_preopen(&mut self, node: NodeId, host: u32, preopen: Preopen) {
        if self.load(node).is_err() {
            // Calls on it will tell.
            self.found.mode = u32::MAX;
        }
        if let Some(place) = self.table.allot() {
            *place = Entry::Directory(Directory {
                node,
                mode: self.found.mode,
                host,
                rights: OF_DIRECTORY,
                preopen,
            });
        }
    }

    /// Takes over a descriptor of the host; false when the host has none of this number.
    fn open_host_fd(&mut self, fd: u32) -> bool {
        let at = self.program.borrowed();
        if self.host.fd_prestat_get(fd, at).is_ok() {
            // `pr_name_len`, behind the tag and its padding.
            let name_len = self.program.load32(at + 4);
            if self.unite(fd, name_len) {
                return true;
            }
        // An inherited socket or file stays usable.
        } else if self.host.fd_fdstat_get(fd, at).is_err() {
            return false;
        }
        self.insert_host(fd)
    }

    /// Finds the place of a host preopen in the tree; false when that is none of the tree's business.
    ///
    /// Under the name of an embedded preopen the two are united, and are one preopen, listed once.
    /// Under another that leads there (`.` beside `/`) it keeps its name and leads to the same tree.
    /// Under the name of a directory in the tree it is attached there.
    fn unite(&mut self, fd: u32, name_len: u32) -> bool {
        let at = self.program.borrowed();
        let start = PATH_BUFFER.saturating_sub(name_len as usize);
        let place = self.path.get_mut(start..PATH_BUFFER).unwrap_or_default();
        if name_len > PATH_MAX || self.host.fd_prestat_dir_name(fd, at, name_len).is_err() {
            return false;
        }
        self.program.copy_in(place, at);
        let rest = self.caught(start, PATH_BUFFER);
        let count = self.image.as_ref().map_or(0, Image::preopen_count);
        // First those that are absolute or relative as it is, then all; of them, a longer name before a shorter.
        let mut left = 2 * count;
        while left > 0 {
            left -= 1;
            let index = if left < count { left } else { left - count };
            let Ok(size) = self.load_preopen_name(index) else {
                return false;
            };
            // What wasi-libc strips has one byte in the tree's names.
            let alike = self.path.first() == self.path.get(start);
            let (mut own, mut at) = (self.caught(0, size), rest);
            let root = own == size;
            while own < size && self.path.get(own) == self.path.get(at) {
                own += 1;
                at += 1;
            }
            if own == size
                && (alike || left < count)
                && (root || at == PATH_BUFFER || self.path.get(at) == Some(&b'/'))
                && self.attach(index, at, fd, alike && size == name_len as usize)
            {
                return true;
            }
        }
        false
    }

    /// Copies the name of an embedded preopen to the start of the path buffer, with a slash behind it; how long it is.
    #[inline(always)]
    pub(super) fn load_preopen_name(&mut self, index: u32) -> Result<usize> {
        let image = self.image.as_ref().ok_or(Errno::IO)?;
        let name = image.preopen(index)?.name;
        let size = name.len() as usize;
        let place = self
            .path
            .get_mut(..size)
            .filter(|_| size < PATH_MAX as usize);
        image.bytes().read(name.offset(), place.ok_or(Errno::IO)?)?;
        if let Some(end) = self.path.get_mut(size) {
            *end = b'/';
        }
        Ok(size)
    }

    /// Where in a preopen's name in the path buffer the prefix of the paths starts that it catches: wasi-libc strips `/`,
    /// `.` and `./`. A slash is behind the name.
    #[inline(never)]
    pub(super) fn caught(&self, mut at: usize, end: usize) -> usize {
        while at < end {
            at += match (word(&self.path, at) as u16).to_le_bytes() {
                [b'/', _] => 1,
                [b'.', b'/'] => 2,
                _ => return at,
            };
        }
        end
    }

    /// Attaches a preopen of the host to the directory of the tree to which the path buffer from `at` on leads from the
    /// preopen of this index, whose very name it has when it is `named`; false when it leads to none.
    fn attach(&mut self, index: u32, mut at: usize, fd: u32, named: bool) -> bool {
        if self.load(NodeId::new(index)).is_err() {
            return false;
        }
        while at < PATH_BUFFER {
            let end = self.name_end(at);
            let name = self.path.get(at..end).unwrap_or_default();
            if !matches!(name, b"" | b".") && self.find(self.found.id, at..end).is_err() {
                return false;
            }
            at = end + 1;
        }
        if !self.found.is_dir() {
            return false;
        }
        let node = self.found.id;
        self.seam.attach(node, fd + 1);
        let replaced = self.is_replaced();
        match self.table.entry(FIRST + index) {
            Some(Entry::Directory(directory)) if named => directory.host = fd + 1,
            _ if replaced => return false,
            _ => self.insert_preopen(node, fd + 1, Preopen::Host),
        }
        true
    }

    /// `fd_prestat_get`: the length of a preopen's name.
    ///
    /// # Errors
    /// `EBADF` when it is no preopen.
    pub fn fd_prestat_get(&mut self, fd: u32, out: u32) -> Result<()> {
        self.find_preopen(fd, Errno::BADF)?;
        if self.place == Place::Host {
            let fd = self.outside.fd;
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
        if self.place == Place::Host {
            let fd = self.outside.fd;
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
        self.outside.fd = match self.table.entry(fd) {
            None => return Err(Errno::BADF),
            Some(Entry::Host(fd)) => *fd,
            Some(Entry::Directory(directory)) => match directory.preopen {
                Preopen::No => return Err(errno_otherwise),
                Preopen::Host => directory.host.wrapping_sub(1),
                Preopen::Embedded(index) => {
                    let image = self.image.as_ref().ok_or(Errno::IO)?;
                    let name = image.preopen(index)?.name;
                    self.found.offset = name.offset();
                    self.found.size = name.len();
                    self.place = Place::Tree;
                    return Ok(());
                }
            },
            Some(_) => return Err(errno_otherwise),
        };
        self.place = Place::Host;
        Ok(())
    }
}
