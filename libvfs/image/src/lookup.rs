//! Finding a name in a directory: one read of the index, one of the entry, one of its name.

use crate::layout::{self, NAME_MAX, SlotRecord, WINDOW};
use crate::{Bytes, Corrupt, Image, NodeId};

/// Bytes of the index read at once.
const WINDOW_SIZE: usize = WINDOW as usize * SlotRecord::SIZE;

/// Bytes of a name read at once: a constant number, which engines copy faster than one that they have to look at.
const CHUNK: usize = 32;

/// Room to compare names in: a chunk, which may begin in front of the name, and as much behind it.
pub const SCRATCH: usize = 2 * CHUNK;

impl<B: Bytes> Image<B> {
    /// The node that `name` stands for in a directory; its cost does not depend on the size of the directory or the image.
    ///
    /// `.` and `..` are no entries, so they are not found, and neither is anything in a node that is no directory.
    ///
    /// # Errors
    /// [`Corrupt`] when the index or the entry it leads to is not well formed.
    pub fn lookup(&self, dir: NodeId, name: &[u8]) -> Result<Option<NodeId>, Corrupt> {
        self.lookup_words(
            dir,
            name.len(),
            |at| layout::word(name, at),
            &mut [0; SCRATCH],
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
        scratch: &mut [u8; SCRATCH],
    ) -> Result<Option<NodeId>, Corrupt> {
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
        let mut at = layout::ideal_slot(hash, self.capacity);
        // `at` grows with each turn, so the loop ends.
        while at <= self.last_window {
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
                    let dirent = self.dirent_record(slot.dirent.wrapping_sub(1))?;
                    let same = dirent.directory == dir.get() && dirent.name_size as usize == len;
                    if same && self.is(dirent.name_offset, len, word, scratch)? {
                        if dirent.node >= self.node_count {
                            return Err(Corrupt);
                        }
                        return Ok(Some(NodeId::new(dirent.node)));
                    }
                }
            }
            at = at.wrapping_add(WINDOW);
        }
        // The writer ends the index with empty slots, so nobody honest comes here.
        Err(Corrupt)
    }

    /// Whether a string of `len` bytes has these: `word` says which, and which bits of them count.
    #[inline(always)]
    fn is(
        &self,
        string: u32,
        len: usize,
        word: impl Fn(usize) -> (u64, u64),
        scratch: &mut [u8; SCRATCH],
    ) -> Result<bool, Corrupt> {
        let string = self.text(string, len as u32)?;
        let (mut at, mut shift) = (0, 0);
        while at < len {
            if at % CHUNK == 0 {
                // At the image's end a chunk begins earlier; the header alone is longer than one.
                let offset = string.offset.wrapping_add(at as u32);
                let from = offset.min(self.size.wrapping_sub(CHUNK as u32));
                shift = offset.wrapping_sub(from) as usize;
                let chunk = scratch.first_chunk_mut::<CHUNK>().ok_or(Corrupt)?;
                self.bytes.read(from, chunk)?;
            }
            let stored = scratch.get(at % CHUNK + shift..);
            let stored = stored.and_then(<[u8]>::first_chunk).ok_or(Corrupt)?;
            let (word, belongs) = word(at);
            if (u64::from_le_bytes(*stored) ^ word) & belongs != 0 {
                return Ok(false);
            }
            at += 8;
        }
        Ok(true)
    }
}
