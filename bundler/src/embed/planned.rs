//! A plan as the [`Graph`] of an image.

use super::ImageError;
use crate::image::mounts::{Mount, Start};
use crate::image::tree::{Graph, Link, Thing, ThingKind, Things, Tree};
use crate::path::GuestPath;
use crate::plan::{self, Brief, Plan};
use crate::settings;
use vfs_image::MountKind;
use vfs_image::layout::{self, NO_LIMIT};

/// The entries of a plan; a link is called as the entry with its number is.
pub(super) struct Planned<'p>(pub(super) &'p Plan);

impl Things for Planned<'_> {
    fn thing(&self, number: u32) -> Thing<'_> {
        let (entries, number) = (self.0.entries(), number as usize);
        let kind = match entries.brief(number) {
            Brief::Directory => ThingKind::Directory,
            // `describe` refuses what is larger.
            Brief::File { size } => ThingKind::File {
                size: u32::try_from(size).unwrap_or(u32::MAX),
            },
            // No thing of its own, so that nobody names it.
            Brief::HardLink { .. } => ThingKind::File { size: 0 },
            Brief::Symlink { target } => ThingKind::Symlink { target },
        };
        Thing {
            permissions: u32::from(entries.mode(number)) & layout::MODE_PERMISSIONS,
            time_ns: entries.time_ns(number),
            kind,
        }
    }

    fn name(&self, link: &Link) -> &str {
        self.0.entries().name(link.name as usize)
    }
}

impl Planned<'_> {
    /// The tree of the plan.
    pub(super) fn tree(&self) -> Result<Tree, ImageError> {
        let entries = self.0.entries();
        let carrier = |index: usize| match entries.brief(index) {
            Brief::HardLink { to } => self.find(to),
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
        // The entry at each directory that was met.
        let mut known: Vec<Option<u32>> = vec![None; entries.directory_numbers()];
        for (index, root) in is_root.iter().enumerate() {
            self.check(index)?;
            if *root {
                parents.push(0);
                continue;
            }
            let Some(directory) = entries.directory(index) else {
                panic!("BUG: `{}` is no root", entries.path(index));
            };
            let known = &mut known[entries.directory_number(index)];
            let parent = *known.get_or_insert_with(|| self.find(directory));
            ends[parent as usize] += 1;
            parents.push(parent);
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
                .map(|mount| (self.find(&mount.path), mount_of(mount)))
                .collect(),
            start: Start::of(plan.start()),
        })
    }

    fn find(&self, path: &GuestPath) -> u32 {
        let found = self.0.entries().find(path);
        let found =
            found.unwrap_or_else(|| panic!("BUG: the plan lacks `{path}`, which it refers to"));
        found as u32
    }

    /// Whether an image can hold what an entry is.
    fn check(&self, entry: usize) -> Result<(), ImageError> {
        let entries = self.0.entries();
        let path = || entries.path(entry).to_string();
        if entries.name(entry).len() > layout::NAME_MAX {
            return Err(ImageError::NameTooLong { path: path() });
        }
        match entries.brief(entry) {
            Brief::Symlink { target } if target.len() > layout::TARGET_MAX as usize => {
                Err(ImageError::TargetTooLong { path: path() })
            }
            _ => Ok(()),
        }
    }
}

/// A mount of a plan as the image says it.
fn mount_of(mount: &plan::Mount) -> Mount {
    Mount {
        kind: match mount.kind {
            settings::MountKind::Writable => MountKind::Writable,
            settings::MountKind::Tmpfs => MountKind::Tmpfs,
            settings::MountKind::Host => MountKind::Host,
        },
        size_limit: mount.size_limit.unwrap_or(NO_LIMIT),
        message: mount.required.then(|| missing(mount.path.as_str())),
    }
}

/// What the program says instead of starting, on a line of its own.
fn missing(path: &str) -> String {
    format!(
        "this program needs a directory of the host at `{path}`, and was given none: run it with one, \
         such as `wasmtime run --dir HOST-DIRECTORY::{path} PROGRAM.wasm`\n"
    )
}
