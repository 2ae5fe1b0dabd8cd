//! The engine: wasmtime.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use miette::Diagnostic;
use wasmtime::{Engine, Linker, Store, Trap};
use wasmtime_wasi::p1::{self, WasiP1Ctx};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

use super::{Run, compile};
use crate::cli::{Cli, Outcome, screen::Screen};

/// What a shell reports for a program that ended by SIGABRT, and wasmtime for one that trapped.
const TRAPPED: u8 = 134;

#[derive(Debug, thiserror::Error, Diagnostic)]
enum RunError {
    /// The file is no WebAssembly.
    #[error("`{}` is not a WebAssembly module", module.display())]
    #[diagnostic(code(wasi_vfs::run::not_wasm), help("{help}"))]
    NotWasm { module: PathBuf, help: String },
    /// The file is a WebAssembly component.
    #[error("`{}` is a component, and `wasi-vfs run` takes modules", module.display())]
    #[diagnostic(
        code(wasi_vfs::run::component),
        help(
            "build the program for wasm32-wasip1 (WASI preview1), or run the component with `wasmtime run`"
        )
    )]
    Component { module: PathBuf },
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
        let (module, args) = split(self.command);
        let bytes = wasi_vfs::module::load(&module)?;
        check_kind(&module, &bytes)?;
        let refused = |error: wasmtime::Error| RunError::Module {
            module: module.clone(),
            message: format!("{error:#}"),
        };
        let engine = Engine::default();
        let cache = self.cache.cache();
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        let compiled = compile::module(&engine, &bytes, &name, cache.as_ref(), screen);
        let compiled = compiled.map_err(refused)?;
        let mut linker = Linker::<WasiP1Ctx>::new(&engine);
        p1::add_to_linker_sync(&mut linker, |ctx| ctx).map_err(refused)?;
        let context = context(&name, &args, &self.envs, &self.dirs)?;
        let mut store = Store::new(&engine, context);
        // `_start` may be missing, but not every instance that fails to start is a wrong module: `start` may trap.
        let instance = match linker
            .instantiate_pre(&compiled)
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
}

/// The module, and the program's arguments: without the `--` that may stand between the two.
fn split(command: Vec<OsString>) -> (PathBuf, Vec<String>) {
    let mut words = command.into_iter();
    let module = words.next().expect("clap requires a module");
    let mut words = words.peekable();
    words.next_if(|word| word == "--");
    let args = words.map(|word| match word.into_string() {
        Ok(arg) => arg,
        // WASI has no arguments that are not UTF-8.
        Err(_) => clap::Error::new(ErrorKind::InvalidUtf8)
            .with_cmd(&Cli::command())
            .exit(),
    });
    let args = args.collect();
    (module.into(), args)
}

/// Whether the bytes are a module at all, and if not, what the user may have meant.
fn check_kind(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let module = path.to_owned();
    match bytes {
        // The version, then the layer: 0 for modules, 1 for components.
        [b'\0', b'a', b's', b'm', _, _, 1, 0, ..] => Err(RunError::Component { module }),
        [b'\0', b'a', b's', b'm', ..] => Ok(()),
        _ => {
            let is_manifest = path.extension().is_some_and(|end| end == "toml");
            let help = match is_manifest {
                true => format!(
                    "did you mean `wasi-vfs bundle -m {}`? Then run the module that it makes",
                    path.display()
                ),
                false => "the first argument that is no option is the module, .wasm or .wat; \
                          the program's arguments follow it"
                    .to_owned(),
            };
            Err(RunError::NotWasm { module, help })
        }
    }
}

/// What the program gets from us.
fn context(
    name: &str,
    args: &[String],
    envs: &[String],
    dirs: &[String],
) -> Result<WasiP1Ctx, RunError> {
    let mut builder = WasiCtxBuilder::new();
    // The program is all this process does: its blocking calls may block the thread.
    builder.inherit_stdio().allow_blocking_current_thread(true);
    builder.arg(name).args(args);
    for env in envs {
        match env.split_once('=') {
            Some((name, value)) => builder.env(name, value),
            None => match our_env(env) {
                Some(value) => builder.env(env, value),
                None => &mut builder,
            },
        };
    }
    for dir in dirs {
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
