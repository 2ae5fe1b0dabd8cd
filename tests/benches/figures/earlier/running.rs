//! Calls of the packed program and its start, beside those of the bundle.

use wasi_vfs_tests::guest;

use super::{WIZER, pack, packed};
use crate::Bench;
use crate::calls::{Runs, arguments, on_node, on_wasmtime, precompiled};
use crate::measure::{Pair, millis, of_runs};
use crate::row::Row;
use crate::start::instantiated;
use crate::trees::Tree;

/// Names in the directory.
const NAMES: [usize; 3] = [10, 1_000, 10_000];

pub(super) fn run(bench: &Bench) {
    for files in NAMES {
        calls(
            bench,
            Tree {
                directories: 1,
                files,
                size: 100,
            },
        );
    }
    start(
        bench,
        Tree {
            directories: 1,
            files: 1,
            size: 256 << 20,
        },
    );
}

/// Puts the tree into both.
fn embed(bench: &Bench, tree: Tree) {
    let manifest = tree.manifest(&bench.folder, &guest::bench());
    millis(&mut bench.bundle(&manifest));
    millis(&mut pack(bench, WIZER, &manifest.with_extension("")));
}

fn calls(bench: &Bench, tree: Tree) {
    embed(bench, tree);
    let (bundle, packed) = (bench.folder.join("out.wasm"), packed(bench));
    let (fast_bundle, fast_packed) = (precompiled(bench, &bundle), precompiled(bench, &packed));
    let mut args = arguments(tree.files);
    // It has no `pread`.
    args.extend(["lists", "no-pread"].map(str::to_owned));
    let on_wasmtime = |module| on_wasmtime(module, &[], &args);
    let on_node = |module| on_node(module, &[], &args);
    for (engine, runs) in [
        (
            "wasmtime",
            Runs::in_turn(|| (on_wasmtime(&fast_bundle), on_wasmtime(&fast_packed))),
        ),
        (
            "Node",
            Runs::in_turn(|| (on_node(&bundle), on_node(&packed))),
        ),
    ] {
        let case = format!("{engine}, {}", tree.name());
        for (call, took) in runs.calls() {
            print(&case, call, "ns", &took);
        }
    }
}

fn start(bench: &Bench, tree: Tree) {
    embed(bench, tree);
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let ours = instantiated(&bench.folder.join("out.wasm"));
        let theirs = instantiated(&packed(bench));
        times.push((ours.0, theirs.0));
        memory.push((ours.1, theirs.1));
    }
    let name = tree.name();
    print(&name, "V8, instantiation", "ms", &of_runs(&times));
    print(&name, "linear memory", "KiB", &of_runs(&memory));
}

fn print(case: &str, what: &str, unit: &str, took: &Pair) {
    Row {
        group: "earlier",
        case,
        what,
        ours: took.ours,
        theirs: took.theirs,
        unit,
        versus: "wasi-vfs 0.3",
        ratio: took.ratio,
        budget: Some(1.0),
        peak_mib: None,
    }
    .print();
}
