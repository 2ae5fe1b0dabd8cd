//! The last stage: linked module and image together, sealed with a `wasi-vfs` section, put in place in one step.

use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read as _, Seek, SeekFrom, Write};

use miette::Diagnostic;
use tempfile::SpooledTempFile;

use crate::digest::hex_digest;
use crate::embed::{Image, ImageError, Progress, Written};
use crate::link::undo::{self, Undo};
use crate::link::{Interposer, LinkError, Linked, WriteError};
use crate::preinit::{Preinit, PreinitError, Ran};
use crate::read_at::{DiskFile, ReadAt};
use crate::record::{PRE_LINKED, Record, custom_section};
use crate::requires::Requires;
use crate::source::Source;

/// What was written, in numbers.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// Bytes of the whole module.
    pub size: u64,
    /// The image in it.
    pub image: Written,
    /// How many bytes of the image are metadata.
    pub metadata_size: u64,
    /// What its `wasi-vfs` section says.
    pub record: Record,
}

/// Why a bundle could not be written.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum SealError {
    /// The image could not be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Image(ImageError),
    /// The image does not fit into the program.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Link(#[from] LinkError),
    /// The program could not be run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Preinit(#[from] PreinitError),
    /// Writing the bundle failed.
    ///
    /// The caller knows the destination: [`Pending::explain`](crate::atomic_file::Pending::explain).
    #[error("cannot write the bundle: {0}")]
    #[diagnostic(
        code(wasi_vfs::output::destination),
        help("check the free space and the permissions of the output's folder")
    )]
    Destination(#[source] io::Error),
}

impl From<ImageError> for SealError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Write(error) => Self::Destination(error),
            error => Self::Image(error),
        }
    }
}

impl From<WriteError> for SealError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Io(error) => Self::Destination(error),
            WriteError::Link(error) => Self::Link(error),
        }
    }
}

/// What a linked module was made of, for its section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// SHA-256 of the program in binary form.
    pub(crate) program: [u8; 32],
    /// SHA-256 of what was linked: the program, or what a bundle of it keeps of the program.
    pub(crate) linked: [u8; 32],
    /// The interposer.
    pub(crate) interposer: &'a Interposer,
}

/// What a bundle can be written into: its image is read again there when the program's initializer asks for files.
pub trait Destination: Write + Seek + Send {
    /// A reader of all that was written.
    ///
    /// Until it is dropped nothing is written; where the destination stands then is not said.
    ///
    /// # Errors
    /// When what was written does not get to where it can be read.
    fn reader(&mut self) -> io::Result<Box<dyn ReadAt>>;
}

impl Destination for File {
    fn reader(&mut self) -> io::Result<Box<dyn ReadAt>> {
        Ok(Box::new(DiskFile::new(self.try_clone()?)?))
    }
}

impl Destination for BufWriter<File> {
    fn reader(&mut self) -> io::Result<Box<dyn ReadAt>> {
        self.flush()?;
        self.get_mut().reader()
    }
}

/// Costs a copy.
impl Destination for Cursor<Vec<u8>> {
    fn reader(&mut self) -> io::Result<Box<dyn ReadAt>> {
        Ok(Box::new(self.get_ref().clone()))
    }
}

/// Costs a copy, of the same kind.
impl Destination for SpooledTempFile {
    fn reader(&mut self) -> io::Result<Box<dyn ReadAt>> {
        self.seek(SeekFrom::Start(0))?;
        if self.is_rolled() {
            let mut copy = tempfile::tempfile()?;
            io::copy(self, &mut copy)?;
            Ok(Box::new(DiskFile::new(copy)?))
        } else {
            let mut copy = Vec::new();
            self.read_to_end(&mut copy)?;
            Ok(Box::new(copy))
        }
    }
}

/// A bundle that lacks its last sections, which say what it is made of.
#[derive(Debug)]
pub(crate) struct Unsealed {
    segment: u32,
    pre_linked: bool,
    undo: Option<Undo>,
    metadata_size: u64,
    written: Written,
    /// The initializer that was run.
    preinit: Option<String>,
    /// Whether it may be bundled again.
    rebundle: bool,
    /// What the program needs of an engine.
    requires: Requires,
}

/// Writes the linked module with the image in its place.
///
/// `out` must be empty and at its start.
///
/// # Errors
/// When a file can't be read or changes meanwhile, the image gets too large, or `out` fails.
pub(crate) fn write<W: Write + Seek>(
    linked: &Linked<'_>,
    image: Image,
    source: &dyn Source,
    out: &mut W,
    progress: &dyn Progress,
) -> Result<Unsealed, SealError> {
    let metadata_size = image.metadata_size();
    let mut written = None;
    linked.write(out, |out| {
        let done = image.write(source, out, progress)?;
        let size = done.size;
        written = Some(done);
        Ok::<u32, SealError>(size)
    })?;
    let written = written.expect("`Linked::write` calls back once before it returns `Ok`");
    Ok(Unsealed::new(linked, metadata_size, written, None))
}

/// The same of a program whose initializer is run in between: the image first.
///
/// # Errors
/// As [`write`], and when the initializer fails.
pub(crate) fn write_warm<W: Destination>(
    preinit: &Preinit<'_>,
    image: Image,
    source: &dyn Source,
    out: &mut W,
    progress: &dyn Progress,
) -> Result<(Unsealed, Ran), SealError> {
    let failed = SealError::Destination;
    out.seek(SeekFrom::Start(preinit.before()))
        .map_err(failed)?;
    let metadata_size = image.metadata_size();
    let written = image.write(source, out, progress)?;
    let (linked, ran) = preinit.run(&mut || out.reader(), written.size)?;
    let end = preinit.before() + u64::from(written.size);
    out.seek(SeekFrom::Start(end)).map_err(failed)?;
    linked.write_around(out, written.size)?;
    let function = Some(preinit.function().to_owned());
    let unsealed = Unsealed::new(&linked, metadata_size, written, function);
    Ok((unsealed, ran))
}

impl Unsealed {
    fn new(
        linked: &Linked<'_>,
        metadata_size: u64,
        written: Written,
        preinit: Option<String>,
    ) -> Self {
        Self {
            segment: linked.segment(),
            pre_linked: linked.is_pre_linked(),
            undo: linked.undo().cloned(),
            metadata_size,
            written,
            preinit,
            rebundle: !linked.is_once(),
            requires: linked.requires(),
        }
    }

    /// Writes the last sections behind what was written.
    ///
    /// # Errors
    /// When `out` fails.
    pub(crate) fn seal<W: Write + Seek>(
        self,
        parts: Parts<'_>,
        out: &mut W,
    ) -> Result<Sealed, SealError> {
        let record = Record {
            format: vfs_image::layout::VERSION,
            segment: self.segment,
            image_size: self.written.size,
            image_digest: hex_digest(&self.written.digest),
            program: hex_digest(&parts.program),
            interposer: match self.pre_linked {
                true => PRE_LINKED.to_owned(),
                false => hex_digest(&parts.interposer.digest()),
            },
            tool: concat!("wasi-vfs ", env!("CARGO_PKG_VERSION")).to_owned(),
            preinit: self.preinit,
            program_requires: Some(self.requires.names().map(str::to_owned).collect()),
            rebundle: self.rebundle,
        };
        let undo = self.undo.map(|undo| undo.encode(parts.linked));
        let undo = undo.map_or_else(Vec::new, |undo| custom_section(undo::SECTION, undo));
        out.write_all(&[undo, record.section()].concat())
            .map_err(SealError::Destination)?;
        let size = out.stream_position().map_err(SealError::Destination)?;
        Ok(Sealed {
            size,
            image: self.written,
            metadata_size: self.metadata_size,
            record,
        })
    }
}
