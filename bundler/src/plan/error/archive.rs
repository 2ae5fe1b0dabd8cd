//! What is wrong with an archive, with the place where the manifest names it.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, SourceSpan};
use thiserror::Error;

use crate::archive::ArchiveError;

/// An archive that can't be a source.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct ArchiveProblem {
    /// What is wrong with it. Part of the message, so not its source.
    pub error: ArchiveError,
    /// Where the manifest names it.
    pub at: SourceSpan,
}

impl Diagnostic for ArchiveProblem {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.error.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.error.help()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(Some("this archive".to_owned()), self.at);
        Some(Box::new(std::iter::once(label)))
    }
}
