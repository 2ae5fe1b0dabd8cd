//! The descriptor table and what the program writes share the memory.
//!
//! Each takes what it needs at the end of the memory, where the other may have come
//! between; so the table is in pieces, and blocks come in ranges.

use core::ops::Range;
use core::ptr::{NonNull, with_exposed_provenance, with_exposed_provenance_mut};

use super::{PAGE, base, end, grow};
use crate::fd::{Entry, Storage};
use crate::ram::{BLOCK, Pages};

/// Entries of the first piece: less than half of the page that also holds the statics.
pub(super) const FIRST: u32 = 512;

/// Entries of the second piece, a page; each piece after it has twice as many as the one before.
const SECOND: u32 = (PAGE / size_of::<Entry>()) as u32;

/// Pieces there can be: the last alone would fill the memory.
const PIECES: usize = 17;

/// Memory of the descriptor table.
pub(crate) struct Heap {
    /// The pieces after the first.
    pieces: [Option<NonNull<Entry>>; PIECES],
    /// Number of pieces, with the first.
    count: usize,
    /// Memory that [`spare`](Storage::spare) took, and bytes of it.
    spare: Option<(NonNull<u8>, usize)>,
}

impl Heap {
    /// No room yet.
    pub(crate) const NEW: Self = Self {
        pieces: [None; PIECES],
        count: 0,
        spare: None,
    };
}

impl Storage for Heap {
    #[inline(always)]
    fn entry(&mut self, number: u32) -> Option<&mut Entry> {
        let (piece, index) = if number < FIRST {
            if self.count == 0 {
                return None;
            }
            (NonNull::new(base().cast::<Entry>())?, number)
        } else {
            let number = number - FIRST;
            let piece = (number / SECOND + 1).ilog2();
            let start = SECOND * ((1 << piece) - 1);
            ((*self.pieces.get(piece as usize)?)?, number - start)
        };
        // SAFETY: `grow` took the piece for this alone, with room for so many entries, and
        // zero bytes are `Entry::Closed`; `self` is the only owner.
        Some(unsafe { piece.add(index as usize).as_mut() })
    }

    fn grow(&mut self) -> bool {
        if let Some(index) = self.count.checked_sub(1) {
            let Some(place) = self.pieces.get_mut(index) else {
                return false;
            };
            let start = end();
            if !grow(1 << index) {
                return false;
            }
            *place = NonNull::new(with_exposed_provenance_mut(start));
        }
        self.count += 1;
        true
    }

    fn spare(&mut self, size: usize) -> Option<&mut [u8]> {
        if self.spare.is_none_or(|(_, room)| room < size) {
            let start = end();
            let pages = size / PAGE + 1;
            if !grow(pages) {
                return None;
            }
            // What was too small is not given back: environments hardly ever grow.
            let start = NonNull::new(with_exposed_provenance_mut(start))?;
            self.spare = Some((start, pages * PAGE));
        }
        let (start, _) = self.spare?;
        // SAFETY: the memory was grown for this alone, and `self` is the only owner.
        Some(unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), size) })
    }
}

/// Memory for what the program writes.
pub(crate) struct Own {
    /// Whether the rest of the first page was given.
    started: bool,
}

impl Own {
    /// Nothing given yet.
    pub(crate) const NEW: Self = Self {
        // Inside a program there is no page of our own that something would be left of.
        started: cfg!(feature = "pre-linked"),
    };
}

impl Pages for Own {
    fn grow(&mut self) -> Option<Range<u32>> {
        let mut start = end();
        if !self.started {
            self.started = true;
            let table = base().addr() + FIRST as usize * size_of::<Entry>();
            start = table.next_multiple_of(BLOCK as usize);
            if start >= PAGE {
                return self.grow();
            }
            return Some(start as u32..PAGE as u32);
        }
        // A sixteenth at a time: growing is dear where an engine has to move the
        // memory or tell the world about it. Near the limit a page still is something.
        let pages = start / PAGE;
        if !grow(pages / 16 + 1) && !grow(1) {
            return None;
        }
        // All 65,536 pages end at 2^32, which is no address: the last block is left out.
        let end = match end() {
            0 => 0usize.wrapping_sub(BLOCK as usize),
            end => end,
        };
        Some(start as u32..end as u32)
    }

    #[inline(always)]
    fn bytes(&self, at: u32, len: u32) -> &[u8] {
        // SAFETY: `Ram` keeps to the ranges it was given, which nothing else uses.
        unsafe { core::slice::from_raw_parts(with_exposed_provenance(at as usize), len as usize) }
    }

    #[inline(always)]
    fn bytes_mut(&mut self, at: u32, len: u32) -> &mut [u8] {
        // SAFETY: as above, and `self` is the only owner.
        unsafe {
            core::slice::from_raw_parts_mut(with_exposed_provenance_mut(at as usize), len as usize)
        }
    }
}
