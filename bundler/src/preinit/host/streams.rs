//! The standard streams: an empty input, and output that is kept for whoever bundles. No other descriptor is open.

use super::{Answer, Args, BADF, FAULT, Host, Memory, NOTSOCK, SPIPE, SUCCESS};

/// How much output is kept.
const KEPT: usize = 64 << 10;

/// What a program has printed, standard output and error in their order.
#[derive(Debug, Clone, Default)]
pub(in crate::preinit) struct Printed {
    pub(in crate::preinit) bytes: Vec<u8>,
    /// Bytes beyond what is kept.
    pub(in crate::preinit) dropped: u64,
}

impl Printed {
    fn add(&mut self, bytes: &[u8]) {
        let room = (KEPT - self.bytes.len()).min(bytes.len());
        self.bytes.extend_from_slice(&bytes[..room]);
        self.dropped += (bytes.len() - room) as u64;
    }
}

/// A terminal: a program that prints now and goes on printing when it is run writes by lines then, wherever it prints to.
const CHARACTER_DEVICE: u8 = 2;

/// To read, write, set flags, ask for the kind and wait; not to seek or tell, which is how a terminal is known.
const RIGHTS: u64 = 1 << 1 | 1 << 3 | 1 << 6 | 1 << 21 | 1 << 27;

impl Host {
    /// Answers a call about a descriptor.
    pub(super) fn stream(&mut self, name: &str, args: Args<'_>, memory: &mut Memory<'_>) -> Answer {
        let at = |index: usize| args.get(index).map_or(0, |&arg| arg as u32);
        let fd = at(0);
        if fd > 2 {
            return Ok(BADF);
        }
        match (name, fd) {
            ("fd_write", 1 | 2) => self.print(at(1), at(2), at(3), memory),
            ("fd_read", 0) => memory.put(at(3), &[0; 4]),
            ("fd_fdstat_get", _) => {
                let mut stat = [0; 24];
                stat[0] = CHARACTER_DEVICE;
                stat[8..16].copy_from_slice(&RIGHTS.to_le_bytes());
                memory.put(at(1), &stat)
            }
            ("fd_filestat_get", _) => {
                let mut stat = [0; 64];
                stat[16] = CHARACTER_DEVICE;
                // The links have half the bytes in the older layout.
                let (links, size) = if self.unstable { (20, 56) } else { (24, 64) };
                stat[links] = 1;
                memory.put(at(1), &stat[..size])
            }
            ("fd_fdstat_set_flags" | "fd_close", _) => Ok(SUCCESS),
            ("fd_seek" | "fd_tell" | "fd_pread" | "fd_pwrite", _) => Ok(SPIPE),
            (name, _) if name.starts_with("sock_") => Ok(NOTSOCK),
            _ => Ok(BADF),
        }
    }

    fn print(&mut self, iovs: u32, count: u32, out: u32, memory: &mut Memory<'_>) -> Answer {
        let mut written = 0u32;
        for index in 0..count {
            let iov = iovs.wrapping_add(index.wrapping_mul(8));
            let (Some(at), Some(len)) = (memory.load32(iov), memory.load32(iov.wrapping_add(4)))
            else {
                return Ok(FAULT);
            };
            let Some(bytes) = memory.slice(at, len) else {
                return Ok(FAULT);
            };
            self.printed.add(bytes);
            written = written.saturating_add(len);
        }
        memory.put(out, &written.to_le_bytes())
    }
}
