//! `wasi-vfs verify`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic as _;
use schemars::JsonSchema;
use serde::Serialize;
use wasi_vfs::diff::DifferencesReport;
use wasi_vfs::lock::LockFile;
use wasi_vfs::manifest::BASE;
use wasi_vfs::manifest::lock_path;
use wasi_vfs::verify::{self, Mismatch};

use super::manifest::ManifestArg;
use super::progress::Bar;
use super::report::REPORT;
use super::{Failure, Outcome, screen::Screen};

/// Check that a bundle is up to date with its manifest, or matches the lock
///
/// Bundles again without writing the result, and compares the bytes. With --against-lock no source is needed: only the
/// embedded content is compared, so other tools may have processed the bundle.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  wasi-vfs verify dist/app.wasm\n  wasi-vfs verify dist/app.wasm --against-lock"
)]
pub(crate) struct Verify {
    /// A module that `wasi-vfs bundle` made
    #[arg(value_name = "OUT.wasm")]
    module: PathBuf,
    #[command(flatten)]
    manifest: ManifestArg,
    /// Compare with the manifest's lock instead of bundling again
    #[arg(long)]
    against_lock: bool,
    /// Print a JSON report to stdout
    #[arg(long)]
    json: bool,
}

/// What `verify --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct VerifyReport {
    /// Version of this report's form.
    report: u32,
    /// The module's path.
    module: String,
    /// What it was compared with: the manifest's path, or the lock's.
    with: String,
    /// The manifest's profile.
    profile: String,
    /// Whether it is what it should be.
    same: bool,
    /// The stable code of what is wrong, such as `wasi_vfs::verify::differs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// From the module to the rebuilt one, or from the lock to the module; absent when nothing differs or the image is
    /// damaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<DifferencesReport>,
    /// The first byte that differs, counted from 0, of a module that holds what it should.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_byte: Option<u64>,
}

impl Verify {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let (with, mismatch) = if self.against_lock {
            let lock =
                LockFile::open(&lock_path(self.manifest.path())).map_err(wasi_vfs::Error::from)?;
            let mismatch = verify::against_lock(&lock, self.manifest.profile(), &self.module);
            (lock.path().to_owned(), mismatch?)
        } else {
            let bar = Bar::new(screen.shows_progress());
            let mismatch = verify::rebuild(&self.manifest.job(), &self.module, &bar);
            drop(bar);
            (self.manifest.path().to_owned(), mismatch?)
        };
        if self.json {
            screen.print_json(&VerifyReport {
                report: REPORT,
                module: self.module.display().to_string(),
                with: with.display().to_string(),
                profile: self.manifest.profile().to_owned(),
                same: mismatch.is_none(),
                code: mismatch
                    .as_ref()
                    .and_then(|mismatch| mismatch.code().map(|code| code.to_string())),
                differences: mismatch
                    .as_ref()
                    .and_then(Mismatch::differences)
                    .map(DifferencesReport::from),
                first_byte: match mismatch {
                    Some(Mismatch::Bytes { first, .. }) => Some(first),
                    _ => None,
                },
            })?;
        }
        match mismatch {
            Some(mismatch) => Err(Failure::Drift(Box::new(mismatch))),
            None => {
                let (module, with) = (self.module.display(), with.display());
                let mut text = match self.against_lock {
                    true => format!("`{module}` holds what `{with}` says"),
                    false => format!("`{module}` is what `{with}` makes, byte for byte"),
                };
                if self.manifest.profile() != BASE {
                    text.push_str(&format!(" (profile `{}`)", self.manifest.profile()));
                }
                screen.say(&text);
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
