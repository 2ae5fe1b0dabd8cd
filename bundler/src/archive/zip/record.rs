//! One entry of a zip archive's directory.

use std::io::{self, Read};

use super::super::Context;
use super::super::error::ArchiveError;
use super::end::{u16_at, u32_at, u64_at};
use super::text;
use crate::source::Kind;

/// Bytes before the name.
const FIXED: usize = 46;
/// Bytes of an entry's own header, before its name.
const HEADER: u64 = 30;

/// Systems whose archives have POSIX modes: Unix, macOS.
const UNIX: [u8; 2] = [3, 19];

/// DOS, which programs for Windows call themselves as well.
const FAT: u8 = 0;

/// What can be compared of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RawName {
    pub(super) length: u16,
    crc: u32,
}

impl RawName {
    pub(super) fn of(name: &[u8]) -> Self {
        Self {
            length: name.len() as u16, // No field is longer.
            crc: crc(name),
        }
    }
}

/// What the directory says of an entry.
pub(super) struct Record {
    pub(super) name: Vec<u8>,
    pub(super) method: u16,
    pub(super) crc: u32,
    /// Bytes it takes in the archive.
    pub(super) packed: u64,
    /// Bytes of its content.
    pub(super) size: u64,
    /// Where its own header is.
    pub(super) header: u64,
    /// The name as its own header should have it, too.
    pub(super) raw_name: RawName,
    flags: u16,
    system: u8,
    attributes: u32,
    /// The time without zone: of day, and the date.
    dos: (u16, u16),
    /// Better times, nanoseconds since 1970.
    better: Option<i128>,
}

impl Record {
    pub(super) fn read(
        context: &Context<'_>,
        records: &mut impl Read,
    ) -> Result<Self, ArchiveError> {
        let broken = || context.corrupt("an entry of its directory is broken".to_owned());
        let mut fill = |buffer: &mut [u8]| match records.read_exact(buffer) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(broken()),
            Err(error) => Err(context.unreadable("cannot read", error)),
            Ok(()) => Ok(()),
        };
        let mut fixed = [0; FIXED];
        fill(&mut fixed)?;
        if !fixed.starts_with(b"PK\x01\x02") {
            return Err(broken());
        }
        let mut field = |at: usize| -> Result<Vec<u8>, ArchiveError> {
            let mut field = vec![0; usize::from(u16_at(&fixed, at))];
            fill(&mut field)?;
            Ok(field)
        };
        let (name, extra, _comment) = (field(28)?, field(30)?, field(32)?);
        let mut record = Self {
            name: Vec::new(),
            method: u16_at(&fixed, 10),
            crc: u32_at(&fixed, 16),
            packed: u64::from(u32_at(&fixed, 20)),
            size: u64::from(u32_at(&fixed, 24)),
            header: u64::from(u32_at(&fixed, 42)),
            raw_name: RawName::of(&name),
            flags: u16_at(&fixed, 8),
            system: fixed[5],
            attributes: u32_at(&fixed, 38),
            dos: (u16_at(&fixed, 12), u16_at(&fixed, 14)),
            better: None,
        };
        let mut unicode = None;
        let mut rest = &extra[..];
        while rest.len() >= 4 {
            let (id, length) = (u16_at(rest, 0), usize::from(u16_at(rest, 2)));
            let Some(value) = rest.get(4..4 + length) else {
                break;
            };
            match id {
                0x0001 => record.large(value).ok_or_else(broken)?,
                // Unix times: which there are, then the first is that of modification.
                0x5455 if value.len() >= 5 && value[0] & 1 != 0 => {
                    record.better = Some(seconds(u32_at(value, 1)));
                }
                // The same before there was a choice: of access, of modification.
                0x5855 if value.len() >= 8 && record.better.is_none() => {
                    record.better = Some(seconds(u32_at(value, 4)));
                }
                // NTFS times: 100 ns since 1601.
                0x000a if value.len() >= 32 && u16_at(value, 4) == 1 && record.better.is_none() => {
                    let ticks = i128::from(u64_at(value, 8)) - 116_444_736_000_000_000;
                    record.better = Some(ticks * 100);
                }
                // The name as UTF-8, if it is still that of the name it was made for.
                0x7075 if value.len() >= 5 && value[0] == 1 && u32_at(value, 1) == crc(&name) => {
                    unicode = Some(value[5..].to_vec());
                }
                _ => {}
            }
            rest = &rest[4 + length..];
        }
        let is_utf8 = record.flags & 1 << 11 != 0 || UNIX.contains(&record.system);
        record.name = match unicode {
            Some(name) => name,
            None if is_utf8 || name.is_ascii() => name,
            None => text::cp437(&name).into_bytes(),
        };
        // As unzip and bsdtar do: some programs for DOS and Windows write names as their system does.
        if record.system == FAT && !record.name.contains(&b'/') {
            for byte in &mut record.name {
                if *byte == b'\\' {
                    *byte = b'/';
                }
            }
        }
        Ok(record)
    }

    /// Numbers that do not fit into 32 bits: only those, in this order.
    fn large(&mut self, value: &[u8]) -> Option<()> {
        let mut at = 0;
        for field in [&mut self.size, &mut self.packed, &mut self.header] {
            if *field == u64::from(u32::MAX) {
                value.get(at..at + 8)?;
                *field = u64_at(value, at);
                at += 8;
            }
        }
        Some(())
    }

    /// Bytes it takes in the archive at least: header, name, content.
    pub(super) fn least_size(&self) -> u64 {
        self.packed
            .saturating_add(HEADER + u64::from(self.raw_name.length))
    }

    pub(super) fn is_encrypted(&self) -> bool {
        // One entry, strongly, and the directory itself; 99 is AES.
        self.flags & (1 | 1 << 6 | 1 << 13) != 0 || self.method == 99
    }

    /// The POSIX mode with its type; 0 when its system has none.
    fn posix(&self) -> u32 {
        match UNIX.contains(&self.system) {
            true => self.attributes >> 16,
            false => 0,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self.posix() & 0o170_000 {
            0o040_000 => Kind::Directory,
            0o120_000 => Kind::Symlink,
            0o010_000 => Kind::Other("a pipe"),
            0o020_000 | 0o060_000 => Kind::Other("a device"),
            0o140_000 => Kind::Other("a socket"),
            _ if self.name.ends_with(b"/") => Kind::Directory,
            _ => Kind::File,
        }
    }

    pub(super) fn mode(&self) -> u32 {
        match (self.posix() & 0o7777, self.kind()) {
            (0, kind) => {
                let mode = if kind == Kind::Directory {
                    0o755
                } else {
                    0o644
                };
                // What other systems know of permissions.
                let read_only = self.attributes & 1 != 0;
                if read_only { mode & !0o222 } else { mode }
            }
            (mode, _) => mode,
        }
    }

    pub(super) fn mtime_ns(&self) -> i128 {
        self.better
            .unwrap_or_else(|| dos_time(self.dos.0, self.dos.1))
    }
}

/// Seconds since 1970 with a sign, as nanoseconds.
fn seconds(seconds: u32) -> i128 {
    i128::from(seconds as i32) * 1_000_000_000
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// A time without zone, taken as UTC; nanoseconds since 1970.
fn dos_time(time: u16, date: u16) -> i128 {
    let field = |from: u16, shift: u16, bits: u16| i64::from(from >> shift & ((1 << bits) - 1));
    let (year, month, day) = (
        1980 + field(date, 9, 7),
        field(date, 5, 4),
        field(date, 0, 5),
    );
    // Writers without a clock leave zeros.
    let (month, day) = (month.clamp(1, 12), day.max(1));
    let (hour, minute, second) = (field(time, 11, 5), field(time, 5, 6), field(time, 0, 5) * 2);
    // Years from March on, so that the day that is not always there is the last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    // Days from the first of March of the year 0 to 1970.
    let seconds = (days - 719_468) * 86_400 + hour * 3600 + minute * 60 + second;
    i128::from(seconds) * 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_zone() {
        let time = |year: u16, month: u16, day: u16, hour: u16, minute: u16, second: u16| {
            let date = ((year - 1980) << 9) | (month << 5) | day;
            dos_time((hour << 11) | (minute << 5) | (second / 2), date) / 1_000_000_000
        };
        assert_eq!(time(1980, 1, 1, 0, 0, 0), 315_532_800);
        assert_eq!(time(2000, 2, 29, 12, 34, 56), 951_827_696);
        assert_eq!(time(2023, 11, 14, 22, 13, 20), 1_700_000_000);
        assert_eq!(time(2107, 12, 31, 23, 59, 58), 4_354_819_198);
        assert_eq!(time(1980, 0, 0, 0, 0, 0), 315_532_800);
    }
}
