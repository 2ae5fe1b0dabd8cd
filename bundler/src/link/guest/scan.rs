//! The operators: validated and searched in one decoding pass, a function per task.

use std::ops::Range;

use wasmparser::{BinaryReaderError, FunctionBody};

use super::super::error::LinkError;
use super::super::leb;
use super::super::validate;
use super::read::PendingBody;
use super::{Body, ERRNO_MASK, Site, What};
use crate::requires::{self, Requires};

pub(super) const CALL: u8 = 0x10;
pub(super) const RETURN_CALL: u8 = 0x12;
pub(super) const REF_FUNC: u8 = 0xd2;
pub(super) const MEMORY_SIZE: u8 = 0x3f;
pub(super) const MEMORY_GROW: u8 = 0x40;
const I32_CONST: u8 = 0x41;
const I32_ADD: u8 = 0x6a;
const I32_ROTR: u8 = 0x78;

/// Validates all bodies, and finds their sites and what they need of an engine.
///
/// Functions below `imports` are imported; the first body's length is at `first`.
pub(super) fn scan(
    module: &[u8],
    imports: u32,
    first: usize,
    bodies: Vec<PendingBody<'_>>,
) -> Result<(Vec<Body>, Requires), LinkError> {
    let scanned = validate::each(bodies, |validator, body| {
        let (sites, requires) = sites(module, imports, validator, body)?;
        Ok((body.range(), sites, requires))
    });
    let mut bodies = Vec::with_capacity(scanned.len());
    let mut all = Requires::default();
    for body in scanned {
        let body = body.map_err(|error: BinaryReaderError| LinkError::malformed(&error));
        let (range, sites, requires) = body?;
        bodies.push((range, sites));
        all |= requires;
    }
    Ok((in_file(first, bodies), all))
}

/// Bodies where they are, by their contents and sites; the first one's length is at `first`.
pub(super) fn in_file(
    mut first: usize,
    bodies: impl IntoIterator<Item = (Range<usize>, Vec<Site>)>,
) -> Vec<Body> {
    let bodies = bodies.into_iter().map(|(contents, sites)| Body {
        start: std::mem::replace(&mut first, contents.end),
        contents,
        sites,
    });
    bodies.collect()
}

fn sites(
    module: &[u8],
    imports: u32,
    validator: &mut wasmparser::FuncValidator<wasmparser::ValidatorResources>,
    body: &FunctionBody<'_>,
) -> Result<(Vec<Site>, Requires), BinaryReaderError> {
    let mut sites = Vec::new();
    let mut needs = Requires::default();
    for local in body.get_locals_reader()? {
        needs |= requires::value(local?.1);
    }
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    reader.set_features(*validator.features());
    let mut operand = Operand::default();
    while !reader.eof() {
        let start = reader.original_position();
        reader.visit_operator(&mut validator.visitor(start))??;
        needs |= requires::operator(&module[start..]);
        let what = match module[start] {
            CALL | RETURN_CALL | REF_FUNC => {
                let mut at = start + 1;
                match leb::read(module, &mut at) {
                    Some(index) if index < imports => {
                        let behind = &module[at..body.range().end];
                        let masked = module[start] == CALL && behind.starts_with(&ERRNO_MASK);
                        sites.push(match masked {
                            true => Site {
                                at: start + 1..at + ERRNO_MASK.len(),
                                what: What::ErrnoCall(index),
                            },
                            false => Site {
                                at: start + 1..at,
                                what: What::Function(index),
                            },
                        });
                    }
                    _ => {}
                }
                operand = Operand::default();
                continue;
            }
            MEMORY_SIZE => What::MemorySize,
            MEMORY_GROW => What::MemoryGrow {
                operand: operand.size(start),
            },
            opcode => {
                operand.next(start, opcode);
                continue;
            }
        };
        operand = Operand::default();
        sites.push(Site {
            at: start..reader.original_position(),
            what,
        });
    }
    reader.finish_expression(&validator.visitor(reader.original_position()))?;
    Ok((sites, needs))
}

/// The two operators before a `memory.grow` when they turn a value on the stack into its operand: a constant, and an
/// arithmetic operator of one byte.
#[derive(Default)]
struct Operand {
    /// Where an `i32.const` that has just been read begins.
    constant: Option<usize>,
    /// Where it begins when the arithmetic operator has been read as well.
    complete: Option<usize>,
}

impl Operand {
    fn next(&mut self, start: usize, opcode: u8) {
        self.complete = match opcode {
            I32_ADD..=I32_ROTR => self.constant,
            _ => None,
        };
        self.constant = (opcode == I32_CONST).then_some(start);
    }

    fn size(&self, end: usize) -> usize {
        self.complete.map_or(0, |start| end - start)
    }
}
