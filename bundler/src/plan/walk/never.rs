//! What stays out because of what it is.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::manifest::{Manifest, Mount, lock_path};
use crate::plan::unmatched::KeptOut;
use crate::source::Source;

/// The bundle itself, what is written with it and its lock, always: a lock that has its own digest in it would be right never. By the default
/// excludes the program and the manifest, too.
pub(in crate::plan) fn never(
    src: &dyn Source,
    manifest: &Manifest,
    mount: &Mount,
    walked: &Path,
) -> Vec<(PathBuf, KeptOut)> {
    let Ok(root) = src.resolve(walked) else {
        return Vec::new();
    };
    let mut never = Vec::new();
    let mut add = |path: &Path, why: KeptOut| {
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        // Through the folder, because the file need not exist yet.
        if let (Ok(parent), Some(name)) = (src.resolve(parent), path.file_name())
            && let Ok(below) = parent.join(name).strip_prefix(&root)
        {
            never.push((walked.join(below), why));
        }
    };
    add(manifest.output(), KeptOut::Output);
    for beside in &manifest.beside {
        add(beside, KeptOut::Output);
    }
    add(&lock_path(&manifest.path), KeptOut::Lock);
    if mount.default_excludes {
        add(manifest.input(), KeptOut::Input);
        add(&manifest.path, KeptOut::Manifest);
    }
    never
}

/// Whether this is the name of an output that is being written, or was when its writer was killed.
pub(in crate::plan) fn is_unfinished(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".wasi-vfs-") && name.ends_with(b".tmp")
}
