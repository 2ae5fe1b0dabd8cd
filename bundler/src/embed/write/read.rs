//! Reading a file of a source, and finding out whether it is still what was planned.

use std::io::{self, Read};
use std::ops::Deref;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::embed::{File, ImageError};
use crate::plan::{Content, Plan};
use crate::report::counted;
use crate::source::{Kind, Source, SourceError};

/// All of a content.
pub(super) struct Whole {
    pub(super) content: Bytes,
    pub(super) digest: [u8; 32],
}

/// A content in memory.
pub(super) enum Bytes {
    /// Just read.
    Own(Vec<u8>),
    /// The manifest's.
    Shared(Arc<[u8]>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// Reads a small file.
pub(super) fn read_whole(
    source: &dyn Source,
    plan: &Plan,
    file: &File,
) -> Result<Whole, ImageError> {
    let content = match file.content(plan) {
        Content::Inline(content) => Bytes::Shared(content),
        from @ (Content::Source { .. } | Content::Archive { .. } | Content::Layer { .. }) => {
            let mut content = Vec::with_capacity(file.size as usize + 1);
            // One byte more than planned is enough to know that there are more.
            open(source, plan, file, &from)?
                .take(u64::from(file.size) + 1)
                .read_to_end(&mut content)
                .map_err(|error| cannot_read(plan, file, error))?;
            complete(plan, file, content.len())?;
            unchanged(source, plan, file, &from)?;
            Bytes::Own(content)
        }
    };
    let digest = Sha256::digest(&*content).into();
    Ok(Whole { content, digest })
}

/// Reads a file once, piece by piece. `piece` gets the buffer with so many bytes in it, and may put another in its place.
pub(super) fn stream(
    source: &dyn Source,
    plan: &Plan,
    file: &File,
    buffer: &mut Vec<u8>,
    mut piece: impl FnMut(&mut Vec<u8>, usize) -> Result<(), ImageError>,
) -> Result<(), ImageError> {
    let from = file.content(plan);
    let mut reader = open(source, plan, file, &from)?;
    let mut read = 0;
    loop {
        let filled = match reader.read(buffer) {
            Ok(0) => break,
            Ok(filled) => filled,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(cannot_read(plan, file, error)),
        };
        read += filled;
        // Before the piece is passed on: nothing beyond the planned size is written.
        if read > file.size as usize {
            break;
        }
        piece(buffer, filled)?;
    }
    complete(plan, file, read)?;
    unchanged(source, plan, file, &from)
}

/// Opens a file wherever it is.
fn open<'a>(
    source: &'a dyn Source,
    plan: &Plan,
    file: &File,
    from: &'a Content,
) -> Result<Box<dyn Read + 'a>, ImageError> {
    let opened = match from {
        Content::Source { path, .. } => source.open(path),
        Content::Archive { archive, member } => archive.open(member),
        Content::Layer { layer, offset, .. } => {
            return Ok(layer.content(*offset, file.size));
        }
        Content::Inline(content) => return Ok(Box::new(&content[..])),
    };
    opened.map_err(|error| unreadable(plan, file, error))
}

/// Whether as many bytes were read as planned.
fn complete(plan: &Plan, file: &File, read: usize) -> Result<(), ImageError> {
    let planned = file.size as usize;
    if read > planned {
        return Err(changed(
            plan,
            file,
            format!(
                "it has more than the planned {}",
                counted(planned as u64, "byte")
            ),
        ));
    }
    if read < planned {
        return Err(changed(
            plan,
            file,
            format!(
                "it has {read} of the planned {}",
                counted(planned as u64, "byte")
            ),
        ));
    }
    Ok(())
}

/// Whether the file is still the one that was planned: the right number of bytes can be a mix of old and new ones.
fn unchanged(
    source: &dyn Source,
    plan: &Plan,
    file: &File,
    from: &Content,
) -> Result<(), ImageError> {
    let change = match from {
        // A manifest may name a file by a symlink.
        Content::Source { path, mtime_ns } => source.followed(path).map(|(_, now)| {
            if now.kind != Kind::File {
                Some("it is no longer a regular file")
            } else if now.mtime_ns != *mtime_ns {
                Some("its modification time is another")
            } else {
                None
            }
        }),
        Content::Archive { archive, .. } => archive.change(source),
        Content::Layer { layer, .. } => layer.change(source),
        Content::Inline(_) => Ok(None),
    };
    match change.map_err(|error| unreadable(plan, file, error))? {
        Some(change) => Err(changed(plan, file, change.to_owned())),
        None => Ok(()),
    }
}

fn unreadable(plan: &Plan, file: &File, error: SourceError) -> ImageError {
    ImageError::Unreadable {
        path: file.path(plan),
        error,
    }
}

fn cannot_read(plan: &Plan, file: &File, error: io::Error) -> ImageError {
    unreadable(
        plan,
        file,
        SourceError {
            verb: "cannot read",
            path: (*file.content(plan).shown().unwrap_or_default()).into(),
            error,
        },
    )
}

pub(super) fn changed(plan: &Plan, file: &File, change: String) -> ImageError {
    ImageError::Changed {
        path: file.path(plan),
        source_path: file.content(plan).shown().unwrap_or_default().into_owned(),
        change,
    }
}
