//! Which entries are extracted, and where each goes: a [`Selection`].

use std::collections::{BTreeMap, BTreeSet};
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
    /// Sorted by place.
    pub(super) items: Vec<(Box<str>, Item)>,
    pub(super) relative: bool,
    totals: Totals,
}

/// An entry, apart from its place.
#[derive(Debug)]
pub(super) struct Item {
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
        to: Box<str>,
    },
    Symlink {
        target: Box<str>,
    },
}

impl Selection {
    /// What is at and below `paths`, with the directories above; everything when there are none.
    ///
    /// `rows` are those of an image, see [`Found::rows`](crate::inspect::Found::rows); they are gone through more than once.
    ///
    /// # Errors
    /// When a path is not in the image, and when an image that was not made by this tool asks for the impossible.
    pub fn new(
        rows: impl Iterator<Item = Row> + Clone,
        paths: &[String],
    ) -> Result<Self, ExtractError> {
        let wanted = Wanted::new(rows.clone(), paths)?;
        let mut selection = Self {
            items: Vec::new(),
            relative: false,
            totals: Totals::default(),
        };
        for row in rows.clone().filter(|row| wanted.has(row)) {
            let place = place(&row.path)?;
            let kind = match row.kind {
                RowKind::Directory => ItemKind::Directory,
                RowKind::Symlink { target } => ItemKind::Symlink {
                    target: target.into(),
                },
                RowKind::File { offset, .. } => ItemKind::File {
                    node: row.node,
                    offset,
                    size: row.size,
                },
            };
            selection.relative |= !row.path.starts_with('/');
            let item = Item {
                mode: row.mode & 0o7777,
                time_ns: row.time_ns,
                kind,
            };
            selection.items.push((place.into(), item));
        }
        // Stable; nearly in order already.
        selection.items.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut pairs = selection.items.windows(2);
        if let Some(pair) = pairs.find(|pair| pair[0].0 == pair[1].0) {
            return Err(clash(rows.filter(|row| wanted.has(row)), &pair[0].0));
        }
        selection.link();
        selection.totals = selection.count();
        selection.close(rows)?;
        Ok(selection)
    }

    /// Makes hard links of all names of a file but the first. Which that is depends on the places: a relative name may
    /// come before an absolute one here.
    fn link(&mut self) {
        let node = |item: &Item| match item.kind {
            ItemKind::File { node, .. } => Some(node),
            _ => None,
        };
        let mut first: BTreeMap<u32, usize> = BTreeMap::new();
        let mut later = Vec::new();
        for (at, (_, item)) in self.items.iter().enumerate() {
            if let Some(node) = node(item) {
                let first = *first.entry(node).or_insert(at);
                if first != at {
                    later.push((at, first));
                }
            }
        }
        for (at, first) in later {
            let to = self.items[first].0.clone();
            self.items[at].1.kind = ItemKind::HardLink { to };
        }
    }

    /// The entry at a place.
    fn at(&self, place: &str) -> Option<&Item> {
        let found = self
            .items
            .binary_search_by(|(other, _)| (**other).cmp(place));
        Some(&self.items[found.ok()?].1)
    }

    /// Adds the directories that are needed and no entry brings, and finds out that all others are directories.
    fn close(&mut self, rows: impl Iterator<Item = Row>) -> Result<(), ExtractError> {
        let mut missing: BTreeSet<&str> = BTreeSet::new();
        // The directory of the entry before, which was found to be one: most have the same.
        let mut near = None;
        for (place, _) in &self.items {
            let mut below = &**place;
            while let Some(parent) = parent(below) {
                if near == Some(parent) || missing.contains(parent) {
                    break;
                }
                match self.at(parent).map(|item| &item.kind) {
                    Some(ItemKind::Directory) => {
                        near = Some(parent);
                        break;
                    }
                    Some(_) => {
                        return Err(ExtractError::BelowFile {
                            path: named(rows, place),
                            parent: parent.to_owned(),
                        });
                    }
                    None => missing.insert(parent),
                };
                below = parent;
            }
        }
        let missing: Vec<Box<str>> = missing.into_iter().map(Into::into).collect();
        for place in missing {
            let item = Item {
                mode: IMPLIED_MODE,
                time_ns: 0,
                kind: ItemKind::Directory,
            };
            self.items.push((place, item));
        }
        self.items.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(())
    }

    /// What it comes to, without the directories that no entry brings.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    fn count(&self) -> Totals {
        let mut totals = Totals::default();
        for (_, item) in &self.items {
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

/// Which rows are asked for, or on the way to what is.
struct Wanted {
    /// None: all.
    asked: Option<Vec<GuestPath>>,
}

impl Wanted {
    fn new(
        rows: impl Iterator<Item = Row> + Clone,
        paths: &[String],
    ) -> Result<Self, ExtractError> {
        let mut asked = Vec::new();
        for path in paths {
            let asked_for = GuestPath::parse(path).map_err(|error| ExtractError::Path {
                path: path.clone(),
                reason: error.to_string(),
            })?;
            if !rows.clone().any(|row| row.path == asked_for.as_str()) {
                let rows: Vec<Row> = rows.collect();
                return Err(Lookup::new(&rows).no_entry(path).into());
            }
            asked.push(asked_for);
        }
        let asked = Some(asked).filter(|asked| !asked.is_empty());
        Ok(Self { asked })
    }

    fn has(&self, row: &Row) -> bool {
        let Some(asked) = &self.asked else {
            return true;
        };
        // The check has found that these are paths; what is none is not wanted by anybody.
        let Ok(path) = GuestPath::parse(&row.path) else {
            return false;
        };
        let directory = matches!(row.kind, RowKind::Directory);
        asked.iter().any(|asked| {
            path == *asked || path.is_below(asked) || directory && asked.is_below(&path)
        })
    }
}

/// That two rows have one place.
fn clash(rows: impl Iterator<Item = Row>, at: &str) -> ExtractError {
    let mut both = rows.filter(|row| place(&row.path).is_ok_and(|place| place == at));
    let mut next = || both.next().map(|row| row.path).unwrap_or_default();
    ExtractError::Clash {
        one: next(),
        other: next(),
        place: at.to_owned(),
    }
}

/// The guest path of the row that has a place.
fn named(mut rows: impl Iterator<Item = Row>, at: &str) -> String {
    let row = rows.find(|row| place(&row.path).is_ok_and(|place| place == at));
    row.map(|row| row.path).unwrap_or_default()
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
