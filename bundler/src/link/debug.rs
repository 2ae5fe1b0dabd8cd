//! Debug information of code that has moved, made true again.
//!
//! DWARF's addresses are places in the code section, four bytes each. They are replaced where they stand, so that
//! nothing that points into `.debug_info` or a list has to change. Only line programs, which tell distances, are written
//! anew, and the units told where they are.
//!
//! What is not understood for certain (DWARF 5, 64-bit DWARF, sections not named here) is not touched: then all of it is left out.

mod info;
mod line;
mod lists;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::moves::Moves;

/// Sections by their names.
pub(super) type Sections<'a> = BTreeMap<&'a [u8], Cow<'a, [u8]>>;

/// Sections that say nothing of places in the code, nor in sections that change.
const FREE: [&[u8]; 8] = [
    b".debug_abbrev",
    b".debug_gnu_pubnames",
    b".debug_gnu_pubtypes",
    b".debug_macinfo",
    b".debug_names",
    b".debug_pubnames",
    b".debug_pubtypes",
    b".debug_str",
];

/// Rewrites the DWARF `sections` of a program whose code has moved; `None` when they can't be made true.
pub(super) fn rewrite<'a>(mut sections: Sections<'a>, moves: &Moves) -> Option<Sections<'a>> {
    let known: [&[u8]; 5] = [
        b".debug_aranges",
        b".debug_info",
        b".debug_line",
        b".debug_loc",
        b".debug_ranges",
    ];
    let all_known = sections
        .keys()
        .all(|name| known.contains(name) || FREE.contains(name));
    if !all_known {
        return None;
    }
    let mut take = |name: &[u8]| {
        let section = sections.get_mut(name);
        section.map(std::mem::take).unwrap_or_default()
    };
    let abbreviations = take(b".debug_abbrev");
    let mut info = take(b".debug_info").into_owned();
    let (lines, programs) = line::rewrite(&take(b".debug_line"), moves)?;
    let lists = info::rewrite(&mut info, &abbreviations, &programs, moves)?;
    let mut ranges = take(b".debug_ranges").into_owned();
    let mut locations = take(b".debug_loc").into_owned();
    lists::rewrite(&mut ranges, &lists.ranges, lists::Entry::Range, moves)?;
    lists::rewrite(
        &mut locations,
        &lists.locations,
        lists::Entry::Location,
        moves,
    )?;
    let mut aranges = take(b".debug_aranges").into_owned();
    lists::rewrite_aranges(&mut aranges, moves)?;
    for (name, contents) in [
        (&b".debug_abbrev"[..], abbreviations),
        (b".debug_aranges", aranges.into()),
        (b".debug_info", info.into()),
        (b".debug_line", lines.into()),
        (b".debug_loc", locations.into()),
        (b".debug_ranges", ranges.into()),
    ] {
        if let Some(section) = sections.get_mut(name) {
            *section = contents;
        }
    }
    Some(sections)
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
