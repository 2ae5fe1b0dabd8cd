//! The last check: what was linked is valid WebAssembly.

use rayon::prelude::*;
use wasmparser::{
    BinaryReaderError, Chunk, FuncToValidate, FuncValidator, FuncValidatorAllocations,
    FunctionBody, Parser, Payload, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use super::error::LinkError;
use super::guest::Guest;
use super::linked::Linked;
use super::options::{Memory, Options};

/// Validates `linked` with an empty image in its hole; what the image's bytes are can't make a difference.
///
/// Several memories are only valid in the layout that has them.
///
/// # Errors
/// [`LinkError::Bug`]: the program was valid, so the linker is wrong.
pub(super) fn validate(
    linked: &Linked,
    guest: &Guest<'_>,
    options: &Options,
) -> Result<(), LinkError> {
    let one_memory = WasmFeatures::all().difference(WasmFeatures::MULTI_MEMORY);
    let result = match options.memory {
        Memory::Single => parts(linked, one_memory).or_else(|error| {
            // A program with one memory may still write its index where that proposal has one.
            let mut validator = Validator::new_with_features(one_memory);
            match validator.validate_all(guest.bytes) {
                Ok(_) => Err(error),
                Err(_) => parts(linked, WasmFeatures::all()),
            }
        }),
        Memory::Isolated => parts(linked, WasmFeatures::all()),
    };
    result.map_err(|e| LinkError::Bug {
        offset: e.offset(),
        message: e.message().to_owned(),
    })
}

/// Validates a module that lies in memory in two parts, the first of which ends with a section.
fn parts(linked: &Linked, features: WasmFeatures) -> Result<(), BinaryReaderError> {
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut functions = Vec::new();
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
                if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
                    functions.push((function, body));
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
