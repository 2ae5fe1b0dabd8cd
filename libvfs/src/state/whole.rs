//! The descriptor table has the memory for itself: nothing is written.

use core::ops::Range;

use super::{PAGE, base, end, grow};
use crate::fd::{Entry, Storage};
use crate::ram::Pages;

/// The descriptor table's memory: from the end of the statics to the end of the interposer's memory.
pub(crate) struct Heap {
    /// Entries there is room for; 0 before the first use.
    count: usize,
}

impl Heap {
    /// No room yet.
    pub(crate) const NEW: Self = Self { count: 0 };
}

impl Storage for Heap {
    #[inline(always)]
    fn entry(&mut self, number: u32) -> Option<&mut Entry> {
        // SAFETY: `grow` counted these in memory that nothing else uses, zero bytes
        // are `Entry::Closed`, and `self` is the only owner.
        let entries =
            unsafe { core::slice::from_raw_parts_mut(base().cast::<Entry>(), self.count) };
        entries.get_mut(number as usize)
    }

    fn grow(&mut self) -> bool {
        // The first time, the rest of the memory that is there already is room enough.
        if self.count > 0 && !grow(1) {
            return false;
        }
        self.count = (end() - base().addr()) / size_of::<Entry>();
        true
    }

    fn spare(&mut self, size: usize) -> Option<&mut [u8]> {
        loop {
            let left = (end() - base().addr()).checked_sub(size);
            if let Some(left) = left {
                // SAFETY: the memory from `base` to `end` is the table's, and `self` is the only owner.
                let bytes = unsafe { core::slice::from_raw_parts_mut(base().add(left), size) };
                // Closed entries are free memory; all the better when they are the last.
                if bytes.iter().all(|&byte| byte == 0) {
                    return Some(bytes);
                }
            }
            if !grow(size / PAGE + 1) {
                return None;
            }
            self.count = (end() - base().addr()) / size_of::<Entry>();
        }
    }
}

/// Memory for what the program writes: none.
pub(crate) struct Own;

impl Own {
    /// None.
    pub(crate) const NEW: Self = Self;
}

impl Pages for Own {
    fn grow(&mut self) -> Option<Range<u32>> {
        None
    }
    fn bytes(&self, _: u32, _: u32) -> &[u8] {
        &[]
    }
    fn bytes_mut(&mut self, _: u32, _: u32) -> &mut [u8] {
        &mut []
    }
}
