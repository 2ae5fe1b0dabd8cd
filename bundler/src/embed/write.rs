//! The second pass: contents from their sources into the output.

mod bundles;
mod hash;
mod known;
mod read;
mod store;

use std::io::{Seek, SeekFrom, Write};
use std::sync::Arc;

use super::{Image, ImageError};
use crate::source::Source;
use store::Store;

/// Who wants to know how far the writing is.
pub trait Progress: Sync {
    /// The work begins; it is so many bytes of content ([`Image::contents_size`]).
    fn begin(&self, _total: u64) {}

    /// So many more bytes of content are done; the sum is [`Image::contents_size`].
    fn advance(&self, bytes: u64);
}

/// Nobody wants to know.
impl Progress for () {
    fn advance(&self, _bytes: u64) {}
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the whole image.
    pub size: u32,
    /// The image's digest, as in its header.
    pub digest: [u8; 32],
    /// The SHA-256 of the contents.
    pub contents: Digests,
    /// Bytes of content that were not stored because an equal one was there already.
    pub saved: u64,
}

/// The digests of the contents that were written, each once.
///
/// A clone costs nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    known: Arc<Known>,
}

#[derive(Debug, PartialEq, Eq)]
struct Known {
    digests: Vec<[u8; 32]>,
    /// For each entry of the plan which of them is its; none for a number that is too large.
    of_entry: Vec<u32>,
}

impl Digests {
    /// The SHA-256 of the content of the plan's entry with this number; `None` unless a file or a hard link to one.
    ///
    /// # Panics
    /// When the plan has fewer entries.
    #[must_use]
    pub fn of(&self, entry: usize) -> Option<[u8; 32]> {
        let number = self.known.of_entry[entry];
        self.known.digests.get(number as usize).copied()
    }

    /// The same for each entry of the plan, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Option<[u8; 32]>> {
        (0..self.known.of_entry.len()).map(|entry| self.of(entry))
    }
}

impl Image {
    /// Writes the image at the current position of `out` and leaves the position behind it.
    ///
    /// Every byte of the image is written, none behind it is touched.
    ///
    /// # Errors
    /// [`ImageError::Changed`], [`ImageError::Unreadable`], [`ImageError::SourceDamaged`], [`ImageError::Write`];
    /// [`ImageError::TooLarge`] when the contents turn out not to fit.
    pub fn write<W: Write + Seek>(
        self,
        source: &dyn Source,
        out: &mut W,
        progress: &dyn Progress,
    ) -> Result<Written, ImageError> {
        let start = out.stream_position().map_err(ImageError::Write)?;
        seek(out, start + self.metadata.size())?;

        progress.begin(self.contents_size());
        let Self {
            plan,
            mut metadata,
            files,
            file_of_entry,
        } = self;
        let mut store = Store::new(&plan, source, out, progress, &mut metadata);
        store.add_all(&files)?;
        let (size, saved) = (store.end, store.saved);
        bundles::check(&plan, &files, &store.digests)?;
        let (digests, stored) = store.finish();
        let in_order = stored.iter().map(|stored| &digests[stored.file as usize]);
        let digest = metadata.seal(size, in_order);

        seek(out, start)?;
        out.write_all(metadata.bytes()).map_err(ImageError::Write)?;
        seek(out, start + u64::from(size))?;
        let known = Known {
            digests,
            of_entry: file_of_entry,
        };
        let contents = Digests {
            known: Arc::new(known),
        };
        Ok(Written {
            size,
            digest,
            contents,
            saved,
        })
    }
}

fn seek(out: &mut impl Seek, position: u64) -> Result<(), ImageError> {
    out.seek(SeekFrom::Start(position))
        .map(drop)
        .map_err(ImageError::Write)
}
