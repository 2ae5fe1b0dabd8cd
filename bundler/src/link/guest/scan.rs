//! The operators: validated and searched in one decoding pass, a function per task.

use rayon::prelude::*;
use wasmparser::{BinaryReaderError, FuncValidatorAllocations, FunctionBody};

use super::super::error::LinkError;
use super::super::leb;
use super::read::PendingBody;
use super::{Body, Site, What};

const CALL: u8 = 0x10;
const RETURN_CALL: u8 = 0x12;
const REF_FUNC: u8 = 0xd2;
const MEMORY_SIZE: u8 = 0x3f;
const MEMORY_GROW: u8 = 0x40;

/// Validates all bodies and finds their sites.
///
/// Functions below `imports` are imported; the first body's length is at `first`.
pub(super) fn scan(
    module: &[u8],
    imports: u32,
    mut first: usize,
    bodies: Vec<PendingBody<'_>>,
) -> Result<Vec<Body>, LinkError> {
    let scanned: Vec<Result<Body, BinaryReaderError>> = bodies
        .into_par_iter()
        .with_min_len(16)
        .map_init(
            FuncValidatorAllocations::default,
            |allocations, (function, body)| {
                let mut validator = function.into_validator(std::mem::take(allocations));
                let sites = sites(module, imports, &mut validator, &body);
                *allocations = validator.into_allocations();
                Ok(Body {
                    start: 0,
                    contents: body.range(),
                    sites: sites?,
                })
            },
        )
        .collect();
    // Not collected as one result by rayon: that would report whichever error came first in time.
    let mut bodies = Vec::with_capacity(scanned.len());
    for body in scanned {
        let body = body.map_err(|e| LinkError::malformed(&e))?;
        let start = std::mem::replace(&mut first, body.contents.end);
        bodies.push(Body { start, ..body });
    }
    Ok(bodies)
}

fn sites(
    module: &[u8],
    imports: u32,
    validator: &mut wasmparser::FuncValidator<wasmparser::ValidatorResources>,
    body: &FunctionBody<'_>,
) -> Result<Vec<Site>, BinaryReaderError> {
    let mut sites = Vec::new();
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    reader.set_features(*validator.features());
    while !reader.eof() {
        let start = reader.original_position();
        reader.visit_operator(&mut validator.visitor(start))??;
        let what = match module[start] {
            CALL | RETURN_CALL | REF_FUNC => {
                let mut at = start + 1;
                match leb::read(module, &mut at) {
                    Some(index) if index < imports => {
                        sites.push(Site {
                            at: start + 1..at,
                            what: What::Function(index),
                        });
                    }
                    _ => {}
                }
                continue;
            }
            MEMORY_SIZE => What::MemorySize,
            MEMORY_GROW => What::MemoryGrow,
            _ => continue,
        };
        sites.push(Site {
            at: start..reader.original_position(),
            what,
        });
    }
    reader.finish_expression(&validator.visitor(reader.original_position()))?;
    Ok(sites)
}
