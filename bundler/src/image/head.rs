//! The part of an image that is held in memory when it is read back: [`Head`].

use vfs_image::layout::HeaderRecord;
use vfs_image::{Bytes, Corrupt};

use super::ImageFlaw;
use super::check::{corrupt, header};

/// The metadata of an image, which is all before its contents, and the size of the whole.
///
/// An image of 4 GiB has a few MiB of metadata; its contents stay where they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    metadata: &'a [u8],
    size: u32,
}

impl<'a> Head<'a> {
    /// An image that is in memory as a whole.
    pub(crate) fn whole(bytes: &'a [u8]) -> Self {
        Self {
            metadata: bytes,
            // Bytes beyond 4 GiB - 1 can't belong to an image; no header will say that it has so many.
            size: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        }
    }

    /// The metadata of an image of `size` bytes.
    pub(crate) fn new(metadata: &'a [u8], size: u32) -> Self {
        Self { metadata, size }
    }

    /// How many bytes of metadata an image of `size` bytes has that begins with `start`.
    pub(crate) fn metadata_size(start: &[u8], size: u32) -> Result<u32, ImageFlaw> {
        let header = header(start.first_chunk::<{ HeaderRecord::SIZE }>())?;
        Some(header.contents_offset)
            .filter(|&end| end <= size)
            .ok_or_else(|| corrupt("the header"))
    }

    /// The bytes from the start on that are here.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.metadata
    }
}

impl Bytes for Head<'_> {
    fn size(&self) -> u32 {
        self.size
    }

    fn read(&self, offset: u32, out: &mut [u8]) -> Result<(), Corrupt> {
        self.metadata.read(offset, out)
    }
}
