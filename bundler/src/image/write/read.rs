//! Reading a file of a source, and finding out whether it is still what was planned.

use std::borrow::Cow;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::image::{File, ImageError};
use crate::plan::Content;
use crate::source::{Kind, Source, SourceError};

/// All of a content.
pub(super) struct Whole<'a> {
    pub(super) content: Cow<'a, [u8]>,
    pub(super) digest: [u8; 32],
}

/// Reads a small file.
pub(super) fn read_whole<'a>(source: &dyn Source, file: &'a File) -> Result<Whole<'a>, ImageError> {
    let content = match &file.content {
        Content::Inline(content) => Cow::Borrowed(&content[..]),
        Content::Source { path, mtime_ns } => {
            let mut content = Vec::with_capacity(file.size as usize + 1);
            let reader = source.open(path).map_err(|error| unreadable(file, error))?;
            // One byte more than planned is enough to know that there are more.
            reader
                .take(u64::from(file.size) + 1)
                .read_to_end(&mut content)
                .map_err(|error| cannot_read(file, path, error))?;
            complete(file, content.len())?;
            unchanged(source, file, path, *mtime_ns)?;
            Cow::Owned(content)
        }
    };
    let digest = Sha256::digest(&content).into();
    Ok(Whole { content, digest })
}

/// Reads a file once, piece by piece.
pub(super) fn stream(
    source: &dyn Source,
    file: &File,
    buffer: &mut [u8],
    mut piece: impl FnMut(&[u8]) -> Result<(), ImageError>,
) -> Result<(), ImageError> {
    let Content::Source { path, mtime_ns } = &file.content else {
        unreachable!("BUG: only contents of a source are streamed");
    };
    let mut reader = source.open(path).map_err(|error| unreadable(file, error))?;
    let mut read = 0;
    loop {
        let filled = match reader.read(buffer) {
            Ok(0) => break,
            Ok(filled) => filled,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(cannot_read(file, path, error)),
        };
        read += filled;
        // Before the piece is passed on: nothing beyond the planned size is written.
        if read > file.size as usize {
            break;
        }
        piece(&buffer[..filled])?;
    }
    complete(file, read)?;
    unchanged(source, file, path, *mtime_ns)
}

/// Whether as many bytes were read as planned.
fn complete(file: &File, read: usize) -> Result<(), ImageError> {
    let planned = file.size as usize;
    if read > planned {
        return Err(changed(
            file,
            format!("it has more than the planned {planned} bytes"),
        ));
    }
    if read < planned {
        return Err(changed(
            file,
            format!("it has {read} of the planned {planned} bytes"),
        ));
    }
    Ok(())
}

/// Whether the file is still the one that was planned: the right number of bytes can be a mix of old and new ones.
fn unchanged(
    source: &dyn Source,
    file: &File,
    path: &Path,
    mtime_ns: i128,
) -> Result<(), ImageError> {
    let now = source
        .metadata(path)
        .map_err(|error| unreadable(file, error))?;
    if now.kind != Kind::File {
        return Err(changed(file, "it is no regular file any more".to_owned()));
    }
    if now.mtime_ns != mtime_ns {
        return Err(changed(file, "its modification time is another".to_owned()));
    }
    Ok(())
}

fn unreadable(file: &File, error: SourceError) -> ImageError {
    ImageError::Unreadable {
        path: file.path.as_str().to_owned(),
        error,
    }
}

fn cannot_read(file: &File, path: &Path, error: io::Error) -> ImageError {
    unreadable(
        file,
        SourceError {
            verb: "cannot read",
            path: path.to_owned(),
            error,
        },
    )
}

pub(super) fn changed(file: &File, change: String) -> ImageError {
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
