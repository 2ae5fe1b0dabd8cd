//! The way back: what turns a linked module into the program it was made from.
//!
//! Linking keeps nearly all bytes of a program, so that what is told is short: ranges to copy from the linked module, and
//! the bytes in between. Sections that linking leaves out are not in it; the program without them links to the same module.

use std::ops::Range;

use sha2::{Digest as _, Sha256};

use super::guest::Guest;
use super::layout::DATA;
use super::leb;
use super::pieces::{Part, Pieces};

/// The custom section that holds it.
pub(crate) const SECTION: &str = "wasi-vfs.undo";

/// The first byte of the section's contents.
const VERSION: u8 = 1;

/// Bytes that must be equal for a match to count: nearby, where functions of a libc's may be changed one after the other, and far away.
const NEAR_NEEDLE: usize = 6;
const FAR_NEEDLE: usize = 24;
/// How often bytes are told one by one because nothing continues alike, before the rest is.
const PATIENCE: u32 = 64;
/// How far apart two places are looked for that continue alike: first nearby, then one of them far away.
const NEAR: usize = 32;
const FAR: usize = 64 << 10;

/// Bytes of the data section that are the image segment's own: its flags and its length.
const IMAGE_HEADER: usize = 1 + leb::PADDED;

/// A section of the program and what has become of it; both with identifier and length.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) id: u8,
    pub(super) program: Range<usize>,
    pub(super) linked: Range<usize>,
    /// Bytes at its end that were appended and may still change.
    pub(super) appended: usize,
}

/// What a linked module was made from, told by the module.
#[derive(Debug, Clone)]
pub(crate) struct Undo {
    /// Bytes of the program.
    size: u32,
    /// Where the linked module's image begins.
    image_at: u32,
    /// SHA-256 of the program, unless it is that of the linker's input as a whole.
    digest: Option<[u8; 32]>,
    /// How the program is put together.
    steps: Steps,
}

/// Ranges and bytes that make the program, in order.
#[derive(Debug, Clone, Default)]
struct Steps {
    encoded: Vec<u8>,
    count: u32,
    /// A range that may still be extended.
    copy: Range<usize>,
    literal: Vec<u8>,
}

impl Undo {
    /// How to get `guest` back from `linked`, a module without its image.
    ///
    /// `word`: four bytes of data that are the image's size, where they are in the program and in the linked module.
    pub(super) fn new(
        guest: &Guest<'_>,
        linked: &Sides<'_>,
        pairs: &[Pair],
        word: Option<(usize, usize)>,
    ) -> Self {
        let mut steps = Steps::default();
        steps.copy(0..8);
        let mut size = 8;
        for pair in pairs {
            size += pair.program.len();
            let (side, first) = linked.side(&pair.linked);
            let whole = pair.linked.start - first..pair.linked.end - first;
            if side.within(whole.clone()).next().map(|(_, part)| part)
                == Some(Part::Program(pair.program.clone()))
            {
                steps.copy(pair.linked.clone());
                continue;
            }
            let start = header(guest.slice(&pair.program));
            steps.literal(&guest.bytes[pair.program.start..pair.program.start + start]);
            let fixed = match pair.id {
                DATA => IMAGE_HEADER,
                _ => pair.appended,
            };
            let most = whole.start..whole.end.min(whole.start + 1 + leb::PADDED);
            let contents = whole.start + header(&side.copy_of(most))..whole.end - fixed;
            let mut section = Section {
                guest,
                told: pair.program.start + start,
                since: contents.start + first,
                own: Vec::new(),
                steps: &mut steps,
            };
            for (at, part) in side.within(contents) {
                match part {
                    Part::Own(bytes) => section.own.extend_from_slice(bytes),
                    Part::Program(stretch) => match word.filter(|_| pair.id == DATA) {
                        Some((word, _)) if stretch.contains(&word) => {
                            let behind = at + first + word + 4 - stretch.start;
                            section.stretch(at + first, stretch.start..word);
                            section.literal(word..word + 4, behind);
                            section.stretch(behind, word + 4..stretch.end);
                        }
                        _ => section.stretch(at + first, stretch),
                    },
                }
            }
            section.between(pair.program.end);
        }
        let reduced = pairs.len() < guest.sections.len();
        let digest = reduced.then(|| {
            let mut hash = Sha256::new_with_prefix(&guest.bytes[..8]);
            for pair in pairs {
                hash.update(guest.slice(&pair.program));
            }
            hash.finalize().into()
        });
        Undo {
            size: number(size),
            image_at: number(linked.before.len()),
            digest,
            steps: steps.end(),
        }
    }

    /// The section's contents; `input` is the SHA-256 of the linker's input.
    pub(crate) fn encode(&self, input: [u8; 32]) -> Vec<u8> {
        let mut out = vec![VERSION];
        leb::write(&mut out, self.size);
        leb::write(&mut out, self.image_at);
        out.extend(self.digest.unwrap_or(input));
        leb::write(&mut out, self.steps.count);
        out.extend_from_slice(&self.steps.encoded);
        out
    }
}

/// The program that the linked module `before` and `after` its image was made from, by the section's contents; `None`: what it says
/// does not fit the module.
pub(crate) fn restore(section: &[u8], before: &[u8], after: &[u8]) -> Option<Vec<u8>> {
    let (version, section) = section.split_first()?;
    let at = &mut 0;
    let size = leb::read(section, at)? as usize;
    let image_at = leb::read(section, at)? as usize;
    // A program is hardly larger than what it is linked to; nobody's claim makes us take more memory.
    let most = before.len() + after.len() + section.len();
    if *version != VERSION || image_at != before.len() || size > most {
        return None;
    }
    let digest = section.get(*at..*at + 32)?;
    *at += 32;
    let linked = Parts { before, after };
    let mut program = Vec::with_capacity(size);
    for _ in 0..leb::read(section, at)? {
        let copied = leb::read(section, at)? as usize;
        let from = leb::read(section, at)? as usize;
        let piece = linked.slice(&(from..from.checked_add(copied)?))?;
        let given = leb::read(section, at)? as usize;
        let literal = section.get(*at..at.checked_add(given)?)?;
        *at += given;
        if program.len() + piece.len() + literal.len() > size {
            return None;
        }
        program.extend_from_slice(piece);
        program.extend_from_slice(literal);
    }
    let whole = *at == section.len() && program.len() == size;
    (whole && Sha256::digest(&program)[..] == *digest).then_some(program)
}

/// A linked module on both sides of its image, as it was put together.
pub(super) struct Sides<'a> {
    pub(super) before: &'a Pieces<'a>,
    pub(super) after: &'a Pieces<'a>,
}

impl<'a> Sides<'a> {
    /// The side that `range` is on, counted without the image, and where that begins.
    fn side(&self, range: &Range<usize>) -> (&'a Pieces<'a>, usize) {
        let middle = self.before.len();
        match range.end <= middle {
            true => (self.before, 0),
            false => (self.after, middle),
        }
    }
}

/// A section that was put together of the program's bytes and others.
struct Section<'a> {
    guest: &'a Guest<'a>,
    /// Up to where the program is told.
    told: usize,
    /// Bytes of the linked module that are behind the last stretch of the program's, and where they begin.
    own: Vec<u8>,
    since: usize,
    steps: &'a mut Steps,
}

impl Section<'_> {
    /// Tells the program up to and with `stretch`, which the linked module has at `at`.
    fn stretch(&mut self, at: usize, stretch: Range<usize>) {
        self.between(stretch.start);
        self.steps.copy(at..at + stretch.len());
        self.told = stretch.end;
        self.since = at + stretch.len();
    }

    /// Tells bytes of the program that the linked module, which goes on at `behind`, does not have.
    fn literal(&mut self, range: Range<usize>, behind: usize) {
        self.steps.literal(self.guest.slice(&range));
        self.told = range.end;
        self.since = behind;
    }

    /// Tells the program up to `end` by what the linked module has instead.
    fn between(&mut self, end: usize) {
        let own = std::mem::take(&mut self.own);
        let old = self.guest.slice(&(self.told..end));
        compare(old, &own, self.since, self.steps);
        self.told = end;
    }
}

/// A linked module on both sides of its image, as it lies there.
struct Parts<'a> {
    before: &'a [u8],
    after: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The bytes at places counted without the image; `None` when they are not on one side of it.
    fn slice(&self, range: &Range<usize>) -> Option<&'a [u8]> {
        match self.before.get(range.clone()) {
            Some(bytes) => Some(bytes),
            None => {
                let first = self.before.len();
                let range = range.start.checked_sub(first)?..range.end.checked_sub(first)?;
                self.after.get(range)
            }
        }
    }
}

impl Steps {
    fn copy(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        if self.literal.is_empty() && self.copy.end == range.start {
            self.copy.end = range.end;
            return;
        }
        self.flush();
        self.copy = range;
    }

    fn literal(&mut self, bytes: &[u8]) {
        self.literal.extend_from_slice(bytes);
    }

    fn flush(&mut self) {
        if self.copy.is_empty() && self.literal.is_empty() {
            return;
        }
        leb::write(&mut self.encoded, number(self.copy.len()));
        leb::write(&mut self.encoded, number(self.copy.start));
        leb::write(&mut self.encoded, number(self.literal.len()));
        self.encoded.append(&mut self.literal);
        self.count += 1;
        self.copy = 0..0;
    }

    fn end(mut self) -> Self {
        self.flush();
        self
    }
}

/// A size or place in a module.
fn number(value: usize) -> u32 {
    u32::try_from(value).expect("a module is smaller than 4 GiB")
}

/// Bytes of a section's identifier and length.
fn header(section: &[u8]) -> usize {
    let mut at = 1;
    leb::read(section, &mut at).expect("BUG: a section without a length");
    at
}

/// Tells `old` by ranges of `new`, which begins at `start` of the linked module, and bytes of its own.
fn compare(mut old: &[u8], mut new: &[u8], mut start: usize, steps: &mut Steps) {
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
        steps.literal(&old[..skipped]);
        (old, new) = (&old[skipped..], &new[added..]);
        start += added;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Tells `old` by `new`, and tells the result by restoring it.
    fn told(old: &[u8], new: &[u8]) -> (usize, Vec<u8>) {
        let mut steps = Steps::default();
        compare(old, new, 0, &mut steps);
        let undo = Undo {
            size: old.len() as u32,
            image_at: new.len() as u32,
            digest: Some(Sha256::digest(old).into()),
            steps: steps.end(),
        };
        let section = undo.encode([0; 32]);
        let restored = restore(&section, new, &[]).unwrap();
        (section.len(), restored)
    }

    fn noise(seed: u32, size: usize) -> Vec<u8> {
        let mut state = seed;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..size).map(next).collect()
    }

    #[test]
    fn whatever_was_changed_comes_back() {
        let old = noise(1, 50_000);
        for (at, remove, add) in [
            (0, 0, 3),
            (0, 5, 0),
            (20_000, 5, 5),
            (20_000, 1, 6),
            (20_000, 900, 0),
            (20_000, 0, 9_000),
            (49_990, 10, 0),
            (49_999, 1, 1),
            (50_000, 0, 800),
        ] {
            let mut new = old.clone();
            new.splice(at..at + remove, noise(2, add));
            let (size, restored) = told(&old, &new);
            assert!(restored == old, "{at} {remove} {add}");
            assert!(size < 80 + remove, "{at} {remove} {add}: {size} bytes");
        }
        assert!(told(&[], &old).1.is_empty());
        assert_eq!(told(&old, &[]).1, old);
        let zeros = vec![0; 9_999];
        assert_eq!(
            told(&zeros, &[&zeros[..99], &[1], &zeros].concat()).1,
            zeros
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let old = noise(1, 500);
        let mut steps = Steps::default();
        compare(&old, &old, 0, &mut steps);
        let undo = Undo {
            size: 500,
            image_at: 500,
            digest: None,
            steps: steps.end(),
        };
        let section = undo.encode(Sha256::digest(&old).into());
        assert_eq!(restore(&section, &old, &[]).as_deref(), Some(&old[..]));
        for at in 0..500 {
            let mut other = old.clone();
            other[at] ^= 1;
            assert_eq!(restore(&section, &other, &[]), None);
        }
        assert_eq!(restore(&section, &old[..499], &old[499..]), None);
        for at in 0..section.len() {
            assert_eq!(restore(&section[..at], &old, &[]), None);
            for change in 1..=255 {
                let mut other = section.clone();
                other[at] ^= change;
                // A number may have several forms; what comes out is right or nothing.
                let restored = restore(&other, &old, &[]);
                assert!(restored.is_none_or(|restored| restored == old), "{at}");
            }
        }
    }
}
