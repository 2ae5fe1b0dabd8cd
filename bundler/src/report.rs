//! Several problems of one manifest, told together.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

/// A manifest's text under the name messages use for it; what labels point into.
#[derive(Debug, Clone)]
pub struct Text(Arc<NamedSource<String>>);

impl Text {
    /// A text and its name.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        Self(Arc::new(NamedSource::new(name, text.to_owned())))
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// All of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.inner()
    }

    /// For a diagnostic with labels in this text.
    #[must_use]
    pub fn source_code(&self) -> NamedSource<String> {
        (*self.0).clone()
    }
}

/// All problems that a stage found, in the order of the manifest's lines; at least one.
///
/// One problem is shown as itself; several as the related parts of one report.
#[derive(Debug)]
pub struct Report<P> {
    text: Text,
    problems: Vec<P>,
}

impl<P> Report<P> {
    /// Problems of the manifest `text`.
    ///
    /// # Panics
    /// When there is none.
    pub(crate) fn new(text: Text, problems: Vec<P>) -> Self {
        assert!(!problems.is_empty(), "BUG: a report of no problem");
        Self { text, problems }
    }

    /// The problems, in the order of the manifest's lines.
    #[must_use]
    pub fn problems(&self) -> &[P] {
        &self.problems
    }

    fn only(&self) -> Option<&P> {
        match self.problems.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// A number and what it counts, with the plural that most nouns have: `1 byte`, `2 bytes`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A number of bytes for people: the largest unit that leaves it short.
pub(crate) fn display_size(bytes: u64) -> String {
    let (name, unit) = match bytes {
        0..1024 => return format!("{bytes} B"),
        1024..1_048_576 => ("KiB", 1 << 10),
        1_048_576..1_073_741_824 => ("MiB", 1 << 20),
        _ => ("GiB", 1_u64 << 30),
    };
    let tenths = u128::from(bytes) * 10 / u128::from(unit);
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        tenth => format!("{}.{tenth} {name}", tenths / 10),
    }
}

impl<P: fmt::Display> fmt::Display for Report<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.only() {
            Some(problem) => problem.fmt(f),
            None => write!(
                f,
                "`{}` has {} problems",
                self.text.name(),
                self.problems.len()
            ),
        }
    }
}

impl<P: std::error::Error + 'static> std::error::Error for Report<P> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.only().and_then(std::error::Error::source)
    }
}

impl<P: Diagnostic + 'static> Diagnostic for Report<P> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.only().and_then(Diagnostic::code)
    }

    fn severity(&self) -> Option<Severity> {
        self.only().and_then(Diagnostic::severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.only().and_then(Diagnostic::help)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.text.0)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.only().and_then(Diagnostic::labels)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        match self.only() {
            Some(problem) => problem.related(),
            None => Some(Box::new(
                self.problems
                    .iter()
                    .map(|problem| problem as &dyn Diagnostic),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (64 << 20, "64 MiB"),
            (5 << 30, "5 GiB"),
        ] {
            assert_eq!(display_size(bytes), text);
        }
    }
}
