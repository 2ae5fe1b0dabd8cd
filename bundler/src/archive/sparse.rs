//! Contents with holes, which are not in the archive and read as zeros.

use std::io::{self, Read};

use crate::read_at::ReadAt;

/// A piece of a file that is in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it belongs in the file.
    pub(super) at: u64,
    /// How many bytes it has; at least one.
    pub(super) size: u64,
    /// Where it is in the archive.
    pub(super) from: u64,
}

/// A file of `size` bytes, from its first to its last.
pub(super) struct Sparse<'a> {
    bytes: &'a dyn ReadAt,
    /// What is still to come of its pieces, in their order.
    pieces: &'a [Piece],
    at: u64,
    size: u64,
}

impl<'a> Sparse<'a> {
    pub(super) fn new(bytes: &'a dyn ReadAt, pieces: &'a [Piece], size: u64) -> Self {
        let at = 0;
        Self {
            bytes,
            pieces,
            at,
            size,
        }
    }
}

impl Read for Sparse<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = |left: u64| {
            usize::try_from(left)
                .unwrap_or(usize::MAX)
                .min(buffer.len())
        };
        let piece = self.pieces.first();
        let read = match piece {
            Some(piece) if piece.at <= self.at => {
                let within = self.at - piece.at;
                let most = most(piece.size - within);
                let read = self
                    .bytes
                    .read_at(&mut buffer[..most], piece.from + within)?;
                if within + read as u64 == piece.size {
                    self.pieces = &self.pieces[1..];
                }
                read
            }
            _ => {
                let end = piece.map_or(self.size, |piece| piece.at);
                let hole = most(end - self.at);
                buffer[..hole].fill(0);
                hole
            }
        };
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_zeros_whatever_is_asked_for_at_once() {
        let bytes = b"..abcdef.gh".to_vec();
        let piece = |at, size, from| Piece { at, size, from };
        let pieces = [piece(0, 2, 2), piece(5, 4, 4), piece(12, 2, 9)];
        for (pieces, size, whole) in [
            (&pieces[..], 16, &b"ab\0\0\0cdef\0\0\0gh\0\0"[..]),
            (&pieces[..2], 9, b"ab\0\0\0cdef"),
            (&pieces[2..], 14, b"\0\0\0\0\0\0\0\0\0\0\0\0gh"),
            (&[], 3, b"\0\0\0"),
            (&[], 0, b""),
        ] {
            for at_once in 1..20 {
                let mut read: Vec<u8> = Vec::new();
                let mut file = Sparse::new(&bytes, pieces, size);
                let mut buffer = vec![7; at_once];
                loop {
                    match file.read(&mut buffer).unwrap() {
                        0 => break,
                        some => read.extend(&buffer[..some]),
                    }
                }
                assert_eq!(read, whole, "{at_once} at once");
            }
        }
    }
}
