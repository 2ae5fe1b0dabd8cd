//! `.debug_rnglists` and `.debug_loclists`: the lists of version 5, whose entries each say how they are written.

use std::collections::{BTreeMap, BTreeSet};

use super::super::leb;
use super::super::moves::Moves;
use super::addresses::Addresses;
use super::lists::Entry;
use super::{Places, length_of, put, word};

/// Length, version, sizes of addresses and of segments, count of the offsets that follow.
const HEADER: usize = 4 + 2 + 1 + 1 + 4;

/// What a list takes from its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    /// What distances are added to, unless an entry says so.
    pub(super) base: u32,
    /// Where the addresses begin that entries have by number.
    pub(super) addresses: Option<u32>,
}

/// Rewrites all tables of lists, of which these are referred to; also where lists, and what refers to them by number counts
/// from, are now.
pub(super) fn rewrite(
    section: &[u8],
    owners: &BTreeMap<u32, Owner>,
    entry: Entry,
    addresses: &Addresses<'_>,
    slots: &mut BTreeSet<u32>,
    moves: &Moves,
) -> Option<(Vec<u8>, Places)> {
    let mut lists = Lists {
        owners,
        entry,
        addresses,
        slots,
        moves,
        bytes: &[],
        at: 0,
        owner: None,
        out: Vec::with_capacity(section.len() + 64),
        places: Places::new(),
    };
    while lists.at < section.len() {
        let end = lists
            .at
            .checked_add(4)?
            .checked_add(word(section, lists.at)? as usize)?;
        lists.bytes = section.get(..end)?;
        lists.table()?;
    }
    Some((lists.out, lists.places))
}

/// How a range is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Code {
    EndOfList,
    BaseNumber,
    NumberNumber,
    NumberLength,
    OffsetPair,
    Default,
    Base,
    StartEnd,
    StartLength,
}

/// Lists on their way.
struct Lists<'a> {
    owners: &'a BTreeMap<u32, Owner>,
    entry: Entry,
    addresses: &'a Addresses<'a>,
    slots: &'a mut BTreeSet<u32>,
    moves: &'a Moves,
    /// The section up to where the table ends.
    bytes: &'a [u8],
    at: usize,
    /// With the base that the list has come to; of a list that nothing refers to there is none.
    owner: Option<Owner>,
    out: Vec<u8>,
    places: Places,
}

impl Lists<'_> {
    fn table(&mut self) -> Option<()> {
        let (old, new) = (self.at, self.out.len());
        // Version 5, addresses of four bytes, no segments.
        if self.bytes.get(old + 4..old + 8)? != [5, 0, 4, 0] {
            return None;
        }
        let count = word(self.bytes, old + 8)? as usize;
        let offsets = count.checked_mul(4)?;
        self.at = (old + HEADER).checked_add(offsets)?;
        self.out.extend_from_slice(self.bytes.get(old..self.at)?);
        // Numbers count from here.
        self.keep_place(old + HEADER, new + HEADER);
        while self.at < self.bytes.len() {
            self.list()?;
        }
        for at in (HEADER..HEADER + offsets).step_by(4) {
            let list = word(self.bytes, old + at)?.checked_add((old + HEADER) as u32)?;
            let place = self.places.get(&list)? - (new + HEADER) as u32;
            put(&mut self.out, new + at, place)?;
        }
        let length = u32::try_from(self.out.len() - new - 4).ok()?;
        put(&mut self.out, new, length)
    }

    fn keep_place(&mut self, old: usize, new: usize) {
        // A section has less than 4 GiB.
        self.places.insert(old as u32, new as u32);
    }

    fn list(&mut self) -> Option<()> {
        self.owner = None;
        let mut first = true;
        loop {
            let owner = self.owners.get(&(self.at as u32)).copied();
            if first {
                self.owner = owner;
            } else if owner.is_some() && owner != self.owner {
                // The end of a list is also one of its own, and means something else there.
                return None;
            }
            if std::mem::take(&mut first) || owner.is_some() {
                self.keep_place(self.at, self.out.len());
            }
            let start = (self.at, self.out.len());
            let code = self.code()?;
            self.range(code)?;
            if self.entry == Entry::Location && code.has_location() {
                let expression = self.at;
                let size = self.number()? as usize;
                self.at = self.at.checked_add(size)?;
                self.copy(expression)?;
            }
            if self.owner.is_none() {
                self.out.truncate(start.1);
                self.copy(start.0)?;
            }
            if code == Code::EndOfList {
                return Some(());
            }
        }
    }

    /// What follows the code of an entry, up to its expression.
    fn range(&mut self, code: Code) -> Option<()> {
        let start = self.at;
        match code {
            Code::EndOfList | Code::Default => {}
            Code::BaseNumber => {
                let base = self.numbered()?;
                self.rebase(base);
                self.copy(start)?;
            }
            Code::NumberNumber => {
                self.numbered()?;
                self.numbered()?;
                self.copy(start)?;
            }
            Code::NumberLength => {
                let begin = self.numbered()?;
                self.copy(start)?;
                self.length(begin)?;
            }
            Code::OffsetPair => self.pair()?,
            Code::Base => {
                let base = self.address()?;
                self.rebase(base);
                self.put_moved(base);
            }
            Code::StartEnd => {
                let (begin, end) = (self.address()?, self.address()?);
                let length = length_of(begin, end.wrapping_sub(begin), self.moves);
                let begin = self.put_moved(begin);
                self.out
                    .extend_from_slice(&begin.wrapping_add(length).to_le_bytes());
            }
            Code::StartLength => {
                let begin = self.address()?;
                self.put_moved(begin);
                self.length(begin)?;
            }
        }
        Some(())
    }

    /// Two distances from the base.
    fn pair(&mut self) -> Option<()> {
        let start = self.at;
        let (begin, end) = (self.number()?, self.number()?);
        let base = self.owner.map_or(0, |owner| owner.base);
        let from = base.wrapping_add(begin);
        // As in the lists of pairs: what is added to 0 is a place as it is.
        let new_base = self.moves.of(base).or((base == 0).then_some(0));
        let length = end.checked_sub(begin);
        match (new_base, self.moves.of(from), length) {
            (Some(new_base), Some(moved), Some(length)) => {
                let begin = moved.wrapping_sub(new_base);
                let end = begin.wrapping_add(length_of(from, length, self.moves));
                leb::write(&mut self.out, begin);
                leb::write(&mut self.out, end);
            }
            _ => self.copy(start)?,
        }
        Some(())
    }

    fn length(&mut self, begin: u32) -> Option<()> {
        let length = self.number()?;
        leb::write(&mut self.out, length_of(begin, length, self.moves));
        Some(())
    }

    fn rebase(&mut self, base: u32) {
        if let Some(owner) = &mut self.owner {
            owner.base = base;
        }
    }

    fn put_moved(&mut self, address: u32) -> u32 {
        let moved = self.moves.of(address).unwrap_or(address);
        self.out.extend_from_slice(&moved.to_le_bytes());
        moved
    }

    fn copy(&mut self, from: usize) -> Option<()> {
        self.out.extend_from_slice(self.bytes.get(from..self.at)?);
        Some(())
    }

    fn code(&mut self) -> Option<Code> {
        let byte = *self.bytes.get(self.at)?;
        self.out.push(byte);
        self.at += 1;
        // Only locations have a default, for all places that no entry is of.
        let code = match (byte, self.entry) {
            (0, _) => Code::EndOfList,
            (1, _) => Code::BaseNumber,
            (2, _) => Code::NumberNumber,
            (3, _) => Code::NumberLength,
            (4, _) => Code::OffsetPair,
            (5, Entry::Location) => Code::Default,
            (5, Entry::Range) | (6, Entry::Location) => Code::Base,
            (6, Entry::Range) | (7, Entry::Location) => Code::StartEnd,
            (7, Entry::Range) | (8, Entry::Location) => Code::StartLength,
            _ => return None,
        };
        Some(code)
    }

    /// An address that is there by its number, and moves where it is.
    fn numbered(&mut self) -> Option<u32> {
        let number = self.number()?;
        let Some(owner) = self.owner else {
            return Some(0);
        };
        let (slot, address) = self.addresses.find(owner.addresses?, number)?;
        self.slots.insert(slot);
        Some(address)
    }

    fn address(&mut self) -> Option<u32> {
        let address = word(self.bytes, self.at)?;
        self.at += 4;
        Some(address)
    }

    fn number(&mut self) -> Option<u32> {
        leb::read(self.bytes, &mut self.at)
    }
}

impl Code {
    fn has_location(self) -> bool {
        !matches!(self, Code::EndOfList | Code::BaseNumber | Code::Base)
    }
}
