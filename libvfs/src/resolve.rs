//! Paths: from a directory and a path of the program to a node.

use vfs_image::{Bytes, Image, NodeId};

use crate::errno::{Errno, Result};
use crate::fs::{Vfs, World};
use crate::program::Program;

/// Longest path of a program, in bytes (POSIX `PATH_MAX`).
pub(crate) const PATH_MAX: u32 = 4096;

/// Bytes of the buffer paths are resolved in: a path, and as much again for the
/// targets of the symlinks on it.
pub(crate) const PATH_BUFFER: usize = 2 * PATH_MAX as usize;

/// Symlinks that one path may lead through (as on Linux).
const LINKS_MAX: u32 = 40;

/// Longest name in a directory, in bytes.
const NAME_MAX: usize = 255;

/// The owner's permission to search a directory.
const MODE_SEARCH: u32 = 0o100;

impl<W: World> Vfs<W> {
    /// Finds the node a path leads to from the directory `start`; false when only its last name is missing.
    ///
    /// A symlink at the end is followed when `follow` says so or a slash comes after it.
    ///
    /// # Errors
    /// As POSIX says; `EPERM` for a path that is absolute or leaves `start` by
    /// `..`, as wasmtime's host answers. An absolute symlink leads to the embedded `/`.
    pub(crate) fn resolve(
        &mut self,
        start: NodeId,
        path: u32,
        path_len: u32,
        follow: bool,
    ) -> Result<bool> {
        self.load_path(path, path_len)?;
        let mut at = PATH_BUFFER - path_len as usize;
        match self.path.get(at) {
            None => return Err(Errno::NOENT),
            Some(b'/') => return Err(Errno::PERM),
            Some(_) => {}
        }
        let mut root = start;
        let mut directory = start;
        let mut links = 0;
        self.load(start)?;
        loop {
            // Here `found` is the directory in which the rest of the path starts.
            let dir = self.found.dir.ok_or(Errno::NOTDIR)?;
            if self.found.mode & MODE_SEARCH == 0 {
                return Err(Errno::ACCES);
            }
            let rest = self.path.get(at..).unwrap_or_default();
            let size = run(rest, |byte| byte != b'/');
            let (name, rest) = rest.split_at_checked(size).unwrap_or_default();
            let slashes = run(rest, |byte| byte == b'/');
            let last = slashes == rest.len();
            let end = at + size;
            let node = match name {
                // Nothing comes after the `/` of an absolute symlink.
                b"." | b"" => directory,
                b".." if directory == root => return Err(Errno::PERM),
                b".." => dir.parent(),
                _ if size > NAME_MAX => return Err(Errno::NAMETOOLONG),
                _ => {
                    let image = self.image.as_ref().ok_or(Errno::IO)?;
                    match image.lookup(directory, name)? {
                        Some(found) => found.node,
                        None if last => return Ok(false),
                        None => return Err(Errno::NOENT),
                    }
                }
            };
            self.load(node)?;
            if self.found.is_symlink() && (follow || slashes > 0) {
                links += 1;
                if links > LINKS_MAX {
                    return Err(Errno::LOOP);
                }
                // The target takes the place of the name; what follows stays where it is.
                at = end
                    .checked_sub(self.found.size as usize)
                    .ok_or(Errno::NAMETOOLONG)?;
                let target = self.path.get_mut(at..end).ok_or(Errno::IO)?;
                let image = self.image.as_ref().ok_or(Errno::IO)?;
                image.bytes().read(self.found.offset, target)?;
                let rest = self.path.get(at..).unwrap_or_default();
                let slashes = run(rest, |byte| byte == b'/');
                if slashes > 0 {
                    at += slashes;
                    root = embedded_root(image)?;
                    directory = root;
                }
                self.load(directory)?;
            } else if last {
                if slashes > 0 && self.found.dir.is_none() {
                    return Err(Errno::NOTDIR);
                }
                return Ok(true);
            } else {
                directory = node;
                at = end + slashes;
            }
        }
    }

    /// Copies a path to the end of the buffer, so that there is room for symlinks before it.
    fn load_path(&mut self, path: u32, len: u32) -> Result<()> {
        self.program.check(path, len, 1);
        if len > PATH_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let at = PATH_BUFFER - len as usize;
        // At least half the buffer is before the path; these letters fill its first word up.
        if let Some(before) = self.path.get_mut(at - 8..at) {
            before.fill(b'/');
        }
        if let Some(place) = self.path.get_mut(at..) {
            self.program.copy_in(place, path);
        }
        check_text(&self.path, at)
    }
}

/// Number of bytes at the start for which `belongs` holds.
#[inline(always)]
fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|&byte| !belongs(byte))
        .unwrap_or(bytes.len())
}

/// The node of the embedded `/`; an absolute symlink of an image without it leads out of the sandbox.
fn embedded_root<B: Bytes>(image: &Image<B>) -> Result<NodeId> {
    // `/` is the first preopen when there is one.
    let preopen = image.preopen(0)?;
    let mut name = [0; 2];
    let size = image.read_str(preopen.name, &mut name)?;
    match name.get(..size) {
        Some(b"/") => Ok(preopen.node),
        _ => Err(Errno::PERM),
    }
}

/// Whether the text from `at` to the end of the buffer is UTF-8 without NUL bytes.
///
/// # Errors
/// `EINVAL` for a NUL byte, `EILSEQ` for what is not UTF-8, as wasmtime's host answers.
fn check_text(path: &[u8; PATH_BUFFER], at: usize) -> Result<()> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // Eight bytes a step: any that is zero or above 0x7f sets a high bit.
    let words = path.get(at & !7..).unwrap_or_default().as_chunks::<8>().0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        if (word.wrapping_sub(LOW) | word) & HIGH != 0 {
            return check_utf8(path.get(at..).unwrap_or_default());
        }
    }
    Ok(())
}

/// The same, byte by byte. (`core::str::from_utf8` has a table, which would be a data segment.)
fn check_utf8(text: &[u8]) -> Result<()> {
    let mut bytes = text.iter().copied();
    while let Some(first) = bytes.next() {
        // How many bytes follow, and what the first of them may be.
        let (more, low, high) = match first {
            0 => return Err(Errno::INVAL),
            1..0x80 => continue,
            0xc2..=0xdf => (1, 0x80, 0xbf),
            0xe0 => (2, 0xa0, 0xbf),
            0xed => (2, 0x80, 0x9f),
            0xe1..=0xef => (2, 0x80, 0xbf),
            0xf0 => (3, 0x90, 0xbf),
            0xf1..=0xf3 => (3, 0x80, 0xbf),
            0xf4 => (3, 0x80, 0x8f),
            _ => return Err(Errno::ILSEQ),
        };
        let (mut low, mut high) = (low, high);
        for _ in 0..more {
            match bytes.next() {
                Some(byte) if (low..=high).contains(&byte) => (low, high) = (0x80, 0xbf),
                _ => return Err(Errno::ILSEQ),
            }
        }
    }
    Ok(())
}
