//! Changes of names: making, removing, moving and linking them.
//!
//! Each takes the memory it needs before it changes anything, so that it is done whole or not at all.

use core::ops::Range;

use vfs_image::layout::{MODE_DIRECTORY, MODE_REGULAR, MODE_SYMLINK, MODE_TYPE, TARGET_MAX};
use vfs_image::{FileType, NodeId};

use super::{Last, Place, Vfs, World};
use crate::errno::{Errno, Result};
use crate::program::Program;
use crate::ram::{MODE_WRITE, Node};
use crate::resolve::check_utf8;

/// Mode of a new file: there is no umask, and no call that changes a mode.
const NEW_FILE: u32 = MODE_REGULAR | 0o644;

/// Mode of a new directory.
const NEW_DIRECTORY: u32 = MODE_DIRECTORY | 0o755;

/// Mode of a new symlink; nobody asks for its permissions.
const NEW_SYMLINK: u32 = MODE_SYMLINK | 0o777;

/// Bytes of the longest name, and one.
const NAME_BUFFER: usize = 256;

/// What a path that is renamed led to.
#[derive(Clone, Copy)]
struct Named {
    /// What has the name.
    id: NodeId,
    file_type: FileType,
    /// The mount of that.
    mount: u32,
}

/// The old name of something that is renamed.
pub(super) struct Source {
    named: Named,
    last: Last,
    /// Whether the name is `.` or `..`, or none.
    dots: bool,
    name: [u8; NAME_BUFFER],
}

impl Last {
    /// Where in the path buffer the name is.
    fn range(&self) -> Range<usize> {
        self.start..self.start + self.len
    }
}

impl<W: World> Vfs<W> {
    /// The last name of the last path.
    pub(super) fn last_name(&self) -> &[u8] {
        self.path.get(self.last.range()).unwrap_or_default()
    }

    /// Whether that is `.` or `..`, or none.
    fn last_is_dots(&self) -> bool {
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
        if self.last.slash || len == 0 {
            return Err(Errno::NOENT);
        }
        self.program.check(target, len, 1);
        if len > TARGET_MAX {
            return Err(Errno::NAMETOOLONG);
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
        let embedded = self.image()?.node_count();
        let node = self.ram.make_in(dir, mode, now, embedded)?;
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

    /// Removes the last name, which stands for what was found; a directory must be empty.
    #[inline(never)]
    pub(super) fn remove_name(&mut self) -> Result<()> {
        if !W::WRITABLE {
            return Err(Errno::ROFS);
        }
        let last = self.last;
        let named = self.named();
        let dir = self.changing(last.dir)?;
        let removed = self.remove_in(dir, last.range(), named);
        self.ram.settle(dir);
        removed
    }

    fn remove_in(&mut self, dir: Node, name: Range<usize>, named: Named) -> Result<()> {
        // Below a mount point there is another mount.
        if named.mount != self.ram.mount(dir) {
            return Err(Errno::BUSY);
        }
        let node = self.record(named.id)?;
        let name = self.path.get(name).unwrap_or_default();
        let slot = match self.ram.check_removable(node, named.file_type) {
            Ok(()) => self.ram.prepare(dir, name, true),
            Err(errno) => Err(errno),
        };
        if let Ok(slot) = slot {
            let now = self.now();
            self.ram.detach(dir, slot);
            self.drop_link(dir, node, named.file_type, now);
            self.touch(dir, now, true);
        }
        self.ram.settle(node);
        slot.map(|_| ())
    }

    /// Notes that a node has lost a name in a directory.
    fn drop_link(&mut self, dir: Node, node: Node, file_type: FileType, now: Option<u64>) {
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
    fn named(&self) -> Named {
        Named {
            id: self.found.id,
            file_type: self.found.file_type(),
            mount: self.found.mount,
        }
    }

    /// The mount of a directory.
    fn mount_of(&mut self, dir: NodeId) -> Result<u32> {
        self.load(dir)?;
        Ok(self.found.mount)
    }

    /// `path_link` within the tree: gives what was found the name that is free now.
    #[inline(never)]
    pub(super) fn link_name(&mut self, old: NodeId) -> Result<()> {
        if !W::WRITABLE {
            return Err(Errno::ROFS);
        }
        let last = self.last;
        // Without the directory, a name with a slash can't be there.
        if last.slash {
            return Err(Errno::NOENT);
        }
        self.load(old)?;
        let named = self.named();
        if named.mount != self.mount_of(last.dir)? {
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

    /// What the path of the old name led to, to be kept while the new one is looked up.
    pub(super) fn source(&self) -> Source {
        let mut source = Source {
            named: self.named(),
            last: self.last,
            dots: self.last_is_dots(),
            name: [0; NAME_BUFFER],
        };
        if let Some(name) = source.name.get_mut(..self.last.len)
            && let Some(text) = self.path.get(self.last.range())
        {
            name.copy_from_slice(text);
        }
        source
    }

    /// `path_rename` within the tree: gives the name that was looked up last to what the old one stands for.
    #[inline(never)]
    pub(super) fn rename_name(&mut self, source: &Source) -> Result<()> {
        let Source {
            named: source,
            last: from,
            dots,
            name: old_name,
        } = source;
        let (source, from, to) = (*source, *from, self.last);
        let old_name = old_name.get(..from.len).unwrap_or_default();
        let target = match self.place {
            Place::Tree => Some(self.named()),
            _ => None,
        };
        let dots = *dots || self.last_is_dots();
        let mount = self.mount_of(from.dir)?;
        if mount != self.mount_of(to.dir)? {
            return Err(Errno::XDEV);
        }
        if dots {
            return Err(Errno::BUSY);
        }
        self.require_writable(mount)?;
        if source.file_type != FileType::Directory {
            if from.slash || to.slash {
                return Err(Errno::NOTDIR);
            }
        } else if self.leads_up_to(to.dir, source.id)? {
            return Err(Errno::INVAL);
        }
        if let Some(target) = target {
            if target.file_type == FileType::Directory && self.leads_up_to(from.dir, target.id)? {
                return Err(Errno::NOTEMPTY);
            }
            if target.id == source.id {
                return Ok(());
            }
        }
        let old_dir = self.changing(from.dir)?;
        let moved = match self.changing(to.dir) {
            Ok(new_dir) => {
                let moved = self.rename_in((old_dir, old_name), (new_dir, to), source, target);
                self.ram.settle(new_dir);
                moved
            }
            Err(errno) => Err(errno),
        };
        if from.dir != to.dir {
            self.ram.settle(old_dir);
        }
        moved
    }

    /// Whether a directory is this one or lies below it.
    fn leads_up_to(&mut self, mut dir: NodeId, above: NodeId) -> Result<bool> {
        loop {
            if dir == above {
                return Ok(true);
            }
            self.load(dir)?;
            let parent = self.found.parent()?;
            if parent == dir {
                return Ok(false);
            }
            dir = parent;
        }
    }

    fn rename_in(
        &mut self,
        (old_dir, old_name): (Node, &[u8]),
        (new_dir, to): (Node, Last),
        source: Named,
        target: Option<Named>,
    ) -> Result<()> {
        let mount = self.ram.mount(new_dir);
        let is_dir = source.file_type == FileType::Directory;
        if let Some(target) = target {
            match (is_dir, target.file_type == FileType::Directory) {
                (true, false) => return Err(Errno::NOTDIR),
                (false, true) => return Err(Errno::ISDIR),
                _ => {}
            }
        }
        if source.mount != mount || target.is_some_and(|target| target.mount != mount) {
            return Err(Errno::BUSY);
        }
        let node = self.record(source.id)?;
        // Another parent is written to the directory itself: it is what its `..` is.
        if is_dir && old_dir != new_dir && self.ram.mode(node) & MODE_WRITE == 0 {
            self.ram.settle(node);
            return Err(Errno::ACCES);
        }
        let replaced = match target {
            Some(target) => match self.record(target.id) {
                Ok(replaced) => Some((replaced, target.file_type)),
                Err(errno) => {
                    self.ram.settle(node);
                    return Err(errno);
                }
            },
            None => None,
        };
        let slots = self.prepare_rename((old_dir, old_name), (new_dir, to), replaced);
        if let Ok((old, new)) = slots {
            let now = self.now();
            self.ram.attach(new_dir, new, source.id, source.file_type);
            self.ram.detach(old_dir, old);
            if is_dir {
                self.prefix.forget();
                self.ram.set_parent(node, self.ram.id(new_dir));
                self.ram
                    .set_nlink(old_dir, self.ram.nlink(old_dir).saturating_sub(1));
                self.ram.set_nlink(new_dir, self.ram.nlink(new_dir) + 1);
            }
            if let Some((replaced, file_type)) = replaced {
                self.drop_link(new_dir, replaced, file_type, now);
            }
            self.touch(node, now, false);
            self.touch(old_dir, now, true);
            self.touch(new_dir, now, true);
        }
        self.ram.settle(node);
        if let Some((replaced, _)) = replaced {
            self.ram.settle(replaced);
        }
        slots.map(|_| ())
    }

    /// The places of both names, the old one first.
    fn prepare_rename(
        &mut self,
        (old_dir, old_name): (Node, &[u8]),
        (new_dir, to): (Node, Last),
        replaced: Option<(Node, FileType)>,
    ) -> Result<(crate::ram::Slot, crate::ram::Slot)> {
        if let Some((replaced, file_type)) = replaced {
            self.ram.check_removable(replaced, file_type)?;
        }
        let new_name = self.path.get(to.range()).unwrap_or_default();
        let new = self.ram.prepare(new_dir, new_name, replaced.is_some())?;
        match self.ram.prepare(old_dir, old_name, true) {
            Ok(old) => Ok((old, new)),
            Err(errno) => {
                self.ram.discard(new_dir, new);
                Err(errno)
            }
        }
    }
}

/// The type of a node of this mode.
fn file_type(mode: u32) -> FileType {
    match mode & MODE_TYPE {
        MODE_DIRECTORY => FileType::Directory,
        MODE_SYMLINK => FileType::Symlink,
        _ => FileType::Regular,
    }
}
