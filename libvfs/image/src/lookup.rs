//! Finding a name in a directory: one read of the index, one of the entry, one of its name.

use crate::layout::{self, NAME_MAX, SlotRecord, WINDOW};
use crate::{Bytes, Corrupt, FileType, Image, NodeId, Str};

/// Bytes of the index read at once.
const WINDOW_SIZE: usize = WINDOW as usize * SlotRecord::SIZE;

/// Bytes of a name compared at once.
const CHUNK: usize = 32;

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
        if name.len() > NAME_MAX {
            return Ok(None);
        }
        let hash = layout::hash(dir.get(), name);
        let mut at = layout::ideal_slot(hash, layout::capacity(self.dirent_count));
        // `at` grows with each turn, so the loop ends at `slot_count` at the latest.
        while at <= self.slot_count.wrapping_sub(WINDOW) {
            let mut window = [0; WINDOW_SIZE];
            let offset = self
                .slots
                .wrapping_add(at.wrapping_mul(SlotRecord::SIZE as u32));
            self.bytes.read(offset, &mut window)?;
            for slot in window.as_chunks::<{ SlotRecord::SIZE }>().0 {
                let slot = SlotRecord::decode(slot);
                // Slots are sorted by hash: past the first greater one there can be no match.
                if slot.dirent == 0 || slot.hash > hash {
                    return Ok(None);
                }
                if slot.hash == hash {
                    let (directory, dirent) = self.dirent_at(slot.dirent.wrapping_sub(1))?;
                    if directory == dir && self.is(dirent.name, name)? {
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

    /// Whether a string has these bytes.
    fn is(&self, string: Str, bytes: &[u8]) -> Result<bool, Corrupt> {
        if string.len as usize != bytes.len() {
            return Ok(false);
        }
        let mut offset = string.offset;
        for chunk in bytes.chunks(CHUNK) {
            let mut buffer = [0; CHUNK];
            let stored = buffer.get_mut(..chunk.len()).ok_or(Corrupt)?;
            self.bytes.read(offset, stored)?;
            if stored != chunk {
                return Ok(false);
            }
            offset = offset.wrapping_add(CHUNK as u32);
        }
        Ok(true)
    }
}
