//! The last check: what was linked is valid WebAssembly.

use rayon::prelude::*;
use wasmparser::{
    BinaryReader, BinaryReaderError, Chunk, DataSectionReader, FuncToValidate, FuncValidator,
    FuncValidatorAllocations, FunctionBody, Parser, Payload, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
};

use super::error::LinkError;
use super::guest::Guest;
use super::leb;
use super::linked::Linked;
use super::options::{Memory, Options};

/// Validates `linked` with an empty image in its hole; what the image's bytes are can't make a difference.
///
/// Bodies that are the program's byte for byte were validated with it: every index means what it meant, because linking
/// only appends to the index spaces. So only those at `changed` and the appended ones are looked at, and data segments are only
/// counted, except in builds for debugging, which trust nobody.
///
/// Several memories are only valid in the layout that has them.
///
/// # Errors
/// [`LinkError::Bug`]: the program was valid, so the linker is wrong.
pub(super) fn validate(
    linked: &Linked,
    guest: &Guest<'_>,
    changed: &[usize],
    options: &Options,
) -> Result<(), LinkError> {
    let kept = guest.bodies.len();
    let known = |body: usize| {
        !cfg!(debug_assertions) && body < kept && changed.binary_search(&body).is_err()
    };
    let one_memory = WasmFeatures::all().difference(WasmFeatures::MULTI_MEMORY);
    let parts = |features| parts(linked, features, &known);
    let result = match options.memory {
        Memory::Single => parts(one_memory).or_else(|error| {
            // A program with one memory may still write its index where that proposal has one.
            let mut validator = Validator::new_with_features(one_memory);
            match validator.validate_all(guest.bytes) {
                Ok(_) => Err(error),
                Err(_) => parts(WasmFeatures::all()),
            }
        }),
        Memory::Isolated => parts(WasmFeatures::all()),
    };
    result.map_err(|e| LinkError::Bug {
        offset: e.offset(),
        message: e.message().to_owned(),
    })
}

/// Validates a module that lies in memory in two parts, the first of which ends with a section; not the bodies that are
/// known to be valid.
fn parts(
    linked: &Linked,
    features: WasmFeatures,
    known: &dyn Fn(usize) -> bool,
) -> Result<(), BinaryReaderError> {
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut functions = Vec::new();
    let mut body_index = 0;
    let (mut rest, mut eof) = (linked.before.as_slice(), false);
    loop {
        match parser.parse(rest, eof)? {
            // A rest would be a section that the first part does not finish: the parser refuses it.
            Chunk::NeedMoreData(_) => {
                (rest, eof) = (
                    if rest.is_empty() {
                        linked.after.as_slice()
                    } else {
                        rest
                    },
                    true,
                )
            }
            Chunk::Parsed { consumed, payload } => {
                rest = &rest[consumed..];
                if let (Payload::DataSection(data), false) = (&payload, cfg!(debug_assertions)) {
                    let segments = empty_segments(data.count());
                    let reader = BinaryReader::new(&segments, data.range().start);
                    validator.data_section(&DataSectionReader::new(reader)?)?;
                    continue;
                }
                if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
                    if !known(body_index) {
                        functions.push((function, body));
                    }
                    body_index += 1;
                }
                if matches!(payload, Payload::End(_)) {
                    break;
                }
            }
        }
    }
    let results = each(functions, |validator, body| validator.validate(body));
    results.into_iter().collect()
}

/// The contents of a data section with so many segments: the program's own were validated with it, and there may be tens of
/// thousands.
fn empty_segments(count: u32) -> Vec<u8> {
    const PASSIVE_AND_EMPTY: [u8; 2] = [1, 0];
    let mut section = Vec::new();
    leb::write(&mut section, count);
    section.extend(PASSIVE_AND_EMPTY.repeat(count as usize));
    section
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
