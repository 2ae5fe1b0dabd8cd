//! The file on disk: there whole, or not touched at all.

mod draft;
mod error;
mod folder;
mod place;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use draft::Draft;
pub use error::FileError;
use folder::Created;
pub(crate) use place::{same_file, same_place};

/// An output in the making: a file in the output's own folder, so that the last step is a rename.
///
/// Dropped without [`commit`](Self::commit), it leaves nothing behind; on Linux nor does a process that is killed.
#[derive(Debug)]
pub struct Pending {
    draft: Draft,
    /// The output as it was given, for messages.
    shown: PathBuf,
    /// Where it goes, symlinks followed.
    target: PathBuf,
    /// Below the draft, so that it is gone when these are dropped.
    created: Created,
}

impl Pending {
    /// Starts the output `path` of a bundle made from `input`; a missing folder is created below `root`, and only there.
    ///
    /// A symlink at `path` stays and what it points at is replaced, as if the file had been opened for writing.
    ///
    /// # Errors
    /// When `path` can't become a file, or is `input` itself.
    pub fn create(path: &Path, input: &Path, root: Option<&Path>) -> Result<Self, FileError> {
        let shown = path.to_owned();
        let target = place::follow(path).map_err(|error| FileError::Write {
            path: shown.clone(),
            error,
        })?;
        // The path itself first: the links of /dev/stdout lead to pipes, which have no name that could be followed.
        if let Some(what) = place::obstacle(path).or_else(|| place::obstacle(&target)) {
            return Err(FileError::NotAFile { path: shown, what });
        }
        if same_file(&target, input) {
            return Err(FileError::SameAsInput {
                path: shown,
                what: "module",
            });
        }
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let created = folder::prepare(folder, root)?;
        let draft = Draft::create(folder).map_err(|error| FileError::Folder {
            folder: folder.to_owned(),
            error,
        })?;
        Ok(Self {
            draft,
            shown,
            target,
            created,
        })
    }

    /// Where the bytes go.
    pub fn writer(&mut self) -> &mut BufWriter<File> {
        &mut self.draft.file
    }

    /// Words an error that happened while writing to [`writer`](Self::writer).
    #[must_use]
    pub fn explain(&self, error: io::Error) -> FileError {
        let path = self.shown.clone();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FileError::Full { path },
            _ => FileError::Write { path, error },
        }
    }

    /// Puts the finished file in its place, in one step.
    ///
    /// # Errors
    /// When the last bytes can't be written or the rename fails.
    pub fn commit(mut self) -> Result<(), FileError> {
        if let Err(error) = self.draft.file.flush() {
            return Err(self.explain(error));
        }
        let Self {
            draft,
            shown: path,
            target,
            created,
        } = self;
        draft
            .persist(&target)
            .map_err(|error| FileError::Write { path, error })?;
        created.keep();
        Ok(())
    }

    /// The file so far, to be read again once all is written.
    ///
    /// # Errors
    /// When the last bytes can't be written or the file can't be opened again.
    pub fn reopen(&mut self) -> Result<File, FileError> {
        self.draft.reopen().map_err(|error| self.explain(error))
    }
}
