//! The engine: wasmtime.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use miette::Diagnostic;
use wasmtime::{Engine, Linker, Module, Store, Trap};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

use super::Run;
use crate::cli::{Outcome, screen::Screen};

/// What a shell reports for a program that ended by SIGABRT, and wasmtime for one that trapped.
const TRAPPED: u8 = 134;

#[derive(Debug, thiserror::Error, Diagnostic)]
enum RunError {
    /// The engine refuses the module.
    #[error("wasmtime can't run `{}`: {message}", module.display())]
    #[diagnostic(
        code(wasi_vfs::run::module),
        help("`wasi-vfs run` takes WASI preview1 modules (wasm32-wasip1) that export `_start`")
    )]
    Module { module: PathBuf, message: String },
    /// A directory of `--dir` that can't be opened.
    #[error("cannot give the program the directory `{host}`: {message}")]
    #[diagnostic(
        code(wasi_vfs::run::dir),
        help("--dir takes an existing directory: --dir HOST::GUEST")
    )]
    Dir { host: String, message: String },
    /// The program did something that the engine stops.
    #[error("the program trapped: {message}")]
    #[diagnostic(
        code(wasi_vfs::run::trap),
        help("the innermost function comes first; names are those of the program's name section")
    )]
    Trap { message: String },
}

impl Run {
    pub(super) fn in_engine(self, screen: &Screen) -> Outcome {
        let bytes = wasi_vfs::module::load(&self.module)?;
        let engine = Engine::default();
        let refused = |error: wasmtime::Error| RunError::Module {
            module: self.module.clone(),
            message: format!("{error:#}"),
        };
        let module = Module::new(&engine, bytes).map_err(refused)?;
        let mut linker = Linker::<WasiP1Ctx>::new(&engine);
        p1::add_to_linker_sync(&mut linker, |ctx| ctx).map_err(refused)?;
        let mut store = Store::new(&engine, self.context()?);
        // `_start` may be missing, but not every instance that fails to start is a wrong module: `start` may trap.
        let instance = match linker
            .instantiate_pre(&module)
            .map_err(refused)?
            .instantiate(&mut store)
        {
            Ok(instance) => instance,
            Err(error) => return Ok(ended(screen, &error)),
        };
        let start = instance
            .get_typed_func::<(), ()>(&mut store, "_start")
            .map_err(refused)?;
        match start.call(&mut store, ()) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => Ok(ended(screen, &error)),
        }
    }

    /// What the program gets from us.
    fn context(&self) -> Result<WasiP1Ctx, RunError> {
        let mut builder = WasiCtxBuilder::new();
        // The program is all this process does: its blocking calls may block the thread.
        builder.inherit_stdio().allow_blocking_current_thread(true);
        builder
            .arg(
                self.module
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy(),
            )
            .args(&self.args);
        for env in &self.envs {
            match env.split_once('=') {
                Some((name, value)) => builder.env(name, value),
                None => match our_env(env) {
                    Some(value) => builder.env(env, value),
                    None => &mut builder,
                },
            };
        }
        for dir in &self.dirs {
            let (host, guest) = dir.split_once("::").unwrap_or((dir, dir));
            builder
                .preopened_dir(Path::new(host), guest, FsPerms::ReadWrite)
                .map_err(|error| RunError::Dir {
                    host: host.to_owned(),
                    message: format!("{error:#}"),
                })?;
        }
        Ok(builder.build_p1())
    }
}

/// The exit code of a program that did not simply return from `_start`.
fn ended(screen: &Screen, error: &wasmtime::Error) -> ExitCode {
    if let Some(I32Exit(code)) = error.downcast_ref() {
        // A system's exit code is its low byte.
        return ExitCode::from(*code as u8);
    }
    let cause = error
        .downcast_ref::<Trap>()
        .map_or_else(|| error.root_cause().to_string(), Trap::to_string);
    let cause = cause.strip_prefix("wasm trap: ").unwrap_or(&cause);
    let place = error
        .downcast_ref::<wasmtime::WasmBacktrace>()
        .map_or(String::new(), |b| format!("\n{b}"));
    screen.problem(&RunError::Trap {
        message: format!("{cause}{place}"),
    });
    ExitCode::from(TRAPPED)
}

#[expect(clippy::disallowed_methods, reason = "this is the front door")]
fn our_env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
