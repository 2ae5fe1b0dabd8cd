//! `wasi-vfs bundle`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use sha2::{Digest as _, Sha256};
use wasi_vfs::link::LinkError;
use wasi_vfs::output::{FileError, Pending, SealError, hex_digest};
use wasi_vfs::source::DiskSource;
use wasi_vfs::{Bundled, Error};

use super::manifest::{ManifestArg, load_program};
use super::progress::Bar;
use super::render::human_size;
use super::report::{BundleReport, ImageReport, Notice, REPORT, totals_text};
use super::{Failure, Outcome, screen::Screen};

/// Bundle a program and the files its manifest asks for into one module
#[derive(Args)]
pub(crate) struct Bundle {
    #[command(flatten)]
    manifest: ManifestArg,
    /// Where the bundle goes, instead of the manifest's `output`
    #[arg(short, long, value_name = "OUT.wasm")]
    output: Option<PathBuf>,
    /// Print a JSON report to stdout
    #[arg(long)]
    json: bool,
}

/// A [`LinkError`] with the module it is about.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot bundle `{}`: {error}", module.display())]
#[diagnostic(forward(error))]
struct InModule {
    module: PathBuf,
    error: LinkError,
}

impl Bundle {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let mut manifest = self.manifest.read()?;
        // A manifest's own `dist/` is created in a fresh checkout; a mistyped `-o` makes no folder.
        let mut root = Some(self.manifest.folder());
        if let Some(output) = self.output {
            manifest = manifest.with_output(output);
            root = None;
        }
        let program = load_program(&manifest)?;
        let mut pending = Pending::create(manifest.output(), manifest.input(), root)?;
        let bar = Bar::new(screen.shows_progress());
        let done = wasi_vfs::bundle(&manifest, &program, &DiskSource, pending.writer(), &bar);
        drop(bar);
        let bundled = done.map_err(|error| explain(error, &pending, manifest.input()))?;
        let digest = self.json.then(|| digest(&mut pending)).transpose()?;
        pending.commit()?;

        let notices = notices(&bundled);
        for notice in &notices {
            screen.remark(notice);
        }
        screen.say(&summary(&bundled, manifest.output()));
        if let Some(digest) = digest {
            screen.print_json(&report(&bundled, manifest.output(), digest, notices))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Adds to an error the path that its stage did not know.
fn explain(error: Error, pending: &Pending, input: &Path) -> Failure {
    match error {
        Error::Seal(SealError::Destination(error)) => pending.explain(error).into(),
        Error::Link(error) => InModule {
            module: input.to_owned(),
            error,
        }
        .into(),
        error => error.into(),
    }
}

/// The SHA-256 of what was written; only a report wants it, and it costs reading everything again.
fn digest(pending: &mut Pending) -> Result<String, FileError> {
    let mut hash = Sha256::new();
    let mut file = pending.reopen()?;
    std::io::copy(&mut file, &mut hash).map_err(|error| pending.explain(error))?;
    Ok(hex_digest(&hash.finalize().into()))
}

fn notices(bundled: &Bundled) -> Vec<Notice> {
    let mut notices = Notice::of_plan(&bundled.plan);
    notices.extend(bundled.notices.iter().map(|notice| Notice::of(notice)));
    notices.extend(bundled.unused.iter().map(|unused| Notice::of(unused)));
    notices
}

fn summary(bundled: &Bundled, output: &Path) -> String {
    format!(
        "bundled {} ({}) into `{}` ({})",
        totals_text(&bundled.plan.totals()),
        human_size(u64::from(bundled.sealed.image.size)),
        output.display(),
        human_size(bundled.sealed.size),
    )
}

fn report(bundled: &Bundled, output: &Path, digest: String, notices: Vec<Notice>) -> BundleReport {
    let image = &bundled.sealed.image;
    BundleReport {
        report: REPORT,
        output: output.display().to_string(),
        size: bundled.sealed.size,
        digest,
        image: ImageReport {
            size: u64::from(image.size),
            metadata_size: bundled.sealed.metadata_size,
            digest: hex_digest(&image.digest),
        },
        totals: bundled.plan.totals(),
        added_code: bundled.added_code,
        notices,
    }
}
