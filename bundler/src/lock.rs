//! The lock: what each profile of a manifest came to when it was bundled last.
//!
//! It lies beside the manifest, is checked in, and is TOML in one fixed form with one entry a line, so that a change of a
//! file is a change of a line, and branches that add different files merge. It holds nothing that is computed from several
//! entries (no count, no digest of the image): two branches would always disagree about that.
//!
//! `text` writes it, `lines` reads what `text` writes at the speed of reading lines, `toml` reads everything else (what a
//! merge left out of order, say) and is the judge of what is wrong with it.

mod error;
mod file;
mod lines;
mod same;
mod text;
mod toml;
mod turn;

use std::collections::BTreeMap;
use std::io;

use crate::listing::Listing;
use crate::manifest::BASE;

pub use error::{Drift, LockError};
pub use file::{LockFile, Written};
pub use toml::schema;

pub(crate) use file::Update;
pub(crate) use turn::Turn;

/// The version that this build reads and writes.
pub const VERSION: u32 = 1;

/// What a lock says: a [`Listing`] for each profile that was bundled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    profiles: BTreeMap<Name, Listing>,
}

/// A profile's name; `base` comes before all others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    other: bool,
    name: String,
}

impl Name {
    fn of(name: &str) -> Self {
        Self {
            other: name != BASE,
            name: name.to_owned(),
        }
    }
}

impl Lock {
    /// Reads a lock's text. `name` is what messages call it.
    ///
    /// Lines may end as on Windows, and entries stand in any order: whatever means the same is the same lock.
    ///
    /// # Errors
    /// When a merge left conflict markers, when it is of a later version, or no lock.
    pub fn parse(text: &str, name: &str) -> Result<Self, LockError> {
        match lines::read(text.as_bytes()) {
            Ok(Some(lock)) => Ok(lock),
            // All of a text is read.
            _ => Self::parse_freely(text, name),
        }
    }

    /// The same for what is not in the one form.
    fn parse_freely(text: &str, name: &str) -> Result<Self, LockError> {
        // A byte order mark and the line ends of Windows are what editors and git add.
        let plain = text.strip_prefix('\u{feff}').unwrap_or(text);
        match plain.contains('\r') {
            true => toml::read(&plain.replace("\r\n", "\n"), name),
            false => toml::read(plain, name),
        }
    }

    /// The lock in its one form.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = Vec::new();
        self.write(&mut text).expect("a vector takes everything");
        String::from_utf8(text).expect("a lock is text")
    }

    /// Writes the lock in its one form.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        text::write(self, out)
    }

    /// What a profile came to; none: it was never bundled.
    #[must_use]
    pub fn profile(&self, name: &str) -> Option<&Listing> {
        self.profiles.get(&Name::of(name))
    }

    /// The profiles in it, `base` first.
    pub fn profiles(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(|name| name.name.as_str())
    }

    /// Sets what a profile came to.
    ///
    /// # Panics
    /// When the listing has unknown parts, as that of a module on disk has.
    pub fn set(&mut self, profile: &str, listing: Listing) {
        let parts = [&listing.tool, &listing.interposer, &listing.program];
        let known = parts.iter().all(|part| part.is_some())
            && listing.preinit.is_some()
            && listing.vars.is_some()
            && listing.machine_dependent.is_some();
        assert!(known, "BUG: a listing with unknown parts for the lock");
        self.profiles.insert(Name::of(profile), listing);
    }

    /// Drops the profiles that a manifest with these does not have any more, and names them.
    pub fn keep(&mut self, profiles: &[String]) -> Vec<String> {
        let gone = |name: &Name| name.other && !profiles.contains(&name.name);
        let dropped = self.profiles.keys().filter(|name| gone(name));
        let dropped = dropped.map(|name| name.name.clone()).collect();
        self.profiles.retain(|name, _| !gone(name));
        dropped
    }
}
