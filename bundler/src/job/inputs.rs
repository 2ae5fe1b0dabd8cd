//! What a job reads: [`Inputs`], written down by a source around the disk.

mod files;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use files::Files;

use crate::cache::Cache;
use crate::read_at::ReadAt;
use crate::source::{DiskSource, Kind, Metadata, Source, SourceError, Step, Visited};

/// The files and directories of this machine that a bundle depends on.
///
/// Holds the name of each file and each directory once; lists of paths are made when they are asked for. A clone costs nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    read: Arc<Read>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Read {
    files: Files,
    directories: BTreeSet<PathBuf>,
    missing: BTreeSet<PathBuf>,
}

impl Inputs {
    /// Files whose contents went in, sorted: the manifest, the program, sources, archives.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> + use<> {
        self.read.files.sorted().into_iter()
    }

    /// Directories whose listings decided what went in, sorted: a file added there may be embedded the next time.
    pub fn directories(&self) -> impl Iterator<Item = &Path> {
        self.read.directories.iter().map(PathBuf::as_path)
    }

    /// What was looked for and is not there, optional or not, sorted.
    pub fn missing(&self) -> impl Iterator<Item = &Path> {
        self.read.missing.iter().map(PathBuf::as_path)
    }

    pub(super) fn add_file(&mut self, path: &Path) {
        Arc::make_mut(&mut self.read).files.add(path);
    }

    /// Files and directories together, sorted: each is to be looked at to tell whether the bundle is up to date.
    pub fn all(&self) -> impl Iterator<Item = PathBuf> + use<> {
        let mut all = self.read.files.sorted();
        all.extend(self.directories().map(Path::to_owned));
        all.sort();
        all.dedup();
        all.into_iter()
    }
}

/// The disk, and what was read of it.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    read: Mutex<Read>,
    cache: Option<Cache>,
}

impl Recorder {
    /// With what earlier runs found out.
    pub(super) fn new(cache: Option<Cache>) -> Self {
        Self {
            cache,
            ..Self::default()
        }
    }

    /// Notes a file that is read by other ways.
    pub(super) fn file(&self, path: &Path) {
        self.read().files.add(path);
    }

    /// All that was read until now.
    pub(super) fn so_far(&self) -> Inputs {
        let read = Arc::new(self.read().clone());
        Inputs { read }
    }

    /// All that was read.
    pub(super) fn finish(self) -> Inputs {
        let read = self.read.into_inner();
        let read = Arc::new(read.unwrap_or_else(|poison| poison.into_inner()));
        Inputs { read }
    }

    /// The lists are whole after each change, so a panic elsewhere harms nothing.
    fn read(&self) -> MutexGuard<'_, Read> {
        self.read
            .lock()
            .unwrap_or_else(|poison| poison.into_inner())
    }

    fn listed(&self, path: &Path) {
        self.read().directories.insert(path.to_owned());
    }

    fn found<T>(&self, path: &Path, result: Result<T, SourceError>) -> Result<T, SourceError> {
        if let Err(error) = &result
            && error.error.kind() == io::ErrorKind::NotFound
        {
            self.read().missing.insert(path.to_owned());
        }
        result
    }
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
        self.listed(path);
        DiskSource.list(path)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, SourceError> {
        DiskSource.read_link(path)
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf, SourceError> {
        DiskSource.resolve(path)
    }

    fn open(&self, path: &Path) -> Result<Box<dyn io::Read + '_>, SourceError> {
        self.file(path);
        self.found(path, DiskSource.open(path))
    }

    fn open_random(&self, path: &Path) -> Result<Arc<dyn ReadAt>, SourceError> {
        self.file(path);
        self.found(path, DiskSource.open_random(path))
    }

    fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    fn walk(
        &self,
        directory: &Path,
        visit: &mut dyn FnMut(Result<Visited<'_>, SourceError>) -> Step,
    ) {
        self.listed(directory);
        DiskSource.walk(directory, &mut |visited| {
            // A visit uses the entry up; only a directory's path is needed after it.
            let entered = match &visited {
                Ok(entry) if entry.kind == Kind::Directory => Some(entry.path.to_owned()),
                _ => None,
            };
            let step = visit(visited);
            if let (Some(path), Step::Into) = (entered, step) {
                self.listed(&path);
            }
            step
        });
    }
}
