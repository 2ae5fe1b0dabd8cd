//! What the program writes: memory, and everything kept in it.

use core::ops::Range;

/// Bytes of a block: what memory is divided into, and what of a file is copied at a time when it changes.
pub const BLOCK: u32 = 4096;

/// Memory for what the program writes: bytes by their address, in ranges the world gives.
pub trait Pages {
    /// More memory, when there is more: where it is, in whole blocks, and not at address zero.
    ///
    /// What its bytes are does not matter.
    fn grow(&mut self) -> Option<Range<u32>>;
    /// The bytes from an address on, all of one range that [`grow`](Self::grow) gave.
    fn bytes(&self, at: u32, len: u32) -> &[u8];
    /// The same, to be changed.
    fn bytes_mut(&mut self, at: u32, len: u32) -> &mut [u8];
}

/// The files, directories and names that the program has made or changed.
pub(crate) struct Ram<P> {
    #[expect(dead_code, reason = "the operations follow")]
    pages: P,
}

impl<P> Ram<P> {
    /// Nothing written yet.
    pub(crate) const fn new(pages: P) -> Self {
        Self { pages }
    }
}
