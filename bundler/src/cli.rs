//! The command line: one struct per command with `exec`, and what they share.
//!
//! Only this room touches stdout, stderr, the environment and the process's exit. Results go to stdout, everything
//! said about them to stderr.

mod bundle;
mod cache;
mod completions;
mod diff;
mod extract;
mod init;
mod inspect;
mod libvfs;
mod man;
mod manifest;
mod markdown;
mod pack;
mod plan;
mod progress;
mod render;
mod report;
mod run;
mod sbom;
mod schema;
mod screen;
mod start;
mod tree;
mod verify;
mod why;

use std::process::ExitCode;

use clap::{Args, ColorChoice, Parser, Subcommand};
use miette::Diagnostic;

use screen::Screen;

/// Exit codes, for `--help`.
const EXIT_CODES: &str =
    "Exit codes: 0 success, 1 invalid input, 2 invalid command line, 3 out of date or different.";

/// Bundle a WASI program and its files into one .wasm
#[derive(Parser)]
#[command(name = "wasi-vfs", version, after_help = EXIT_CODES, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args)]
struct Global {
    /// When to use colours and box drawing
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Everywhere"
    )]
    color: ColorChoice,
    /// Print results and errors only
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Init),
    Bundle(bundle::Bundle),
    Pack(pack::Pack),
    Verify(verify::Verify),
    Diff(diff::Diff),
    Plan(plan::Plan),
    Why(why::WhyCommand),
    Inspect(inspect::Inspect),
    Extract(extract::Extract),
    Sbom(sbom::Sbom),
    Run(run::Run),
    Schema(schema::Schema),
    Libvfs(libvfs::Libvfs),
    Completions(completions::Completions),
    Man(man::Man),
    Markdown(markdown::Markdown),
}

/// Why a command ends early.
enum Failure {
    /// Something the user can mend; shown, exit code 1.
    Wrong(Box<dyn Diagnostic + Send + Sync>),
    /// All is well formed, and not what it was; shown, exit code 3.
    Drift(Box<dyn Diagnostic + Send + Sync>),
    /// Nobody reads our stdout any more (`wasi-vfs plan | head`): no reason to complain.
    Hangup,
}

impl<D: Diagnostic + Send + Sync + 'static> From<D> for Failure {
    fn from(diagnostic: D) -> Self {
        Self::Wrong(Box::new(diagnostic))
    }
}

type Outcome<T = ExitCode> = Result<T, Failure>;

/// Parses the command line, runs the command, and says what its exit code is.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let screen = Screen::new(cli.global.color, cli.global.quiet);
    // This thread works as well: one more would only take its turns. Whoever has made a pool already has another reason.
    let _ = rayon::ThreadPoolBuilder::new()
        .use_current_thread()
        .build_global();
    let outcome = match cli.command {
        Command::Init(command) => command.exec(&screen),
        Command::Bundle(command) => command.exec(&screen),
        Command::Pack(command) => command.exec(&screen),
        Command::Verify(command) => command.exec(&screen),
        Command::Diff(command) => command.exec(&screen),
        Command::Plan(command) => command.exec(&screen),
        Command::Why(command) => command.exec(&screen),
        Command::Inspect(command) => command.exec(&screen),
        Command::Extract(command) => command.exec(&screen),
        Command::Sbom(command) => command.exec(&screen),
        Command::Run(command) => command.exec(&screen),
        Command::Schema(command) => command.exec(&screen),
        Command::Libvfs(command) => command.exec(&screen),
        Command::Completions(command) => command.exec(&screen),
        Command::Man(command) => command.exec(&screen),
        Command::Markdown(command) => command.exec(&screen),
    };
    match outcome {
        Ok(code) => code,
        Err(Failure::Hangup) => ExitCode::SUCCESS,
        Err(Failure::Wrong(diagnostic)) => {
            screen.problem(&*diagnostic);
            ExitCode::from(1)
        }
        Err(Failure::Drift(diagnostic)) => {
            screen.problem(&*diagnostic);
            ExitCode::from(3)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
