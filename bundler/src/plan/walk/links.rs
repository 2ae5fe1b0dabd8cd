//! Symlinks of a walk: kept, followed or refused.

use std::path::{Component, Path, PathBuf};

use super::{Level, Walk, shown};
use crate::manifest::{Symlinks, Timestamps};
use crate::path::{GuestPath, MAX_PATH};
use crate::plan::EntryKind;
use crate::plan::found::{Offence, Strength};
use crate::plan::native;
use crate::source::{Kind, Metadata, Visited};

impl Walk<'_> {
    /// A symlink that is not followed.
    pub(super) fn symlink(&mut self, visited: &mut Visited<'_>, guest: GuestPath, level: &Level) {
        let link = shown(&self.shown(visited.name));
        if self.mount.symlinks == Symlinks::Error {
            return self.found.offend(self.request, Offence::Symlink, link);
        }
        let target = match self.src.read_link(visited.path) {
            Ok(target) => target,
            Err(error) => return self.unreadable(error),
        };
        let text = match target.to_str() {
            Some(text) if !text.is_empty() && text.len() < MAX_PATH => text.to_owned(),
            _ => return self.found.offend(self.request, Offence::Target, link),
        };
        // The link's own directory is as deep below the source as there are levels above the entry.
        if leaves(&target, self.levels.len() - 1) {
            let link = format!("{link} -> {text}");
            return self.found.offend(self.request, Offence::Leaves, link);
        }
        let attributes = self.rules_for(&level.rules, Kind::Symlink);
        let metadata = match attributes.timestamps {
            Timestamps::Fixed(_) => None,
            _ => match visited.metadata() {
                Ok(metadata) => Some(metadata.mtime_ns),
                Err(error) => return self.unreadable(error),
            },
        };
        let Ok(time) = attributes.timestamps.apply(metadata) else {
            return self.found.offend(self.request, Offence::Time, link);
        };
        self.found.add(
            guest,
            EntryKind::Symlink { target: text },
            0o777,
            time,
            Strength::Asked,
            None,
        );
    }

    /// A symlink in whose place comes what it leads to.
    pub(super) fn followed(
        &mut self,
        link: &Path,
        real: PathBuf,
        metadata: &Metadata,
        level: Level,
        wanted: bool,
    ) {
        let inside = real.starts_with(&self.real_root);
        let directory = link.parent().unwrap_or(Path::new("")).to_owned();
        let name = link.file_name().unwrap_or_default();
        let cycle = self
            .entered
            .iter()
            .chain([&directory])
            .any(|open| open.starts_with(&real));
        if !inside || cycle && metadata.kind == Kind::Directory {
            if wanted {
                let offence = if inside {
                    Offence::Cycle
                } else {
                    Offence::Leaves
                };
                let shown = self.link_shown(link);
                self.found.offend(self.request, offence, shown);
            }
            return;
        }
        match metadata.kind {
            Kind::Directory => {
                let depth = self.levels.len();
                self.push(
                    name,
                    Level {
                        pending: Some(real.clone()),
                        ..level
                    },
                    wanted,
                );
                self.entered.push(directory);
                self.tree(&real);
                self.entered.pop();
                self.levels.truncate(depth);
            }
            Kind::File => {
                let Some(guest) = self.guest(&level, name) else {
                    return;
                };
                self.parents(self.levels.len());
                self.credit(&level);
                let seen = self.shown(name);
                if !self.is_named(&level) {
                    // By the link's name, and by what it leads to: either may say it.
                    self.guard(link, metadata, || shown(&seen));
                    self.guard(&real, metadata, || shown(&seen));
                    if native::is_native(self.src, &real, metadata) {
                        self.found.native.push(shown(&seen));
                    }
                }
                let attributes = self.rules_for(&level.rules, Kind::File);
                let path = self.named(&real);
                self.found
                    .file_at(self.request, guest, &seen, path, metadata, &attributes);
            }
            Kind::Other(what) => {
                let shown = shown(&self.shown(name));
                self.found
                    .offend(self.request, Offence::Special(what), shown);
            }
            Kind::Symlink => unreachable!("BUG: a resolved path is a symlink"),
        }
    }

    /// A symlink of the last level and what it holds, as messages show it.
    pub(super) fn link_shown(&self, link: &Path) -> String {
        let seen = self.shown(link.file_name().unwrap_or_default());
        match self.src.read_link(link) {
            Ok(target) => format!("{} -> {}", seen.display(), target.display()),
            Err(_) => shown(&seen),
        }
    }
}

/// Whether a link whose directory is `depth` names below the source leads out of it. Only the text is looked at.
fn leaves(target: &Path, depth: usize) -> bool {
    let mut depth = depth;
    for component in target.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => return true,
            Component::CurDir => {}
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
        }
    }
    false
}
