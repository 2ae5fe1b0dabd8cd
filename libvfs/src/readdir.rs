//! `fd_readdir`: the tree's names, then those that only the host's united directory has; or the other way round.

use core::ops::Range;

use vfs_image::{Bytes, Dir, FileType, NodeId, NodeKind};

use crate::errno::{Errno, Result};
use crate::fd::Entry;
use crate::fs::{Vfs, World};
use crate::host::Host;
use crate::program::Program;
use crate::ram::{Node, is_made};
use crate::resolve::word;

/// Bytes of a witx `dirent`, before its name.
const HEADER: u32 = 24;

/// The cookie after those of `.` and `..`.
const DOTS: u64 = 2;

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
            Some(Entry::Directory(directory)) => directory,
            _ => return Err(Errno::BADF),
        };
        let (node, host) = (directory.node, directory.host);
        self.program.check(buf, buf_len.into());
        self.program.check(out, 4);
        let mut room = Room {
            at: buf,
            left: buf_len,
        };
        let of_host = cookie & OF_HOST != 0;
        let from = if of_host { cookie & !OF_HOST } else { 0 };
        match host {
            // `.` and `..`, the host's names, and then the tree's that are none of those.
            1.. if self.host_first() => {
                let mut cookie = cookie;
                let mut ended = true;
                // No entry before the first of the tree has another cookie than one of the host's.
                if of_host || cookie <= DOTS {
                    if !of_host {
                        self.list_tree(node, cookie..DOTS, 0, &mut room)?;
                    }
                    ended = self.list_host(node, host - 1, from, &mut room, out)?;
                    cookie = DOTS;
                }
                if ended {
                    self.list_tree(node, cookie..OF_HOST, host, &mut room)?;
                }
            }
            _ => {
                if !of_host {
                    self.list_tree(node, cookie..OF_HOST, 0, &mut room)?;
                }
                if self.sees_host() && host != 0 {
                    self.list_host(node, host - 1, from, &mut room, out)?;
                }
            }
        }
        self.program.store32(out, buf_len - room.left);
        Ok(())
    }

    /// Writes the entries of the tree with these cookies, as far as there is room, but not those that the host has too.
    fn list_tree(
        &mut self,
        id: NodeId,
        cookies: Range<u64>,
        host: u32,
        room: &mut Room,
    ) -> Result<()> {
        self.load(id)?;
        let parent = self.found.parent()?;
        let record = if W::WRITABLE { self.found.record } else { None };
        let dir = match record {
            None => Some(Dir::new(id, self.found.offset, self.found.size, parent)),
            // It was removed.
            Some(_) if self.found.nlink == 0 => return Ok(()),
            Some(_) if is_made(id) => None,
            Some(_) => match self.image()?.node(id)?.kind {
                NodeKind::Directory(dir) => Some(dir),
                _ => return Err(Errno::IO),
            },
        };
        let mut cookie = self.list_embedded((id, parent), dir.as_ref(), cookies, host, room)?;
        if let Some(record) = record {
            let start = 2 + u64::from(dir.map_or(0, |dir| dir.count()));
            cookie = cookie.max(start);
            self.list_made(record, (cookie, start), host, room)?;
        }
        Ok(())
    }

    /// Writes the dots and the entries of the image, and tells with which cookie to go on.
    fn list_embedded(
        &mut self,
        (id, parent): (NodeId, NodeId),
        dir: Option<&Dir>,
        cookies: Range<u64>,
        host: u32,
        room: &mut Room,
    ) -> Result<u64> {
        let mut cookie = cookies.start;
        while room.left > 0 && cookie < cookies.end {
            let image = self.image.as_ref().ok_or(Errno::IO)?;
            let name = self.path.get_mut(HEADER as usize..).ok_or(Errno::IO)?;
            let (node, file_type, size) = if cookie < DOTS {
                if let Some(dots) = name.first_chunk_mut() {
                    *dots = [b'.'; 2];
                }
                let node = if cookie == 0 { id } else { parent };
                (node, FileType::Directory as u8, cookie as u32 + 1)
            } else {
                // Past the end of any directory is past the end of this one.
                let index = u32::try_from(cookie - DOTS).unwrap_or(u32::MAX);
                let entry = match dir {
                    Some(dir) => image.dirent(dir, index)?,
                    None => None,
                };
                let Some(entry) = entry else {
                    break;
                };
                let size = entry.name.len();
                let name = name.get_mut(..size as usize).ok_or(Errno::IO)?;
                image.bytes().read(entry.name.offset(), name)?;
                // Hidden, or listed where it was made anew.
                if W::WRITABLE && self.ram.find(id, name).is_some() {
                    cookie += 1;
                    continue;
                }
                (entry.node, entry.file_type as u8, size)
            };
            cookie += 1;
            if self.host_first() && host != 0 {
                self.leave(host, HEADER as usize, (HEADER + size) as usize);
                if self.look()?.is_some() {
                    continue;
                }
            }
            self.put(cookie, node, file_type, size, room);
        }
        Ok(cookie)
    }

    /// Writes the entries that the program made, whose cookies begin with `start`, from `cookie` on.
    fn list_made(
        &mut self,
        dir: Node,
        (cookie, start): (u64, u64),
        host: u32,
        room: &mut Room,
    ) -> Result<()> {
        let mut place = cookie - start;
        let mut next = self.ram.listed_from(dir, place);
        while let Some(slot) = next
            && room.left > 0
        {
            let name = self.path.get_mut(HEADER as usize..).ok_or(Errno::IO)?;
            let text = self.ram.name(slot);
            let size = text.len() as u32;
            if let Some(name) = name.get_mut(..text.len()) {
                name.copy_from_slice(text);
            }
            let (file_type, own) = self.ram.type_and_place(slot);
            let node = self.ram.named(slot).ok_or(Errno::IO)?;
            if self.host_first() && host != 0 {
                self.leave(host, HEADER as usize, (HEADER + size) as usize);
                if self.look()?.is_some() {
                    place = own + 1;
                    next = self.ram.listed_after(slot);
                    continue;
                }
            }
            let whole = room.left >= HEADER + size;
            self.put(start + own + 1, node, file_type, size, room);
            if !whole {
                // The next call comes with the cookie that leads to this one.
                break;
            }
            place = own + 1;
            next = self.ram.listed_after(slot);
        }
        if room.left == 0 {
            self.ram.stop_listing(dir, place, next);
        }
        Ok(())
    }

    /// Writes an entry, whose name is in the path buffer behind the place for its header.
    fn put(&mut self, next: u64, node: NodeId, file_type: u8, size: u32, room: &mut Room) {
        let words = [
            next,
            self.inode(node),
            u64::from(size) | u64::from(file_type) << 32,
        ];
        if let Some(header) = self.path.first_chunk_mut::<{ HEADER as usize }>() {
            for (place, word) in header.as_chunks_mut().0.iter_mut().zip(words) {
                *place = word.to_le_bytes();
            }
        }
        self.copy_entry(HEADER + size, room);
    }

    /// Writes the entry in the path buffer, or the part of it for which there is room.
    fn copy_entry(&mut self, size: u32, room: &mut Room) {
        let size = size.min(room.left);
        let entry = self.path.get(..size as usize).unwrap_or_default();
        self.program.copy_out(room.at, entry);
        room.advance(size);
    }

    /// Lets the host list the rest into the room there is, and takes out what is listed
    /// as the tree's; whether it came to the end.
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
    ) -> Result<bool> {
        let host_first = self.host_first();
        loop {
            self.host
                .fd_readdir(host, room.at, room.left, cookie, out)?;
            let mut listed = Room {
                at: room.at,
                left: self.program.load32(out).min(room.left),
            };
            let full = listed.left == room.left;
            let mut dropped = false;
            while listed.left >= HEADER {
                let name_len = self.program.load32(listed.at + 16);
                if name_len > listed.left - HEADER {
                    break;
                }
                let size = HEADER + name_len;
                let entry = self.path.get_mut(..size as usize).ok_or(Errno::IO)?;
                self.program.copy_in(entry, listed.at);
                cookie = word(&self.path, 0);
                if let Some(next) = self.path.first_chunk_mut() {
                    *next = (cookie | OF_HOST).to_le_bytes();
                }
                let mut drops = self.dots(HEADER as usize, size as usize) > 0;
                if !host_first && !drops {
                    let name = HEADER as usize..size as usize;
                    match self.find(dir, name.clone()) {
                        Err(Errno::NOENT) => drops = self.is_removed(dir, name),
                        found => {
                            found?;
                            drops = true;
                        }
                    }
                }
                dropped |= drops;
                if !drops {
                    self.copy_entry(size, room);
                }
                listed.advance(size);
            }
            if !full {
                return Ok(true);
            }
            if !dropped {
                // Full to the last byte, with an entry cut at the end.
                room.advance(room.left);
                return Ok(false);
            }
        }
    }
}

impl Room {
    fn advance(&mut self, len: u32) {
        self.at = self.at.wrapping_add(len);
        self.left -= len;
    }
}
