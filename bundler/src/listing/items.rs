//! The names of a listing in little memory: [`Items`].

use std::fmt;

use super::{Item, ItemKind, Meta};
use crate::embed::Digests;
use crate::output::Sealed;
use crate::path::{Directories, GuestPath};
use crate::plan::{EntryKind, Plan};

/// Names, sorted by path, paths unique; an [`Item`] is made when it is asked for.
///
/// Those of a bundle that was just made are its plan's entries, of which nothing is copied. Others take some 50 bytes and their name, a
/// file its digest as well; the path of a directory is held once.
#[derive(Clone)]
pub struct Items(Kind);

#[derive(Clone)]
enum Kind {
    /// What was bundled.
    Bundled { plan: Plan, digests: Digests },
    /// What was read.
    Read(Read),
}

#[derive(Clone, Default)]
struct Read {
    /// The names, one after the other.
    names: String,
    directories: Directories,
    records: Vec<Record>,
    digests: Vec<[u8; 32]>,
    /// Targets of links.
    targets: Vec<Box<str>>,
}

#[derive(Clone)]
struct Record {
    /// Where its name starts.
    name: usize,
    time_ns: u64,
    /// Of a file.
    size: u64,
    /// Which of the directories it is in; [`WHOLE`]: none, and the name is its path.
    directory: u32,
    /// Which of the digests or targets is its.
    more: u32,
    mode: u16,
    kind: RecordKind,
}

#[derive(Clone, Copy)]
enum RecordKind {
    Directory,
    File,
    HardLink,
    Symlink,
}

/// For what has no name in a directory: `/` and `.`.
const WHOLE: u32 = u32::MAX;

impl Items {
    /// What was bundled.
    pub(super) fn of_bundle(plan: &Plan, sealed: &Sealed) -> Self {
        Self(Kind::Bundled {
            plan: plan.clone(),
            digests: sealed.image.contents.clone(),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Kind::Bundled { plan, .. } => plan.entries().len(),
            Kind::Read(read) => read.records.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds one, which comes after all the others.
    ///
    /// # Panics
    /// When these are those of a bundle that was just made.
    pub(crate) fn push(&mut self, item: Item) {
        match &mut self.0 {
            Kind::Bundled { .. } => unreachable!("BUG: a name is added to a bundle"),
            Kind::Read(read) => read.push(item),
        }
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Item> {
        (0..self.len()).map(|number| match &self.0 {
            Kind::Bundled { plan, digests } => bundled(plan, digests, number),
            Kind::Read(read) => read.get(number),
        })
    }
}

impl Default for Items {
    fn default() -> Self {
        Self(Kind::Read(Read::default()))
    }
}

/// They must come sorted.
impl FromIterator<Item> for Items {
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> Self {
        let mut read = Read::default();
        items.into_iter().for_each(|item| read.push(item));
        Self(Kind::Read(read))
    }
}

impl PartialEq for Items {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Items {}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// An entry of a plan.
fn bundled(plan: &Plan, digests: &Digests, number: usize) -> Item {
    let entry = plan.entries().at(number);
    let meta = Meta {
        mode: entry.mode,
        time_ns: entry.time_ns,
    };
    let kind = match entry.kind {
        EntryKind::Directory => ItemKind::Directory,
        EntryKind::File { size, .. } => ItemKind::File {
            size,
            sha256: (digests.of(number)).expect("BUG: a file was bundled without its digest"),
        },
        EntryKind::HardLink { to } => ItemKind::HardLink { to },
        EntryKind::Symlink { target } => ItemKind::Symlink { target },
    };
    Item::new(entry.path, kind, meta)
}

impl Read {
    fn push(&mut self, item: Item) {
        let (directory, name) = match (item.path.parent_text(), item.path.name()) {
            (Some(parent), Some(name)) => (self.directories.number(parent), name),
            _ => (WHOLE, item.path.as_str()),
        };
        let start = self.names.len();
        self.names.push_str(name);
        let mut size_of = 0;
        let (kind, more) = match item.kind {
            ItemKind::Directory => (RecordKind::Directory, 0),
            ItemKind::File { size, sha256 } => {
                size_of = size;
                self.digests.push(sha256);
                (RecordKind::File, self.digests.len() - 1)
            }
            ItemKind::HardLink { to } => (RecordKind::HardLink, self.target(to.as_str())),
            ItemKind::Symlink { target } => (RecordKind::Symlink, self.target(&target)),
        };
        let meta = item.meta.unwrap_or(Meta {
            mode: 0,
            time_ns: 0,
        });
        self.records.push(Record {
            name: start,
            time_ns: meta.time_ns,
            size: size_of,
            directory,
            more: more as u32,
            mode: meta.mode,
            kind,
        });
    }

    fn target(&mut self, target: &str) -> usize {
        self.targets.push(target.into());
        self.targets.len() - 1
    }

    fn get(&self, number: usize) -> Item {
        let record = &self.records[number];
        let next = self.records.get(number + 1);
        let end = next.map_or(self.names.len(), |next| next.name);
        let name = &self.names[record.name..end];
        let path = match self.directories.get(record.directory) {
            None => GuestPath::parse(name),
            Some(directory) => directory.child(name),
        };
        let path = path.expect("BUG: a path that was one is none");
        let more = record.more as usize;
        let kind = match record.kind {
            RecordKind::Directory => ItemKind::Directory,
            RecordKind::File => ItemKind::File {
                size: record.size,
                sha256: self.digests[more],
            },
            RecordKind::HardLink => ItemKind::HardLink {
                to: GuestPath::parse(&self.targets[more]).expect("BUG: it was a path"),
            },
            RecordKind::Symlink => ItemKind::Symlink {
                target: self.targets[more].to_string(),
            },
        };
        let meta = Meta {
            mode: record.mode,
            time_ns: record.time_ns,
        };
        Item::new(path, kind, meta)
    }
}
