//! What of a plan is not an entry: mounts with rules of their own, and what the program is started with.

use super::{GuestPath, Origin};
use crate::manifest::Host;

/// A directory whose tree follows other rules than the read-only one around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The directory it is rooted at.
    pub path: GuestPath,
    /// What it is.
    pub kind: MountKind,
    /// Bytes it may hold in memory.
    pub size_limit: Option<u64>,
    /// Whether the program refuses to start when the host gives no directory for it.
    pub required: bool,
    /// What in the manifest asked for it.
    pub origin: Origin,
}

/// What a [`Mount`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MountKind {
    /// Embedded entries that the program may change, in memory.
    Writable,
    /// Empty but for what other tables put there, writable, in memory.
    Tmpfs,
    /// A directory that the host gives when the program is run.
    Host,
}

/// What the program is started with, and how it meets the host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// How directories of the host meet the embedded tree.
    pub host: Host,
    /// Names and values, sorted by name, names unique.
    pub environment: Vec<(String, String)>,
    /// Whether the program sees these variables only, whatever the host has.
    pub environment_fixed: bool,
    /// The program's name and its default arguments; empty when there are no defaults.
    pub arguments: Vec<String>,
}
