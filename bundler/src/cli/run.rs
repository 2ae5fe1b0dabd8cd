//! `wasi-vfs run`: a module under wasmtime.

#[cfg(feature = "run")]
mod compile;
#[cfg(feature = "run")]
mod engine;

use std::ffi::OsString;

use clap::Args;

use super::cache::CacheArg;
use super::{Outcome, screen::Screen};

/// Run a module under wasmtime, with this terminal's input and output
///
/// Everything after the module is passed to the program, options included; options of `run` come before it. A `--` directly
/// after the module is dropped. The exit code is the program's own; 134 when it trapped.
#[derive(Args)]
#[command(
    override_usage = "wasi-vfs run [OPTIONS] <MODULE.wasm> [ARGS]...",
    after_help = "Example: wasi-vfs run --dir data::/data dist/app.wasm --verbose"
)]
pub(crate) struct Run {
    /// Let the program use a directory of the host, under its own or another path
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    dirs: Vec<String>,
    /// Set an environment variable of the program; without a value, pass ours on
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    envs: Vec<String>,
    #[command(flatten)]
    cache: CacheArg,
    // One argument for both: nothing after the module is parsed only when it belongs to the last positional.
    /// The module, bundled or not, and the program's arguments
    #[arg(
        value_names = ["MODULE.wasm", "ARGS"],
        num_args = 1..,
        required = true,
        trailing_var_arg = true
    )]
    command: Vec<OsString>,
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
