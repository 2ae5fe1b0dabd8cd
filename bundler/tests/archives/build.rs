//! Archives byte by byte, so that they can be wrong in any way.

use std::io::Write as _;

/// A header of a tar archive with a right checksum.
pub(crate) struct Header(pub(crate) [u8; 512]);

impl Header {
    pub(crate) fn new(name: &[u8], kind: u8) -> Self {
        let mut header = Self([0; 512]);
        header.set(0, name);
        header.set(100, b"0000644\0");
        header.set(124, b"00000000000\0");
        header.set(136, b"00000000001\0");
        header.0[156] = kind;
        header.set(257, b"ustar\x0000");
        header
    }

    pub(crate) fn set(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.set(at, bytes);
        self
    }

    /// The header and a content of the size that it then says.
    pub(crate) fn content(mut self, content: &[u8]) -> Vec<u8> {
        self.set(124, format!("{:011o}\0", content.len()).as_bytes());
        let mut bytes = self.done();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    pub(crate) fn done(mut self) -> Vec<u8> {
        self.set(148, b"        ");
        let sum: u64 = self.0.iter().map(|byte| u64::from(*byte)).sum();
        self.set(148, format!("{sum:06o}\0 ").as_bytes());
        self.0.to_vec()
    }
}

pub(crate) fn file(name: &[u8], content: &[u8]) -> Vec<u8> {
    Header::new(name, b'0').content(content)
}

pub(crate) fn directory(name: &[u8]) -> Vec<u8> {
    Header::new(name, b'5').with(100, b"0000755\0").done()
}

pub(crate) fn link(name: &[u8], kind: u8, target: &[u8]) -> Vec<u8> {
    Header::new(name, kind).with(157, target).done()
}

/// An extended header, of records or of one broken text.
pub(crate) fn extended(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut text = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        // The length counts its own digits.
        let length = (1..8)
            .map(|digits| rest + digits)
            .find(|length| length.to_string().len() + rest == *length)
            .unwrap();
        text.extend(format!("{length} {key}=").as_bytes());
        text.extend(*value);
        text.push(b'\n');
    }
    Header::new(b"pax", b'x').content(&text)
}

/// An archive of these parts, with the two blocks that end one.
pub(crate) fn tar(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = parts.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut encoder = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An entry of a zip archive: right as it comes, and open to changes.
#[derive(Clone)]
pub(crate) struct Zipped {
    pub(crate) name: Vec<u8>,
    pub(crate) system: u8,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) packed: Vec<u8>,
    pub(crate) size: u32,
    pub(crate) mode: u32,
    pub(crate) extra: Vec<u8>,
    /// Added to where the directory says that it is.
    pub(crate) shift: i64,
}

impl Zipped {
    pub(crate) fn stored(name: &[u8], content: &[u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        Self {
            name: name.to_vec(),
            system: 3,
            flags: 0,
            method: 0,
            crc: crc.sum(),
            packed: content.to_vec(),
            size: content.len() as u32,
            mode: 0o100_644,
            extra: Vec::new(),
            shift: 0,
        }
    }

    pub(crate) fn deflated(name: &[u8], content: &[u8]) -> Self {
        let level = flate2::Compression::default();
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), level);
        encoder.write_all(content).unwrap();
        Self {
            method: 8,
            packed: encoder.finish().unwrap(),
            ..Self::stored(name, content)
        }
    }

    pub(crate) fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

pub(crate) fn zip(entries: &[Zipped]) -> Vec<u8> {
    zip_with(entries, entries.len() as u16, 0)
}

/// A zip archive that says it has `count` entries and is part `disk`.
pub(crate) fn zip_with(entries: &[Zipped], count: u16, disk: u16) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let at = bytes.len() as i64 + entry.shift;
        let mut common = Vec::new();
        for number in [20, entry.flags, entry.method, 0x6000, 0x5a21] {
            common.extend(u16::to_le_bytes(number));
        }
        for number in [entry.crc, entry.packed.len() as u32, entry.size] {
            common.extend(number.to_le_bytes());
        }
        common.extend((entry.name.len() as u16).to_le_bytes());
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend([0, 0]);
        bytes.extend(&entry.name);
        bytes.extend(&entry.packed);
        directory.extend(b"PK\x01\x02");
        directory.extend([20, entry.system]);
        directory.extend(common);
        directory.extend((entry.extra.len() as u16).to_le_bytes());
        // No comment, first part, no attributes of the program's own.
        directory.extend([0; 6]);
        directory.extend((entry.mode << 16).to_le_bytes());
        directory.extend((at as u32).to_le_bytes());
        directory.extend(&entry.name);
        directory.extend(&entry.extra);
    }
    let start = bytes.len() as u32;
    let length = directory.len() as u32;
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06");
    for number in [disk, disk, count, count] {
        bytes.extend(number.to_le_bytes());
    }
    for number in [length, start] {
        bytes.extend(number.to_le_bytes());
    }
    bytes.extend([0, 0]);
    bytes
}
