//! Finds the entries of a unit that tell places. Most do not, and are stepped over by plans made once for each kind of entry.

use gimli::{
    Abbreviation, Abbreviations, AttributeSpecification, EndianSlice, LittleEndian, UnitHeader,
    constants as dw,
};

use super::super::leb;
use super::word;

/// The entries of a unit, those that tell nothing of places left out.
pub(super) struct Telling<'u, 'a> {
    header: &'u UnitHeader<EndianSlice<'a, LittleEndian>>,
    abbreviations: &'u Abbreviations,
    /// The unit's bytes.
    bytes: &'a [u8],
    /// Where the next entry begins.
    pub(super) at: usize,
    /// Whether the first entry was found.
    begun: bool,
    /// By the number of the kind.
    plans: Vec<Option<Plan>>,
}

/// What to do about entries of one kind.
enum Plan {
    /// They tell places.
    Read,
    StepOver(Vec<Step>),
}

/// Bytes to step over.
#[derive(Clone, Copy)]
enum Step {
    /// So many.
    Fixed(usize),
    Leb,
    /// Up to and with a zero.
    Text,
    /// As many as a number of so many bytes in front of them says.
    Counted(usize),
    /// The same of a LEB128.
    LebCounted,
}

/// Kinds have small numbers; one with a larger number is read whatever it tells.
const MOST: usize = 1 << 16;

impl<'u, 'a> Telling<'u, 'a> {
    /// Of a unit that lies in these `bytes`.
    pub(super) fn new(
        header: &'u UnitHeader<EndianSlice<'a, LittleEndian>>,
        abbreviations: &'u Abbreviations,
        bytes: &'a [u8],
    ) -> Self {
        Self {
            header,
            abbreviations,
            bytes,
            at: header.header_size(),
            begun: false,
            plans: Vec::new(),
        }
    }

    /// Where the next entry that tells places begins, counted from the unit, or the unit's first one, which tells what the
    /// others count from; the last answer is the unit's end. The caller reads the entry, and says in [`at`](Self::at) where
    /// the next one begins.
    ///
    /// `None` when the unit is malformed.
    pub(super) fn next(&mut self) -> Option<usize> {
        let bytes = self.bytes;
        while self.at < bytes.len() {
            let entry = self.at;
            let mut at = entry;
            let code = leb::read(bytes, &mut at)? as usize;
            if code != 0 {
                let first = !std::mem::replace(&mut self.begun, true);
                match self.plan(code)? {
                    Plan::StepOver(steps) if !first => {
                        for step in steps {
                            at = step.over(bytes, at)?;
                        }
                    }
                    _ => return Some(entry),
                }
            }
            self.at = at;
        }
        (self.at == bytes.len()).then_some(self.at)
    }

    fn plan(&mut self, code: usize) -> Option<&Plan> {
        if code >= MOST {
            return Some(&Plan::Read);
        }
        if code >= self.plans.len() {
            self.plans.resize_with(code + 1, || None);
        }
        let plan = &mut self.plans[code];
        if plan.is_none() {
            let kind = self.abbreviations.get(code as u64)?;
            *plan = Some(Plan::new(kind, self.header));
        }
        plan.as_ref()
    }
}

impl Plan {
    fn new(kind: &Abbreviation, header: &UnitHeader<EndianSlice<'_, LittleEndian>>) -> Self {
        let mut steps = Vec::new();
        for attribute in kind.attributes() {
            let step = match may_tell_a_place(attribute) {
                true => None,
                false => Step::new(attribute, header),
            };
            match (step, steps.last_mut()) {
                // What is not known is read as well: that will fail.
                (None, _) => return Plan::Read,
                (Some(Step::Fixed(more)), Some(Step::Fixed(size))) => *size += more,
                (Some(step), _) => steps.push(step),
            }
        }
        Plan::StepOver(steps)
    }
}

impl Step {
    fn new(
        attribute: &AttributeSpecification,
        header: &UnitHeader<EndianSlice<'_, LittleEndian>>,
    ) -> Option<Self> {
        if let Some(size) = attribute.size(header) {
            return Some(Self::Fixed(size));
        }
        Some(match attribute.form() {
            dw::DW_FORM_udata
            | dw::DW_FORM_sdata
            | dw::DW_FORM_ref_udata
            | dw::DW_FORM_strx
            | dw::DW_FORM_GNU_str_index => Self::Leb,
            dw::DW_FORM_string => Self::Text,
            dw::DW_FORM_block1 => Self::Counted(1),
            dw::DW_FORM_block2 => Self::Counted(2),
            dw::DW_FORM_block4 => Self::Counted(4),
            dw::DW_FORM_block | dw::DW_FORM_exprloc => Self::LebCounted,
            _ => return None,
        })
    }

    /// Where what follows begins.
    fn over(self, bytes: &[u8], at: usize) -> Option<usize> {
        match self {
            Self::Fixed(size) => at.checked_add(size),
            Self::Leb => {
                let rest = bytes.get(at..)?;
                let last = rest.iter().position(|byte| byte & 0x80 == 0)?;
                Some(at + last + 1)
            }
            Self::Text => Some(at + memchr::memchr(0, bytes.get(at..)?)? + 1),
            Self::Counted(width) => {
                let size = match width {
                    1 => u32::from(*bytes.get(at)?),
                    2 => u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?).into(),
                    _ => word(bytes, at)?,
                };
                (at + width).checked_add(size as usize)
            }
            Self::LebCounted => {
                let mut at = at;
                let size = leb::read(bytes, &mut at)?;
                at.checked_add(size as usize)
            }
        }
    }
}

/// Whether attributes of this kind have to be looked at.
pub(super) fn may_tell_a_place(specification: &AttributeSpecification) -> bool {
    let name = specification.name();
    match specification.form() {
        dw::DW_FORM_addr
        | dw::DW_FORM_addrx
        | dw::DW_FORM_addrx1
        | dw::DW_FORM_addrx2
        | dw::DW_FORM_addrx3
        | dw::DW_FORM_addrx4
        | dw::DW_FORM_rnglistx
        | dw::DW_FORM_loclistx
        | dw::DW_FORM_sec_offset
        // The form itself is told in the entry.
        | dw::DW_FORM_indirect => true,
        dw::DW_FORM_data4 if may_be_list(name) => true,
        _ => matches!(
            name,
            dw::DW_AT_high_pc | dw::DW_AT_entry_pc | dw::DW_AT_stmt_list | dw::DW_AT_ranges
        ),
    }
}

/// Whether an attribute that is a place in another section means a list of locations.
pub(super) fn may_be_list(name: dw::DwAt) -> bool {
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
