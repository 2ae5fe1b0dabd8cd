//! What stands at a path, and whether two paths are one place.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The path behind a chain of symlinks, whether or not the last one exists.
pub(super) fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_owned();
    // 40 is what Linux follows.
    for _ in 0..40 {
        match fs::read_link(&at) {
            // A relative target counts from the link's folder; `join` drops that folder for an absolute one.
            Ok(next) => at = at.parent().unwrap_or(Path::new("")).join(next),
            // `InvalidInput` is a file that is no symlink; other errors come back, better worded, when it is written.
            Err(_) => return Ok(at),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// What stands at `path` and must not be replaced by a rename.
pub(super) fn obstacle(path: &Path) -> Option<&'static str> {
    let is_dir = fs::metadata(path).map(|m| m.is_dir());
    match is_dir {
        Ok(true) => Some("a directory"),
        Ok(false) if !path.is_file() => Some("not a regular file"),
        // `dist/` names a directory even when there is none yet.
        _ if path.as_os_str().as_encoded_bytes().ends_with(b"/") || path.file_name().is_none() => {
            Some("the name of a directory")
        }
        _ => None,
    }
}

/// Two names of one place; a hard link is not: a rename leaves its other name alone.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Two names of one place, whether or not there is something; links in the last name are not followed.
pub(crate) fn same_place(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        Some((folder.canonicalize().ok()?, path.file_name()?.to_owned()))
    };
    matches!((place(a), place(b)), (Some(a), Some(b)) if a == b)
}
