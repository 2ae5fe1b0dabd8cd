//! Zip archives, wheels among them.
//!
//! What counts is the directory at the end. Contents are read where they are, and checked against it while they are.

mod content;
mod end;
mod record;
mod text;

use std::io::{BufReader, Read};

use super::error::ArchiveError;
use super::tree::{Builder, ENTRIES, MAX_ENTRIES, Member, Said, Tree, What};
use super::{Context, name};
use crate::read_at::{Part, ReadAt};
use crate::source::Kind;
pub(super) use content::open;
pub(super) use end::is_zip;
use record::{RawName, Record};

/// The longest target that a symlink can have in an image.
const TARGET_MAX: u64 = 4095;

/// How a content is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflated,
}

/// Where a content is and what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Zipped {
    /// Where its own header is, with the content behind it.
    header: u64,
    /// Bytes it takes in the archive.
    packed: u64,
    crc: u32,
    method: Method,
    name: RawName,
}

/// Reads the directory of an archive.
pub(super) fn read(context: &Context<'_>, bytes: &dyn ReadAt) -> Result<Tree, ArchiveError> {
    let directory = end::find(context, bytes)?;
    if directory.count > MAX_ENTRIES as u64 {
        return Err(ArchiveError::Entries {
            archive: context.shown.to_owned(),
            limit: ENTRIES,
        });
    }
    let part = Part::new(bytes, directory.start, directory.end);
    let mut records = BufReader::with_capacity(64 * 1024, part);
    let mut builder = Builder::new(context.shown);
    let mut total: u64 = 0;
    // Where each entry is, from its header to the end of its content.
    let mut places: Vec<(u64, u64)> = Vec::new();
    for _ in 0..directory.count {
        let record = Record::read(context, &mut records)?;
        let header = record.header.checked_add(directory.base);
        let end = header.and_then(|header| header.checked_add(record.least_size()));
        let (Some(header), Some(end)) = (header, end.filter(|end| *end <= directory.start)) else {
            let what = "lies outside the archive";
            return Err(context.corrupt(format!("`{}` {what}", name::shown(&record.name))));
        };
        places.push((header, end));
        total = total.saturating_add(record.size);
        if total > context.limit {
            return Err(context.too_large());
        }
        let said = said(context, bytes, &record, header)?;
        builder.add(&record.name, said)?;
    }
    let mut rest = [0; 4];
    // A signature may follow, which nobody makes any more.
    let rest = records.read(&mut rest).map(|read| &rest[..read]);
    match rest.map_err(|error| context.unreadable("cannot read", error))? {
        [] | [b'P', b'K', 5, 5] => {}
        _ => return Err(context.corrupt("its directory has more entries than it says".to_owned())),
    }
    // Many entries that share one content are how a small archive unpacks to very much.
    places.sort_unstable();
    if let Some(pair) = places.windows(2).find(|pair| pair[0].1 > pair[1].0) {
        let (first, second) = (pair[0].0, pair[1].0);
        let what = format!("the entries at byte {first} and at byte {second} overlap");
        return Err(context.corrupt(what));
    }
    builder.finish()
}

/// What a record says of its entry.
fn said(
    context: &Context<'_>,
    bytes: &dyn ReadAt,
    record: &Record,
    header: u64,
) -> Result<Said, ArchiveError> {
    let shown = || name::shown(&record.name);
    if record.is_encrypted() {
        return Err(ArchiveError::Encrypted {
            archive: context.shown.to_owned(),
            entry: shown(),
        });
    }
    let kind = record.kind();
    let (mut size, mut what) = (0, What::Other);
    match kind {
        Kind::Directory => what = What::Directory(Default::default()),
        Kind::File | Kind::Symlink => {
            let method = match record.method {
                0 => Method::Stored,
                8 => Method::Deflated,
                other => {
                    let method = text::method(other);
                    let what = format!("`{}` is compressed with {method}", shown());
                    return Err(context.unsupported(what));
                }
            };
            let zipped = Zipped {
                header,
                packed: record.packed,
                crc: record.crc,
                method,
                name: record.raw_name,
            };
            if !zipped.may_be(record.size) {
                let (packed, size) = (record.packed, record.size);
                let what = format!("`{}` cannot be {size} bytes in {packed}", shown());
                return Err(context.corrupt(what));
            }
            size = record.size;
            what = What::File(Member::Zipped(zipped));
            if kind == Kind::Symlink {
                what = What::Symlink(name::os_string(&target(context, bytes, &zipped, record)?));
                size = 0;
            }
        }
        Kind::Other(_) => {}
    }
    Ok(Said {
        kind,
        mode: record.mode(),
        mtime_ns: record.mtime_ns(),
        size,
        what,
        link_id: None,
        at: header,
    })
}

/// What a symlink holds: it is the content of its entry.
fn target(
    context: &Context<'_>,
    bytes: &dyn ReadAt,
    zipped: &Zipped,
    record: &Record,
) -> Result<Vec<u8>, ArchiveError> {
    if record.size > TARGET_MAX {
        let what = "is a symlink whose target is longer than 4095 bytes";
        return Err(context.corrupt(format!("`{}` {what}", name::shown(&record.name))));
    }
    let mut target = Vec::new();
    let read =
        open(bytes, zipped, record.size).and_then(|mut content| content.read_to_end(&mut target));
    match read {
        Ok(_) => Ok(target),
        Err(error) => {
            let what = format!("the target of `{}`: {error}", name::shown(&record.name));
            Err(context.corrupt(what))
        }
    }
}

impl Zipped {
    /// Whether the content can have this size.
    fn may_be(&self, size: u64) -> bool {
        // Deflate makes at most 258 bytes of two bits.
        const DEFLATE: u64 = 1032;
        match self.method {
            Method::Stored => size == self.packed,
            Method::Deflated => size <= self.packed.saturating_mul(DEFLATE),
        }
    }
}
