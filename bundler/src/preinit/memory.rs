//! What memories hold after a run, as data segments.
//!
//! wizer's own search merges segments with an unstable sort when there are many, and holds them three times; it is given
//! empty memories, and this is done instead.

use crate::link::Segment;

/// Engines accept 100,000 in a module, the program's own included.
const SEGMENTS: usize = 10_000;

/// Zeros that cost more as a new segment than as bytes: its header takes about so many.
const GAP: usize = 16;

/// The parts of a memory that are not zero, as few and as short as makes sense.
pub(super) fn segments(memory: u32, bytes: &[u8]) -> Vec<Segment> {
    let mut ranges = Vec::new();
    let mut gap = GAP;
    loop {
        if find(bytes, gap, &mut ranges) {
            break;
        }
        gap *= 2;
    }
    ranges
        .into_iter()
        .map(|(start, end)| Segment {
            memory,
            offset: start as u32,
            bytes: bytes[start..end].to_vec(),
        })
        .collect()
}

/// Finds what is not zero; a range ends where so many zeros follow. False when there are too many ranges.
fn find(bytes: &[u8], gap: usize, ranges: &mut Vec<(usize, usize)>) -> bool {
    ranges.clear();
    let mut at = 0;
    while let Some(start) = next(bytes, at) {
        if let Some((_, end)) = ranges.last_mut()
            && start - *end < gap
        {
            *end = run(bytes, start);
        } else {
            if ranges.len() == SEGMENTS {
                return false;
            }
            ranges.push((start, run(bytes, start)));
        }
        at = ranges.last().expect("just pushed").1;
    }
    true
}

/// Where the next byte is that is not zero.
fn next(bytes: &[u8], mut at: usize) -> Option<usize> {
    // Most of a memory is zero: look at much at a time.
    const STEP: usize = 64;
    while let Some(chunk) = bytes.get(at..at + STEP) {
        if chunk.iter().fold(0, |any, byte| any | byte) != 0 {
            break;
        }
        at += STEP;
    }
    let rest = bytes.get(at..)?;
    rest.iter()
        .position(|&byte| byte != 0)
        .map(|more| at + more)
}

/// Where the bytes from `at` end that are not zero.
fn run(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    at + rest
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restored(bytes: &[u8]) -> Vec<Segment> {
        let segments = segments(0, bytes);
        let mut memory = vec![0; bytes.len()];
        for segment in &segments {
            let start = segment.offset as usize;
            memory[start..start + segment.bytes.len()].copy_from_slice(&segment.bytes);
        }
        assert!(memory == bytes);
        segments
    }

    #[test]
    fn nothing_is_no_segment() {
        assert!(restored(&[]).is_empty());
        assert!(restored(&[0; 65536]).is_empty());
    }

    #[test]
    fn short_gaps_are_filled_and_long_ones_are_not() {
        let mut bytes = vec![0; 1000];
        for at in [3, 3 + GAP, 4 + 2 * GAP + 1, 999] {
            bytes[at] = 1;
        }
        let segments = restored(&bytes);
        let places: Vec<_> = segments
            .iter()
            .map(|s| (s.offset as usize, s.bytes.len()))
            .collect();
        assert_eq!(places, [(3, GAP + 1), (4 + 2 * GAP + 1, 1), (999, 1)]);
    }

    #[test]
    fn there_are_never_too_many() {
        let mut bytes = vec![0; SEGMENTS * 2 * 64];
        for byte in bytes.iter_mut().step_by(64) {
            *byte = 7;
        }
        assert!(restored(&bytes).len() <= SEGMENTS);
    }
}
