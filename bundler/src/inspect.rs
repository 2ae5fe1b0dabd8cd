//! Reading back what was made: the image inside a bundled module.
//!
//! A module is stepped through, not read: only the image's metadata is held in memory, and contents are read when they are
//! asked for. So a bundle of 4 GiB can be looked at in a few MiB.

mod locate;
mod lookup;
mod section;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use miette::Diagnostic;
use sha2::{Digest as _, Sha256};

use vfs_image::layout::HeaderRecord;

use crate::digest::hex_digest;
use crate::image::{self, Checked, Head, ImageFlaw, MountRow, Row, Rows};
use crate::module::{self, ProgramError};
use crate::read_at::{DiskFile, ReadAt};
use crate::record::{Record, SECTION};
use crate::report::counted;
use crate::requires::{self, Requires};
use crate::settings::{Memory, Start};
use locate::{Fault, Place};

pub use lookup::{Lookup, LookupError};
pub use section::Section;

/// Bytes of content hashed at once.
const CHUNK: usize = 256 << 10;

/// Why a module could not be read back.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum InspectError {
    /// The bytes are not a module.
    #[error("it is not a WebAssembly module: {message} (at byte {offset})")]
    #[diagnostic(
        code(wasi_vfs::inspect::not_a_module),
        help(
            "give a .wasm file that `wasi-vfs bundle` made; a truncated one must be created again"
        )
    )]
    NotAModule {
        /// What the parser said.
        message: String,
        /// Where, counted from the start of the file.
        offset: u64,
    },
    /// The bytes are a component.
    #[error("it is a component, not a core module")]
    #[diagnostic(
        code(wasi_vfs::inspect::component),
        help("give the bundled module that the component was made from")
    )]
    Component,
    /// The module holds no image.
    #[error("it holds no embedded files")]
    #[diagnostic(
        code(wasi_vfs::inspect::no_image),
        help("give a module that `wasi-vfs bundle` made")
    )]
    NoImage,
    /// The file ends within the image.
    #[error("it is truncated: {} of its embedded files are missing", counted(*missing, "byte"))]
    #[diagnostic(
        code(wasi_vfs::inspect::truncated),
        help("copy or download it again, or bundle it again")
    )]
    Truncated {
        /// So many bytes more would be the whole image.
        missing: u64,
    },
    /// The image breaks a rule of the format.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Flaw(#[from] ImageFlaw),
    /// The module can't be read any further.
    #[error("it can't be read: {0}")]
    #[diagnostic(
        code(wasi_vfs::inspect::read),
        help("the file changed or its disk is failing: try again, or copy it elsewhere")
    )]
    Read(#[source] io::Error),
    /// The image is well formed and not the one the module was sealed with.
    #[error("the image does not match the module's `{SECTION}` section")]
    #[diagnostic(
        code(wasi_vfs::inspect::other_image),
        help("the module was modified after it was made: bundle it again")
    )]
    OtherImage,
}

/// An image found in a module, and the module.
#[derive(Debug)]
pub struct Found<'a> {
    bytes: Box<dyn ReadAt + 'a>,
    place: Place,
    /// The image's metadata: all before its contents.
    metadata: Vec<u8>,
}

/// Why there is no [`Found`] for a path.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum OpenError {
    /// The file can't be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Program(#[from] ProgramError),
    /// It is not what was expected.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Inspect(#[from] InspectError),
}

/// Finds the image in the bundled module at `path`. What is no binary module is read as text (.wat).
///
/// # Errors
/// When the file can't be read, or is no module that holds an image.
pub fn open(path: &Path) -> Result<Found<'static>, OpenError> {
    let unreadable = |error| ProgramError::unreadable(path, error);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut start = Vec::new();
    // A pipe can be read but once: all that is no regular file is read as a whole.
    let regular = file.metadata().map_err(unreadable)?.is_file();
    if regular {
        (&mut file)
            .take(4)
            .read_to_end(&mut start)
            .map_err(unreadable)?;
    }
    let bytes: Box<dyn ReadAt> = match start.as_slice() {
        b"\0asm" => Box::new(DiskFile::new(file).map_err(unreadable)?),
        _ => {
            file.read_to_end(&mut start).map_err(unreadable)?;
            Box::new(module::decode(&path.display().to_string(), start)?)
        }
    };
    Ok(find_in(bytes)?)
}

/// Finds the image in a bundled module: the one that the module's `wasi-vfs` section describes; else, when a tool dropped
/// the section, the one in the first passive data segment that begins like an image.
///
/// # Errors
/// When these are not the bytes of a module, or of one that holds no image.
pub fn find(module: &[u8]) -> Result<Found<'_>, InspectError> {
    find_in(Box::new(module))
}

/// The same wherever the module's bytes are.
///
/// # Errors
/// See [`find`]; and when the bytes can't be read.
pub fn find_in<'a>(bytes: Box<dyn ReadAt + 'a>) -> Result<Found<'a>, InspectError> {
    match locate::locate(&*bytes) {
        Ok(place) => Found::read(bytes, place),
        Err(fault) => Err(fault.error),
    }
}

/// The same for what need not be a bundle; `None`: no section of it tells of an image, or it is no module that holds one.
pub(crate) fn find_recorded<'a>(bytes: Box<dyn ReadAt + 'a>) -> Option<Found<'a>> {
    let recorded = locate::is_recorded(&*bytes);
    recorded.then(|| find_in(bytes).ok()).flatten()
}

/// The same; `None`: it is no module, or nothing in it, as far as it is one, tells of an image.
///
/// # Errors
/// When it is a bundle that is damaged, and when the bytes can't be read.
pub(crate) fn find_any<'a>(bytes: Box<dyn ReadAt + 'a>) -> Result<Option<Found<'a>>, InspectError> {
    match locate::locate(&*bytes) {
        Ok(place) => Found::read(bytes, place).map(Some),
        Err(Fault {
            error: error @ InspectError::Read(_),
            ..
        }) => Err(error),
        Err(fault) if fault.is_bundle => Err(fault.error),
        Err(_) => Ok(None),
    }
}

impl<'a> Found<'a> {
    /// Reads the metadata of the image at `place`.
    fn read(bytes: Box<dyn ReadAt + 'a>, place: Place) -> Result<Self, InspectError> {
        let read = |size: u32| {
            let mut start = vec![0; size as usize];
            let read = bytes.read_exact_at(&mut start, place.offset);
            read.map(|()| start).map_err(InspectError::Read)
        };
        let start = read(place.size.min(HeaderRecord::SIZE as u32))?;
        let metadata = read(Head::metadata_size(&start, place.size)?)?;
        Ok(Self {
            bytes,
            place,
            metadata,
        })
    }
}

impl Found<'_> {
    fn head(&self) -> Head<'_> {
        Head::new(&self.metadata, self.place.size)
    }

    /// Bytes of the image.
    #[must_use]
    pub fn image_size(&self) -> u32 {
        self.place.size
    }

    /// Bytes of the image's metadata: all before its contents.
    #[must_use]
    pub fn metadata_size(&self) -> u32 {
        self.metadata.len() as u32
    }

    /// Where in the module the image begins, in bytes.
    #[must_use]
    pub fn image_offset(&self) -> u64 {
        self.place.offset
    }

    /// The index of the data segment it was found in.
    #[must_use]
    pub fn segment(&self) -> u32 {
        self.place.segment
    }

    /// Where the interposer keeps its own state.
    #[must_use]
    pub fn memory(&self) -> Memory {
        // A program that can be bundled has one memory.
        match self.place.memories {
            0 | 1 => Memory::Single,
            _ => Memory::Isolated,
        }
    }

    /// Bytes of the module around the image: all before it, and all behind it.
    pub(crate) fn around(&self) -> Result<(Vec<u8>, Vec<u8>), InspectError> {
        let read = |range: Range<u64>| {
            let mut bytes = vec![0; (range.end - range.start) as usize];
            let read = self.bytes.read_exact_at(&mut bytes, range.start);
            read.map(|()| bytes).map_err(InspectError::Read)
        };
        let end = self.place.offset + u64::from(self.place.size);
        Ok((read(0..self.place.offset)?, read(end..self.bytes.size())?))
    }

    /// What the module needs of an engine.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn requires(&self) -> Result<Requires, InspectError> {
        let mut start = vec![0; self.place.offset as usize];
        let read = self.bytes.read_exact_at(&mut start, 0);
        read.map_err(InspectError::Read)?;
        Ok(requires::of_parts(&start))
    }

    /// What of that the program did not need before it was bundled; `None`: its bundle does not say.
    #[must_use]
    pub fn added(&self, requires: Requires) -> Option<Requires> {
        let program = self.record()?.program_requires.as_ref()?;
        let program = Requires::named(program.iter().map(String::as_str));
        Some(requires.without(program))
    }

    /// Where the contents of the module's section `wasi-vfs.undo` are, when it has one.
    pub(crate) fn undo(&self) -> Option<Range<u64>> {
        self.place.undo.clone()
    }

    /// What the module's `wasi-vfs` section says, when it still has one.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        self.place.record.as_ref()
    }

    /// Every name in the image.
    ///
    /// # Errors
    /// See [`image::list()`].
    pub fn rows(&self) -> Result<Rows<'_>, InspectError> {
        Ok(image::list_of(self.head())?)
    }

    /// Shows every name in the tree of the preopen `root`, parents first; `None`: there is no such preopen.
    pub(crate) fn visit<E: From<ImageFlaw>>(
        &self,
        root: &str,
        visit: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<Option<()>, E> {
        image::visit(self.head(), root, visit)
    }

    /// The directories that the program finds open, in their order.
    ///
    /// # Errors
    /// See [`image::list()`].
    pub fn preopens(&self) -> Result<Vec<String>, InspectError> {
        Ok(image::preopens_of(self.head())?)
    }

    /// The mounts of the image.
    ///
    /// # Errors
    /// See [`image::mounts()`].
    pub fn mounts(&self) -> Result<Vec<MountRow>, InspectError> {
        Ok(image::mounts_of(self.head())?)
    }

    /// What the program is started with.
    ///
    /// # Errors
    /// See [`image::start()`].
    pub fn start(&self) -> Result<Start, InspectError> {
        Ok(image::start_of(self.head())?)
    }

    /// Content of the image by its place there, as a [`Row`] of a file tells it.
    ///
    /// # Panics
    /// When there are no such bytes in the image.
    #[must_use]
    pub fn content(&self, offset: u32, size: u32) -> Section<'_> {
        let inside = size == 0
            || offset
                .checked_add(size)
                .is_some_and(|end| end <= self.place.size);
        assert!(inside, "BUG: no content at {offset} of {size} bytes");
        let start = self.place.offset + u64::from(offset);
        Section::new(&*self.bytes, start, u64::from(size))
    }

    /// Bytes of the whole module.
    #[must_use]
    pub fn module_size(&self) -> u64 {
        self.bytes.size()
    }

    /// The whole module.
    #[must_use]
    pub fn module(&self) -> Section<'_> {
        Section::new(&*self.bytes, 0, self.bytes.size())
    }

    /// Checks every rule of the format, the digest, and that it is the digest the module was sealed with; reads all contents.
    ///
    /// # Errors
    /// The first flaw, see [`image::check()`].
    pub fn check(&self) -> Result<Checked, InspectError> {
        // A walk knows paths, so it words most flaws better than the check of the whole.
        self.rows()?;
        self.check_with(&BTreeMap::new())
    }

    /// The same where the SHA-256 of some contents is `known` already, by place in the image and size: these are not read.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub(crate) fn check_with(
        &self,
        known: &BTreeMap<(u32, u32), [u8; 32]>,
    ) -> Result<Checked, InspectError> {
        let mut buffer = vec![0; CHUNK];
        let checked = image::check_head(self.head(), |offset, size| {
            if let Some(digest) = known.get(&(offset, size)) {
                return Ok(*digest);
            }
            let mut hash = Sha256::new();
            let mut content = self.content(offset, size);
            loop {
                match content.read(&mut buffer).map_err(InspectError::Read)? {
                    0 => return Ok::<[u8; 32], InspectError>(hash.finalize().into()),
                    read => hash.update(&buffer[..read]),
                }
            }
        })?;
        match self.record() {
            Some(record) if record.image_digest != hex_digest(&checked.digest) => {
                Err(InspectError::OtherImage)
            }
            _ => Ok(checked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(module: &[u8]) -> String {
        find(module).unwrap_err().code().unwrap().to_string()
    }

    #[test]
    fn what_is_no_bundle_is_named() {
        assert_eq!(refused(b"hello"), "wasi_vfs::inspect::not_a_module");
        assert_eq!(
            refused(b"\0asm\x01\0\0\0\x01\x05"),
            "wasi_vfs::inspect::not_a_module"
        );
        assert_eq!(
            refused(b"\0asm\x0d\0\x01\0"),
            "wasi_vfs::inspect::component"
        );
        assert_eq!(refused(b"\0asm\x01\0\0\0"), "wasi_vfs::inspect::no_image");
        let look_alike =
            wat::parse_str(r#"(module (memory 1) (data (i32.const 0) "\00wasivfs"))"#).unwrap();
        assert_eq!(refused(&look_alike), "wasi_vfs::inspect::no_image");
    }

    #[test]
    fn what_only_begins_like_an_image_is_none() {
        let module = wat::parse_str(r#"(module (data "a") (data "\00wasivfs rest"))"#).unwrap();
        assert_eq!(refused(&module), "wasi_vfs::image::not_an_image");
    }
}
