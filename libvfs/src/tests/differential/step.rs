//! One call of a program, as data: it can be run on any system, left out, and printed as Rust.

use std::fmt;
use std::prelude::v1::*;

/// A path or a symlink's target: any bytes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Text(pub(super) Vec<u8>);

/// Lengths of the buffers of a read or write.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Lens(pub(super) Vec<u32>);

/// Short for a printed step.
pub(super) fn text(bytes: &[u8]) -> Text {
    Text(bytes.to_vec())
}

/// Short for a printed step.
pub(super) fn lens(lens: &[u32]) -> Lens {
    Lens(lens.to_vec())
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "text(b\"{}\")", self.0.escape_ascii())
    }
}

impl fmt::Debug for Lens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "lens(&{:?})", self.0)
    }
}

impl Lens {
    /// Bytes altogether.
    pub(super) fn total(&self) -> u32 {
        self.0.iter().sum()
    }
}

/// A call with its arguments, named as in preview1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Open {
        fd: u32,
        flags: u32,
        path: Text,
        oflags: u32,
        base: u64,
        inheriting: u64,
        fdflags: u32,
    },
    Close {
        fd: u32,
    },
    Renumber {
        from: u32,
        to: u32,
    },
    Read {
        fd: u32,
        lens: Lens,
    },
    Pread {
        fd: u32,
        lens: Lens,
        offset: u64,
    },
    /// The bytes are those that [`content`] gives for the seed.
    Write {
        fd: u32,
        lens: Lens,
        seed: u8,
    },
    Pwrite {
        fd: u32,
        lens: Lens,
        seed: u8,
        offset: u64,
    },
    Seek {
        fd: u32,
        delta: i64,
        whence: u32,
    },
    Tell {
        fd: u32,
    },
    Advise {
        fd: u32,
        offset: u64,
        len: u64,
        advice: u32,
    },
    Allocate {
        fd: u32,
        offset: u64,
        len: u64,
    },
    SetSize {
        fd: u32,
        size: u64,
    },
    Sync {
        fd: u32,
    },
    Datasync {
        fd: u32,
    },
    Fdstat {
        fd: u32,
    },
    SetFlags {
        fd: u32,
        flags: u32,
    },
    SetRights {
        fd: u32,
        base: u64,
        inheriting: u64,
    },
    Filestat {
        fd: u32,
    },
    SetTimes {
        fd: u32,
        atim: u64,
        mtim: u64,
        set: u32,
    },
    /// Reads the whole directory with buffers of `size` bytes.
    List {
        fd: u32,
        size: u32,
    },
    /// Reads one buffer of entries on from where the listing of this number stands; after the end it starts anew.
    ListOn {
        fd: u32,
        size: u32,
        listing: u32,
        /// Goes back to before the entry that came so many before, as `seekdir` does.
        back: u32,
    },
    PathFilestat {
        fd: u32,
        flags: u32,
        path: Text,
    },
    PathSetTimes {
        fd: u32,
        flags: u32,
        path: Text,
        atim: u64,
        mtim: u64,
        set: u32,
    },
    Readlink {
        fd: u32,
        path: Text,
        size: u32,
    },
    CreateDirectory {
        fd: u32,
        path: Text,
    },
    RemoveDirectory {
        fd: u32,
        path: Text,
    },
    Unlink {
        fd: u32,
        path: Text,
    },
    Symlink {
        target: Text,
        fd: u32,
        path: Text,
    },
    Rename {
        fd: u32,
        path: Text,
        new_fd: u32,
        new_path: Text,
    },
    Link {
        fd: u32,
        flags: u32,
        path: Text,
        new_fd: u32,
        new_path: Text,
    },
}

impl Step {
    /// The paths it names, the target of a symlink not among them.
    pub(super) fn paths(&self) -> Vec<&[u8]> {
        self.places().into_iter().map(|(_, path)| path).collect()
    }

    /// The same with the descriptors they start from.
    pub(super) fn places(&self) -> Vec<(u32, &[u8])> {
        match self {
            Self::Open { fd, path, .. }
            | Self::PathFilestat { fd, path, .. }
            | Self::PathSetTimes { fd, path, .. }
            | Self::Readlink { fd, path, .. }
            | Self::CreateDirectory { fd, path, .. }
            | Self::RemoveDirectory { fd, path, .. }
            | Self::Unlink { fd, path, .. }
            | Self::Symlink { fd, path, .. } => Vec::from([(*fd, &*path.0)]),
            Self::Rename {
                fd,
                path,
                new_fd,
                new_path,
                ..
            }
            | Self::Link {
                fd,
                path,
                new_fd,
                new_path,
                ..
            } => Vec::from([(*fd, &*path.0), (*new_fd, &*new_path.0)]),
            _ => Vec::new(),
        }
    }

    /// Whether it changes files or directories, or opens one to do so, when it succeeds.
    pub(super) fn changes(&self) -> bool {
        match self {
            Self::Open { oflags, base, .. } => oflags & 9 != 0 || base & 1 << 6 != 0,
            Self::Write { .. }
            | Self::Pwrite { .. }
            | Self::Allocate { .. }
            | Self::SetSize { .. }
            | Self::SetTimes { .. }
            | Self::PathSetTimes { .. }
            | Self::CreateDirectory { .. }
            | Self::RemoveDirectory { .. }
            | Self::Unlink { .. }
            | Self::Symlink { .. }
            | Self::Rename { .. }
            | Self::Link { .. } => true,
            _ => false,
        }
    }
}

/// What a write of this seed writes.
pub(super) fn content(seed: u8, len: u32) -> Vec<u8> {
    (0..len)
        .map(|at| (at as u8).wrapping_mul(31) ^ (at >> 8) as u8 ^ seed)
        .collect()
}
