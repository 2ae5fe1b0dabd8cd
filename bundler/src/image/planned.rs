//! A plan as the [`Graph`] of an image.

use super::ImageError;
use super::mounts::{Mount, Start};
use super::tree::{Graph, Link, Thing, ThingKind, Things, Tree};
use crate::plan::{Entry, EntryKind, GuestPath, Plan};
use vfs_image::layout;

/// The entries of a plan; a link is called as the entry with its number is.
pub(super) struct Planned<'p>(pub(super) &'p Plan);

impl Things for Planned<'_> {
    fn thing(&self, number: u32) -> Thing<'_> {
        let entry = &self.0.entries()[number as usize];
        let kind = match &entry.kind {
            EntryKind::Directory => ThingKind::Directory,
            // `describe` refuses what is larger.
            EntryKind::File { size, .. } => ThingKind::File {
                size: u32::try_from(*size).unwrap_or(u32::MAX),
            },
            // No thing of its own, so that nobody names it.
            EntryKind::HardLink { .. } => ThingKind::File { size: 0 },
            EntryKind::Symlink { target } => ThingKind::Symlink { target },
        };
        Thing {
            permissions: u32::from(entry.mode) & layout::MODE_PERMISSIONS,
            time_ns: entry.time_ns,
            kind,
        }
    }

    fn name(&self, link: &Link) -> &str {
        let path = &self.0.entries()[link.name as usize].path;
        path.name().expect("BUG: a root has a name in a directory")
    }
}

impl Planned<'_> {
    /// The tree of the plan.
    pub(super) fn tree(&self) -> Result<Tree, ImageError> {
        let entries = self.0.entries();
        let carrier = |index: usize| match &entries[index].kind {
            EntryKind::HardLink { to } => self.find(to),
            _ => index as u32,
        };
        let mut tree = Tree::number(self.graph(carrier)?, self);
        for index in 0..entries.len() {
            tree.node_of[index] = tree.node_of[carrier(index) as usize];
        }
        Ok(tree)
    }

    /// How the entries are linked. A hard link is no thing of its own but another name of its file, the `carrier`.
    fn graph(&self, carrier: impl Fn(usize) -> u32) -> Result<Graph, ImageError> {
        let plan = self.0;
        let entries = plan.entries();
        let mut is_root = vec![false; entries.len()];
        for root in plan.roots() {
            is_root[self.find(root) as usize] = true;
        }
        // Counted first, so that the names of a directory can lie side by side.
        let mut parents = Vec::with_capacity(entries.len());
        let mut ends = vec![0; entries.len()];
        // The directory of the entry before: most have the same one.
        let mut near = 0;
        for (index, entry) in entries.iter().enumerate() {
            check(entry)?;
            if !is_root[index] {
                near = self.parent(entry, near)?;
                ends[near as usize] += 1;
            }
            parents.push(near);
        }
        let mut sum = 0;
        for end in &mut ends {
            // Where it starts, until the names are in place.
            (*end, sum) = (sum, sum + *end);
        }
        let mut links = vec![Link { thing: 0, name: 0 }; sum as usize];
        // Siblings differ in their names only, so the plan's order of paths is the order of names.
        for (index, parent) in parents.into_iter().enumerate() {
            if !is_root[index] {
                let end = &mut ends[parent as usize];
                links[*end as usize] = Link {
                    thing: carrier(index),
                    name: index as u32,
                };
                *end += 1;
            }
        }
        let preopens = plan.preopens().into_iter();
        Ok(Graph {
            preopens: preopens
                .map(|preopen| (preopen.as_str().to_owned(), self.find(preopen)))
                .collect(),
            ends,
            links,
            mounts: (plan.mounts().iter())
                .map(|mount| (self.find(&mount.path), Mount::of(mount)))
                .collect(),
            start: Start::of(plan.start()),
        })
    }

    /// The number of the directory that an entry is in; that of the one before was in `near`.
    fn parent(&self, entry: &Entry, near: u32) -> Result<u32, ImageError> {
        let (Some(parent), Some(name)) = (entry.path.parent_text(), entry.path.name()) else {
            panic!("BUG: `{}` is no root", entry.path);
        };
        if name.len() > layout::NAME_MAX {
            return Err(ImageError::NameTooLong {
                path: entry.path.as_str().to_owned(),
            });
        }
        if self.0.entries()[near as usize].path.as_str() == parent {
            return Ok(near);
        }
        Ok(entry
            .path
            .parent()
            .map_or(near, |parent| self.find(&parent)))
    }

    fn find(&self, path: &GuestPath) -> u32 {
        let entries = self.0.entries();
        let found = entries.binary_search_by(|entry| entry.path.cmp(path));
        let found =
            found.unwrap_or_else(|_| panic!("BUG: the plan lacks `{path}`, which it refers to"));
        found as u32
    }
}

/// Whether an image can hold what an entry is.
fn check(entry: &Entry) -> Result<(), ImageError> {
    match &entry.kind {
        EntryKind::Symlink { target } if target.len() > layout::TARGET_MAX as usize => {
            Err(ImageError::TargetTooLong {
                path: entry.path.as_str().to_owned(),
            })
        }
        _ => Ok(()),
    }
}
