//! Directories that many paths are in, each held once: [`Directories`].

use super::GuestPath;

/// A path is looked for among so many that came last: a walk comes back to a directory after those in it.
const NEAR: usize = 4;

/// Directories by numbers, in the order they came. One that comes again much later gets another number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directories(Vec<GuestPath>);

impl Directories {
    /// The number of a directory, whose path is one.
    pub(crate) fn number(&mut self, path: &str) -> u32 {
        let near = self.0.iter().enumerate().rev().take(NEAR);
        for (number, directory) in near {
            if directory.as_str() == path {
                return number as u32;
            }
        }
        let path = GuestPath::parse(path).expect("BUG: the directory of a path is none");
        self.0.push(path);
        self.0.len() as u32 - 1
    }

    /// The directory with this number; none for one that was not given.
    pub(crate) fn get(&self, number: u32) -> Option<&GuestPath> {
        self.0.get(number as usize)
    }

    /// How many numbers were given.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
