//! The program inside a bundle: what is bundled again is linked anew, from the program that it was made from.

use crate::inspect;
use crate::link::{LinkError, undo};
use crate::output::SECTION;

/// A program that was taken out of a bundle.
#[derive(Debug)]
pub(crate) struct Restored {
    /// The program, without the sections that were left out when it was linked.
    pub(crate) program: Vec<u8>,
    /// SHA-256 of the program with these: what its bundle says.
    pub(crate) digest: [u8; 32],
}

/// Takes the program out of a bundle; `None`: `module` is none, or has lost what says so.
///
/// # Errors
/// When it does not say what its program was, because it was pre-initialized for instance, or was changed after it was made.
pub(crate) fn program(module: &[u8]) -> Result<Option<Restored>, LinkError> {
    // What can't be read is for the linker to tell.
    let Ok(found) = inspect::find(module) else {
        return Ok(None);
    };
    let Some(record) = found.record() else {
        return Ok(None);
    };
    let Some(section) = custom_section(module, undo::SECTION) else {
        return Err(match record.preinit.clone() {
            Some(function) => LinkError::PreInitialized { function },
            None => LinkError::AlreadyBundled {
                evidence: format!("a section `{SECTION}`"),
            },
        });
    };
    let start = found.image_offset() as usize;
    let end = start + found.image_size() as usize;
    let program = module
        .get(end..)
        .and_then(|after| undo::restore(section, &module[..start], after));
    let digest = digest_of(&record.program);
    match (program, digest) {
        (Some(program), Some(digest)) => Ok(Some(Restored { program, digest })),
        _ => Err(LinkError::Rewritten),
    }
}

/// The contents of the last custom section of this name.
fn custom_section<'a>(module: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut found = None;
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        if let Ok(wasmparser::Payload::CustomSection(section)) = payload
            && section.name() == name
        {
            found = Some(section.data());
        }
    }
    found
}

/// The bytes of `sha256:` and 64 hexadecimal digits.
fn digest_of(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("sha256:")?;
    let mut digest = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (byte, at) in digest.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
    }
    Some(digest)
}
