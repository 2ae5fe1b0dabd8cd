//! What earlier runs found out about files, so that the next one need not: [`Cache`].
//!
//! A folder of small files, each of which says one thing and can be lost at any time:
//!
//! * the SHA-256 of a large file, by its [`Stamp`]: what the system says of a file that changes whenever its content does;
//! * what the linker found in a program, by the program's SHA-256 and this tool's version: that it is valid, and where the
//!   places are that linking has to change;
//! * compiled code of modules that `wasi-vfs run` ran, in a folder below ([`CompiledCache`]).
//!
//! Nothing is ever wrong because of a cache that is missing, damaged, or can't be written. A stamp can't prove that a content
//! is the same (a clock that is set back, a file system that lies), so nothing of this is used where a bundle is to be
//! proven to be what a lock says.

mod compiled;
mod entry;
mod stamp;
#[cfg(test)]
mod tests;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use compiled::CompiledCache;
pub use stamp::Stamp;

/// Files that are smaller are hashed as fast as they are looked up.
const LARGE: u64 = 1 << 20;

/// How much older than its entry a file's last change must be. One that is changed again before the clock of its file
/// system moves on keeps its stamp; none has a clock that is coarser than this.
const SETTLED: Duration = Duration::from_secs(2);

/// So many entries are kept at most; then the oldest half goes.
const MOST: usize = 1024;

/// A folder with what earlier runs found out.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    settled: Duration,
}

impl Cache {
    /// The cache in `folder`, which is made when there is something to put in it.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            settled: SETTLED,
        }
    }

    /// The SHA-256 of the file with this stamp, if it is known and the file has been left alone for long enough.
    pub(crate) fn digest(&self, stamp: &Stamp) -> Option<[u8; 32]> {
        if stamp.size() < LARGE {
            return None;
        }
        let (said, written) = self.read("file", &stamp.key())?;
        let since = written.checked_sub(stamp.changed())?;
        (since >= self.settled).then(|| said.try_into().ok())?
    }

    /// Keeps the SHA-256 of a file that had this stamp before and after it was read.
    pub(crate) fn keep_digest(&self, stamp: &Stamp, digest: &[u8; 32]) {
        if stamp.size() >= LARGE {
            self.write("file", &stamp.key(), digest);
        }
    }

    /// What is known of the program with this SHA-256, which is `size` bytes long.
    pub(crate) fn program(&self, digest: &[u8; 32], size: usize) -> Option<Vec<u8>> {
        let (said, _) = self.read(&program(size), digest)?;
        Some(said)
    }

    /// Whether something is known of a program of this size, so that it pays to find out first whether it is this one.
    pub(crate) fn may_know_program(&self, size: usize) -> bool {
        let name = format!("{}-", program(size));
        let names = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names = names.map(|entry| entry.file_name());
        names.any(|found| found.as_encoded_bytes().starts_with(name.as_bytes()))
    }

    /// Keeps what was found in a program.
    pub(crate) fn keep_program(&self, digest: &[u8; 32], size: usize, said: &[u8]) {
        if size as u64 >= LARGE {
            self.write(&program(size), digest, said);
        }
    }

    /// What the entry says and when it was written, since the epoch.
    fn read(&self, kind: &str, key: &[u8; 32]) -> Option<(Vec<u8>, Duration)> {
        let name = entry::name(kind, key);
        let path = self.folder.join(&name);
        let bytes = fs::read(&path).ok()?;
        let written = fs::metadata(&path).ok()?.modified().ok()?;
        let written = written.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some((entry::decode(&name, bytes)?, written))
    }

    /// Writes an entry in one step. When that can't be, the next run finds out for itself.
    fn write(&self, kind: &str, key: &[u8; 32], said: &[u8]) {
        let name = entry::name(kind, key);
        let bytes = entry::encode(&name, said);
        let _ = fs::create_dir_all(&self.folder).and_then(|()| {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            std::io::Write::write_all(&mut file, &bytes)?;
            file.persist(self.folder.join(&name))?;
            clear(&self.folder)
        });
    }
}

/// The kind of entry for programs of this size.
fn program(size: usize) -> String {
    format!("program-{size}")
}

/// Removes the oldest half when there are too many.
fn clear(folder: &Path) -> std::io::Result<()> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // The folder of compiled code has a limit of its own.
        if !entry.file_type()?.is_dir() {
            entries.push(entry.path());
        }
    }
    if entries.len() <= MOST {
        return Ok(());
    }
    // One that is removed meanwhile sorts first.
    entries.sort_by_cached_key(|path| fs::metadata(path).and_then(|about| about.modified()).ok());
    entries.truncate(entries.len() - MOST / 2);
    for path in entries {
        fs::remove_file(path)?;
    }
    Ok(())
}
