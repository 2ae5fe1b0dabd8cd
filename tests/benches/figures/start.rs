//! Start-up: a program that does next to nothing, with a large image, beside the bare program.

use std::path::Path;
use std::process::Command;

use wasi_vfs_tests::{cache, guest, tool};

use crate::Bench;
use crate::calls::{precompiled, wasmtime};
use crate::measure::{Pair, millis, of_runs, pair};
use crate::row::Row;
use crate::trees::Tree;

/// Directories, files in each, bytes of each.
const TREES: [(usize, usize, usize); 3] = [(1, 10, 100), (1, 100_000, 100), (1, 1, 256 << 20)];

pub(crate) fn run(bench: &Bench) {
    let module = guest::bench();
    let fast_module = precompiled(bench, &module);
    for (directories, files, size) in TREES {
        let tree = Tree {
            directories,
            files,
            size,
        };
        millis(&mut bench.bundle(&tree.manifest(&bench.folder, &module)));
        let bundle = bench.folder.join("out.wasm");
        let fast_bundle = precompiled(bench, &bundle);
        let took = pair(
            31,
            || start(&mut wasmtime(&fast_bundle, &[])),
            || start(&mut wasmtime(&fast_module, &[])),
        );
        print("wasmtime, the whole process", tree, "ms", &took);
        let (mut times, mut memory) = (Vec::new(), Vec::new());
        for _ in 0..15 {
            let (ours, theirs) = (instantiated(&bundle), instantiated(&module));
            times.push((ours.0, theirs.0));
            memory.push((ours.1, theirs.1));
        }
        print("V8, instantiation", tree, "ms", &of_runs(&times));
        print("linear memory", tree, "KiB", &of_runs(&memory));
    }
}

fn print(what: &str, tree: Tree, unit: &str, took: &Pair) {
    Row {
        group: "start",
        case: &tree.name(),
        what,
        ours: took.ours,
        theirs: took.theirs,
        unit,
        versus: "the bare program",
        ratio: took.ratio,
        budget: None,
        peak_mib: None,
    }
    .print();
}

/// The program ends at once, because it lacks its arguments.
fn start(command: &mut Command) -> f64 {
    let began = std::time::Instant::now();
    let said = tool::run(command, b"");
    assert!(said.stderr.contains("usage"), "{said:?}");
    began.elapsed().as_secs_f64() * 1e3
}

/// Milliseconds that V8 takes for an instance, and KiB of its memory.
pub(crate) fn instantiated(module: &Path) -> (f64, f64) {
    let script = cache::package_dir().join("benches/instantiate.mjs");
    let said = tool::run(Command::new("node").arg(script).arg(module), b"").ok();
    let mut numbers = said
        .split_whitespace()
        .map(|word| word.parse().expect("a number"));
    let mut next = || numbers.next().expect("two numbers");
    (next(), next())
}
