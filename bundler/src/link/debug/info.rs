//! `.debug_info`: what its units say of places, and the new places in it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use gimli::{DebugAbbrev, DebugInfo, LittleEndian};
use rayon::prelude::*;

use super::super::leb;
use super::coded::Owner;
use super::unit::{Surroundings, Unit};
use super::{Places, put};

/// What units say.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Lists of pairs that entries refer to: where each begins, and what its addresses are added to.
    pub(super) ranges: BTreeMap<u32, u32>,
    pub(super) locations: BTreeMap<u32, u32>,
    /// The same of version 5.
    pub(super) coded_ranges: BTreeMap<u32, Owner>,
    pub(super) coded_locations: BTreeMap<u32, Owner>,
    /// Where addresses of code are in `.debug_addr`.
    pub(super) slots: BTreeSet<u32>,
    /// Where lists of macros begin.
    pub(super) macros: BTreeSet<u32>,
    pub(super) changes: Vec<Change>,
}

/// A number in the section that is to be another one.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) bytes: Range<usize>,
    pub(super) to: Value,
}

#[derive(Debug)]
pub(super) enum Value {
    Fixed(u32),
    Leb(u32),
    /// The new place of what is here in `.debug_rnglists`.
    Ranges(u32),
    /// The same in `.debug_loclists`.
    Locations(u32),
}

/// Reads all units, several at a time.
pub(super) fn read(info: &[u8], surroundings: &Surroundings<'_>) -> Option<Said> {
    let abbreviations = DebugAbbrev::new(surroundings.abbreviations, LittleEndian);
    let mut headers = Vec::new();
    let mut units = DebugInfo::new(info, LittleEndian).units();
    while let Some(header) = units.next().ok()? {
        headers.push(header);
    }
    let read: Option<Vec<Said>> = headers
        .into_par_iter()
        .map(|header| Unit::new(header, surroundings).read(info, &abbreviations))
        .collect();
    let mut all = Said::default();
    for said in read? {
        all.add(said)?;
    }
    Some(all)
}

impl Said {
    fn add(&mut self, mut other: Self) -> Option<()> {
        // Not `append`, which makes the whole map anew for each of hundreds of units.
        self.ranges.extend(other.ranges);
        self.locations.extend(other.locations);
        self.slots.extend(other.slots);
        self.macros.extend(other.macros);
        self.changes.append(&mut other.changes);
        for (list, owner) in other.coded_ranges {
            refer(&mut self.coded_ranges, list, owner)?;
        }
        for (list, owner) in other.coded_locations {
            refer(&mut self.coded_locations, list, owner)?;
        }
        Some(())
    }
}

/// Writes the changes into the section, when it is known where the lists of version 5 have gone.
pub(super) fn write(
    info: &mut [u8],
    changes: &[Change],
    ranges: &Places,
    locations: &Places,
) -> Option<()> {
    for Change { bytes, to } in changes {
        let bytes = bytes.clone();
        match to {
            Value::Fixed(value) => fixed(info, bytes, *value)?,
            Value::Leb(value) => variable(info, bytes, *value)?,
            Value::Ranges(old) => fixed(info, bytes, *ranges.get(old)?)?,
            Value::Locations(old) => fixed(info, bytes, *locations.get(old)?)?,
        }
    }
    Some(())
}

/// Notes whose a list is; it can't be of two that read it differently.
pub(super) fn refer(lists: &mut BTreeMap<u32, Owner>, list: u32, owner: Owner) -> Option<()> {
    (*lists.entry(list).or_insert(owner) == owner).then_some(())
}

/// Writes a number in all these bytes.
fn fixed(info: &mut [u8], bytes: Range<usize>, value: u32) -> Option<()> {
    if bytes.len() == 4 {
        return put(info, bytes.start, value);
    }
    let value = u64::from(value).to_le_bytes();
    let (value, rest) = value.split_at_checked(bytes.len())?;
    // What does not fit any more can't be told.
    rest.iter().all(|&byte| byte == 0).then_some(())?;
    info.get_mut(bytes)?.copy_from_slice(value);
    Some(())
}

/// Writes a LEB128 that takes all these bytes.
fn variable(info: &mut [u8], bytes: Range<usize>, value: u32) -> Option<()> {
    let mut padded = Vec::with_capacity(leb::PADDED);
    leb::write_padded(&mut padded, value, bytes.len());
    let here = leb::range(info, bytes.start)? == bytes && padded.len() == bytes.len();
    here.then(|| info[bytes].copy_from_slice(&padded))
}
