//! Whether a module is what a manifest makes, or holds what its lock says; and what two things to bundle differ in.

mod side;

use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use miette::Diagnostic;

use crate::diff::Differences;
use crate::embed::Progress;
use crate::inspect::{self, Found, InspectError, OpenError};
use crate::listing::Listing;
use crate::lock::LockFile;
use crate::module::ProgramError;
use crate::{Error, Job};

pub use side::{Comparison, Side, compare};

/// A module of up to so many bytes is rebuilt in memory, a larger one in a temporary file.
const IN_MEMORY: usize = 64 << 20;

/// Bytes compared at once.
const CHUNK: usize = 256 << 10;

/// How a module is not what it should be. Codes are stable: scripts may rely on them.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum Mismatch {
    /// It holds something else than the manifest asks for now.
    #[error("`{}` is out of date for `{}`:\n{differences}", module.display(), manifest.display())]
    #[diagnostic(
        code(wasi_vfs::verify::differs),
        help(
            "each change goes from the module to a fresh build; if it is intended, run `wasi-vfs bundle`"
        )
    )]
    Differs {
        /// The module.
        module: PathBuf,
        /// The manifest.
        manifest: PathBuf,
        /// From the module to what was rebuilt.
        differences: Box<Differences>,
    },
    /// It holds the same, and is another module.
    #[error(
        "`{}` holds what `{}` asks for, but differs from a fresh build, first at byte {first}{}",
        module.display(),
        manifest.display(),
        sizes(*size, *rebuilt)
    )]
    #[diagnostic(
        code(wasi_vfs::verify::bytes),
        help(
            "a tool such as wasm-opt or wasm-strip modified it after it was bundled; `--against-lock` compares only the embedded content"
        )
    )]
    Bytes {
        /// The module.
        module: PathBuf,
        /// The manifest.
        manifest: PathBuf,
        /// The first byte that differs, counted from 0.
        first: u64,
        /// Bytes of the module.
        size: u64,
        /// Bytes of the rebuilt one.
        rebuilt: u64,
    },
    /// Its image is damaged.
    #[error("`{}` was modified after it was bundled: {flaw}", module.display())]
    #[diagnostic(
        code(wasi_vfs::verify::damaged),
        help("bundle it again; its content cannot be trusted")
    )]
    Damaged {
        /// The module.
        module: PathBuf,
        /// What is wrong with the image.
        flaw: Box<InspectError>,
    },
    /// It holds something else than the lock says.
    #[error("`{}` does not match `{}` for the profile `{profile}`:\n{differences}", module.display(), lock.display())]
    #[diagnostic(
        code(wasi_vfs::verify::lock),
        help("the list shows the changes from the lock to the module; one of them is out of date")
    )]
    Lock {
        /// The module.
        module: PathBuf,
        /// The lock.
        lock: PathBuf,
        /// The profile.
        profile: String,
        /// From the lock to the module.
        differences: Box<Differences>,
    },
}

impl Mismatch {
    /// What differs in what the module holds; none: nothing does, or it can't be told.
    #[must_use]
    pub fn differences(&self) -> Option<&Differences> {
        match self {
            Self::Differs { differences, .. } | Self::Lock { differences, .. } => Some(differences),
            Self::Bytes { .. } | Self::Damaged { .. } => None,
        }
    }
}

/// Makes the bundle of `job` again, and compares it with the module byte by byte; writes nothing but a temporary file.
///
/// The module is taken for the job's output: it does not go into itself. `Ok(None)` when they are the same.
///
/// # Errors
/// When the module or anything that the job needs can't be read, or the module is no bundle.
pub fn rebuild(
    job: &Job,
    module: &Path,
    progress: &dyn Progress,
) -> Result<Option<Mismatch>, Error> {
    // Before the work: a module that is not there can't get better.
    let found = open(module)?;
    let mut rebuilt = tempfile::SpooledTempFile::new(IN_MEMORY);
    let (manifest, bundled) = job
        .clone()
        .output(module)
        .bundle_into(&mut rebuilt, progress)?;
    let first = rebuilt
        .seek(SeekFrom::Start(0))
        .and_then(|_| first_difference(&mut found.module(), &mut rebuilt));
    let Some(first) = first.map_err(|error| unreadable(module, error))? else {
        return Ok(None);
    };
    let module = module.to_owned();
    let holds = match Listing::of_module(&found) {
        Ok(listing) => listing,
        Err(flaw) => return damaged(module, flaw).map(Some),
    };
    let differences = Differences::between(
        &holds,
        &Listing::of_bundle(&manifest, &bundled.plan, &bundled.sealed),
    );
    let manifest = manifest.path().to_owned();
    Ok(Some(match differences.is_empty() {
        false => Mismatch::Differs {
            module,
            manifest,
            differences: Box::new(differences),
        },
        true => Mismatch::Bytes {
            size: found.module_size(),
            rebuilt: bundled.sealed.size,
            module,
            manifest,
            first,
        },
    }))
}

/// Compares what a module holds with what the lock says of a profile. No source is read.
///
/// What a module can't tell is not compared: variables, and, when it has lost its `wasi-vfs` section, the digests of
/// program and interposer. `Ok(None)` when they agree.
///
/// # Errors
/// When the module can't be read or is no bundle, or the lock does not know the profile.
pub fn against_lock(
    lock: &LockFile,
    profile: &str,
    module: &Path,
) -> Result<Option<Mismatch>, Error> {
    let expected = lock.profile(profile)?;
    let found = open(module)?;
    let module = module.to_owned();
    let holds = match Listing::of_module(&found) {
        Ok(listing) => listing,
        Err(flaw) => return damaged(module, flaw).map(Some),
    };
    let differences = Differences::between(expected, &holds);
    Ok((!differences.is_empty()).then(|| Mismatch::Lock {
        module,
        lock: lock.path().to_owned(),
        profile: profile.to_owned(),
        differences: Box::new(differences),
    }))
}

/// Finds the image in the module at `path`.
fn open(path: &Path) -> Result<Found<'static>, Error> {
    inspect::open(path).map_err(|error| match error {
        OpenError::Program(error) => error.into(),
        OpenError::Inspect(error) => Error::Inspect {
            module: path.to_owned(),
            error,
        },
    })
}

/// A flaw of the image is an answer; a disk that fails is none.
fn damaged(module: PathBuf, flaw: InspectError) -> Result<Mismatch, Error> {
    match flaw {
        error @ InspectError::Read(_) => Err(Error::Inspect { module, error }),
        flaw => Ok(Mismatch::Damaged {
            module,
            flaw: Box::new(flaw),
        }),
    }
}

/// The first byte in which two streams differ, counted from 0; that where the shorter one ends.
fn first_difference(a: &mut dyn Read, b: &mut dyn Read) -> io::Result<Option<u64>> {
    let (mut one, mut two) = (vec![0; CHUNK], vec![0; CHUNK]);
    let mut at = 0;
    loop {
        let (read_a, read_b) = (fill(a, &mut one)?, fill(b, &mut two)?);
        let same = one[..read_a]
            .iter()
            .zip(&two[..read_b])
            .position(|(a, b)| a != b);
        match same {
            Some(within) => return Ok(Some(at + within as u64)),
            None if read_a != read_b => return Ok(Some(at + read_a.min(read_b) as u64)),
            None if read_a == 0 => return Ok(None),
            None => at += read_a as u64,
        }
    }
}

/// Reads until the buffer is full or nothing is left.
fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Bytes that could be read a moment ago, or a temporary file, are not there any more.
fn unreadable(path: &Path, error: io::Error) -> Error {
    let path = path.to_owned();
    ProgramError::Unreadable { path, error }.into()
}

/// Nothing, or both sizes.
fn sizes(size: u64, rebuilt: u64) -> String {
    match size == rebuilt {
        true => String::new(),
        false => format!(" ({size} bytes instead of {rebuilt})"),
    }
}
