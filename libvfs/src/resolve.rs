//! Paths: from a directory and a path of the program to a node.

use vfs_image::{Bytes, Image, NodeId};

use crate::errno::{Errno, Result};
use crate::fs::{Last, Vfs, World};
use crate::program::Program;

/// Longest path of a program, in bytes (POSIX `PATH_MAX`).
pub(crate) const PATH_MAX: u32 = 4096;

/// Bytes of the buffer paths are resolved in: a path, as much again for the targets of
/// the symlinks on it, and before them as much for what the host is told instead.
pub(crate) const PATH_BUFFER: usize = 3 * PATH_MAX as usize;

/// Symlinks that one path may lead through (as on Linux).
pub(crate) const LINKS_MAX: u32 = 40;

/// Longest name in a directory, in bytes.
pub(crate) const NAME_MAX: usize = 255;

/// The owner's permission to search a directory.
pub(crate) const MODE_SEARCH: u32 = 0o100;

/// Whether a symlink at the end of a path is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
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
        match self {
            Self::Always => true,
            Self::Slash => slash,
            Self::Name => !last,
        }
    }
}

impl<W: World> Vfs<W> {
    /// Finds the node a path leads to from the directory `start`; false when only its last name is missing.
    ///
    /// With [`Follow::Name`] it is the caller who looks whether a slash comes after what is no directory.
    ///
    /// # Errors
    /// As POSIX says; `EPERM` for a path that is absolute or leaves `start` by
    /// `..`, as wasmtime's host answers. An absolute symlink leads to the embedded `/`.
    /// `CROSSES` where a directory of the host is attached.
    #[inline(never)]
    pub(crate) fn resolve(
        &mut self,
        start: NodeId,
        mode: u32,
        path: u32,
        path_len: u32,
        follow: Follow,
    ) -> Result<bool> {
        let mut at = self.begin(path, path_len)?;
        // The directory in which the rest of the path starts, and its mode.
        let (mut directory, mut mode) = (start, mode);
        let begin = at;
        if let Some(rest) = self.prefix.recall(start, &self.path, at) {
            at = rest;
            (directory, mode) = (self.prefix.directory, self.prefix.mode);
        }
        let recalled = at;
        let mut root = start;
        let mut links = 0;
        loop {
            if mode & MODE_SEARCH == 0 {
                return Err(Errno::ACCES);
            }
            let rest = self.path.get(at..).unwrap_or_default();
            let size = run(rest, |byte| byte != b'/');
            let (name, rest) = rest.split_at_checked(size).unwrap_or_default();
            let slashes = run(rest, |byte| byte == b'/');
            let last = slashes == rest.len();
            let end = at + size;
            if last {
                self.last = Last {
                    dir: directory,
                    start: at,
                    len: size,
                    slash: slashes > 0,
                };
            }
            if last && at != recalled && links == 0 {
                self.prefix
                    .remember((start, begin), &self.path, at, (directory, mode));
            }
            let node = match name {
                // Nothing comes after the `/` of an absolute symlink.
                b"." | b"" => directory,
                b".." if directory == root => return Err(Errno::PERM),
                b".." => {
                    self.load(directory)?;
                    self.found.parent()?
                }
                _ if size > NAME_MAX => return Err(Errno::NAMETOOLONG),
                _ => match self.lookup(directory, at..end)? {
                    Some(node) => node,
                    None if last => return Ok(false),
                    None => return Err(Errno::NOENT),
                },
            };
            self.load(node)?;
            if self.found.is_dir()
                && self.seam.attachment(node).is_some()
                && !(last && follow == Follow::Name)
            {
                return Err(Errno::CROSSES);
            }
            let led_through = follow.leads_through(slashes > 0, last);
            if self.found.is_symlink() && led_through {
                links += 1;
                if links > LINKS_MAX {
                    return Err(Errno::LOOP);
                }
                // The target takes the place of the name; what follows stays where it is.
                at = end
                    .checked_sub(self.found.size as usize)
                    .ok_or(Errno::NAMETOOLONG)?;
                self.read_target(at..end)?;
                let rest = self.path.get(at..).unwrap_or_default();
                let slashes = run(rest, |byte| byte == b'/');
                if slashes > 0 {
                    at += slashes;
                    root = embedded_root(self.image()?)?;
                    directory = root;
                    self.load(directory)?;
                    mode = self.found.mode;
                }
            } else if last && follow == Follow::Name {
                return Ok(true);
            } else if slashes > 0 && !self.found.is_dir() {
                return Err(Errno::NOTDIR);
            } else if last {
                return Ok(true);
            } else {
                directory = node;
                mode = self.found.mode;
                at = end + slashes;
            }
        }
    }

    /// Loads a path that is to be walked; where in the buffer it starts.
    #[inline(always)]
    pub(crate) fn begin(&mut self, path: u32, len: u32) -> Result<usize> {
        self.load_path(path, len)?;
        let at = PATH_BUFFER - len as usize;
        match self.path.get(at) {
            None => Err(Errno::NOENT),
            Some(b'/') => Err(Errno::PERM),
            Some(_) => Ok(at),
        }
    }

    /// Copies a path to the end of the buffer, so that there is room for symlinks before it.
    ///
    /// # Errors
    /// `ENAMETOOLONG` beyond [`PATH_MAX`]; `EINVAL` for a NUL byte and `EILSEQ`
    /// for what is not UTF-8, as wasmtime's host answers.
    #[inline(never)]
    fn load_path(&mut self, path: u32, len: u32) -> Result<()> {
        const LOW: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x8080_8080_8080_8080;
        self.program.check(path, len, 1);
        if len > PATH_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        // Eight bytes a step, from the end back, and the last step over what is before the path:
        // most paths are short, and so take less time than to call for a copy.
        let mut odd = 0;
        let (mut left, mut end) = (len, path.wrapping_add(len));
        for place in self.path.as_chunks_mut::<8>().0.iter_mut().rev() {
            if left == 0 {
                break;
            }
            let mut word = if let 1..8 = end {
                // The path starts where memory does.
                self.program.load64(0) << (64 - end * 8)
            } else {
                self.program.load64(end.wrapping_sub(8))
            };
            if left < 8 {
                // What is before the path must not look odd.
                let before = u64::MAX >> (left * 8);
                word = word & !before | LOW & before;
            }
            // A byte that is zero or above 0x7f sets a high bit.
            odd |= word.wrapping_sub(LOW) | word;
            *place = word.to_le_bytes();
            end = end.wrapping_sub(8);
            left = left.saturating_sub(8);
        }
        if odd & HIGH == 0 {
            return Ok(());
        }
        let at = PATH_BUFFER - len as usize;
        check_utf8(self.path.get(at..).unwrap_or_default())
    }
}

/// Number of bytes at the start for which `belongs` holds.
#[inline(always)]
pub(crate) fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|&byte| !belongs(byte))
        .unwrap_or(bytes.len())
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
        match char::from_u32(code) {
            Some(code) if size > 1 && code.len_utf8() == size as usize => {}
            _ => return Err(Errno::ILSEQ),
        }
    }
    Ok(())
}
