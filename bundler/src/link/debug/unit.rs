//! A unit of `.debug_info`: addresses of functions, blocks and labels, and where their lists and lines are.

use std::ops::Range;

use gimli::{
    AttributeValue, DebugAbbrev, EndianSlice, LittleEndian, UnitHeader, UnitOffset, UnitType,
    constants as dw,
};

use super::super::moves::Moves;
use super::addresses::Addresses;
use super::coded::Owner;
use super::entries::{Telling, may_be_list, may_tell_a_place};
use super::info::{Change, Said, Value, refer};
use super::{Places, length_of, word};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// What units refer to.
pub(super) struct Surroundings<'s> {
    pub(super) abbreviations: &'s [u8],
    pub(super) addresses: &'s Addresses<'s>,
    pub(super) coded_ranges: &'s [u8],
    pub(super) coded_locations: &'s [u8],
    /// The new places of line programs by their old ones.
    pub(super) programs: &'s Places,
    pub(super) moves: &'s Moves,
}

/// A unit that is being read.
pub(super) struct Unit<'a, 's> {
    header: UnitHeader<Slice<'a>>,
    surroundings: &'s Surroundings<'s>,
    said: Said,
    bases: Bases,
}

/// What the unit's numbers and distances count from.
#[derive(Default)]
struct Bases {
    /// What the addresses in the unit's lists are added to.
    code: u32,
    addresses: Option<u32>,
    ranges: Option<u32>,
    locations: Option<u32>,
}

impl Bases {
    fn owner(&self) -> Owner {
        Owner {
            base: self.code,
            addresses: self.addresses,
        }
    }
}

/// An attribute, and which bytes it is.
struct Attribute<'a> {
    it: gimli::Attribute<Slice<'a>>,
    bytes: Range<usize>,
}

impl<'a, 's> Unit<'a, 's> {
    pub(super) fn new(header: UnitHeader<Slice<'a>>, surroundings: &'s Surroundings<'s>) -> Self {
        Self {
            header,
            surroundings,
            said: Said::default(),
            bases: Bases::default(),
        }
    }

    pub(super) fn read(
        mut self,
        info: &'a [u8],
        abbreviations: &DebugAbbrev<Slice<'a>>,
    ) -> Option<Said> {
        let header = self.header;
        let whole = matches!(
            header.type_(),
            UnitType::Compilation | UnitType::Partial | UnitType::Type { .. }
        );
        if !whole
            || header.version() > 5
            || header.address_size() != 4
            || header.format().word_size() != 4
        {
            return None;
        }
        let start = header.debug_info_offset()?.0;
        let abbreviations = header.abbreviations(abbreviations).ok()?;
        let bytes = info.get(start..start.checked_add(header.length_including_self())?)?;
        let mut telling = Telling::new(&header, &abbreviations, bytes);
        let mut attributes = Vec::new();
        let mut first = true;
        loop {
            let at = telling.next()?;
            if at == bytes.len() {
                break;
            }
            let mut entries = header
                .entries_raw(&abbreviations, Some(UnitOffset(at)))
                .ok()?;
            let abbreviation = entries.read_abbreviation().ok()??;
            attributes.clear();
            // Most attributes say nothing of places, and are stepped over together.
            let mut rest = abbreviation.attributes();
            while let Some(told) = rest.iter().position(may_tell_a_place) {
                entries.skip_attributes(&rest[..told]).ok()?;
                let from = start + entries.next_offset().0;
                let it = entries.read_attribute(rest[told]).ok()?;
                let bytes = from..start + entries.next_offset().0;
                attributes.push(Attribute { it, bytes });
                rest = &rest[told + 1..];
            }
            entries.skip_attributes(rest).ok()?;
            telling.at = entries.next_offset().0;
            if std::mem::take(&mut first) {
                self.root(&attributes)?;
            }
            for attribute in &attributes {
                self.attribute(attribute, &attributes)?;
            }
        }
        Some(self.said)
    }

    /// Looks for what the whole unit counts from.
    fn root(&mut self, attributes: &[Attribute<'a>]) -> Option<()> {
        for attribute in attributes {
            let base = match attribute.it.name() {
                dw::DW_AT_addr_base => &mut self.bases.addresses,
                dw::DW_AT_rnglists_base => &mut self.bases.ranges,
                dw::DW_AT_loclists_base => &mut self.bases.locations,
                // Before version 5 only of units that are split.
                dw::DW_AT_GNU_addr_base => return None,
                _ => continue,
            };
            *base = Some(offset(attribute)?);
        }
        self.bases.code = self.low(attributes).unwrap_or(0);
        Some(())
    }

    /// Looks at an attribute of an entry that has `all` these.
    fn attribute(&mut self, attribute: &Attribute<'a>, all: &[Attribute<'a>]) -> Option<()> {
        let Surroundings {
            coded_ranges,
            coded_locations,
            programs,
            moves,
            ..
        } = *self.surroundings;
        match (attribute.it.name(), attribute.it.raw_value()) {
            (_, AttributeValue::Addr(address)) => {
                let address = u32::try_from(address).ok()?;
                let moved = moves.of(address).unwrap_or(address);
                self.change(attribute, Value::Fixed(moved));
            }
            (_, AttributeValue::DebugAddrIndex(number)) => {
                let (slot, _) = self.slot(number.0)?;
                self.said.slots.insert(slot);
            }
            (_, AttributeValue::DebugRngListsIndex(number)) => {
                let list = by_number(coded_ranges, self.bases.ranges?, number.0)?;
                refer(&mut self.said.coded_ranges, list, self.bases.owner())?;
            }
            (_, AttributeValue::DebugLocListsIndex(number)) => {
                let list = by_number(coded_locations, self.bases.locations?, number.0)?;
                refer(&mut self.said.coded_locations, list, self.bases.owner())?;
            }
            (dw::DW_AT_high_pc | dw::DW_AT_entry_pc, _) => {
                let old = u32::try_from(attribute.it.udata_value()?).ok()?;
                let new = length_of(self.low(all)?, old, moves);
                let value = match attribute.it.form() {
                    dw::DW_FORM_data1
                    | dw::DW_FORM_data2
                    | dw::DW_FORM_data4
                    | dw::DW_FORM_data8 => Value::Fixed(new),
                    dw::DW_FORM_udata => Value::Leb(new),
                    // It is of many entries, or has a sign.
                    _ => return (old == new).then_some(()),
                };
                self.change(attribute, value);
            }
            (dw::DW_AT_stmt_list, _) => {
                let program = programs.get(&offset(attribute)?)?;
                self.change(attribute, Value::Fixed(*program));
            }
            (dw::DW_AT_macros | dw::DW_AT_GNU_macros, _) => {
                self.said.macros.insert(offset(attribute)?);
            }
            (dw::DW_AT_ranges, _) => self.ranges(attribute)?,
            (dw::DW_AT_rnglists_base, _) => {
                let base = offset(attribute)?;
                self.change(attribute, Value::Ranges(base));
            }
            (dw::DW_AT_loclists_base, _) => {
                let base = offset(attribute)?;
                self.change(attribute, Value::Locations(base));
            }
            (name, _) if may_be_list(name) => self.locations(attribute)?,
            (dw::DW_AT_addr_base | dw::DW_AT_str_offsets_base, _) => {}
            // It may be a list of some kind.
            (_, AttributeValue::SecOffset(_)) if self.header.version() == 5 => return None,
            _ => {}
        }
        Some(())
    }

    /// A list of ranges that begins here.
    fn ranges(&mut self, attribute: &Attribute<'_>) -> Option<()> {
        let list = offset(attribute)?;
        if self.header.version() < 5 {
            self.said.ranges.insert(list, self.bases.code);
        } else {
            refer(&mut self.said.coded_ranges, list, self.bases.owner())?;
            self.change(attribute, Value::Ranges(list));
        }
        Some(())
    }

    /// A list of locations that begins here; an expression otherwise, whose addresses are those of data.
    fn locations(&mut self, attribute: &Attribute<'_>) -> Option<()> {
        let Some(list) = offset(attribute) else {
            return Some(());
        };
        if self.header.version() < 5 {
            self.said.locations.insert(list, self.bases.code);
        } else {
            refer(&mut self.said.coded_locations, list, self.bases.owner())?;
            self.change(attribute, Value::Locations(list));
        }
        Some(())
    }

    /// The attribute is to have this value. It ends with the number, in front of which its form may be told.
    fn change(&mut self, attribute: &Attribute<'_>, to: Value) {
        let Range { start, end } = attribute.bytes;
        let size = match attribute.it.form() {
            dw::DW_FORM_data1 => 1,
            dw::DW_FORM_data2 => 2,
            dw::DW_FORM_data8 => 8,
            dw::DW_FORM_udata => end - start,
            _ => 4,
        };
        let bytes = end - size..end;
        self.said.changes.push(Change { bytes, to });
    }

    /// Where the address of this number is, and what it is.
    fn slot(&self, number: usize) -> Option<(u32, u32)> {
        let number = u32::try_from(number).ok()?;
        self.surroundings
            .addresses
            .find(self.bases.addresses?, number)
    }

    /// The first address of an entry.
    fn low(&self, attributes: &[Attribute<'_>]) -> Option<u32> {
        attributes
            .iter()
            .filter(|attribute| attribute.it.name() == dw::DW_AT_low_pc)
            .find_map(|attribute| match attribute.it.raw_value() {
                AttributeValue::Addr(address) => address.try_into().ok(),
                AttributeValue::DebugAddrIndex(number) => Some(self.slot(number.0)?.1),
                _ => None,
            })
    }
}

/// A place in another section, four bytes in all its forms.
fn offset(attribute: &Attribute<'_>) -> Option<u32> {
    match attribute.it.raw_value() {
        AttributeValue::SecOffset(offset) => u32::try_from(offset).ok(),
        _ => None,
    }
}

/// The list of this number.
fn by_number(section: &[u8], base: u32, number: usize) -> Option<u32> {
    let offset = (base as usize).checked_add(number.checked_mul(4)?)?;
    base.checked_add(word(section, offset)?)
}
