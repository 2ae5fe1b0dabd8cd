//! The contents section while it grows: each content once, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::Progress;
use super::read::{Whole, changed, read_whole, stream};
use crate::image::{File, Image, ImageError};
use crate::plan::Content;
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
    image: &'a Image,
    source: &'a dyn Source,
    out: &'a mut W,
    progress: &'a dyn Progress,
    /// Where the next content goes, counted from the start of the image.
    pub(super) end: u32,
    /// What is stored, by size and digest.
    stored: BTreeMap<(u32, [u8; 32]), u32>,
    /// The sizes of what is stored.
    sizes: BTreeSet<u32>,
    /// The digests of what is stored, in the order it is stored.
    pub(super) in_order: Vec<[u8; 32]>,
    /// Bytes not stored because they were there.
    pub(super) saved: u64,
}

/// Where a file's content is.
pub(super) struct Placed {
    pub(super) digest: [u8; 32],
    /// Counted from the start of the image; 0 when empty.
    pub(super) offset: u32,
}

impl<'a, W: Write> Store<'a, W> {
    pub(super) fn new(
        image: &'a Image,
        source: &'a dyn Source,
        out: &'a mut W,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            image,
            source,
            out,
            progress,
            end: image.metadata.size() as u32, // `describe` refuses more than fits.
            stored: BTreeMap::new(),
            sizes: BTreeSet::new(),
            in_order: Vec::new(),
            saved: 0,
        }
    }

    /// Stores the contents of all files, in their order.
    ///
    /// Small files are mostly waiting for the system, so they are read ahead in parallel. What is stored where, and
    /// which error comes first, is decided here in order: the number of threads changes nothing.
    pub(super) fn add_all(&mut self) -> Result<Vec<Placed>, ImageError> {
        let mut placed = Vec::with_capacity(self.image.files.len());
        let mut buffer = Vec::new();
        let mut files = &self.image.files[..];
        while let Some(first) = files.first() {
            if first.size > SMALL && !matches!(first.content, Content::Inline(_)) {
                buffer.resize(BUFFER, 0);
                placed.push(self.add_large(first, &mut buffer)?);
                files = &files[1..];
                continue;
            }
            let (ahead, rest) = files.split_at(ahead(files));
            let source = self.source;
            let read: Vec<_> = ahead
                .par_iter()
                .map(|file| read_whole(source, file))
                .collect();
            for (file, whole) in ahead.iter().zip(read) {
                placed.push(self.add_small(file, &whole?)?);
            }
            files = rest;
        }
        Ok(placed)
    }

    /// Stores a content that is in memory.
    fn add_small(&mut self, file: &File, whole: &Whole<'_>) -> Result<Placed, ImageError> {
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
    /// Whether it is there already can only be told after all of it was read. Where that can be (there is one
    /// of its size), it is read for that first: nothing is ever written that must be taken back.
    fn add_large(&mut self, file: &File, buffer: &mut [u8]) -> Result<Placed, ImageError> {
        let mut expected = None;
        if self.sizes.contains(&file.size) {
            let mut hasher = Sha256::new();
            stream(self.source, file, buffer, |piece| {
                hasher.update(piece);
                Ok(())
            })?;
            let digest = hasher.finalize().into();
            if let Some(placed) = self.find(file.size, digest) {
                self.progress.advance(u64::from(file.size));
                return Ok(placed);
            }
            expected = Some(digest);
        }
        let end = self.end_with(file)?;
        let mut hasher = Sha256::new();
        stream(self.source, file, buffer, |piece| {
            hasher.update(piece);
            self.progress.advance(piece.len() as u64);
            self.out.write_all(piece).map_err(ImageError::Write)
        })?;
        let digest = hasher.finalize().into();
        if expected.is_some_and(|expected| expected != digest) {
            return Err(changed(
                file,
                "it was read twice, and the bytes differ".to_owned(),
            ));
        }
        Ok(self.keep(file.size, digest, end))
    }

    /// The place of an equal content.
    fn find(&mut self, size: u32, digest: [u8; 32]) -> Option<Placed> {
        let offset = *self.stored.get(&(size, digest))?;
        self.saved += u64::from(size);
        Some(Placed { digest, offset })
    }

    /// Where the image will end with this file's content stored.
    fn end_with(&self, file: &File) -> Result<u32, ImageError> {
        self.end.checked_add(file.size).ok_or_else(|| {
            let size = u64::from(self.end) + u64::from(file.size);
            let files = self.image.files.iter();
            let sizes = files.map(|f| (f.path.as_str().to_owned(), u64::from(f.size)));
            ImageError::too_large(size, sizes)
        })
    }

    /// Books a content that was just written.
    fn keep(&mut self, size: u32, digest: [u8; 32], end: u32) -> Placed {
        let offset = std::mem::replace(&mut self.end, end);
        self.stored.insert((size, digest), offset);
        self.sizes.insert(size);
        self.in_order.push(digest);
        Placed { digest, offset }
    }
}

/// How many of these files to read ahead: small ones, and at least one.
fn ahead(files: &[File]) -> usize {
    let mut bytes = 0;
    let small = files.iter().take(AHEAD_FILES).take_while(|file| {
        let fits = bytes < AHEAD_BYTES;
        // A content from the manifest is in memory already, however large it is.
        let free = matches!(file.content, Content::Inline(_));
        bytes += if free { 0 } else { u64::from(file.size) };
        fits && (free || file.size <= SMALL)
    });
    small.count().max(1)
}
