//! The archives that mounts name, each opened once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{ArchiveProblem, PlanProblem};
use crate::archive::Archive;
use crate::archive::Format;
use crate::layer::Bundle;
use crate::manifest::{HostPath, Manifest, span};
use crate::source::Source;

/// The archives opened so far, by where they are; `None` for one that is wrong, which was told.
#[derive(Debug, Default)]
pub(super) struct Archives(BTreeMap<PathBuf, Option<Arc<Archive>>>);

/// What the file that a mount names turns out to be.
pub(super) enum Opened {
    /// It is not meant to be an archive.
    No,
    /// An archive.
    Archive(Arc<Archive>),
    /// It should be one; the problem unless it was told before.
    Wrong(Option<PlanProblem>),
}

impl Archives {
    /// Those that are bundles.
    pub(super) fn bundles(&self) -> impl Iterator<Item = Arc<Bundle>> {
        let opened = self.0.values().flatten();
        opened
            .filter_map(|archive| archive.bundle())
            .map(Arc::clone)
    }

    /// Opens the file at `path`, which the manifest calls `source`.
    pub(super) fn open(
        &mut self,
        manifest: &Manifest,
        src: &dyn Source,
        source: &HostPath,
        path: &Path,
    ) -> Opened {
        let Some(format) = Format::of(&source.written) else {
            return Opened::No;
        };
        match self.0.get(path) {
            Some(Some(archive)) => return Opened::Archive(Arc::clone(archive)),
            Some(None) => return Opened::Wrong(None),
            None => {}
        }
        let limit = manifest.limits.archive_size.value;
        match Archive::open_in(src, path, &source.written, format, limit) {
            Ok(None) => Opened::No,
            Ok(Some(archive)) => {
                let archive = Arc::new(archive);
                self.0.insert(path.to_owned(), Some(Arc::clone(&archive)));
                Opened::Archive(archive)
            }
            Err(error) => {
                self.0.insert(path.to_owned(), None);
                let at = span(&source.span);
                Opened::Wrong(Some(ArchiveProblem { error, at }.into()))
            }
        }
    }
}
