//! `wasi-vfs man`

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_mangen::roff::{Roff, bold, roman};
use miette::Diagnostic;
use wasi_vfs::atomic_file::Pending;

use super::{Outcome, screen::Screen};

/// Write the manual pages, one per command
#[derive(Args)]
#[command(after_help = "Example: wasi-vfs man -o ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// The directory to write them into; it is created if it is missing, with its parents
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// The directory can't be made.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("cannot create the directory `{}`: {error}", path.display())]
#[diagnostic(
    code(wasi_vfs::cli::man),
    help("name a directory in one that is there and that you can write")
)]
struct NoDirectory {
    path: PathBuf,
    #[source]
    error: std::io::Error,
}

impl Man {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let pages = pages();
        if !self.output.is_dir() {
            std::fs::create_dir_all(&self.output).map_err(|error| NoDirectory {
                path: self.output.clone(),
                error,
            })?;
        }
        for (name, page) in &pages {
            let path = self.output.join(format!("{name}.1"));
            let mut pending = Pending::create(&path, Path::new(""), None)?;
            let written = pending.writer().write_all(page);
            written.map_err(|error| pending.explain(error))?;
            pending.commit()?;
        }
        screen.say(&format!(
            "wrote {} manual pages into `{}`",
            pages.len(),
            self.output.display()
        ));
        Ok(ExitCode::SUCCESS)
    }
}

/// The exit codes, as `EXIT_CODES` in `--help` has them.
const EXIT_STATUS: [(&str, &str); 4] = [
    ("0", "Done."),
    ("1", "The input is wrong."),
    ("2", "The command line is wrong."),
    ("3", "Something is not what it was."),
];

/// The environment variables that the commands read.
const ENVIRONMENT: [(&str, &str); 5] = [
    (
        "WASI_VFS_PROFILE",
        "The manifest's profile, for commands that have --profile and are run without it.",
    ),
    (
        "WASI_VFS_CACHE",
        "The cache directory, for commands that have --cache and are run without it. An empty value turns the cache off.",
    ),
    (
        "XDG_CACHE_HOME, HOME",
        "Without WASI_VFS_CACHE, the cache is wasi-vfs in $XDG_CACHE_HOME or in ~/.cache.",
    ),
    (
        "SOURCE_DATE_EPOCH",
        "In seconds since 1970: the latest time that an entry with the source-date-epoch setting gets, and the start of a fixed [preinit] clock.",
    ),
    ("NO_COLOR", "Turns colors off."),
];

/// The sections that every page ends with: EXIT STATUS and ENVIRONMENT.
fn common_sections() -> Roff {
    let mut text = Roff::new();
    text.control("SH", ["EXIT STATUS"]);
    for (name, meaning) in EXIT_STATUS {
        text.control("TP", []);
        text.text([bold(name)]).text([roman(meaning)]);
    }
    text.control("PP", []);
    text.text([roman(
        "wasi-vfs run exits with the program's own code, or with 134 when it trapped.",
    )]);
    text.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        text.control("TP", []);
        text.text([bold(name)]).text([roman(meaning)]);
    }
    text
}

/// Name and text of each page.
fn pages() -> Vec<(String, Vec<u8>)> {
    let mut root = super::Cli::command();
    root.build();
    let commands = root.get_subcommands().filter(|it| !it.is_hide_set());
    let commands: Vec<_> = commands
        .filter(|command| command.get_name() != "help")
        .map(|command| {
            let name: &'static str = format!("wasi-vfs-{}", command.get_name()).leak();
            command
                .clone()
                .name(name)
                .version(env!("CARGO_PKG_VERSION"))
        })
        .collect();
    std::iter::once(root.clone())
        .chain(commands)
        .map(|command| {
            let name = command.get_name().to_owned();
            let mut page = Vec::new();
            clap_mangen::Man::new(command)
                .render(&mut page)
                .and_then(|()| common_sections().to_writer(&mut page))
                .expect("writing to a Vec can't fail");
            (name, page)
        })
        .collect()
}
