//! Records of nodes: those the program made, and embedded ones that are changed or open.
//!
//! A record starts like an item of the index. An embedded node's is one, found by its
//! number, and only there while it differs from the image or is open. A made node's is not,
//! since its number is where it is.

use vfs_image::layout::{MODE_DIRECTORY, MODE_SYMLINK, MODE_TYPE};
use vfs_image::{FileType, NodeId, NodeKind};

use super::index::{HASH, ID, KEY, NEXT, RECORD, hash};
use super::map::Map;
use super::{MADE, Pages, Ram, is_made};
use crate::errno::{Errno, Result};
use crate::fd::{File, IN_MEMORY};

/// The record of a node: where it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node(pub(super) u32);

// For every node, behind what is in all items. A made node has its inode number where
// an embedded one has chain and hash.
const INODE: u32 = 0;
const MODE: u32 = 16;
const NLINK: u32 = 20;
/// Descriptors that hold it.
const OPENS: u32 = 24;
/// The account its memory counts for.
const ACCOUNT: u32 = 28;
/// Modification, change and access.
const TIMES: u32 = 32;
/// Whether it differs from the image.
const CHANGED: u32 = 56;

// Files; of symlinks the size, and the text as root.
const SIZE: u32 = 64;
const ROOT: u32 = 72;
const SHAPE: u32 = 76;
/// Where its content starts in the image, and how much of it still comes from there.
const OFFSET: u32 = 80;
const EMBEDDED: u32 = 84;

// Directories.
const PARENT: u32 = 64;
/// The first and last of its names, and the first of those it hides.
pub(super) const FIRST: u32 = 68;
pub(super) const LAST: u32 = 72;
pub(super) const HIDING: u32 = 76;
/// Names in it that are not the image's.
pub(super) const NAMES: u32 = 80;
/// Names of the image that it still shows.
pub(super) const SHOWN: u32 = 84;
/// What the next name has as its place in the order.
pub(super) const ORDER: u32 = 88;

/// Bytes of a record. A multiple of 16, so that records are aligned to that.
const RECORD_SIZE: u32 = 96;

impl Node {
    /// As an open file keeps it.
    pub(crate) fn address(self) -> u32 {
        self.0
    }

    /// The record that an open file in memory keeps.
    pub(crate) fn of(file: &File) -> Option<Self> {
        (file.size == IN_MEMORY).then_some(Self(file.offset))
    }

    /// A made node's number holds its address, which is a multiple of 16.
    fn of_made(id: NodeId) -> Self {
        Self((id.get() & !MADE) << 4)
    }
}

impl<P: Pages> Ram<P> {
    /// The record of a node, if the program made it.
    #[inline(always)]
    pub(crate) fn made(&self, id: NodeId) -> Option<Node> {
        is_made(id).then(|| Node::of_made(id))
    }

    /// The record of a node, if it has one.
    #[inline]
    pub(crate) fn record(&self, id: NodeId) -> Option<Node> {
        if let Some(node) = self.made(id) {
            return Some(node);
        }
        match self.item(RECORD, id.get()) {
            0 => None,
            item => Some(Node(item)),
        }
    }

    /// A record with nothing but mode and times, without names.
    fn new_record(&mut self, mode: u32, account: u32, time_ns: u64, limited: bool) -> Result<Node> {
        let at = if limited {
            self.take(RECORD_SIZE, account)?
        } else {
            self.take_freely(RECORD_SIZE, account)?
        };
        self.zero(at, RECORD_SIZE);
        self.put32(at + MODE, mode);
        self.put32(at + ACCOUNT, account);
        for time in 0..3 {
            self.put64(at + TIMES + time * 8, time_ns);
        }
        Ok(Node(at))
    }

    /// Makes a node, without a name yet. Its inode number comes after the `embedded` ones.
    ///
    /// # Errors
    /// `ENOSPC`.
    fn make(&mut self, mode: u32, account: u32, time_ns: u64, embedded: u32) -> Result<Node> {
        let node = self.new_record(mode, account, time_ns, true)?;
        self.made += 1;
        self.put64(node.0 + INODE, u64::from(embedded) + self.made);
        self.put32(node.0 + ID, MADE | node.0 >> 4);
        self.put32(node.0 + CHANGED, 1);
        Ok(node)
    }

    /// Makes a node to be put into a directory, whose account it counts for.
    ///
    /// # Errors
    /// `ENOSPC`.
    pub(crate) fn make_in(
        &mut self,
        dir: Node,
        mode: u32,
        time_ns: u64,
        embedded: u32,
    ) -> Result<Node> {
        self.make(mode, self.account(dir), time_ns, embedded)
    }

    /// Whether a name of this node may be removed.
    ///
    /// # Errors
    /// `ENOTEMPTY` for a directory in which there still are names.
    pub(crate) fn check_removable(&self, node: Node, file_type: FileType) -> Result<()> {
        if file_type == FileType::Directory && self.count(node) > 0 {
            return Err(Errno::NOTEMPTY);
        }
        Ok(())
    }

    /// Gives an embedded node a record that says what the image says.
    ///
    /// # Errors
    /// `ENOSPC`.
    pub(super) fn adopt(&mut self, embedded: &vfs_image::Node, account: u32) -> Result<Node> {
        self.ready()?;
        let node = self.new_record(embedded.mode, account, embedded.time_ns, false)?;
        let at = node.0;
        let id = embedded.id.get();
        self.put32(at + HASH, hash(RECORD, id));
        self.put32(at + KEY, RECORD);
        self.put32(at + ID, id);
        self.put32(at + NLINK, embedded.nlink);
        match embedded.kind {
            NodeKind::Directory(dir) => {
                self.put32(at + PARENT, dir.parent().get());
                self.put32(at + SHOWN, embedded.size);
            }
            NodeKind::File { offset } => {
                self.put64(at + SIZE, embedded.size.into());
                self.put32(at + OFFSET, offset);
                self.put32(at + EMBEDDED, embedded.size);
            }
            NodeKind::Symlink { target } => {
                self.put64(at + SIZE, embedded.size.into());
                self.put32(at + OFFSET, target.offset());
            }
        }
        self.insert(at);
        Ok(node)
    }

    /// Frees the record of a node that nobody needs any more: one without names and descriptors, or one that
    /// says what the image says.
    fn forget(&mut self, node: Node) {
        let at = node.0;
        let account = self.account(node);
        match self.mode(node) & MODE_TYPE {
            MODE_DIRECTORY => {
                self.free_hiding(node);
                self.forget_listings(node);
            }
            MODE_SYMLINK => self.give(self.get32(at + ROOT), account),
            _ => {
                let mut map = self.map(node);
                self.cut(&mut map, 0, account);
            }
        }
        if self.get32(at + KEY) == RECORD {
            self.remove(at);
        }
        self.give(at, account);
    }

    /// Frees what is no longer needed of a node after a change, or when a descriptor was closed.
    pub(crate) fn settle(&mut self, node: Node) {
        let unneeded = self.nlink(node) == 0 || self.get32(node.0 + CHANGED) == 0;
        if unneeded && self.get32(node.0 + OPENS) == 0 {
            self.forget(node);
        }
    }

    /// A descriptor holds the node from now on.
    pub(crate) fn hold(&mut self, node: Node) {
        let opens = self.get32(node.0 + OPENS) + 1;
        self.put32(node.0 + OPENS, opens);
    }

    /// A descriptor no longer holds the node.
    pub(crate) fn let_go(&mut self, node: Node) {
        let opens = self.get32(node.0 + OPENS) - 1;
        self.put32(node.0 + OPENS, opens);
        self.settle(node);
    }

    /// Marks a node as differing from the image.
    pub(crate) fn change(&mut self, node: Node) {
        self.put32(node.0 + CHANGED, 1);
    }

    pub(crate) fn id(&self, node: Node) -> NodeId {
        NodeId::new(self.get32(node.0 + ID))
    }

    /// The inode number of a made node.
    pub(crate) fn inode(&self, node: Node) -> u64 {
        self.get64(node.0 + INODE)
    }

    pub(crate) fn mode(&self, node: Node) -> u32 {
        self.get32(node.0 + MODE)
    }

    pub(crate) fn nlink(&self, node: Node) -> u32 {
        self.get32(node.0 + NLINK)
    }

    pub(crate) fn set_nlink(&mut self, node: Node, nlink: u32) {
        self.put32(node.0 + NLINK, nlink);
    }

    /// The account its memory counts for.
    pub(super) fn account(&self, node: Node) -> u32 {
        self.get32(node.0 + ACCOUNT)
    }

    /// The number of the mount it is in.
    pub(crate) fn mount(&self, node: Node) -> u32 {
        self.get32(self.account(node) + ID)
    }

    /// Times of modification, change and access, by this index.
    pub(crate) fn time(&self, node: Node, index: u32) -> u64 {
        self.get64(node.0 + TIMES + index * 8)
    }

    pub(crate) fn set_time(&mut self, node: Node, index: u32, time_ns: u64) {
        self.put64(node.0 + TIMES + index * 8, time_ns);
    }

    /// Bytes of a file or of a symlink's target.
    pub(crate) fn size(&self, node: Node) -> u64 {
        self.get64(node.0 + SIZE)
    }

    pub(super) fn put_size(&mut self, node: Node, size: u64) {
        self.put64(node.0 + SIZE, size);
    }

    /// The blocks of a file.
    pub(super) fn map(&self, node: Node) -> Map {
        Map {
            root: self.get32(node.0 + ROOT),
            shape: self.get32(node.0 + SHAPE),
        }
    }

    pub(super) fn put_map(&mut self, node: Node, map: Map) {
        self.put32(node.0 + ROOT, map.root);
        self.put32(node.0 + SHAPE, map.shape);
    }

    /// Where in the image the content or target starts.
    pub(crate) fn offset(&self, node: Node) -> u32 {
        self.get32(node.0 + OFFSET)
    }

    /// Where in the image the content starts, and how much of it still comes from there.
    pub(super) fn embedded(&self, node: Node) -> (u32, u32) {
        (self.get32(node.0 + OFFSET), self.get32(node.0 + EMBEDDED))
    }

    pub(super) fn put_embedded(&mut self, node: Node, len: u32) {
        self.put32(node.0 + EMBEDDED, len);
    }

    /// The directory a directory is in.
    pub(crate) fn parent(&self, node: Node) -> NodeId {
        NodeId::new(self.get32(node.0 + PARENT))
    }

    pub(crate) fn set_parent(&mut self, node: Node, parent: NodeId) {
        self.put32(node.0 + PARENT, parent.get());
    }

    /// Number of names in a directory.
    pub(crate) fn count(&self, node: Node) -> u32 {
        self.get32(node.0 + NAMES) + self.get32(node.0 + SHOWN)
    }

    /// Gives a new symlink its target.
    ///
    /// # Errors
    /// `ENOSPC`.
    pub(crate) fn set_target(&mut self, node: Node, len: u32) -> Result<&mut [u8]> {
        let text = self.take(len, self.account(node))?;
        self.put32(node.0 + ROOT, text);
        self.put_size(node, len.into());
        Ok(self.pages.bytes_mut(text, len))
    }

    /// The target of a made symlink; `Err` with where it is in the image for an embedded one.
    pub(crate) fn target(&self, node: Node) -> core::result::Result<&[u8], u32> {
        match self.get32(node.0 + ROOT) {
            0 => Err(self.get32(node.0 + OFFSET)),
            text => Ok(self.pages.bytes(text, self.size(node) as u32)),
        }
    }
}

const _: () = assert!(NEXT == INODE && ORDER + 8 <= RECORD_SIZE);
