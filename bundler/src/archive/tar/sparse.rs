//! Sparse files: what GNU tar leaves out of an archive because it is zeros.
//!
//! Where the pieces that are there belong is told in four ways: in the header and blocks behind it (GNU's own format, type `S`),
//! in extended headers (`GNU.sparse.` forms 0.0 and 0.1), or, in text, in front of the pieces (1.0).

use std::sync::Arc;

use tar::{GnuExtSparseHeader, GnuSparseHeader};

use super::header::{BLOCK, Header, number};
use super::pax::{Records, SparseRecords};
use super::{Reader, padded};
use crate::archive::error::ArchiveError;
use crate::archive::{Piece, name};

/// The most pieces in one archive: they are held in memory, and a small archive can unpack to many.
const MAX_PIECES: usize = 1_000_000;
const PIECES: &str = "1,000,000 pieces of sparse files";

/// A sparse file.
pub(super) struct Sparse {
    /// Bytes of the file, with its holes.
    pub(super) size: u64,
    pub(super) pieces: Arc<[Piece]>,
    /// Where in the archive it ends.
    pub(super) end: u64,
}

/// Where pieces belong and how long each is, one number after the other.
type Pairs = Vec<u64>;

impl Reader<'_> {
    /// The sparse file that begins at the current position with `stored` bytes in the archive; `None`: it is not sparse.
    pub(super) fn sparse(
        &mut self,
        at: u64,
        entry: &[u8],
        header: &Header,
        records: &Records,
        stored: u64,
    ) -> Result<Option<Sparse>, ArchiveError> {
        let corrupt = |reader: &Self, what: &str| {
            let what = format!("the map of the sparse file `{}` {what}", name::shown(entry));
            reader.corrupt(at, &what)
        };
        let gnu = header.kind() == b'S';
        let (pairs, size, end) = match &records.sparse {
            None if !gnu => return Ok(None),
            None => {
                let told = self.gnu(entry, header)?;
                let (pairs, size) = told.map_err(|what| corrupt(self, what))?;
                (pairs, size, self.at.saturating_add(stored))
            }
            Some(_) if gnu => return Err(corrupt(self, "is there in two forms")),
            Some(said) => {
                let end = self.at.saturating_add(stored);
                let pairs = match (said.major, said.minor) {
                    (None | Some(0), _) => said.pairs().map_err(|what| corrupt(self, what))?,
                    (Some(1), None | Some(0)) => {
                        let told = self.text(entry, end)?;
                        told.map_err(|what| corrupt(self, what))?
                    }
                    (Some(major), minor) => {
                        let form = format!("{major}.{}", minor.unwrap_or(0));
                        let what = format!("is a sparse file of the unknown form {form}");
                        return Err(self.unsupported(entry, &what));
                    }
                };
                let size = said.size.ok_or("does not say how large it is");
                (pairs, size.map_err(|what| corrupt(self, what))?, end)
            }
        };
        let pieces = pieces(&pairs, size, self.at, end).map_err(|what| corrupt(self, what))?;
        self.pieces += pieces.len();
        if self.pieces > MAX_PIECES {
            return Err(self.too_many_pieces());
        }
        Ok(Some(Sparse {
            size,
            pieces: pieces.into(),
            end,
        }))
    }

    /// The map in a header of GNU's own format and the blocks behind it, which the position moves behind; with it, the file's size.
    fn gnu(
        &mut self,
        entry: &[u8],
        header: &Header,
    ) -> Result<Result<(Pairs, u64), &'static str>, ArchiveError> {
        let Some(gnu) = header.gnu() else {
            return Ok(Err("is not in a header of GNU's format"));
        };
        let Some(size) = unsigned(&gnu.realsize) else {
            return Ok(Err(NO_NUMBER));
        };
        let mut pairs = Vec::new();
        if add(&mut pairs, &gnu.sparse).is_none() {
            return Ok(Err(NO_NUMBER));
        }
        let mut more = gnu.is_extended();
        while more {
            self.map_goes_on(entry)?;
            let mut block = GnuExtSparseHeader::new();
            self.read(block.as_mut_bytes())?;
            if add(&mut pairs, &block.sparse).is_none() {
                return Ok(Err(NO_NUMBER));
            }
            if pairs.len() / 2 > MAX_PIECES {
                return Err(self.too_many_pieces());
            }
            more = block.is_extended();
        }
        Ok(Ok((pairs, size)))
    }

    /// The map in front of the pieces, up to `end` at most: lines of a number each, how many pairs come and then these, in whole
    /// blocks, which the position moves behind.
    fn text(
        &mut self,
        entry: &[u8],
        end: u64,
    ) -> Result<Result<Pairs, &'static str>, ArchiveError> {
        let start = self.at;
        let mut numbers: Pairs = Vec::new();
        let mut wanted = None;
        let mut digits = Vec::new();
        while wanted != Some(numbers.len()) {
            let mut block = [0; BLOCK];
            self.map_goes_on(entry)?;
            if self.at + BLOCK as u64 > end {
                return Ok(Err("is longer than its content"));
            }
            self.read(&mut block)?;
            for byte in block {
                match byte {
                    b'\n' => {
                        let Some(number) = parsed(&digits) else {
                            return Ok(Err(NO_NUMBER));
                        };
                        digits.clear();
                        match wanted {
                            Some(_) => numbers.push(number),
                            None if number > MAX_PIECES as u64 => {
                                return Err(self.too_many_pieces());
                            }
                            None => wanted = Some(number as usize * 2),
                        }
                    }
                    // No number has more digits.
                    digit if digit.is_ascii_digit() && digits.len() < 20 => digits.push(digit),
                    _ => return Ok(Err(NO_NUMBER)),
                }
                if wanted == Some(numbers.len()) {
                    break;
                }
            }
        }
        self.at = padded(start, self.at - start);
        Ok(Ok(numbers))
    }

    /// Whether there is another block that a map goes on in.
    fn map_goes_on(&self, entry: &[u8]) -> Result<(), ArchiveError> {
        match self.bytes.size().saturating_sub(self.at) < BLOCK as u64 {
            true => Err(self
                .context
                .truncated(format!("in the map of `{}`", name::shown(entry)))),
            false => Ok(()),
        }
    }

    fn too_many_pieces(&self) -> ArchiveError {
        ArchiveError::Entries {
            archive: self.context.shown.to_owned(),
            limit: PIECES,
        }
    }
}

const NO_NUMBER: &str = "contains something that is not a number";

impl SparseRecords {
    /// The pairs of forms 0.0 and 0.1.
    fn pairs(&self) -> Result<Pairs, &'static str> {
        let counted = self
            .count
            .is_none_or(|count| count == self.pairs.len() as u64 / 2);
        match self.pairs.len().is_multiple_of(2) && counted {
            true => Ok(self.pairs.clone()),
            false => Err("does not have the pieces that it says"),
        }
    }
}

/// Adds the pairs of a header; unused ones are empty.
fn add(pairs: &mut Pairs, told: &[GnuSparseHeader]) -> Option<()> {
    for pair in told.iter().take_while(|pair| !pair.is_empty()) {
        pairs.extend([unsigned(&pair.offset)?, unsigned(&pair.numbytes)?]);
    }
    Some(())
}

fn unsigned(field: &[u8]) -> Option<u64> {
    u64::try_from(number(field)?).ok()
}

/// The number that these digits are.
pub(super) fn parsed(digits: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(digits).ok()?;
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// The pieces of a file of `size` bytes whose contents are from `start` to `end` in the archive, one after the other.
fn pieces(pairs: &[u64], size: u64, start: u64, end: u64) -> Result<Vec<Piece>, &'static str> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut from = start;
    // Where the last piece ends in the file.
    let mut last: u64 = 0;
    for pair in pairs.chunks_exact(2) {
        let (at, length) = (pair[0], pair[1]);
        let next = at.checked_add(length).filter(|next| *next <= size);
        let next = next.ok_or("has a piece behind the end of the file")?;
        if at < last {
            return Err("has pieces that overlap or are out of order");
        }
        if length > 0 && !(from - start).is_multiple_of(BLOCK as u64) {
            // Some tools read such pieces one after the other, others each from a block of its own.
            return Err("has a piece in the middle that is not a whole number of blocks");
        }
        let behind = from.checked_add(length).filter(|behind| *behind <= end);
        let behind = behind.ok_or("has more in its pieces than the archive")?;
        match pieces.last_mut() {
            Some(piece) if last == at => piece.size += length,
            _ if length == 0 => {}
            _ => pieces.push(Piece {
                at,
                size: length,
                from,
            }),
        }
        (from, last) = (behind, next);
    }
    match from == end {
        true => Ok(pieces),
        false => Err("has less in its pieces than the archive"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_told_by_pairs() {
        let told = |pairs: &[u64], size: u64, stored: u64| {
            pieces(pairs, size, 1000, 1000 + stored).map(|pieces| {
                let told = pieces
                    .iter()
                    .map(|piece| format!("{}+{}@{}", piece.at, piece.size, piece.from));
                told.collect::<Vec<_>>().join(" ")
            })
        };
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(told(&[], 0, 0), ok(""));
        assert_eq!(told(&[], 99, 0), ok(""));
        assert_eq!(told(&[99, 0], 99, 0), ok(""));
        assert_eq!(
            told(&[0, 512, 2048, 7], 4096, 519),
            ok("0+512@1000 2048+7@1512")
        );
        // Pieces without a hole between them are one; one that is empty is none.
        assert_eq!(
            told(&[0, 512, 512, 512, 3000, 0], 3000, 1024),
            ok("0+1024@1000")
        );
        assert_eq!(told(&[5, 0, 512, 512], 1024, 512), ok("512+512@1000"));
        let max = u64::MAX;
        for (pairs, size, stored, what) in [
            (
                &[0, 512, 256, 512][..],
                4096,
                1024,
                "has pieces that overlap or are out of order",
            ),
            (
                &[1024, 512, 0, 512],
                4096,
                1024,
                "has pieces that overlap or are out of order",
            ),
            (
                &[10, 0, 5, 0],
                10,
                0,
                "has pieces that overlap or are out of order",
            ),
            (
                &[0, 513],
                512,
                513,
                "has a piece behind the end of the file",
            ),
            (&[513, 0], 512, 0, "has a piece behind the end of the file"),
            (&[max, 2], max, 2, "has a piece behind the end of the file"),
            (
                &[512, max - 512],
                max,
                512,
                "has more in its pieces than the archive",
            ),
            (
                &[0, 512],
                512,
                511,
                "has more in its pieces than the archive",
            ),
            (
                &[0, 512],
                512,
                513,
                "has less in its pieces than the archive",
            ),
            (&[], 512, 1, "has less in its pieces than the archive"),
            (
                &[0, 5, 1024, 5],
                4096,
                10,
                "has a piece in the middle that is not a whole number of blocks",
            ),
        ] {
            assert_eq!(told(pairs, size, stored), Err(what), "{pairs:?}");
        }
    }
}
