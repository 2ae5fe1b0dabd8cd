//! `path_rename` within the tree.

use vfs_image::{FileType, Image, NodeId};

use super::change::Named;
use super::{Last, Place, Vfs, World};
use crate::errno::{Errno, Result};
use crate::ram::{MODE_WRITE, Node, Slot};

/// Bytes of the longest name, and one.
const NAME_BUFFER: usize = 256;

/// The old name of something that is renamed.
pub(super) struct Source {
    named: Named,
    last: Last,
    /// Whether the name is `.` or `..`, or none.
    dots: bool,
    name: [u8; NAME_BUFFER],
}

impl Source {
    /// Whether the name is `.` or `..`, or none.
    pub(super) fn dots(&self) -> bool {
        self.dots
    }

    /// Whether it is a directory.
    pub(super) fn is_dir(&self) -> bool {
        self.named.file_type == FileType::Directory
    }

    /// The mount it is in.
    pub(super) fn mount(&self) -> u32 {
        self.named.mount
    }
}

impl<W: World> Vfs<W> {
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
        // The directory of the new name was read last. What was above one that was removed may be gone
        // as well: that way must not be walked.
        if self.found.nlink == 0 {
            return Err(Errno::NOENT);
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
            // Both are in one mount, in which no directory but its root is a preopen.
            let preopens = self.image.as_ref().map_or(0, Image::preopen_count);
            if dir.get() < preopens {
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
        let attached = |named: Named| self.seam.attachment(named.id) != 0;
        if attached(source) || target.is_some_and(attached) {
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
    ) -> Result<(Slot, Slot)> {
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
