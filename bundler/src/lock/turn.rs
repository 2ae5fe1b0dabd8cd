//! One job after the other changes a lock: builds bundle several profiles of a manifest at once.

use std::fs::File;
use std::path::Path;

/// A job's turn to change the lock of a manifest; over when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _held: Option<File>,
}

impl Turn {
    /// Waits until no other job is at the lock of the manifest at `path`.
    ///
    /// What is held is the manifest: the lock itself is replaced by whoever writes it, and a file made for this would
    /// stay behind. Where that can't be done (the file system has no such locks) there is no waiting. On Windows nobody
    /// else could read the manifest meanwhile, so that it is not done there.
    pub(crate) fn wait(path: &Path) -> Self {
        // A pipe must not be opened again: that would wait for another writer.
        let held = (cfg!(unix) && path.is_file())
            .then(|| File::open(path).ok())
            .flatten()
            .filter(|manifest| manifest.lock().is_ok());
        Self { _held: held }
    }
}
