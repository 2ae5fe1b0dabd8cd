//! The directory that the last path led through: [`Prefix`].
//!
//! Programs look up many names in one directory before they turn to another
//! (an import tries five endings, `ls -l` asks for every entry). The tree never
//! changes, so that part of the way need not be walked again.

use vfs_image::NodeId;

use crate::resolve::PATH_BUFFER;

/// Bytes of the longest prefix that is remembered.
const WORDS: usize = 16;

/// The text of a path up to its last name, and where it leads.
pub(crate) struct Prefix {
    /// The directory the path starts from.
    start: NodeId,
    /// Bytes of text; 0 when nothing is remembered.
    len: usize,
    /// The text, its end first, eight bytes each.
    words: [u64; WORDS],
    /// The directory it leads to.
    pub(crate) directory: NodeId,
    /// That directory's mode.
    pub(crate) mode: u32,
}

impl Prefix {
    /// Nothing remembered.
    pub(crate) const fn new() -> Self {
        Self {
            start: NodeId::new(0),
            len: 0,
            words: [0; WORDS],
            directory: NodeId::new(0),
            mode: 0,
        }
    }

    /// Remembers nothing any more: a directory was moved or removed.
    pub(crate) fn forget(&mut self) {
        self.len = 0;
    }

    /// Where the rest of the path from `at` to the end of the buffer starts, if it begins with this prefix.
    #[inline(always)]
    pub(crate) fn recall(
        &self,
        start: NodeId,
        path: &[u8; PATH_BUFFER],
        at: usize,
    ) -> Option<usize> {
        let end = at + self.len;
        // A name comes after it.
        if self.len == 0 || start != self.start || end >= PATH_BUFFER {
            return None;
        }
        let mut left = self.len;
        for (bytes, word) in path.get(..end)?.as_rchunks().1.iter().rev().zip(self.words) {
            let mut differs = u64::from_le_bytes(*bytes) ^ word;
            if left < 8 {
                // What is before the path is the low end of the word.
                differs >>= 64 - left * 8;
            }
            if differs != 0 {
                return None;
            }
            left = left.saturating_sub(8);
            if left == 0 {
                break;
            }
        }
        Some(end)
    }

    /// Remembers that the text from `at` to `end` leads from `start` to `directory`.
    #[inline(always)]
    pub(crate) fn remember(
        &mut self,
        (start, at): (NodeId, usize),
        path: &[u8; PATH_BUFFER],
        end: usize,
        (directory, mode): (NodeId, u32),
    ) {
        let len = end - at;
        if len > WORDS * 8 {
            return;
        }
        let text = path.get(..end).unwrap_or_default().as_rchunks().1;
        for (word, bytes) in self.words.iter_mut().zip(text.iter().rev()) {
            *word = u64::from_le_bytes(*bytes);
        }
        self.start = start;
        self.len = len;
        self.directory = directory;
        self.mode = mode;
    }
}
