//! What the program writes: memory, and everything kept in it.
//!
//! From below to above: `heap` hands out memory and takes it back, `map` makes long sequences of
//! blocks of it, `index` finds what has a key, and on those stand nodes (`node`), their names
//! (`entry`) and contents (`content`). `overlay` lays all this over the image.
//!
//! Everything is addressed by plain `u32`, 0 is nothing, and everything that takes memory can fail: with
//! `ENOSPC`, and without having changed anything.

use core::ops::Range;

mod content;
mod entry;
mod heap;
mod index;
mod list;
mod map;
mod node;
mod overlay;

pub(crate) use entry::Slot;
pub(crate) use node::Node;
pub(crate) use overlay::{ACCESSED, CHANGED, MODE_WRITE, MODIFIED};

use vfs_image::NodeId;

use heap::CLASSES;
use index::Index;
use list::Cursor;

/// Bytes of a block: what memory is divided into, and what of a file is copied at a time when it changes.
pub const BLOCK: u32 = 4096;

/// Memory for what the program writes: bytes by their address, in ranges the world gives.
pub trait Pages {
    /// More memory, when there is more: where it is, in whole blocks, and not at address zero.
    ///
    /// What its bytes are does not matter.
    fn grow(&mut self) -> Option<Range<u32>>;
    /// The bytes from an address on, all of one range that [`grow`](Self::grow) gave.
    fn bytes(&self, at: u32, len: u32) -> &[u8];
    /// The same, to be changed.
    fn bytes_mut(&mut self, at: u32, len: u32) -> &mut [u8];
}

/// The files, directories and names that the program has made or changed.
pub(crate) struct Ram<P> {
    pub(crate) pages: P,
    /// Blocks that were never used.
    fresh: Range<u32>,
    /// The first block that is free again; each starts with the address of the next.
    free: u32,
    /// For each size, the first slab with room.
    slabs: [u32; CLASSES],
    /// All that has a key: names, changed embedded nodes, accounts.
    index: Index,
    /// How many nodes were made.
    made: u64,
    /// Where listings of directories stopped.
    cursors: [Cursor; 4],
    /// The cursor to be used next.
    turn: usize,
    /// After so many times more, memory can't be had: tests try every place where that can happen.
    #[cfg(test)]
    pub(crate) allocations: Option<u32>,
}

impl<P> Ram<P> {
    /// Nothing written yet.
    pub(crate) const fn new(pages: P) -> Self {
        Self {
            pages,
            fresh: 0..0,
            free: 0,
            slabs: [0; CLASSES],
            index: Index::new(),
            made: 0,
            cursors: [Cursor::NONE; 4],
            turn: 0,
            #[cfg(test)]
            allocations: None,
        }
    }
}

/// Set in the numbers of nodes that are not the image's, which has fewer than 2^27.
const MADE: u32 = 1 << 31;

/// Whether a node is made by the program: in memory, and not in the image.
#[inline(always)]
pub(crate) fn is_made(id: NodeId) -> bool {
    id.get() & MADE != 0
}

impl<P: Pages> Ram<P> {
    #[inline(always)]
    fn get32(&self, at: u32) -> u32 {
        u32::from_le_bytes(*self.pages.bytes(at, 4).first_chunk().unwrap_or(&[0; 4]))
    }

    #[inline(always)]
    fn put32(&mut self, at: u32, value: u32) {
        if let Some(place) = self.pages.bytes_mut(at, 4).first_chunk_mut() {
            *place = value.to_le_bytes();
        }
    }

    #[inline(always)]
    fn get64(&self, at: u32) -> u64 {
        u64::from_le_bytes(*self.pages.bytes(at, 8).first_chunk().unwrap_or(&[0; 8]))
    }

    #[inline(always)]
    fn put64(&mut self, at: u32, value: u64) {
        if let Some(place) = self.pages.bytes_mut(at, 8).first_chunk_mut() {
            *place = value.to_le_bytes();
        }
    }

    #[inline(always)]
    fn zero(&mut self, at: u32, len: u32) {
        self.pages.bytes_mut(at, len).fill(0);
    }
}
