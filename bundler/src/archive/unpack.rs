//! Archives that are compressed as a whole: unpacked once, into a temporary file without a name.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::error::ArchiveError;
use super::{Context, tar};
use crate::read_at::{DiskFile, Part, ReadAt};

/// Memory a decoder may take for what it looks back to; what `zstd --long` and `xz -9` need, and twice that.
const WINDOW: u64 = 128 * 1024 * 1024;
/// Bytes unpacked at once.
const BUFFER: usize = 256 * 1024;

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
    Xz,
}

impl Packing {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
        }
    }

    /// The packing of a file that starts like this.
    pub(super) fn of(start: &[u8]) -> Option<Self> {
        match start {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            // What other tools may put in front, to be skipped.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            _ => None,
        }
    }
}

/// Unpacks a compressed tar archive; one that unpacks to something else is not unpacked to its end.
pub(super) fn unpack(
    context: &Context<'_>,
    packed: &dyn ReadAt,
    packing: Packing,
) -> Result<DiskFile, ArchiveError> {
    let input = Input {
        part: RefCell::new(Part::new(packed, 0, packed.size())),
        ended: Cell::new(false),
        failed: Cell::new(None),
    };
    let mut output = Output::new(context)?;
    let unpacked = match packing {
        Packing::Gzip => gzip(&input, &mut output),
        Packing::Zstd => zstd(&input, &mut output),
        Packing::Xz => xz(&input, &mut output),
    };
    if let Some(error) = input.failed.take() {
        return Err(context.unreadable("cannot read", error));
    }
    match unpacked {
        Ok(()) => output.finish(),
        Err(Stop::Told(error)) => Err(error),
        Err(Stop::Window) => Err(context.unsupported(format!(
            "unpacking it takes more than {} of memory",
            crate::report::display_size(WINDOW)
        ))),
        Err(Stop::Dictionary) => {
            Err(context.unsupported("its zstd data was made with a dictionary".to_owned()))
        }
        // What a decoder says when it got no more is one thing; that it got no more is what counts.
        Err(Stop::Broken) if input.ended.get() => {
            Err(context.truncated(format!("in the middle of its {} data", packing.name())))
        }
        Err(Stop::Broken) => Err(context.corrupt(format!(
            "its {} data is broken, or its checksum is another",
            packing.name()
        ))),
    }
}

/// Why unpacking does not go on.
enum Stop {
    Told(ArchiveError),
    Broken,
    Window,
    Dictionary,
}

impl From<ArchiveError> for Stop {
    fn from(error: ArchiveError) -> Self {
        Self::Told(error)
    }
}

/// The packed bytes; it remembers what its readers do not pass on.
struct Input<'a> {
    part: RefCell<Part<'a>>,
    /// More was wanted than there is.
    ended: Cell<bool>,
    /// What the system said.
    failed: Cell<Option<io::Error>>,
}

impl Read for &Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.part.borrow_mut().read(buffer) {
            Ok(read) => {
                self.ended.set(read == 0);
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed.set(Some(error));
                Err(kind.into())
            }
        }
    }
}

/// The temporary file.
struct Output<'a> {
    context: &'a Context<'a>,
    file: std::fs::File,
    size: u64,
    buffer: Vec<u8>,
}

impl<'a> Output<'a> {
    fn new(context: &'a Context<'a>) -> Result<Self, ArchiveError> {
        let file = tempfile::tempfile().map_err(|error| context.unreadable(VERB, error))?;
        Ok(Self {
            context,
            file,
            size: 0,
            buffer: vec![0; BUFFER],
        })
    }

    /// Takes all that a decoder gives.
    fn take(&mut self, decoder: &mut dyn Read) -> Result<(), Stop> {
        loop {
            let mut filled = 0;
            while filled < self.buffer.len() {
                match decoder.read(&mut self.buffer[filled..]) {
                    Ok(0) => break,
                    Ok(read) => filled += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == io::ErrorKind::OutOfMemory => {
                        return Err(Stop::Window);
                    }
                    Err(_) => return Err(Stop::Broken),
                }
            }
            if filled == 0 {
                return Ok(());
            }
            self.put(filled)?;
        }
    }

    /// Writes what is in the buffer.
    fn put(&mut self, filled: usize) -> Result<(), ArchiveError> {
        let piece = &self.buffer[..filled];
        if self.size == 0 && !tar::is_tar(piece) {
            return Err(self.context.content("it does not unpack to a tar archive"));
        }
        self.size += piece.len() as u64;
        if self.size > self.context.limit {
            return Err(self.context.too_large());
        }
        // Zeros become a hole: what unpacks to little else takes no space while it is found out.
        let written = match piece.iter().all(|byte| *byte == 0) {
            true => self.file.seek(SeekFrom::Start(self.size)).map(drop),
            false => self.file.write_all(piece),
        };
        written.map_err(|error| self.context.unreadable(VERB, error))
    }

    fn finish(self) -> Result<DiskFile, ArchiveError> {
        if self.size == 0 {
            return Err(self.context.content("it unpacks to nothing"));
        }
        let finish = self.file.set_len(self.size);
        let file = finish.and_then(|()| DiskFile::new(self.file));
        file.map_err(|error| self.context.unreadable(VERB, error))
    }
}

/// What is tried with the temporary file.
const VERB: &str = "cannot unpack";

/// Members one after the other; what is behind the last is left alone, as `gzip` does.
fn gzip(input: &Input<'_>, output: &mut Output<'_>) -> Result<(), Stop> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    loop {
        let mut member = flate2::bufread::GzDecoder::new(input);
        output.take(&mut member)?;
        input = member.into_inner();
        let next = input.fill_buf().map_err(|_| Stop::Broken)?;
        if next.first() != Some(&0x1f) {
            return Ok(());
        }
    }
}

/// Frames one after the other, those to skip among them.
fn zstd(input: &Input<'_>, output: &mut Output<'_>) -> Result<(), Stop> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    loop {
        if input.fill_buf().map_err(|_| Stop::Broken)?.is_empty() {
            return Ok(());
        }
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        match StreamingDecoder::new_with_decoder(&mut input, decoder) {
            Ok(mut frame) => {
                output.take(&mut frame)?;
                let decoder = frame.into_frame_decoder();
                let said = decoder.get_checksum_from_data();
                if said.is_some() && said != decoder.get_calculated_checksum() {
                    return Err(Stop::Broken);
                }
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let length = u64::from(length);
                let skipped = io::copy(&mut (&mut input).take(length), &mut io::sink());
                if skipped.map_err(|_| Stop::Broken)? < length {
                    return Err(Stop::Broken);
                }
            }
            Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Err(Stop::Window),
            Err(FrameDecoderError::DictNotProvided { .. }) => return Err(Stop::Dictionary),
            Err(_) => return Err(Stop::Broken),
        }
    }
}

fn xz(input: &Input<'_>, output: &mut Output<'_>) -> Result<(), Stop> {
    let input = BufReader::with_capacity(BUFFER, input);
    // It counts in KiB, and some buffers of its own besides the window.
    let memory = (WINDOW / 1024 + 1024) as u32;
    output.take(&mut XzReader::new_mem_limit(input, true, memory))
}
