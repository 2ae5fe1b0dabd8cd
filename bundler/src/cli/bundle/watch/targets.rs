//! What is watched: folders, and which changes in them matter.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use notify::{Event, EventKind};
use wasi_vfs::manifest::lock_path;
use wasi_vfs::{Error, Finished, Inputs, Job};

/// All that a run depends on, as paths without symlinks: those that a watch tells of.
#[derive(Debug, Clone, Default)]
pub(super) struct Targets {
    /// Folders to watch, none of what is in folders below them.
    watched: BTreeSet<PathBuf>,
    /// Folders in which every name matters.
    listed: BTreeSet<PathBuf>,
    /// Files, and what is missing.
    named: BTreeSet<PathBuf>,
    /// What a run writes itself.
    own: BTreeSet<PathBuf>,
}

impl Targets {
    /// What a run depended on. After one that failed early, what the run before it depended on counts as well.
    pub(super) fn of(
        job: &Job,
        inputs: &Inputs,
        done: &Result<Finished, Error>,
        before: Self,
    ) -> Self {
        let mut targets = match done {
            Ok(_) => Self::default(),
            Err(_) => before,
        };
        for path in inputs.directories() {
            if let Ok(path) = fs::canonicalize(path) {
                targets.listed.insert(path.clone());
                targets.watched.insert(path);
            }
        }
        let missing = inputs.missing().map(Path::to_owned);
        for path in inputs.files().chain(missing) {
            targets.name(&path);
            // A symlink's target changes elsewhere.
            if let Ok(real) = fs::canonicalize(&path) {
                targets.name(&real);
            }
        }
        let output = done.as_ref().ok().map(Finished::output);
        let lock = lock_path(job.manifest_path());
        for path in [output, Some(&*lock), job.depfile_path()]
            .into_iter()
            .flatten()
        {
            targets.own.extend(place(path));
        }
        targets
    }

    /// Adds a path, there or not: its folder is watched, or the nearest one above it that is there.
    fn name(&mut self, path: &Path) {
        let mut at = path;
        loop {
            if let Some(place) = place(at) {
                self.watched.extend(place.parent().map(Path::to_owned));
                self.named.insert(place);
                return;
            }
            match at.parent() {
                Some(parent) if parent != Path::new("") => at = parent,
                _ => return,
            }
        }
    }

    /// The folders to watch, sorted.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.watched.iter().map(PathBuf::as_path)
    }

    pub(super) fn watches(&self, folder: &Path) -> bool {
        self.watched.contains(folder)
    }

    /// Whether an event may change what a run comes to.
    pub(super) fn concern(&self, event: &Event) -> bool {
        // A run reads its inputs: that is no change.
        !matches!(event.kind, EventKind::Access(_))
            && (event.need_rescan()
                || event.paths.is_empty()
                || event.paths.iter().any(|path| self.matters(path)))
    }

    fn matters(&self, path: &Path) -> bool {
        if self.own.contains(path) || path.file_name().is_some_and(is_temporary) {
            return false;
        }
        let listed = path
            .parent()
            .is_some_and(|parent| self.listed.contains(parent));
        listed || self.named.contains(path) || self.listed.contains(path)
    }

    /// Whether a file or listing is younger than `time`.
    pub(super) fn changed_since(&self, time: SystemTime) -> bool {
        let own_folder = |path: &Path| self.own.iter().any(|own| own.parent() == Some(path));
        let inputs = self.named.iter().chain(&self.listed);
        inputs
            .filter(|path| !own_folder(path))
            .filter_map(|path| fs::symlink_metadata(path).ok()?.modified().ok())
            .any(|modified| modified >= time)
    }
}

/// Where something is or would be: its folder without symlinks, and its name.
fn place(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    Some(fs::canonicalize(folder).ok()?.join(name))
}

/// The name of an output in the making, see `wasi_vfs::atomic_file::Pending`.
fn is_temporary(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with(".wasi-vfs-") && name.ends_with(".tmp")
}
