//! `.debug_ranges`, `.debug_loc` and `.debug_aranges`: lists of pairs of addresses.

use std::collections::BTreeMap;

use super::super::moves::Moves;
use super::{length_of, put, word};

/// What follows a pair.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// Nothing.
    Range,
    /// An expression, behind its length of two bytes.
    Location,
}

/// Rewrites the lists that begin at these places, each with what its addresses are added to.
pub(super) fn rewrite(
    section: &mut [u8],
    lists: &BTreeMap<u32, u32>,
    entry: Entry,
    moves: &Moves,
) -> Option<()> {
    const SELECTS_BASE: u32 = u32::MAX;
    // Lists may share their ends: what was rewritten once must not be again.
    let mut done = vec![false; section.len().div_ceil(2)];
    for (&list, &base) in lists {
        let (mut at, mut base) = (list as usize, base);
        let mut new_base = moves.of(base).unwrap_or(base);
        loop {
            let (begin, end) = (word(section, at)?, word(section, at + 4)?);
            if std::mem::replace(done.get_mut(at / 2)?, true) || (begin, end) == (0, 0) {
                break;
            }
            if begin == SELECTS_BASE {
                base = end;
                new_base = moves.of(base).unwrap_or(base);
                put(section, at + 4, new_base)?;
                at += 8;
                continue;
            }
            // Code begins behind 0: that is where nothing in particular is. Any other place without code is where a linker
            // puts what it has left out.
            let alive = base == 0 || moves.of(base).is_some();
            let from = base.wrapping_add(begin);
            if let (true, Some(moved), Some(length)) =
                (alive, moves.of(from), end.checked_sub(begin))
            {
                let length = length_of(from, length, moves);
                let begin = moved.wrapping_sub(new_base);
                put(section, at, begin)?;
                put(section, at + 4, begin.wrapping_add(length))?;
            }
            at += 8;
            if entry == Entry::Location {
                let size = section.get(at..)?.first_chunk()?;
                at += 2 + usize::from(u16::from_le_bytes(*size));
            }
        }
    }
    Some(())
}

/// Rewrites a table of all addresses.
pub(super) fn rewrite_aranges(section: &mut [u8], moves: &Moves) -> Option<()> {
    // Length, version, the unit, sizes of addresses and of segments; then as many bytes as make the pairs aligned.
    const HEADER: usize = 4 + 2 + 4 + 1 + 1;
    let mut next = 0;
    while next < section.len() {
        let at = next;
        next = at
            .checked_add(4)?
            .checked_add(word(section, at)? as usize)?;
        // Version 2, addresses of four bytes, no segments.
        if section.get(at + 4..at + 6)? != [2, 0] || section.get(at + 10..at + 12)? != [4, 0] {
            return None;
        }
        for pair in (at + HEADER.next_multiple_of(8)..next).step_by(8) {
            let (begin, length) = (word(section, pair)?, word(section, pair + 4)?);
            if let Some(moved) = moves.of(begin) {
                put(section, pair, moved)?;
                put(section, pair + 4, length_of(begin, length, moves))?;
            }
        }
    }
    Some(())
}
