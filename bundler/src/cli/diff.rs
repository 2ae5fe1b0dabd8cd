//! `wasi-vfs diff`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use wasi_vfs::diff::DifferencesReport;
use wasi_vfs::verify::{Comparison, Side, compare};

use super::manifest::ManifestArg;
use super::progress::Bar;
use super::report::REPORT;
use super::{Outcome, screen::Screen};

/// Compare two bundles, or a bundle with a manifest or a lock
///
/// A path that ends in `.toml` is a manifest, one that ends in `.lock` is a lock, and anything else is a module. Names,
/// contents, modes, times, mounts, settings, the program and the interposer are compared. Exits with 0 if they are the
/// same and with 3 if they differ.
#[derive(Args)]
#[command(after_help = "Example: wasi-vfs diff old/app.wasm wasi-vfs.toml --profile release")]
pub(crate) struct Diff {
    /// The old side
    #[arg(value_name = "A")]
    before: PathBuf,
    /// The new side
    #[arg(value_name = "B")]
    after: PathBuf,
    /// The profile of a manifest or lock; if given twice, the first is for A and the second for B
    #[arg(short, long, value_name = "PROFILE", env = "WASI_VFS_PROFILE")]
    profile: Vec<String>,
    /// Print a JSON report to stdout
    #[arg(long)]
    json: bool,
}

/// What `diff --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct DiffReport {
    /// Version of this report's form.
    report: u32,
    /// The first path.
    before: String,
    /// The second path.
    after: String,
    /// Whether they are the same.
    same: bool,
    /// From the first to the second.
    differences: DifferencesReport,
    /// Where both are modules that hold the same: the first byte that differs all the same, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_byte: Option<u64>,
}

impl Diff {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        if self.profile.len() > 2 {
            let text = "--profile can be given at most twice, once for each side\n";
            clap::Error::raw(clap::error::ErrorKind::TooManyValues, text).exit();
        }
        let (first, last) = (self.profile.first(), self.profile.last());
        let a = side(&self.before, first);
        let b = side(&self.after, last);
        let bar = Bar::new(screen.shows_progress());
        let comparison = compare(&a, &b, &bar);
        drop(bar);
        let comparison = comparison?;
        if self.json {
            screen.print_json(&DiffReport {
                report: REPORT,
                before: self.before.display().to_string(),
                after: self.after.display().to_string(),
                same: comparison.is_equal(),
                differences: (&comparison.differences).into(),
                first_byte: comparison.first_byte,
            })?;
        } else {
            screen.print(&text(&comparison))?;
        }
        if comparison.is_equal() {
            screen.say("no differences");
            return Ok(ExitCode::SUCCESS);
        }
        Ok(ExitCode::from(3))
    }
}

fn side(path: &Path, profile: Option<&String>) -> Side {
    let manifest = ManifestArg::new(path.to_owned(), profile.cloned());
    let is = |ending: &str| path.extension().is_some_and(|found| found == ending);
    if is("toml") {
        Side::Manifest(Box::new(manifest.job()))
    } else if is("lock") {
        Side::Lock {
            path: path.to_owned(),
            profile: manifest.profile().to_owned(),
        }
    } else {
        Side::Module(path.to_owned())
    }
}

fn text(comparison: &Comparison) -> String {
    let mut text = String::new();
    for line in comparison.differences.lines(usize::MAX) {
        text.push_str(&line);
        text.push('\n');
    }
    if let Some(first) = comparison.first_byte {
        text.push_str(&format!(
            "changed  bytes: both hold the same content, but the modules differ, first at byte {first}\n"
        ));
    }
    text
}
