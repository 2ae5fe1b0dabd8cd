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
pub(super) fn find(context: &Context<'_>, bytes: &dyn ReadAt) -> Result<Directory, ArchiveError> {
    let size = bytes.size();
    let tail = size.min((END + COMMENT) as u64);
    let mut buffer = vec![0; tail as usize];
    context.read(bytes, &mut buffer, size - tail)?;
    let found = (0..buffer.len().saturating_sub(END - 1)).rev().find(|at| {
        let record = &buffer[*at..];
        let comment = usize::from(u16_at(record, 20));
        // A comment may contain what looks like a record; that one's own comment would not fit.
        record.starts_with(b"PK\x05\x06") && record.len() >= END + comment
    });
    let Some(found) = found else {
        context.expect(bytes, Format::Zip)?;
        return Err(context.truncated("before its directory".to_owned()));
    };
    let record = &buffer[found..found + END];
    let at = size - tail + found as u64;
    let mut end = at;
    let mut disks = u64::from(u16_at(record, 4) | u16_at(record, 6));
    let mut count = u64::from(u16_at(record, 10));
    let mut length = u64::from(u32_at(record, 12));
    let mut offset = u64::from(u32_at(record, 16));
    if let Some((large_at, large)) = large(context, bytes, at)? {
        end = large_at;
        disks = u64::from(u32_at(&large, 16) | u32_at(&large, 20));
        count = u64_at(&large, 32);
        length = u64_at(&large, 40);
        offset = u64_at(&large, 48);
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
