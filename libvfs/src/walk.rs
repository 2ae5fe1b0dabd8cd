//! The walk along a path: from a directory to what the path leads to, in the tree or at the host.
//!
//! The text in the path buffer is walked in place, and what was walked of it are plain names: a symlink gives way to its
//! target, and `..` goes together with the name before it. So where a path leaves the tree for a directory of the host,
//! the end of the text is the way from there.

use core::ops::Range;

use vfs_image::NodeId;

use crate::errno::{Errno, Result};
use crate::fs::{Place, Vfs, World};
use crate::resolve::{
    Follow, HIGH, LINKS_MAX, LOW, MODE_SEARCH, NAME_MAX, PATH_BUFFER, PATH_MAX, embedded_root, word,
};
use crate::seam::{DIRECTORY, SYMLINK};

/// Where the part of a path goes on that does not lead down in the tree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// In the tree: there are dots.
    Tree,
    /// At the host, beside the directory of the tree.
    Beside,
    /// At the host, in a directory that is attached here.
    Attached,
}

impl<W: World> Vfs<W> {
    /// Finds out where the text from `begin` to the end of the path buffer leads from a directory of the tree with this
    /// mode, and the host's directory beside it (`start_host` is its number plus one, 0 for none): see [`place`](Self::place).
    ///
    /// The embedded tree comes first, unless the manifest says otherwise; what it does not hold is the host's. The host
    /// follows its symlinks itself. With [`Follow::Name`] it is the caller who looks whether a slash comes after what is
    /// no directory.
    ///
    /// # Errors
    /// As POSIX says; `EPERM` for a path that leaves the directory by `..`, as wasmtime's host answers. An absolute
    /// symlink leads to the embedded `/`.
    #[inline(never)]
    pub(crate) fn walk(
        &mut self,
        mut start: NodeId,
        mut start_mode: u32,
        mut start_host: u32,
        mut begin: usize,
        how: Follow,
    ) -> Result<()> {
        let mut links = 0;
        // A `..` at the end stays, as the last name; whether the name before it is gone.
        let mut up = false;
        'path: loop {
            // The directory in which the rest of the path starts, the host's directory, and where in the text the way
            // from that begins.
            let (mut dir, mut mode) = (start, start_mode);
            let (mut host, mut base) = (start_host, begin);
            let mut at = begin;
            // The host's part has to be looked at each time where it comes first.
            if !self.host_first()
                && let Some(rest) = self.prefix.recall((start, start_host), &self.path, at)
            {
                at = rest;
                (dir, mode, host) = (self.prefix.directory, self.prefix.mode, self.prefix.host);
            }
            let recalled = at;
            let way = loop {
                if mode & MODE_SEARCH == 0 {
                    return Err(Errno::ACCES);
                }
                let end = self.name_end(at);
                let next = self.slashes_end(end);
                let last = next == PATH_BUFFER;
                if last {
                    if W::WRITABLE {
                        self.last.dir = dir;
                    }
                    self.last.start = at;
                    self.last.len = end - at;
                    self.last.slash = next > end;
                    if at != recalled && base == begin {
                        let (from, to) = ((start, start_host), (dir, mode, host));
                        self.prefix.remember(from, &self.path, begin..at, to);
                    }
                }
                if self.dots(at, end) > 0 {
                    break Way::Tree;
                }
                if end - at > NAME_MAX {
                    return Err(Errno::NAMETOOLONG);
                }
                let found = self.find(dir, at..end);
                let (mut united, mut attached) = (host, 0);
                if found.is_ok() {
                    if self.sees_host() && self.found.is_dir() && !(last && how == Follow::Name) {
                        attached = self.seam.attachment(self.found.id);
                        if attached != 0 {
                            (host, base) = (attached, next);
                            if self.is_replaced() {
                                at = next;
                                break Way::Attached;
                            }
                            united = host;
                        }
                    }
                    if self.host_first() && united != 0 && attached == 0 {
                        self.leave(host, base, end);
                        match self.look()? {
                            Some(DIRECTORY) if self.found.is_dir() => {}
                            Some(_) => break Way::Beside,
                            None => united = 0,
                        }
                    }
                } else if found != Err(Errno::NOENT) {
                    return found;
                } else if host != 0 && self.sees_host() && !self.is_removed(dir, at..end) {
                    break Way::Beside;
                } else {
                    self.place = Place::Free;
                    return if last { Ok(()) } else { found };
                }
                if self.found.is_symlink() && how.leads_through(next > end, last) {
                    links += 1;
                    if links > LINKS_MAX {
                        return Err(Errno::LOOP);
                    }
                    // The target takes the place of the name; what follows stays where it is.
                    let walked = at - begin;
                    at = end
                        .checked_sub(self.found.size as usize)
                        .filter(|&at| at >= walked)
                        .ok_or(Errno::NAMETOOLONG)?;
                    let way = base - begin;
                    begin = self.cut(begin..begin + walked, at);
                    base = begin + way;
                    self.read_target(at..end)?;
                    let slashes = self.slashes_end(at);
                    if slashes > at {
                        begin = slashes;
                        start = embedded_root(self.image()?)?;
                        self.load(start)?;
                        start_mode = self.found.mode;
                        start_host = self.seam.attachment(start);
                        continue 'path;
                    }
                    continue;
                }
                let named = last && how == Follow::Name;
                if next > end && !named && !self.found.is_dir() {
                    return Err(Errno::NOTDIR);
                }
                if self.found.mount != 0
                    && (!W::WRITABLE || attached == 0 && self.is_mount_root()?)
                {
                    // What the host has above a mount does not show in it.
                    (host, united) = (0, 0);
                }
                if last {
                    self.leave(united, base, end);
                    self.place = Place::Tree;
                    return Ok(());
                }
                (dir, mode, at) = (self.found.id, self.found.mode, next);
            };
            // Names that are the host's, up to dots or to the end.
            let first = at;
            let mut before = at;
            let stop = loop {
                let end = self.name_end(at);
                let next = self.slashes_end(end);
                let last = next == PATH_BUFFER;
                let dots = self.dots(at, end);
                if dots == 0 && !last {
                    (before, at) = (end, next);
                    continue;
                }
                if last && (dots != 2 || up) {
                    break if dots == 0 { next } else { at };
                }
                let mut from = at;
                if dots == 2 {
                    if at == begin {
                        return Err(Errno::PERM);
                    }
                    if self.sees_host() && way != Way::Tree && at != base {
                        self.leave(host, base, before);
                        match self.look()? {
                            Some(DIRECTORY) => {}
                            // Where that leads only the host knows.
                            Some(SYMLINK) => break PATH_BUFFER,
                            Some(_) => return Err(Errno::NOTDIR),
                            None => return Err(Errno::NOENT),
                        }
                    }
                    from = self.parent(begin, at);
                }
                let mut to = next;
                if last {
                    up = true;
                    to = at;
                }
                begin = self.cut(begin..from, to);
                continue 'path;
            };
            self.leave(host, base, stop);
            self.outside.parent = way == Way::Beside && at == first;
            self.place = Place::Host;
            if way == Way::Tree {
                self.load(dir)?;
                self.place = Place::Tree;
            }
            return Ok(());
        }
    }

    /// Where the name ends that starts at `at` in the path buffer.
    #[inline(never)]
    pub(crate) fn name_end(&self, mut at: usize) -> usize {
        // Behind the path are slashes, so that this ends before the buffer does.
        while at <= PATH_BUFFER {
            // A byte that is zero now sets its high bit; so may those above it.
            let odd = word(&self.path, at) ^ (LOW * b'/' as u64);
            let odd = odd.wrapping_sub(LOW) & !odd & HIGH;
            if odd != 0 {
                return at + odd.trailing_zeros() as usize / 8;
            }
            at += 8;
        }
        PATH_BUFFER
    }

    /// Where the slashes end that start at `at`.
    #[inline(never)]
    pub(crate) fn slashes_end(&self, mut at: usize) -> usize {
        while at < PATH_BUFFER && self.path.get(at) == Some(&b'/') {
            at += 1;
        }
        at
    }

    /// 2 for the name `..`, 1 for `.` or no name at all, else 0.
    #[inline(never)]
    pub(crate) fn dots(&self, at: usize, end: usize) -> usize {
        let size = end.wrapping_sub(at);
        // What is no dot in the name.
        let odd =
            (word(&self.path, at) ^ (LOW * b'.' as u64)) as u32 & ((1 << ((size * 8) & 31)) - 1);
        if size > 2 || odd != 0 {
            return 0;
        }
        size.max(1)
    }

    /// Where the name starts that ends, with its slashes, at `at`.
    #[inline(never)]
    fn parent(&self, begin: usize, at: usize) -> usize {
        let is_slash = |at: usize| self.path.get(at.wrapping_sub(1)) == Some(&b'/');
        let mut from = at;
        while from > begin && is_slash(from) {
            from -= 1;
        }
        while from > begin && !is_slash(from) {
            from -= 1;
        }
        from
    }

    /// Moves a part of the path buffer so that it ends at `to`; where it starts then.
    #[inline(never)]
    fn cut(&mut self, part: Range<usize>, to: usize) -> usize {
        let start = to.saturating_sub(part.len());
        self.path.copy_within(part, start);
        start
    }

    /// The path for the host is this part of the path buffer, from its directory with the number `host` - 1; 0 for no path.
    #[inline(never)]
    pub(crate) fn leave(&mut self, host: u32, mut from: usize, mut to: usize) {
        if from >= to {
            // It is the directory itself. Nothing that is still needed is so far from the end.
            (from, to) = (0, 1);
            if let Some(place) = self.path.first_mut() {
                *place = b'.';
            }
        }
        let mut len = (to - from) as u32;
        if len > PATH_MAX {
            // No host has such a path, as it has none of no bytes.
            len = 0;
        }
        self.outside.fd = host.wrapping_sub(1);
        self.outside.path = from as u32;
        self.outside.len = len;
        self.outside.made = true;
    }
}
