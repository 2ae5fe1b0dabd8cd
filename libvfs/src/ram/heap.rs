//! Memory: blocks, and slabs of equal pieces in blocks for what is smaller.

use super::index::{ACCOUNT, HASH, ID, KEY, hash};
use super::{BLOCK, Pages, Ram};
use crate::errno::{Errno, Result};

/// Bytes at the start of a slab: the next with room, the one before it, the first free piece in it
/// (0: none), and packed how many pieces are taken, their class, and where untouched ones start.
const HEADER: u32 = 16;
const NEXT: u32 = 0;
const BEFORE: u32 = 4;
const PIECES: u32 = 8;
const STATE: u32 = 12;

/// Bytes of a slab for pieces.
const ROOM: u32 = BLOCK - HEADER;

/// Up to here sizes are rounded to 16, above to what so many in a slab leave.
const SMALL: u32 = 128;
const SMALL_CLASSES: u32 = SMALL / 16;

/// One piece fewer than two in a slab is a block.
const LARGEST: u32 = (ROOM / 2) & !3;

/// Sizes of pieces there are: the small ones, then 31 down to 2 in a slab.
pub(super) const CLASSES: usize = (SMALL_CLASSES + 32) as usize;

/// Bytes that a piece of `size` takes.
pub(super) fn rounded(size: u32) -> u32 {
    if size <= SMALL {
        (size.max(1) + 15) & !15
    } else if size <= LARGEST {
        let size = (size + 3) & !3;
        (ROOM / (ROOM / size)) & !3
    } else {
        BLOCK
    }
}

/// The class of pieces of this size, which is rounded.
fn class(size: u32) -> u32 {
    if size <= SMALL {
        size / 16 - 1
    } else {
        SMALL_CLASSES + ROOM / size
    }
}

/// The size of pieces of this class.
fn size_of_class(class: u32) -> u32 {
    match class.checked_sub(SMALL_CLASSES) {
        None | Some(0) => (class + 1) * 16,
        Some(count) => (ROOM / count) & !3,
    }
}

/// What [`STATE`] packs.
#[derive(Clone, Copy)]
struct State {
    taken: u32,
    class: u32,
    /// Where pieces start that were never taken.
    untouched: u32,
}

impl State {
    fn unpack(word: u32) -> Self {
        Self {
            taken: word & 0xff,
            class: word >> 8 & 0xff,
            untouched: word >> 16,
        }
    }

    fn pack(self) -> u32 {
        self.taken | self.class << 8 | self.untouched << 16
    }

    fn has_untouched(self) -> bool {
        self.untouched + size_of_class(self.class) <= BLOCK
    }
}

impl<P: Pages> Ram<P> {
    /// Takes a block.
    #[inline(never)]
    fn take_block(&mut self) -> Result<u32> {
        let block = self.free;
        if block != 0 {
            self.free = self.get32(block);
            return Ok(block);
        }
        if self.fresh.is_empty() {
            self.fresh = self.pages.grow().ok_or(Errno::NOSPC)?;
        }
        let block = self.fresh.start;
        self.fresh.start += BLOCK;
        Ok(block)
    }

    fn give_block(&mut self, block: u32) {
        let next = self.free;
        self.put32(block, next);
        self.free = block;
    }

    /// The first slab of a class that has room.
    fn slab(&mut self, class: u32) -> u32 {
        self.slabs.get(class as usize).copied().unwrap_or(0)
    }

    /// Lets a slab be the first with room.
    fn link_slab(&mut self, slab: u32, class: u32) {
        if let Some(first) = self.slabs.get_mut(class as usize) {
            let next = core::mem::replace(first, slab);
            self.put32(slab + NEXT, next);
            self.put32(slab + BEFORE, 0);
            if next != 0 {
                self.put32(next + BEFORE, slab);
            }
        }
    }

    /// Takes a slab out of those with room.
    fn unlink_slab(&mut self, slab: u32, class: u32) {
        let (next, before) = (self.get32(slab + NEXT), self.get32(slab + BEFORE));
        if next != 0 {
            self.put32(next + BEFORE, before);
        }
        if before != 0 {
            self.put32(before + NEXT, next);
        } else if let Some(first) = self.slabs.get_mut(class as usize) {
            *first = next;
        }
    }

    /// Memory for so many bytes, not cleared; its bytes are [`rounded`], and a whole block is aligned to its size.
    ///
    /// # Errors
    /// `ENOSPC` when there is none.
    pub(super) fn alloc(&mut self, size: u32) -> Result<u32> {
        #[cfg(test)]
        if let Some(left) = self.allocations.as_mut() {
            *left = left.checked_sub(1).ok_or(Errno::NOSPC)?;
        }
        let size = rounded(size);
        if size == BLOCK {
            return self.take_block();
        }
        let class = class(size);
        let mut slab = self.slab(class);
        if slab == 0 {
            slab = self.take_block()?;
            self.put32(slab + PIECES, 0);
            let state = State {
                taken: 0,
                class,
                untouched: HEADER,
            };
            self.put32(slab + STATE, state.pack());
            self.link_slab(slab, class);
        }
        let mut state = State::unpack(self.get32(slab + STATE));
        let mut piece = self.get32(slab + PIECES);
        let next = if piece != 0 {
            self.get32(piece)
        } else {
            piece = slab + state.untouched;
            state.untouched += size;
            0
        };
        state.taken += 1;
        self.put32(slab + PIECES, next);
        self.put32(slab + STATE, state.pack());
        if next == 0 && !state.has_untouched() {
            self.unlink_slab(slab, class);
        }
        Ok(piece)
    }

    /// Gives memory back, and says how many bytes that was.
    pub(super) fn free(&mut self, at: u32) -> u32 {
        let slab = at & !(BLOCK - 1);
        if slab == at {
            self.give_block(at);
            return BLOCK;
        }
        let mut state = State::unpack(self.get32(slab + STATE));
        let first = self.get32(slab + PIECES);
        if first == 0 && !state.has_untouched() {
            self.link_slab(slab, state.class);
        }
        state.taken -= 1;
        if state.taken == 0 {
            self.unlink_slab(slab, state.class);
            self.give_block(slab);
        } else {
            self.put32(at, first);
            self.put32(slab + PIECES, at);
            self.put32(slab + STATE, state.pack());
        }
        size_of_class(state.class)
    }

    /// Bytes that count for a mount.
    #[cfg(test)]
    pub(crate) fn used(&self, mount: u32) -> u64 {
        self.account_of(mount)
            .map_or(0, |account| self.get64(account + USED))
    }

    /// Bytes of what memory there was that are in no use.
    #[cfg(test)]
    pub(crate) fn unused(&self) -> u32 {
        let mut bytes = self.fresh.len() as u32;
        let mut block = self.free;
        while block != 0 {
            bytes += BLOCK;
            block = self.get32(block);
        }
        bytes
    }
}

/// Bytes at the start of an account: what is in all items of the index, then
/// the bytes taken and the most there may be.
const USED: u32 = 16;
const LIMIT: u32 = 24;
const ACCOUNT_SIZE: u32 = 32;

impl<P: Pages> Ram<P> {
    /// Memory that counts for a mount: see [`alloc`](Self::alloc). Account 0 is nobody's.
    ///
    /// # Errors
    /// `ENOSPC` beyond the mount's limit, too.
    #[inline(never)]
    pub(super) fn take(&mut self, size: u32, account: u32) -> Result<u32> {
        if account != 0 {
            let used = self.get64(account + USED) + u64::from(rounded(size));
            if used > self.get64(account + LIMIT) {
                return Err(Errno::NOSPC);
            }
            let at = self.alloc(size)?;
            self.put64(account + USED, used);
            return Ok(at);
        }
        self.alloc(size)
    }

    /// Memory that counts for a mount without being limited by it: for what is open, changed or hidden of the image.
    ///
    /// So a full mount can be read and emptied.
    ///
    /// # Errors
    /// `ENOSPC` when there is none at all.
    pub(super) fn take_freely(&mut self, size: u32, account: u32) -> Result<u32> {
        let at = self.alloc(size)?;
        let used = self.get64(account + USED) + u64::from(rounded(size));
        self.put64(account + USED, used);
        Ok(at)
    }

    /// The account of a mount, if it has one.
    pub(super) fn account_of(&self, mount: u32) -> Option<u32> {
        match self.item(ACCOUNT, mount) {
            0 => None,
            account => Some(account),
        }
    }

    /// Opens an account for a mount.
    ///
    /// # Errors
    /// `ENOSPC`.
    pub(super) fn open_account(&mut self, mount: u32, limit: u64) -> Result<u32> {
        self.ready()?;
        let at = self.alloc(ACCOUNT_SIZE)?;
        self.put32(at + HASH, hash(ACCOUNT, mount));
        self.put32(at + KEY, ACCOUNT);
        self.put32(at + ID, mount);
        self.put64(at + USED, 0);
        self.put64(at + LIMIT, limit);
        self.insert(at);
        Ok(at)
    }

    /// Gives back what [`take`](Self::take) gave; nothing at address 0.
    #[inline(never)]
    pub(super) fn give(&mut self, at: u32, account: u32) {
        if at == 0 {
            return;
        }
        let size = self.free(at);
        if account != 0 {
            let used = self.get64(account + USED) - u64::from(size);
            self.put64(account + USED, used);
        }
    }
}
