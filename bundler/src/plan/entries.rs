//! The entries of a plan in little memory: [`Entries`].

mod order;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Content, Entry, EntryKind, Origin};
use crate::archive::Archive;
use crate::path::{Directories, GuestPath};
use crate::source::is_joined;

/// The entries of a plan, sorted by path; an [`Entry`] is made when it is asked for.
///
/// A file takes some 50 bytes and its name: directories are held once, those of sources as well, and most files are called in their source
/// as the program sees them.
#[derive(Clone, Default)]
pub struct Entries {
    /// The names, in the order the entries came.
    names: String,
    directories: Directories,
    /// The directories of sources.
    folders: Vec<Folder>,
    /// What is neither a directory nor a file that is called as in its source.
    others: Vec<EntryKind>,
    records: Vec<Record>,
}

#[derive(Clone)]
struct Folder {
    path: PathBuf,
    archive: Option<Arc<Archive>>,
}

#[derive(Clone, Copy)]
struct Record {
    /// Where its name starts, which has `name_size` bytes.
    name: usize,
    time_ns: u64,
    /// Of a file.
    size: u64,
    /// That of a file in its source.
    mtime_ns: i64,
    /// Which of the directories it is in; [`WHOLE`]: none, and the name is its path.
    directory: u32,
    /// Which of the folders it is in, or of the others it is.
    more: u32,
    origin: Origin,
    mode: u16,
    name_size: u8,
    kind: RecordKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RecordKind {
    Directory,
    File,
    Other,
}

/// For `/` and `.`.
const WHOLE: u32 = u32::MAX;

/// What an entry is, without where its content comes from.
pub(crate) enum Brief<'e> {
    Directory,
    File { size: u64 },
    HardLink { to: &'e GuestPath },
    Symlink { target: &'e str },
}

impl Entries {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = Entry> {
        (0..self.len()).map(|number| self.at(number))
    }

    /// The entry with this number, from 0.
    ///
    /// # Panics
    /// When there are not so many.
    #[must_use]
    pub fn at(&self, number: usize) -> Entry {
        let record = &self.records[number];
        Entry {
            path: self.path(number),
            kind: self.kind(number),
            mode: record.mode,
            time_ns: record.time_ns,
            origin: record.origin,
        }
    }

    /// The path of an entry.
    pub(crate) fn path(&self, number: usize) -> GuestPath {
        let name = self.name(number);
        let path = match self.directory(number) {
            None => GuestPath::parse(name),
            Some(directory) => directory.child(name),
        };
        path.expect("BUG: a path that was one is none")
    }

    /// The last name of its path; all of it for `/` and `.`.
    pub(crate) fn name(&self, number: usize) -> &str {
        let record = &self.records[number];
        &self.names[record.name..][..usize::from(record.name_size)]
    }

    /// The directory it is in; none for `/` and `.`.
    pub(crate) fn directory(&self, number: usize) -> Option<&GuestPath> {
        self.directories.get(self.records[number].directory)
    }

    /// The number of that directory's path; those of one directory mostly have the same. Too large for `/` and `.`.
    pub(crate) fn directory_number(&self, number: usize) -> usize {
        self.records[number].directory as usize
    }

    /// How many such numbers there are.
    pub(crate) fn directory_numbers(&self) -> usize {
        self.directories.len()
    }

    pub(crate) fn mode(&self, number: usize) -> u16 {
        self.records[number].mode
    }

    pub(crate) fn time_ns(&self, number: usize) -> u64 {
        self.records[number].time_ns
    }

    pub(crate) fn origin(&self, number: usize) -> Origin {
        self.records[number].origin
    }

    pub(crate) fn is_directory(&self, number: usize) -> bool {
        self.records[number].kind == RecordKind::Directory
    }

    /// Whether it is a file whose content the manifest has.
    pub(crate) fn is_inline(&self, number: usize) -> bool {
        let record = &self.records[number];
        let inline = |kind: &EntryKind| match kind {
            EntryKind::File { content, .. } => matches!(content, Content::Inline(_)),
            _ => false,
        };
        record.kind == RecordKind::Other && inline(&self.others[record.more as usize])
    }

    /// What it is, in brief.
    pub(crate) fn brief(&self, number: usize) -> Brief<'_> {
        let record = &self.records[number];
        match record.kind {
            RecordKind::Directory => Brief::Directory,
            RecordKind::File => Brief::File { size: record.size },
            RecordKind::Other => match &self.others[record.more as usize] {
                EntryKind::Directory => Brief::Directory,
                EntryKind::File { size, .. } => Brief::File { size: *size },
                EntryKind::HardLink { to } => Brief::HardLink { to },
                EntryKind::Symlink { target } => Brief::Symlink { target },
            },
        }
    }

    /// What it is.
    pub(crate) fn kind(&self, number: usize) -> EntryKind {
        let record = &self.records[number];
        match record.kind {
            RecordKind::Directory => EntryKind::Directory,
            RecordKind::Other => self.others[record.more as usize].clone(),
            RecordKind::File => {
                let folder = &self.folders[record.more as usize];
                let path = folder.path.join(self.name(number));
                let content = match &folder.archive {
                    None => Content::Source {
                        path,
                        mtime_ns: i128::from(record.mtime_ns),
                    },
                    Some(archive) => Content::Archive {
                        archive: Arc::clone(archive),
                        member: path,
                    },
                };
                EntryKind::File {
                    content,
                    size: record.size,
                }
            }
        }
    }

    /// Adds an entry behind the others, wherever its path belongs.
    pub(crate) fn push(&mut self, entry: Entry) {
        let Entry {
            path,
            kind,
            mode,
            time_ns,
            origin,
        } = entry;
        let (directory, name) = match (path.parent_text(), path.name()) {
            (Some(parent), Some(name)) => (self.directories.number(parent), name),
            _ => (WHOLE, path.as_str()),
        };
        let record = Record {
            name: self.names.len(),
            time_ns,
            size: 0,
            mtime_ns: 0,
            directory,
            more: 0,
            origin,
            mode,
            name_size: name.len() as u8, // `GuestPath` has no longer ones.
            kind: RecordKind::Directory,
        };
        self.names.push_str(name);
        self.records.push(record);
        self.set_kind(self.records.len() - 1, kind);
    }

    /// Makes something else of an entry.
    pub(crate) fn set_kind(&mut self, number: usize, kind: EntryKind) {
        let plain = match &kind {
            EntryKind::File { content, .. } => self.plain(number, content),
            _ => None,
        };
        let (more, size, mtime, kind) = match (kind, plain) {
            (EntryKind::Directory, _) => (0, 0, 0, RecordKind::Directory),
            (EntryKind::File { size, .. }, Some((folder, mtime))) => {
                (folder, size, mtime, RecordKind::File)
            }
            (kind, _) => (self.other(number, kind), 0, 0, RecordKind::Other),
        };
        let record = &mut self.records[number];
        (record.more, record.size, record.mtime_ns, record.kind) = (more, size, mtime, kind);
    }

    /// Says what a file turned out to be.
    pub(crate) fn set_file(
        &mut self,
        number: usize,
        (mode, time_ns): (u16, u64),
        (size, mtime_ns): (u64, i128),
    ) {
        let record = &mut self.records[number];
        (record.mode, record.time_ns) = (mode, time_ns);
        if record.kind == RecordKind::File {
            record.size = size;
            // An archive says its times itself.
            if self.folders[record.more as usize].archive.is_some() {
                return;
            }
            if let Ok(mtime_ns) = i64::try_from(mtime_ns) {
                record.mtime_ns = mtime_ns;
                return;
            }
        }
        let mut kind = self.kind(number);
        if let EntryKind::File { content, size: of } = &mut kind {
            *of = size;
            if let Content::Source { mtime_ns: of, .. } = content {
                *of = mtime_ns;
            }
        }
        self.set_kind(number, kind);
    }

    /// The folder and time of a file that is called in its source as its path says.
    fn plain(&mut self, number: usize, content: &Content) -> Option<(u32, i64)> {
        let (path, mtime_ns, archive) = match content {
            Content::Source { path, mtime_ns } => (path, i64::try_from(*mtime_ns).ok()?, None),
            Content::Archive { archive, member } => (member, 0, Some(archive)),
            Content::Layer { .. } | Content::Inline(_) => return None,
        };
        let record = &self.records[number];
        let name = &self.names[record.name..][..usize::from(record.name_size)];
        let same = |one: &Folder| match (&one.archive, archive) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        let near = self.folders.iter().enumerate().rev().take(NEAR);
        for (at, folder) in near {
            if same(folder) && is_joined(path, &folder.path, name.as_ref()) {
                return Some((at as u32, mtime_ns));
            }
        }
        let parent = path.parent()?;
        if !is_joined(path, parent, name.as_ref()) {
            return None;
        }
        self.folders.push(Folder {
            path: parent.to_owned(),
            archive: archive.cloned(),
        });
        Some((self.folders.len() as u32 - 1, mtime_ns))
    }

    fn other(&mut self, number: usize, kind: EntryKind) -> u32 {
        let record = &self.records[number];
        if record.kind == RecordKind::Other {
            self.others[record.more as usize] = kind;
            return record.more;
        }
        self.others.push(kind);
        self.others.len() as u32 - 1
    }

    /// Keeps the entries with these numbers, in this order.
    pub(crate) fn keep(&mut self, numbers: &[u32]) {
        let records = numbers.iter().map(|number| self.records[*number as usize]);
        self.records = records.collect();
    }
}

/// A folder of a source is looked for among so many that came last.
const NEAR: usize = 4;

impl FromIterator<Entry> for Entries {
    /// In any order; they are sorted.
    fn from_iter<I: IntoIterator<Item = Entry>>(all: I) -> Self {
        let mut entries = Self::default();
        all.into_iter().for_each(|entry| entries.push(entry));
        let mut order: Vec<u32> = (0..entries.len() as u32).collect();
        order.sort_by(|a, b| entries.compare(*a as usize, *b as usize));
        entries.keep(&order);
        entries
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
