//! A linked module with the memory and the globals of a run in it, the hole for the image where it was.
//!
//! All numbers that a run decides are written in full width. So everything in front of the hole has one length whatever
//! the run leaves, the image can be in its place before the program is run, and the program can read it there.

use wasmparser::{BinaryReader, GlobalSectionReader, MemorySectionReader, Operator};

use super::layout::{DATA, DATA_COUNT, GLOBAL, MEMORY};
use super::leb;
use super::linked::{Holes, Linked};
use super::pieces::Pieces;
use super::sections::{self, Section};

/// What a memory holds from `offset` on, when the program starts.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    /// Index of the memory.
    pub(crate) memory: u32,
    /// Where, in bytes.
    pub(crate) offset: u32,
    pub(crate) bytes: Vec<u8>,
}

const VALID: &str = "wizer made this module of one that was validated";

impl Linked<'_> {
    /// This module as `snapshot` has it: itself with other globals, sizes of memories and exports, its data segments
    /// empty; and with what its memories hold.
    ///
    /// `pages` are the sizes of its memories, in 64 KiB; those that it says nothing of are empty.
    pub(crate) fn warm(
        &self,
        snapshot: &[u8],
        segments: &[Segment],
        pages: &[u32],
    ) -> Linked<'static> {
        let mut warm = Warm {
            cold: self,
            snapshot,
            pages,
            before: snapshot[..8].to_vec(),
            after: None,
            code_at: 0,
            holes: Holes::default(),
        };
        for section in sections::read(snapshot) {
            warm.section(&section, segments);
        }
        let pieces = |bytes| {
            let mut pieces = Pieces::default();
            pieces.own(bytes);
            pieces
        };
        Linked {
            before: pieces(warm.before),
            after: pieces(warm.after.expect("a linked module has a data section")),
            code_at: warm.code_at,
            holes: warm.holes,
            notices: self.notices.clone(),
            // What the memory held before is gone: there is no way back to the program.
            undo: None,
            ..*self
        }
    }
}

struct Warm<'a> {
    cold: &'a Linked<'a>,
    snapshot: &'a [u8],
    pages: &'a [u32],
    before: Vec<u8>,
    /// What follows the hole, once it was reached.
    after: Option<Vec<u8>>,
    code_at: usize,
    holes: Holes,
}

impl Warm<'_> {
    fn section(&mut self, section: &Section, segments: &[Segment]) {
        let contents = &self.snapshot[section.contents.clone()];
        match section.id {
            MEMORY => {
                let contents = memories(contents, self.pages);
                sections::put(&mut self.before, MEMORY, &contents);
            }
            GLOBAL => {
                let contents = globals(contents);
                sections::put(&mut self.before, GLOBAL, &contents);
            }
            DATA_COUNT => {
                let count = self.cold.segment + 1 + segments.len() as u32;
                sections::put(&mut self.before, DATA_COUNT, &leb::padded(count));
            }
            DATA => self.data(contents, segments),
            _ => {
                let whole = &self.snapshot[section.start..section.contents.end];
                if section.id == super::layout::CODE {
                    self.code_at = self.before.len() + section.contents.start - section.start;
                    let moved = self.cold.holes.image_size_at.iter();
                    let moved = moved.map(|at| at - self.cold.code_at + self.code_at);
                    self.holes.image_size_at = moved.collect();
                }
                self.after
                    .as_mut()
                    .unwrap_or(&mut self.before)
                    .extend_from_slice(whole);
            }
        }
    }

    /// Up to the image's segment, which is the last one of the linked module, and what the memories hold behind it.
    fn data(&mut self, contents: &[u8], segments: &[Segment]) {
        let mut start = 0;
        leb::read(contents, &mut start).expect(VALID);
        // The empty image: passive, of length 0.
        let end = contents.len() - 2;
        debug_assert_eq!(contents[end..], [1, 0]);
        let mut after = Vec::new();
        for segment in segments {
            put_segment(&mut after, segment);
        }
        let size = leb::PADDED + (end - start) + 1 + leb::PADDED + after.len();
        self.holes.section_size = u32::try_from(size).expect("memory has less than 4 GiB");
        self.before.push(DATA);
        self.holes.section_size_at = self.before.len();
        self.before.extend(leb::padded(self.holes.section_size));
        let count = self.cold.segment + 1 + segments.len() as u32;
        self.before.extend(leb::padded(count));
        self.before.extend_from_slice(&contents[start..end]);
        self.before.push(1);
        self.holes.segment_size_at = self.before.len();
        self.before.extend(leb::padded(0));
        self.after = Some(after);
    }
}

/// An active segment.
fn put_segment(out: &mut Vec<u8>, segment: &Segment) {
    match segment.memory {
        0 => out.push(0),
        memory => {
            out.push(2);
            leb::write(out, memory);
        }
    }
    wasm_encoder::Encode::encode(
        &wasm_encoder::ConstExpr::i32_const(segment.offset as i32),
        out,
    );
    leb::write(out, segment.bytes.len() as u32);
    out.extend_from_slice(&segment.bytes);
}

/// The memory section with these initial sizes, in full width.
fn memories(contents: &[u8], pages: &[u32]) -> Vec<u8> {
    let reader = MemorySectionReader::new(BinaryReader::new(contents, 0)).expect(VALID);
    let mut out = Vec::new();
    leb::write(&mut out, reader.count());
    for (index, memory) in reader.into_iter().enumerate() {
        let memory = memory.expect(VALID);
        let initial = pages.get(index).copied().unwrap_or(0);
        out.push(u8::from(memory.maximum.is_some()));
        out.extend(leb::padded(initial));
        if let Some(maximum) = memory.maximum {
            leb::write(&mut out, maximum as u32);
        }
    }
    out
}

/// The global section with the values of integers that can change in full width.
fn globals(contents: &[u8]) -> Vec<u8> {
    let reader = GlobalSectionReader::new(BinaryReader::new(contents, 0)).expect(VALID);
    let mut out = Vec::new();
    leb::write(&mut out, reader.count());
    let mut start = reader.original_position();
    for item in reader.into_iter_with_offsets() {
        let (at, global) = item.expect(VALID);
        debug_assert_eq!(at, start);
        let init = global.init_expr.get_binary_reader().range();
        let value = global.init_expr.get_operators_reader().read().expect(VALID);
        match value {
            Operator::I32Const { value } if global.ty.mutable => {
                out.extend_from_slice(&contents[start..init.start]);
                out.push(0x41);
                out.extend(leb::padded_signed(value as u32));
                out.push(0x0b);
            }
            Operator::I64Const { value } if global.ty.mutable => {
                out.extend_from_slice(&contents[start..init.start]);
                out.push(0x42);
                out.extend(padded_signed64(value));
                out.push(0x0b);
            }
            _ => out.extend_from_slice(&contents[start..init.end]),
        }
        start = init.end;
    }
    out
}

/// The ten bytes of any `i64.const` immediate.
fn padded_signed64(mut value: i64) -> [u8; 10] {
    let mut bytes = [0; 10];
    for byte in &mut bytes {
        *byte = (value & 0x7f) as u8 | 0x80;
        value >>= 7; // keeps the sign
    }
    bytes[9] &= 0x7f;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_integers_have_one_width() {
        for value in [0, -1, 1, i64::MIN, i64::MAX, 1 << 62, -(1 << 35)] {
            let bytes = padded_signed64(value);
            let mut reader = BinaryReader::new(&bytes, 0);
            assert_eq!(reader.read_var_i64().unwrap(), value);
            assert!(reader.eof());
        }
    }
}
