//! The bytes of an image, wherever they are: [`Bytes`].

use core::fmt;

/// The image is not well formed where it was read.
///
/// It carries no detail on purpose: the program sees `EIO`, and the interposer
/// has no room for text. `wasi-vfs inspect` says what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrupt;

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the image is corrupt")
    }
}

impl core::error::Error for Corrupt {}

/// Random access to the bytes of an image.
pub trait Bytes {
    /// Number of bytes there are.
    fn size(&self) -> u32;

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// The reader checks first and only ever asks for what is there ([`fuzz`](crate::fuzz) proves it), so this check is the
    /// second one.
    ///
    /// # Errors
    /// [`Corrupt`] when that would reach past [`size`](Bytes::size); nothing else may fail.
    fn read(&self, offset: u32, out: &mut [u8]) -> Result<(), Corrupt>;

    /// The `SIZE` bytes from `offset` on.
    ///
    /// # Errors
    /// As [`read`](Bytes::read).
    #[inline(always)]
    fn read_array<const SIZE: usize>(&self, offset: u32) -> Result<[u8; SIZE], Corrupt> {
        let mut out = [0; SIZE];
        self.read(offset, &mut out)?;
        Ok(out)
    }
}

impl Bytes for &[u8] {
    fn size(&self) -> u32 {
        // Bytes beyond 4 GiB - 1 can't belong to an image.
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    fn read(&self, offset: u32, out: &mut [u8]) -> Result<(), Corrupt> {
        let bytes = self
            .get(offset as usize..)
            .and_then(|tail| tail.get(..out.len()))
            .ok_or(Corrupt)?;
        out.copy_from_slice(bytes);
        Ok(())
    }
}

/// A string of an image (a name, a target, an argument): where it is; known to lie inside the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Str {
    pub(crate) offset: u32,
    pub(crate) len: u32,
}

impl Str {
    /// Its first byte, counted from the start of the image.
    #[inline]
    #[must_use]
    pub fn offset(self) -> u32 {
        self.offset
    }

    /// Number of bytes.
    #[inline]
    #[must_use]
    pub fn len(self) -> u32 {
        self.len
    }

    /// Whether it has no bytes; only an argument can be like that.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}
