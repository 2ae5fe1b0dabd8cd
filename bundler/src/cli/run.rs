//! `wasi-vfs run`: a module under wasmtime.

#[cfg(feature = "run")]
mod engine;

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, screen::Screen};

/// Run a module under wasmtime, with this terminal's input and output
///
/// The exit code is the program's own; 134 when it trapped.
#[derive(Args)]
#[command(after_help = "Example: wasi-vfs run --dir data::/data dist/app.wasm --verbose")]
pub(crate) struct Run {
    /// The module, bundled or not
    #[arg(value_name = "MODULE.wasm")]
    module: PathBuf,
    /// Let the program use a directory of the host, under its own or another path
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    dirs: Vec<String>,
    /// Set an environment variable of the program; without a value, pass ours on
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    envs: Vec<String>,
    /// The program's arguments
    #[arg(value_name = "ARGS", trailing_var_arg = true)]
    args: Vec<String>,
}

/// There is no engine.
#[cfg(not(feature = "run"))]
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("this `wasi-vfs` was built without an engine")]
#[diagnostic(
    code(wasi_vfs::run::no_engine),
    help(
        "run the module with another one, such as `wasmtime run MODULE.wasm`, or build wasi-vfs with its feature `run`"
    )
)]
struct NoEngine;

impl Run {
    #[cfg(feature = "run")]
    pub(crate) fn exec(self, screen: &Screen) -> Outcome {
        self.in_engine(screen)
    }

    #[cfg(not(feature = "run"))]
    pub(crate) fn exec(self, _screen: &Screen) -> Outcome {
        Err(NoEngine.into())
    }
}
