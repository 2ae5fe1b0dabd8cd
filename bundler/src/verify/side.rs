//! Two things to compare: modules, manifests, locks.

use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::PathBuf;

use tempfile::SpooledTempFile;

use super::{IN_MEMORY, first_difference, open, unreadable};
use crate::diff::Differences;
use crate::embed::Progress;
use crate::inspect::Found;
use crate::listing::Listing;
use crate::lock::LockFile;
use crate::{Error, Job};

/// One of two things to compare.
#[derive(Debug, Clone)]
pub enum Side {
    /// A module on disk.
    Module(PathBuf),
    /// What a manifest makes.
    Manifest(Box<Job>),
    /// What a lock says of a profile.
    Lock {
        /// The lock.
        path: PathBuf,
        /// The profile.
        profile: String,
    },
}

/// What two sides differ in.
#[derive(Debug)]
pub struct Comparison {
    /// What they hold, and are made of.
    pub differences: Differences,
    /// Where both are modules that hold the same: the first byte that differs all the same.
    pub first_byte: Option<u64>,
}

impl Comparison {
    /// Whether they are the same.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty() && self.first_byte.is_none()
    }
}

/// Compares two sides; contents of files by their digests.
///
/// # Errors
/// When one of them can't be read, or a manifest can't be bundled.
pub fn compare(a: &Side, b: &Side, progress: &dyn Progress) -> Result<Comparison, Error> {
    let (mut a, mut b) = (read(a, progress)?, read(b, progress)?);
    let differences = Differences::between(&a.listing, &b.listing);
    let first_byte = match differences.is_empty() {
        true => first_byte(&mut a, &mut b).map_err(|error| unreadable(&a.path, error))?,
        false => None,
    };
    Ok(Comparison {
        differences,
        first_byte,
    })
}

/// A side that was read.
struct Holding {
    path: PathBuf,
    listing: Listing,
    bytes: Bytes,
}

/// The module of a side.
enum Bytes {
    OnDisk(Found<'static>),
    Made(SpooledTempFile),
    /// A lock's is not known.
    Unknown,
}

impl Bytes {
    /// From the first byte on.
    fn read(&mut self) -> io::Result<Option<Box<dyn Read + '_>>> {
        Ok(match self {
            Self::OnDisk(found) => Some(Box::new(found.module())),
            Self::Made(file) => {
                file.seek(SeekFrom::Start(0))?;
                Some(Box::new(file))
            }
            Self::Unknown => None,
        })
    }
}

fn read(side: &Side, progress: &dyn Progress) -> Result<Holding, Error> {
    match side {
        Side::Module(path) => {
            let found = open(path)?;
            let listing = Listing::of_module(&found).map_err(|error| Error::Inspect {
                module: path.clone(),
                error,
            })?;
            Ok(Holding {
                path: path.clone(),
                listing,
                bytes: Bytes::OnDisk(found),
            })
        }
        Side::Manifest(job) => {
            let mut bytes = SpooledTempFile::new(IN_MEMORY);
            let (manifest, bundled) = job.bundle_into(&mut bytes, progress)?;
            Ok(Holding {
                path: manifest.path().to_owned(),
                listing: Listing::of_bundle(&manifest, &bundled.plan, &bundled.sealed),
                bytes: Bytes::Made(bytes),
            })
        }
        Side::Lock { path, profile } => Ok(Holding {
            path: path.clone(),
            listing: LockFile::open(path)?.profile(profile)?.clone(),
            bytes: Bytes::Unknown,
        }),
    }
}

/// Where the modules of both sides differ first, if both are known and do.
fn first_byte(a: &mut Holding, b: &mut Holding) -> io::Result<Option<u64>> {
    match (a.bytes.read()?, b.bytes.read()?) {
        (Some(mut a), Some(mut b)) => first_difference(&mut a, &mut b),
        _ => Ok(None),
    }
}
