//! The tree: from a node to what it is, from a directory and a name to a node.

use core::ops::Range;

use vfs_image::layout::{MODE_DIRECTORY, MODE_SYMLINK, MODE_TYPE};
use vfs_image::{Bytes, FileType, Image, NodeId, NodeKind};

use crate::errno::{Errno, Result};
use crate::fs::{Vfs, World};
use crate::ram::{Node, is_made};
use crate::resolve::word;

/// A node of the image, flat; all zero before the first is read.
pub(crate) struct Found {
    pub(crate) id: NodeId,
    pub(crate) mode: u32,
    pub(crate) nlink: u32,
    pub(crate) size: u32,
    pub(crate) time_ns: u64,
    /// Where the content of a file or the target of a symlink starts in the image; the first entry of a directory.
    pub(crate) offset: u32,
    /// The directory a directory is in; itself for a preopen.
    pub(crate) parent: NodeId,
    /// The mount it is in, 0 for the read-only tree.
    pub(crate) mount: u32,
    /// Where it is kept when it is open, changed or made by the program.
    pub(crate) record: Option<Node>,
}

impl Found {
    pub(crate) fn is_dir(&self) -> bool {
        self.mode & MODE_TYPE == MODE_DIRECTORY
    }

    /// The directory a directory is in; itself for a preopen.
    pub(crate) fn parent(&self) -> Result<NodeId> {
        if self.is_dir() {
            Ok(self.parent)
        } else {
            Err(Errno::IO)
        }
    }

    pub(crate) fn is_symlink(&self) -> bool {
        self.mode & MODE_TYPE == MODE_SYMLINK
    }

    pub(crate) fn file_type(&self) -> FileType {
        file_type(self.mode)
    }
}

/// The type of a node of this mode.
pub(crate) fn file_type(mode: u32) -> FileType {
    match mode & MODE_TYPE {
        MODE_DIRECTORY => FileType::Directory,
        MODE_SYMLINK => FileType::Symlink,
        _ => FileType::Regular,
    }
}

impl<W: World> Vfs<W> {
    /// The image.
    ///
    /// # Errors
    /// `EIO` when its header is corrupt.
    pub(crate) fn image(&self) -> Result<&Image<W::Bytes>> {
        self.image.as_ref().ok_or(Errno::IO)
    }

    /// Reads a node of the image into [`found`](Self::found).
    #[inline(never)]
    pub(crate) fn load(&mut self, id: NodeId) -> Result<()> {
        if W::WRITABLE
            && let Some(node) = self.ram.record(id)
        {
            self.load_record(node);
            return Ok(());
        }
        let node = self.image()?.node(id)?;
        let (offset, parent) = match node.kind {
            NodeKind::Directory(dir) => (dir.first(), dir.parent()),
            NodeKind::File { offset } => (offset, id),
            NodeKind::Symlink { target } => (target.offset(), id),
        };
        self.found = Found {
            id,
            mode: node.mode,
            nlink: node.nlink,
            size: node.size,
            time_ns: node.time_ns,
            offset,
            parent,
            mount: node.mount,
            record: None,
        };
        Ok(())
    }

    /// Copies the target of the symlink that was found into this part of the path buffer, which is as long.
    #[inline(always)]
    pub(crate) fn read_target(&mut self, place: Range<usize>) -> Result<()> {
        let target = self.path.get_mut(place).ok_or(Errno::IO)?;
        if W::WRITABLE
            && let Some(node) = self.found.record
            && let Ok(text) = self.ram.target(node)
        {
            target.copy_from_slice(text);
            return Ok(());
        }
        let image = self.image.as_ref().ok_or(Errno::IO)?;
        Ok(image.bytes().read(self.found.offset, target)?)
    }

    /// Finds the name that is in this part of the path buffer in a directory: it is [`found`](Self::found) then.
    ///
    /// # Errors
    /// `ENOENT` when it is not there.
    #[inline(never)]
    pub(crate) fn find(&mut self, dir: NodeId, name: Range<usize>) -> Result<()> {
        match self.lookup(dir, name)? {
            Some(node) => self.load(node),
            None => Err(Errno::NOENT),
        }
    }

    /// The node of the name that is in this part of the path buffer.
    #[inline(always)]
    fn lookup(&mut self, dir: NodeId, name: Range<usize>) -> Result<Option<NodeId>> {
        let image = self.image.as_ref().ok_or(Errno::IO)?;
        if W::WRITABLE {
            let name = self.path.get(name.clone()).unwrap_or_default();
            if let Some(slot) = self.ram.find(dir, name) {
                return Ok(self.ram.named(slot));
            }
            if is_made(dir) {
                return Ok(None);
            }
        }
        let len = name.end.wrapping_sub(name.start);
        let path = &self.path;
        if let Some(node) = self.known.recall(dir, path, &name) {
            return Ok(Some(node));
        }
        let text = |at| word(path, name.start.wrapping_add(at));
        let found = image.lookup_words(dir, len, text, &mut self.scratch)?;
        if let Some(node) = found {
            self.known.remember(dir, path, &name, node);
        }
        Ok(found)
    }
}
