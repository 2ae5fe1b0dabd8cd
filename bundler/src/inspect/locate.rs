//! Finding the image in a module: its sections are stepped over, not read.

use std::ops::Range;

use vfs_image::layout::{self, HeaderRecord};
use wasmparser::{BinaryReader, ConstExpr};

use super::InspectError;
use crate::digest::hex_digest;
use crate::link::undo;
use crate::read_at::ReadAt;
use crate::record::{Record, SECTION};
use crate::report::counted;

/// Bytes read at once. A segment's offset expression is a few bytes; one that is longer than this is nobody's.
const WINDOW: usize = 4 << 10;

/// The longest `wasi-vfs` section that is looked at; ours have about 300 bytes.
const RECORD_MAX: u64 = 64 << 10;

/// The number of the data section.
const DATA: u8 = 11;

/// Where a module has its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The first byte of the image, counted from the start of the module.
    pub(super) offset: u64,
    /// Bytes of the image.
    pub(super) size: u32,
    /// The index of the data segment that holds it.
    pub(super) segment: u32,
    /// Number of memories that the module defines.
    pub(super) memories: u32,
    /// What its `wasi-vfs` section says.
    pub(super) record: Option<Record>,
    /// Where the contents of its section [`undo::SECTION`] are.
    pub(super) undo: Option<Range<u64>>,
}

/// Why no image was found.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error: InspectError,
    /// It is a bundle all the same: there is something that begins like an image, or a section that tells of one.
    pub(super) is_bundle: bool,
}

/// What was met in a module so far.
#[derive(Default)]
struct Seen {
    images: Vec<Candidate>,
    memories: u32,
    record: Option<Record>,
    undo: Option<Range<u64>>,
}

/// A passive segment that begins like an image.
struct Candidate {
    offset: u64,
    size: u32,
    segment: u32,
    /// As in the header of the image.
    digest: Option<String>,
}

/// Finds the image: the one that the `wasi-vfs` section describes, wherever a tool may have put it; else the first
/// passive segment that begins like one.
pub(super) fn locate(module: &dyn ReadAt) -> Result<Place, Fault> {
    let mut seen = Seen::default();
    let stepped = sections(module, &mut seen, segments);
    let is_bundle = !seen.images.is_empty() || seen.record.is_some();
    let found = stepped.and_then(|()| seen.place());
    found.map_err(|error| Fault { error, is_bundle })
}

/// Whether a section of the module tells of an image. The segments of its data, of which a program may have tens of
/// thousands, are not looked at.
pub(super) fn is_recorded(module: &dyn ReadAt) -> bool {
    let mut seen = Seen::default();
    let stepped = sections(module, &mut seen, |_, _, _| Ok(()));
    stepped.is_ok() && seen.record.is_some()
}

/// Steps over all sections; `data` looks at one with data.
fn sections(
    module: &dyn ReadAt,
    seen: &mut Seen,
    data: impl Fn(&mut Reader<'_>, u64, &mut Vec<Candidate>) -> Result<(), InspectError>,
) -> Result<(), InspectError> {
    let mut reader = Reader {
        module,
        at: 0,
        start: 0,
        window: Vec::new(),
    };
    preamble(&mut reader)?;
    while reader.at < module.size() {
        let section = reader.at;
        let id = reader.byte()?;
        let size = reader.number()?;
        let end = reader.at + u64::from(size);
        if end > module.size() {
            return Err(cut_short(&mut reader, id, section, end, seen));
        }
        match id {
            0 => custom(&mut reader, end, seen)?,
            5 => seen.memories = reader.number()?,
            DATA => data(&mut reader, end, &mut seen.images)?,
            1..=13 => {}
            _ => return Err(not_a_module(format!("there is no section {id}"), section)),
        }
        reader.at = end;
    }
    Ok(())
}

/// What to say of a file that ends before its section does.
fn cut_short(
    reader: &mut Reader<'_>,
    id: u8,
    section: u64,
    end: u64,
    seen: &mut Seen,
) -> InspectError {
    let size = reader.module.size();
    if id == DATA {
        // As far as it goes: it ends before its end, one way or another.
        let _ = segments(reader, end, &mut seen.images);
        let last = seen.images.last();
        if let Some(image) = last.filter(|image| image.end() > size) {
            let missing = image.end() - size;
            return InspectError::Truncated { missing };
        }
    }
    let missing = end - size;
    let message = format!(
        "the file is {} too short for its section {id}",
        counted(missing, "byte")
    );
    not_a_module(message, section)
}

impl Seen {
    fn place(self) -> Result<Place, InspectError> {
        let record = self.record;
        let described = |image: &&Candidate| match &record {
            Some(Record { image_digest, .. }) => image.digest.as_ref() == Some(image_digest),
            None => false,
        };
        let recorded =
            |image: &&Candidate| Some(image.segment) == record.as_ref().map(|r| r.segment);
        let images = &self.images;
        let image = (images.iter().find(described))
            .or_else(|| images.iter().find(recorded))
            .or(images.first())
            .ok_or(InspectError::NoImage)?;
        Ok(Place {
            offset: image.offset,
            size: image.size,
            segment: image.segment,
            memories: self.memories,
            record,
            undo: self.undo,
        })
    }
}

impl Candidate {
    /// The first byte behind it.
    fn end(&self) -> u64 {
        self.offset + u64::from(self.size)
    }
}

fn preamble(reader: &mut Reader<'_>) -> Result<(), InspectError> {
    let start = reader.bytes(8)?;
    if !start.starts_with(b"\0asm") {
        return Err(not_a_module(r"it does not begin with `\0asm`", 0));
    }
    match start.get(4..8) {
        Some([1, 0, 0, 0]) => {}
        Some([_, _, 1, 0]) => return Err(InspectError::Component),
        Some(_) => return Err(not_a_module("it has a version other than 1", 4)),
        None => return Err(not_a_module("it ends in its first 8 bytes", 4)),
    }
    reader.at = 8;
    Ok(())
}

/// What a custom section says, if it is ours. One from a later version is as good as none: the image speaks for itself.
fn custom(reader: &mut Reader<'_>, end: u64, seen: &mut Seen) -> Result<(), InspectError> {
    let section = reader.at;
    let size = reader.number()? as usize;
    let name = reader.at;
    if name + size as u64 > end {
        let message = "the name of a custom section is longer than the section";
        return Err(not_a_module(message, section));
    }
    let is = |reader: &mut Reader<'_>, name: &str| -> Result<bool, InspectError> {
        let same = size == name.len();
        Ok(same && reader.bytes(size)?.starts_with(name.as_bytes()))
    };
    let data = name + size as u64..end;
    if is(reader, undo::SECTION)? {
        seen.undo = Some(data);
    } else if is(reader, SECTION)? && data.end - data.start <= RECORD_MAX {
        let size = (data.end - data.start) as usize;
        reader.at = data.start;
        let data = reader.bytes(size)?.get(..size);
        let record = data.and_then(|data| serde_json::from_slice(data).ok());
        seen.record = record.or(seen.record.take());
    }
    Ok(())
}

/// Adds the segments of a data section that begin like an image.
fn segments(
    reader: &mut Reader<'_>,
    end: u64,
    images: &mut Vec<Candidate>,
) -> Result<(), InspectError> {
    let count = reader.number()?;
    for segment in 0..count {
        let at = reader.at;
        let kind = reader.number()?;
        if kind == 2 {
            reader.number()?;
        }
        match kind {
            0 | 2 => {
                reader.parse(|reader| reader.read::<ConstExpr<'_>>().map(|_| ()))?;
            }
            1 => {}
            _ => {
                let message = format!("data segment {segment} is of no known kind");
                return Err(not_a_module(message, at));
            }
        }
        let size = reader.number()?;
        let offset = reader.at;
        if offset + u64::from(size) > end {
            let message = format!("data segment {segment} is longer than its section");
            return Err(not_a_module(message, at));
        }
        if kind == 1 && size as usize >= layout::MAGIC.len() {
            let start = reader.bytes(HeaderRecord::SIZE.min(size as usize))?;
            if start.starts_with(&layout::MAGIC) {
                let header = start.first_chunk().map(HeaderRecord::decode);
                images.push(Candidate {
                    offset,
                    size,
                    segment,
                    digest: header.map(|header| hex_digest(&header.digest)),
                });
            }
        }
        reader.at = offset + u64::from(size);
    }
    Ok(())
}

/// A position in a module, and the bytes around it that were read last.
struct Reader<'a> {
    module: &'a dyn ReadAt,
    at: u64,
    start: u64,
    window: Vec<u8>,
}

impl Reader<'_> {
    /// The next bytes: at least `least` of them unless the module ends before.
    fn bytes(&mut self, least: usize) -> Result<&[u8], InspectError> {
        let left = self.module.size() - self.at.min(self.module.size());
        let least = (least as u64).min(left);
        let inside =
            self.at >= self.start && self.at + least <= self.start + self.window.len() as u64;
        if !inside {
            let size = (WINDOW as u64).max(least).min(left);
            self.window.resize(size as usize, 0);
            self.start = self.at;
            self.module
                .read_exact_at(&mut self.window, self.at)
                .map_err(InspectError::Read)?;
        }
        Ok(&self.window[(self.at - self.start) as usize..])
    }

    fn byte(&mut self) -> Result<u8, InspectError> {
        self.parse(|reader| reader.read_u8())
    }

    /// A number of at most 32 bits, LEB128.
    fn number(&mut self) -> Result<u32, InspectError> {
        self.parse(|reader| reader.read_var_u32())
    }

    /// Reads one thing and moves behind it.
    fn parse<T>(
        &mut self,
        read: impl Fn(&mut BinaryReader<'_>) -> wasmparser::Result<T>,
    ) -> Result<T, InspectError> {
        let at = self.at;
        // What is left of the window is nearly always enough.
        for least in [16, WINDOW] {
            let bytes = self.bytes(least)?;
            let short = bytes.len() < WINDOW && least < WINDOW;
            let mut reader = BinaryReader::new(bytes, at as usize);
            match read(&mut reader) {
                Ok(thing) => {
                    self.at = at + reader.current_position() as u64;
                    return Ok(thing);
                }
                Err(_) if short => {}
                Err(error) => {
                    return Err(not_a_module(error.message(), error.offset() as u64));
                }
            }
        }
        unreachable!("BUG: the second turn returns")
    }
}

fn not_a_module(message: impl Into<String>, offset: u64) -> InspectError {
    InspectError::NotAModule {
        message: message.into(),
        offset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image's header, as far as it matters here: its digest is all `mark`.
    fn image(mark: u8) -> Vec<u8> {
        let mut bytes = vec![0; HeaderRecord::SIZE + usize::from(mark)];
        bytes[..layout::MAGIC.len()].copy_from_slice(&layout::MAGIC);
        bytes[layout::DIGEST_OFFSET..HeaderRecord::SIZE].fill(mark);
        bytes
    }

    fn record(segment: u32, mark: u8) -> Vec<u8> {
        let record = Record {
            program_requires: None,
            rebundle: true,
            preinit: None,
            format: 1,
            segment,
            image_size: 0,
            image_digest: hex_digest(&[mark; 32]),
            program: hex_digest(&[0; 32]),
            interposer: hex_digest(&[0; 32]),
            tool: "a tool".to_owned(),
        };
        serde_json::to_vec(&record).unwrap()
    }

    /// A module whose data section has active and passive segments around `images`, then custom sections.
    fn module(images: &[Vec<u8>], sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
        use wasm_encoder::{ConstExpr, CustomSection, DataSection, MemorySection, Module};
        let mut memories = MemorySection::new();
        memories.memory(wasm_encoder::MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(-5), b"active".to_vec());
        data.passive(Vec::new());
        data.active(3, &ConstExpr::i32_const(1 << 30), vec![0; 10_000]);
        for image in images {
            data.passive(image.iter().copied());
            data.passive(b"\0wasi".to_vec());
        }
        // An active segment that looks like one is the program's own.
        data.active(0, &ConstExpr::global_get(2), image(9));
        let mut module = Module::new();
        module.section(&CustomSection {
            name: "zeroth".into(),
            data: vec![1; 5000].into(),
        });
        module.section(&memories);
        module.section(&data);
        for (name, data) in sections {
            module.section(&CustomSection {
                name: (*name).into(),
                data: data.into(),
            });
        }
        module.finish()
    }

    fn found(images: &[Vec<u8>], sections: &[(&str, Vec<u8>)]) -> Option<(u32, u32)> {
        let module = module(images, sections);
        match locate(&module) {
            Ok(place) => {
                let (start, size) = (place.offset as usize, place.size as usize);
                assert!(
                    images
                        .iter()
                        .any(|image| *image == module[start..start + size])
                );
                assert_eq!(place.memories, 1);
                assert_eq!(place.record.is_some(), sections.len() == 1);
                Some((place.segment, place.size - HeaderRecord::SIZE as u32))
            }
            Err(Fault {
                error: InspectError::NoImage,
                ..
            }) => None,
            Err(Fault { error, .. }) => panic!("{error}"),
        }
    }

    /// Segment and mark of what is found.
    #[test]
    fn the_image_is_found_wherever_a_tool_put_it() {
        let two = [image(1), image(2)];
        assert_eq!(found(&[], &[]), None);
        assert_eq!(found(&two[1..], &[]), Some((3, 2)));
        // The one that the section describes, then the one where it says, then the first.
        assert_eq!(found(&two, &[("wasi-vfs", record(0, 2))]), Some((5, 2)));
        assert_eq!(found(&two, &[("wasi-vfs", record(5, 7))]), Some((5, 2)));
        assert_eq!(found(&two, &[("wasi-vfs", record(0, 7))]), Some((3, 1)));
        assert_eq!(found(&two, &[]), Some((3, 1)));
        // What is in that section may be of another version, or anything.
        let sections = [
            ("wasi-vfs", br#"{"format":2}"#.to_vec()),
            ("wasi-vfs", vec![0; 70_000]),
            ("name", vec![0xff; 3]),
            ("", Vec::new()),
        ];
        assert_eq!(found(&two, &sections), Some((3, 1)));
    }

    /// Wherever it is cut and whatever byte is changed: an error or a place inside, and no panic.
    #[test]
    fn a_damaged_module_is_an_error() {
        let good = module(&[image(1)], &[("wasi-vfs", record(3, 1))]);
        for end in (0..5_000).step_by(71).chain(5_000..good.len()) {
            let cut = &good[..end];
            match locate(&cut) {
                Ok(place) => assert!(place.offset + u64::from(place.size) <= end as u64),
                Err(fault) => match fault.error {
                    InspectError::NotAModule { .. } | InspectError::NoImage => {}
                    InspectError::Truncated { .. } => assert!(fault.is_bundle),
                    error => panic!("{end}: {error}"),
                },
            }
        }
        for at in (0..30)
            .chain(5_000..5_100)
            .chain(good.len() - 700..good.len())
        {
            for change in [1, 0x40, 0x80, 0xff] {
                let mut bytes = good.clone();
                bytes[at] ^= change;
                if let Ok(place) = locate(&bytes) {
                    assert!(place.offset + u64::from(place.size) <= bytes.len() as u64);
                }
            }
        }
    }

    #[test]
    fn a_module_that_was_cut_short_says_so() {
        let good = module(&[image(1)], &[]);
        let fault = |end: usize| locate(&&good[..end]).unwrap_err();
        // Behind its image, in it, at the first bytes that tell that it is one, and before.
        let behind = fault(good.len() - 9);
        let InspectError::NotAModule { message, offset } = &behind.error else {
            panic!("{}", behind.error);
        };
        let said = "the file is 9 bytes too short for its section 11";
        assert_eq!((message.as_str(), *offset), (said, 5_023));
        assert!(behind.is_bundle);

        let place = locate(&good).unwrap();
        let (start, end) = (place.offset as usize, place.offset + u64::from(place.size));
        for at in [end as usize - 1, start + 50, start + layout::MAGIC.len()] {
            let InspectError::Truncated { missing } = fault(at).error else {
                panic!("{at}: {}", fault(at).error);
            };
            assert_eq!(missing, end - at as u64);
        }
        let before = fault(start + layout::MAGIC.len() - 1);
        assert!(matches!(before.error, InspectError::NotAModule { .. }));
        assert!(!before.is_bundle);
    }
}
