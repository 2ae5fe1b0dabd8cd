//! Paths in the source of a mount, as the manifest would write them.

use std::path::{Path, PathBuf};

use crate::manifest::Mount;
use crate::path::GuestPath;

/// The names that lead from `directory` to `path`.
pub(super) fn names_below<'p>(path: &'p GuestPath, directory: &GuestPath) -> Vec<&'p str> {
    let rest = match directory.as_str() {
        "." | "/" => path.as_str(),
        directory => &path.as_str()[directory.len()..],
    };
    let names = rest.split('/');
    names
        .filter(|name| !name.is_empty() && *name != ".")
        .collect()
}

/// What `names` lead to, below the mount's guest path.
pub(super) fn in_source(mount: &Mount, names: &[&str], is_archive: bool) -> String {
    let prefix = mount.strip_prefix.iter().flat_map(|prefix| &prefix.names);
    let names = prefix.map(String::as_str).chain(names.iter().copied());
    let path: PathBuf = names.collect();
    let written = Path::new(&mount.source.written);
    match path.as_os_str().is_empty() {
        true => mount.source.written.clone(),
        false if is_archive => format!("{}:{}", mount.source.written, path.display()),
        false => written.join(path).display().to_string(),
    }
}
