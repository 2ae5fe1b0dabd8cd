//! What a generator of steps looks at, so that they meet something.

use std::prelude::v1::*;

use rustix::fs::{Dir, Mode, OFlags, openat};

use super::Kernel;

impl Kernel {
    /// The numbers of what is open below `end`: files, and directories.
    pub(in crate::tests::differential) fn open_below(&self, end: u32) -> (Vec<u32>, Vec<u32>) {
        let open = (3..end).filter(|&fd| self.table.kind(fd) != 0);
        open.partition(|&fd| self.table.kind(fd) == 4)
    }

    /// The names in a directory below an open one, without the dots; none in what can't be listed.
    pub(in crate::tests::differential) fn names(&self, fd: u32, path: &[u8]) -> Vec<Vec<u8>> {
        let Some(open) = self.table.peek(fd) else {
            return Vec::new();
        };
        let path = if path.is_empty() { b"." } else { path };
        let how = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NOATIME;
        let listed = openat(&open.fd, path, how, Mode::empty()).and_then(Dir::new);
        let entries = listed.into_iter().flatten().filter_map(Result::ok);
        entries
            .map(|entry| entry.file_name().to_bytes().to_vec())
            .filter(|name| !matches!(&**name, b"." | b".."))
            .collect()
    }
}
