//! `wasi-vfs extract`

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use wasi_vfs::atomic_file::Pending;
use wasi_vfs::extract::{self, Extracted, RELATIVE, Selection, Written};
use wasi_vfs::inspect::{Found, InspectError};

use super::inspect::open;
use super::progress::Bar;
use super::render::{count, human_size};
use super::report::{ExtractReport, Notice, REPORT, TargetKind, totals_text};
use super::{Failure, Outcome, screen::Screen};

/// Write the files embedded in a module into a directory or a tar
///
/// Keeps modes, times, symlinks and hard links. A bundle does not record owners: extracted files belong to the current
/// user, and files in a tar to user 0. A tar keeps setuid and setgid bits; a directory does not.
///
/// `/` becomes the directory itself; relative guest paths go into its subdirectory `@cwd`. The whole image is verified
/// before anything is written, and nothing outside the directory is ever touched.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  wasi-vfs extract dist/app.wasm -o files\n  wasi-vfs extract dist/app.wasm -o etc.tar /etc /usr/share/zoneinfo"
)]
pub(crate) struct Extract {
    /// A module that `wasi-vfs bundle` made
    #[arg(value_name = "MODULE.wasm")]
    module: PathBuf,
    /// Extract only these guest paths and everything below them
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// A new or empty directory, or a file that ends in .tar; `-` writes a tar to stdout
    #[arg(short, long, value_name = "DIR|FILE.tar")]
    output: PathBuf,
    /// Extract into a directory that is not empty, replacing files of the same names
    #[arg(long)]
    force: bool,
    /// Print a JSON report to stdout
    #[arg(long)]
    json: bool,
}

/// An [`InspectError`] with the file it is about.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot extract `{}`: {error}", module.display())]
#[diagnostic(forward(error))]
struct InFile {
    module: PathBuf,
    error: InspectError,
}

/// An output that looks like an archive, and not the one kind that is written.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot write `{}`: only uncompressed .tar files are supported", output.display())]
#[diagnostic(
    code(wasi_vfs::extract::compressed),
    help(
        "write a .tar file and compress it, or use a pipe: wasi-vfs extract MODULE.wasm -o - | gzip -n > FILE.tar.gz"
    )
)]
struct NotPlain {
    output: PathBuf,
}

/// `-o - --json`: two things for one stream.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot write both a tar and a JSON report to stdout")]
#[diagnostic(
    code(wasi_vfs::extract::stdout),
    help("write the tar to a file: -o FILE.tar")
)]
struct Both;

impl Extract {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let stdout = self.output.as_os_str() == "-";
        if stdout && self.json {
            return Err(Both.into());
        }
        if looks_compressed(&self.output) {
            return Err(NotPlain {
                output: self.output,
            }
            .into());
        }
        let found = open(&self.module, "extract")?;
        found.check().map_err(|error| self.in_file(error))?;
        let rows = found.rows().map_err(|error| self.in_file(error))?;
        let selection = Selection::new(rows.iter(), &self.paths)?;
        drop(rows);
        let tar = self.output.extension().is_some_and(|name| name == "tar");
        let bar = Bar::new(screen.shows_progress());
        let done = if stdout {
            self.to_stdout(&found, &selection, &bar)?
        } else if tar {
            self.to_tar(&found, &selection, &bar)?
        } else {
            extract::to_directory(&found, &selection, &self.output, self.force, &bar)?
        };
        drop(bar);
        let notices: Vec<_> = special_bits(&done).into_iter().collect();
        for notice in &notices {
            screen.remark(notice);
        }
        screen.say(&self.summary(&done, stdout || tar));
        if self.json {
            screen.print_json(&ExtractReport {
                report: REPORT,
                module: self.module.display().to_string(),
                output: self.output.display().to_string(),
                kind: match tar {
                    true => TargetKind::Tar,
                    false => TargetKind::Directory,
                },
                totals: done.totals,
                relative: done.relative.then(|| RELATIVE.to_owned()),
                notices,
            })?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn in_file(&self, error: InspectError) -> Failure {
        InFile {
            module: self.module.clone(),
            error,
        }
        .into()
    }

    fn to_tar(&self, found: &Found<'_>, selection: &Selection, bar: &Bar) -> Outcome<Extracted> {
        let mut pending = Pending::create(&self.output, &self.module, None)?;
        let done = match extract::to_tar(found, selection, pending.writer(), bar) {
            Ok(done) => done,
            Err(Written::Inspect(error)) => return Err(self.in_file(error)),
            Err(Written::Destination(error)) => return Err(pending.explain(error).into()),
        };
        pending.commit()?;
        Ok(done)
    }

    fn to_stdout(&self, found: &Found<'_>, selection: &Selection, bar: &Bar) -> Outcome<Extracted> {
        let mut stdout = io::BufWriter::with_capacity(256 << 10, io::stdout().lock());
        let done = extract::to_tar(found, selection, &mut stdout, bar).and_then(|done| {
            stdout.flush().map_err(Written::Destination)?;
            Ok(done)
        });
        done.map_err(|error| match error {
            Written::Inspect(error) => self.in_file(error),
            Written::Destination(error) => Screen::stdout_failed(error),
        })
    }

    fn summary(&self, done: &Extracted, tar: bool) -> String {
        let into = match self.output.as_os_str() == "-" {
            true => String::new(),
            false => format!(" into `{}`", self.output.display()),
        };
        let relative = match (done.relative, tar) {
            (false, _) => String::new(),
            (true, true) => format!("; relative guest paths are in `{RELATIVE}` there"),
            (true, false) => {
                let path = self.output.join(RELATIVE);
                format!("; relative guest paths are in `{}`", path.display())
            }
        };
        format!(
            "extracted {} ({}){into}{relative}",
            totals_text(&done.totals),
            human_size(done.totals.bytes),
        )
    }
}

/// The names of archives that people may hope for.
fn looks_compressed(output: &Path) -> bool {
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    [
        ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.xz", ".txz", ".tar.bz2", ".zip",
    ]
    .iter()
    .any(|end| name.len() > end.len() && name.ends_with(end))
        && !output.is_dir()
}

/// What to tell about modes that were not kept.
fn special_bits(done: &Extracted) -> Option<Notice> {
    let left_out = done.without_special_bits;
    (left_out > 0).then(|| Notice {
        code: "wasi_vfs::extract::special_bits".to_owned(),
        message: format!(
            "{} the setuid or setgid bit",
            count(left_out, "entry did not get", "entries did not get"),
        ),
        help: Some(
            "a tar keeps these bits; in a directory, set them by hand if you trust the files"
                .to_owned(),
        ),
        severity: super::report::Severity::Advice,
    })
}
