//! Directory entries, in order.

use crate::layout::DirentRecord;
use crate::{Bytes, Corrupt, Dir, Image, NodeId, Str};

/// The type of a node as preview1's `filetype` numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum FileType {
    /// A directory.
    Directory = 3,
    /// A regular file.
    Regular = 4,
    /// A symbolic link.
    Symlink = 7,
}

impl FileType {
    /// The type of this number.
    ///
    /// # Errors
    /// [`Corrupt`] for a number no node of an image can have.
    #[inline]
    pub fn new(number: u8) -> Result<Self, Corrupt> {
        match number {
            3 => Ok(Self::Directory),
            4 => Ok(Self::Regular),
            7 => Ok(Self::Symlink),
            _ => Err(Corrupt),
        }
    }
}

/// An entry of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dirent {
    /// The node it names.
    pub node: NodeId,
    /// The node's type.
    pub file_type: FileType,
    /// The name, 1 to 255 bytes.
    pub name: Str,
}

impl<B: Bytes> Image<B> {
    /// The entry of this index in a directory, in the order of name bytes; `None` past the last.
    ///
    /// # Errors
    /// [`Corrupt`] when the entry refers to something outside the image or belongs to another directory.
    pub fn dirent(&self, dir: &Dir, index: u32) -> Result<Option<Dirent>, Corrupt> {
        if index >= dir.count {
            return Ok(None);
        }
        let record = self.dirent_record(dir.first.wrapping_add(index))?;
        if record.directory != dir.id.get() || record.node >= self.node_count {
            return Err(Corrupt);
        }
        Ok(Some(Dirent {
            node: NodeId::new(record.node),
            file_type: FileType::new(record.file_type)?,
            name: self.string(record.name_offset, record.name_size.into())?,
        }))
    }

    /// A dirent by its index in the image; nothing in it was checked.
    #[inline(always)]
    pub(crate) fn dirent_record(&self, index: u32) -> Result<DirentRecord, Corrupt> {
        if index >= self.dirent_count {
            return Err(Corrupt);
        }
        Ok(DirentRecord::decode(&self.record(self.dirents, index)?))
    }
}
