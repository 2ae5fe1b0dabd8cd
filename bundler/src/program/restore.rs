//! The program inside a bundle: what is bundled again is linked anew, from the program that it was made from.

use crate::digest::parse_digest;
use crate::inspect::{Found, InspectError};
use crate::link::{LinkError, undo};
use crate::record::SECTION;

/// A program that was taken out of a bundle.
#[derive(Debug)]
pub(crate) struct Restored {
    /// The program, without the sections that were left out when it was linked.
    pub(crate) program: Vec<u8>,
    /// SHA-256 of the program with these: what its bundle says.
    pub(crate) digest: [u8; 32],
}

/// Why a bundle has no program that could be taken out.
#[derive(Debug)]
pub(crate) enum RestoreError {
    /// It does not say what its program was, because it was pre-initialized for instance, or was changed after it was made.
    Link(LinkError),
    /// It can't be read.
    Read(InspectError),
}

/// Takes the program out of a bundle, whose image is not read.
pub(crate) fn program(found: &Found<'_>) -> Result<Restored, RestoreError> {
    let Some(section) = found.undo() else {
        let record = found.record();
        let function = record.and_then(|record| record.preinit.clone());
        return Err(RestoreError::Link(match function {
            Some(function) => LinkError::PreInitialized { function },
            None if record.is_some_and(|record| !record.rebundle) => LinkError::BundledOnce,
            None => LinkError::AlreadyBundled {
                evidence: format!("a section `{SECTION}`"),
            },
        }));
    };
    let (before, after) = found.around().map_err(RestoreError::Read)?;
    // It was written last, so it is behind the image.
    let behind = found.image_offset() + u64::from(found.image_size());
    let place = |at: u64| usize::try_from(at.checked_sub(behind)?).ok();
    let section = place(section.start)
        .zip(place(section.end))
        .and_then(|(start, end)| after.get(start..end));
    let program = section.and_then(|section| undo::restore(section, &before, &after));
    let digest = found
        .record()
        .and_then(|record| parse_digest(&record.program));
    match (program, digest) {
        (Some(program), Some(digest)) => Ok(Restored { program, digest }),
        _ => Err(RestoreError::Link(LinkError::Rewritten)),
    }
}
