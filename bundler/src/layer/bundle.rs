//! Bundles whose files go into another: as a source, or as what a program has already that is bundled again.

use std::collections::BTreeMap;

use crate::inspect::{Found, InspectError};

/// A module with an image.
#[derive(Debug)]
pub struct Bundle {
    /// What messages and reports call it.
    shown: String,
    found: Found<'static>,
}

impl Bundle {
    pub(crate) fn new(shown: &str, found: Found<'static>) -> Self {
        let shown = shown.to_owned();
        Self { shown, found }
    }

    /// What messages and reports call it.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    pub(crate) fn found(&self) -> &Found<'static> {
        &self.found
    }

    /// Checks it as `inspect` does. Contents whose SHA-256 is `known` because they were read anyway, by place in the image and
    /// size, are not read again.
    ///
    /// # Errors
    /// The first flaw. Which content was changed can't be told: an image has one digest, over the metadata and those of all
    /// contents.
    pub(crate) fn check(&self, known: &BTreeMap<(u32, u32), [u8; 32]>) -> Result<(), InspectError> {
        self.found.check_with(known).map(drop)
    }
}
