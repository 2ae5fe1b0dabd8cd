//! The second pass: contents from their sources into the output.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};

use super::{File, Image, ImageError};
use crate::plan::Content;
use crate::source::{Kind, Source, SourceError};

/// Who wants to know how far the writing is.
pub trait Progress {
    /// So many more bytes of content are done; the sum is [`Image::contents_size`].
    fn advance(&self, bytes: u64);
}

/// Nobody wants to know.
impl Progress for () {
    fn advance(&self, _bytes: u64) {}
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the whole image.
    pub size: u32,
    /// The image's digest, as in its header.
    pub digest: [u8; 32],
    /// For each entry of the plan the SHA-256 of its content; `None` unless a file or a hard link to one.
    pub contents: Vec<Option<[u8; 32]>>,
    /// Bytes of content that were not stored because an equal one was there already.
    pub saved: u64,
}

/// Bytes read at once; smaller files are read whole before it is decided whether to store them.
const BUFFER: usize = 256 * 1024;

impl Image {
    /// Writes the image at the current position of `out` and leaves the position behind it.
    ///
    /// Every byte of the image is written, none behind it is touched.
    ///
    /// # Errors
    /// [`ImageError::Changed`], [`ImageError::Unreadable`], [`ImageError::Write`];
    /// [`ImageError::TooLarge`] when the contents turn out not to fit.
    pub fn write<W: Write + Seek>(
        &self,
        source: &dyn Source,
        out: &mut W,
        progress: &dyn Progress,
    ) -> Result<Written, ImageError> {
        let start = out.stream_position().map_err(ImageError::Write)?;
        let mut metadata = self.metadata.clone();
        seek(out, start + metadata.size())?;

        let mut store = Store::new(self, source, out, progress);
        let mut digests = Vec::with_capacity(self.files.len());
        for file in &self.files {
            let (digest, offset) = store.add(file)?;
            metadata.place(file.node, offset);
            digests.push(digest);
        }
        let (size, saved) = (store.end, store.saved);
        let digest = metadata.seal(size, store.in_order.iter());

        seek(out, start)?;
        out.write_all(metadata.bytes()).map_err(ImageError::Write)?;
        seek(out, start + u64::from(size))?;
        let contents = self
            .file_of_entry
            .iter()
            .map(|file| file.map(|file| digests[file]));
        Ok(Written {
            size,
            digest,
            contents: contents.collect(),
            saved,
        })
    }
}

fn seek(out: &mut impl Seek, position: u64) -> Result<(), ImageError> {
    out.seek(SeekFrom::Start(position))
        .map(drop)
        .map_err(ImageError::Write)
}

/// The contents section while it grows.
struct Store<'a, W> {
    image: &'a Image,
    source: &'a dyn Source,
    out: &'a mut W,
    progress: &'a dyn Progress,
    buffer: Vec<u8>,
    /// Where the next content goes, counted from the start of the image.
    end: u32,
    /// What is stored, by size and digest.
    stored: BTreeMap<(u32, [u8; 32]), u32>,
    /// The sizes of what is stored.
    sizes: BTreeSet<u32>,
    /// The digests of what is stored, in the order it is stored.
    in_order: Vec<[u8; 32]>,
    saved: u64,
}

impl<'a, W: Write> Store<'a, W> {
    fn new(
        image: &'a Image,
        source: &'a dyn Source,
        out: &'a mut W,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            image,
            source,
            out,
            progress,
            buffer: vec![0; BUFFER],
            end: image.metadata.size() as u32, // `describe` refuses more than fits.
            stored: BTreeMap::new(),
            sizes: BTreeSet::new(),
            in_order: Vec::new(),
            saved: 0,
        }
    }

    /// Stores a file's content unless it is there, and returns its digest and its place (0 when empty).
    fn add(&mut self, file: &File) -> Result<([u8; 32], u32), ImageError> {
        // The buffer leaves `self` while it is lent out.
        let mut buffer = std::mem::take(&mut self.buffer);
        let result = match &file.content {
            Content::Inline(bytes) => self.add_small(file, bytes),
            Content::Source { .. } if file.size as usize <= BUFFER => {
                // One turn fills the buffer with the whole file, a second one finds its end.
                stream(self.source, file, &mut buffer, |_| Ok(()))
                    .and_then(|()| self.add_small(file, &buffer[..file.size as usize]))
            }
            Content::Source { .. } => self.add_large(file, &mut buffer),
        };
        self.buffer = buffer;
        result
    }

    /// Stores a content that is in memory.
    fn add_small(&mut self, file: &File, content: &[u8]) -> Result<([u8; 32], u32), ImageError> {
        let digest: [u8; 32] = Sha256::digest(content).into();
        self.progress.advance(content.len() as u64);
        if content.is_empty() {
            return Ok((digest, 0));
        }
        if let Some(offset) = self.find(file.size, digest) {
            return Ok((digest, offset));
        }
        let end = self.end_with(file)?;
        self.out.write_all(content).map_err(ImageError::Write)?;
        Ok((digest, self.keep(file.size, digest, end)))
    }

    /// Stores a content in pieces.
    ///
    /// Whether it is there already can only be told after all of it was read. Where that can be (there is one
    /// of its size), it is read for that first: nothing is ever written that must be taken back.
    fn add_large(&mut self, file: &File, buffer: &mut [u8]) -> Result<([u8; 32], u32), ImageError> {
        let mut expected = None;
        if self.sizes.contains(&file.size) {
            let mut hasher = Sha256::new();
            stream(self.source, file, buffer, |piece| {
                hasher.update(piece);
                Ok(())
            })?;
            let digest = hasher.finalize().into();
            if let Some(offset) = self.find(file.size, digest) {
                self.progress.advance(u64::from(file.size));
                return Ok((digest, offset));
            }
            expected = Some(digest);
        }
        let end = self.end_with(file)?;
        let mut hasher = Sha256::new();
        stream(self.source, file, buffer, |piece| {
            hasher.update(piece);
            self.progress.advance(piece.len() as u64);
            self.out.write_all(piece).map_err(ImageError::Write)
        })?;
        let digest = hasher.finalize().into();
        if expected.is_some_and(|expected| expected != digest) {
            return Err(changed(
                file,
                "it was read twice, and the bytes differ".to_owned(),
            ));
        }
        Ok((digest, self.keep(file.size, digest, end)))
    }

    /// The place of an equal content.
    fn find(&mut self, size: u32, digest: [u8; 32]) -> Option<u32> {
        let offset = *self.stored.get(&(size, digest))?;
        self.saved += u64::from(size);
        Some(offset)
    }

    /// Where the image will end with this file's content stored.
    fn end_with(&self, file: &File) -> Result<u32, ImageError> {
        self.end.checked_add(file.size).ok_or_else(|| {
            let size = u64::from(self.end) + u64::from(file.size);
            let files = self.image.files.iter();
            let sizes = files.map(|f| (f.path.as_str().to_owned(), u64::from(f.size)));
            ImageError::too_large(size, sizes)
        })
    }

    /// Books a content that was just written, and returns its place.
    fn keep(&mut self, size: u32, digest: [u8; 32], end: u32) -> u32 {
        let offset = std::mem::replace(&mut self.end, end);
        self.stored.insert((size, digest), offset);
        self.sizes.insert(size);
        self.in_order.push(digest);
        offset
    }
}

/// Reads a file of a source once, piece by piece, and finds out whether it is still what was planned.
fn stream(
    source: &dyn Source,
    file: &File,
    buffer: &mut [u8],
    mut piece: impl FnMut(&[u8]) -> Result<(), ImageError>,
) -> Result<(), ImageError> {
    let Content::Source { path, mtime_ns } = &file.content else {
        unreachable!("BUG: only contents of a source are streamed");
    };
    let unreadable = |error| ImageError::Unreadable {
        path: file.path.as_str().to_owned(),
        error,
    };
    let mut reader = source.open(path).map_err(unreadable)?;
    let mut left = file.size as usize;
    loop {
        let filled = fill(&mut reader, buffer).map_err(|error| {
            unreadable(SourceError {
                verb: "cannot read",
                path: path.clone(),
                error,
            })
        })?;
        if filled > left {
            return Err(changed(
                file,
                format!("it has more than the planned {} bytes", file.size),
            ));
        }
        if filled == 0 {
            break;
        }
        left -= filled;
        piece(&buffer[..filled])?;
    }
    if left > 0 {
        let got = file.size as usize - left;
        return Err(changed(
            file,
            format!("it has {got} of the planned {} bytes", file.size),
        ));
    }
    // The right number of bytes can still be a mix of old and new ones.
    let now = source.metadata(path).map_err(unreadable)?;
    if now.kind != Kind::File {
        return Err(changed(file, "it is no regular file any more".to_owned()));
    }
    if now.mtime_ns != *mtime_ns {
        return Err(changed(file, "its modification time is another".to_owned()));
    }
    Ok(())
}

/// Fills the buffer as far as the reader has bytes.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn changed(file: &File, change: String) -> ImageError {
    let source_path = match &file.content {
        Content::Source { path, .. } => path.display().to_string(),
        Content::Inline(_) => String::new(),
    };
    ImageError::Changed {
        path: file.path.as_str().to_owned(),
        source_path,
        change,
    }
}
