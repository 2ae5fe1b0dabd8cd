//! Tar archives: POSIX (`ustar`, `pax`), GNU and the one before them all.
//!
//! Read as `tar` does: up to the first block of zeros, whatever is behind it. Contents stay where they are.

mod header;
mod pax;
mod sparse;

use super::error::ArchiveError;
use super::tree::{Builder, Member, Said, Tree, What};
use super::{Context, name};
use crate::read_at::ReadAt;
use crate::source::Kind;
use header::{BLOCK, Header};
use pax::Records;

/// The most bytes of an extended header: names and times of one entry.
const MAX_EXTENDED: u64 = 1024 * 1024;

/// Whether these are the first bytes of a tar archive, an empty one included.
pub(super) fn is_tar(start: &[u8]) -> bool {
    let block = start.first_chunk::<BLOCK>();
    block.is_some_and(|block| block.iter().all(|byte| *byte == 0) || Header::new(block).is_ok())
}

/// Reads all headers of an archive.
pub(super) fn read(context: &Context<'_>, bytes: &dyn ReadAt) -> Result<Tree, ArchiveError> {
    let mut reader = Reader {
        context,
        bytes,
        at: 0,
        global: Records::default(),
        pieces: 0,
    };
    let mut builder = Builder::new(context.shown);
    let mut total: u64 = 0;
    while let Some((name, said)) = reader.next()? {
        total = total.saturating_add(said.size);
        if total > context.limit {
            return Err(context.too_large());
        }
        builder.add(&name, said)?;
    }
    builder.finish()
}

struct Reader<'a> {
    context: &'a Context<'a>,
    bytes: &'a dyn ReadAt,
    /// Where the next header is.
    at: u64,
    /// What global headers have said so far.
    global: Records,
    /// How many pieces of sparse files there were so far.
    pieces: usize,
}

impl Reader<'_> {
    /// The next entry with its name; `None`: there are no more.
    fn next(&mut self) -> Result<Option<(Vec<u8>, Said)>, ArchiveError> {
        let start = self.at;
        let mut records = self.global.clone();
        // GNU's own headers for long names, which only the next entry has.
        let (mut long_name, mut long_link) = (None, None);
        let mut extended = false;
        loop {
            let header_at = self.at;
            let Some(header) = self.header()? else {
                return match extended {
                    true => Err(self.corrupt(start, "an extended header belongs to no entry")),
                    false => Ok(None),
                };
            };
            extended = true;
            match header.kind() {
                b'g' => {
                    let text = self.extended(&header)?;
                    self.global
                        .read(&text)
                        .map_err(|what| self.corrupt(header_at, what))?;
                    if self.global.sparse.is_some() {
                        return Err(self.corrupt(header_at, "all files are called sparse"));
                    }
                    // It ends nothing: it holds for the next entry and all others.
                    let global = self.global.clone();
                    records = global.overlaid(records);
                    extended = long_name.is_some() || long_link.is_some();
                }
                b'x' | b'X' => {
                    let text = self.extended(&header)?;
                    records
                        .read(&text)
                        .map_err(|what| self.corrupt(header_at, what))?;
                }
                b'L' => long_name = Some(trimmed(self.extended(&header)?)),
                b'K' => long_link = Some(trimmed(self.extended(&header)?)),
                // A label of the volume, access control lists: nothing that becomes a file.
                b'V' | b'A' => self.skip(&header)?,
                _ => {
                    return self
                        .entry(header_at, &header, &records, long_name, long_link)
                        .map(Some);
                }
            }
        }
    }

    /// The header at the current position, which moves behind it.
    fn header(&mut self) -> Result<Option<Header>, ArchiveError> {
        let left = self.bytes.size().saturating_sub(self.at);
        if left == 0 {
            return Ok(None);
        }
        if left < BLOCK as u64 {
            return Err(self.context.truncated("in a header".to_owned()));
        }
        let mut block = [0; BLOCK];
        self.read(&mut block)?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        match Header::new(&block) {
            Ok(header) => Ok(Some(header)),
            Err(what) => Err(self.corrupt(self.at - BLOCK as u64, what)),
        }
    }

    /// The content of an extended header.
    fn extended(&mut self, header: &Header) -> Result<Vec<u8>, ArchiveError> {
        let size = self.number(header.size(), "its size")?;
        if size > MAX_EXTENDED {
            let what = format!("an extended header of {size} bytes at byte {}", self.at);
            return Err(self.context.unsupported(what));
        }
        if size > self.bytes.size() - self.at {
            return Err(self.context.truncated("in an extended header".to_owned()));
        }
        let mut content = vec![0; size as usize];
        let start = self.at;
        self.read(&mut content)?;
        self.at = padded(start, size);
        Ok(content)
    }

    fn skip(&mut self, header: &Header) -> Result<(), ArchiveError> {
        let size = self.number(header.size(), "its size")?;
        self.at = padded(self.at, size);
        Ok(())
    }

    fn entry(
        &mut self,
        at: u64,
        header: &Header,
        records: &Records,
        long_name: Option<Vec<u8>>,
        long_link: Option<Vec<u8>>,
    ) -> Result<(Vec<u8>, Said), ArchiveError> {
        let sparse_name = records.sparse.as_ref().and_then(|said| said.name.clone());
        let name = sparse_name.or_else(|| records.path.clone()).or(long_name);
        let name = name.unwrap_or_else(|| header.name());
        let link = records.linkpath.clone().or(long_link);
        let link = link.unwrap_or_else(|| header.link());
        let in_entry = |what: &str| format!("{what} of `{}`", name::shown(&name));
        let size = match records.size {
            Some(size) => size,
            None => self.number(header.size(), &in_entry("the size"))?,
        };
        let mtime_ns = match records.mtime_ns {
            Some(time) => time,
            None => match header.mtime() {
                Some(seconds) => i128::from(seconds) * 1_000_000_000,
                None => return Err(self.corrupt(at, &(in_entry("the time") + " is not a number"))),
            },
        };
        let mode = self.number(header.mode(), &in_entry("the mode"))? & 0o7777;
        // What else has a size in its header has no content for it.
        let mut content = 0;
        let mut stored = 0;
        let (kind, what) = match header.kind() {
            // Before there was a type for directories, a slash at the end made one.
            b'0' | 0 if name.ends_with(b"/") => directory(),
            b'0' | 0 | b'7' | b'S' => {
                let (member, whole, end) = match self.sparse(at, &name, header, records, size)? {
                    Some(sparse) => (Member::Sparse(sparse.pieces), sparse.size, sparse.end),
                    None => {
                        let offset = self.at;
                        let end = offset.saturating_add(size);
                        (Member::Plain { offset }, size, end)
                    }
                };
                content = whole;
                stored = end - self.at;
                (Kind::File, What::File(member))
            }
            b'1' => (Kind::File, What::Link(link)),
            b'2' => (Kind::Symlink, What::Symlink(name::os_string(&link))),
            b'3' | b'4' => (Kind::Other("a device"), What::Other),
            b'5' => directory(),
            b'6' => (Kind::Other("a pipe"), What::Other),
            // A directory with a list of the names that were in it.
            b'D' => {
                self.at = padded(self.at, size);
                directory()
            }
            b'M' => return Err(self.unsupported(&name, "continues a file of another volume")),
            other => {
                let what = format!("has the unknown type `{}`", name::shown(&[other]));
                return Err(self.unsupported(&name, &what));
            }
        };
        if stored > self.bytes.size().saturating_sub(self.at) {
            return Err(self
                .context
                .truncated(format!("in `{}`", name::shown(&name))));
        }
        self.at = padded(self.at, stored);
        let said = Said {
            kind,
            mode: mode as u32,
            mtime_ns,
            size: content,
            what,
            link_id: None,
            at,
        };
        Ok((name, said))
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        self.context.read(self.bytes, buffer, self.at)?;
        self.at += buffer.len() as u64;
        Ok(())
    }

    fn number(&self, number: Option<u64>, what: &str) -> Result<u64, ArchiveError> {
        number
            .ok_or_else(|| self.corrupt(self.at - BLOCK as u64, &format!("{what} is not a number")))
    }

    fn corrupt(&self, at: u64, what: &str) -> ArchiveError {
        let what = format!("in the header at byte {at}, {what}");
        self.context.corrupt(what)
    }

    fn unsupported(&self, name: &[u8], what: &str) -> ArchiveError {
        let what = format!("`{}` {what}", name::shown(name));
        self.context.unsupported(what)
    }
}

fn directory() -> (Kind, What) {
    (Kind::Directory, What::Directory(Default::default()))
}

/// Where the next header is behind `size` bytes at `at`.
fn padded(at: u64, size: u64) -> u64 {
    let block = BLOCK as u64;
    at.saturating_add(size.div_ceil(block).saturating_mul(block))
}

/// A name up to its zero byte.
fn trimmed(mut name: Vec<u8>) -> Vec<u8> {
    if let Some(end) = name.iter().position(|byte| *byte == 0) {
        name.truncate(end);
    }
    name
}
