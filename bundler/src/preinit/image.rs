//! The image for a program that is run while it is bundled: read from the output, where it was just written.

use std::io;

use crate::read_at::ReadAt;

/// Bytes that are read at a time: the interposer asks for names and entries of a few bytes each.
const BLOCK: usize = 64 << 10;
/// Blocks that are kept.
const KEPT: usize = 64;

/// The image's bytes.
pub(super) struct Image {
    bytes: Box<dyn ReadAt>,
    /// Where in `bytes` the image begins.
    start: u64,
    size: u32,
    /// By the block's number modulo their number: the number, and the block.
    blocks: Vec<Option<(u32, Vec<u8>)>>,
}

impl Image {
    pub(super) fn new(bytes: Box<dyn ReadAt>, start: u64, size: u32) -> Self {
        Self {
            bytes,
            start,
            size,
            blocks: vec![None; KEPT],
        }
    }

    /// Fills `out` with what is at `offset`; false when the image ends before.
    pub(super) fn read(&mut self, offset: u32, out: &mut [u8]) -> io::Result<bool> {
        if u64::from(offset) + out.len() as u64 > u64::from(self.size) {
            return Ok(false);
        }
        if out.len() >= BLOCK {
            self.bytes
                .read_exact_at(out, self.start + u64::from(offset))?;
            return Ok(true);
        }
        let mut at = offset as usize;
        let mut rest = out;
        while !rest.is_empty() {
            let block = self.block((at / BLOCK) as u32)?;
            let bytes = &block[at % BLOCK..];
            let part = bytes.len().min(rest.len());
            let (now, later) = rest.split_at_mut(part);
            now.copy_from_slice(&bytes[..part]);
            (at, rest) = (at + part, later);
        }
        Ok(true)
    }

    fn block(&mut self, number: u32) -> io::Result<&[u8]> {
        let place = &mut self.blocks[number as usize % KEPT];
        if place.as_ref().is_none_or(|(kept, _)| *kept != number) {
            let start = number as usize * BLOCK;
            let mut bytes = vec![0; BLOCK.min(self.size as usize - start)];
            self.bytes
                .read_exact_at(&mut bytes, self.start + start as u64)?;
            *place = Some((number, bytes));
        }
        let kept = place.as_ref().expect("filled above");
        Ok(&kept.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_reads_as_it_lies() {
        let bytes: Vec<u8> = (0..KEPT * BLOCK + 3 * BLOCK + 17)
            .map(|i| (i / 7) as u8)
            .collect();
        let size = bytes.len() as u32 - 5;
        let mut image = Image::new(Box::new(bytes.clone()), 5, size);
        for at in [0, 1, BLOCK - 1, BLOCK, 3 * BLOCK - 7, KEPT * BLOCK, 9] {
            for len in [0, 1, 16, BLOCK - 1, BLOCK, 2 * BLOCK + 1] {
                let mut out = vec![0; len];
                assert!(image.read(at as u32, &mut out).unwrap());
                assert!(out == bytes[5 + at..5 + at + len], "{len} bytes at {at}");
            }
        }
        assert!(!image.read(size, &mut [0]).unwrap());
        assert!(image.read(size, &mut []).unwrap());
        assert!(!image.read(u32::MAX, &mut [0; 2]).unwrap());
    }
}
