//! Debug information of code that has moved, made true again.
//!
//! DWARF's addresses are places in the code section, four bytes each. They are replaced where they stand, so that
//! nothing that points into `.debug_info` or a list of pairs has to change. Line programs, and the lists of version 5, tell
//! distances in as few bytes as these take. They are written anew, and the units told where they are.
//!
//! What is not understood for certain (64-bit DWARF, units that are split over files, sections not named here) is not
//! touched: then all of it is left out.

mod addresses;
mod coded;
mod entries;
mod info;
mod line;
mod lists;
mod macros;
#[cfg(test)]
mod tests;
mod unit;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::moves::Moves;
use addresses::Addresses;
use lists::Entry;
use unit::Surroundings;

/// Sections by their names.
pub(super) type Sections<'a> = BTreeMap<&'a [u8], Cow<'a, [u8]>>;

/// New places of what has been written anew, by the old ones.
type Places = BTreeMap<u32, u32>;

/// Sections that say nothing of places in the code, nor in sections that change.
const FREE: [&[u8]; 10] = [
    b".debug_abbrev",
    b".debug_gnu_pubnames",
    b".debug_gnu_pubtypes",
    b".debug_line_str",
    b".debug_macinfo",
    b".debug_names",
    b".debug_pubnames",
    b".debug_pubtypes",
    b".debug_str",
    b".debug_str_offsets",
];

/// Sections that do, and that are understood.
const TOLD: [&[u8]; 9] = [
    b".debug_addr",
    b".debug_aranges",
    b".debug_info",
    b".debug_line",
    b".debug_loc",
    b".debug_loclists",
    b".debug_macro",
    b".debug_ranges",
    b".debug_rnglists",
];

/// Rewrites the DWARF `sections` of a program whose code has moved; `None` when they can't be made true.
pub(super) fn rewrite<'a>(mut sections: Sections<'a>, moves: &Moves) -> Option<Sections<'a>> {
    let all_known = sections
        .keys()
        .all(|name| TOLD.contains(name) || FREE.contains(name));
    if !all_known {
        return None;
    }
    for (name, contents) in TOLD.into_iter().zip(told(&sections, moves)?) {
        if let Some(section) = sections.get_mut(name) {
            *section = contents.into();
        }
    }
    Some(sections)
}

/// The new contents of [`TOLD`].
fn told(sections: &Sections<'_>, moves: &Moves) -> Option<[Vec<u8>; 9]> {
    let section = |name: &[u8]| sections.get(name).map_or(&[][..], |section| section);
    let (line, programs) = line::rewrite(section(b".debug_line"), moves)?;
    let addresses = Addresses::read(section(b".debug_addr"))?;
    let surroundings = Surroundings {
        abbreviations: section(b".debug_abbrev"),
        addresses: &addresses,
        coded_ranges: section(b".debug_rnglists"),
        coded_locations: section(b".debug_loclists"),
        programs: &programs,
        moves,
    };
    let mut info = section(b".debug_info").to_vec();
    let mut said = info::read(&info, &surroundings)?;

    let mut code = |section, lists, entry| {
        coded::rewrite(section, lists, entry, &addresses, &mut said.slots, moves)
    };
    let (rnglists, ranges_at) = code(surroundings.coded_ranges, &said.coded_ranges, Entry::Range)?;
    let (loclists, locations_at) = code(
        surroundings.coded_locations,
        &said.coded_locations,
        Entry::Location,
    )?;
    info::write(&mut info, &said.changes, &ranges_at, &locations_at)?;
    let mut addr = section(b".debug_addr").to_vec();
    addresses::rewrite(&mut addr, &said.slots, moves)?;

    let mut ranges = section(b".debug_ranges").to_vec();
    lists::rewrite(&mut ranges, &said.ranges, Entry::Range, moves)?;
    let mut loc = section(b".debug_loc").to_vec();
    lists::rewrite(&mut loc, &said.locations, Entry::Location, moves)?;
    let mut aranges = section(b".debug_aranges").to_vec();
    lists::rewrite_aranges(&mut aranges, moves)?;
    let mut macros = section(b".debug_macro").to_vec();
    macros::rewrite(&mut macros, &said.macros, &programs)?;
    Some([
        addr, aranges, info, line, loc, loclists, macros, ranges, rnglists,
    ])
}

/// How long a range is that begins at `begin`; one that is not of code keeps its length.
fn length_of(begin: u32, length: u32, moves: &Moves) -> u32 {
    let end = begin.checked_add(length).and_then(|end| moves.of(end));
    let moved = end.zip(moves.of(begin));
    moved.map_or(length, |(end, begin)| end.saturating_sub(begin))
}

/// The four bytes at `at`.
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

/// Writes four bytes at `at`.
fn put(bytes: &mut [u8], at: usize, value: u32) -> Option<()> {
    bytes
        .get_mut(at..at + 4)?
        .copy_from_slice(&value.to_le_bytes());
    Some(())
}
