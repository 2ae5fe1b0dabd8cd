//! A project as a team has one: a manifest with every kind of source, profiles, variables and a lock.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache;
use crate::fixture::Fixture;
use crate::guest::{self, Libc};
use crate::tool;

/// The manifest.
pub const MANIFEST: &str = include_str!("project.toml");

/// The profiles, and what bundling each writes.
pub const PROFILES: [(&str, &str); 3] = [
    ("base", "out.wasm"),
    ("dev", "out.dev.wasm"),
    ("release", "out.release.wasm"),
];

/// All that bundling all profiles writes.
pub const OUTPUTS: [&str; 4] = [
    "out.wasm",
    "out.dev.wasm",
    "out.release.wasm",
    "wasi-vfs.lock",
];

/// What the manifest reads from the environment, and nothing else.
pub const ENVIRONMENT: [(&str, &str); 2] = [
    ("SOURCE_DATE_EPOCH", "1500000000"),
    ("PROJECT_VERSION", "2.1"),
];

/// The project's folder, deleted on drop.
#[derive(Debug)]
pub struct Project {
    fixture: Fixture,
}

impl Project {
    /// Lays the project out; `seed` changes the order in which its files are created, and nothing else.
    ///
    /// # Panics
    /// When the disk does not let it.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::in_folder(seed, None)
    }

    /// The same below another directory than the system's for temporary files.
    ///
    /// # Panics
    /// When the disk does not let it.
    #[must_use]
    pub fn in_folder(seed: u64, parent: Option<&Path>) -> Self {
        let fixture = match parent {
            Some(parent) => Fixture::in_folder(seed, parent),
            None => Fixture::new(seed),
        };
        let root = fixture.folder();
        let project = |name: &str| root.join(name);
        fs::create_dir(project("vendor")).expect("can't create a folder");
        let archives = cache::package_dir().join("src/archives.py");
        let _ = tool::run(
            Command::new("python3").arg(archives).arg(project("vendor")),
            b"",
        )
        .ok();
        fs::copy(guest::probe(Libc::Debian), project("program.wasm")).expect("can't copy");
        fs::write(project("wasi-vfs.toml"), MANIFEST).expect("can't write the manifest");
        // The tool is beside it, so that whoever may enter the folder may run it.
        fs::copy(tool::wasi_vfs(), project("wasi-vfs")).expect("can't copy the tool");
        for name in [".", "vendor", "wasi-vfs", "wasi-vfs.toml", "program.wasm"] {
            fs::set_permissions(project(name), fs::Permissions::from_mode(0o755))
                .expect("can't set a mode");
        }
        Self { fixture }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.fixture.folder()
    }

    /// A file of it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}
