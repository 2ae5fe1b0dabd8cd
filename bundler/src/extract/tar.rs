//! Entries as a tar.

use std::cell::RefCell;
use std::io::{self, Read, Write};

use tar::{Builder, EntryType, Header};

use super::select::{Item, ItemKind};
use super::{Extracted, Selection, Written};
use crate::embed::Progress;
use crate::inspect::{Found, InspectError, Section};

/// Bytes of a name or a target that a header has room for.
const NAME_SIZE: usize = 100;
/// The last second that a header can tell: eleven octal digits.
const LAST_SECOND: u64 = 0o77_777_777_777;
const SECOND: u64 = 1_000_000_000;

pub(super) fn write(
    found: &Found<'_>,
    selection: &Selection,
    out: &mut dyn Write,
    progress: &dyn Progress,
) -> Result<Extracted, Written> {
    let mut builder = Builder::new(out);
    progress.begin(selection.totals().bytes);
    for (place, item) in &selection.items {
        let trouble = RefCell::new(None);
        let done = match item.kind {
            ItemKind::File { offset, size, .. } => {
                let content = Content {
                    section: found.content(offset, size),
                    progress,
                    trouble: &trouble,
                };
                entry(&mut builder, place, item, content)
            }
            _ => entry(&mut builder, place, item, io::empty()),
        };
        if let Err(error) = done {
            return Err(match trouble.take() {
                Some(error) => InspectError::Read(error).into(),
                None => Written::Destination(error),
            });
        }
    }
    builder.into_inner().map_err(Written::Destination)?;
    Ok(Extracted {
        totals: *selection.totals(),
        without_special_bits: 0,
        relative: selection.relative,
    })
}

/// A file's content; what goes wrong here is kept, because a builder tells it as if the output had failed.
struct Content<'a> {
    section: Section<'a>,
    progress: &'a dyn Progress,
    trouble: &'a RefCell<Option<io::Error>>,
}

impl Read for Content<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.section.read(out) {
            Ok(read) => {
                self.progress.advance(read as u64);
                Ok(read)
            }
            Err(error) => {
                let told = io::Error::from(error.kind());
                self.trouble.replace(Some(error));
                Err(told)
            }
        }
    }
}

fn entry<W: Write>(
    builder: &mut Builder<W>,
    place: &str,
    item: &Item,
    content: impl Read,
) -> io::Result<()> {
    let mut header = Header::new_ustar();
    let (kind, size, link) = match &item.kind {
        ItemKind::Directory => (EntryType::Directory, 0, ""),
        ItemKind::File { size, .. } => (EntryType::Regular, *size, ""),
        ItemKind::HardLink { to } => (EntryType::Link, 0, &**to),
        ItemKind::Symlink { target } => (EntryType::Symlink, 0, &**target),
    };
    let name = match (&item.kind, place) {
        (ItemKind::Directory, "") => "./".to_owned(),
        (ItemKind::Directory, place) => format!("{place}/"),
        (_, place) => place.to_owned(),
    };
    header.set_entry_type(kind);
    header.set_size(u64::from(size));
    header.set_mode(item.mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime((item.time_ns / SECOND).min(LAST_SECOND));
    let fields = &mut header.as_old_mut();
    let mut records: Vec<(&str, String)> = Vec::new();
    if !put(&mut fields.name, &name) {
        records.push(("path", name));
    }
    if !put(&mut fields.linkname, link) {
        records.push(("linkpath", link.to_owned()));
    }
    if let Some(time) = exact_time(item.time_ns) {
        records.push(("mtime", time));
    }
    if !records.is_empty() {
        let records = records.iter().map(|(key, value)| (*key, value.as_bytes()));
        builder.append_pax_extensions(records)?;
    }
    header.set_cksum();
    builder.append(&header, content)
}

/// Puts a text into a field, as much as there is room for; whether it was all.
fn put(field: &mut [u8; NAME_SIZE], text: &str) -> bool {
    let mut end = text.len().min(NAME_SIZE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    field[..end].copy_from_slice(&text.as_bytes()[..end]);
    end == text.len()
}

/// A time that a header can't tell, as a `pax` record tells it.
fn exact_time(time_ns: u64) -> Option<String> {
    let (seconds, rest) = (time_ns / SECOND, time_ns % SECOND);
    match rest {
        0 if seconds <= LAST_SECOND => None,
        0 => Some(seconds.to_string()),
        _ => {
            let fraction = format!("{rest:09}");
            Some(format!("{seconds}.{}", fraction.trim_end_matches('0')))
        }
    }
}
