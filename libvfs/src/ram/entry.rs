//! Names in directories: those that were made, and those that only hide one of the image.
//!
//! Both are items of the index by directory and name, and in one of two lists of their
//! directory. Removing a name that stands before one of the image leaves it there to hide that, and making
//! a hidden name again turns it back, so neither takes memory.

use vfs_image::layout::hash;
use vfs_image::{FileType, NodeId};

use super::index::{HASH, ID, KEY, NEXT};
use super::node::{HIDING, NAMES, Node, ORDER, SHOWN};
use super::{Pages, Ram};
use crate::errno::Result;

/// The place of a name in a directory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(pub(super) u32);

// Behind what is in all items.
/// The one before and the one after it in its list.
pub(super) const BEFORE: u32 = 16;
pub(super) const AFTER: u32 = 20;
/// Its place in the order of the directory, which is its cookie; never used again.
pub(super) const PLACE: u32 = 24;
/// The length of its name, the type of its node, and whether the image has the name as well.
const LEN: u32 = 32;
const TYPE: u32 = 33;
const COVERS: u32 = 34;
const TEXT: u32 = 36;

/// The node of a name that only hides.
const HIDDEN: u32 = u32::MAX;

/// The node of a name that is not in its directory yet.
const DETACHED: u32 = u32::MAX - 1;

impl<P: Pages> Ram<P> {
    #[inline(always)]
    fn get8(&self, at: u32) -> u8 {
        self.pages.bytes(at, 1).first().copied().unwrap_or(0)
    }

    fn put8(&mut self, at: u32, value: u8) {
        if let Some(place) = self.pages.bytes_mut(at, 1).first_mut() {
            *place = value;
        }
    }

    /// The name in a directory, if it was made or is hidden.
    #[inline]
    pub(crate) fn find(&self, dir: NodeId, name: &[u8]) -> Option<Slot> {
        if self.index.items == 0 {
            return None;
        }
        let hash = hash(dir.get(), name);
        let mut item = self.first_item(hash);
        while item != 0 {
            if self.get32(item + HASH) == hash
                && self.get32(item + KEY) == dir.get()
                && self.name(Slot(item)) == name
            {
                return Some(Slot(item));
            }
            item = self.get32(item + NEXT);
        }
        None
    }

    /// The name in this place.
    pub(crate) fn name(&self, slot: Slot) -> &[u8] {
        self.pages
            .bytes(slot.0 + TEXT, self.get8(slot.0 + LEN).into())
    }

    /// The node a name stands for; `None` when it only hides one of the image.
    pub(crate) fn named(&self, slot: Slot) -> Option<NodeId> {
        match self.get32(slot.0 + ID) {
            HIDDEN => None,
            id => Some(NodeId::new(id)),
        }
    }

    /// The type of the node a name stands for, and its cookie.
    pub(crate) fn type_and_place(&self, slot: Slot) -> (u8, u64) {
        (self.get8(slot.0 + TYPE), self.get64(slot.0 + PLACE))
    }

    /// The place for a name in a directory, not yet in it unless it was; `covers` when the image has it, and
    /// it is neither hidden nor replaced.
    ///
    /// # Errors
    /// `ENOSPC`.
    pub(crate) fn prepare(&mut self, dir: Node, name: &[u8], covers: bool) -> Result<Slot> {
        let id = self.id(dir);
        if let Some(slot) = self.find(id, name) {
            return Ok(slot);
        }
        self.ready()?;
        let size = TEXT + name.len() as u32;
        let at = if covers {
            self.take_freely(size, self.account(dir))?
        } else {
            self.take(size, self.account(dir))?
        };
        self.put32(at + HASH, hash(id.get(), name));
        self.put32(at + KEY, id.get());
        self.put32(at + ID, DETACHED);
        // 255 bytes at most, as the caller has looked.
        self.put8(at + LEN, name.len() as u8);
        self.put8(at + COVERS, covers.into());
        self.pages
            .bytes_mut(at + TEXT, name.len() as u32)
            .copy_from_slice(name);
        Ok(Slot(at))
    }

    /// Takes [`prepare`](Self::prepare) back.
    pub(crate) fn discard(&mut self, dir: Node, slot: Slot) {
        if self.get32(slot.0 + ID) == DETACHED {
            self.give(slot.0, self.account(dir));
        }
    }

    /// Lets a prepared name stand for a node.
    pub(crate) fn attach(&mut self, dir: Node, slot: Slot, node: NodeId, file_type: FileType) {
        let at = slot.0;
        match self.get32(at + ID) {
            DETACHED => self.arrive(dir, slot),
            HIDDEN => self.unlist(dir, HIDING, slot),
            // It stood for another one: that its place in the order is new shows it twice at
            // most, where an old one could hide it from who has come past it.
            _ => {
                self.unlist(dir, super::node::FIRST, slot);
                let names = self.get32(dir.0 + NAMES) - 1;
                self.put32(dir.0 + NAMES, names);
            }
        }
        let place = self.get64(dir.0 + ORDER);
        self.put64(dir.0 + ORDER, place + 1);
        self.put64(at + PLACE, place);
        self.put32(at + ID, node.get());
        self.put8(at + TYPE, file_type as u8);
        self.enlist(dir, super::node::FIRST, slot);
        let names = self.get32(dir.0 + NAMES) + 1;
        self.put32(dir.0 + NAMES, names);
    }

    /// Lets a prepared name be none: it goes, or stays to hide the image's.
    pub(crate) fn detach(&mut self, dir: Node, slot: Slot) {
        let at = slot.0;
        match self.get32(at + ID) {
            HIDDEN => return,
            DETACHED => self.arrive(dir, slot),
            _ => {
                self.unlist(dir, super::node::FIRST, slot);
                let names = self.get32(dir.0 + NAMES) - 1;
                self.put32(dir.0 + NAMES, names);
            }
        }
        if self.get8(at + COVERS) == 0 {
            self.remove(at);
            self.give(at, self.account(dir));
        } else {
            self.put32(at + ID, HIDDEN);
            self.enlist(dir, HIDING, slot);
        }
    }

    /// Puts a new name into the index, and the image's out of sight.
    fn arrive(&mut self, dir: Node, slot: Slot) {
        self.insert(slot.0);
        if self.get8(slot.0 + COVERS) != 0 {
            let shown = self.get32(dir.0 + SHOWN).saturating_sub(1);
            self.put32(dir.0 + SHOWN, shown);
        }
    }

    /// Frees the names that a directory only hides.
    pub(super) fn free_hiding(&mut self, dir: Node) {
        let account = self.account(dir);
        let mut slot = self.get32(dir.0 + HIDING);
        while slot != 0 {
            let after = self.get32(slot + AFTER);
            self.remove(slot);
            self.give(slot, account);
            slot = after;
        }
    }
}
