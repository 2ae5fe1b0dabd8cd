//! What turns a linked module into its program, step by step.

use std::ops::Range;

use super::super::leb;
use super::number;

/// Bytes that must be equal for a match to count: nearby, where functions of a libc's may be changed one after the other, and far away.
const NEAR_NEEDLE: usize = 6;
const FAR_NEEDLE: usize = 24;
/// How often bytes are told one by one because nothing continues alike, before the rest is.
const PATIENCE: u32 = 64;
/// How far apart two places are looked for that continue alike: first nearby, then one of them far away.
const NEAR: usize = 32;
const FAR: usize = 64 << 10;

/// Ranges and bytes that make the program, in the order of both modules.
///
/// Each step copies bytes of the linked module, adds some that it does not have, and skips some that it has instead. Bytes in place of as
/// many others are told by their difference: places of code that has moved differ from the old ones by the same few numbers, which is
/// what makes the whole small when it is compressed.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    /// Of every step: bytes to copy; twice the bytes to add, and one more if they are differences; bytes to skip behind these. Apart from each other,
    /// since each is like the one of the step before.
    pub(super) numbers: [Vec<u8>; 3],
    /// The bytes to add of all steps.
    pub(super) added: Vec<u8>,
    /// The step that may still be extended: where it begins in the linked module, how much it copies, and how much of `added` is its own.
    at: usize,
    copied: usize,
    adds: usize,
    differences: bool,
}

impl Steps {
    pub(super) fn copy(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        if self.adds > 0 || self.at + self.copied != range.start {
            self.flush(range.start);
        }
        self.copied += range.len();
    }

    /// Adds bytes.
    pub(super) fn literal(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.adds > 0 && self.differences {
            self.flush(self.end());
        }
        self.differences = false;
        self.add(bytes.iter().copied());
    }

    /// Adds bytes in place of as many others, which are at `start` and do not change any more.
    fn instead(&mut self, start: usize, old: &[u8], new: &[u8]) {
        if old.is_empty() {
            return;
        }
        if self.adds > 0 && !self.differences || self.end() != start {
            self.flush(start);
        }
        self.differences = true;
        self.add(old.iter().zip(new).map(|(old, new)| old.wrapping_sub(*new)));
    }

    fn add(&mut self, bytes: impl Iterator<Item = u8>) {
        let before = self.added.len();
        self.added.extend(bytes);
        self.adds += self.added.len() - before;
    }

    /// Where the linked module goes on behind the step.
    fn end(&self) -> usize {
        let instead = if self.differences { self.adds } else { 0 };
        self.at + self.copied + instead
    }

    /// Begins a step at `next`.
    fn flush(&mut self, next: usize) {
        let adds = 2 * self.adds + usize::from(self.differences);
        let values = [self.copied, adds, next - self.end()];
        for (numbers, value) in self.numbers.iter_mut().zip(values) {
            leb::write(numbers, number(value));
        }
        (self.at, self.copied, self.adds, self.differences) = (next, 0, 0, false);
    }

    pub(super) fn finish(mut self) -> Self {
        self.flush(self.end());
        self
    }
}

/// Tells `old` by ranges of `new`, which begins at `start` of the linked module, and bytes of its own.
pub(super) fn compare(mut old: &[u8], mut new: &[u8], mut start: usize, steps: &mut Steps) {
    if old.len() == new.len() && is_in_place(old, new) {
        return compare_in_place(old, new, start, steps);
    }
    let mut patience = PATIENCE;
    while !old.is_empty() {
        let same = common(old, new);
        steps.copy(start..start + same);
        (old, new) = (&old[same..], &new[same..]);
        start += same;
        let (skipped, added) = resume(old, new).unwrap_or_else(|| {
            let both = NEAR.min(old.len()).min(new.len());
            patience = patience.saturating_sub(1);
            match patience {
                0 => (old.len(), 0),
                _ if both == 0 => (old.len(), 0),
                _ => (both, both),
            }
        });
        let both = skipped.min(added);
        steps.instead(start, &old[..both], &new[..both]);
        steps.literal(&old[both..skipped]);
        (old, new) = (&old[skipped..], &new[added..]);
        start += added;
    }
}

/// Whether bytes of `old` are at the same places in `new`, which is as long: such as debug information, in which only numbers change.
fn is_in_place(old: &[u8], new: &[u8]) -> bool {
    let equal = old.iter().zip(new).filter(|(old, new)| old == new).count();
    equal >= old.len() / 3
}

/// Tells `old` by `new`, place by place.
fn compare_in_place(mut old: &[u8], mut new: &[u8], mut start: usize, steps: &mut Steps) {
    while !old.is_empty() {
        let same = common(old, new);
        steps.copy(start..start + same);
        let changed = old[same..].iter().zip(&new[same..]);
        let changed = changed.take_while(|(old, new)| old != new).count();
        let both = same..same + changed;
        steps.instead(start + same, &old[both.clone()], &new[both.clone()]);
        (old, new) = (&old[both.end..], &new[both.end..]);
        start += both.end;
    }
}

/// How many bytes are equal at the start.
fn common(a: &[u8], b: &[u8]) -> usize {
    // Blocks are compared faster than so many bytes.
    const BLOCKS: [usize; 3] = [4096, 64, 1];
    BLOCKS.iter().fold(0, |equal, &block| {
        let blocks = a[equal..].chunks(block).zip(b[equal..].chunks(block));
        let alike = blocks.take_while(|(a, b)| a == b);
        equal + alike.map(|(a, _)| a.len()).sum::<usize>()
    })
}

/// How many bytes of each to skip so that they continue alike.
fn resume(old: &[u8], new: &[u8]) -> Option<(usize, usize)> {
    if old.is_empty() {
        return Some((0, 0));
    }
    let alike = |skipped: usize, added: usize, needle: usize| {
        let (Some(old), Some(new)) = (old.get(skipped..), new.get(added..)) else {
            return false;
        };
        let length = needle.min(old.len());
        length > 0 && new.get(..length) == Some(&old[..length])
    };
    for total in 1..=NEAR {
        for skipped in 0..=total {
            if alike(skipped, total - skipped, NEAR_NEEDLE) {
                return Some((skipped, total - skipped));
            }
        }
    }
    for near in 0..=NEAR {
        let far = |end: usize, alike: &dyn Fn(usize) -> bool| {
            (NEAR..FAR.min(end)).find(|&far| alike(far))
        };
        if let Some(added) = far(new.len(), &|far| alike(near, far, FAR_NEEDLE)) {
            return Some((near, added));
        }
        if let Some(skipped) = far(old.len(), &|far| alike(far, near, FAR_NEEDLE)) {
            return Some((skipped, near));
        }
    }
    None
}
