//! Reading back what was made: the image inside a bundled module.

use miette::Diagnostic;
use vfs_image::layout;
use wasmparser::{DataKind, Encoding, Parser, Payload};

use crate::image::{self, Checked, ImageFlaw, MountRow, Row};
use crate::manifest::Memory;
use crate::output::{Record, SECTION, hex_digest};
use crate::plan::Start;

/// Why a module could not be read back.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum InspectError {
    /// The bytes are not a module.
    #[error("it is not a WebAssembly module: {message} (at byte {offset})")]
    #[diagnostic(
        code(wasi_vfs::inspect::not_a_module),
        help(
            "give a .wasm file that `wasi-vfs bundle` made; one that was cut short must be made again"
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
    /// The image breaks a rule of the format.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Flaw(#[from] ImageFlaw),
    /// The image is well formed and not the one the module was sealed with.
    #[error("the image is not the one that the module's `{SECTION}` section describes")]
    #[diagnostic(
        code(wasi_vfs::inspect::other_image),
        help("the module was changed after it was made: bundle it again")
    )]
    OtherImage,
}

/// An image found in a module.
#[derive(Debug)]
pub struct Found<'a> {
    bytes: &'a [u8],
    segment: u32,
    memories: u32,
    record: Option<Record>,
}

/// Finds the image in a bundled module: where its `wasi-vfs` section says; else, when a tool dropped the section or
/// renumbered segments, in the passive data segment that begins like one.
///
/// # Errors
/// When these are not the bytes of a module, or of one that holds no image.
pub fn find(module: &[u8]) -> Result<Found<'_>, InspectError> {
    if !module.starts_with(b"\0asm") {
        return Err(InspectError::NotAModule {
            message: r"it does not begin with `\0asm`".to_owned(),
            offset: 0,
        });
    }
    let mut images = Vec::new();
    let mut memories = 0;
    let mut record: Option<Record> = None;
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(not_a_module)? {
            Payload::Version {
                encoding: Encoding::Component,
                ..
            } => return Err(InspectError::Component),
            Payload::MemorySection(section) => memories = section.count(),
            Payload::DataSection(segments) => {
                for (index, segment) in (0..).zip(segments) {
                    let segment = segment.map_err(not_a_module)?;
                    if matches!(segment.kind, DataKind::Passive)
                        && segment.data.starts_with(&layout::MAGIC)
                    {
                        images.push((index, segment.data));
                    }
                }
            }
            Payload::CustomSection(section) if section.name() == SECTION => {
                // One that is not ours, or from a later version, is as good as none: the segment speaks for itself.
                record = serde_json::from_slice(section.data()).ok();
            }
            _ => {}
        }
    }
    let recorded = record.as_ref().map(|record| record.segment);
    let (segment, bytes) = images
        .iter()
        .find(|(index, _)| Some(*index) == recorded)
        .or(images.first())
        .copied()
        .ok_or(InspectError::NoImage)?;
    Ok(Found {
        bytes,
        segment,
        memories,
        record,
    })
}

impl<'a> Found<'a> {
    /// The image.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The index of the data segment it was found in.
    #[must_use]
    pub fn segment(&self) -> u32 {
        self.segment
    }

    /// Where the interposer keeps its own state.
    #[must_use]
    pub fn memory(&self) -> Memory {
        // A program that can be bundled has one memory.
        match self.memories {
            0 | 1 => Memory::Single,
            _ => Memory::Isolated,
        }
    }

    /// What the module's `wasi-vfs` section says, when it still has one.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// Every name in the image.
    ///
    /// # Errors
    /// See [`image::list()`].
    pub fn rows(&self) -> Result<Vec<Row>, InspectError> {
        Ok(image::list(self.bytes)?)
    }

    /// The mounts of the image.
    ///
    /// # Errors
    /// See [`image::mounts()`].
    pub fn mounts(&self) -> Result<Vec<MountRow>, InspectError> {
        Ok(image::mounts(self.bytes)?)
    }

    /// What the program is started with.
    ///
    /// # Errors
    /// See [`image::start()`].
    pub fn start(&self) -> Result<Start, InspectError> {
        Ok(image::start(self.bytes)?)
    }

    /// Checks every rule of the format, the digest, and that it is the digest the module was sealed with.
    ///
    /// # Errors
    /// The first flaw, see [`image::check()`].
    pub fn check(&self) -> Result<Checked, InspectError> {
        let checked = image::check(self.bytes)?;
        match &self.record {
            Some(record) if record.image_digest != hex_digest(&checked.digest) => {
                Err(InspectError::OtherImage)
            }
            _ => Ok(checked),
        }
    }
}

fn not_a_module(error: wasmparser::BinaryReaderError) -> InspectError {
    InspectError::NotAModule {
        message: error.message().to_owned(),
        offset: error.offset() as u64,
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
    fn the_segment_is_found_without_a_section() {
        let module = wat::parse_str(r#"(module (data "a") (data "\00wasivfs rest"))"#).unwrap();
        let found = find(&module).unwrap();
        assert_eq!(
            (found.segment(), found.bytes()),
            (1, &b"\0wasivfs rest"[..])
        );
        assert!(found.record().is_none());
        assert_eq!(
            found.check().unwrap_err().code().unwrap().to_string(),
            "wasi_vfs::image::not_an_image"
        );
    }
}
