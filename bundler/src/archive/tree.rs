//! The tree of an archive: built entry by entry, then only looked at.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path};
use std::sync::Arc;

use super::error::ArchiveError;
use super::name::{self, NameError};
use super::sparse::Piece;
use super::zip::Zipped;
use crate::source::{Kind, Metadata};

/// The most entries, implied directories among them.
pub(super) const MAX_ENTRIES: usize = 1_000_000;
/// That number in words.
pub(super) const ENTRIES: &str = "1,000,000 entries";
/// The most bytes of names and targets, each counted in full: they are held in memory and gone through part by part, and a small
/// archive can unpack to many.
const MAX_TEXT: usize = 256 * 1024 * 1024;
/// Links that lead to links, one after the other.
const MAX_LINKS: usize = 40;

/// All entries of an archive.
#[derive(Debug)]
pub(super) struct Tree {
    /// The root is the first.
    nodes: Vec<Node>,
}

/// One entry.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) metadata: Metadata,
    pub(super) what: What,
    /// Where in the archive it is described; none: something below it needs it.
    at: Option<u64>,
    /// The directory it is in; the root is in itself.
    parent: u32,
}

/// What an entry holds.
#[derive(Debug, Clone)]
pub(super) enum What {
    Directory(BTreeMap<OsString, u32>),
    File(Member),
    Symlink(OsString),
    /// Another name of the file at this path of the archive. Gone when the tree is finished.
    Link(Vec<u8>),
    /// What no image can hold.
    Other,
}

/// Where the content of a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Member {
    /// As it is, from this byte on.
    Plain { offset: u64 },
    /// In pieces, without what is zeros.
    Sparse(Arc<[Piece]>),
    /// In a zip archive.
    Zipped(Zipped),
}

/// What a format says of an entry.
pub(super) struct Said {
    pub(super) kind: Kind,
    pub(super) mode: u32,
    pub(super) mtime_ns: i128,
    pub(super) size: u64,
    pub(super) what: What,
    /// Identity of a file that has several names, where the format tells it.
    pub(super) link_id: Option<(u64, u64)>,
    /// Where it says so.
    pub(super) at: u64,
}

/// A tree that grows.
pub(super) struct Builder<'a> {
    /// What messages call the archive.
    archive: &'a str,
    nodes: Vec<Node>,
    /// Bytes of names and targets so far.
    text: usize,
    /// The hard links, in their order, with their names.
    links: Vec<(u32, Vec<u8>)>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(archive: &'a str) -> Self {
        Self {
            archive,
            nodes: vec![Node::implied(0)],
            text: 0,
            links: Vec::new(),
        }
    }

    /// Puts an entry in its place; the directories above it that are missing come with it.
    pub(super) fn add(&mut self, name: &[u8], said: Said) -> Result<(), ArchiveError> {
        let parts = name::parts(name).map_err(|error| self.wrong_name(name, error))?;
        let target = match &said.what {
            What::Symlink(target) => target.len(),
            What::Link(target) => target.len(),
            _ => 0,
        };
        self.text += name.len() + target;
        if self.text > MAX_TEXT {
            return Err(self.too_many("256 MiB of names"));
        }
        let Some((last, above)) = parts.split_last() else {
            return self.add_root(name, said);
        };
        let mut directory = 0;
        for (depth, part) in above.iter().enumerate() {
            directory = self.enter(directory, part).map_err(|kind| {
                kind.unwrap_or_else(|what| ArchiveError::BelowFile {
                    archive: self.archive.to_owned(),
                    entry: name::shown(name),
                    parent: name::shown(&parts[..=depth].join(&b'/')),
                    what,
                })
            })?;
        }
        // The name without what does not matter in it.
        self.place(directory, last, &parts.join(&b'/'), said)
    }

    /// The directory `part` in `directory`, made when it is missing.
    ///
    /// # Errors
    /// `Ok`: no more fit. `Err`: what is there instead of a directory.
    fn enter(
        &mut self,
        directory: u32,
        part: &[u8],
    ) -> Result<u32, Result<ArchiveError, &'static str>> {
        let next = self.nodes.len() as u32;
        match self.names(directory).entry(name::os_string(part)) {
            Slot::Occupied(there) => {
                let there = *there.get();
                match &self.nodes[there as usize].what {
                    What::Directory(_) => Ok(there),
                    What::Symlink(_) => Err(Err("a symlink")),
                    What::File(_) | What::Link(_) => Err(Err("a file")),
                    What::Other => Err(Err("not a directory")),
                }
            }
            Slot::Vacant(free) => {
                free.insert(next);
                self.push(Node::implied(directory)).map_err(Ok)?;
                Ok(next)
            }
        }
    }

    fn place(
        &mut self,
        directory: u32,
        part: &[u8],
        name: &[u8],
        said: Said,
    ) -> Result<(), ArchiveError> {
        let next = self.nodes.len() as u32;
        match self.names(directory).entry(name::os_string(part)) {
            Slot::Vacant(free) => {
                free.insert(next);
                if let What::Link(_) = said.what {
                    self.links.push((next, name.to_vec()));
                }
                self.push(said.node(directory))
            }
            Slot::Occupied(there) => {
                let there = *there.get();
                self.again(there, name, said)
            }
        }
    }

    /// An entry in a place that is taken.
    fn again(&mut self, there: u32, name: &[u8], said: Said) -> Result<(), ArchiveError> {
        let node = &mut self.nodes[there as usize];
        let both_directories =
            said.kind == Kind::Directory && node.metadata.kind == Kind::Directory;
        match node.at {
            // So far only something below it had needed it.
            None if both_directories => {
                node.metadata.mode = said.mode;
                node.metadata.mtime_ns = said.mtime_ns;
                node.at = Some(said.at);
                Ok(())
            }
            Some(_)
                if both_directories
                    && (node.metadata.mode, node.metadata.mtime_ns)
                        == (said.mode, said.mtime_ns) =>
            {
                Ok(())
            }
            Some(first) => Err(ArchiveError::Duplicate {
                archive: self.archive.to_owned(),
                entry: name::shown(name),
                first,
                second: said.at,
            }),
            None => {
                let What::Directory(names) = &node.what else {
                    unreachable!("BUG: only directories are implied");
                };
                let below = names.keys().next().map(|name| name.as_encoded_bytes());
                let below = [name, b"/", below.unwrap_or_default()].concat();
                Err(ArchiveError::BelowFile {
                    archive: self.archive.to_owned(),
                    entry: name::shown(&below),
                    parent: name::shown(name),
                    what: described(said.kind),
                })
            }
        }
    }

    fn add_root(&mut self, name: &[u8], said: Said) -> Result<(), ArchiveError> {
        if said.kind == Kind::Directory {
            return self.again(0, name, said);
        }
        let error = NameError::Other("it is the root, and not a directory");
        Err(self.wrong_name(name, error))
    }

    fn names(&mut self, directory: u32) -> &mut BTreeMap<OsString, u32> {
        match &mut self.nodes[directory as usize].what {
            What::Directory(names) => names,
            _ => unreachable!("BUG: node {directory} is no directory"),
        }
    }

    fn push(&mut self, node: Node) -> Result<(), ArchiveError> {
        if self.nodes.len() > MAX_ENTRIES {
            return Err(self.too_many(ENTRIES));
        }
        self.nodes.push(node);
        Ok(())
    }

    fn too_many(&self, limit: &'static str) -> ArchiveError {
        ArchiveError::Entries {
            archive: self.archive.to_owned(),
            limit,
        }
    }

    fn wrong_name(&self, name: &[u8], error: NameError) -> ArchiveError {
        let (archive, entry) = (self.archive.to_owned(), name::shown(name));
        match error {
            NameError::Absolute => ArchiveError::Absolute { archive, entry },
            NameError::Escapes => ArchiveError::Escapes { archive, entry },
            NameError::Other(what) => ArchiveError::Name {
                archive,
                entry,
                what,
            },
        }
    }

    /// The whole tree; hard links, which may name what comes later, become names of their files.
    pub(super) fn finish(mut self) -> Result<Tree, ArchiveError> {
        for (link, name) in std::mem::take(&mut self.links) {
            let carrier = self.carrier(link, &name)?;
            if let What::File(_) = self.nodes[carrier as usize].what {
                // The number of the node that carries the content is as good an identity as any. A carrier that was a
                // link until a moment ago has that of its own carrier, and all three are one file.
                let identity = &mut self.nodes[carrier as usize].metadata.link_id;
                identity.get_or_insert((0, u64::from(carrier)));
            }
            let Node { metadata, what, .. } = &self.nodes[carrier as usize];
            let (metadata, what) = (metadata.clone(), what.clone());
            let node = &mut self.nodes[link as usize];
            (node.metadata, node.what) = (metadata, what);
        }
        Ok(Tree { nodes: self.nodes })
    }

    /// What a hard link is another name of, through links to links.
    fn carrier(&self, link: u32, name: &[u8]) -> Result<u32, ArchiveError> {
        let mut at = link;
        let What::Link(first) = &self.nodes[link as usize].what else {
            return Ok(link);
        };
        let mut steps = 0;
        while let What::Link(target) = &self.nodes[at as usize].what {
            let wrong = |what| ArchiveError::Link {
                archive: self.archive.to_owned(),
                entry: name::shown(name),
                target: name::shown(first),
                what,
            };
            let parts = name::parts(target).map_err(|_| wrong("is not in it"))?;
            let found = parts.iter().try_fold(0, |directory, part| {
                match &self.nodes[directory as usize].what {
                    What::Directory(names) => names.get(&name::os_string(part)).copied(),
                    _ => None,
                }
            });
            at = found.ok_or_else(|| wrong("is not in it"))?;
            steps += 1;
            if at == link || steps > MAX_LINKS {
                return Err(wrong("leads back to it"));
            }
            if let What::Directory(_) = self.nodes[at as usize].what {
                return Err(wrong("is a directory"));
            }
        }
        Ok(at)
    }
}

impl Said {
    fn node(self, parent: u32) -> Node {
        Node {
            metadata: Metadata {
                kind: self.kind,
                mode: self.mode,
                mtime_ns: self.mtime_ns,
                size: self.size,
                link_id: self.link_id,
            },
            what: self.what,
            at: Some(self.at),
            parent,
        }
    }
}

impl Node {
    /// A directory that the archive does not describe.
    fn implied(parent: u32) -> Self {
        Self {
            metadata: Metadata {
                kind: Kind::Directory,
                mode: 0o755,
                mtime_ns: 0,
                size: 0,
                link_id: None,
            },
            what: What::Directory(BTreeMap::new()),
            at: None,
            parent,
        }
    }
}

/// Why a path of an archive names nothing.
pub(super) enum Lost {
    /// There is no such entry.
    Missing,
    /// It leads out of the archive.
    Leaves,
    /// The symlinks form a cycle.
    Circle,
}

impl Tree {
    pub(super) fn node(&self, number: u32) -> &Node {
        &self.nodes[number as usize]
    }

    /// The entry at a path, no symlinks followed.
    pub(super) fn find(&self, path: &Path) -> Option<&Node> {
        let mut at = 0;
        for component in path.components() {
            at = match component {
                Component::CurDir => at,
                Component::Normal(name) => self.child(at, name)?,
                _ => return None,
            };
        }
        Some(self.node(at))
    }

    fn child(&self, directory: u32, name: &OsStr) -> Option<u32> {
        match &self.node(directory).what {
            What::Directory(names) => names.get(name).copied(),
            _ => None,
        }
    }

    /// The names on the way to what a path finally names, all symlinks followed.
    pub(super) fn resolve(&self, path: &Path) -> Result<Vec<OsString>, Lost> {
        // What is still to go through, last first.
        let mut todo: Vec<OsString> = reversed(path);
        let mut done: Vec<OsString> = Vec::new();
        let (mut at, mut links) = (0, 0);
        while let Some(name) = todo.pop() {
            let mut components = Path::new(&name).components();
            match components.next() {
                None | Some(Component::CurDir) => {}
                Some(Component::ParentDir) => {
                    done.pop().ok_or(Lost::Leaves)?;
                    at = self.node(at).parent;
                }
                Some(Component::Normal(_)) => {
                    let child = self.child(at, &name).ok_or(Lost::Missing)?;
                    if let What::Symlink(target) = &self.node(child).what {
                        links += 1;
                        if links > MAX_LINKS {
                            return Err(Lost::Circle);
                        }
                        todo.extend(reversed(Path::new(target)));
                    } else {
                        done.push(name);
                        at = child;
                    }
                }
                Some(Component::RootDir | Component::Prefix(_)) => return Err(Lost::Leaves),
            }
        }
        Ok(done)
    }
}

/// The components of a path, last first.
fn reversed(path: &Path) -> Vec<OsString> {
    let components = path.components().rev();
    components
        .map(|component| component.as_os_str().to_owned())
        .collect()
}

fn described(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "a directory",
        Kind::File => "a file",
        Kind::Symlink => "a symlink",
        Kind::Other(what) => what,
    }
}
