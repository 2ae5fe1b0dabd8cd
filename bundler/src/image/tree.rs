//! The tree of an image in canonical numbering: [`Tree`].
//!
//! Numbering is breadth-first: preopens in their order, then the entries of each
//! directory by name, directories in the order of their numbers. A file with
//! several names gets its number at the first.

use std::collections::BTreeMap;

use super::ImageError;
use super::mounts::{Mount, Start};
use crate::plan::{Entry, EntryKind, GuestPath, Plan};
use vfs_image::layout;

/// Things and their names, in any numbering; what a plan or an image says before it is put in order.
pub(super) struct Graph {
    /// Name and thing of each preopen, `/` first.
    pub(super) preopens: Vec<(String, usize)>,
    pub(super) things: Vec<Thing>,
    /// The names in each thing (none unless a directory), sorted by their bytes.
    pub(super) children: Vec<Vec<(String, usize)>>,
    /// The things that mounts are rooted at, each once.
    pub(super) mounts: Vec<(usize, Mount)>,
    pub(super) start: Start,
}

/// A directory, file or symlink before it has a number.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) permissions: u32,
    pub(super) time_ns: u64,
    pub(super) kind: ThingKind,
}

/// What a [`Thing`] is.
#[derive(Debug, Clone)]
pub(super) enum ThingKind {
    Directory,
    File { size: u32 },
    Symlink { target: String },
}

/// A tree whose nodes and names are numbered as in the image.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) preopens: Vec<String>,
    /// The nodes that mounts are rooted at, sorted.
    pub(super) mounts: Vec<(u32, Mount)>,
    pub(super) start: Start,
    pub(super) nodes: Vec<Node>,
    pub(super) names: Vec<Name>,
    /// The node of each entry of the plan (or of each thing of a graph).
    pub(super) node_of_entry: Vec<u32>,
    /// Node and plan entry (or thing) of each file, in node order.
    pub(super) files: Vec<(u32, usize)>,
}

/// A numbered [`Thing`].
#[derive(Debug)]
pub(super) struct Node {
    pub(super) thing: Thing,
    pub(super) nlink: u32,
    /// Directories: the first of their names, and how many there are; else zero.
    pub(super) first: u32,
    pub(super) count: u32,
    /// Directories: the directory they are in, themselves for a preopen without a name; else zero.
    pub(super) parent: u32,
    /// The mount it is in; 0 in the read-only tree.
    pub(super) mount: u32,
}

/// A name in a directory.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) node: u32,
    pub(super) directory: u32,
    pub(super) name: String,
}

/// The number of a node nobody has named yet.
const UNNAMED: u32 = u32::MAX;

impl Tree {
    /// The tree of a plan.
    pub(super) fn of_plan(plan: &Plan) -> Result<Self, ImageError> {
        let entries = plan.entries();
        let find = |path: &GuestPath| {
            let found = entries.binary_search_by(|entry| entry.path.cmp(path));
            found.unwrap_or_else(|_| panic!("BUG: the plan lacks `{path}`, which it refers to"))
        };
        // A hard link is no thing of its own but another name of its file.
        let carrier = |index: usize| match &entries[index].kind {
            EntryKind::HardLink { to } => find(to),
            _ => index,
        };
        let mut graph = Graph {
            preopens: Vec::new(),
            things: Vec::with_capacity(entries.len()),
            children: vec![Vec::new(); entries.len()],
            mounts: (plan.mounts().iter())
                .map(|mount| (find(&mount.path), Mount::of(mount)))
                .collect(),
            start: Start::of(plan.start()),
        };
        let mut is_root = vec![false; entries.len()];
        for root in plan.roots() {
            is_root[find(root)] = true;
        }
        for preopen in plan.preopens() {
            graph
                .preopens
                .push((preopen.as_str().to_owned(), find(preopen)));
        }
        // The directory of the entry before: most have the same one.
        let mut near = 0;
        for (index, entry) in entries.iter().enumerate() {
            graph.things.push(thing(entry)?);
            if is_root[index] {
                continue;
            }
            let (Some(parent), Some(name)) = (entry.path.parent_text(), entry.path.name()) else {
                panic!("BUG: `{}` is no root", entry.path);
            };
            if name.len() > layout::NAME_MAX {
                return Err(ImageError::NameTooLong {
                    path: entry.path.as_str().to_owned(),
                });
            }
            // Siblings differ in their names only, so the plan's order of paths is the order of names.
            if entries[near].path.as_str() != parent {
                near = entry.path.parent().map_or(near, |parent| find(&parent));
            }
            graph.children[near].push((name.to_owned(), carrier(index)));
        }
        let mut tree = Self::number(graph);
        for index in 0..entries.len() {
            tree.node_of_entry[index] = tree.node_of_entry[carrier(index)];
        }
        Ok(tree)
    }

    /// Puts a graph in canonical order. What no root leads to is left out.
    pub(super) fn number(graph: Graph) -> Self {
        let Graph {
            preopens,
            things,
            mut children,
            mounts,
            start,
        } = graph;
        let mut things: Vec<Option<Thing>> = things.into_iter().map(Some).collect();
        let mut tree = Tree {
            node_of_entry: vec![UNNAMED; things.len()],
            start,
            ..Tree::default()
        };
        // `order[n]` is the thing with the number n; it grows while it is walked.
        let mut order = Vec::with_capacity(things.len());
        for (number, (name, directory)) in preopens.into_iter().enumerate() {
            tree.add(&mut order, &mut things, directory, number as u32);
            tree.preopens.push(name);
        }
        let mut directory = 0;
        while directory < order.len() {
            let names = std::mem::take(&mut children[order[directory]]);
            let (first, count) = (tree.names.len() as u32, names.len() as u32);
            if matches!(tree.nodes[directory].thing.kind, ThingKind::Directory) {
                (tree.nodes[directory].first, tree.nodes[directory].count) = (first, count);
            }
            for (name, child) in names {
                if tree.node_of_entry[child] == UNNAMED {
                    tree.add(&mut order, &mut things, child, directory as u32);
                }
                let node = tree.node_of_entry[child];
                let named = &mut tree.nodes[node as usize];
                if matches!(named.thing.kind, ThingKind::Directory) {
                    // A preopen had its number before it had a name.
                    named.parent = directory as u32;
                    tree.nodes[directory].nlink += 1;
                } else {
                    named.nlink += 1;
                }
                tree.names.push(Name {
                    node,
                    directory: directory as u32,
                    name,
                });
            }
            directory += 1;
        }
        for (thing, mount) in mounts {
            tree.mounts.push((tree.node_of_entry[thing], mount));
        }
        tree.mounts.sort_by_key(|(node, _)| *node);
        tree.mark();
        tree
    }

    /// Tells each node the mount it is in: the one rooted there, or that of its directory.
    fn mark(&mut self) {
        let numbers: BTreeMap<u32, u32> = (self.mounts.iter().zip(1..))
            .map(|((node, _), number)| (*node, number))
            .collect();
        if numbers.is_empty() {
            return;
        }
        for (node, number) in self.nodes.iter_mut().zip(0..).take(self.preopens.len()) {
            node.mount = numbers.get(&number).copied().unwrap_or(0);
        }
        // Names stand in the order of their directories' numbers, so a directory is marked before what is in it.
        // The names of one file are all in one mount: `merge` and the full check see to that.
        for name in &self.names {
            let around = self.nodes[name.directory as usize].mount;
            self.nodes[name.node as usize].mount =
                numbers.get(&name.node).copied().unwrap_or(around);
        }
    }

    /// Gives a thing the next number; `parent` is the directory it was found in.
    fn add(
        &mut self,
        order: &mut Vec<usize>,
        things: &mut [Option<Thing>],
        index: usize,
        parent: u32,
    ) {
        let number = order.len() as u32;
        order.push(index);
        self.node_of_entry[index] = number;
        let thing = things[index]
            .take()
            .expect("BUG: a thing was numbered twice");
        let (nlink, parent) = match thing.kind {
            // Its name and its own `.`; each subdirectory's `..` adds one.
            ThingKind::Directory => (2, parent),
            ThingKind::File { .. } => {
                self.files.push((number, index));
                (0, 0)
            }
            ThingKind::Symlink { .. } => (0, 0),
        };
        self.nodes.push(Node {
            thing,
            nlink,
            first: 0,
            count: 0,
            parent,
            mount: 0,
        });
    }
}

/// What an entry is; a hard link gives a thing nobody names.
fn thing(entry: &Entry) -> Result<Thing, ImageError> {
    let kind = match &entry.kind {
        EntryKind::Directory => ThingKind::Directory,
        // The size is checked by the caller, who knows the other files.
        EntryKind::File { size, .. } => ThingKind::File {
            size: u32::try_from(*size).unwrap_or(u32::MAX),
        },
        EntryKind::HardLink { .. } => ThingKind::File { size: 0 },
        EntryKind::Symlink { target } => {
            if target.len() > layout::TARGET_MAX as usize {
                return Err(ImageError::TargetTooLong {
                    path: entry.path.as_str().to_owned(),
                });
            }
            ThingKind::Symlink {
                target: target.clone(),
            }
        }
    };
    let permissions = u32::from(entry.mode) & layout::MODE_PERMISSIONS;
    Ok(Thing {
        permissions,
        time_ns: entry.time_ns,
        kind,
    })
}
