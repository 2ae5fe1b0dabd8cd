//! `wasi-vfs pack`

mod directories;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use wasi_vfs::pack;

use super::bundle::{refuse_stdout, report, tell_bundled};
use super::progress::Bar;
use super::{Outcome, screen::Screen};
use directories::Directories;

/// Bundle a program and directories into one module, without a manifest
///
/// Embeds everything in a directory, including dot files and files that version control ignores. Entries that can't be
/// embedded (pipes, symlinks that point outside it) are left out with a warning. Files get mode 0644, directories 0755, and
/// all of them the time 1970-01-01; use a manifest (`wasi-vfs init`) to change this. If two directories contain the same
/// path, the later one on the command line wins. A program that is already a bundle keeps its files, below the directories.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  wasi-vfs pack app.wasm --dir ./files::/ -o app.packed.wasm\n  wasi-vfs pack ruby.wasm --dir ./lib::/usr/lib --dir ./src::/src -o app.wasm"
)]
pub(crate) struct Pack {
    /// The program's module
    #[arg(value_name = "IN.wasm")]
    input: PathBuf,
    #[command(flatten)]
    directories: Directories,
    /// The bundle to write; it may replace IN.wasm
    #[arg(short, long, value_name = "OUT.wasm")]
    output: PathBuf,
    /// Print a JSON report to stdout
    #[arg(long)]
    json: bool,
}

impl Pack {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        refuse_stdout(&self.output);
        let mut job = pack::Pack::new(self.input, self.output);
        for directory in self.directories.in_order {
            job = job.directory(directory);
        }
        if self.json {
            job = job.with_digest();
        }
        let bar = Bar::new(screen.shows_progress());
        let done = job.run_with(&bar);
        drop(bar);
        let done = done?;
        let notices = tell_bundled(done.bundled(), done.output(), screen);
        if let Some(digest) = done.digest() {
            let report = report(done.bundled(), done.output(), digest, None, notices);
            screen.print_json(&report)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
