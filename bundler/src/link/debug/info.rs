//! `.debug_info`: addresses of functions, blocks and labels, and where their lists and lines are.

use std::collections::BTreeMap;

use gimli::{
    Attribute, AttributeSpecification, AttributeValue, DebugAbbrev, DebugInfo, EndianSlice,
    LittleEndian, UnitHeader, constants as dw,
};
use rayon::prelude::*;

use super::super::moves::Moves;
use super::{length_of, put};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// Lists that entries refer to: where each begins, and what its addresses are added to.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) ranges: BTreeMap<u32, u32>,
    pub(super) locations: BTreeMap<u32, u32>,
}

/// Four or fewer bytes of the section that are to be another number.
struct Change {
    /// Behind them.
    end: usize,
    size: usize,
    value: u32,
}

/// What a unit has to say.
#[derive(Default)]
struct Said {
    lists: Lists,
    changes: Vec<Change>,
}

/// Rewrites the section. `programs` has the new places of line programs by their old ones.
pub(super) fn rewrite(
    info: &mut [u8],
    abbreviations: &[u8],
    programs: &BTreeMap<u32, u32>,
    moves: &Moves,
) -> Option<Lists> {
    let said = units(info, abbreviations, programs, moves)?;
    let mut lists = Lists::default();
    for mut said in said {
        lists.ranges.append(&mut said.lists.ranges);
        lists.locations.append(&mut said.lists.locations);
        for change in said.changes {
            change.make(info)?;
        }
    }
    Some(lists)
}

/// Reads all units, several at a time.
fn units(
    info: &[u8],
    abbreviations: &[u8],
    programs: &BTreeMap<u32, u32>,
    moves: &Moves,
) -> Option<Vec<Said>> {
    let abbreviations = DebugAbbrev::new(abbreviations, LittleEndian);
    let mut headers = Vec::new();
    let mut units = DebugInfo::new(info, LittleEndian).units();
    while let Some(header) = units.next().ok()? {
        headers.push(header);
    }
    let read = headers.into_par_iter().map(|header| {
        let mut unit = Unit {
            moves,
            programs,
            said: Said::default(),
            base: 0,
            header,
        };
        unit.entries(&abbreviations)?;
        Some(unit.said)
    });
    read.collect()
}

impl Change {
    fn make(self, info: &mut [u8]) -> Option<()> {
        let start = self.end - self.size;
        match self.size {
            4 => put(info, start, self.value),
            size => {
                let bytes = self.value.to_le_bytes();
                // What does not fit any more can't be told.
                bytes[size..].iter().all(|&byte| byte == 0).then_some(())?;
                info[start..self.end].copy_from_slice(&bytes[..size]);
                Some(())
            }
        }
    }
}

struct Unit<'a, 'u> {
    moves: &'u Moves,
    programs: &'u BTreeMap<u32, u32>,
    said: Said,
    /// What the addresses in the unit's lists are added to.
    base: u32,
    header: UnitHeader<Slice<'a>>,
}

impl<'a> Unit<'a, '_> {
    fn entries(&mut self, abbreviations: &DebugAbbrev<Slice<'a>>) -> Option<()> {
        let header = self.header;
        if header.version() > 4 || header.address_size() != 4 || header.format().word_size() != 4 {
            return None;
        }
        let start = header.debug_info_offset()?.0;
        let abbreviations = header.abbreviations(abbreviations).ok()?;
        let mut entries = header.entries_raw(&abbreviations, None).ok()?;
        let mut attributes = Vec::new();
        let mut first = true;
        while !entries.is_empty() {
            let Some(abbreviation) = entries.read_abbreviation().ok()? else {
                continue;
            };
            attributes.clear();
            // Most attributes say nothing of places, and are stepped over together.
            let mut rest = abbreviation.attributes();
            while let Some(told) = rest.iter().position(may_tell_a_place) {
                entries.skip_attributes(&rest[..told]).ok()?;
                let attribute = entries.read_attribute(rest[told]).ok()?;
                attributes.push((attribute, start + entries.next_offset().0));
                rest = &rest[told + 1..];
            }
            entries.skip_attributes(rest).ok()?;
            if std::mem::take(&mut first) {
                self.base = low(&attributes).unwrap_or(0);
            }
            self.entry(&attributes)?;
        }
        Some(())
    }

    /// Looks at the attributes of an entry, each with where it ends.
    fn entry(&mut self, attributes: &[(Attribute<Slice<'a>>, usize)]) -> Option<()> {
        for (attribute, end) in attributes {
            let end = *end;
            let mut change = |size, value| self.said.changes.push(Change { end, size, value });
            match (attribute.name(), attribute.raw_value()) {
                (_, AttributeValue::Addr(address)) => {
                    let address = u32::try_from(address).ok()?;
                    change(4, self.moves.of(address).unwrap_or(address));
                }
                (dw::DW_AT_high_pc, _) => {
                    let length = u32::try_from(attribute.udata_value()?).ok()?;
                    let size = match attribute.form() {
                        dw::DW_FORM_data4 => 4,
                        dw::DW_FORM_data2 => 2,
                        dw::DW_FORM_data1 => 1,
                        _ => return None,
                    };
                    change(size, length_of(low(attributes)?, length, self.moves));
                }
                (dw::DW_AT_stmt_list, _) => {
                    change(4, *self.programs.get(&offset(attribute)?)?);
                }
                (dw::DW_AT_ranges, _) => {
                    self.said.lists.ranges.insert(offset(attribute)?, self.base);
                }
                (name, _) if may_be_list(name) => {
                    // An expression otherwise: its addresses are those of data.
                    if let Some(list) = offset(attribute) {
                        self.said.lists.locations.insert(list, self.base);
                    }
                }
                _ => {}
            }
        }
        Some(())
    }
}

/// The first address of an entry.
fn low(attributes: &[(Attribute<Slice<'_>>, usize)]) -> Option<u32> {
    let mut addresses =
        attributes
            .iter()
            .filter_map(|(attribute, _)| match attribute.raw_value() {
                AttributeValue::Addr(address) if attribute.name() == dw::DW_AT_low_pc => {
                    Some(address)
                }
                _ => None,
            });
    addresses.next()?.try_into().ok()
}

/// A place in another section: four bytes in every form that it has in 32-bit DWARF up to version 4.
fn offset(attribute: &Attribute<Slice<'_>>) -> Option<u32> {
    match attribute.form() {
        dw::DW_FORM_sec_offset | dw::DW_FORM_data4 => match attribute.raw_value() {
            AttributeValue::SecOffset(offset) => u32::try_from(offset).ok(),
            AttributeValue::Data4(offset) => Some(offset),
            _ => None,
        },
        _ => None,
    }
}

/// Whether attributes of this kind have to be looked at.
fn may_tell_a_place(specification: &AttributeSpecification) -> bool {
    let name = specification.name();
    match specification.form() {
        // The form itself is told in the entry.
        dw::DW_FORM_addr | dw::DW_FORM_indirect => true,
        dw::DW_FORM_sec_offset | dw::DW_FORM_data4 if may_be_list(name) => true,
        _ => matches!(
            name,
            dw::DW_AT_high_pc | dw::DW_AT_stmt_list | dw::DW_AT_ranges
        ),
    }
}

/// Whether an attribute that is a place in another section means a list of locations.
fn may_be_list(name: dw::DwAt) -> bool {
    matches!(
        name,
        dw::DW_AT_location
            | dw::DW_AT_string_length
            | dw::DW_AT_return_addr
            | dw::DW_AT_data_member_location
            | dw::DW_AT_frame_base
            | dw::DW_AT_segment
            | dw::DW_AT_static_link
            | dw::DW_AT_use_location
            | dw::DW_AT_vtable_elem_location
    )
}
