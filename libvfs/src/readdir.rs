//! `fd_readdir`: the embedded names, then those that only the host's united directory has.

use vfs_image::{Dir, FileType, NodeId};

use crate::errno::{Errno, Result};
use crate::fd::Entry;
use crate::fs::{Vfs, World, inode};
use crate::host::Host;
use crate::program::Program;
use crate::resolve::PATH_BUFFER;
use crate::rights::READDIR;

/// Bytes of a witx `dirent`, before its name.
const HEADER: u32 = 24;

/// Set in the cookies of entries that the host listed; the rest is the host's own cookie.
///
/// Hosts count, or hand out positions of their file system, which are not negative.
const OF_HOST: u64 = 1 << 63;

/// Where in the program's memory the next entry goes.
struct Room {
    at: u32,
    left: u32,
}

impl<W: World> Vfs<W> {
    /// `fd_readdir`: fills the buffer with entries from `cookie` on, cutting the last when it does not fit.
    ///
    /// Entries of the tree have the cookies 0 (`.`), 1 (`..`) and on in the order of their names.
    ///
    /// # Errors
    /// `EBADF` when it is no directory.
    pub fn fd_readdir(
        &mut self,
        fd: u32,
        buf: u32,
        buf_len: u32,
        cookie: u64,
        out: u32,
    ) -> Result<()> {
        let directory = match self.table.entry(fd) {
            Some(Entry::Host(fd)) => return self.host.fd_readdir(*fd, buf, buf_len, cookie, out),
            Some(Entry::Directory(directory)) => *directory,
            _ => return Err(Errno::BADF),
        };
        directory.rights.require(READDIR)?;
        self.program.check(buf, buf_len, 1);
        self.program.check(out, 1, 4);
        let mut room = Room {
            at: buf,
            left: buf_len,
        };
        let mut of_host = cookie & !OF_HOST;
        if cookie & OF_HOST == 0 {
            self.load(directory.node)?;
            let dir = self.found.dir.ok_or(Errno::IO)?;
            self.list_tree(&dir, cookie, &mut room)?;
            of_host = 0;
        }
        if let Some(host) = directory.host {
            self.list_host(directory.node, host, of_host, &mut room, out)?;
        }
        self.program.store32(out, buf_len - room.left);
        Ok(())
    }

    /// Writes the entries of the tree from `cookie` on, as far as there is room.
    fn list_tree(&self, dir: &Dir, mut cookie: u64, room: &mut Room) -> Result<()> {
        let image = self.image.as_ref().ok_or(Errno::IO)?;
        while room.left > 0 {
            let entry = match cookie {
                0 => (dir.id(), FileType::Directory, None),
                1 => (dir.parent(), FileType::Directory, None),
                // Past the end of any directory, so past the end of this one.
                _ => match image.dirent(dir, u32::try_from(cookie - 2).unwrap_or(u32::MAX))? {
                    None => break,
                    Some(entry) => (entry.node, entry.file_type, Some(entry.name)),
                },
            };
            let (node, file_type, name) = entry;
            let dots = cookie as u32 + 1;
            cookie += 1;
            self.put_header(
                room,
                cookie,
                node,
                name.map_or(dots, |name| name.len()),
                file_type,
            );
            match name {
                Some(name) => {
                    let len = name.len().min(room.left);
                    self.program.copy_image(room.at, name.offset(), len);
                    room.advance(len);
                }
                None => {
                    let len = dots.min(room.left);
                    let text = u16::from_le_bytes([b'.', b'.']).to_le_bytes();
                    self.program
                        .copy_out(room.at, text.get(..len as usize).unwrap_or_default());
                    room.advance(len);
                }
            }
        }
        Ok(())
    }

    /// Writes a witx `dirent`, or the part of it for which there is room.
    fn put_header(
        &self,
        room: &mut Room,
        next: u64,
        node: NodeId,
        name_len: u32,
        file_type: FileType,
    ) {
        let words = [
            next,
            inode(node),
            u64::from(name_len) | (file_type as u64) << 32,
        ];
        for word in words {
            let len = room.left.min(8);
            let bytes = word.to_le_bytes();
            self.program
                .copy_out(room.at, bytes.get(..len as usize).unwrap_or_default());
            room.advance(len);
        }
    }

    /// Lets the host list the rest into the room there is, and takes out what the tree holds.
    ///
    /// A buffer that is not full tells the program that there is no more, so
    /// the host is asked again when names were taken out.
    fn list_host(
        &mut self,
        dir: NodeId,
        host: u32,
        mut cookie: u64,
        room: &mut Room,
        out: u32,
    ) -> Result<()> {
        loop {
            self.host
                .fd_readdir(host, room.at, room.left, cookie, out)?;
            let used = self.program.load32(out).min(room.left);
            let full = used == room.left;
            let mut dropped = false;
            let mut listed = Room {
                at: room.at,
                left: used,
            };
            while listed.left >= HEADER {
                let name_len = self.program.load32(listed.at + 16);
                if name_len > listed.left - HEADER {
                    break;
                }
                let size = HEADER + name_len;
                cookie = self.program.load64(listed.at);
                if self.takes_out(dir, listed.at, size)? {
                    dropped = true;
                } else {
                    if let Some((next, _)) = self.path.split_first_chunk_mut() {
                        *next = (cookie | OF_HOST).to_le_bytes();
                    }
                    let entry = self.path.get(..size as usize).unwrap_or_default();
                    self.program.copy_out(room.at, entry);
                    room.advance(size);
                }
                listed.advance(size);
            }
            if !full {
                return Ok(());
            }
            if !dropped {
                // Full to the last byte, with an entry cut at the end.
                room.advance(room.left);
                return Ok(());
            }
        }
    }

    /// Copies an entry of the host to the path buffer, and says whether the tree lists that name already.
    fn takes_out(&mut self, dir: NodeId, at: u32, size: u32) -> Result<bool> {
        debug_assert!(PATH_BUFFER > HEADER as usize + 255);
        let entry = self.path.get_mut(..size as usize).ok_or(Errno::IO)?;
        self.program.copy_in(entry, at);
        let name = entry.get(HEADER as usize..).unwrap_or_default();
        let image = self.image.as_ref().ok_or(Errno::IO)?;
        Ok(matches!(name, b"." | b"..") || image.lookup(dir, name)?.is_some())
    }
}

impl Room {
    fn advance(&mut self, len: u32) {
        self.at = self.at.wrapping_add(len);
        self.left -= len;
    }
}
