//! The linked module: complete but for the image's bytes.

use std::io::{self, Seek, SeekFrom, Write};

use thiserror::Error;

use super::error::{LinkError, Notice};
use super::leb;
use super::pieces::Pieces;
use super::undo::Undo;
use crate::requires::Requires;

/// A module with a hole where the image goes.
///
/// It validates with any image in the hole, imports nothing that the program does not import, and depends on nothing but the
/// program and the interposer. What linking keeps of the program is not copied, but written from where it is.
#[derive(Debug, Clone)]
pub struct Linked<'p> {
    /// Everything up to the hole, which is at the end of the data section.
    pub(super) before: Pieces<'p>,
    /// Everything behind it.
    pub(super) after: Pieces<'p>,
    /// Where the contents of the code section begin.
    pub(super) code_at: usize,
    pub(super) holes: Holes,
    pub(super) segment: u32,
    pub(super) added_code: u64,
    pub(super) pre_linked: bool,
    /// Index of the function that begins and ends a run at bundle time.
    pub(super) preinit: Option<u32>,
    /// Index of the first function that was appended.
    pub(super) first_function: u32,
    /// Whether the program speaks the WASI of 2019.
    pub(super) unstable: bool,
    pub(super) notices: Vec<Notice>,
    /// How to get the program back; none when that can't be.
    pub(super) undo: Option<Undo>,
    /// What the program needs of an engine.
    pub(super) requires: Requires,
    /// Whether nobody is to get it back.
    pub(super) once: bool,
}

/// Places in [`Linked::before`] that depend on the image's size.
#[derive(Debug, Clone, Default)]
pub(super) struct Holes {
    /// The data section's length, five bytes.
    pub(super) section_size_at: usize,
    /// That length with an empty image.
    pub(super) section_size: u32,
    /// The image segment's length, five bytes.
    pub(super) segment_size_at: usize,
    /// Immediates of `i32.const`, five bytes each, that push the image's size.
    pub(super) image_size_at: Vec<usize>,
    /// Four bytes of initial memory, little-endian, that are the image's size.
    pub(super) image_size_word_at: Option<usize>,
}

/// Why a linked module could not be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The destination failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The image is too large for this program.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl Linked<'_> {
    /// How many bytes an image may have in this program: a data section holds 4 GiB.
    #[must_use]
    pub fn image_limit(&self) -> u32 {
        u32::MAX - self.holes.section_size
    }

    /// Index of the data segment that holds the image.
    #[must_use]
    pub fn segment(&self) -> u32 {
        self.segment
    }

    /// How to get the program back; none when that can't be.
    pub(crate) fn undo(&self) -> Option<&Undo> {
        self.undo.as_ref()
    }

    /// What the program needs of an engine.
    pub(crate) fn requires(&self) -> Requires {
        self.requires
    }

    /// Whether the bundle is one that nobody is to bundle again.
    pub(crate) fn is_once(&self) -> bool {
        self.once
    }

    /// Bytes that the code section has grown by.
    #[must_use]
    pub fn added_code(&self) -> u64 {
        self.added_code
    }

    /// Whether the interposer is one that the program was linked with.
    #[must_use]
    pub fn is_pre_linked(&self) -> bool {
        self.pre_linked
    }

    /// What the user should know, in a stable order.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Bytes of the module without its image.
    #[must_use]
    pub fn size(&self) -> u64 {
        (self.before.len() + self.after.len()) as u64
    }

    /// The module with an empty image: valid, and what a writer begins with.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.before.len() + self.after.len());
        for piece in self.before.slices().chain(self.after.slices()) {
            bytes.extend_from_slice(piece);
        }
        bytes
    }

    /// Index of the function that begins and ends a run at bundle time; `None` when none was asked for, or the program
    /// has no file calls.
    pub(crate) fn preinit(&self) -> Option<u32> {
        self.preinit
    }

    /// Index of the first function that was appended.
    pub(crate) fn first_function(&self) -> u32 {
        self.first_function
    }

    /// Whether the program speaks the WASI of 2019.
    pub(crate) fn speaks_unstable(&self) -> bool {
        self.unstable
    }

    /// Places in [`to_bytes`](Self::to_bytes) where five bytes push the image's size.
    pub(crate) fn image_size_at(&self) -> &[usize] {
        &self.holes.image_size_at
    }

    /// Bytes in front of the image.
    pub(crate) fn before(&self) -> u64 {
        self.before.len() as u64
    }

    /// Writes the module at `out`'s position, with the image that `image` writes in its place.
    ///
    /// `image` finds `out` where its first byte belongs, leaves it behind the last one, and returns how many bytes it
    /// wrote. Afterwards `out` is at the end of the module. Returns what `image` returned.
    ///
    /// # Errors
    /// When `out` or `image` fails, or when the image has more than [`Linked::image_limit`] bytes.
    pub fn write<W, E>(
        &self,
        out: &mut W,
        image: impl FnOnce(&mut W) -> Result<u32, E>,
    ) -> Result<u32, E>
    where
        W: Write + Seek,
        E: From<WriteError>,
    {
        let start = out.stream_position().map_err(WriteError::Io)?;
        write(&self.before, out)?;
        let size = image(out)?;
        self.finish(out, start, size)?;
        Ok(size)
    }

    /// Writes the module around an image that is there: `out` starts with as many bytes as [`before`](Self::before)
    /// says, whatever they are, and is at the end of the image behind them.
    pub(crate) fn write_around<W: Write + Seek>(
        &self,
        out: &mut W,
        image_size: u32,
    ) -> Result<(), WriteError> {
        let end = out.stream_position()?;
        out.seek(SeekFrom::Start(0))?;
        write(&self.before, out)?;
        out.seek(SeekFrom::Start(end))?;
        self.finish(out, 0, image_size)
    }

    fn finish<W: Write + Seek>(
        &self,
        out: &mut W,
        start: u64,
        image_size: u32,
    ) -> Result<(), WriteError> {
        let section_size = self.section_size(u64::from(image_size))?;
        write(&self.after, out)?;
        let end = out.stream_position()?;
        let mut put = |at: usize, bytes: &[u8]| -> io::Result<()> {
            out.seek(SeekFrom::Start(start + at as u64))?;
            out.write_all(bytes)
        };
        put(self.holes.section_size_at, &leb::padded(section_size))?;
        put(self.holes.segment_size_at, &leb::padded(image_size))?;
        for &at in &self.holes.image_size_at {
            put(at, &leb::padded_signed(image_size))?;
        }
        if let Some(at) = self.holes.image_size_word_at {
            put(at, &image_size.to_le_bytes())?;
        }
        out.seek(SeekFrom::Start(end))?;
        Ok(())
    }

    fn section_size(&self, image_size: u64) -> Result<u32, LinkError> {
        let size = u64::from(self.holes.section_size) + image_size;
        u32::try_from(size).map_err(|_| LinkError::DataTooLarge {
            size,
            limit: u64::from(u32::MAX),
        })
    }
}

fn write(pieces: &Pieces<'_>, out: &mut impl Write) -> Result<(), WriteError> {
    for piece in pieces.slices() {
        out.write_all(piece)?;
    }
    Ok(())
}
