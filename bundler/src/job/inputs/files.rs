//! The paths of many files in little memory: [`Files`].

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::source::is_joined;

/// A set of paths, each directory held once, and of each file its name: there may be a million of them, and nobody may ask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// The names in each directory, one path with a name after the other, in the order they came.
    names: BTreeMap<OsString, PathBuf>,
    /// Those that a directory and a name do not make again as they were written, such as `a//b`.
    others: BTreeSet<PathBuf>,
}

impl Files {
    pub(super) fn add(&mut self, path: &Path) {
        let parts = path.parent().zip(path.file_name());
        let joined = parts.filter(|(directory, name)| is_joined(path, directory, name));
        let Some((directory, name)) = joined else {
            self.others.insert(path.to_owned());
            return;
        };
        match self.names.get_mut(directory.as_os_str()) {
            Some(names) => names.push(name),
            None => {
                self.names.insert(directory.into(), name.into());
            }
        }
    }

    /// All of them, sorted, each once.
    pub(super) fn sorted(&self) -> Vec<PathBuf> {
        let in_directories = self.names.iter().flat_map(|(directory, names)| {
            let directory = Path::new(directory);
            names.iter().map(|name| directory.join(name))
        });
        let mut all: Vec<PathBuf> = in_directories.chain(self.others.iter().cloned()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_kept_as_they_are() {
        let mut files = Files::default();
        let paths = [
            "/", "/a", "/a/b c", "/b", "./x/y", "x", "x//y", "x/y/../z", "x/y", "a/z", "a/b/c",
            "..",
        ];
        for path in paths.iter().rev().chain(&paths) {
            files.add(Path::new(path));
        }
        let mut expected: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        expected.sort();
        expected.dedup();
        let found: BTreeSet<String> = files
            .sorted()
            .iter()
            .map(|p| p.display().to_string())
            .collect();
        assert_eq!(files.sorted(), expected);
        for path in ["./x/y", "/a/b c", "x/y/../z", ".."] {
            assert!(found.contains(path), "{path}");
        }
    }
}
