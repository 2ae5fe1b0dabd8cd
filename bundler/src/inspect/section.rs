//! Some of a module's bytes: its image's contents, or all of it.

use std::io;

use crate::read_at::ReadAt;

/// A part of a module, read from its start to its end; an error when the module has become shorter.
#[derive(Debug)]
pub struct Section<'a> {
    bytes: &'a dyn ReadAt,
    at: u64,
    end: u64,
}

impl<'a> Section<'a> {
    pub(super) fn new(bytes: &'a dyn ReadAt, at: u64, size: u64) -> Self {
        Self {
            bytes,
            at,
            end: at + size,
        }
    }
}

impl io::Read for Section<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let len = out.len().min(left);
        // What is empty may lie anywhere, also behind the end.
        if len > 0 {
            self.bytes.read_exact_at(&mut out[..len], self.at)?;
        }
        self.at += len as u64;
        Ok(len)
    }
}
