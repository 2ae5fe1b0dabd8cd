//! What a linked module is made of: stretches of the program, which stay where they are, and bytes of its own between them.

use std::ops::Range;

/// Bytes put together of the program's and others, in order.
#[derive(Debug, Clone, Default)]
pub(super) struct Pieces<'p> {
    program: &'p [u8],
    pieces: Vec<Piece>,
    size: usize,
}

/// What is larger is not extended: making room for more would move all of it, megabytes of debug information for instance.
const SMALL: usize = 4096;

/// Some of these bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As they are at this place of the program.
    Program(Range<usize>),
    /// Others.
    Own(Vec<u8>),
}

impl<'p> Pieces<'p> {
    /// None, with what stretches are of.
    pub(super) fn new(program: &'p [u8]) -> Self {
        Self {
            program,
            ..Self::default()
        }
    }

    /// How many bytes.
    pub(super) fn len(&self) -> usize {
        self.size
    }

    /// Appends a stretch of the program.
    pub(super) fn program(&mut self, stretch: Range<usize>) {
        if stretch.is_empty() {
            return;
        }
        self.size += stretch.len();
        match self.pieces.last_mut() {
            Some(Piece::Program(last)) if last.end == stretch.start => last.end = stretch.end,
            _ => self.pieces.push(Piece::Program(stretch)),
        }
    }

    /// Appends a copy of other bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.size += bytes.len();
        match self.pieces.last_mut() {
            Some(Piece::Own(last)) if last.len() < SMALL => last.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Own(bytes.to_vec())),
        }
    }

    /// Appends other bytes, of which there may be many.
    pub(super) fn own(&mut self, bytes: Vec<u8>) {
        self.size += bytes.len();
        self.pieces.push(Piece::Own(bytes));
    }

    /// Appends what `other` is made of, with stretches of the same program.
    pub(super) fn append(&mut self, other: Pieces<'p>) {
        for piece in other.pieces {
            match piece {
                Piece::Program(stretch) => self.program(stretch),
                Piece::Own(bytes) => self.own(bytes),
            }
        }
    }

    /// All bytes, a piece at a time.
    pub(super) fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(|piece| match piece {
            Piece::Program(stretch) => &self.program[stretch.clone()],
            Piece::Own(bytes) => bytes,
        })
    }

    /// The pieces at `range`, cut to it, each with where it begins.
    pub(super) fn within(&self, range: Range<usize>) -> impl Iterator<Item = (usize, Part<'_>)> {
        let mut end = 0;
        let pieces = self.pieces.iter().map(move |piece| {
            let start = end;
            end += piece.len();
            (start, piece)
        });
        pieces.filter_map(move |(start, piece)| {
            let cut = range.start.max(start)..range.end.min(start + piece.len());
            let inside = || cut.start - start..cut.end - start;
            (!cut.is_empty()).then(|| match piece {
                Piece::Program(at) => {
                    let inside = at.start + inside().start..at.start + inside().end;
                    (cut.start, Part::Program(inside))
                }
                Piece::Own(bytes) => (cut.start, Part::Own(&bytes[inside()])),
            })
        })
    }

    /// A copy of the bytes at `range`.
    pub(super) fn copy_of(&self, range: Range<usize>) -> Vec<u8> {
        let mut copy = Vec::with_capacity(range.len());
        for (_, part) in self.within(range) {
            match part {
                Part::Program(stretch) => copy.extend_from_slice(&self.program[stretch]),
                Part::Own(bytes) => copy.extend_from_slice(bytes),
            }
        }
        copy
    }
}

/// A piece or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// As at this place of the program.
    Program(Range<usize>),
    /// Other bytes.
    Own(&'a [u8]),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Piece::Program(stretch) => stretch.len(),
            Piece::Own(bytes) => bytes.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_found_at_their_places() {
        let mut pieces = Pieces::new(b"0123456789");
        pieces.program(0..0);
        pieces.program(2..4);
        pieces.program(4..6);
        pieces.bytes(b"a");
        pieces.bytes(b"b");
        pieces.own(b"cd".to_vec());
        pieces.program(8..10);
        assert_eq!(pieces.len(), 10);
        let slices: Vec<&[u8]> = pieces.slices().collect();
        assert_eq!(slices, [&b"2345"[..], b"ab", b"cd", b"89"]);
        let parts: Vec<_> = pieces.within(3..9).collect();
        let expected = [
            (3, Part::Program(5..6)),
            (4, Part::Own(b"ab")),
            (6, Part::Own(b"cd")),
            (8, Part::Program(8..9)),
        ];
        assert_eq!(parts, expected);
        assert_eq!(pieces.within(5..5).count(), 0);
        assert_eq!(pieces.copy_of(1..7), b"345abc");
        assert_eq!(pieces.copy_of(0..10), b"2345abcd89");
    }
}
