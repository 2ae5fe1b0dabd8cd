//! The program's own bytes, changed at their sites and nowhere else.

use std::ops::Range;

use super::guest::{ERRNO_MASK, Guest, Site, What};
use super::layout::CODE;
use super::leb;
use super::moves::Moves;
use super::place::Place;
use super::region::Region;
use super::route::Route;

/// What the sites of a program become.
#[derive(Debug)]
pub(super) struct Patches<'a> {
    /// By function import: the function that takes its place.
    functions: Vec<Option<u32>>,
    /// What `memory.size` and `memory.grow` become; `None` leaves both alone.
    region: Option<&'a Region>,
    /// A body that is another now: which one, and what it is.
    body: Option<(usize, Vec<u8>)>,
}

impl<'a> Patches<'a> {
    pub(super) fn new(route: &Route, place: &'a Place) -> Self {
        let merged = place.merged.as_ref();
        let target = |index: u32| merged.and_then(|merged| merged.function_of.get(&index).copied());
        let functions = route.interposed.iter();
        Patches {
            functions: functions.map(|answer| answer.and_then(target)).collect(),
            region: merged.and_then(|merged| merged.region.as_ref()),
            body: None,
        }
    }

    /// Patches of a program that has its interposer.
    pub(super) fn inside(functions: Vec<Option<u32>>, body: (usize, Vec<u8>)) -> Self {
        Patches {
            functions,
            region: None,
            body: Some(body),
        }
    }

    /// Whether the site changes at all.
    pub(super) fn applies(&self, site: &Site) -> bool {
        match site.what {
            What::Function(index) | What::ErrnoCall(index) => {
                self.functions[index as usize].is_some()
            }
            What::MemorySize | What::MemoryGrow { .. } => self.region.is_some(),
        }
    }

    /// Appends the bytes at `range`, with the changes of `sites` that lie in it.
    ///
    /// Operands keep their width when the new value fits, so that what follows stays where it is. Where it does not,
    /// `moved` is told: where it was, and how many bytes `out` has before it.
    pub(super) fn copy(
        &self,
        guest: &Guest<'_>,
        range: Range<usize>,
        sites: &[Site],
        out: &mut Vec<u8>,
        mut moved: impl FnMut(usize, usize),
    ) {
        const NOP: u8 = 0x01;
        let mut from = range.start;
        for site in sites.iter().filter(|site| self.applies(site)) {
            let (at, opcode, index) = self.change(guest, site);
            out.extend_from_slice(guest.slice(&(from..at.start)));
            let start = out.len();
            from = at.end;
            out.extend(opcode);
            // No operand is longer than five bytes; what is left of a folded site does nothing.
            let left = at.len() - usize::from(opcode.is_some());
            let operand = left.min(leb::PADDED);
            leb::write_padded(out, index, operand);
            out.resize(out.len() + left - operand, NOP);
            if out.len() - start != at.len() {
                moved(at.end, out.len());
            }
        }
        out.extend_from_slice(guest.slice(&(from..range.end)));
    }

    /// What is replaced, and by what: an operator, unless only its operand changes, and an index.
    fn change(&self, guest: &Guest<'_>, site: &Site) -> (Range<usize>, Option<u8>, u32) {
        const GLOBAL_GET: u8 = 0x23;
        const CALL: u8 = 0x10;
        const APPLIES: &str = "only asked about sites that change";
        let at = site.at.clone();
        match site.what {
            What::Function(index) => (at, None, self.functions[index as usize].expect(APPLIES)),
            What::ErrnoCall(index) => {
                let index = self.functions[index as usize].expect(APPLIES);
                let operand = at.start..at.end - ERRNO_MASK.len();
                match leb::width(index) > operand.len() {
                    // The interposer's answers have 16 bits too: the longer operand takes the place of the cut.
                    true => (at, None, index),
                    false => (operand, None, index),
                }
            }
            What::MemorySize => {
                let region = self.region.expect(APPLIES);
                (at, Some(GLOBAL_GET), region.globals.pages)
            }
            What::MemoryGrow { operand } => {
                let region = self.region.expect(APPLIES);
                let index = region.helpers.memory_grow.expect("placed for every growth");
                let wide = at.start - operand..at.end;
                let folded = region
                    .folded_growth
                    .get(guest.slice(&(wide.start..at.start)));
                match folded {
                    Some(&folded) if 1 + leb::width(index) > at.len() => (wide, Some(CALL), folded),
                    _ => (at, Some(CALL), index),
                }
            }
        }
    }
}

/// What becomes of the program's bodies.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// Whether any instruction has another place, counted from the section's start, than in the program.
    pub(super) moved: bool,
    /// The bodies with a change, in order.
    pub(super) changed: Vec<Changed>,
    /// Bytes of the largest of them, its length not counted.
    pub(super) largest: usize,
    /// Where everything is, the function count counted in as `count` bytes.
    pub(super) moves: Moves,
}

/// A body that is another now.
#[derive(Debug)]
pub(super) struct Changed {
    /// Its index in [`Guest::bodies`].
    pub(super) index: usize,
    /// What it is, its length in front.
    pub(super) bytes: Vec<u8>,
}

/// Patches all bodies; `count` bytes will be before them.
pub(super) fn code(guest: &Guest<'_>, patches: &Patches<'_>, count: usize) -> Code {
    let mut code = Code::default();
    let (Some(first), Some(last)) = (guest.bodies.first(), guest.bodies.last()) else {
        return code;
    };
    let section = guest.section(CODE).map_or(0, |code| code.contents.start);
    code.moved = first.start - section != count;
    code.moves.add(first.start - section, count);
    code.moves.end(last.contents.end - section);
    // The end of the last body with a change, and how many bytes there are up to it now.
    let mut from = first.start;
    let mut done = count;
    for (index, body) in guest.bodies.iter().enumerate() {
        let instead = patches.body.as_ref().filter(|(at, _)| *at == index);
        if instead.is_none() && !body.sites.iter().any(|site| patches.applies(site)) {
            continue;
        }
        let size_width = body.contents.start - body.start;
        let mut patched = Vec::with_capacity(body.contents.len() + 64);
        let mut within = Vec::new();
        match instead {
            Some((_, bytes)) => patched.extend_from_slice(bytes),
            None => {
                let moved = |old, new| within.push((old, new));
                patches.copy(
                    guest,
                    body.contents.clone(),
                    &body.sites,
                    &mut patched,
                    moved,
                );
            }
        }
        let mut size = Vec::new();
        leb::write_padded(&mut size, patched.len() as u32, size_width);
        let start = done + (body.start - from) + size.len();
        if size.len() != size_width {
            code.moves.add(body.contents.start - section, start);
        }
        for (old, new) in within {
            code.moves.add(old - section, start + new);
        }
        code.moved |= patched.len() != body.contents.len();
        code.largest = code.largest.max(patched.len());
        done = start + patched.len();
        size.append(&mut patched);
        code.changed.push(Changed { index, bytes: size });
        from = body.contents.end;
    }
    code
}
