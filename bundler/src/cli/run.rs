//! `wasi-vfs run`: a module under wasmtime.

#[cfg(feature = "run")]
mod engine;

use std::ffi::OsString;

use clap::Args;

use super::cache::CacheArg;
use super::{Outcome, screen::Screen};

/// Run a module under wasmtime, with this terminal's input and output
///
/// Options come before the module; everything after it is the program's, options included. A `--` directly after the module is
/// left out. The exit code is the program's own; 134 when it trapped. Compiled code is kept in the cache, so that the next run
/// of the same module starts at once.
#[derive(Args)]
#[command(
    override_usage = "wasi-vfs run [OPTIONS] <MODULE.wasm> [ARGS]...",
    after_help = "Examples:
  wasi-vfs run --dir data::/data dist/app.wasm --verbose
  CARGO_TARGET_WASM32_WASIP1_RUNNER=\"wasi-vfs run\" cargo test --target wasm32-wasip1"
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
    /// The module, bundled or not, and the program's arguments
    // One list, so that nothing behind its first value is taken for an option.
    #[arg(
        value_name = "MODULE.wasm> [ARGS",
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
