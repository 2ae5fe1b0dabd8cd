//! Finding the image in a module without reading the module into memory.

use vfs_image::layout;
use wasmparser::{BinaryReader, ConstExpr, FromReader as _};

use super::super::Context;
use super::super::error::ArchiveError;
use super::Place;
use crate::output::{Record, SECTION};
use crate::source::ReadAt;

/// Numbers of sections.
const CUSTOM: u8 = 0;
const DATA: u8 = 11;

/// The most bytes of a section that describes the image; ours has some hundred.
const RECORD_MAX: u64 = 64 * 1024;
/// The most bytes of what computes a segment's address.
const EXPRESSION_MAX: u64 = 4096;

/// The image in a module, found as [`crate::inspect::find`] does it; `None`: there is none, or this is no module.
///
/// # Errors
/// When the module ends within its image, and when it can't be read.
pub(in crate::source::archive) fn find(
    context: &Context<'_>,
    bytes: &dyn ReadAt,
) -> Result<Option<Place>, ArchiveError> {
    let mut cursor = Cursor {
        context,
        bytes,
        at: 0,
    };
    match cursor.take::<8>()? {
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => {}
        _ => return Ok(None),
    }
    let mut images: Vec<(u64, Place)> = Vec::new();
    let mut recorded = None;
    // What is no well-formed module has no image, or only those before the fault.
    while let Some([id]) = cursor.take()? {
        let Some(size) = cursor.number()? else {
            break;
        };
        let end = cursor.at.saturating_add(size);
        match id {
            CUSTOM if end <= bytes.size() => recorded = record(&cursor, end)?.or(recorded),
            DATA => segments(&mut cursor, &mut images)?,
            _ => {}
        }
        cursor.at = end;
    }
    let place = images.iter().find(|(index, _)| Some(*index) == recorded);
    let Some((_, place)) = place.or(images.first()).copied() else {
        return Ok(None);
    };
    if place.offset + u64::from(place.size) > bytes.size() {
        return Err(context.truncated("in its image".to_owned()));
    }
    Ok(Some(place))
}

/// The segment that the module's own section names.
fn record(cursor: &Cursor<'_>, end: u64) -> Result<Option<u64>, ArchiveError> {
    let mut cursor = Cursor { ..*cursor };
    if end - cursor.at > RECORD_MAX || cursor.number()? != Some(SECTION.len() as u64) {
        return Ok(None);
    }
    let Some(section) = cursor.vec(end)? else {
        return Ok(None);
    };
    let data = section.strip_prefix(SECTION.as_bytes());
    let record = data.and_then(|data| serde_json::from_slice::<Record>(data).ok());
    Ok(record.map(|record| u64::from(record.segment)))
}

/// The passive segments that start like an image.
fn segments(cursor: &mut Cursor<'_>, images: &mut Vec<(u64, Place)>) -> Result<(), ArchiveError> {
    let Some(count) = cursor.number()? else {
        return Ok(());
    };
    for index in 0..count {
        let Some(flags) = cursor.number()? else {
            return Ok(());
        };
        if flags == 2 && cursor.number()?.is_none() || flags != 1 && !cursor.expression()? {
            return Ok(());
        }
        let Some(size) = cursor.number()? else {
            return Ok(());
        };
        let offset = cursor.at;
        if flags == 1 && size >= layout::MAGIC.len() as u64 && cursor.take()? == Some(layout::MAGIC)
        {
            let size = u32::try_from(size).unwrap_or(u32::MAX);
            images.push((index, Place { offset, size }));
        }
        cursor.at = offset.saturating_add(size);
    }
    Ok(())
}

/// A place in the module.
struct Cursor<'a> {
    context: &'a Context<'a>,
    bytes: &'a dyn ReadAt,
    at: u64,
}

impl Cursor<'_> {
    /// The next `N` bytes; `None` when there are fewer.
    fn take<const N: usize>(&mut self) -> Result<Option<[u8; N]>, ArchiveError> {
        let end = self.at.saturating_add(N as u64);
        if end > self.bytes.size() {
            return Ok(None);
        }
        let mut taken = [0; N];
        self.context.read(self.bytes, &mut taken, self.at)?;
        self.at = end;
        Ok(Some(taken))
    }

    /// All up to `end`.
    fn vec(&mut self, end: u64) -> Result<Option<Vec<u8>>, ArchiveError> {
        let Some(size) = end.checked_sub(self.at) else {
            return Ok(None);
        };
        let mut taken = vec![0; size as usize];
        self.context.read(self.bytes, &mut taken, self.at)?;
        Ok(Some(taken))
    }

    /// A number of up to 32 bits, seven bits a byte.
    fn number(&mut self) -> Result<Option<u64>, ArchiveError> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let Some([byte]) = self.take()? else {
                return Ok(None);
            };
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// Goes over what computes an address; `false` when it is none.
    fn expression(&mut self) -> Result<bool, ArchiveError> {
        let end = self
            .bytes
            .size()
            .min(self.at.saturating_add(EXPRESSION_MAX));
        let Some(bytes) = self.vec(end)? else {
            return Ok(false);
        };
        let mut reader = BinaryReader::new(&bytes, 0);
        let read = ConstExpr::from_reader(&mut reader).is_ok();
        self.at += reader.original_position() as u64;
        Ok(read)
    }
}
