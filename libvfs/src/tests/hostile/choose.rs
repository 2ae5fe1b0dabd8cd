//! Arguments: sensible enough to get far, hostile enough to hurt.

use std::prelude::v1::*;

use super::call::{CALLS, Call};
use super::world::Wild;
use crate::tests::random::Rng;

/// Paths, one after the other from [`TEXTS`] on.
const PATHS: &[&[u8]] = &[
    b"a",
    b"b",
    b"c",
    b"b/a",
    b"b/b",
    b"b/b/a",
    b"d",
    b"d/a",
    b"e",
    b"l",
    b"m",
    b"m/a",
    b"m/n/o",
    b"t",
    b"t/a",
    b"t/b",
    b"t/a/b",
    b"h",
    b"h/a",
    b"h/../a",
    b"b/../h/x",
    b"m/../t/a",
    b"x",
    b"x/y",
    b".",
    b"..",
    b"",
    b"/",
    b"/a",
    b"a/",
    b"b//a/",
    b"./../a",
    b"b/..",
    b"\xff",
    b"a\0",
    b"\xe4\xb8",
    b"w",
    b"w/x",
    b"w/x/y",
    b"r/a",
    b"s/a",
    b"\xc3\xbc",
    b"abs",
    b"abs/a",
    b"up",
    b"up/a",
];

/// Where the paths are, and where structures are put.
const TEXTS: u32 = 0x2000;
const LONG: u32 = 0x4000;
const STRUCTURES: u32 = 0x7000;
const ROOM: u32 = 0x8000;

/// The numbers that are open now.
#[derive(Default)]
pub(super) struct Open {
    /// Directories of the tree.
    pub(super) directories: Vec<u32>,
    /// Everything else.
    pub(super) rest: Vec<u32>,
}

/// Chooses calls for one program.
pub(super) struct Chooser {
    rng: Rng,
    /// Where each path is, and how long it is.
    texts: Vec<(u32, u32)>,
    memory: Wild,
    /// Descriptors that are open now.
    open: Open,
}

impl Chooser {
    /// Lays the paths out in the program's memory, if it is large enough.
    pub(super) fn new(rng: Rng, memory: Wild) -> Self {
        let mut texts = Vec::new();
        if memory.len() > 0 {
            let mut at = TEXTS;
            for path in PATHS {
                memory.set(at, path);
                texts.push((at, path.len() as u32));
                at += path.len() as u32;
            }
            memory.set(LONG, &b"n".repeat(5000));
            texts.extend([(LONG, 255), (LONG, 256), (LONG, 4096), (LONG, 5000)]);
        }
        Self {
            rng,
            texts,
            memory,
            open: Open::default(),
        }
    }

    /// The next call, mostly about descriptors that are open.
    pub(super) fn call(&mut self, open: Open) -> Call {
        self.open = open;
        let (mut name, mut names) = self.rng.pick(CALLS);
        // What ends descriptors comes less often than what makes them.
        if matches!(name, "fd_close" | "fd_renumber") && !self.rng.once_in(4)
            || self.rng.once_in(12)
        {
            (name, names) = *CALLS.iter().find(|(call, _)| *call == "path_open").unwrap();
        }
        let mut args = Vec::new();
        // The path chosen last: its length is the next argument's.
        let mut len = None;
        for arg in names {
            args.push(self.arg(name, arg, &mut len));
        }
        let mut call = Call { name, args };
        // Mostly a program opens something that it may use.
        if name == "path_open" && !self.rng.once_in(5) {
            call.args[1] &= 1;
            call.args[4] = self.rng.pick(&[0, 0, 0, 1, 1, 2, 9]);
            call.args[5] = self.rng.pick(&[2, 66, 66, (1 << 30) - 1 - 64]);
            call.args[6] = (1 << 30) - 1;
            call.args[7] &= 1;
        }
        call
    }

    fn arg(&mut self, call: &str, arg: &str, len: &mut Option<u64>) -> u64 {
        match arg {
            "fd" | "old_fd" | "new_fd" | "from" | "to" => self.descriptor(call),
            "path" | "old_path" | "new_path" | "target" => {
                if self.texts.is_empty() || self.rng.once_in(1000) {
                    *len = None;
                    return self.pointer();
                }
                let (at, size) = self.rng.pick(&self.texts);
                *len = Some(size.into());
                at.into()
            }
            "path_len" | "old_len" | "new_len" | "target_len" => match *len {
                Some(len) if !self.rng.once_in(400) => len,
                _ => self.size(),
            },
            "iovs" => self.buffers(),
            "subscriptions" => self.subscriptions(),
            "iovs_len" => self.few(),
            "count" if call == "poll_oneoff" => self.few(),
            "buf_len" => self.size(),
            "out" | "out_flags" | "buf" | "events" | "count" | "size" | "pointers" | "text"
                if call != "fd_filestat_set_size" =>
            {
                self.pointer()
            }
            "delta" | "offset" | "len" | "size" | "cookie" | "atim" | "mtim" | "base"
            | "inheriting" => self.long(),
            "flags" | "old_flags" if call.starts_with("path_") && !self.rng.once_in(10) => {
                self.rng.below(2).into()
            }
            _ => self.flags(),
        }
    }

    /// A descriptor that the call can be about, most of the time.
    fn descriptor(&mut self, call: &str) -> u64 {
        let (fitting, other) = match call.starts_with("path_") || call == "fd_readdir" {
            true => (&self.open.directories, &self.open.rest),
            false => (&self.open.rest, &self.open.directories),
        };
        match self.rng.below(30) {
            0 => self
                .rng
                .pick(&[u32::MAX, 1 << 31, 4095, 4096, 100, 101, 102])
                .into(),
            1 => self.rng.below(14).into(),
            2..5 if !other.is_empty() => self.rng.pick(other).into(),
            _ if fitting.is_empty() => 3,
            _ => self.rng.pick(fitting).into(),
        }
    }

    /// Where something is to be put: inside, but once in a while.
    fn pointer(&mut self) -> u64 {
        let size = self.memory.len();
        if size == 0 || self.rng.once_in(2000) {
            let near = (size as u32).wrapping_sub(self.rng.below(70));
            return self
                .rng
                .pick(&[0, 1, near, near, size as u32, u32::MAX, u32::MAX - 63])
                .into();
        }
        u64::from(ROOM + self.rng.below(0x4000))
    }

    fn size(&mut self) -> u64 {
        match self.rng.below(500) {
            0 => self.rng.pick(&[u32::MAX, 1 << 31, 1 << 16, 70_000]).into(),
            _ => self.rng.pick(&[0, 1, 23, 24, 25, 50, 100, 300, 4096, 4097]),
        }
    }

    fn few(&mut self) -> u64 {
        match self.rng.below(800) {
            0 => self.rng.pick(&[u32::MAX, 1 << 29, 1 << 28, 9000]).into(),
            _ => self.rng.below(4).into(),
        }
    }

    fn flags(&mut self) -> u64 {
        match self.rng.below(20) {
            0 => self.rng.next() as u32 as u64,
            _ => self.rng.below(16).into(),
        }
    }

    fn long(&mut self) -> u64 {
        match self.rng.below(4) {
            0 => self.rng.below(10_000).into(),
            1 => self.rng.below(12).into(),
            2 => self.rng.next() >> self.rng.below(64),
            _ => self.rng.pick(&[
                0,
                1,
                4095,
                4096,
                i64::MAX as u64,
                1 << 63,
                u64::MAX,
                u64::MAX - 1,
                u32::MAX.into(),
                1 << 32,
                (1 << 30) - 1,
                (1 << 63) + 3,
            ]),
        }
    }

    /// Three buffers; a hostile one now and then.
    fn buffers(&mut self) -> u64 {
        if self.memory.len() == 0 || self.rng.once_in(2000) {
            return self.pointer();
        }
        for index in 0..4 {
            let word = self.pointer() | self.size() << 32;
            self.memory.set(STRUCTURES + index * 8, &word.to_le_bytes());
        }
        STRUCTURES.into()
    }

    fn subscriptions(&mut self) -> u64 {
        if self.memory.len() == 0 || self.rng.once_in(2000) {
            return self.pointer();
        }
        let size = if self.memory.snapshot == 0 { 56 } else { 48 };
        for index in 0..4 {
            let at = STRUCTURES + index * size;
            self.memory.set(at, &self.rng.next().to_le_bytes());
            let tag: u64 = self.rng.pick(&[0, 1, 1, 2, 2, 3, 255]);
            self.memory.set(at + 8, &tag.to_le_bytes());
            let fd = self.descriptor("poll_oneoff");
            self.memory.set(at + 16, &fd.to_le_bytes());
            for word in [24, 32, 40] {
                let value = self.long();
                self.memory.set(at + word, &value.to_le_bytes());
            }
        }
        STRUCTURES.into()
    }
}
