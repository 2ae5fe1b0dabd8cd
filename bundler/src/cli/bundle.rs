//! `wasi-vfs bundle`

mod drift;
mod preinit;
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use wasi_vfs::digest::hex_digest;
use wasi_vfs::lock::Written;
use wasi_vfs::preinit::Ran;
use wasi_vfs::{Bundled, Finished, LockUse};

use super::cache::CacheArg;
use super::manifest::ManifestArg;
use super::progress::Bar;
use super::render::human_size;
use super::report::{BundleReport, ImageReport, LockReport, Notice, REPORT, totals_text};
use super::{Outcome, screen::Screen};

pub(crate) use drift::DriftReport;

/// Bundle a program and the files its manifest asks for into one module
#[derive(Args)]
#[command(
    after_help = "Examples:\n  wasi-vfs bundle\n  wasi-vfs bundle --profile release --locked"
)]
pub(crate) struct Bundle {
    #[command(flatten)]
    manifest: ManifestArg,
    /// Write the bundle here instead of the manifest's `output`
    #[arg(short, long, value_name = "OUT.wasm")]
    output: Option<PathBuf>,
    /// Fail and write nothing if the bundle would differ from the lock
    #[arg(long, conflicts_with = "no_lock")]
    locked: bool,
    /// Neither read nor write the lock
    #[arg(long)]
    no_lock: bool,
    /// Also write the bundle's dependencies as a rule for make and ninja: files, folders and, with --locked, the lock
    #[arg(long, value_name = "FILE")]
    depfile: Option<PathBuf>,
    /// Bundle again whenever an input changes, until interrupted; after an error, wait for the next change. Cannot be
    /// combined with --json or --locked
    #[arg(long, conflicts_with_all = ["locked", "json"])]
    watch: bool,
    /// Print a JSON report to stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    cache: CacheArg,
}

impl Bundle {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let mut job = self.manifest.job().lock(match (self.locked, self.no_lock) {
            (true, _) => LockUse::Check,
            (_, true) => LockUse::Ignore,
            _ => LockUse::Write,
        });
        if let Some(output) = self.output {
            refuse_stdout(&output);
            job = job.output(output);
        }
        if let Some(depfile) = self.depfile {
            job = job.depfile(depfile);
        }
        if let Some(cache) = self.cache.cache() {
            job = job.cache(cache);
        }
        if self.watch {
            return watch::watch(&job, screen);
        }
        if self.json {
            job = job.with_digest();
        }
        let bar = Bar::new(screen.shows_progress());
        let done = job.run_with(&bar);
        drop(bar);
        let done = match done {
            Ok(done) => done,
            Err(error) => return Err(drift::failure(error, self.json, screen)?),
        };
        let notices = tell(&done, screen);
        if let Some(digest) = done.digest() {
            let lock = done.lock();
            let report = report(done.bundled(), done.output(), digest, lock, notices);
            screen.print_json(&report)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Many programs take `-` for stdout, so nobody who writes it means a file of that name.
pub(super) fn refuse_stdout(output: &Path) {
    if output == Path::new("-") {
        let text = "`-o -`: a bundle can't be written to stdout; give a file name (`-o ./-` writes a file named `-`)\n";
        clap::Error::raw(clap::error::ErrorKind::ValueValidation, text).exit();
    }
}

/// Says what was made; gives the remarks about it back.
fn tell(done: &Finished, screen: &Screen) -> Vec<Notice> {
    let mut notices = notices(done.bundled());
    let of_depfile = done.depfile_notices().iter();
    notices.extend(of_depfile.map(|notice| Notice::of(notice)));
    tell_noticed(done.bundled(), done.output(), &notices, screen);
    if let Some(text) = done.lock().and_then(lock_text) {
        screen.say(&text);
    }
    notices
}

/// Says what was made of everything but the lock.
pub(super) fn tell_bundled(bundled: &Bundled, output: &Path, screen: &Screen) -> Vec<Notice> {
    let notices = notices(bundled);
    tell_noticed(bundled, output, &notices, screen);
    notices
}

fn tell_noticed(bundled: &Bundled, output: &Path, notices: &[Notice], screen: &Screen) {
    for notice in notices {
        screen.remark(notice);
    }
    preinit::show(bundled, screen);
    screen.say(&summary(bundled, output));
}

fn notices(bundled: &Bundled) -> Vec<Notice> {
    let mut notices = Notice::of_plan(&bundled.plan);
    notices.extend(bundled.notices.iter().map(|notice| Notice::of(notice)));
    let ran = bundled.ran.iter().flat_map(Ran::notices);
    notices.extend(ran.map(|notice| Notice::of(&notice)));
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

/// What to say of a lock that was written.
fn lock_text(lock: &Written) -> Option<String> {
    let path = lock.path.display();
    let mut changes = Vec::new();
    match &lock.differences {
        None if lock.dropped.is_empty() => {
            return Some(format!("wrote `{path}`: check it in")).filter(|_| lock.written);
        }
        None => changes.push("a new profile".to_owned()),
        Some(differences) if differences.is_empty() => {}
        Some(differences) => changes.push(differences.summary()),
    }
    for profile in &lock.dropped {
        changes.push(format!("removed profile `{profile}`"));
    }
    lock.written.then(|| match changes.as_slice() {
        [] => format!("wrote `{path}` in its canonical form"),
        changes => format!("updated `{path}`: {}", changes.join(", ")),
    })
}

/// What `--json` prints.
pub(super) fn report(
    bundled: &Bundled,
    output: &Path,
    digest: &str,
    lock: Option<&Written>,
    notices: Vec<Notice>,
) -> BundleReport {
    let image = &bundled.sealed.image;
    BundleReport {
        report: REPORT,
        output: output.display().to_string(),
        size: bundled.sealed.size,
        digest: digest.to_owned(),
        image: ImageReport {
            size: u64::from(image.size),
            metadata_size: bundled.sealed.metadata_size,
            digest: hex_digest(&image.digest),
        },
        totals: bundled.plan.totals(),
        added_code: bundled.added_code,
        preinit: preinit::report(bundled),
        lock: lock.map(|lock| LockReport {
            path: lock.path.display().to_string(),
            written: lock.written,
        }),
        notices,
    }
}
