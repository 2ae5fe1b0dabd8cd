//! The program's own bytes, changed at their sites and nowhere else.

use std::ops::Range;

use super::guest::{Guest, Site, What};
use super::leb;
use super::place::{Merged, Place};
use super::route::Route;

/// What the sites of a program become.
#[derive(Debug)]
pub(super) struct Patches {
    /// By function import: the function that takes its place.
    functions: Vec<Option<u32>>,
    /// The global that `memory.size` reads and the function that `memory.grow` calls; `None` leaves both alone.
    memory: Option<(u32, Option<u32>)>,
}

impl Patches {
    pub(super) fn new(route: &Route, place: &Place) -> Self {
        let merged = place.merged.as_ref();
        let target = |index: u32| merged.and_then(|merged| merged.function_of.get(&index).copied());
        Patches {
            functions: route
                .interposed
                .iter()
                .map(|answer| answer.and_then(target))
                .collect(),
            memory: merged.map(
                |Merged {
                     globals, helpers, ..
                 }| (globals.pages, helpers.memory_grow),
            ),
        }
    }

    /// Whether the site changes at all.
    pub(super) fn applies(&self, site: &Site) -> bool {
        match site.what {
            What::Function(index) => self.functions[index as usize].is_some(),
            What::MemorySize | What::MemoryGrow => self.memory.is_some(),
        }
    }

    /// Appends the bytes at `range`, with the changes of `sites` that lie in it.
    ///
    /// Operands keep their width when the new value fits, so that what follows stays where it is.
    pub(super) fn copy(
        &self,
        guest: &Guest<'_>,
        range: Range<usize>,
        sites: &[Site],
        out: &mut Vec<u8>,
    ) {
        const GLOBAL_GET: u8 = 0x23;
        const CALL: u8 = 0x10;
        let mut from = range.start;
        for site in sites.iter().filter(|site| self.applies(site)) {
            out.extend_from_slice(guest.slice(&(from..site.at.start)));
            from = site.at.end;
            let (opcode, index) = match (site.what, self.memory) {
                (What::Function(index), _) => (None, self.functions[index as usize]),
                (What::MemorySize, Some((pages, _))) => (Some(GLOBAL_GET), Some(pages)),
                (What::MemoryGrow, Some((_, grow))) => (Some(CALL), grow),
                (_, None) => (None, None),
            };
            out.extend(opcode);
            let index = index.expect("`applies` says so, and a helper is placed for every site");
            leb::write_padded(out, index, site.at.len() - usize::from(opcode.is_some()));
        }
        out.extend_from_slice(guest.slice(&(from..range.end)));
    }
}

/// The code section's contents without its function count.
#[derive(Debug)]
pub(super) struct Code {
    pub(super) bytes: Vec<u8>,
    /// Whether any instruction has another place, counted from the section's start, than in the program.
    pub(super) moved: bool,
}

/// Patches all bodies.
pub(super) fn code(guest: &Guest<'_>, patches: &Patches) -> Code {
    let (Some(first), Some(last)) = (guest.bodies.first(), guest.bodies.last()) else {
        return Code {
            bytes: Vec::new(),
            moved: false,
        };
    };
    let mut code = Code {
        bytes: Vec::with_capacity(last.contents.end - first.start),
        moved: false,
    };
    // Bodies without a change are copied in one go, together with their neighbours.
    let mut from = first.start;
    let mut patched = Vec::new();
    for body in &guest.bodies {
        if !body.sites.iter().any(|site| patches.applies(site)) {
            continue;
        }
        code.bytes
            .extend_from_slice(guest.slice(&(from..body.start)));
        from = body.contents.end;
        patched.clear();
        patches.copy(guest, body.contents.clone(), &body.sites, &mut patched);
        leb::write_padded(
            &mut code.bytes,
            patched.len() as u32,
            body.contents.start - body.start,
        );
        code.moved |= patched.len() != body.contents.len();
        code.bytes.extend_from_slice(&patched);
    }
    code.bytes
        .extend_from_slice(guest.slice(&(from..last.contents.end)));
    code
}
