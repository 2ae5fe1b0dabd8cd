//! Changes of names: making, removing and linking them; `rename` moves them.
//!
//! Each takes the memory it needs before it changes anything, so that it is done whole or not at all.

use core::ops::Range;

use vfs_image::layout::{MODE_DIRECTORY, MODE_REGULAR, MODE_SYMLINK};
use vfs_image::{FileType, NodeId};

use super::{Last, Vfs, World};
use crate::errno::{Errno, Result};
use crate::host::Host;
use crate::program::Program;
use crate::ram::Node;
use crate::resolve::check_utf8;
use crate::seam::NOWHERE;
use crate::tree::file_type;

/// Mode of a new file: there is no umask, and no call that changes a mode.
const NEW_FILE: u32 = MODE_REGULAR | 0o644;

/// Mode of a new directory.
const NEW_DIRECTORY: u32 = MODE_DIRECTORY | 0o755;

/// Mode of a new symlink; nobody asks for its permissions.
const NEW_SYMLINK: u32 = MODE_SYMLINK | 0o777;

/// What has a name that is about to change.
#[derive(Clone, Copy)]
pub(super) struct Named {
    pub(super) id: NodeId,
    pub(super) file_type: FileType,
    pub(super) mount: u32,
}

impl Last {
    /// Where in the path buffer the name is.
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }
}

impl<W: World> Vfs<W> {
    /// The last name of the last path.
    pub(super) fn last_name(&self) -> &[u8] {
        self.path.get(self.last.range()).unwrap_or_default()
    }

    /// Whether that is `.` or `..`, or none.
    pub(super) fn last_is_dots(&self) -> bool {
        matches!(self.last_name(), b"" | b"." | b"..")
    }

    /// Makes the file that the last path names and that is not there.
    pub(super) fn make_file(&mut self) -> Result<()> {
        // A slash asks for a directory.
        if self.last.slash {
            return Err(Errno::ISDIR);
        }
        self.make(NEW_FILE, (0, 0))
    }

    /// Makes the directory that the last path names and that is not there.
    pub(super) fn make_directory(&mut self) -> Result<()> {
        self.make(NEW_DIRECTORY, (0, 0))
    }

    /// Makes the symlink that the last path names and that is not there, to this text in the program's memory.
    pub(super) fn make_symlink(&mut self, target: u32, len: u32) -> Result<()> {
        self.program.check(target, len.into());
        if self.last.slash {
            return Err(Errno::NOENT);
        }
        self.make(NEW_SYMLINK, (target, len))
    }

    /// Makes what the last path names; it is [`found`](Self::found) then.
    #[inline(never)]
    fn make(&mut self, mode: u32, target: (u32, u32)) -> Result<()> {
        if !W::WRITABLE {
            return Err(Errno::ROFS);
        }
        let last = self.last;
        let dir = self.changing(last.dir)?;
        let made = self.make_in(dir, last.range(), mode, target);
        self.ram.settle(dir);
        self.load_record(made?);
        Ok(())
    }

    fn make_in(
        &mut self,
        dir: Node,
        name: Range<usize>,
        mode: u32,
        target: (u32, u32),
    ) -> Result<Node> {
        let now = self.now();
        let time_ns = match now {
            Some(now) => now,
            None => self.time_without_clock(self.ram.mount(dir))?,
        };
        let embedded = self.image()?.node_count();
        let node = self.ram.make_in(dir, mode, time_ns, embedded)?;
        if let Err(errno) = self.equip(dir, node, name, target) {
            // Nothing has a name for it, so it goes.
            self.ram.settle(node);
            return Err(errno);
        }
        self.touch(dir, now, true);
        Ok(node)
    }

    /// Gives a new node its target and its name.
    fn equip(
        &mut self,
        dir: Node,
        node: Node,
        name: Range<usize>,
        (target, len): (u32, u32),
    ) -> Result<()> {
        if len > 0 {
            let text = self.ram.set_target(node, len)?;
            self.program.copy_in(text, target);
            check_utf8(text)?;
        }
        let name = self.path.get(name).unwrap_or_default();
        let slot = self.ram.prepare(dir, name, false)?;
        let id = self.ram.id(node);
        let file_type = file_type(self.ram.mode(node));
        self.ram.attach(dir, slot, id, file_type);
        if file_type == FileType::Directory {
            self.ram.set_nlink(node, 2);
            self.ram.set_parent(node, self.ram.id(dir));
            self.ram.set_nlink(dir, self.ram.nlink(dir) + 1);
        } else {
            self.ram.set_nlink(node, 1);
        }
        Ok(())
    }

    /// Removes the last name, which stands for what was found: a directory, which must be empty, or else anything but one.
    ///
    /// What is wrong is told in the kernel's order: a read-only place, a slash, permissions, the type, a mount.
    #[inline(never)]
    pub(super) fn remove_name(&mut self, directory: bool) -> Result<()> {
        if !W::WRITABLE {
            return Err(Errno::ROFS);
        }
        let last = self.last;
        let named = self.named();
        let mount = self.mount_of(last.dir)?;
        self.require_writable(mount)?;
        let wrong = match (directory, named.file_type == FileType::Directory) {
            (true, false) => Some(Errno::NOTDIR),
            (false, true) => Some(Errno::ISDIR),
            (false, false) if last.slash => Some(Errno::NOTDIR),
            _ => None,
        };
        if !directory
            && last.slash
            && let Some(errno) = wrong
        {
            return Err(errno);
        }
        let dir = self.changing(last.dir)?;
        let removed = match wrong {
            Some(errno) => Err(errno),
            None => self.remove_in(dir, last.range(), named),
        };
        self.ram.settle(dir);
        removed
    }

    fn remove_in(&mut self, dir: Node, name: Range<usize>, named: Named) -> Result<()> {
        // Below a mount point there is another mount, or a directory of the host.
        if named.mount != self.ram.mount(dir) || self.seam.attachment(named.id) != 0 {
            return Err(Errno::BUSY);
        }
        let node = self.record(named.id)?;
        let mut slot = self.ram.check_removable(node, named.file_type);
        if slot.is_ok() && named.file_type == FileType::Directory {
            slot = self.remove_united();
        }
        let name = self.path.get(name).unwrap_or_default();
        let slot = slot.and_then(|()| self.ram.prepare(dir, name, true));
        if let Ok(slot) = slot {
            let now = self.now();
            self.ram.detach(dir, slot);
            self.drop_link(dir, node, named.file_type, now);
            self.touch(dir, now, true);
        }
        self.ram.settle(node);
        slot.map(|_| ())
    }

    /// Removes the host's directory that is united with the one that is about to be removed, if there is one.
    fn remove_united(&mut self) -> Result<()> {
        if self.outside.fd == NOWHERE {
            return Ok(());
        }
        let removed = self.on_host(0, 0, |host, fd, path, len, _| {
            host.path_remove_directory(fd, path, len)
        });
        match removed {
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(()),
            removed => removed,
        }
    }

    /// Notes that a node has lost a name in a directory.
    pub(super) fn drop_link(
        &mut self,
        dir: Node,
        node: Node,
        file_type: FileType,
        now: Option<u64>,
    ) {
        if file_type == FileType::Directory {
            self.prefix.forget();
            self.ram.set_nlink(node, 0);
            self.ram
                .set_nlink(dir, self.ram.nlink(dir).saturating_sub(1));
        } else {
            self.ram
                .set_nlink(node, self.ram.nlink(node).saturating_sub(1));
        }
        self.touch(node, now, false);
    }

    /// What was found, as far as changes of its name need it.
    pub(super) fn named(&self) -> Named {
        Named {
            id: self.found.id,
            file_type: self.found.file_type(),
            mount: self.found.mount,
        }
    }

    /// The mount of a directory.
    pub(super) fn mount_of(&mut self, dir: NodeId) -> Result<u32> {
        self.load(dir)?;
        Ok(self.found.mount)
    }

    /// The mount in which the last name, which is free, could become another name of something.
    ///
    /// # Errors
    /// As the kernel looks: `ENOENT` for a name with a slash, `EROFS`; only then at what gets the name.
    pub(super) fn linkable(&mut self) -> Result<u32> {
        // Without the directory, a name with a slash can't be there.
        if self.last.slash {
            return Err(Errno::NOENT);
        }
        if !W::WRITABLE {
            return Err(Errno::ROFS);
        }
        let mount = self.mount_of(self.last.dir)?;
        self.require_writable(mount)?;
        Ok(mount)
    }

    /// `path_link` within the tree: gives what was found the name that is free now.
    #[inline(never)]
    pub(super) fn link_name(&mut self, old: NodeId) -> Result<()> {
        let mount = self.linkable()?;
        let last = self.last;
        self.load(old)?;
        let named = self.named();
        if named.mount != mount {
            return Err(Errno::XDEV);
        }
        let dir = self.changing(last.dir)?;
        let linked = self.link_in(dir, last.range(), named);
        self.ram.settle(dir);
        linked
    }

    fn link_in(&mut self, dir: Node, name: Range<usize>, named: Named) -> Result<()> {
        if named.file_type == FileType::Directory {
            return Err(Errno::PERM);
        }
        let node = self.record(named.id)?;
        let name = self.path.get(name).unwrap_or_default();
        let slot = self.ram.prepare(dir, name, false);
        if let Ok(slot) = slot {
            let now = self.now();
            self.ram.attach(dir, slot, named.id, named.file_type);
            self.ram.set_nlink(node, self.ram.nlink(node) + 1);
            self.touch(node, now, false);
            self.touch(dir, now, true);
        }
        self.ram.settle(node);
        slot.map(|_| ())
    }
}
