//! What all readers of archives need: how to call one in messages, and how large it may be.

use std::io;

use super::Format;
use super::error::ArchiveError;
use crate::read_at::ReadAt;
use crate::report::display_size;
use crate::source::SourceError;

/// An archive that is being opened.
pub(super) struct Context<'a> {
    /// What messages call it.
    pub(super) shown: &'a str,
    /// Bytes that it may unpack to.
    pub(super) limit: u64,
}

impl Context<'_> {
    /// Whether an archive's content is in the format that its name says.
    pub(super) fn expect(&self, file: &dyn ReadAt, format: Format) -> Result<(), ArchiveError> {
        let mut start = [0; 512];
        let there = usize::try_from(file.size()).unwrap_or(usize::MAX);
        let start = &mut start[..there.min(512)];
        self.read(file, start, 0)?;
        let found = match Format::of_content(start) {
            Some(found) if found == format => return Ok(()),
            _ if start.is_empty() => "it is empty".to_owned(),
            Some(found) => format!("it is {}, not {}", found.name(), format.name()),
            None => format!("it is not a {} file", format.name()),
        };
        Err(self.content(&found))
    }

    /// Fills `buffer` with bytes that were seen to be there.
    pub(super) fn read(
        &self,
        bytes: &dyn ReadAt,
        buffer: &mut [u8],
        at: u64,
    ) -> Result<(), ArchiveError> {
        let read = bytes.read_exact_at(buffer, at);
        read.map_err(|error| self.unreadable("cannot read", error))
    }

    pub(super) fn unreadable(&self, verb: &'static str, error: io::Error) -> ArchiveError {
        ArchiveError::Unreadable(SourceError {
            verb,
            path: self.shown.into(),
            error,
        })
    }

    pub(super) fn content(&self, found: &str) -> ArchiveError {
        ArchiveError::Content {
            archive: self.shown.to_owned(),
            found: found.to_owned(),
        }
    }

    pub(super) fn truncated(&self, place: String) -> ArchiveError {
        ArchiveError::Truncated {
            archive: self.shown.to_owned(),
            place,
        }
    }

    pub(super) fn corrupt(&self, what: String) -> ArchiveError {
        ArchiveError::Corrupt {
            archive: self.shown.to_owned(),
            what,
        }
    }

    pub(super) fn unsupported(&self, what: String) -> ArchiveError {
        ArchiveError::Unsupported {
            archive: self.shown.to_owned(),
            what,
        }
    }

    pub(super) fn too_large(&self) -> ArchiveError {
        ArchiveError::Size {
            archive: self.shown.to_owned(),
            limit: display_size(self.limit),
        }
    }
}
