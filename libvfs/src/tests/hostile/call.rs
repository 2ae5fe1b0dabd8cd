//! Any call of preview1 as data, and the parts of the program's memory that it is about.

use std::prelude::v1::*;
use std::vec;

use super::world::Wild;
use crate::errno::Result;
use crate::fs::{Vfs, World};
use crate::host::preview1;

/// A call: its name and its arguments, whatever their type.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) name: &'static str,
    pub(super) args: Vec<u64>,
}

macro_rules! calls {
    ($($name:ident($($arg:ident: $type:ty),* $(,)?);)*) => {
        /// The calls there are, each with the names of its arguments.
        pub(super) const CALLS: &[(&str, &[&str])] = &[
            $((stringify!($name), &[$(stringify!($arg)),*])),*
        ];

        impl Call {
            /// Makes the call.
            pub(super) fn make<W: World>(&self, vfs: &mut Vfs<W>) -> Result<()> {
                let mut args = self.args.iter().copied();
                $(if self.name == stringify!($name) {
                    $(let $arg = args.next().unwrap() as $type;)*
                    return vfs.$name($($arg),*);
                })*
                std::unreachable!("`{}` is no call", self.name)
            }
        }
    };
}
preview1!(calls);

/// A part of the program's memory: where it starts and how many bytes it has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) at: u64,
    pub(super) len: u64,
    /// Whether the call may write to it.
    pub(super) written: bool,
}

/// Bytes that the texts of environment and arguments and the pointers to them take at most.
const TEXTS: u64 = 4096;

impl Call {
    fn arg(&self, name: &str) -> u64 {
        let (_, names) = CALLS.iter().find(|(call, _)| *call == self.name).unwrap();
        let index = names.iter().position(|arg| *arg == name);
        self.args[index.unwrap_or_else(|| std::panic!("`{}` has no `{name}`", self.name))]
    }

    fn at(&self, name: &str, len: u64, written: bool) -> Part {
        Part {
            at: self.arg(name),
            len,
            written,
        }
    }

    fn range(&self, at: &str, len: &str, written: bool) -> Part {
        self.at(at, self.arg(len), written)
    }

    /// The parts of the memory that this call may look at or write to.
    pub(super) fn parts(&self, memory: &Wild) -> Vec<Part> {
        let snapshot0 = memory.snapshot == 0;
        let stat = if snapshot0 { 56 } else { 64 };
        match self.name {
            "environ_sizes_get" | "args_sizes_get" => {
                vec![self.at("count", 4, true), self.at("size", 4, true)]
            }
            "environ_get" | "args_get" => {
                vec![
                    self.at("pointers", TEXTS, true),
                    self.at("text", TEXTS, true),
                ]
            }
            "fd_fdstat_get" => vec![self.at("out", 24, true)],
            "fd_filestat_get" => vec![self.at("out", stat, true)],
            "fd_prestat_get" | "fd_seek" | "fd_tell" => vec![self.at("out", 8, true)],
            "fd_prestat_dir_name" => vec![self.range("path", "path_len", true)],
            "fd_read" | "fd_pread" | "fd_write" | "fd_pwrite" | "sock_recv" | "sock_send" => {
                let mut parts = self.buffers(memory);
                if self.name == "sock_recv" {
                    parts.push(self.at("out_flags", 2, true));
                }
                parts
            }
            "fd_readdir" => vec![self.range("buf", "buf_len", true), self.at("out", 4, true)],
            "path_filestat_get" => {
                vec![
                    self.range("path", "path_len", false),
                    self.at("out", stat, true),
                ]
            }
            "path_link" | "path_rename" => vec![
                self.range("old_path", "old_len", false),
                self.range("new_path", "new_len", false),
            ],
            "path_open" => vec![
                self.range("path", "path_len", false),
                self.at("out", 4, true),
            ],
            "path_readlink" => vec![
                self.range("path", "path_len", false),
                self.range("buf", "buf_len", true),
                self.at("out", 4, true),
            ],
            "path_symlink" => vec![
                self.range("target", "target_len", false),
                self.range("path", "path_len", false),
            ],
            "path_create_directory"
            | "path_filestat_set_times"
            | "path_remove_directory"
            | "path_unlink_file" => vec![self.range("path", "path_len", false)],
            "poll_oneoff" => {
                let count = self.arg("count");
                let subscription = if snapshot0 { 56 } else { 48 };
                vec![
                    self.at("subscriptions", count * subscription, false),
                    self.at("events", count * 32, true),
                    self.at("out", 4, true),
                ]
            }
            "sock_accept" => vec![self.at("out", 4, true)],
            _ => Vec::new(),
        }
    }

    /// The array of buffers, each of them as far as the array is there, and the answer.
    fn buffers(&self, memory: &Wild) -> Vec<Part> {
        let fills = matches!(self.name, "fd_read" | "fd_pread" | "sock_recv");
        let (at, count) = (self.arg("iovs"), self.arg("iovs_len"));
        let mut parts = vec![self.at("iovs", count * 8, false), self.at("out", 4, true)];
        for index in 0..count.min(memory.len() / 8 + 1) {
            let Some(word) = memory.word(at + index * 8) else {
                break;
            };
            parts.push(Part {
                at: word & u64::from(u32::MAX),
                len: word >> 32,
                written: fills,
            });
        }
        parts
    }
}
