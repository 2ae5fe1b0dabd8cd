//! Nodes: what the image knows of a directory, file or symlink.

use crate::layout::{
    MODE_DIRECTORY, MODE_PERMISSIONS, MODE_REGULAR, MODE_SYMLINK, MODE_TYPE, NodeRecord, TARGET_MAX,
};
use crate::{Bytes, Corrupt, FileType, Image, Str};

/// The number of a node: its place in the nodes section; stable, and equal for hard links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// A node by its number; [`Image::node`] says whether there is one.
    #[inline]
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A directory, file or symlink, apart from its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Its number.
    pub id: NodeId,
    /// POSIX mode: type bits and permissions.
    pub mode: u32,
    /// Number of names; for a directory 2 + its subdirectories.
    pub nlink: u32,
    /// Time of last modification, access and change; nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// File: bytes of content. Symlink: bytes of its target. Directory: number of entries.
    pub size: u32,
    /// The mount it is in, for [`Image::mount`]; 0 in the read-only tree.
    pub mount: u32,
    /// What it is.
    pub kind: NodeKind,
}

/// What a [`Node`] is, and where the rest of it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// A directory.
    Directory(Dir),
    /// A regular file.
    File {
        /// Where its [`size`](Node::size) bytes of content start in the image; they lie inside it.
        offset: u32,
    },
    /// A symbolic link.
    Symlink {
        /// Its target as stored, not resolved.
        target: Str,
    },
}

/// A directory: the range of its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dir {
    pub(crate) id: NodeId,
    pub(crate) first: u32,
    pub(crate) count: u32,
    pub(crate) parent: NodeId,
}

impl Dir {
    /// A directory by its number, the number of its first entry and how many there are.
    ///
    /// What is wrong about these, [`Image::dirent`] says.
    #[inline]
    #[must_use]
    pub fn new(id: NodeId, first: u32, count: u32, parent: NodeId) -> Self {
        Self {
            id,
            first,
            count,
            parent,
        }
    }

    /// The number of its first entry.
    #[inline]
    #[must_use]
    pub fn first(&self) -> u32 {
        self.first
    }

    /// Its own number.
    #[inline]
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Number of entries, without `.` and `..`.
    #[inline]
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The directory it is in; itself for a preopen.
    #[inline]
    #[must_use]
    pub fn parent(&self) -> NodeId {
        self.parent
    }
}

impl Node {
    /// Its type, as in the directory entries that name it.
    #[inline]
    #[must_use]
    pub fn file_type(&self) -> FileType {
        match self.kind {
            NodeKind::Directory(_) => FileType::Directory,
            NodeKind::File { .. } => FileType::Regular,
            NodeKind::Symlink { .. } => FileType::Symlink,
        }
    }

    /// The permission bits of its mode (`07777`).
    #[inline]
    #[must_use]
    pub fn permissions(&self) -> u32 {
        self.mode & MODE_PERMISSIONS
    }
}

impl<B: Bytes> Image<B> {
    /// Reads a node.
    ///
    /// # Errors
    /// [`Corrupt`] when there is no such node or what it refers to lies outside its section.
    pub fn node(&self, id: NodeId) -> Result<Node, Corrupt> {
        if id.0 >= self.node_count {
            return Err(Corrupt);
        }
        let record = NodeRecord::decode(&self.record(self.nodes, id.0)?);
        let NodeRecord {
            mode,
            nlink,
            time_ns,
            data,
            size,
            parent,
            mount,
        } = record;
        let kind = match mode & MODE_TYPE {
            MODE_DIRECTORY => {
                // A parent has the smaller number, so walking up always ends, at a preopen at the latest: that
                // one may be in any directory, or in none.
                let inside = data <= self.dirent_count && size <= self.dirent_count - data;
                let end = if id.0 < self.preopen_count {
                    self.node_count
                } else {
                    id.0
                };
                if !inside || parent >= end {
                    return Err(Corrupt);
                }
                NodeKind::Directory(Dir {
                    id,
                    first: data,
                    count: size,
                    parent: NodeId(parent),
                })
            }
            MODE_REGULAR => {
                let inside = data >= self.contents && data <= self.size && size <= self.size - data;
                if !(inside || size == 0) {
                    return Err(Corrupt);
                }
                NodeKind::File { offset: data }
            }
            MODE_SYMLINK if size <= TARGET_MAX => NodeKind::Symlink {
                target: self.string(data, size)?,
            },
            _ => return Err(Corrupt),
        };
        // A bit above type and permissions means nothing.
        if mode > MODE_TYPE | MODE_PERMISSIONS || nlink == 0 || mount > self.mount_count {
            return Err(Corrupt);
        }
        Ok(Node {
            id,
            mode,
            nlink,
            time_ns,
            size,
            mount,
            kind,
        })
    }

    /// Copies content of a file from `position` on into `out`, and returns how many bytes there were; 0 at its end.
    ///
    /// # Errors
    /// [`Corrupt`] when the node is not a file of this image.
    pub fn read_file(&self, file: &Node, position: u64, out: &mut [u8]) -> Result<usize, Corrupt> {
        let NodeKind::File { offset } = file.kind else {
            return Err(Corrupt);
        };
        let left = match u32::try_from(position) {
            Ok(position) => file.size.saturating_sub(position),
            Err(_) => 0,
        };
        let len = out.len().min(left as usize);
        if len > 0 {
            let start = offset.checked_add(position as u32).ok_or(Corrupt)?;
            self.bytes.read(start, out.get_mut(..len).ok_or(Corrupt)?)?;
        }
        Ok(len)
    }
}
