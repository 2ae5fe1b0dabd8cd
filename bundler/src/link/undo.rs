//! The way back: what turns a linked module into the program it was made from.
//!
//! Linking keeps nearly all bytes of a program, so that what is told is short: ranges to copy from the linked module, and
//! the bytes in between, compressed. Sections that linking leaves out are not in it; the program without them links to the same module.

mod steps;
#[cfg(test)]
mod tests;

use std::io::{Read as _, Write as _};
use std::ops::Range;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use sha2::{Digest as _, Sha256};

use super::guest::Guest;
use super::layout::DATA;
use super::leb;
use super::pieces::{Part, Pieces};
use steps::{Steps, compare};

/// The custom section that holds it.
pub(crate) const SECTION: &str = "wasi-vfs.undo";

/// The first byte of the section's contents.
const VERSION: u8 = 2;

/// What tells of a program may be larger than a module so small that this says nothing.
const SMALL: usize = 64 << 10;

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
            steps: steps.finish(),
        }
    }

    /// The section's contents; `input` is the SHA-256 of the linker's input.
    pub(crate) fn encode(&self, input: [u8; 32]) -> Vec<u8> {
        let mut out = vec![VERSION];
        leb::write(&mut out, self.size);
        leb::write(&mut out, self.image_at);
        out.extend(self.digest.unwrap_or(input));
        let mut steps = Vec::new();
        for numbers in &self.steps.numbers {
            leb::write(&mut steps, number(numbers.len()));
        }
        steps.extend(self.steps.numbers.concat());
        steps.extend_from_slice(&self.steps.added);
        let mut packer = DeflateEncoder::new(out, Compression::best());
        let packed = packer.write_all(&steps).and_then(|()| packer.finish());
        packed.expect("writing to a Vec can't fail")
    }
}

/// The program that the linked module `before` and `after` its image was made from, by the section's contents; `None`: what it says
/// does not fit the module.
pub(crate) fn restore(section: &[u8], before: &[u8], after: &[u8]) -> Option<Vec<u8>> {
    let (version, section) = section.split_first()?;
    let at = &mut 0;
    let size = leb::read(section, at)? as usize;
    let image_at = leb::read(section, at)? as usize;
    let digest = section.get(*at..*at + 32)?;
    // A program is hardly larger than what it is linked to, and neither is what tells of it; nobody's claim makes us take more memory.
    let most = 2 * (before.len() + after.len()) + SMALL;
    if *version != VERSION || image_at != before.len() || size > most {
        return None;
    }
    let mut steps = Vec::new();
    let mut unpacker = DeflateDecoder::new(&section[*at + 32..]).take(most as u64);
    unpacker.read_to_end(&mut steps).ok()?;
    let at = &mut 0;
    let mut size_of = || leb::read(&steps, at).map(|size| size as usize);
    let sizes = [size_of()?, size_of()?, size_of()?];
    let mut added = &steps[*at..];
    let mut numbers = [&added[..0]; 3];
    for (numbers, size) in numbers.iter_mut().zip(sizes) {
        (*numbers, added) = added.split_at_checked(size)?;
    }

    let linked = Parts { before, after };
    let mut program = Vec::with_capacity(size);
    let (mut at, mut from) = ([0; 3], 0usize);
    while at[0] < numbers[0].len() {
        let mut next =
            |which: usize| leb::read(numbers[which], &mut at[which]).map(|it| it as usize);
        let (copied, adds, skipped) = (next(0)?, next(1)?, next(2)?);
        let (adds, differences) = (adds / 2, adds % 2 == 1);
        let (bytes, rest) = added.split_at_checked(adds)?;
        if copied + adds > size - program.len() {
            return None;
        }
        program.extend_from_slice(linked.slice(&(from..from.checked_add(copied)?))?);
        from += copied;
        match differences {
            true => {
                let instead = linked.slice(&(from..from.checked_add(adds)?))?;
                let pairs = bytes.iter().zip(instead);
                program.extend(pairs.map(|(byte, instead)| byte.wrapping_add(*instead)));
                from += adds;
            }
            false => program.extend_from_slice(bytes),
        }
        from = from.checked_add(skipped)?;
        added = rest;
    }
    let whole = at == sizes && added.is_empty() && program.len() == size;
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
