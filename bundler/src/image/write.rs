//! The second pass: contents from their sources into the output.

mod bundles;
mod read;
mod store;

use std::io::{Seek, SeekFrom, Write};

use super::{Image, ImageError};
use crate::source::Source;
use store::Store;

/// Who wants to know how far the writing is.
pub trait Progress {
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
    /// For each entry of the plan the SHA-256 of its content; `None` unless a file or a hard link to one.
    pub contents: Vec<Option<[u8; 32]>>,
    /// Bytes of content that were not stored because an equal one was there already.
    pub saved: u64,
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
        &self,
        source: &dyn Source,
        out: &mut W,
        progress: &dyn Progress,
    ) -> Result<Written, ImageError> {
        let start = out.stream_position().map_err(ImageError::Write)?;
        let mut metadata = self.metadata.clone();
        seek(out, start + metadata.size())?;

        progress.begin(self.contents_size());
        let mut store = Store::new(self, source, out, progress);
        let placed = store.add_all()?;
        let (size, saved) = (store.end, store.saved);
        bundles::check(self, &placed)?;
        for (file, placed) in self.files.iter().zip(&placed) {
            metadata.place(file.node, placed.offset);
        }
        let digest = metadata.seal(size, store.in_order.iter());

        seek(out, start)?;
        out.write_all(metadata.bytes()).map_err(ImageError::Write)?;
        seek(out, start + u64::from(size))?;
        let contents = self
            .file_of_entry
            .iter()
            .map(|file| Some(placed[(*file)?].digest));
        Ok(Written {
            size,
            digest,
            contents: contents.collect(),
            saved,
        })
    }
}

fn seek(out: &mut impl Seek, position: u64) -> Result<(), ImageError> {
    out.seek(SeekFrom::Start(position))
        .map(drop)
        .map_err(ImageError::Write)
}
