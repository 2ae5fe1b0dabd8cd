//! The contents section while it grows: each content once, in order.

use std::collections::BTreeSet;
use std::io::Write;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::Progress;
use super::hash::beside;
use super::known::Known;
use super::read::{Whole, changed, read_whole, stream};
use crate::embed::{File, ImageError, plan_sizes};
use crate::image::encode::Metadata;
use crate::image::table::Table;
use crate::plan::Plan;
use crate::source::Source;

/// Bytes of a large file read at once.
const BUFFER: usize = 256 * 1024;

/// A file of at most so many bytes is small: it is read whole, several of them in parallel.
const SMALL: u32 = 256 * 1024;

/// Small files are read ahead until they are so many bytes together.
const AHEAD_BYTES: u64 = 4 * 1024 * 1024;

/// Small files are read ahead until they are so many.
const AHEAD_FILES: usize = 1024;

/// The contents section.
pub(super) struct Store<'a, W> {
    plan: &'a Plan,
    source: &'a dyn Source,
    out: &'a mut W,
    progress: &'a dyn Progress,
    /// Told where each content is.
    metadata: &'a mut Metadata,
    /// Where the next content goes, counted from the start of the image.
    pub(super) end: u32,
    /// The digest of each file's content.
    pub(super) digests: Vec<[u8; 32]>,
    /// What is stored, in its order.
    stored: Vec<Stored>,
    /// What is stored, by the beginnings of digests.
    table: Table,
    /// The sizes of what is stored.
    sizes: BTreeSet<u32>,
    /// Bytes not stored because they were there.
    pub(super) saved: u64,
}

/// A content that is stored.
pub(super) struct Stored {
    /// The number of the first file that has it.
    pub(super) file: u32,
    size: u32,
    /// Counted from the start of the image.
    offset: u32,
}

/// Where a file's content is.
struct Placed {
    digest: [u8; 32],
    /// Counted from the start of the image; 0 when empty.
    offset: u32,
}

/// What a digest is found by.
fn key(digest: &[u8; 32]) -> u32 {
    let [a, b, c, d, ..] = *digest;
    u32::from_le_bytes([a, b, c, d])
}

impl<'a, W: Write> Store<'a, W> {
    pub(super) fn new(
        plan: &'a Plan,
        source: &'a dyn Source,
        out: &'a mut W,
        progress: &'a dyn Progress,
        metadata: &'a mut Metadata,
    ) -> Self {
        Self {
            plan,
            source,
            out,
            progress,
            end: metadata.size() as u32, // `describe` refuses more than fits.
            metadata,
            digests: Vec::new(),
            stored: Vec::new(),
            table: Table::default(),
            sizes: BTreeSet::new(),
            saved: 0,
        }
    }

    /// The digest of each file's content, and what was stored.
    pub(super) fn finish(self) -> (Vec<[u8; 32]>, Vec<Stored>) {
        (self.digests, self.stored)
    }

    /// Stores the contents of all files, in their order.
    ///
    /// Small files are mostly waiting for the system, so they are read ahead in parallel. What is stored where, and
    /// which error comes first, is decided here in order: the number of threads changes nothing.
    pub(super) fn add_all(&mut self, all: &[File]) -> Result<(), ImageError> {
        self.digests.reserve_exact(all.len());
        let (plan, source) = (self.plan, self.source);
        let mut buffer = Vec::new();
        let mut files = all;
        while let Some(first) = files.first() {
            if first.size > SMALL && !is_inline(plan, first) {
                buffer.resize(BUFFER, 0);
                let placed = self.add_large(first, &mut buffer)?;
                self.place(first, &placed);
                files = &files[1..];
                continue;
            }
            let (ahead, rest) = files.split_at(ahead(plan, files));
            let read: Vec<_> = ahead
                .par_iter()
                .map(|file| read_whole(source, plan, file))
                .collect();
            for (file, whole) in ahead.iter().zip(read) {
                let placed = self.add_small(file, &whole?)?;
                self.place(file, &placed);
            }
            files = rest;
        }
        Ok(())
    }

    /// Books where the content of the next file is.
    fn place(&mut self, file: &File, placed: &Placed) {
        self.metadata.place(file.node, placed.offset);
        self.digests.push(placed.digest);
    }

    /// Stores a content that is in memory.
    fn add_small(&mut self, file: &File, whole: &Whole) -> Result<Placed, ImageError> {
        let digest = whole.digest;
        self.progress.advance(u64::from(file.size));
        if file.size == 0 {
            return Ok(Placed { digest, offset: 0 });
        }
        if let Some(placed) = self.find(file.size, digest) {
            return Ok(placed);
        }
        let end = self.end_with(file)?;
        self.out
            .write_all(&whole.content)
            .map_err(ImageError::Write)?;
        Ok(self.keep(file.size, digest, end))
    }

    /// Stores a content in pieces.
    ///
    /// Whether it is there already can only be told after all of it was read, unless an earlier run did. Where that can be
    /// (there is one of its size), it is read for that first: nothing is ever written that must be taken back.
    fn add_large(&mut self, file: &File, buffer: &mut Vec<u8>) -> Result<Placed, ImageError> {
        let (source, plan) = (self.source, self.plan);
        let known = Known::of(source, plan, file);
        let mut expected = known.digest();
        if expected.is_none() && self.sizes.contains(&file.size) {
            let mut hasher = Sha256::new();
            stream(source, plan, file, buffer, |piece, filled| {
                hasher.update(&piece[..filled]);
                Ok(())
            })?;
            expected = Some(hasher.finalize().into());
        }
        if let Some(placed) = expected.and_then(|digest| self.find(file.size, digest)) {
            self.progress.advance(u64::from(file.size));
            return Ok(placed);
        }
        let end = self.end_with(file)?;
        let digest = match known.digest() {
            Some(digest) => {
                stream(source, plan, file, buffer, |piece, filled| {
                    self.write(&piece[..filled])
                })?;
                digest
            }
            None => beside(u64::from(file.size), buffer, |buffer, hasher| {
                stream(source, plan, file, buffer, |piece, filled| {
                    self.write(&piece[..filled])?;
                    hasher.update(piece, filled);
                    Ok(())
                })
            })?,
        };
        if expected.is_some_and(|expected| expected != digest) {
            return Err(changed(
                self.plan,
                file,
                "it was read twice, and the bytes differ".to_owned(),
            ));
        }
        known.keep(plan, file, &digest)?;
        Ok(self.keep(file.size, digest, end))
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), ImageError> {
        self.progress.advance(piece.len() as u64);
        self.out.write_all(piece).map_err(ImageError::Write)
    }

    /// The place of an equal content.
    fn find(&mut self, size: u32, digest: [u8; 32]) -> Option<Placed> {
        let is = |number: u32| {
            let stored = &self.stored[number as usize];
            stored.size == size && self.digests[stored.file as usize] == digest
        };
        let number = self.table.find(key(&digest), is)?;
        let offset = self.stored[number as usize].offset;
        self.saved += u64::from(size);
        Some(Placed { digest, offset })
    }

    /// Where the image will end with this file's content stored.
    fn end_with(&self, file: &File) -> Result<u32, ImageError> {
        self.end.checked_add(file.size).ok_or_else(|| {
            let size = u64::from(self.end) + u64::from(file.size);
            ImageError::too_large(size, plan_sizes(self.plan))
        })
    }

    /// Books a content that was just written: that of the next file.
    fn keep(&mut self, size: u32, digest: [u8; 32], end: u32) -> Placed {
        let offset = std::mem::replace(&mut self.end, end);
        let (digests, stored) = (&self.digests, &self.stored);
        let key_of = |number: u32| key(&digests[stored[number as usize].file as usize]);
        self.table.insert(key(&digest), stored.len() as u32, key_of);
        self.stored.push(Stored {
            file: self.digests.len() as u32,
            size,
            offset,
        });
        self.sizes.insert(size);
        Placed { digest, offset }
    }
}

/// Whether a content is in memory already, as one from the manifest is.
fn is_inline(plan: &Plan, file: &File) -> bool {
    plan.entries().is_inline(file.entry as usize)
}

/// How many of these files to read ahead: small ones, and at least one.
fn ahead(plan: &Plan, files: &[File]) -> usize {
    let mut bytes = 0;
    let small = files.iter().take(AHEAD_FILES).take_while(|file| {
        let fits = bytes < AHEAD_BYTES;
        // However large it is.
        let free = is_inline(plan, file);
        bytes += if free { 0 } else { u64::from(file.size) };
        fits && (free || file.size <= SMALL)
    });
    small.count().max(1)
}
