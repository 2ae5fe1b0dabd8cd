//! The name that was found last: [`Known`].
//!
//! Programs ask for one name several times: they look whether a file is there, open it, and ask what it is. The image
//! never changes, so that a name which was found in it leads to the same node ever after; what the program has made or
//! removed is looked for before.

use core::ops::Range;

use vfs_image::NodeId;

use crate::kept::{keep, kept};
use crate::resolve::Text;

/// Words of the longest name that is known.
const WORDS: usize = 4;

/// A name of the image, and where it leads.
pub(crate) struct Known {
    /// The directory and bytes of the name; 0 when nothing was found.
    key: u64,
    text: [u64; WORDS],
    node: NodeId,
}

impl Known {
    /// Nothing known.
    pub(crate) const fn new() -> Self {
        Self {
            key: 0,
            text: [0; WORDS],
            node: NodeId::new(0),
        }
    }

    /// Where the name leads that is in this part of the path buffer, if it is the one that is known.
    #[inline(always)]
    pub(crate) fn recall(&self, dir: NodeId, path: &Text, name: &Range<usize>) -> Option<NodeId> {
        let same = self.key == key(dir, name) && kept(&self.text, path, name);
        same.then_some(self.node)
    }

    /// Remembers that the name leads to `node`.
    #[inline(always)]
    pub(crate) fn remember(&mut self, dir: NodeId, path: &Text, name: &Range<usize>, node: NodeId) {
        if keep(&mut self.text, path, name) {
            self.key = key(dir, name);
            self.node = node;
        }
    }
}

fn key(dir: NodeId, name: &Range<usize>) -> u64 {
    u64::from(dir.get()) << 32 | name.end.wrapping_sub(name.start) as u64
}
