//! Entries of a walk: their guest paths, modes and times.

use std::ffi::OsStr;
use std::path::Path;
use std::rc::Rc;

use super::{Guest, Level, Walk, escaped, shown};
use crate::manifest::{Attributes, DIRECTORY_MODE, Pattern};
use crate::path::GuestPath;
use crate::plan::EntryKind;
use crate::plan::found::{Offence, Strength};
use crate::plan::glob::{Globs, State};
use crate::plan::secret;
use crate::source::{Kind, Metadata, Visited};

impl Walk<'_> {
    /// The place of the entry `name` in the directory of the last level.
    pub(super) fn guest_of(&self, name: &OsStr) -> Guest {
        let Some(directory) = self.levels.last() else {
            return Guest::Above;
        };
        match (&directory.guest, name.to_str()) {
            (Guest::At(directory), Some(name)) => match directory.child(name) {
                Ok(path) => Guest::At(path),
                Err(_) => Guest::Unspeakable(Offence::TooLong),
            },
            (Guest::At(_), None) => Guest::Unspeakable(Offence::NotUtf8),
            (Guest::Above, name) => {
                let Some(prefix) = &self.mount.strip_prefix else {
                    return Guest::Above;
                };
                let depth = self.levels.len();
                if name != prefix.names.get(depth - 1).map(String::as_str) {
                    Guest::Unspeakable(Offence::Prefix)
                } else if depth == prefix.names.len() {
                    Guest::At(self.request.guest.clone())
                } else {
                    Guest::Above
                }
            }
            (Guest::Unspeakable(offence), _) => Guest::Unspeakable(*offence),
        }
    }

    /// Takes the guest path out of a wanted entry that is no directory; `None`: it has none, which is told.
    fn take_guest(&mut self, level: &mut Level, name: &OsStr) -> Option<GuestPath> {
        match std::mem::replace(&mut level.guest, Guest::Above) {
            Guest::At(path) => Some(path),
            none => {
                level.guest = none;
                self.guest(level, name)
            }
        }
    }

    /// The guest path of a wanted entry of the last level; `None`: it has none, which is told.
    pub(super) fn guest(&mut self, level: &Level, name: &OsStr) -> Option<GuestPath> {
        let offence = match &level.guest {
            Guest::At(path) => return Some(path.clone()),
            // A file where the prefix has a directory.
            Guest::Above => Offence::Prefix,
            Guest::Unspeakable(offence) => *offence,
        };
        let shown = escaped(&self.shown(name));
        self.found.offend(self.request, offence, shown);
        None
    }

    /// Goes down into a directory.
    pub(super) fn push(&mut self, name: &OsStr, mut level: Level, wanted: bool) {
        level.shown = self.shown(name);
        let speakable = match &level.guest {
            Guest::At(_) => {
                self.prefix_applied |= self
                    .mount
                    .strip_prefix
                    .as_ref()
                    .is_some_and(|p| p.names.len() == self.levels.len());
                true
            }
            Guest::Above => false,
            Guest::Unspeakable(_) => {
                if wanted {
                    self.guest(&level, name);
                }
                false
            }
        };
        let depth = self.levels.len();
        if let Some(ignores) = &mut self.ignores
            && let Some(directory) = &level.pending
        {
            let entered = ignores.enter(depth - 1, name, directory);
            if let Err(error) = entered {
                self.unreadable(error);
            }
        }
        self.levels.push(level);
        if wanted && speakable {
            self.parents(depth);
            self.emit_level(depth, Strength::Asked);
        }
    }

    /// Makes entries of the directories above an entry, the first `depth` levels, as far as they are none.
    pub(super) fn parents(&mut self, depth: usize) {
        for index in 0..depth {
            self.emit_level(index, Strength::Parent);
        }
    }

    /// Makes an entry of a directory, unless it is one.
    pub(super) fn emit_level(&mut self, index: usize, strength: Strength) {
        let level = &mut self.levels[index];
        // Asked for each file of the directory, so nothing is copied before.
        let (Guest::At(guest), true) = (&level.guest, level.pending.is_some()) else {
            return;
        };
        let guest = guest.clone();
        let Some(path) = level.pending.take() else {
            return;
        };
        if strength == Strength::Asked {
            for pattern in std::mem::take(&mut level.credit) {
                self.matched.include(pattern);
            }
        }
        let states = std::mem::take(&mut level.rules);
        let attributes = self.rules_for(&states, Kind::Directory);
        self.levels[index].rules = states;
        // Nothing of the source is needed for a fixed mode and time: no look at it.
        let metadata = match attributes.of_directory_need_source() {
            false => None,
            true => match self.src.metadata(&path) {
                Ok(metadata) => Some(metadata),
                Err(error) => return self.unreadable(error),
            },
        };
        let source_mode = metadata.as_ref().map(|metadata| metadata.mode);
        let mode = attributes
            .dir_permissions
            .apply(source_mode, DIRECTORY_MODE, true);
        let Ok(time) = attributes
            .timestamps
            .apply(metadata.map(|metadata| metadata.mtime_ns))
        else {
            return self.found.offend(
                self.request,
                Offence::Time,
                shown(&self.levels[index].shown),
            );
        };
        self.found
            .add(guest, EntryKind::Directory, mode, time, strength, None);
    }

    /// An entry that is no directory.
    pub(super) fn leaf(&mut self, visited: &mut Visited<'_>, kind: Kind, mut level: Level) {
        let Some(guest) = self.take_guest(&mut level, visited.name) else {
            return;
        };
        match kind {
            Kind::File => {
                self.parents(self.levels.len());
                self.credit(&level);
                self.file_later(visited, guest, &level);
            }
            Kind::Symlink => {
                self.parents(self.levels.len());
                self.credit(&level);
                self.symlink(visited, guest, &level);
            }
            Kind::Other(what) => {
                let shown = shown(&self.shown(visited.name));
                self.found
                    .offend(self.request, Offence::Special(what), shown);
            }
            Kind::Directory => unreachable!("BUG: a directory is no leaf"),
        }
    }

    /// Tells of a file that looks like a secret.
    pub(super) fn guard(&mut self, path: &Path, metadata: &Metadata, shown: impl Fn() -> String) {
        let Some(what) = secret::look(self.src, path, metadata.size) else {
            return;
        };
        if self.mount.refuses {
            self.found
                .offend(self.request, Offence::Secret(what), shown());
        } else {
            self.found.secrets.entry(what).or_default().push(shown());
        }
    }

    /// Whether a pattern names just this entry: then it is meant, even if it is a secret.
    pub(super) fn is_named(&self, level: &Level) -> bool {
        let named = |pattern: &Pattern| {
            let mut alternatives = pattern.alternatives.iter();
            alternatives.any(|one| secret::names(&one.segments))
        };
        let by = |globs: &Globs<'_>, state: &State, negated: bool| {
            let mut matching = globs.matches(state, false).map(|at| &globs.patterns()[at]);
            matching.any(|pattern| pattern.negated == negated && named(pattern))
        };
        by(&self.include, &level.include, false) || by(&self.exclude, &level.exclude, true)
    }

    pub(super) fn credit(&mut self, level: &Level) {
        level
            .credit
            .iter()
            .for_each(|index| self.matched.include(*index));
        // The directories it is in brought something, too.
        for parent in &mut self.levels {
            parent.credit.clear();
        }
    }

    /// The mount's modes and times with the rules that match on top, and those rules are used.
    pub(super) fn rules_for(&mut self, states: &[State], kind: Kind) -> Rc<Attributes> {
        let mut shared = Rc::clone(&self.attributes);
        for (index, (rule, state)) in self.mount.rules.iter().zip(states).enumerate() {
            if self.rules[index]
                .matches(state, kind == Kind::Directory)
                .next()
                .is_none()
            {
                continue;
            }
            // Copied for the first rule that matches.
            let attributes = Rc::make_mut(&mut shared);
            let mut used = rule.timestamps.is_some();
            attributes.timestamps = rule.timestamps.unwrap_or(attributes.timestamps);
            let (given, lower) = match kind {
                Kind::Directory => (&rule.dir_permissions, &mut attributes.dir_permissions),
                _ => (&rule.permissions, &mut attributes.permissions),
            };
            if let Some(given) = given {
                *lower = given.over(lower);
                // A symlink has no mode of its own.
                used |= kind != Kind::Symlink;
            }
            self.matched.rule(index, used);
        }
        shared
    }
}
