//! The sites of a program's bodies as bytes, to be kept for the next time: few of many thousand bodies have any.
//!
//! Numbers are LEB128. First what the program needs of an engine, then how many bodies there are and how many of them have sites; for each of these its index, how many
//! sites, and for each site where it begins in the body, its length, what it is, and a number that goes with it.

use wasmparser::FunctionBody;

use super::super::leb;
use super::scan::{self, CALL, MEMORY_GROW, MEMORY_SIZE, REF_FUNC, RETURN_CALL};
use super::{Body, Guest, Site, What};
use crate::requires::Requires;

const FUNCTION: u32 = 0;
const ERRNO_CALL: u32 = 1;
const SIZE: u32 = 2;
const GROW: u32 = 3;

pub(super) fn encode(requires: Requires, bodies: &[Body]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut put = |number: usize| leb::write(&mut out, number as u32);
    let with_sites = || {
        let bodies = bodies.iter().enumerate();
        bodies.filter(|(_, body)| !body.sites.is_empty())
    };
    put(requires.bits() as usize);
    put(bodies.len());
    put(with_sites().count());
    for (index, body) in with_sites() {
        put(index);
        put(body.sites.len());
        for site in &body.sites {
            let (what, number) = match site.what {
                What::Function(index) => (FUNCTION, index as usize),
                What::ErrnoCall(index) => (ERRNO_CALL, index as usize),
                What::MemorySize => (SIZE, 0),
                What::MemoryGrow { operand } => (GROW, operand),
            };
            put(site.at.start - body.contents.start);
            put(site.at.len());
            put(what as usize);
            put(number);
        }
    }
    out
}

/// What the program needs, and the bodies with the sites that `found` tells; `None` when these can't be this program's.
pub(super) fn decode(
    guest: &Guest<'_>,
    bodies: &[FunctionBody<'_>],
    found: &[u8],
) -> Option<(Requires, Vec<Body>)> {
    let at = &mut 0;
    let mut next = || leb::read(found, at).map(|number| number as usize);
    let requires = Requires::of_bits(next()? as u32);
    if next()? != bodies.len() {
        return None;
    }
    let bodies = bodies.iter().map(|body| (body.range(), Vec::new()));
    let mut bodies: Vec<_> = bodies.collect();
    for _ in 0..next()? {
        let (contents, sites) = bodies.get_mut(next()?)?;
        for _ in 0..next()? {
            let start = contents.start.checked_add(next()?)?;
            let end = start.checked_add(next()?)?;
            let (what, number) = (next()? as u32, next()?);
            let what = match what {
                FUNCTION => What::Function(number as u32),
                ERRNO_CALL => What::ErrnoCall(number as u32),
                SIZE if number == 0 => What::MemorySize,
                GROW => What::MemoryGrow { operand: number },
                _ => return None,
            };
            let site = Site {
                at: start..end,
                what,
            };
            let inside = start > contents.start && end <= contents.end;
            if !inside || !is_there(guest, contents.start, &site) {
                return None;
            }
            sites.push(site);
        }
    }
    (*at == found.len()).then(|| (requires, scan::in_file(guest.first_body(), bodies)))
}

/// Whether the program has such a thing at this place, of a body that begins at `body`.
fn is_there(guest: &Guest<'_>, body: usize, site: &Site) -> bool {
    let start = site.at.start;
    match site.what {
        What::Function(index) | What::ErrnoCall(index) => {
            (index as usize) < guest.imports.len()
                && leb::read(guest.bytes, &mut { start }) == Some(index)
                && matches!(guest.bytes[start - 1], CALL | RETURN_CALL | REF_FUNC)
        }
        What::MemorySize => guest.bytes[start] == MEMORY_SIZE,
        What::MemoryGrow { operand } => {
            guest.bytes[start] == MEMORY_GROW && operand <= start - body
        }
    }
}
