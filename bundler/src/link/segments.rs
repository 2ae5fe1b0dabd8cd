//! Fewer data segments: neighbours that become one, in a program that has as many as engines accept.
//!
//! Go's linker writes at most 100,000 segments, and every larger program has exactly that many.

use std::ops::Range;

use rayon::prelude::*;
use wasmparser::{BinaryReader, Data, DataKind, DataSectionReader, FunctionBody, Operator};

use super::guest::{Body, Guest};
use super::layout::{DATA, DATA_COUNT};
use super::leb;

/// Zeros that may be written between two segments to join them.
const MAX_GAP: u64 = 64 << 10;

/// What changes in the program's data section.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// The segments that are part of the one before them now, ascending.
    pub(super) continued: Vec<u32>,
    /// Places of the program and what stands there instead, in order.
    pub(super) edits: Vec<(Range<usize>, Vec<u8>)>,
}

/// An active segment at a constant.
struct Segment {
    /// From its flags to its last byte.
    at: Range<usize>,
    /// Its length, a LEB128 number; its bytes follow.
    length: Range<usize>,
    /// Where it goes in memory.
    memory: Range<u64>,
}

/// A segment of the program.
enum Kind {
    /// Active, at a constant.
    Constant(Segment),
    /// Active, at a place that is not known here.
    Elsewhere,
    /// Copied by code only.
    Passive,
}

impl Joined {
    /// Joins segments until there are `excess` fewer; `None` when that can't be done.
    ///
    /// Memory gets the same contents, and a segment out of bounds still is: zeros are only written where memory has not
    /// been written yet. What code names by its index keeps it: only segments behind the last such one are joined.
    pub(super) fn new(guest: &Guest<'_>, excess: u32) -> Option<Self> {
        if excess == 0 {
            return Some(Self::default());
        }
        let segments = segments(guest)?;
        let mut gaps = gaps(&segments);
        if let Some(named) = named_by_code(guest) {
            gaps.retain(|&(index, _)| index > named as usize + 1);
        }
        // The smallest ones; of equal ones the first.
        gaps.sort_by_key(|&(_, gap)| gap);
        let mut chosen = gaps.get(..excess as usize)?.to_vec();
        chosen.sort_unstable();
        Some(Self {
            continued: chosen.iter().map(|&(index, _)| index as u32).collect(),
            edits: edits(&segments, &chosen),
        })
    }
}

/// The highest data segment that code names.
fn named_by_code(guest: &Guest<'_>) -> Option<u32> {
    // Without this section no code may name any.
    guest.section(DATA_COUNT)?;
    let highest = |body: &Body| {
        let reader = BinaryReader::new(guest.slice(&body.contents), body.contents.start);
        let operators = FunctionBody::new(reader).get_operators_reader();
        let operators = operators.expect("the program is valid").into_iter();
        let named =
            operators.filter_map(|operator| match operator.expect("the program is valid") {
                Operator::MemoryInit { data_index, .. } | Operator::DataDrop { data_index } => {
                    Some(data_index)
                }
                Operator::ArrayNewData {
                    array_data_index, ..
                }
                | Operator::ArrayInitData {
                    array_data_index, ..
                } => Some(array_data_index),
                _ => None,
            });
        named.max()
    };
    guest.bodies.par_iter().filter_map(highest).max()
}

/// The program's segments in order.
fn segments(guest: &Guest<'_>) -> Option<Vec<Kind>> {
    let section = guest.section(DATA)?;
    let reader = BinaryReader::new(guest.slice(&section.contents), section.contents.start);
    let reader = DataSectionReader::new(reader).expect("the program is valid");
    let segments = reader.into_iter().map(|segment| {
        let segment = segment.expect("the program is valid");
        match segment.kind {
            DataKind::Passive => Kind::Passive,
            DataKind::Active { .. } => {
                constant(guest, &segment).map_or(Kind::Elsewhere, Kind::Constant)
            }
        }
    });
    Some(segments.collect())
}

/// An active segment at a constant; `None` when its place is another expression, or is written in another form.
fn constant(guest: &Guest<'_>, segment: &Data<'_>) -> Option<Segment> {
    let DataKind::Active { offset_expr, .. } = &segment.kind else {
        return None;
    };
    let at = segment.range.clone();
    // No memory index, `i32.const`, its operand, `end`.
    let [0, 0x41] = guest.bytes[at.start..at.start + 2] else {
        return None;
    };
    let operand = leb::range(guest.bytes, at.start + 2)?;
    if guest.bytes[operand.end] != 0x0b {
        return None;
    }
    let Ok(Operator::I32Const { value }) = offset_expr.get_operators_reader().read() else {
        return None;
    };
    let start = u64::from(value as u32);
    Some(Segment {
        length: operand.end + 1..at.end - segment.data.len(),
        memory: start..start + segment.data.len() as u64,
        at,
    })
}

/// Segments that can become part of the one before, by index, and how many zeros go in between.
fn gaps(segments: &[Kind]) -> Vec<(usize, u64)> {
    // Up to where memory may have been written.
    let mut written = 0;
    let mut gaps = Vec::new();
    let mut before: Option<&Segment> = None;
    for (index, segment) in segments.iter().enumerate() {
        let Kind::Constant(segment) = segment else {
            if matches!(segment, Kind::Elsewhere) {
                written = u64::MAX;
            }
            before = None;
            continue;
        };
        if let Some(before) = before
            && let Some(gap) = segment.memory.start.checked_sub(before.memory.end)
            && (gap == 0 || written <= before.memory.end && gap <= MAX_GAP)
        {
            gaps.push((index, gap));
        }
        written = written.max(segment.memory.end);
        before = Some(segment);
    }
    gaps
}

/// What makes one segment of each run: the first one's length, and zeros instead of what stands before the others' bytes.
fn edits(segments: &[Kind], chosen: &[(usize, u64)]) -> Vec<(Range<usize>, Vec<u8>)> {
    let segment = |index: usize| match &segments[index] {
        Kind::Constant(segment) => segment,
        _ => unreachable!("BUG: segment {index} can't be joined"),
    };
    let mut edits = Vec::new();
    for run in chosen.chunk_by(|a, b| a.0 + 1 == b.0) {
        let first = segment(run[0].0 - 1);
        let last = segment(run[run.len() - 1].0);
        let mut length = Vec::new();
        let bytes = last.memory.end - first.memory.start;
        let bytes = u32::try_from(bytes).expect("gaps are small, and the rest is in a file");
        leb::write_padded(&mut length, bytes, first.length.len());
        edits.push((first.length.clone(), length));
        edits.extend(run.iter().map(|&(index, gap)| {
            let segment = segment(index);
            (segment.at.start..segment.length.end, vec![0; gap as usize])
        }));
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What memory holds once all segments are in it.
    fn memory<'a>(segments: impl IntoIterator<Item = (usize, &'a [u8])>) -> Vec<u8> {
        let mut memory = vec![0; 65536];
        for (at, bytes) in segments {
            memory[at..at + bytes.len()].copy_from_slice(bytes);
        }
        memory
    }

    /// How many segments there are when `excess` fewer are wanted, and what memory holds.
    fn joined(text: &str, excess: u32) -> Option<(usize, Vec<u8>)> {
        let module = wat::parse_str(format!(r#"(module (memory (export "memory") 1) {text})"#))
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        let guest = Guest::inspect(&module).expect("it can be bundled");
        let joined = Joined::new(&guest, excess)?;
        let section = guest.section(DATA).expect("it has segments");
        let count = guest.count(section);
        let (mut out, mut from) = (Vec::new(), count.end);
        leb::write_padded(
            &mut out,
            guest.data_segments - joined.continued.len() as u32,
            count.len(),
        );
        for (at, instead) in &joined.edits {
            out.extend_from_slice(&module[from..at.start]);
            out.extend_from_slice(instead);
            from = at.end;
        }
        out.extend_from_slice(&module[from..section.contents.end]);
        let reader = DataSectionReader::new(BinaryReader::new(&out, 0)).expect("a section");
        let segments: Vec<_> = reader.into_iter().map(|it| it.expect("valid")).collect();
        let placed = segments.iter().map(|segment| {
            let DataKind::Active { offset_expr, .. } = &segment.kind else {
                return (0, &[][..]);
            };
            match offset_expr.get_operators_reader().read() {
                Ok(Operator::I32Const { value }) => (value as usize, segment.data),
                other => panic!("{other:?}"),
            }
        });
        Some((segments.len(), memory(placed)))
    }

    /// Any segments, in any order and over each other, joined as far as they can be: memory has the same contents.
    #[test]
    fn memory_gets_the_same_contents() {
        let mut state = 1_u32;
        let mut next = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        let mut some = 0;
        for round in 0..400 {
            let mut end = 0;
            let mut text = String::new();
            for _ in 0..12 {
                let at = if next(4) == 0 {
                    next(300)
                } else {
                    end + next(4)
                };
                let bytes = "x".repeat(next(6) as usize);
                end = at + bytes.len() as u32;
                let mark = char::from(b'a' + next(26) as u8);
                let bytes = bytes.replace('x', &mark.to_string());
                text.push_str(&format!("(data (i32.const {at}) \"{bytes}\")"));
            }
            let (_, expected) = joined(&text, 0).expect("nothing to join");
            for excess in 1..12 {
                let Some((count, memory)) = joined(&text, excess) else {
                    break;
                };
                assert_eq!(count, 12 - excess as usize, "{text}");
                assert!(memory == expected, "{round}, {excess} fewer: {text}");
                some += 1;
            }
        }
        assert!(some > 1000, "only {some}");
    }

    #[test]
    fn only_what_may_be_joined_is() {
        let first = r#"(data (i32.const 8) "a")"#;
        let far = format!(r#"{first} (data (i32.const {}) "b")"#, 9 + 65_000);
        assert_eq!(joined(&far, 1).map(|it| it.0), Some(1));
        let no = [
            first.to_owned(),
            format!(r#"{first} (data (i32.const 8) "b")"#),
            format!(r#"{first} (data (i32.const {}) "")"#, 10 + (64 << 10)),
            // Zeros would be written over `cc`.
            format!(r#"(data (i32.const 9) "cc") {first} (data (i32.const 11) "b")"#),
            format!(r#"{first} (data "passive") (data (i32.const 9) "b")"#),
            // Code names the second.
            format!(r#"(func (data.drop 1)) {first} (data (i32.const 9) "b")"#),
        ];
        for text in no {
            assert_eq!(joined(&text, 1), None, "{text}");
        }
    }
}
