//! What a bundle is set to: how the interposer is linked, how the program meets the host, what it is started with.
//!
//! A manifest asks for these, the image and the lock record them, reports show them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the interposer is put into the program.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// Where the interposer comes from.
    pub mode: Mode,
    /// Where the interposer keeps its own state.
    pub memory: Memory,
    /// How directories of the host meet the embedded tree.
    pub host: Host,
    /// How variables of the host meet those of the manifest.
    pub env: EnvPolicy,
    /// Whether the bundle can be bundled again.
    pub rebundle: bool,
}

impl Default for Link {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            memory: Memory::default(),
            host: Host::default(),
            env: EnvPolicy::default(),
            rebundle: true,
        }
    }
}

/// Where the interposer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// From the program, when it was linked with `libwasi_vfs.a`; else it is linked into it.
    #[default]
    Auto,
    /// It is linked into the program, whatever that was linked with.
    PostLink,
    /// From the program, which must have been linked with `libwasi_vfs.a`.
    PreLinked,
}

/// Where the interposer keeps its own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Memory {
    /// At the top of the program's memory, out of its sight; runs on every engine.
    #[default]
    Single,
    /// In a memory of its own, out of the program's reach; for engines with the multi-memory proposal.
    Isolated,
}

/// How directories that the host gives at run time meet the embedded tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// The program sees both; where both have a name, the embedded one.
    #[default]
    Fallback,
    /// The program sees both; where both have a name, the host's: embedded defaults that a user can replace.
    Override,
    /// The program sees no directory of the host.
    None,
}

/// How the host's environment variables meet those of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EnvPolicy {
    /// The program sees both; where both have a name, the host's value.
    #[default]
    Defaults,
    /// The program sees those of `[env]` and no other.
    Fixed,
}

/// What a mount is that has rules of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
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
