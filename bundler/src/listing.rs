//! What a bundle holds, in one form whatever it was read from: a [`Listing`].
//!
//! A bundle that was just made, a module on disk and a section of the lock give the same listing when they hold the same;
//! [`diff`](crate::diff) compares two.

mod items;

use crate::image;
use crate::inspect::{Found, InspectError};
use crate::manifest::{Manifest, Memory, Preinit};
use crate::output::Sealed;
use crate::path::GuestPath;
use crate::plan::Plan;
use crate::settings::{MountKind, Start};

pub use items::Items;

/// All that decides what a bundle is, and all of it: equal listings without unknown parts mean equal bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The tool and its version; none: unknown.
    pub tool: Option<String>,
    /// Digest of the interposer's artifact; none: unknown.
    pub interposer: Option<String>,
    /// Digest of the program before it was bundled; none: unknown.
    pub program: Option<String>,
    /// Where the interposer keeps its own state.
    pub memory: Memory,
    /// What the program is started with.
    pub start: Start,
    /// The mounts with rules of their own, sorted by path.
    pub mounts: Vec<Mount>,
    /// Names and values of what the program is initialized with, sorted by name, empty when it is not; none: unknown.
    pub preinit: Option<Vec<(String, String)>>,
    /// Names and values of what the manifest's variables came to, sorted by name; none: unknown.
    pub vars: Option<Vec<(String, String)>>,
    /// What of the manifest depends on the machine; none: unknown.
    pub machine_dependent: Option<Vec<String>>,
    /// Every name, sorted by path, paths unique.
    pub items: Items,
}

/// A directory whose tree follows other rules than the read-only one around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The directory.
    pub path: GuestPath,
    /// What it is.
    pub kind: MountKind,
    /// Bytes it may hold in memory.
    pub size_limit: Option<u64>,
    /// Whether the program refuses to start when the host gives no directory for it.
    pub required: bool,
}

/// A name that the program sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The guest path.
    pub path: GuestPath,
    /// What it is.
    pub kind: ItemKind,
    /// Mode and time; none for a hard link, which has those of its file.
    pub meta: Option<Meta>,
}

/// What a name has beside what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// Permission bits (`07777`).
    pub mode: u16,
    /// Nanoseconds since the Unix epoch.
    pub time_ns: u64,
}

/// What a name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Bytes of content.
        size: u64,
        /// SHA-256 of the content.
        sha256: [u8; 32],
    },
    /// Another name of the file at a smaller path.
    HardLink {
        /// That path.
        to: GuestPath,
    },
    /// A symbolic link.
    Symlink {
        /// Its target as stored.
        target: String,
    },
}

impl Listing {
    /// What was bundled for a manifest.
    ///
    /// # Panics
    /// When the two were not made from `manifest`, and lack the digest of a file.
    #[must_use]
    pub fn of_bundle(manifest: &Manifest, plan: &Plan, sealed: &Sealed) -> Self {
        let record = &sealed.record;
        let mounts = plan.mounts().iter().map(|mount| Mount {
            path: mount.path.clone(),
            kind: mount.kind,
            size_limit: mount.size_limit,
            required: mount.required,
        });
        let vars = (manifest.vars().iter()).map(|var| (var.name.clone(), var.value.clone()));
        let machine_dependent = manifest.machine_dependent().into_iter();
        let machine_dependent = machine_dependent.map(|fact| fact.to_string());
        Self {
            tool: Some(record.tool.clone()),
            interposer: Some(record.interposer.clone()),
            program: Some(record.program.clone()),
            memory: manifest.link().memory,
            start: plan.start().clone(),
            mounts: mounts.collect(),
            preinit: Some(manifest.preinit().map_or(Vec::new(), Preinit::settings)),
            vars: Some(vars.collect()),
            machine_dependent: Some(machine_dependent.collect()),
            items: Items::of_bundle(plan, sealed),
        }
    }

    /// What a module on disk holds. The image is checked first, so that all of it can be relied on.
    ///
    /// # Errors
    /// The first flaw of the image.
    pub fn of_module(found: &Found<'_>) -> Result<Self, InspectError> {
        let digests = found.check()?.contents;
        let rows = found.rows()?;
        let mut mounts = Vec::new();
        for mount in found.mounts()? {
            let path = rows.directory(mount.node);
            mounts.push(Mount {
                path: guest(&path.expect("BUG: a checked mount without a name")),
                kind: mount.kind,
                size_limit: mount.size_limit,
                required: mount.message.is_some(),
            });
        }
        mounts.sort_by(|a, b| a.path.cmp(&b.path));
        let items = rows.iter().map(|row| item(row, &digests)).collect();
        let record = found.record();
        Ok(Self {
            tool: record.map(|record| record.tool.clone()),
            interposer: record.map(|record| record.interposer.clone()),
            program: record.map(|record| record.program.clone()),
            memory: found.memory(),
            start: found.start()?,
            mounts,
            preinit: None,
            vars: None,
            machine_dependent: None,
            // Rows come in the order of a plan's entries.
            items,
        })
    }
}

impl Item {
    /// A name; a hard link's mode and time are those of its file.
    pub(crate) fn new(path: GuestPath, kind: ItemKind, meta: Meta) -> Self {
        let own = !matches!(kind, ItemKind::HardLink { .. });
        Self {
            path,
            kind,
            meta: own.then_some(meta),
        }
    }
}

/// A row of an image that was checked.
fn item(row: image::Row, digests: &[Option<[u8; 32]>]) -> Item {
    let kind = match row.kind {
        image::RowKind::Directory => ItemKind::Directory,
        image::RowKind::File {
            link_to: Some(to), ..
        } => ItemKind::HardLink { to: guest(&to) },
        image::RowKind::File { link_to: None, .. } => ItemKind::File {
            size: u64::from(row.size),
            sha256: digests[row.node as usize].expect("BUG: a checked file without a digest"),
        },
        image::RowKind::Symlink { target } => ItemKind::Symlink { target },
    };
    let meta = Meta {
        mode: (row.mode & vfs_image::layout::MODE_PERMISSIONS) as u16,
        time_ns: row.time_ns,
    };
    Item::new(guest(&row.path), kind, meta)
}

/// A path of an image, whose rows have paths that are.
fn guest(path: &str) -> GuestPath {
    let path = GuestPath::parse(path);
    path.expect("BUG: an image lists what is no path")
}
