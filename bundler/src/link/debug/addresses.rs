//! `.debug_addr`: tables of addresses, which units and lists of version 5 refer to by number.
//!
//! Expressions do too, for addresses of data, and nothing in a table tells which is which. So only those move that are
//! used where code is meant.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::moves::Moves;
use super::{put, word};

/// The tables as they were.
#[derive(Debug)]
pub(super) struct Addresses<'a> {
    section: &'a [u8],
    /// Where the addresses of each table are, in ascending order.
    tables: Vec<Range<usize>>,
}

impl<'a> Addresses<'a> {
    pub(super) fn read(section: &'a [u8]) -> Option<Self> {
        /// Length, version, sizes of addresses and of segments.
        const HEADER: usize = 4 + 2 + 1 + 1;
        let (mut tables, mut at) = (Vec::new(), 0);
        while at < section.len() {
            let end = at
                .checked_add(4)?
                .checked_add(word(section, at)? as usize)?;
            // Version 5, addresses of four bytes, no segments.
            if section.get(at + 4..at + HEADER)? != [5, 0, 4, 0] || end > section.len() {
                return None;
            }
            tables.push(at + HEADER..end);
            at = end;
        }
        Some(Self { section, tables })
    }

    /// Where the address of this number is, and what it is; `base` is where the unit's numbers begin.
    pub(super) fn find(&self, base: u32, number: u32) -> Option<(u32, u32)> {
        let place = number.checked_mul(4)?.checked_add(base)?;
        let at = place as usize;
        let behind = self.tables.partition_point(|table| table.start <= at);
        let table = self.tables.get(behind.checked_sub(1)?)?;
        let whole = (at - table.start).is_multiple_of(4) && at + 4 <= table.end;
        Some((place, whole.then(|| word(self.section, at))??))
    }
}

/// Moves the addresses at these places, which are of code.
pub(super) fn rewrite(section: &mut [u8], slots: &BTreeSet<u32>, moves: &Moves) -> Option<()> {
    for &slot in slots {
        let slot = slot as usize;
        if let Some(moved) = moves.of(word(section, slot)?) {
            put(section, slot, moved)?;
        }
    }
    Some(())
}
