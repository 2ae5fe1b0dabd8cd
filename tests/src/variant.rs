//! The ways to bundle one program: what kind of mount it works in, in which memory layout, beside which host.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::bundle;

/// The kind of mount that a program changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mount {
    /// Empty at start, at `/work`.
    Tmpfs,
    /// Copy-on-write over the folder `seed`, at `/`.
    Writable,
}

/// One way to bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// What the program changes.
    pub mount: Mount,
    /// `[link] memory = "isolated"`.
    pub isolated: bool,
    /// `[link] host = "none"`: for an engine without files.
    pub alone: bool,
}

impl Variant {
    /// All kinds of mounts in all layouts, beside a host.
    pub const ALL: [Variant; 4] = [
        Variant::new(Mount::Tmpfs, false),
        Variant::new(Mount::Tmpfs, true),
        Variant::new(Mount::Writable, false),
        Variant::new(Mount::Writable, true),
    ];

    /// A way to bundle, beside a host.
    #[must_use]
    pub const fn new(mount: Mount, isolated: bool) -> Variant {
        Variant {
            mount,
            isolated,
            alone: false,
        }
    }

    /// The same without a host's files.
    #[must_use]
    pub const fn alone(mut self) -> Variant {
        self.alone = true;
        self
    }

    /// Where the program finds the mount.
    #[must_use]
    pub fn root(self) -> &'static str {
        match self.mount {
            Mount::Tmpfs => "/work",
            Mount::Writable => "/",
        }
    }

    /// The manifest for `module`.
    #[must_use]
    pub fn manifest(self, module: &Path) -> String {
        let memory = if self.isolated { "isolated" } else { "single" };
        let host = if self.alone { "none" } else { "fallback" };
        let mount = match self.mount {
            Mount::Tmpfs => "guest = \"/work\"\nkind = \"tmpfs\"\n",
            Mount::Writable => "guest = \"/\"\nsource = \"seed\"\nwritable = true\n",
        };
        format!(
            r#"manifest-version = 1
[module]
input = "{}"
output = "bundle.wasm"
[defaults]
timestamps = "source"
default-excludes = false
[link]
memory = "{memory}"
host = "{host}"
[[mount]]
{mount}"#,
            module.display()
        )
    }

    /// The bundle of `module`, written into `folder`, where a writable mount's `seed` lies.
    #[must_use]
    pub fn bundle(self, module: &Path, folder: &Path) -> PathBuf {
        let made = bundle::bundle(folder, &self.manifest(module));
        let name = folder.join(format!("{self}.wasm"));
        std::fs::rename(made, &name).expect("lies in the same folder");
        name
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let memory = if self.isolated { "isolated" } else { "single" };
        let host = if self.alone { "-alone" } else { "" };
        write!(f, "{:?}-{memory}{host}", self.mount)
    }
}
