//! From a bundle back to files: a directory, or a tar.
//!
//! A bundle may come from anywhere, so nothing in it is trusted: the image is checked as a whole first
//! ([`Found::check`]), [`Selection::new`] then finds a place below the target for each entry, and only what it lets
//! through is written.

mod directory;
mod error;
mod select;
mod system;
mod tar;

use crate::embed::Progress;
use crate::inspect::{Found, InspectError};
use crate::plan::Totals;

pub use error::{ExtractError, Written};
pub use select::{RELATIVE, Selection};

/// Bytes of content copied at once.
const CHUNK: usize = 256 << 10;

/// What was extracted.
#[derive(Debug, Clone)]
pub struct Extracted {
    /// What it comes to.
    pub totals: Totals,
    /// How many entries lost their setuid or setgid bit: files that anybody may have made do not get them.
    pub without_special_bits: u64,
    /// Whether something has a relative guest path, so that it is below [`RELATIVE`].
    pub relative: bool,
}

/// Writes entries into the directory `target`, which is created when it is not there (the folder it is in must be).
///
/// Modes, times, symlinks and hard links are those of the image, except that nothing gets a setuid or setgid bit. Every
/// directory on the way to an entry is one that this made or found to be a real directory, files are always made anew, and
/// symlinks come last: so nothing outside of `target` is touched, as long as nobody else changes `target` meanwhile. A
/// `target` that was there before keeps its own mode and time.
///
/// With `force`, `target` need not be empty: what has the name of an entry is replaced, except that a directory is never
/// replaced by something else.
///
/// # Errors
/// When `target` is not empty or can't be written, or the bundle can't be read. A `target` that this made is removed then.
pub fn to_directory(
    found: &Found<'_>,
    selection: &Selection,
    target: &std::path::Path,
    force: bool,
    progress: &dyn Progress,
) -> Result<Extracted, ExtractError> {
    directory::write(found, selection, target, force, progress)
}

/// Writes entries as a tar: POSIX (`ustar`, with `pax` records where that has no room), in the order of their paths,
/// everything owned by 0. The same entries give the same bytes.
///
/// # Errors
/// When `out` fails or the bundle can't be read.
pub fn to_tar(
    found: &Found<'_>,
    selection: &Selection,
    out: &mut dyn std::io::Write,
    progress: &dyn Progress,
) -> Result<Extracted, Written> {
    tar::write(found, selection, out, progress)
}

impl From<InspectError> for ExtractError {
    fn from(error: InspectError) -> Self {
        Self::Inspect(error)
    }
}

#[cfg(test)]
mod tests;
