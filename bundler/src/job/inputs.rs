//! What a job reads: [`Inputs`], written down by a source around the disk.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::source::{DiskSource, Kind, Metadata, ReadAt, Source, SourceError, Step, Visited};

/// The files and directories of this machine that a bundle depends on, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    files: BTreeSet<PathBuf>,
    directories: BTreeSet<PathBuf>,
    missing: BTreeSet<PathBuf>,
}

impl Inputs {
    /// Files whose contents went in: the manifest, the program, sources, archives.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(PathBuf::as_path)
    }

    /// Directories whose listings decided what went in: a file added there may be embedded the next time.
    pub fn directories(&self) -> impl Iterator<Item = &Path> {
        self.directories.iter().map(PathBuf::as_path)
    }

    /// What was looked for and is not there, optional or not.
    pub fn missing(&self) -> impl Iterator<Item = &Path> {
        self.missing.iter().map(PathBuf::as_path)
    }

    pub(super) fn add_file(&mut self, path: PathBuf) {
        self.files.insert(path);
    }

    /// Files and directories together, sorted: each is to be looked at to tell whether the bundle is up to date.
    pub fn all(&self) -> impl Iterator<Item = &Path> {
        let all: BTreeSet<&Path> = self.files().chain(self.directories()).collect();
        all.into_iter()
    }
}

/// The disk, and what was read of it.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    opened: Mutex<Vec<PathBuf>>,
    listed: Mutex<Vec<PathBuf>>,
    missing: Mutex<Vec<PathBuf>>,
}

impl Recorder {
    /// Notes a file that is read by other ways.
    pub(super) fn file(&self, path: &Path) {
        note(&self.opened, path);
    }

    /// All that was read until now.
    pub(super) fn so_far(&self) -> Inputs {
        let set = |list: &Mutex<Vec<PathBuf>>| {
            let list = list.lock().unwrap_or_else(|poison| poison.into_inner());
            list.iter().cloned().collect()
        };
        Inputs {
            files: set(&self.opened),
            directories: set(&self.listed),
            missing: set(&self.missing),
        }
    }

    fn found<T>(&self, path: &Path, result: Result<T, SourceError>) -> Result<T, SourceError> {
        if let Err(error) = &result
            && error.error.kind() == std::io::ErrorKind::NotFound
        {
            note(&self.missing, path);
        }
        result
    }
}

/// A list is whole after each push, so a panic elsewhere harms nothing.
fn note(list: &Mutex<Vec<PathBuf>>, path: &Path) {
    let mut list = list.lock().unwrap_or_else(|poison| poison.into_inner());
    list.push(path.to_owned());
}

impl Source for Recorder {
    fn metadata(&self, path: &Path) -> Result<Metadata, SourceError> {
        self.found(path, DiskSource.metadata(path))
    }

    fn metadata_of(&self, paths: &[&Path]) -> Vec<Result<Metadata, SourceError>> {
        let answers = DiskSource.metadata_of(paths).into_iter();
        let answers = answers.zip(paths);
        answers
            .map(|(answer, path)| self.found(path, answer))
            .collect()
    }

    fn list(&self, path: &Path) -> Result<Vec<OsString>, SourceError> {
        note(&self.listed, path);
        DiskSource.list(path)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, SourceError> {
        DiskSource.read_link(path)
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf, SourceError> {
        DiskSource.resolve(path)
    }

    fn open(&self, path: &Path) -> Result<Box<dyn Read + '_>, SourceError> {
        note(&self.opened, path);
        self.found(path, DiskSource.open(path))
    }

    fn open_random(&self, path: &Path) -> Result<Arc<dyn ReadAt>, SourceError> {
        note(&self.opened, path);
        self.found(path, DiskSource.open_random(path))
    }

    fn walk(
        &self,
        directory: &Path,
        visit: &mut dyn FnMut(Result<Visited<'_>, SourceError>) -> Step,
    ) {
        note(&self.listed, directory);
        DiskSource.walk(directory, &mut |visited| {
            // A visit uses the entry up; only a directory's path is needed after it.
            let entered = match &visited {
                Ok(entry) if entry.kind == Kind::Directory => Some(entry.path.to_owned()),
                _ => None,
            };
            let step = visit(visited);
            if let (Some(path), Step::Into) = (entered, step) {
                note(&self.listed, &path);
            }
            step
        });
    }
}
