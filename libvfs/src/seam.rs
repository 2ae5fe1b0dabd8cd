//! Where the tree and the host's directories meet: paths that lead from one into the other.
//!
//! The tree alone is walked by [`resolve`](crate::resolve). Here is the walk for all it can't
//! tell: a directory of the host attached inside the tree, a name that only the host has, `..`
//! behind it, a symlink on one side that leads to the other. What lies behind is written down
//! as it is walked, name by name without `.`, `..` and symlinks: the *trail*, at the start of the
//! path buffer. The host's part of a path is the end of it.

mod lend;

use core::ops::Range;

use vfs_image::NodeId;
use vfs_image::layout::HOST_OVERRIDE;

use crate::errno::{Errno, Result};
use crate::fs::{BORROWED, Last, Place, Vfs, World};
use crate::program::Program;
use crate::resolve::{Follow, LINKS_MAX, MODE_SEARCH, NAME_MAX, PATH_BUFFER, PATH_MAX};
use crate::resolve::{embedded_root, run};

/// Directories of the host that can be attached inside the tree.
///
/// More than that many are preopens all the same, found by their own names.
const ATTACHED_MAX: usize = 16;

/// Where answers go that the host gives about a path that was lent to it.
const ANSWER: u32 = BORROWED + PATH_MAX;

/// Bytes of the larger witx `filestat`.
const FILESTAT: u32 = 64;

/// The largest answer: a symlink's target and, before it, its length.
const ANSWER_MAX: usize = PATH_MAX as usize + 8;

/// Bytes of the program's memory that are borrowed at most.
pub(crate) const BORROWED_MAX: u32 = PATH_MAX + ANSWER_MAX as u32;

/// `filetype` of a directory.
const DIRECTORY: u32 = 3;

/// `filetype` of a symlink.
pub(crate) const SYMLINK: u32 = 7;

/// A path for the host.
#[derive(Clone, Copy)]
pub(crate) struct Outside {
    /// The host's number of the directory it starts from; 0, which is no directory, when there is no path.
    pub(crate) fd: u32,
    /// Where it starts, in the program's memory, or in [`Vfs::path`] when it was made here.
    pub(crate) path: u32,
    /// Bytes of it.
    pub(crate) len: u32,
    /// Whether it was made here, so that it has to be lent to the host.
    pub(crate) made: bool,
    /// Whether the host follows a symlink at its end: what could not be looked at is left to it.
    pub(crate) follows: bool,
}

/// What the seams need to know.
pub(crate) struct Seam {
    /// Nodes, and the host's directories attached there; a 0 for none.
    attached: [(NodeId, u32); ATTACHED_MAX],
    /// How many there have been.
    count: usize,
    /// Bytes of the trail.
    trail: usize,
    /// The first path of a call that has two.
    other: [u8; PATH_MAX as usize],
    /// What is in the program's memory where something is lent to the host: text, then answer.
    saved: [u8; BORROWED_MAX as usize],
}

impl Seam {
    /// Nothing attached.
    pub(crate) const fn new() -> Self {
        Self {
            attached: [(NodeId::new(0), 0); ATTACHED_MAX],
            count: 0,
            trail: 0,
            other: [0; PATH_MAX as usize],
            saved: [0; BORROWED_MAX as usize],
        }
    }

    /// Attaches a directory of the host to one of the tree.
    pub(crate) fn attach(&mut self, node: NodeId, host: u32) {
        if self.attachment(node).is_none()
            && let Some(place) = self.attached.get_mut(self.count)
        {
            *place = (node, host);
            self.count += 1;
        }
    }

    /// The host's directory is closed.
    pub(crate) fn detach(&mut self, host: u32) {
        for place in &mut self.attached {
            if place.1 == host {
                place.1 = 0;
            }
        }
    }

    /// The directory of the host that is attached here.
    #[inline(always)]
    pub(crate) fn attachment(&self, node: NodeId) -> Option<u32> {
        // Most programs have none, and this is asked for every directory on a path.
        let attached = self.attached.get(..self.count).unwrap_or_default();
        let place = attached
            .iter()
            .find(|place| place.0 == node && place.1 != 0);
        place.map(|place| place.1)
    }
}

/// Where a walk is.
struct Here {
    /// The tree's directory; `None` where only the host has one.
    node: Option<NodeId>,
    /// Its mode.
    mode: u32,
    /// The directory of the host from which the end of the trail leads here too.
    host: Option<u32>,
    /// Where that part of the trail starts; may be past its end.
    base: usize,
}

impl<W: World> Vfs<W> {
    /// Whether the host's names come before the tree's.
    #[inline(always)]
    pub(crate) fn host_first(&self) -> bool {
        self.program.host_policy() == HOST_OVERRIDE
    }

    /// Finds out where a path leads, name by name; as [`locate`](Self::locate), for what that can't tell.
    ///
    /// `quickly`, the rest of a path from the first name that only the host has is left to it, where
    /// its own symlinks may go wrong.
    #[inline(never)]
    pub(crate) fn walk(
        &mut self,
        mut start: (NodeId, Option<u32>),
        (path, path_len): (u32, u32),
        follow: Follow,
        quickly: bool,
    ) -> Result<()> {
        let mut at = self.begin(path, path_len)?;
        let mut links = 0;
        self.seam.trail = 0;
        let mut here = self.replay(start)?;
        loop {
            if here.mode & MODE_SEARCH == 0 {
                return Err(Errno::ACCES);
            }
            let rest = self.path.get(at..).unwrap_or_default();
            let size = run(rest, |byte| byte != b'/');
            let (name, rest) = rest.split_at_checked(size).unwrap_or_default();
            let slashes = run(rest, |byte| byte == b'/');
            let last = slashes == rest.len();
            let (end, next) = (at + size, at + size + slashes);
            self.last = Last {
                dir: here.node.unwrap_or(start.0),
                start: at,
                len: size,
                slash: slashes > 0,
            };
            if matches!(name, b"" | b"." | b"..") {
                if name.len() == 2 {
                    if self.seam.trail == 0 {
                        return Err(Errno::PERM);
                    }
                    let trail = self.path.get(..self.seam.trail).unwrap_or_default();
                    let parent = trail.iter().rposition(|&byte| byte == b'/');
                    self.seam.trail = parent.unwrap_or(0);
                    here = self.replay(start)?;
                }
                if last {
                    return self.arrive(&here);
                }
                at = next;
                continue;
            }
            if size > NAME_MAX {
                return Err(Errno::NAMETOOLONG);
            }
            let led_through = follow.leads_through(slashes > 0, last);
            // A name before a slash has to be a directory, but the name itself need not.
            let ends = last && (follow == Follow::Name || slashes == 0);
            let mut node = None;
            let mut attached = false;
            if let Some(dir) = here.node {
                node = self.lookup(dir, at..end)?;
                if let Some(node) = node {
                    self.load(node)?;
                    attached = self.found.is_dir() && self.seam.attachment(node).is_some();
                }
            }
            let behind = self.seam.trail;
            let parent = here.node.is_some();
            let mut host_has = None;
            if let Some(fd) = here.host
                && (node.is_none() || self.host_first() && !attached)
            {
                let rest = self.path.get(at..).unwrap_or_default();
                if node.is_none() && (last && !led_through || quickly && !climbs(rest)) {
                    self.follow_trail(at..PATH_BUFFER)?;
                    self.leave(fd, here.base, false);
                    self.place = Place::Host {
                        parent: parent && last,
                    };
                    return Ok(());
                }
                self.follow_trail(at..end)?;
                self.leave(fd, here.base, false);
                host_has = self.look()?;
                if host_has == Some(SYMLINK) && led_through {
                    if let Some(size) = self.read_host_link(end)? {
                        self.seam.trail = behind;
                        at = end - size;
                        links += 1;
                    } else {
                        self.follow_trail(end..PATH_BUFFER)?;
                        self.leave(fd, here.base, true);
                        self.place = Place::Host { parent: false };
                        return Ok(());
                    }
                }
            } else {
                self.follow_trail(at..end)?;
            }
            let is_dir = node.is_some() && self.found.is_dir();
            if node.is_some() && host_has.is_none() && self.found.is_symlink() && led_through {
                at = end
                    .checked_sub(self.found.size as usize)
                    .filter(|&at| at >= PATH_MAX as usize)
                    .ok_or(Errno::NAMETOOLONG)?;
                self.read_target(at..end)?;
                self.seam.trail = behind;
                links += 1;
            }
            if self.seam.trail == behind {
                // A symlink, whose target is now the start of the path.
                if links > LINKS_MAX {
                    return Err(Errno::LOOP);
                }
                let rest = self.path.get(at..).unwrap_or_default();
                let slashes = run(rest, |byte| byte == b'/');
                if slashes > 0 {
                    at += slashes;
                    let root = embedded_root(self.image()?)?;
                    if start.0 != root {
                        start = (root, self.seam.attachment(root));
                    }
                    self.seam.trail = 0;
                    here = self.replay(start)?;
                }
                continue;
            }
            let exists = match host_has {
                Some(file_type) => file_type == DIRECTORY,
                None if node.is_some() => is_dir,
                None if last => {
                    // With its slash, as the host has to refuse a file of such a name.
                    self.seam.trail = behind;
                    self.follow_trail(at..PATH_BUFFER)?;
                    self.leave(here.host.unwrap_or(0), here.base, false);
                    self.place = match here.host {
                        Some(_) => Place::Host { parent },
                        None => Place::Free,
                    };
                    return Ok(());
                }
                None => return Err(Errno::NOENT),
            };
            if !exists && !ends {
                return Err(Errno::NOTDIR);
            }
            if last && (!attached || follow == Follow::Name) {
                let united = is_dir && self.found.mount == 0;
                // A directory of both is the tree's, with the host's beside it.
                self.place = match host_has {
                    Some(file_type) if file_type != DIRECTORY || !is_dir => Place::Host { parent },
                    _ => Place::Tree,
                };
                let fd = here.host.filter(|_| united || host_has.is_some());
                self.leave(fd.unwrap_or(0), here.base, false);
                return Ok(());
            }
            let start_of_name = self.seam.trail - size;
            self.enter(&mut here, start_of_name..self.seam.trail)?;
            if last {
                return self.arrive(&here);
            }
            at = next;
        }
    }

    /// Where the trail leads from a directory that it starts in.
    #[inline(never)]
    fn replay(&mut self, start: (NodeId, Option<u32>)) -> Result<Here> {
        self.load(start.0)?;
        let mut here = Here {
            node: Some(start.0),
            mode: self.found.mode,
            host: start.1,
            base: 0,
        };
        let mut at = 0;
        while let Some(rest @ [_, ..]) = self.path.get(at..self.seam.trail) {
            let end = at + run(rest, |byte| byte != b'/');
            self.enter(&mut here, at..end)?;
            at = end + 1;
        }
        Ok(here)
    }

    /// Enters the directory whose name is in this part of the path buffer, the trail's last.
    #[inline(never)]
    fn enter(&mut self, here: &mut Here, name: Range<usize>) -> Result<()> {
        let base = name.end + 1;
        let node = match here.node.take() {
            Some(dir) => self.lookup(dir, name)?,
            None => None,
        };
        here.mode = u32::MAX;
        let Some(node) = node else {
            return Ok(());
        };
        self.load(node)?;
        if !self.found.is_dir() {
            return Ok(());
        }
        here.mode = self.found.mode;
        here.node = Some(node);
        let attached = self.seam.attachment(node);
        let is_mount = self.found.mount != 0;
        if attached.is_some() || is_mount {
            (here.host, here.base) = (attached, base);
        }
        if attached.is_some() && (is_mount || !self.host_first()) {
            (here.node, here.mode) = (None, u32::MAX);
        }
        Ok(())
    }

    /// The path ends in the directory where the walk is.
    #[inline(never)]
    fn arrive(&mut self, here: &Here) -> Result<()> {
        self.leave(here.host.unwrap_or(0), here.base, false);
        if self.outside.len == 0
            && let Some(place) = self.path.get_mut(self.seam.trail)
        {
            *place = b'.';
            self.outside.path = self.seam.trail as u32;
            self.outside.len = 1;
        }
        self.place = Place::Host { parent: false };
        if let Some(node) = here.node {
            self.load(node)?;
            self.place = Place::Tree;
        }
        Ok(())
    }

    /// Appends a part of the path to the trail.
    #[inline(never)]
    fn follow_trail(&mut self, part: Range<usize>) -> Result<()> {
        let mut to = self.seam.trail;
        if part.is_empty() {
            return Ok(());
        }
        if to > 0 && self.path.get(part.start) != Some(&b'/') {
            *self.path.get_mut(to).ok_or(Errno::NAMETOOLONG)? = b'/';
            to += 1;
        }
        let end = to + part.len();
        if end >= PATH_MAX as usize {
            return Err(Errno::NAMETOOLONG);
        }
        self.path.copy_within(part, to);
        self.seam.trail = end;
        Ok(())
    }

    /// The path for the host is the trail from `base` on, from its directory `fd`.
    #[inline(never)]
    fn leave(&mut self, fd: u32, base: usize, follows: bool) {
        self.outside = Outside {
            fd,
            path: base as u32,
            len: self.seam.trail.saturating_sub(base) as u32,
            made: true,
            follows,
        };
    }
}

/// Whether a path has `..` in it.
#[inline(never)]
pub(crate) fn climbs(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/').any(|name| name == b"..")
}
