//! The lock on disk: read before a bundle is made, written after it when it has changed.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use super::same::Compared;
use super::{Drift, Lock, LockError, lines};
use crate::atomic_file::{FileError, Pending};
use crate::diff::Differences;
use crate::listing::Listing;
use crate::manifest::Manifest;

/// Bytes of a lock read at once.
const CHUNK: usize = 64 << 10;

/// A lock as it lies on disk.
#[derive(Debug)]
pub struct LockFile {
    path: PathBuf,
    /// Whether there is such a file.
    is_there: bool,
    lock: Lock,
}

/// What became of a lock after a bundle was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The lock.
    pub path: PathBuf,
    /// What has changed for this profile; none: the lock did not have the profile.
    pub differences: Option<Differences>,
    /// Profiles that the manifest does not have any more, and the lock neither.
    pub dropped: Vec<String>,
    /// Whether the file was written: not when it said the same.
    pub written: bool,
}

/// A lock that is written but not yet in its place.
#[derive(Debug)]
pub(crate) struct Update {
    pending: Option<Pending>,
    report: Written,
}

impl LockFile {
    /// Reads the lock at `path`; a file that is not there is a lock without profiles.
    ///
    /// # Errors
    /// When there is something else than a lock.
    pub fn open(path: &Path) -> Result<Self, LockError> {
        let not_a_file = |what| LockError::NotAFile {
            path: path.to_owned(),
            what,
        };
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(not_a_file("a directory")),
            // Reading a pipe would wait for somebody to write into it.
            Ok(found) if !found.is_file() => return Err(not_a_file("not a regular file")),
            _ => {}
        }
        let unreadable = |error| LockError::Unreadable {
            path: path.to_owned(),
            error,
        };
        let file = match File::open(path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(error)),
        };
        let is_there = file.is_some();
        let lock = match file.map(|file| lines::read(BufReader::with_capacity(CHUNK, file))) {
            None => Lock::default(),
            Some(Ok(Some(lock))) => lock,
            // What is wrong with it, if anything is, is told better about the whole.
            Some(Ok(None) | Err(_)) => {
                let text = String::from_utf8(fs::read(path).map_err(unreadable)?);
                let text = text.map_err(|_| unreadable(io::Error::other("it is not UTF-8")))?;
                Lock::parse_freely(&text, &path.display().to_string())?
            }
        };
        Ok(Self {
            path: path.to_owned(),
            is_there,
            lock,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says of a profile.
    ///
    /// # Errors
    /// When there is no lock, or it does not know the profile.
    pub fn profile(&self, profile: &str) -> Result<&Listing, LockError> {
        let path = || self.path.clone();
        if !self.is_there {
            return Err(LockError::Missing { path: path() });
        }
        self.lock
            .profile(profile)
            .ok_or_else(|| LockError::ProfileMissing {
                path: path(),
                profile: profile.to_owned(),
            })
    }

    /// Compares what a profile came to with what the lock says.
    ///
    /// # Errors
    /// [`LockError::Drift`] when they differ; else as [`profile`](Self::profile).
    pub fn check(&self, profile: &str, now: &Listing) -> Result<(), LockError> {
        let differences = Differences::between(self.profile(profile)?, now);
        if differences.is_empty() {
            return Ok(());
        }
        Err(LockError::Drift(Box::new(Drift {
            path: self.path.clone(),
            profile: profile.to_owned(),
            differences,
        })))
    }

    /// Whether the file says what the lock says now. Where git ends lines as Windows does, the file has them so.
    fn is_same(&self) -> bool {
        let Ok(file) = File::open(&self.path) else {
            return false;
        };
        let mut compared = Compared::with(BufReader::with_capacity(CHUNK, file));
        self.lock.write(&mut compared).is_ok() && compared.ended()
    }

    /// Writes, beside its place, the lock with what the manifest's profile came to; only compares unless `write`.
    pub(crate) fn update(
        mut self,
        manifest: &Manifest,
        now: Listing,
        write: bool,
    ) -> Result<Update, LockError> {
        let profile = manifest.profile();
        let before = self.lock.profile(profile);
        let differences = before.map(|before| Differences::between(before, &now));
        if !write {
            let report = Written {
                path: self.path,
                differences,
                dropped: Vec::new(),
                written: false,
            };
            let pending = None;
            return Ok(Update { pending, report });
        }
        let dropped = self.lock.keep(manifest.profiles());
        self.lock.set(profile, now);
        let pending = match self.is_same() {
            true => None,
            false => Some(beside(&self.path, &self.lock)?),
        };
        Ok(Update {
            report: Written {
                path: self.path,
                differences,
                dropped,
                written: pending.is_some(),
            },
            pending,
        })
    }
}

impl Update {
    /// Puts the lock in its place.
    pub(crate) fn commit(self) -> Result<Written, LockError> {
        if let Some(pending) = self.pending {
            pending
                .commit()
                .map_err(|error| unwritable(&self.report.path, error))?;
        }
        Ok(self.report)
    }
}

fn beside(path: &Path, lock: &Lock) -> Result<Pending, LockError> {
    // The lock has no input that it could be confused with; its folder is the manifest's, so it exists.
    let mut pending =
        Pending::create(path, Path::new(""), None).map_err(|error| unwritable(path, error))?;
    match lock.write(pending.writer()) {
        Ok(()) => Ok(pending),
        Err(error) => Err(unwritable(path, pending.explain(error))),
    }
}

fn unwritable(path: &Path, error: FileError) -> LockError {
    let path = path.to_owned();
    match error {
        FileError::NotAFile { what, .. } => LockError::NotAFile { path, what },
        FileError::Folder { error, .. } | FileError::Write { error, .. } => {
            LockError::Unwritable { path, error }
        }
        FileError::Full { .. } => LockError::Unwritable {
            path,
            error: io::ErrorKind::StorageFull.into(),
        },
        FileError::FolderMissing { folder } => LockError::Unwritable {
            path,
            error: io::Error::other(format!("there is no folder `{}`", folder.display())),
        },
        FileError::SameAsInput { .. } | FileError::Depfile { .. } => {
            unreachable!("BUG: a lock has no input and is no depfile")
        }
    }
}
