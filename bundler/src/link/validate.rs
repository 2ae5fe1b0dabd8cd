//! The last check: what was linked is valid WebAssembly.

use std::ops::Range;

use rayon::prelude::*;
use wasmparser::{
    BinaryReaderError, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody,
    Parser, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use super::error::LinkError;
use super::layout::{CODE, DATA};
use super::leb;
use super::linked::Linked;
use super::options::{Memory, Options};
use super::parts::Parts;
use super::sections;

/// A body that is valid whatever its type: no locals, `unreachable`, `end`.
const ANY: [u8; 3] = [0, 0x00, 0x0b];

/// A section of the linked module that is not a custom one, whole.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) id: u8,
    /// Where it is, the image not counted.
    pub(super) linked: Range<usize>,
}

/// Validates `linked` with an empty image in its hole; what the image's bytes are can't make a difference.
///
/// Bodies that are the program's byte for byte were validated with it: every index means what it meant, because linking
/// only appends to the index spaces. So another body stands for each of them, which is valid whatever its type, and an empty data
/// segment for each of the program's. Builds for debugging, which trust nobody, look at everything, too.
///
/// Several memories are only valid in the layout that has them.
///
/// # Errors
/// [`LinkError::Bug`]: the program was valid, so the linker is wrong.
pub(super) fn validate(
    linked: &Linked<'_>,
    sections: &[Section],
    parts: &Parts<'_, '_>,
    options: &Options,
) -> Result<(), LinkError> {
    let check = |module: &[u8]| {
        let one_memory = WasmFeatures::all().difference(WasmFeatures::MULTI_MEMORY);
        match options.memory {
            Memory::Single => whole(module, one_memory).or_else(|error| {
                // A program with one memory may still write its index where that proposal has one.
                let mut validator = Validator::new_with_features(one_memory);
                match validator.validate_all(parts.guest.bytes) {
                    Ok(_) => Err(error),
                    Err(_) => whole(module, WasmFeatures::all()),
                }
            }),
            Memory::Isolated => whole(module, WasmFeatures::all()),
        }
    };
    let mut result = check(&short(linked, sections, parts));
    if cfg!(debug_assertions) {
        result = result.and_then(|()| check(&linked.to_bytes()));
    }
    result.map_err(|e| LinkError::Bug {
        offset: e.offset(),
        message: e.message().to_owned(),
    })
}

/// The linked module without what is known to be valid.
fn short(linked: &Linked<'_>, sections: &[Section], parts: &Parts<'_, '_>) -> Vec<u8> {
    let middle = linked.before.len();
    let mut module = parts.guest.bytes[..8].to_vec();
    for Section { id, linked: place } in sections {
        match *id {
            CODE => sections::put(&mut module, CODE, &bodies(parts)),
            DATA => sections::put(&mut module, DATA, &empty_segments(linked.segment() + 1)),
            _ if place.end <= middle => module.extend(linked.before.copy_of(place.clone())),
            _ => module.extend(
                linked
                    .after
                    .copy_of(place.start - middle..place.end - middle),
            ),
        }
    }
    module
}

/// The contents of the code section, with what stands for bodies that did not change.
fn bodies(parts: &Parts<'_, '_>) -> Vec<u8> {
    let kept = parts.guest.bodies.len();
    let appended = parts.appendix.items(CODE);
    let added = appended.map_or(0, |items| items.count);
    // Its length in front.
    let any = [&[ANY.len() as u8][..], &ANY].concat();
    let mut section = Vec::with_capacity(any.len() * kept);
    leb::write(&mut section, kept as u32 + added);
    let mut index = 0;
    for changed in &parts.code.changed {
        section.extend(any.repeat(changed.index - index));
        section.extend_from_slice(&changed.bytes);
        index = changed.index + 1;
    }
    section.extend(any.repeat(kept - index));
    section.extend(appended.iter().flat_map(|items| &items.bytes));
    section
}

/// The contents of a data section with so many segments.
fn empty_segments(count: u32) -> Vec<u8> {
    const PASSIVE_AND_EMPTY: [u8; 2] = [1, 0];
    let mut section = Vec::new();
    leb::write(&mut section, count);
    section.extend(PASSIVE_AND_EMPTY.repeat(count as usize));
    section
}

/// Validates a module.
fn whole(module: &[u8], features: WasmFeatures) -> Result<(), BinaryReaderError> {
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut functions = Vec::new();
    for payload in parser.parse_all(module) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)?
            && body.as_bytes() != ANY
        {
            functions.push((function, body));
        }
    }
    let results = each(functions, |validator, body| validator.validate(body));
    results.into_iter().collect()
}

/// Calls `check` for every function in parallel; the results are in the functions' order.
///
/// They are not collected as one by rayon: that would report whichever error came first in time.
pub(super) fn each<T: Send>(
    functions: Vec<(FuncToValidate<ValidatorResources>, FunctionBody<'_>)>,
    check: impl Fn(&mut FuncValidator<ValidatorResources>, &FunctionBody<'_>) -> T + Sync,
) -> Vec<T> {
    functions
        .into_par_iter()
        .with_min_len(16)
        .map_init(
            FuncValidatorAllocations::default,
            |allocations, (function, body)| {
                let mut validator = function.into_validator(std::mem::take(allocations));
                let result = check(&mut validator, &body);
                *allocations = validator.into_allocations();
                result
            },
        )
        .collect()
}
