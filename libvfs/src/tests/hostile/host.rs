//! A host that says anything, and listens to what it is asked.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::prelude::v1::*;
use std::rc::Rc;

use super::call::Call;
use super::world::{Trap, Wild};
use crate::errno::{Errno, Result};
use crate::host::{Host, preview1};
use crate::tests::random::Rng;

pub(super) struct WildHost {
    memory: Wild,
    rng: RefCell<Rng>,
    /// The numbers it gave and has not closed.
    open: RefCell<BTreeSet<u64>>,
    /// The names of its preopens, from 3 on.
    preopens: Vec<&'static str>,
    /// Whether the image says that nothing but the streams may be asked about.
    pub(super) untouchable: bool,
    next: Cell<u64>,
    /// How often it was called.
    pub(super) calls: Cell<u64>,
}

/// The calls that streams need: with `host = "none"` no other one comes to the host.
const OF_STREAMS: &[&str] = &[
    "args_get",
    "args_sizes_get",
    "environ_get",
    "environ_sizes_get",
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_filestat_get",
    "fd_read",
    "fd_write",
    "poll_oneoff",
];

/// Names of a host's preopens: those that meet the tree in some way, and others.
const PREOPENS: &[&str] = &[
    "/", ".", "/h", "/b", "/m", "/w/x", "b", "./m", "", "//", "/b/", "\u{e9}",
];

impl WildHost {
    pub(super) fn new(memory: Wild, mut rng: Rng) -> Self {
        let preopens: Vec<_> = (0..rng.below(8).saturating_sub(4))
            .map(|_| rng.pick(PREOPENS))
            .collect();
        Self {
            memory,
            open: RefCell::new((0..3 + preopens.len() as u64).collect()),
            preopens,
            untouchable: false,
            next: Cell::new(100),
            calls: Cell::new(0),
            rng: RefCell::new(rng),
        }
    }

    fn below(&self, end: u32) -> u32 {
        self.rng.borrow_mut().below(end)
    }

    /// The new descriptor's number: never one it had before.
    fn give(&self) -> u64 {
        let number = self.next.get();
        self.next.set(number + 1);
        self.open.borrow_mut().insert(number);
        number
    }

    /// The descriptors that a call names.
    fn named(&self, call: &Call) -> Vec<u64> {
        match call.name {
            "environ_get" | "environ_sizes_get" | "args_get" | "args_sizes_get" => Vec::new(),
            "path_link" => Vec::from([call.args[0], call.args[4]]),
            "path_rename" => Vec::from([call.args[0], call.args[3]]),
            "path_symlink" => Vec::from([call.args[2]]),
            "poll_oneoff" => {
                let size = if self.memory.snapshot == 0 { 56 } else { 48 };
                let subscriptions = (0..call.args[2]).map(|index| call.args[0] + index * size);
                let word = |at| self.memory.word(at).unwrap_or_default();
                subscriptions
                    .filter(|at| matches!(word(at + 8) as u8, 1 | 2))
                    .map(|at| word(at + 16) as u32 as u64)
                    .collect()
            }
            _ => Vec::from([call.args[0]]),
        }
    }

    fn call(&self, name: &'static str, args: &[u64]) -> Result<()> {
        self.calls.set(self.calls.get() + 1);
        let call = Call {
            name,
            args: args.to_vec(),
        };
        // What is no business of a stream's is not even imported: the linker answers in the host's place.
        if self.untouchable && !OF_STREAMS.contains(&name) {
            return Err(Errno::BADF);
        }
        let probes = matches!(
            name,
            "fd_prestat_get" | "fd_fdstat_get" | "fd_prestat_dir_name"
        );
        for fd in self.named(&call) {
            assert!(
                probes || self.open.borrow().contains(&fd),
                "the host is asked about {fd}, which it has not open: {call:?}"
            );
            assert!(
                !self.untouchable || fd < 3,
                "the host is asked though nobody may: {call:?}"
            );
        }
        let parts = call.parts(&self.memory);
        if parts
            .iter()
            .any(|part| part.len > 0 && part.at + part.len > self.memory.len())
        {
            std::panic::panic_any(Trap);
        }
        if probes && !self.open.borrow().contains(&args[0]) {
            return Err(Errno::BADF);
        }
        self.answer(&call)
    }

    fn answer(&self, call: &Call) -> Result<()> {
        let preopen =
            (call.args.first()).and_then(|fd| self.preopens.get((*fd as usize).checked_sub(3)?));
        let last = call.args.last().copied().unwrap_or_default() as u32;
        match call.name {
            "fd_prestat_get" => {
                let name = preopen.ok_or(Errno::BADF)?;
                self.memory.set(last, &0u32.to_le_bytes());
                let len = if self.below(30) == 0 {
                    u32::MAX >> self.below(32)
                } else {
                    name.len() as u32
                };
                self.memory.set(last + 4, &len.to_le_bytes());
                return Ok(());
            }
            "fd_prestat_dir_name" => {
                let name = preopen.ok_or(Errno::BADF)?;
                if call.args[2] < name.len() as u64 {
                    return Err(Errno::NAMETOOLONG);
                }
                self.memory.set(call.args[1] as u32, name.as_bytes());
                return Ok(());
            }
            "fd_close" => {
                self.open.borrow_mut().remove(&call.args[0]);
                return Ok(());
            }
            // Says yes to more than it has, never no.
            "environ_sizes_get" | "args_sizes_get" => {
                self.memory
                    .set(call.args[0] as u32, &self.texts().0.to_le_bytes());
                self.memory
                    .set(call.args[1] as u32, &self.texts().1.to_le_bytes());
                return Ok(());
            }
            "environ_get" | "args_get" => {
                let (pointers, text) = (call.args[0] as u32, call.args[1] as u32);
                for index in 0..2 {
                    self.memory
                        .set(pointers + index * 4, &(text + index * 4).to_le_bytes());
                }
                self.memory.set(text, b"A=1\0BC=\0");
                return Ok(());
            }
            _ => {}
        }
        if self.below(3) == 0 {
            return Errno::check(
                self.rng
                    .borrow_mut()
                    .pick(&[2, 8, 20, 28, 44, 44, 44, 52, 54, 63, 69, 76]),
            );
        }
        self.scribble(call);
        match call.name {
            "path_open" | "sock_accept" => {
                self.memory.set(last, &(self.give() as u32).to_le_bytes())
            }
            "fd_readdir" => self.entries(call),
            _ => {}
        }
        Ok(())
    }

    fn texts(&self) -> (u32, u32) {
        (2, 8)
    }

    /// Fills what a call answers with anything.
    fn scribble(&self, call: &Call) {
        for part in call.parts(&self.memory) {
            if part.written && (1..=64).contains(&part.len) {
                let bytes: Vec<u8> = (0..part.len)
                    .map(|_| self.rng.borrow_mut().next() as u8)
                    .collect();
                self.memory.set(part.at as u32, &bytes);
                // Counts are seldom beyond belief.
                if part.len == 4 && self.below(20) != 0 {
                    self.memory
                        .set(part.at as u32, &self.below(4).to_le_bytes());
                }
            }
        }
    }

    /// Entries of a directory, the last cut, or nonsense.
    fn entries(&self, call: &Call) {
        let (at, room) = (call.args[1] as u32, call.args[2] as u32);
        let mut bytes = Vec::new();
        for index in 0..self.below(6) {
            let name: &[u8] =
                self.rng
                    .borrow_mut()
                    .pick(&[&b"."[..], b"..", b"a", b"b", b"host", b"\xff", b""]);
            let len = if self.below(40) == 0 {
                u32::MAX >> self.below(32)
            } else {
                name.len() as u32
            };
            bytes.extend((call.args[3].wrapping_add(index.into()).wrapping_add(1)).to_le_bytes());
            bytes.extend(self.rng.borrow_mut().next().to_le_bytes());
            bytes.extend(len.to_le_bytes());
            bytes.extend(self.below(8).to_le_bytes());
            bytes.extend(name);
        }
        // A host may come to its end, and must then say so.
        if call.args[3] > 20 {
            bytes.clear();
        }
        bytes.truncate(room as usize);
        if room > 0 {
            self.memory.set(at, &bytes);
        }
        self.memory
            .set(call.args[4] as u32, &(bytes.len() as u32).to_le_bytes());
    }
}

macro_rules! calls {
    ($($name:ident($($arg:ident: $type:ty),* $(,)?);)*) => {
        impl Host for Rc<WildHost> {
            $(
                fn $name(&self, $($arg: $type),*) -> Result<()> {
                    self.call(stringify!($name), &[$($arg as u64),*])
                }
            )*
            fn clock_time_get(&self, _clock: u32, _precision: u64, out: u32) -> Result<()> {
                if self.below(4) == 0 {
                    return Errno::check(52);
                }
                let now = self.rng.borrow_mut().next();
                self.memory.set(out, &now.to_le_bytes());
                Ok(())
            }
            fn proc_exit(&self, _code: u32) {
                std::panic::panic_any(Exit)
            }
        }
    };
}
preview1!(calls);

/// What the end of a program carries that lacks a directory it needs.
pub(super) struct Exit;
