//! Contents of a zip archive, checked while they are read.

use std::io::{self, BufReader, Read};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::record::RawName;
use super::{Method, Zipped};
use crate::read_at::{Part, ReadAt};

/// Bytes read at once from the archive.
const BUFFER: usize = 32 * 1024;
/// Bytes of an entry's own header, before its name.
const HEADER: u64 = 30;

/// Opens a content of `size` bytes.
pub(in crate::archive) fn open<'a>(
    bytes: &'a dyn ReadAt,
    zipped: &Zipped,
    size: u64,
) -> io::Result<Box<dyn Read + 'a>> {
    let mut header = [0; HEADER as usize];
    bytes.read_exact_at(&mut header, zipped.header)?;
    if header[..4] != *b"PK\x03\x04" {
        return Err(wrong("the archive has no entry where its directory says"));
    }
    let length = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let mut name = vec![0; usize::from(length(26))];
    bytes.read_exact_at(&mut name, zipped.header + HEADER)?;
    // Who reads an archive from its start would make another file of it.
    if RawName::of(&name) != zipped.name {
        return Err(wrong(
            "the archive calls it by another name in front of its content",
        ));
    }
    let start = zipped.header + HEADER + u64::from(length(26)) + u64::from(length(28));
    let part = Part::new(bytes, start, start.saturating_add(zipped.packed));
    let checked = |inner| Checked {
        inner,
        left: size,
        crc: Crc::new(),
        expected: zipped.crc,
    };
    Ok(match zipped.method {
        Method::Stored => Box::new(checked(Inner::Stored(part))),
        Method::Deflated => {
            let packed = BufReader::with_capacity(BUFFER.min(zipped.packed as usize + 1), part);
            let decoder = DeflateDecoder::new(packed);
            Box::new(checked(Inner::Deflated(Box::new(decoder))))
        }
    })
}

enum Inner<'a> {
    Stored(Part<'a>),
    Deflated(Box<DeflateDecoder<BufReader<Part<'a>>>>),
}

/// A content that must have a size and a checksum.
struct Checked<'a> {
    inner: Inner<'a>,
    left: u64,
    crc: Crc,
    expected: u32,
}

impl Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.inner {
            Inner::Stored(part) => part.read(buffer),
            Inner::Deflated(decoder) => decoder.read(buffer).map_err(|error| match error.kind() {
                io::ErrorKind::Interrupted => error,
                _ if error.raw_os_error().is_some() => error,
                _ => wrong("its compressed data is broken"),
            }),
        }?;
        self.crc.update(&buffer[..read]);
        match self.left.checked_sub(read as u64) {
            None => return Err(wrong("it is longer than the archive says")),
            Some(left) => self.left = left,
        }
        if read == 0 && self.left > 0 {
            return Err(wrong("it is shorter than the archive says"));
        }
        if read == 0 && self.crc.sum() != self.expected {
            return Err(wrong("its checksum is not the one that the archive says"));
        }
        Ok(read)
    }
}

fn wrong(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
