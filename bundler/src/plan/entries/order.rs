//! Where entries lie: their orders, and which is in which.

use std::cmp::Ordering;

use super::{Entries, WHOLE};
use crate::path::{GuestPath, first_difference};

impl Entries {
    /// The number of the entry at a path; entries must be sorted.
    pub(crate) fn find(&self, path: &GuestPath) -> Option<usize> {
        let (mut start, mut end) = (0, self.len());
        while start < end {
            let middle = start + (end - start) / 2;
            match self.compare_with(middle, path) {
                Ordering::Less => start = middle + 1,
                Ordering::Greater => end = middle,
                Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    /// Whether an entry's path is this text.
    pub(crate) fn is_at(&self, number: usize, text: &str) -> bool {
        let name = self.name(number);
        let before = match self.directory(number).map(GuestPath::as_str) {
            None | Some(".") => Some(""),
            Some("/") => Some("/"),
            Some(directory) => {
                return text
                    .strip_prefix(directory)
                    .and_then(|rest| rest.strip_prefix('/'))
                    == Some(name);
            }
        };
        before.and_then(|before| text.strip_prefix(before)) == Some(name)
    }

    /// Whether an entry is inside another that is a directory, at any depth.
    pub(crate) fn is_below(&self, number: usize, above: usize) -> bool {
        let Some(directory) = self.directory(number) else {
            return false;
        };
        self.is_at(above, directory.as_str()) || directory.is_below(&self.path(above))
    }

    /// The order of two entries by the bytes of their paths.
    pub(crate) fn compare(&self, a: usize, b: usize) -> Ordering {
        if self.in_one_directory(a, b) {
            return self.name(a).cmp(self.name(b));
        }
        let (a, b) = first_difference(self.parts(a), self.parts(b));
        a.cmp(&b)
    }

    fn compare_with(&self, number: usize, path: &GuestPath) -> Ordering {
        let path = match path.as_str() {
            "." => "",
            path => path,
        };
        let (a, b) = first_difference(self.parts(number), [path, "", ""]);
        a.cmp(&b)
    }

    /// The order in which a tree is walked: what is in a directory directly follows it; absolute paths first.
    pub(crate) fn tree_compare(&self, a: usize, b: usize) -> Ordering {
        if self.in_one_directory(a, b) {
            return self.name(a).cmp(self.name(b));
        }
        // A slash before every other byte: `/a/b` before `/a-b`.
        let (a, b) = (self.parts(a), self.parts(b));
        let absolute = |parts: [&str; 3]| parts[0].starts_with('/');
        absolute(b)
            .cmp(&absolute(a))
            .then_with(|| match first_difference(a, b) {
                (Some(b'/'), Some(_)) => Ordering::Less,
                (Some(_), Some(b'/')) => Ordering::Greater,
                (a, b) => a.cmp(&b),
            })
    }

    fn in_one_directory(&self, a: usize, b: usize) -> bool {
        let directory = self.records[a].directory;
        directory == self.records[b].directory && directory != WHOLE
    }

    /// What a path is sorted by, in parts: `.` is the empty path.
    fn parts(&self, number: usize) -> [&str; 3] {
        let name = self.name(number);
        match self.directory(number).map(GuestPath::as_str) {
            None if name == "." => ["", "", ""],
            None | Some(".") => [name, "", ""],
            Some("/") => ["/", name, ""],
            Some(directory) => [directory, "/", name],
        }
    }
}
