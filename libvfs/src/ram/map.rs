//! Sequences of blocks with holes: what is in a file, and the buckets of the index.

use super::{BLOCK, Pages, Ram, heap};
use crate::errno::Result;

/// Where the blocks of a sequence are.
///
/// Without height the root is the only block, or a part of it, as long as no more is needed. Above
/// that the root is a node with the addresses of blocks or of further nodes, each but the root for [`FULL`]
/// of them; 0 is a hole.
#[derive(Clone, Copy)]
pub(super) struct Map {
    /// What is at the top; 0 for nothing.
    pub(super) root: u32,
    /// The height, and above it ([`WIDTH`]) the bytes of the root block or the addresses of the root node.
    pub(super) shape: u32,
}

/// Where in the shape the width starts.
const WIDTH: u32 = 8;

/// Addresses in a node that is a block, and how many bits those are.
const FULL: u32 = BLOCK / 4;
const BITS: u32 = 10;

/// Addresses in the smallest root; above [`GROWN`] it is a whole block.
const NARROW: u32 = 8;
const GROWN: u32 = 256;

/// A block that may be written to.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) at: u32,
    /// So many bytes of it hold what they held before.
    pub(super) kept: u32,
    /// Bytes there are.
    pub(super) len: u32,
}

impl Map {
    /// No blocks.
    pub(super) const EMPTY: Self = Self { root: 0, shape: 0 };

    #[inline(always)]
    fn height(self) -> u32 {
        self.shape & 0xff
    }

    #[inline(always)]
    fn width(self) -> u32 {
        self.shape >> WIDTH
    }

    fn set(&mut self, root: u32, height: u32, width: u32) {
        self.root = root;
        self.shape = height | width << WIDTH;
    }
}

impl<P: Pages> Ram<P> {
    /// Where a block is, and how many bytes of it there are; 0 for a hole.
    #[inline]
    pub(super) fn mapped(&self, map: Map, block: u64) -> (u32, u32) {
        let height = map.height();
        if height == 0 {
            return if block == 0 && map.root != 0 {
                (map.root, map.width())
            } else {
                (0, 0)
            };
        }
        let mut shift = (height - 1) * BITS;
        let mut index = block >> shift;
        if index >= u64::from(map.width()) {
            return (0, 0);
        }
        let mut node = map.root;
        loop {
            node = self.get32(node + index as u32 * 4);
            if node == 0 || shift == 0 {
                return (node, BLOCK);
            }
            shift -= BITS;
            index = block >> shift & u64::from(FULL - 1);
        }
    }

    /// A block to write to, with room for `bytes` at least; new memory is not cleared.
    ///
    /// # Errors
    /// `ENOSPC`; the sequence is then as it was.
    pub(super) fn reach(
        &mut self,
        map: &mut Map,
        block: u64,
        bytes: u32,
        account: u32,
    ) -> Result<Place> {
        if block == 0 && map.height() == 0 {
            let kept = if map.root == 0 { 0 } else { map.width() };
            if bytes > kept {
                let root = self.widen(map.root, kept, bytes, account)?;
                map.set(root, 0, heap::rounded(bytes));
            }
            return Ok(Place {
                at: map.root,
                kept,
                len: map.width(),
            });
        }
        self.raise(map, block, account)?;
        let mut node = map.root;
        let mut shift = (map.height() - 1) * BITS;
        let mut index = block >> shift;
        loop {
            let entry = node + index as u32 * 4;
            node = self.get32(entry);
            let kept = if node == 0 { 0 } else { BLOCK };
            if node == 0 {
                node = self.take(BLOCK, account)?;
                if shift > 0 {
                    self.zero(node, BLOCK);
                }
                self.put32(entry, node);
            }
            if shift == 0 {
                return Ok(Place {
                    at: node,
                    kept,
                    len: BLOCK,
                });
            }
            shift -= BITS;
            index = block >> shift & u64::from(FULL - 1);
        }
    }

    /// Moves `kept` bytes to larger memory, which is not cleared behind them.
    fn widen(&mut self, from: u32, kept: u32, bytes: u32, account: u32) -> Result<u32> {
        let to = self.take(bytes, account)?;
        if kept > 0 {
            self.copy(from, to, kept);
        }
        self.give(from, account);
        Ok(to)
    }

    /// Copies from one piece of memory to another.
    fn copy(&mut self, from: u32, to: u32, len: u32) {
        let mut done = 0;
        while done < len {
            // By parts, since memory can't be borrowed twice.
            let mut part = [0; 256];
            let size = (len - done).min(part.len() as u32);
            let part = part.get_mut(..size as usize).unwrap_or_default();
            part.copy_from_slice(self.pages.bytes(from + done, size));
            self.pages.bytes_mut(to + done, size).copy_from_slice(part);
            done += size;
        }
    }

    /// Makes the root high and wide enough for a block.
    fn raise(&mut self, map: &mut Map, block: u64, account: u32) -> Result<()> {
        loop {
            let (height, width) = (map.height(), map.width());
            if height == 0 {
                if map.root != 0 && width < BLOCK {
                    let root = self.widen(map.root, width, BLOCK, account)?;
                    self.zero(root + width, BLOCK - width);
                    map.set(root, 0, BLOCK);
                }
                self.lift(map, account)?;
                continue;
            }
            let needed = (block >> ((height - 1) * BITS)) + 1;
            if needed <= u64::from(width) {
                return Ok(());
            }
            if needed > u64::from(FULL) && (width == 0 || width == FULL) {
                self.lift(map, account)?;
                continue;
            }
            let mut wide = (needed.min(u64::from(FULL)) as u32)
                .next_power_of_two()
                .max(NARROW);
            if wide > GROWN {
                wide = FULL;
            }
            let root = self.widen(map.root, width * 4, wide * 4, account)?;
            self.zero(root + width * 4, (wide - width) * 4);
            map.set(root, height, wide);
        }
    }

    /// Puts a node above the root, if there is one.
    fn lift(&mut self, map: &mut Map, account: u32) -> Result<()> {
        let height = map.height() + 1;
        if map.root == 0 {
            map.set(0, height, 0);
        } else {
            let root = self.take(NARROW * 4, account)?;
            self.zero(root, NARROW * 4);
            self.put32(root, map.root);
            map.set(root, height, NARROW);
        }
        Ok(())
    }

    /// Gives back all blocks from this one on.
    pub(super) fn cut(&mut self, map: &mut Map, from: u64, account: u32) {
        if map.height() > 0 && map.root != 0 {
            self.prune(map.root, map.height() - 1, map.width(), from, account);
        }
        if from == 0 {
            self.give(map.root, account);
            *map = Map::EMPTY;
        }
    }

    /// Empties a node from the block on that has this number in it. Goes six deep at most.
    fn prune(&mut self, node: u32, level: u32, width: u32, from: u64, account: u32) {
        let shift = level * BITS;
        let first = from >> shift;
        if first >= u64::from(width) {
            return;
        }
        // Backwards, so that what is taken next lies in order again.
        for index in (first as u32..width).rev() {
            let entry = node + index * 4;
            let child = self.get32(entry);
            if child == 0 {
                continue;
            }
            let from = from.saturating_sub(u64::from(index) << shift);
            if level > 0 {
                self.prune(child, level - 1, FULL, from, account);
            }
            if from == 0 {
                self.give(child, account);
                self.put32(entry, 0);
            }
        }
    }
}
