//! Paths: what they may look like, and the buffer they are walked in.

use vfs_image::{Bytes, Image, NodeId};

use crate::errno::{Errno, Result};
use crate::fs::{Vfs, World};
use crate::program::Program;

/// Longest path of a program, in bytes (POSIX `PATH_MAX`).
pub(crate) const PATH_MAX: u32 = 4096;

/// Bytes of the buffer paths are walked in: a path, and before it twice as much for the targets of
/// the symlinks on it.
pub(crate) const PATH_BUFFER: usize = 3 * PATH_MAX as usize;

/// Bytes behind the path in its buffer, slashes: names are read eight bytes at a time.
pub(crate) const PATH_END: usize = 8;

/// The path buffer: a path ends where [`PATH_BUFFER`] does.
pub(crate) type Text = [u8; PATH_BUFFER + PATH_END];

/// Eight bytes of the path buffer, little-endian; zero where it has none.
#[inline(always)]
pub(crate) fn word(path: &Text, at: usize) -> u64 {
    let bytes = path.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The lowest bit of each byte.
pub(crate) const LOW: u64 = 0x0101_0101_0101_0101;

/// The highest bit of each byte.
pub(crate) const HIGH: u64 = 0x8080_8080_8080_8080;

/// Symlinks that one path may lead through (as on Linux).
pub(crate) const LINKS_MAX: u32 = 40;

/// Longest name in a directory, in bytes.
pub(crate) const NAME_MAX: usize = 255;

/// The owner's permission to search a directory.
pub(crate) const MODE_SEARCH: u32 = 0o100;

/// Whether a symlink at the end of a path is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)] // Takes no code to widen.
pub(crate) enum Follow {
    /// Never: the call is about the name itself, which it makes, moves or removes.
    Name,
    /// Only when a slash comes after it.
    Slash,
    /// Always.
    Always,
}

impl Follow {
    /// As `lookupflags` say.
    pub(crate) fn new(flags: u32) -> Self {
        if flags & 1 != 0 {
            Self::Always
        } else {
            Self::Slash
        }
    }

    /// Whether a symlink is followed that has this place in a path.
    #[inline(always)]
    pub(crate) fn leads_through(self, slash: bool, last: bool) -> bool {
        if self == Self::Name {
            !last
        } else {
            slash || self == Self::Always
        }
    }
}

impl<W: World> Vfs<W> {
    /// Copies a path that is to be walked to the end of the buffer, so that there is room for symlinks before it; where
    /// it starts.
    ///
    /// # Errors
    /// `ENOENT` for no path, `ENAMETOOLONG` beyond [`PATH_MAX`]; `EPERM` for an absolute one, `EINVAL` for a NUL byte
    /// and `EILSEQ` for what is not UTF-8, as wasmtime's host answers.
    #[inline(always)]
    pub(crate) fn begin(&mut self, path: u32, len: u32) -> Result<usize> {
        self.program.check(path, len.into());
        if len > PATH_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let begin = PATH_BUFFER - len as usize;
        let (mut done, mut odd) = (0, 0);
        while done < len {
            let from = path.wrapping_add(done);
            let left = len - done;
            let text = if left < 8 {
                // Eight bytes that begin here may end outside the memory: then it is the last eight that there are.
                let last = self.program.size().wrapping_sub(8) as u32;
                let before = from.saturating_sub(last);
                let text = self.program.load64(from - before) >> ((before * 8) & 63);
                let behind = u64::MAX << ((left * 8) & 63);
                text & !behind | (LOW * b'/' as u64) & behind
            } else {
                self.program.load64(from)
            };
            // A byte that is zero or above 0x7f sets a high bit.
            odd |= text.wrapping_sub(LOW) | text;
            let place = self.path.get_mut(begin + done as usize..);
            if let Some(place) = place.and_then(<[u8]>::first_chunk_mut) {
                *place = text.to_le_bytes();
            }
            done += 8;
        }
        if odd & HIGH != 0 {
            check_utf8(self.path.get(begin..PATH_BUFFER).unwrap_or_default())?;
        }
        if begin == PATH_BUFFER {
            return Err(Errno::NOENT);
        }
        if self.path.get(begin) == Some(&b'/') {
            return Err(Errno::PERM);
        }
        Ok(begin)
    }
}

/// The node of the embedded `/`; an absolute symlink of an image without it leads out of the sandbox.
pub(crate) fn embedded_root<B: Bytes>(image: &Image<B>) -> Result<NodeId> {
    // `/` is the first preopen when there is one.
    let preopen = image.preopen(0)?;
    let mut name = [0];
    image.bytes().read(preopen.name.offset(), &mut name)?;
    if preopen.name.len() == 1 && name == [b'/'] {
        Ok(preopen.node)
    } else {
        Err(Errno::PERM)
    }
}

/// Whether text is UTF-8 without NUL bytes.
///
/// (`core::str::from_utf8` has a table, which would be a data segment.)
pub(crate) fn check_utf8(text: &[u8]) -> Result<()> {
    let mut bytes = text.iter().copied();
    while let Some(first) = bytes.next() {
        if first == 0 {
            return Err(Errno::INVAL);
        }
        // The ones a byte starts with tell how long the character is.
        let size = first.leading_ones();
        if size == 0 {
            continue;
        }
        let mut code = u32::from(first) & (0x7f >> size);
        for _ in 1..size {
            match bytes.next() {
                Some(byte) if byte & 0xc0 == 0x80 => code = code << 6 | u32::from(byte & 0x3f),
                _ => return Err(Errno::ILSEQ),
            }
        }
        // Not longer than need be, no surrogate, not beyond Unicode. A byte that only
        // goes on starts with one, and `code` is then too small; five never fit.
        let least = 1 << ((size * 5 - 4 + u32::from(size == 2)) & 31);
        if size == 1 || size > 4 || code < least || char::from_u32(code).is_none() {
            return Err(Errno::ILSEQ);
        }
    }
    Ok(())
}
