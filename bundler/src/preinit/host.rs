//! The host of a program that is run while it is bundled: a WASI without files, whose every answer is the same on every
//! machine.
//!
//! It has the standard streams, the variables and arguments that the manifest names, and time and randomness only when
//! the manifest says so. The embedded tree is the interposer's business, as always.

mod poll;
mod streams;

use std::fmt;

use crate::manifest::{PreinitClock, PreinitRandom};

pub(super) use streams::Printed;

/// What went wrong in a call, for WASI.
pub(super) const SUCCESS: u16 = 0;
pub(super) const BADF: u16 = 8;
pub(super) const FAULT: u16 = 21;
pub(super) const INVAL: u16 = 28;
pub(super) const NOSYS: u16 = 52;
pub(super) const NOTSOCK: u16 = 57;
pub(super) const SPIPE: u16 = 70;

/// What every look at a clock adds to the time: a program that waits for it to pass comes to an end.
const TICK_NS: u64 = 1_000;

/// Why a program can't go on. The text is for the engine only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// It asked for random bytes, which it must not.
    Random,
    /// It asked for the time, which it must not, by this function.
    Clock(&'static str),
    /// It ended itself.
    Exit(i32),
    /// It called something that is not WASI's.
    Foreign {
        /// The import's module.
        module: String,
        /// The import's name.
        name: String,
    },
    /// The image could not be read.
    Image(String),
    /// It read beyond the image's end: a trap, as the engine says it.
    Bounds,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl wasmi::errors::HostError for Stop {}

/// The host.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// `NAME=value`
    pub(super) variables: Vec<String>,
    /// The program's name first.
    pub(super) arguments: Vec<String>,
    pub(super) random: PreinitRandom,
    pub(super) clock: PreinitClock,
    /// Whether the program speaks the WASI of 2019.
    pub(super) unstable: bool,
    pub(super) printed: Printed,
    /// Random bytes that the program took.
    pub(super) taken: u64,
    /// What the clocks have gone on.
    pub(super) elapsed_ns: u64,
    /// State of the generator.
    pub(super) generator: u64,
}

/// What a call answers.
pub(super) type Answer = Result<u16, Stop>;

/// An argument, the bits of an integer.
type Args<'a> = &'a [u64];

impl Host {
    /// Answers a call of WASI's function `name`.
    pub(super) fn call(&mut self, name: &str, args: Args<'_>, memory: &mut Memory<'_>) -> Answer {
        let arg = |index: usize| args.get(index).copied().unwrap_or(0);
        let at = |index: usize| arg(index) as u32;
        match name {
            "args_sizes_get" => memory.sizes(&self.arguments, at(0), at(1)),
            "args_get" => memory.texts(&self.arguments, at(0), at(1)),
            "environ_sizes_get" => memory.sizes(&self.variables, at(0), at(1)),
            "environ_get" => memory.texts(&self.variables, at(0), at(1)),
            "clock_res_get" => memory.put(at(1), &TICK_NS.to_le_bytes()),
            "clock_time_get" => self.time(at(0), at(2), memory),
            "random_get" => self.random(at(0), at(1), memory),
            "poll_oneoff" => self.poll(at(0), at(1), at(2), at(3), memory),
            "proc_exit" => Err(Stop::Exit(arg(0) as i32)),
            "sched_yield" => Ok(SUCCESS),
            _ if ["fd_", "path_", "sock_"]
                .iter()
                .any(|kind| name.starts_with(kind)) =>
            {
                self.stream(name, args, memory)
            }
            _ => Ok(NOSYS),
        }
    }

    fn random(&mut self, at: u32, len: u32, memory: &mut Memory<'_>) -> Answer {
        if self.random == PreinitRandom::Trap {
            return Err(Stop::Random);
        }
        let Some(out) = memory.slice(at, len) else {
            return Ok(FAULT);
        };
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.generator().to_le_bytes()[..chunk.len()]);
        }
        self.taken += u64::from(len);
        Ok(SUCCESS)
    }

    /// SplitMix64: evenly spread, and anyone can compute it.
    fn generator(&mut self) -> u64 {
        self.generator = self.generator.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.generator;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn time(&mut self, clock: u32, out: u32, memory: &mut Memory<'_>) -> Answer {
        const REALTIME: u32 = 0;
        const CLOCKS: u32 = 4;
        let PreinitClock::Fixed { seconds } = self.clock else {
            return Err(Stop::Clock("clock_time_get"));
        };
        self.elapsed_ns += TICK_NS;
        let start = match clock {
            REALTIME => seconds.saturating_mul(1_000_000_000),
            _ if clock < CLOCKS => 0,
            _ => return Ok(INVAL),
        };
        memory.put(out, &start.saturating_add(self.elapsed_ns).to_le_bytes())
    }
}

impl Host {
    /// The time that files have which the program writes: the clock's start, and 1970 where it must not ask for it.
    pub(super) fn file_time(&self, out: u32, memory: &mut Memory<'_>) -> u16 {
        let seconds = match self.clock {
            PreinitClock::Fixed { seconds } => seconds,
            PreinitClock::Trap => 0,
        };
        let time = seconds.saturating_mul(1_000_000_000);
        memory.put(out, &time.to_le_bytes()).unwrap_or(FAULT)
    }
}

/// The program's memory.
pub(super) struct Memory<'a>(pub(super) &'a mut [u8]);

impl Memory<'_> {
    fn slice(&mut self, at: u32, len: u32) -> Option<&mut [u8]> {
        let start = at as usize;
        self.0.get_mut(start..start.checked_add(len as usize)?)
    }

    fn put(&mut self, at: u32, bytes: &[u8]) -> Answer {
        match self.slice(at, bytes.len() as u32) {
            Some(place) => {
                place.copy_from_slice(bytes);
                Ok(SUCCESS)
            }
            None => Ok(FAULT),
        }
    }

    fn load32(&mut self, at: u32) -> Option<u32> {
        let bytes = self.slice(at, 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    fn load64(&mut self, at: u32) -> Option<u64> {
        let bytes = self.slice(at, 8)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    fn sizes(&mut self, texts: &[String], count: u32, size: u32) -> Answer {
        let bytes: usize = texts.iter().map(|text| text.len() + 1).sum();
        match self.put(count, &(texts.len() as u32).to_le_bytes())? {
            SUCCESS => self.put(size, &(bytes as u32).to_le_bytes()),
            errno => Ok(errno),
        }
    }

    fn texts(&mut self, texts: &[String], mut pointers: u32, mut at: u32) -> Answer {
        for text in texts {
            let bytes = [text.as_bytes(), b"\0"].concat();
            for (to, bytes) in [(pointers, &at.to_le_bytes()[..]), (at, &bytes)] {
                match self.put(to, bytes)? {
                    SUCCESS => {}
                    errno => return Ok(errno),
                }
            }
            pointers = pointers.wrapping_add(4);
            at = at.wrapping_add(bytes.len() as u32);
        }
        Ok(SUCCESS)
    }
}
