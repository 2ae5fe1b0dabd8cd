//! The tree of an image in canonical numbering: [`Tree`].
//!
//! Numbering is breadth-first: preopens in their order, then the entries of each
//! directory by name, directories in the order of their numbers. A file with
//! several names gets its number at the first.

use std::collections::BTreeMap;

use super::mounts::{Mount, Start};

/// What is put in order: the entries of a plan, or the nodes of an image. Both are looked at where they are.
pub(crate) trait Things {
    /// The thing with a number.
    fn thing(&self, number: u32) -> Thing<'_>;

    /// What a [`Link`] is called.
    fn name(&self, link: &Link) -> &str;
}

/// How things are linked, in any numbering; what a plan or an image says before it is put in order.
pub(crate) struct Graph {
    /// Name and thing of each preopen, `/` first.
    pub(crate) preopens: Vec<(String, u32)>,
    /// For each thing where its links end, which begin where those of the thing before end.
    pub(crate) ends: Vec<u32>,
    /// The names in each thing (none unless a directory), sorted by their bytes.
    pub(crate) links: Vec<Link>,
    /// The things that mounts are rooted at, each once.
    pub(crate) mounts: Vec<(u32, Mount)>,
    pub(crate) start: Start,
}

/// A name in a directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// What has the name.
    pub(crate) thing: u32,
    /// Where its [`Things`] find the name.
    pub(crate) name: u32,
}

/// A directory, file or symlink before it has a number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thing<'a> {
    pub(crate) permissions: u32,
    pub(crate) time_ns: u64,
    pub(crate) kind: ThingKind<'a>,
}

/// What a [`Thing`] is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ThingKind<'a> {
    Directory,
    File { size: u32 },
    Symlink { target: &'a str },
}

/// A tree whose nodes and names are numbered as in the image.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) preopens: Vec<String>,
    /// The nodes that mounts are rooted at, sorted.
    pub(crate) mounts: Vec<(u32, Mount)>,
    pub(crate) start: Start,
    pub(crate) nodes: Vec<Node>,
    pub(crate) names: Vec<Name>,
    /// The node of each thing.
    pub(crate) node_of: Vec<u32>,
}

/// A numbered [`Thing`].
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) thing: u32,
    pub(crate) nlink: u32,
    /// Directories: the first of their names, and how many there are; else zero.
    pub(crate) first: u32,
    pub(crate) count: u32,
    /// Directories: the directory they are in, themselves for a preopen without a name; else zero.
    pub(crate) parent: u32,
    /// The mount it is in; 0 in the read-only tree.
    pub(crate) mount: u32,
}

/// A name in a numbered directory.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) node: u32,
    pub(crate) directory: u32,
    pub(crate) link: Link,
}

impl Graph {
    /// The names in a thing.
    pub(crate) fn links_of(&self, thing: u32) -> &[Link] {
        let at = thing as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.links[start as usize..self.ends[at] as usize]
    }
}

/// The number of a node nobody has named yet.
const UNNAMED: u32 = u32::MAX;

impl Tree {
    /// Puts a graph in canonical order. What no root leads to is left out.
    pub(crate) fn number(graph: Graph, things: &impl Things) -> Self {
        let mut tree = Tree {
            node_of: vec![UNNAMED; graph.ends.len()],
            nodes: Vec::with_capacity(graph.ends.len()),
            names: Vec::with_capacity(graph.links.len()),
            ..Tree::default()
        };
        for (number, (name, directory)) in (0..).zip(&graph.preopens) {
            tree.add(things, *directory, number);
            tree.preopens.push(name.clone());
        }
        let mut directory = 0;
        // It grows while it is walked.
        while let Some(node) = tree.nodes.get(directory as usize) {
            let links = graph.links_of(node.thing);
            let (first, count) = (tree.names.len() as u32, links.len() as u32);
            if matches!(things.thing(node.thing).kind, ThingKind::Directory) {
                let node = &mut tree.nodes[directory as usize];
                (node.first, node.count) = (first, count);
            }
            for link in links {
                if tree.node_of[link.thing as usize] == UNNAMED {
                    tree.add(things, link.thing, directory);
                }
                let node = tree.node_of[link.thing as usize];
                let named = &mut tree.nodes[node as usize];
                if matches!(things.thing(link.thing).kind, ThingKind::Directory) {
                    // A preopen had its number before it had a name.
                    named.parent = directory;
                    tree.nodes[directory as usize].nlink += 1;
                } else {
                    named.nlink += 1;
                }
                tree.names.push(Name {
                    node,
                    directory,
                    link: *link,
                });
            }
            directory += 1;
        }
        for (thing, mount) in graph.mounts {
            tree.mounts.push((tree.node_of[thing as usize], mount));
        }
        tree.mounts.sort_by_key(|(node, _)| *node);
        tree.start = graph.start;
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
    fn add(&mut self, things: &impl Things, thing: u32, parent: u32) {
        let number = self.nodes.len() as u32;
        let place = &mut self.node_of[thing as usize];
        assert!(*place == UNNAMED, "BUG: a thing was numbered twice");
        *place = number;
        let (nlink, parent) = match things.thing(thing).kind {
            // Its name and its own `.`; each subdirectory's `..` adds one.
            ThingKind::Directory => (2, parent),
            ThingKind::File { .. } | ThingKind::Symlink { .. } => (0, 0),
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

    /// The number and thing of each file, in the order of their numbers, with its size.
    pub(crate) fn files(&self, things: &impl Things) -> impl Iterator<Item = (u32, u32, u32)> {
        let nodes = (0..).zip(&self.nodes);
        nodes.filter_map(|(number, node)| match things.thing(node.thing).kind {
            ThingKind::File { size } => Some((number, node.thing, size)),
            _ => None,
        })
    }
}
