//! Which entries are extracted, and where each goes: a [`Selection`].

use std::collections::BTreeMap;
use std::path::{Component, Path};

use super::ExtractError;
use crate::image::{Row, RowKind};
use crate::inspect::Lookup;
use crate::path::GuestPath;
use crate::plan::Totals;

/// The directory of the target that relative guest paths go into: `data/x` becomes `@cwd/data/x`, `/data/x` is `data/x`.
pub const RELATIVE: &str = "@cwd";

/// Mode of a directory that is needed and has no entry.
const IMPLIED_MODE: u32 = 0o755;

/// Entries to extract, each with its place: every place is a relative path of plain names, no place has two entries, and
/// each lies in a directory that comes before it.
#[derive(Debug)]
pub struct Selection {
    pub(super) items: BTreeMap<String, Item>,
    pub(super) relative: bool,
    totals: Totals,
}

/// An entry; its place is the key.
#[derive(Debug)]
pub(super) struct Item {
    /// The guest path, for messages.
    pub(super) path: String,
    /// Permission bits, `07777`.
    pub(super) mode: u32,
    /// Nanoseconds since the Unix epoch.
    pub(super) time_ns: u64,
    pub(super) kind: ItemKind,
}

#[derive(Debug)]
pub(super) enum ItemKind {
    Directory,
    File {
        /// Its number in the image; equal for all names of a file.
        node: u32,
        /// Where the content starts in the image.
        offset: u32,
        size: u32,
    },
    /// Another name of the file at the place `to`, which comes before it.
    HardLink {
        to: String,
    },
    Symlink {
        target: String,
    },
}

impl Selection {
    /// What is at and below `paths`, with the directories above; everything when there are none.
    ///
    /// `rows` are those of an image, see [`Found::rows`](crate::inspect::Found::rows).
    ///
    /// # Errors
    /// When a path is not in the image, and when an image that was not made by this tool asks for the impossible.
    pub fn new(rows: &[Row], paths: &[String]) -> Result<Self, ExtractError> {
        let wanted = wanted(rows, paths)?;
        let mut selection = Self {
            items: BTreeMap::new(),
            relative: false,
            totals: Totals::default(),
        };
        for (row, _) in rows.iter().zip(&wanted).filter(|(_, wanted)| **wanted) {
            let place = place(&row.path)?;
            let kind = match &row.kind {
                RowKind::Directory => ItemKind::Directory,
                RowKind::Symlink { target } => ItemKind::Symlink {
                    target: target.clone(),
                },
                RowKind::File { offset, .. } => ItemKind::File {
                    node: row.node,
                    offset: *offset,
                    size: row.size,
                },
            };
            selection.relative |= !row.path.starts_with('/');
            let item = Item {
                path: row.path.clone(),
                mode: row.mode & 0o7777,
                time_ns: row.time_ns,
                kind,
            };
            if let Some(other) = selection.items.get(&place) {
                return Err(ExtractError::Clash {
                    one: other.path.clone(),
                    other: item.path,
                    place,
                });
            }
            selection.items.insert(place, item);
        }
        selection.link();
        selection.totals = selection.count();
        selection.close()?;
        Ok(selection)
    }

    /// Makes hard links of all names of a file but the first. Which that is depends on the places: a relative name may
    /// come before an absolute one here.
    fn link(&mut self) {
        let mut first: BTreeMap<u32, String> = BTreeMap::new();
        for (place, item) in &mut self.items {
            let ItemKind::File { node, .. } = item.kind else {
                continue;
            };
            match first.get(&node) {
                Some(to) => item.kind = ItemKind::HardLink { to: to.clone() },
                None => drop(first.insert(node, place.clone())),
            }
        }
    }

    /// Adds the directories that are needed and no entry brings, and finds out that all others are directories.
    fn close(&mut self) -> Result<(), ExtractError> {
        let mut missing = Vec::new();
        for (place, item) in &self.items {
            let mut below = place.as_str();
            while let Some(parent) = parent(below) {
                match self.items.get(parent).map(|item| &item.kind) {
                    Some(ItemKind::Directory) => break,
                    Some(_) => {
                        return Err(ExtractError::BelowFile {
                            path: item.path.clone(),
                            parent: parent.to_owned(),
                        });
                    }
                    None => missing.push(parent.to_owned()),
                }
                below = parent;
            }
        }
        for place in missing {
            self.items.entry(place).or_insert_with_key(|place| Item {
                path: place.clone(),
                mode: IMPLIED_MODE,
                time_ns: 0,
                kind: ItemKind::Directory,
            });
        }
        Ok(())
    }

    /// What it comes to, without the directories that no entry brings.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    fn count(&self) -> Totals {
        let mut totals = Totals::default();
        for item in self.items.values() {
            match &item.kind {
                ItemKind::Directory => totals.directories += 1,
                ItemKind::HardLink { .. } => totals.hard_links += 1,
                ItemKind::Symlink { .. } => totals.symlinks += 1,
                ItemKind::File { size, .. } => {
                    totals.files += 1;
                    totals.bytes += u64::from(*size);
                }
            }
        }
        totals
    }
}

/// For each row whether it is asked for, or on the way to what is.
fn wanted(rows: &[Row], paths: &[String]) -> Result<Vec<bool>, ExtractError> {
    if paths.is_empty() {
        return Ok(vec![true; rows.len()]);
    }
    let mut asked = Vec::new();
    for path in paths {
        let asked_for = GuestPath::parse(path).map_err(|error| ExtractError::Path {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        if !rows.iter().any(|row| row.path == asked_for.as_str()) {
            return Err(Lookup::new(rows).no_entry(path).into());
        }
        asked.push(asked_for);
    }
    let wanted = rows.iter().map(|row| {
        // The check has found that these are paths; what is none is not wanted by anybody.
        let Ok(path) = GuestPath::parse(&row.path) else {
            return false;
        };
        let directory = matches!(row.kind, RowKind::Directory);
        asked.iter().any(|asked| {
            path == *asked || path.is_below(asked) || directory && asked.is_below(&path)
        })
    });
    Ok(wanted.collect())
}

/// Where a guest path goes, below the target; empty for `/`.
fn place(path: &str) -> Result<String, ExtractError> {
    let (mut place, names) = match path.strip_prefix('/') {
        Some(names) => (String::new(), names),
        None => (RELATIVE.to_owned(), path),
    };
    let relative = !place.is_empty();
    if names.is_empty() || relative && names == "." {
        return Ok(place);
    }
    for name in names.split('/') {
        // The check of the image refuses `..` and the like; this one knows what else means something to this system.
        let mut components = Path::new(name).components();
        let plain = matches!(
            (components.next(), components.next()),
            (Some(Component::Normal(only)), None) if only == name
        );
        if !plain {
            return Err(ExtractError::Name {
                path: path.to_owned(),
            });
        }
        if !place.is_empty() {
            place.push('/');
        }
        place.push_str(name);
    }
    Ok(place)
}

/// The place of the directory that a place is in; none for the target itself.
pub(super) fn parent(place: &str) -> Option<&str> {
    match place.rfind('/') {
        Some(end) => Some(&place[..end]),
        None if place.is_empty() => None,
        None => Some(""),
    }
}
