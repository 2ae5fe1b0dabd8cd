//! What a step can be run on, and what it answers.

use std::collections::BTreeMap;
use std::prelude::v1::*;

use super::step::Step;

/// Something with preview1's calls: the kernel or the interposer.
pub(super) trait System {
    /// Makes the call. Never panics for what a program does wrong.
    fn call(&mut self, step: &Step) -> Answer;
    /// What the descriptor stands for; 0 when it is closed, else a witx `filetype`.
    fn kind(&mut self, fd: u32) -> u8;
    /// Whether its listings tell every entry that stays where it is once, whatever becomes of the others.
    ///
    /// Linux's tmpfs does not: when the entry that a listing would go on with is renamed over or
    /// removed, it may start again or end.
    fn is_steady(&self) -> bool;
    /// Ends the program; what is wrong with what it leaves behind.
    fn end(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It succeeded and tells nothing.
    Done,
    /// It failed with this preview1 errno.
    Refused(u32),
    /// It did what no call may do.
    Panicked(String),
    Number(u64),
    Bytes(Vec<u8>),
    Stat(Stat),
    Fdstat {
        file_type: u8,
        flags: u32,
        base: u64,
        inheriting: u64,
    },
    /// All entries of a directory.
    Names(BTreeMap<Vec<u8>, Entry>),
    /// Some entries, and whether there are no more.
    Part {
        names: Vec<(Vec<u8>, Entry)>,
        end: bool,
    },
}

/// What a listing says of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) inode: u64,
    pub(super) file_type: u8,
}

/// What there is to know of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) inode: u64,
    pub(super) file_type: u8,
    pub(super) nlink: u64,
    pub(super) size: u64,
    pub(super) atim: u64,
    pub(super) mtim: u64,
    /// When it was modified and changed, by the system's own clock: only whether that moves can be compared.
    pub(super) clock: [u64; 2],
}

/// Where a time is put that was taken from a clock: on no two systems are those the same.
pub(super) const NOW: u64 = u64::MAX;

/// The end of the answer to a listing: the entries in the bytes, complete ones only, and the last one's cookie.
pub(super) struct Listed {
    pub(super) names: Vec<(u64, Vec<u8>, Entry)>,
    /// Whether the last entry was cut.
    pub(super) cut: bool,
}

/// Takes the bytes that `fd_readdir` wrote apart.
pub(super) fn dirents(bytes: &[u8]) -> Listed {
    let mut names = Vec::new();
    let mut rest = bytes;
    while let Some((header, after)) = rest.split_at_checked(24) {
        let word = |at: usize| u64::from_le_bytes(header[at..at + 8].try_into().unwrap());
        let len = word(16) as u32 as usize;
        let Some((name, after)) = after.split_at_checked(len) else {
            break;
        };
        let entry = Entry {
            inode: word(8),
            file_type: header[20],
        };
        names.push((word(0), name.to_vec(), entry));
        rest = after;
    }
    Listed {
        names,
        cut: !rest.is_empty(),
    }
}
