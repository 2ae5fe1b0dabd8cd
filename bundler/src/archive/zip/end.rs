//! The end of a zip archive, which says where its directory is.

use super::super::error::ArchiveError;
use super::super::{Context, Format};
use crate::read_at::ReadAt;

/// Bytes of the last record, before the comment.
const END: usize = 22;
/// The most bytes of a comment.
const COMMENT: usize = 0xffff;
/// Bytes of the record that says where the large form of the last one is.
const LOCATOR: u64 = 20;
/// Bytes of that large form.
const LARGE: usize = 56;

/// Where the directory of an archive is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) count: u64,
    /// What is before the archive in its file, such as a program that unpacks it; positions are counted from there.
    pub(super) base: u64,
}

/// Whether a file starts like a zip archive.
pub(in crate::archive) fn is_zip(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06")
}

/// Finds the directory.
///
/// A comment may have what looks like the last record in it, and others may have put something behind the archive. So the
/// record is the one whose comment ends where the file does; without one, the only one in front of which a directory lies.
/// Where two fit, readers differ in which they take.
pub(super) fn find(context: &Context<'_>, bytes: &dyn ReadAt) -> Result<Directory, ArchiveError> {
    let size = bytes.size();
    let tail = size.min((END + COMMENT) as u64);
    let mut buffer = vec![0; tail as usize];
    context.read(bytes, &mut buffer, size - tail)?;
    // How many bytes are behind the comment of each that fits into the file.
    let records = (0..buffer.len().saturating_sub(END - 1)).filter_map(|at| {
        let record = &buffer[at..];
        let end = END + usize::from(u16_at(record, 20));
        let behind = record.len().checked_sub(end)?;
        record.starts_with(b"PK\x05\x06").then_some((at, behind))
    });
    let records: Vec<(usize, usize)> = records.collect();
    let read = |at: usize| {
        let record = &buffer[at..at + END];
        directory(context, bytes, record, size - tail + at as u64)
    };
    let exact: Vec<usize> = (records.iter())
        .filter_map(|(at, behind)| (*behind == 0).then_some(*at))
        .collect();
    match exact.as_slice() {
        [only] => return read(*only),
        [] => {}
        [first, .., last] => return Err(two_records(context, size - tail, *first, *last)),
    }
    let mut found: Option<(usize, Directory)> = None;
    for (at, _) in &records {
        match read(*at) {
            Ok(directory) if directory.is_there(context, bytes)? => {
                if let Some((first, _)) = found {
                    return Err(two_records(context, size - tail, first, *at));
                }
                found = Some((*at, directory));
            }
            _ => {}
        }
    }
    match (found, records.last()) {
        (Some((_, directory)), _) => Ok(directory),
        (None, Some((at, _))) => {
            let directory = read(*at)?;
            let at = directory.start;
            Err(context.corrupt(format!("no directory is at byte {at}, where its end says")))
        }
        (None, None) => {
            context.expect(bytes, Format::Zip)?;
            Err(context.truncated("before its directory".to_owned()))
        }
    }
}

fn two_records(context: &Context<'_>, from: u64, first: usize, second: usize) -> ArchiveError {
    let (first, second) = (from + first as u64, from + second as u64);
    context.corrupt(format!(
        "it has two ends, at byte {first} and at byte {second}, and tools differ in which they take"
    ))
}

/// What the last record, at byte `at`, says of the directory.
fn directory(
    context: &Context<'_>,
    bytes: &dyn ReadAt,
    record: &[u8],
    at: u64,
) -> Result<Directory, ArchiveError> {
    let mut end = at;
    let mut disks = u64::from(u16_at(record, 4) | u16_at(record, 6));
    let mut count = u64::from(u16_at(record, 10));
    let mut length = u64::from(u32_at(record, 12));
    let mut offset = u64::from(u32_at(record, 16));
    if let Some((large_at, large)) = large(context, bytes, at)? {
        let said = [u64_at(&large, 32), u64_at(&large, 40), u64_at(&large, 48)];
        // A number that does not fit is all ones; readers that find one that does do not look further.
        let small = [
            (count, u64::from(u16::MAX)),
            (length, u64::from(u32::MAX)),
            (offset, u64::from(u32::MAX)),
        ];
        let differs = |((small, most), large): (&(u64, u64), &u64)| small != most && small != large;
        if small.iter().zip(&said).any(differs) {
            return Err(context.corrupt(
                "the two forms of its last record disagree, and tools differ in which they take"
                    .to_owned(),
            ));
        }
        end = large_at;
        disks = u64::from(u32_at(&large, 16) | u32_at(&large, 20));
        [count, length, offset] = said;
    }
    if disks != 0 {
        return Err(context.unsupported("it is one of several parts".to_owned()));
    }
    let start = end.checked_sub(length);
    let base = start.and_then(|start| start.checked_sub(offset));
    match (start, base) {
        (Some(start), Some(base)) => Ok(Directory {
            start,
            end,
            count,
            base,
        }),
        _ => Err(context.corrupt("its directory lies outside the archive".to_owned())),
    }
}

impl Directory {
    /// Whether a directory begins where it should; one without entries only in a file without others.
    fn is_there(&self, context: &Context<'_>, bytes: &dyn ReadAt) -> Result<bool, ArchiveError> {
        if self.count == 0 {
            return Ok(self.start == self.end && self.start == 0);
        }
        let mut start = [0; 4];
        if self.end - self.start < start.len() as u64 {
            return Ok(false);
        }
        context.read(bytes, &mut start, self.start)?;
        Ok(start == *b"PK\x01\x02")
    }
}

/// The large form of the last record, where there is one, for archives of more than 4 GiB or 65,535 entries.
fn large(
    context: &Context<'_>,
    bytes: &dyn ReadAt,
    end: u64,
) -> Result<Option<(u64, [u8; LARGE])>, ArchiveError> {
    let Some(at) = end.checked_sub(LOCATOR) else {
        return Ok(None);
    };
    let mut locator = [0; LOCATOR as usize];
    context.read(bytes, &mut locator, at)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok(None);
    }
    // Where it says, or, with something before the archive, directly in front.
    let said = u64_at(&locator, 8);
    for place in [Some(said), at.checked_sub(LARGE as u64)] {
        let Some(place) =
            place.filter(|place| place.checked_add(LARGE as u64).is_some_and(|end| end <= at))
        else {
            continue;
        };
        let mut large = [0; LARGE];
        context.read(bytes, &mut large, place)?;
        if large.starts_with(b"PK\x06\x06") {
            return Ok(Some((place, large)));
        }
    }
    Err(context.corrupt("the large form of its last record is missing".to_owned()))
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
