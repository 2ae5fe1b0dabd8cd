//! `wasi-vfs man`

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use miette::Diagnostic;
use wasi_vfs::atomic_file::Pending;

use super::{Outcome, screen::Screen};

/// Write the manual pages, one per command
#[derive(Args)]
#[command(after_help = "Example: wasi-vfs man -o ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// The directory to write them into; it is created when only its last name is missing
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
            std::fs::create_dir(&self.output).map_err(|error| NoDirectory {
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
                .expect("writing to a Vec can't fail");
            (name, page)
        })
        .collect()
}
