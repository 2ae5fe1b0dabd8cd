//! Finding a name in a directory: one read of the index, one of the entry, one of its name.

use crate::layout::{self, NAME_MAX, SlotRecord, WINDOW};
use crate::{Bytes, Corrupt, FileType, Image, NodeId, Str};

/// Bytes of the index read at once.
const WINDOW_SIZE: usize = WINDOW as usize * SlotRecord::SIZE;

/// Bytes of a name compared at once.
pub const CHUNK: usize = 32;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The node.
    pub node: NodeId,
    /// Its type.
    pub file_type: FileType,
}

impl<B: Bytes> Image<B> {
    /// Finds `name` in a directory; its cost does not depend on the size of the directory or the image.
    ///
    /// `.` and `..` are no entries, so they are not found, and neither is anything in a node that is no directory.
    ///
    /// # Errors
    /// [`Corrupt`] when the index or the entry it leads to is not well formed.
    pub fn lookup(&self, dir: NodeId, name: &[u8]) -> Result<Option<Found>, Corrupt> {
        self.lookup_words(
            dir,
            name.len(),
            |at| layout::word(name, at),
            &mut [0; CHUNK],
        )
    }

    /// The same for a name with `len` bytes, whose eight from `at` on are `word(at)`, little-endian; what is behind the name
    /// may be anything there, and so may `scratch`.
    ///
    /// # Errors
    /// As [`lookup`](Self::lookup).
    #[inline(always)]
    pub fn lookup_words(
        &self,
        dir: NodeId,
        len: usize,
        word: impl Fn(usize) -> u64,
        scratch: &mut [u8; CHUNK],
    ) -> Result<Option<Found>, Corrupt> {
        if len > NAME_MAX {
            return Ok(None);
        }
        let last = (1 << (len % 8 * 8)) - 1;
        let word = |at: usize| {
            let belongs = if len - at < 8 { last } else { u64::MAX };
            (word(at), belongs)
        };
        let hash = layout::hash_words(dir.get(), len, |at| {
            let (word, belongs) = word(at);
            word & belongs
        });
        let mut at = layout::ideal_slot(hash, layout::capacity(self.dirent_count));
        // `at` grows with each turn, so the loop ends at `slot_count` at the latest.
        while at <= self.slot_count.wrapping_sub(WINDOW) {
            let offset = self
                .slots
                .wrapping_add(at.wrapping_mul(SlotRecord::SIZE as u32));
            let window: [u8; WINDOW_SIZE] = self.bytes.read_array(offset)?;
            for slot in window.as_chunks::<{ SlotRecord::SIZE }>().0 {
                let slot = SlotRecord::decode(slot);
                // Slots are sorted by hash: past the first greater one there can be no match.
                if slot.dirent == 0 || slot.hash > hash {
                    return Ok(None);
                }
                if slot.hash == hash {
                    let (directory, dirent) = self.dirent_at(slot.dirent.wrapping_sub(1))?;
                    if directory == dir && self.is(dirent.name, len, word, scratch)? {
                        return Ok(Some(Found {
                            node: dirent.node,
                            file_type: dirent.file_type,
                        }));
                    }
                }
            }
            at = at.wrapping_add(WINDOW);
        }
        // The writer ends the index with empty slots, so nobody honest comes here.
        Err(Corrupt)
    }

    /// Whether a string has these bytes: `word` says which, and which bits of them count.
    #[inline(always)]
    fn is(
        &self,
        string: Str,
        len: usize,
        word: impl Fn(usize) -> (u64, u64),
        scratch: &mut [u8; CHUNK],
    ) -> Result<bool, Corrupt> {
        if string.len as usize != len {
            return Ok(false);
        }
        let mut at = 0;
        while at < len {
            let part = scratch.get_mut(..(len - at).min(CHUNK)).ok_or(Corrupt)?;
            self.bytes
                .read(string.offset.wrapping_add(at as u32), part)?;
            for stored in scratch.as_chunks().0 {
                if at >= len {
                    break;
                }
                let (word, belongs) = word(at);
                if (u64::from_le_bytes(*stored) ^ word) & belongs != 0 {
                    return Ok(false);
                }
                at += 8;
            }
        }
        Ok(true)
    }
}
