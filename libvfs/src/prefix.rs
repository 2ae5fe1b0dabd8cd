//! The directory that the last path led through: [`Prefix`].
//!
//! Programs look up many names in one directory before they turn to another
//! (an import tries five endings, `ls -l` asks for every entry). The tree never
//! changes, so that part of the way need not be walked again.

use core::ops::Range;

use vfs_image::NodeId;

use crate::kept::{keep, kept};
use crate::resolve::{PATH_BUFFER, Text};

/// Words of the longest prefix that is remembered.
const WORDS: usize = 16;

/// The text of a path up to its last name, and where it leads.
pub(crate) struct Prefix {
    /// The directory the path starts from, and the host's beside it.
    start: (NodeId, u32),
    /// Bytes of text; 0 when nothing is remembered.
    len: usize,
    text: [u64; WORDS],
    /// The directory it leads to.
    pub(crate) directory: NodeId,
    /// That directory's mode.
    pub(crate) mode: u32,
    /// The host's directory from which the same text leads there too; its number plus one,
    /// or 0.
    pub(crate) host: u32,
}

impl Prefix {
    /// Nothing remembered.
    pub(crate) const fn new() -> Self {
        Self {
            start: (NodeId::new(0), 0),
            len: 0,
            text: [0; WORDS],
            directory: NodeId::new(0),
            mode: 0,
            host: 0,
        }
    }

    /// Remembers nothing any more: a directory was moved or removed.
    pub(crate) fn forget(&mut self) {
        self.len = 0;
    }

    /// Where the rest of the path from `at` to the end of the buffer starts, if it begins with this prefix.
    #[inline(always)]
    pub(crate) fn recall(&self, start: (NodeId, u32), path: &Text, at: usize) -> Option<usize> {
        let end = at + self.len;
        // A name comes after it.
        if self.len == 0 || start != self.start || end >= PATH_BUFFER {
            return None;
        }
        kept(&self.text, path, &(at..end)).then_some(end)
    }

    /// Remembers that this part of the text leads from `start` to `directory`.
    #[inline(always)]
    pub(crate) fn remember(
        &mut self,
        start: (NodeId, u32),
        path: &Text,
        part: Range<usize>,
        (directory, mode, host): (NodeId, u32, u32),
    ) {
        if keep(&mut self.text, path, &part) {
            self.len = part.len();
            self.start = start;
            self.directory = directory;
            self.mode = mode;
            self.host = host;
        }
    }
}
