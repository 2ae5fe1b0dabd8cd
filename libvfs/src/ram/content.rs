//! The contents of files: blocks of memory, and where there is none the image's bytes or zeros.
//!
//! Bytes of a block behind the end of the file are zero, so that a file can grow without a look at them.

use vfs_image::Bytes;

use super::map::{Map, Place};
use super::node::Node;
use super::{BLOCK, Pages, Ram};
use crate::errno::{Errno, Result};
use crate::program::Program;

/// Largest file, in bytes (as Linux' `off_t`).
const SIZE_MAX: u64 = i64::MAX as u64;

/// A part of a file that lies in one block.
struct Part {
    block: u64,
    /// Where in the block it starts.
    start: u32,
    len: u32,
}

/// The part of `len` bytes from `position` on that lies in one block.
#[inline(always)]
fn part(position: u64, len: u32) -> Part {
    let start = position as u32 & (BLOCK - 1);
    Part {
        block: position / u64::from(BLOCK),
        start,
        len: len.min(BLOCK - start),
    }
}

impl<P: Pages> Ram<P> {
    /// Copies content to the program's memory; all of it lies before the file's end.
    pub(crate) fn read(
        &self,
        program: &impl Program,
        node: Node,
        mut position: u64,
        mut to: u32,
        mut len: u32,
    ) {
        let map = self.map(node);
        let (offset, embedded) = self.embedded(node);
        while len > 0 {
            let Part {
                block,
                start,
                len: mut size,
            } = part(position, len);
            if map.root == 0 {
                // Nothing was written: one piece of the image, and zeros.
                size = len;
            }
            let (at, room) = self.mapped(map, block);
            if at != 0 && start < room {
                size = size.min(room - start);
                // Blocks that were taken one after the other often lie so.
                let mut next = block;
                while size < len && start + size == (next - block + 1) as u32 * BLOCK {
                    next += 1;
                    if self.mapped(map, next).0 != at + (next - block) as u32 * BLOCK {
                        break;
                    }
                    size += BLOCK.min(len - size);
                }
                program.copy_out(to, self.pages.bytes(at + start, size));
            } else if at == 0 && position < u64::from(embedded) {
                let position = position as u32;
                size = size.min(embedded - position);
                program.copy_image(to, offset + position, size);
            } else {
                let zeros = [0; 256];
                size = size.min(zeros.len() as u32);
                program.copy_out(to, zeros.get(..size as usize).unwrap_or_default());
            }
            position += u64::from(size);
            to += size;
            len -= size;
        }
    }

    /// Copies from the program's memory into the file, which grows with it; the number of bytes, fewer when memory ends.
    ///
    /// # Errors
    /// `ENOSPC` when there is no memory for a single byte, `EFBIG` beyond the largest file.
    pub(crate) fn write(
        &mut self,
        program: &impl Program,
        image: &impl Bytes,
        node: Node,
        position: u64,
        from: u32,
        len: u32,
    ) -> Result<u32> {
        let most = SIZE_MAX.saturating_sub(position);
        if most == 0 && len > 0 {
            return Err(Errno::FBIG);
        }
        let len = u64::from(len).min(most) as u32;
        let mut map = self.map(node);
        let mut done = 0;
        let mut result = Ok(());
        // Blocks that were taken one after the other often lie so: they are copied at once.
        let (mut run, mut run_len) = (0, 0);
        while done < len {
            let Part {
                block,
                start,
                len: size,
            } = part(position + u64::from(done), len - done);
            match self.open_block(image, node, &mut map, block, start, size) {
                Ok(at) if at + start == run + run_len => run_len += size,
                Ok(at) => {
                    self.fill_run(program, run, run_len, from + done - run_len);
                    (run, run_len) = (at + start, size);
                }
                Err(errno) => {
                    result = Err(errno);
                    break;
                }
            }
            done += size;
        }
        self.fill_run(program, run, run_len, from + done - run_len);
        self.put_map(node, map);
        let end = position + u64::from(done);
        if done > 0 && end > self.size(node) {
            self.put_size(node, end);
        }
        if done > 0 {
            return Ok(done);
        }
        result.map(|()| 0)
    }

    /// Copies from the program's memory into a run of blocks, if there is one.
    fn fill_run(&mut self, program: &impl Program, run: u32, len: u32, from: u32) {
        if len > 0 {
            program.copy_in(self.pages.bytes_mut(run, len), from);
        }
    }

    /// The memory of a block, of which the part from `start` on is about to be written.
    fn open_block(
        &mut self,
        image: &impl Bytes,
        node: Node,
        map: &mut Map,
        block: u64,
        start: u32,
        len: u32,
    ) -> Result<u32> {
        let (at, room) = self.mapped(*map, block);
        if at != 0 && start + len <= room {
            return Ok(at);
        }
        let (offset, embedded) = self.embedded(node);
        // A part of a block must still hold all that came from the image.
        let needed = (start + len).max(embedded.min(BLOCK));
        let place = self.reach(map, block, needed, self.account(node))?;
        let Place {
            at,
            kept,
            len: room,
        } = place;
        if kept < start || start + len < room {
            // What the image has of the block.
            let position = block * u64::from(BLOCK) + u64::from(kept);
            let left = u64::from(embedded).saturating_sub(position);
            let copied = left.min(u64::from(room - kept)) as u32;
            if copied > 0 && at != 0 {
                let place = self.pages.bytes_mut(at + kept, copied);
                // The image was checked to hold the whole content.
                image.read(offset + position as u32, place)?;
            }
            self.zero(at + kept + copied, room - kept - copied);
        }
        Ok(at)
    }

    /// Cuts a file, or lets it grow with zeros.
    ///
    /// # Errors
    /// `EINVAL` beyond the largest file.
    pub(crate) fn resize(&mut self, node: Node, size: u64) -> Result<()> {
        if size > SIZE_MAX {
            return Err(Errno::INVAL);
        }
        if size < self.size(node) {
            let mut map = self.map(node);
            let kept = size.div_ceil(u64::from(BLOCK));
            self.cut(&mut map, kept, self.account(node));
            self.put_map(node, map);
            let start = size as u32 & (BLOCK - 1);
            let (at, room) = self.mapped(map, size / u64::from(BLOCK));
            if start > 0 && at != 0 && start < room {
                self.zero(at + start, room - start);
            }
            let (_, embedded) = self.embedded(node);
            self.put_embedded(node, size.min(u64::from(embedded)) as u32);
        }
        self.put_size(node, size);
        Ok(())
    }

    /// Takes memory for a part of a file, so that writing there can't fail; the file grows with it.
    ///
    /// # Errors
    /// `ENOSPC`, and then nothing has grown; `EFBIG` beyond the largest file.
    pub(crate) fn allocate(
        &mut self,
        image: &impl Bytes,
        node: Node,
        position: u64,
        len: u64,
    ) -> Result<()> {
        let end = match position.checked_add(len) {
            Some(end) if end <= SIZE_MAX => end,
            _ => return Err(Errno::FBIG),
        };
        // More than there can be; not worth filling the memory to find that out.
        let Ok(len) = u32::try_from(len) else {
            return Err(Errno::NOSPC);
        };
        let mut map = self.map(node);
        let mut done = 0;
        let mut result = Ok(());
        while done < len && result.is_ok() {
            let Part {
                block,
                start,
                len: size,
            } = part(position + u64::from(done), len - done);
            // Nothing is written, so all of a new block has to be filled.
            let (at, room) = self.mapped(map, block);
            if at == 0 || start + size > room {
                let opened = self.open_block(image, node, &mut map, block, start + size, 0);
                result = opened.map(|_| ());
            }
            done += size;
        }
        self.put_map(node, map);
        if result.is_ok() {
            if end > self.size(node) {
                self.put_size(node, end);
            }
        } else {
            // What lies behind the end goes again.
            let kept = self.size(node).div_ceil(u64::from(BLOCK));
            self.cut(&mut map, kept, self.account(node));
            self.put_map(node, map);
        }
        result
    }
}
