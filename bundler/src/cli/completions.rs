//! `wasi-vfs completions`

use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Outcome, screen::Screen};

/// Print a shell completion script
///
/// Put the script where the shell looks for completions, and start a new shell. For zsh that is any directory of `$fpath`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  wasi-vfs completions bash > ~/.local/share/bash-completion/completions/wasi-vfs\n  wasi-vfs completions fish > ~/.config/fish/completions/wasi-vfs.fish\n  wasi-vfs completions zsh > ~/.zfunc/_wasi-vfs"
)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Completions {
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut super::Cli::command(),
            "wasi-vfs",
            &mut script,
        );
        screen.print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
