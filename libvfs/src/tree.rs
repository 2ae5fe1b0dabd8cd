//! The tree: from a node to what it is, from a directory and a name to a node.

use core::ops::Range;

use vfs_image::layout::{MODE_DIRECTORY, MODE_SYMLINK, MODE_TYPE};
use vfs_image::{Bytes, Dir, FileType, NodeId, NodeKind};

use crate::errno::{Errno, Result};
use crate::fs::{Vfs, World};

/// A node of the image, flat; all zero before the first is read.
pub(crate) struct Found {
    pub(crate) id: NodeId,
    pub(crate) mode: u32,
    pub(crate) nlink: u32,
    pub(crate) size: u32,
    pub(crate) time_ns: u64,
    /// Where the content of a file or the target of a symlink starts in the image.
    pub(crate) offset: u32,
    /// A directory has one.
    pub(crate) dir: Option<Dir>,
}

impl Found {
    pub(crate) fn is_dir(&self) -> bool {
        self.mode & MODE_TYPE == MODE_DIRECTORY
    }

    /// The directory a directory is in; itself for a preopen.
    pub(crate) fn parent(&self) -> Result<NodeId> {
        Ok(self.dir.ok_or(Errno::IO)?.parent())
    }

    pub(crate) fn is_symlink(&self) -> bool {
        self.mode & MODE_TYPE == MODE_SYMLINK
    }

    pub(crate) fn file_type(&self) -> FileType {
        if self.is_dir() {
            FileType::Directory
        } else if self.is_symlink() {
            FileType::Symlink
        } else {
            FileType::Regular
        }
    }
}

impl<W: World> Vfs<W> {
    /// Reads a node of the image into [`found`](Self::found).
    #[inline(never)]
    pub(crate) fn load(&mut self, id: NodeId) -> Result<()> {
        let image = self.image.as_ref().ok_or(Errno::IO)?;
        let node = image.node(id)?;
        let (offset, dir) = match node.kind {
            NodeKind::Directory(dir) => (0, Some(dir)),
            NodeKind::File { offset } => (offset, None),
            NodeKind::Symlink { target } => (target.offset(), None),
        };
        self.found = Found {
            id,
            mode: node.mode,
            nlink: node.nlink,
            size: node.size,
            time_ns: node.time_ns,
            offset,
            dir,
        };
        Ok(())
    }

    /// Copies the target of the symlink that was found into this part of the path buffer, which is as long.
    #[inline(always)]
    pub(crate) fn read_target(&mut self, place: Range<usize>) -> Result<()> {
        let target = self.path.get_mut(place).ok_or(Errno::IO)?;
        let image = self.image.as_ref().ok_or(Errno::IO)?;
        Ok(image.bytes().read(self.found.offset, target)?)
    }

    /// Finds the name that is in this part of the path buffer in a directory.
    #[inline(always)]
    pub(crate) fn lookup(&self, dir: NodeId, name: Range<usize>) -> Result<Option<NodeId>> {
        let image = self.image.as_ref().ok_or(Errno::IO)?;
        let name = self.path.get(name).unwrap_or_default();
        Ok(image.lookup(dir, name)?.map(|found| found.node))
    }
}
