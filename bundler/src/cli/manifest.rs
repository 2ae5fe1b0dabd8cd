//! The manifest that a command works on.

use std::path::{Path, PathBuf};

use clap::Args;
use wasi_vfs::Job;
use wasi_vfs::manifest::{BASE, Choice, Environment, Manifest, ManifestError, Variables};
use wasi_vfs::source::DiskSource;

/// `-m` and `-p`
#[derive(Args)]
pub(crate) struct ManifestArg {
    /// The manifest; its paths are relative to its folder
    #[arg(short, long, value_name = "MANIFEST", default_value = "wasi-vfs.toml")]
    manifest: PathBuf,
    /// The profile of the manifest; `base` is its top level
    #[arg(short, long, value_name = "PROFILE", env = "WASI_VFS_PROFILE")]
    profile: Option<String>,
}

impl ManifestArg {
    /// As if these had been given.
    pub(crate) fn new(manifest: PathBuf, profile: Option<String>) -> Self {
        Self { manifest, profile }
    }

    pub(crate) fn read(&self) -> Result<Manifest, ManifestError> {
        Manifest::read(&self.manifest, &DiskSource, &self.choice())
    }

    /// The top level of the manifest, whatever profile was chosen.
    pub(crate) fn read_base(&self) -> Result<Manifest, ManifestError> {
        let choice = Choice {
            profile: None,
            ..self.choice()
        };
        Manifest::read(&self.manifest, &DiskSource, &choice)
    }

    /// Which manifest of the text is meant. An empty variable is as good as none.
    fn choice(&self) -> Choice {
        Choice {
            profile: self.profile.clone().filter(|profile| !profile.is_empty()),
            environment: environment(),
        }
    }

    /// The name of the profile that is meant.
    pub(crate) fn profile(&self) -> &str {
        let profile = self.profile.as_deref();
        profile
            .filter(|profile| !profile.is_empty())
            .unwrap_or(BASE)
    }

    /// The job of bundling what it describes.
    pub(crate) fn job(&self) -> Job {
        Job::new(&self.manifest).choice(self.choice())
    }

    /// The manifest's path as it was given.
    pub(crate) fn path(&self) -> &Path {
        &self.manifest
    }
}

/// All of the environment that a bundle may depend on.
#[expect(clippy::disallowed_methods, reason = "this is the front door")]
fn environment() -> Environment {
    Environment {
        source_date_epoch: std::env::var_os("SOURCE_DATE_EPOCH")
            .map(|value| value.to_string_lossy().into_owned()),
        variables: Variables::new(|name| std::env::var_os(name)),
    }
}
