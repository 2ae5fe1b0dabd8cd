//! What goes into the image, resolved and sorted: the [`Plan`].
//!
//! `resolve` asks for each table of the manifest what it brings (`walk` for a directory, with the patterns of `glob`),
//! `merge` makes one tree of it, `limits` and `warning` look at the result.

mod archives;
mod earlier;
mod entries;
mod error;
mod found;
mod gitignore;
mod glob;
mod layer;
mod limits;
mod merge;
mod mount;
mod relative;
mod resolve;
mod rows;
mod secret;
mod shown;
#[cfg(test)]
mod tests;
mod unmatched;
mod walk;
mod warning;
mod why;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::archive::Archive;
use crate::layer::{Bundle, Layer};
use crate::manifest::{Request, span};
pub use crate::path::GuestPath;
pub(crate) use entries::Brief;
pub use entries::Entries;
pub use error::{ArchiveProblem, Paths, PlanError, PlanProblem};
pub(crate) use layer::open as open_layer;
pub use mount::{Mount, MountKind, Start};
pub use resolve::{resolve, resolve_on};
pub use rows::{Row, RowKind, Totals};
pub use warning::PlanWarning;
pub use why::{Given, KeptBy, Table, Verdict, Why, Written, why};

/// The resolved content of a bundle: what `plan` prints and `image` encodes.
///
/// Sorted by path, paths unique, every parent a directory and present before its children.
#[derive(Debug, Clone)]
pub struct Plan {
    roots: Vec<GuestPath>,
    /// Directories below `/` that are preopened as well.
    open: Vec<GuestPath>,
    /// Shared, so that a clone of a plan costs little.
    entries: Arc<Entries>,
    mounts: Vec<Mount>,
    start: Start,
    /// The tables of the manifest, by [`Origin`].
    requests: Vec<RequestLabel>,
    warnings: Vec<PlanWarning>,
    /// The image of the program that is a bundle already.
    layer: Option<Arc<Layer>>,
    /// The bundles that were opened as sources.
    bundles: Vec<Arc<Bundle>>,
}

/// What messages need of a table of the manifest.
#[derive(Debug, Clone)]
struct RequestLabel {
    name: String,
    span: Range<usize>,
}

impl RequestLabel {
    fn of(request: &Request) -> Self {
        Self {
            name: request.name.clone(),
            span: request.span.clone(),
        }
    }
}

/// One entry of a [`Plan`].
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where the program sees it.
    pub path: GuestPath,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits (`07777`), POSIX `mode_t`.
    pub mode: u16,
    /// Time of last modification, access and change; nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// What in the manifest asked for it.
    pub origin: Origin,
}

/// Which table of the manifest asked for an entry; [`Origin::IMPLIED`] for a parent directory that nothing names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(u32);

/// What an [`Entry`] is, and where its bytes come from.
#[derive(Debug, Clone)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Where its contents come from.
        content: Content,
        /// Size in bytes at planning time; the image writer refuses a file that has another size when read.
        size: u64,
    },
    /// Another name of a file that is itself an entry (of kind `File`) at a smaller path.
    HardLink {
        /// The entry that carries the contents.
        to: GuestPath,
    },
    /// A symbolic link.
    Symlink {
        /// Its target as stored, not resolved; 1 to 4095 bytes of UTF-8.
        target: String,
    },
}

/// Where a file's bytes come from.
#[derive(Debug, Clone)]
pub enum Content {
    /// A file of the [`Source`](crate::source::Source), read when the image is written.
    Source {
        /// Its path there.
        path: PathBuf,
        /// Its modification time at planning time; another one when read means that it changed meanwhile.
        mtime_ns: i128,
    },
    /// A file of an archive; read when the image is written.
    Archive {
        /// The archive, which is a [`Source`](crate::source::Source) itself.
        archive: Arc<Archive>,
        /// The file's path there.
        member: PathBuf,
    },
    /// A file of the bundle that the program is already; read when the image is written.
    Layer {
        /// That bundle's image.
        layer: Arc<Layer>,
        /// The file's guest path there.
        path: String,
        /// Where its content begins in the image.
        offset: u32,
    },
    /// Given in the manifest.
    Inline(Arc<[u8]>),
}

impl Content {
    /// The file it comes from, as messages and reports show it, such as `src/foo.py` or `vendor/x.tar.gz:lib/foo.py`; `None`: the
    /// manifest has it.
    #[must_use]
    pub fn shown(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Source { path, .. } => path.to_string_lossy(),
            Self::Archive { archive, member } => {
                format!("{}:{}", archive.path().display(), member.display()).into()
            }
            Self::Layer { layer, path, .. } => layer.shown_entry(path).into(),
            Self::Inline(_) => return None,
        })
    }

    /// The bundle that it is in and where its bytes begin in the image there; `None`: it is in none.
    pub(crate) fn in_bundle(&self) -> Option<(&Arc<Bundle>, u32)> {
        match self {
            Self::Layer { layer, offset, .. } => Some((layer.bundle(), *offset)),
            Self::Archive { archive, member } => archive.in_bundle(member),
            Self::Source { .. } | Self::Inline(_) => None,
        }
    }
}

impl Origin {
    /// Nothing in the manifest names it; something below it needs it.
    pub const IMPLIED: Self = Self(u32::MAX);
}

impl Plan {
    /// Sorts entries into a plan. [`resolve`] ends here; tests of later stages may start here.
    ///
    /// # Panics
    /// When two entries have one path, or an entry's parent is missing or no directory.
    #[must_use]
    pub fn assemble(entries: Vec<Entry>) -> Self {
        Self::of_sorted(entries.into_iter().collect())
    }

    /// [`assemble`](Self::assemble) for what is sorted already.
    fn of_sorted(entries: Entries) -> Self {
        let mut roots = Vec::new();
        // The entry at each directory that was met: a search among all entries takes long.
        let mut known: Vec<Option<usize>> = vec![None; entries.directory_numbers()];
        for at in 0..entries.len() {
            if let Some(last) = at.checked_sub(1) {
                match entries.compare(last, at) {
                    Ordering::Less => {}
                    Ordering::Equal => panic!("BUG: two entries at `{}`", entries.path(at)),
                    Ordering::Greater => panic!("BUG: `{}` is not in its place", entries.path(at)),
                }
            }
            let parent = entries.directory(at).and_then(|directory| {
                let known = &mut known[entries.directory_number(at)];
                if known.is_none() {
                    *known = entries.find(directory).filter(|found| *found < at);
                }
                *known
            });
            let directory = match parent {
                Some(parent) => parent,
                None => {
                    let path = entries.path(at);
                    let root = !path.is_absolute() || path.as_str() == "/";
                    assert!(root, "BUG: nothing at the parent of `{path}`");
                    roots.push(path);
                    at
                }
            };
            assert!(
                entries.is_directory(directory),
                "BUG: `{}` is no directory",
                entries.path(directory)
            );
        }
        // `/` first; GuestPath's order puts names such as `-x` and `.` before it.
        roots.sort_by_key(|root| !root.is_absolute());
        Self {
            roots,
            open: Vec::new(),
            entries: Arc::new(entries),
            mounts: Vec::new(),
            start: Start::default(),
            requests: Vec::new(),
            warnings: Vec::new(),
            layer: None,
            bundles: Vec::new(),
        }
    }

    /// The directories that no other is around, `/` first when present, the others sorted: each is an entry of kind `Directory`.
    #[must_use]
    pub fn roots(&self) -> &[GuestPath] {
        &self.roots
    }

    /// The directories that the program finds open when it starts: the roots, and what below `/` is open by itself. `/` is
    /// the first when present, the others are sorted.
    #[must_use]
    pub fn preopens(&self) -> Vec<&GuestPath> {
        let mut preopens: Vec<_> = self.roots.iter().chain(&self.open).collect();
        preopens.sort_by_key(|path| (path.as_str() != "/", path.as_str()));
        preopens
    }

    /// Adds mounts, whose directories are entries already.
    ///
    /// # Panics
    /// When one of the directories is missing, or two mounts have the same.
    #[must_use]
    pub fn with_mounts(mut self, mut mounts: Vec<Mount>) -> Self {
        mounts.sort_by(|a, b| a.path.cmp(&b.path));
        for (at, mount) in mounts.iter().enumerate() {
            let path = &mount.path;
            let directory = self.entries.find(path);
            let directory = directory.is_some_and(|at| self.entries.is_directory(at));
            assert!(directory, "BUG: no directory at the mount `{path}`");
            assert!(
                at == 0 || mounts[at - 1].path != *path,
                "BUG: two mounts at `{path}`"
            );
        }
        self.mounts = mounts;
        self
    }

    /// Sets what the program is started with.
    #[must_use]
    pub fn with_start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// The mounts that are not just embedded and read-only, sorted by path; each path is an entry of kind `Directory`.
    #[must_use]
    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// Whether there is a mount that the program can write to, in memory.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.mounts
            .iter()
            .any(|mount| mount.kind != MountKind::Host)
    }

    /// What the program is started with.
    #[must_use]
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// The bundles whose files may go in; they are checked when these are read.
    pub(crate) fn bundles(&self) -> impl Iterator<Item = &Arc<Bundle>> {
        let below = self.layer.iter().map(|layer| layer.bundle());
        below.chain(&self.bundles)
    }

    /// What a user should know though it works.
    #[must_use]
    pub fn warnings(&self) -> &[PlanWarning] {
        &self.warnings
    }

    /// The name of the mount, or the guest path of the other table, that asked for an entry.
    #[must_use]
    pub fn mount_of(&self, entry: &Entry) -> Option<&str> {
        Some(&self.request(entry)?.name)
    }

    /// Where in the manifest an entry is asked for.
    #[must_use]
    pub fn span_of(&self, entry: &Entry) -> Option<miette::SourceSpan> {
        Some(span(&self.request(entry)?.span))
    }

    fn request(&self, entry: &Entry) -> Option<&RequestLabel> {
        self.requests.get(entry.origin.0 as usize)
    }

    /// All entries, sorted by path.
    #[must_use]
    pub fn entries(&self) -> &Entries {
        &self.entries
    }
}
