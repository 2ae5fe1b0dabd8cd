//! A module's bytes as they lie on disk, binary or text, in binary form.

mod bytes;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use miette::{Diagnostic, NamedSource, SourceSpan};
use rayon::prelude::*;
use wast::parser::{Parse, Parser};

use crate::report::Text;
use crate::source::{self, DiskSource, Source};

pub(crate) use bytes::Bytes;

/// Why a program could not be read.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ProgramError {
    /// There is no such file.
    #[error("the module `{}` does not exist", path.display())]
    #[diagnostic(
        code(wasi_vfs::program::missing),
        help(
            "{}",
            match manifest {
                Some(_) => "build the program first, or correct the path",
                None => "build it first, or correct the path",
            }
        )
    )]
    Missing {
        /// The path as it was given.
        path: PathBuf,
        /// The manifest that asks for it, if one does.
        #[source_code]
        manifest: Option<NamedSource<String>>,
        /// Where.
        #[label("asked for here")]
        at: Option<SourceSpan>,
    },
    /// The file is there and can't be read.
    #[error("cannot read the module `{}`: {error}", path.display())]
    #[diagnostic(
        code(wasi_vfs::program::unreadable),
        help("the module must be a readable file, .wasm or .wat")
    )]
    Unreadable {
        /// The path as it was given.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// The file holds WebAssembly text with a mistake in it.
    #[error("invalid WebAssembly text: {message}")]
    #[diagnostic(
        code(wasi_vfs::program::text),
        help(
            "a module that starts with `(` is read as WebAssembly text (.wat): correct it, or give the .wasm built from it"
        )
    )]
    Text {
        /// What the parser said.
        message: String,
        /// The whole text.
        #[source_code]
        text: NamedSource<String>,
        /// Where the parser stopped.
        #[label("here")]
        at: SourceSpan,
    },
}

impl ProgramError {
    /// Words what the system said when the module at `path` was to be read.
    pub(crate) fn unreadable(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing {
                path,
                manifest: None,
                at: None,
            },
            _ => Self::Unreadable { path, error },
        }
    }

    /// The same for a path that stands in a manifest.
    #[must_use]
    pub fn asked_for(self, text: &Text, span: SourceSpan) -> Self {
        match self {
            Self::Missing { path, .. } => Self::Missing {
                path,
                manifest: Some(text.source_code()),
                at: Some(span),
            },
            other => other,
        }
    }
}

/// Reads a module from disk; text is turned into binary form.
///
/// # Errors
/// When the file is missing or can't be read, and on a mistake in a text.
pub fn load(path: &Path) -> Result<Vec<u8>, ProgramError> {
    load_from(&DiskSource, path).map(|bytes| bytes.to_vec())
}

/// The same from a source.
pub(crate) fn load_from(src: &dyn Source, path: &Path) -> Result<Bytes, ProgramError> {
    let bytes = read(src, path).map_err(|error| ProgramError::unreadable(path, error))?;
    match is_text(&bytes) {
        true => decode(&path.display().to_string(), bytes.to_vec()).map(Bytes::from),
        false => Ok(bytes),
    }
}

/// Reads a whole file of a source; a large one by several threads, because most of the time goes into making room for it.
fn read(src: &dyn Source, path: &Path) -> io::Result<Bytes> {
    const PIECE: usize = 2 << 20;
    if let Some((_, file)) = source::regular(src, path) {
        let size = usize::try_from(file.size()).unwrap_or(usize::MAX);
        let mut bytes = Bytes::zeros(size);
        let whole = bytes
            .par_chunks_mut(PIECE)
            .enumerate()
            .try_for_each(|(index, piece)| file.read_exact_at(piece, (index * PIECE) as u64));
        // One that is being written meanwhile is read the usual way.
        if whole.is_ok() && file.read_at(&mut [0], size as u64)? == 0 {
            return Ok(bytes);
        }
    }
    // Pipes and the like have no size and no places to read at.
    let mut file = src.open(path).map_err(|error| error.error)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// Turns a module's text into its binary form; anything that is not text passes unchanged, for the linker to judge.
///
/// `name` stands for the text in messages. What counts is the content, not the file's name: text begins, after
/// white space, with `(` or with a comment.
///
/// # Errors
/// On a mistake in the text.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<Vec<u8>, ProgramError> {
    if !is_text(&bytes) {
        return Ok(bytes);
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(not_text) => return Ok(not_text.into_bytes()),
    };
    assemble(&text).map_err(|error| {
        let (message, offset) = (error.message(), error.span().offset());
        // A span at the very end of the text (an unclosed parenthesis) has no character to point at.
        let at = SourceSpan::from(
            offset.min(text.len().saturating_sub(1))..(offset + 1).min(text.len()),
        );
        ProgramError::Text {
            message,
            text: NamedSource::new(name, text),
            at,
        }
    })
}

fn is_text(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
    matches!(first, Some(b'(' | b';'))
}

fn assemble(text: &str) -> Result<Vec<u8>, wast::Error> {
    let buffer = wast::parser::ParseBuffer::new(text)?;
    wast::parser::parse::<CoreModule<'_>>(&buffer)?.0.encode()
}

/// A text that is no component: the parser is built without those, and would blame the build.
struct CoreModule<'a>(wast::Wat<'a>);

impl<'a> Parse<'a> for CoreModule<'a> {
    fn parse(parser: Parser<'a>) -> wast::parser::Result<Self> {
        if parser.peek2::<wast::kw::component>()? {
            return Err(parser.error(
                "this is a component, not a core module; give the module that it is made from",
            ));
        }
        parser.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_binary_and_binary_stays() {
        let wasm = decode("t.wat", b"  (module)".to_vec()).unwrap();
        assert_eq!(wasm, b"\0asm\x01\0\0\0");
        assert_eq!(decode("t.wasm", wasm.clone()).unwrap(), wasm);
        assert_eq!(
            decode("c.wat", b";; empty\n(module)".to_vec()).unwrap(),
            wasm
        );
    }

    #[test]
    fn other_bytes_are_left_to_the_linker() {
        assert_eq!(decode("t", b"#!/bin/sh".to_vec()).unwrap(), b"#!/bin/sh");
        assert_eq!(decode("t", b"(\xff".to_vec()).unwrap(), b"(\xff");
        assert_eq!(decode("t", Vec::new()).unwrap(), b"");
    }

    #[test]
    fn a_mistake_points_at_its_place() {
        let text = "(module\n  (fun))";
        let Err(ProgramError::Text { at, message, .. }) = decode("t.wat", text.into()) else {
            panic!("accepted")
        };
        assert_eq!(&text[at.offset()..at.offset() + at.len()], "f");
        assert!(message.contains("expected valid module field"), "{message}");
    }

    #[test]
    fn an_unclosed_text_still_has_a_place() {
        let Err(ProgramError::Text { at, .. }) = decode("t.wat", b"(module".to_vec()) else {
            panic!("accepted")
        };
        assert_eq!((at.offset(), at.len()), (6, 1));
    }

    #[test]
    fn a_component_is_called_one() {
        for text in ["(component)", ";; c\n(component $c (core module))"] {
            let Err(ProgramError::Text { message, .. }) = decode("t.wat", text.into()) else {
                panic!("accepted")
            };
            assert!(message.starts_with("this is a component"), "{message}");
        }
    }
}
