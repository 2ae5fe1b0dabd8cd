//! `bundle` of a finished program, beside `pack` of one that was linked for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasi_vfs_tests::{guest, tool};

use super::{WIZER, compiled, pack};
use crate::Bench;
use crate::measure::{Pair, millis, pair, peak_mib};
use crate::row::Row;
use crate::trees::{self, Tree};

/// Directories, files in each, bytes of each, and how often.
const TREES: [(usize, usize, usize, usize); 5] = [
    (1, 10, 100, 21),
    (1, 1_000, 1_000, 11),
    (1, 10_000, 100, 5),
    (100, 100, 100, 5),
    (1, 1, 256 << 20, 5),
];

/// The wizer that wasi-vfs 0.5 had: its engine lists large directories much slower.
const LATER_WIZER: &str = "wizer-7.0.5";

/// Runs with that, which take up to half a minute each.
const LATER_ROUNDS: usize = 3;

pub(super) fn run(bench: &Bench) {
    for (directories, files, size, rounds) in TREES {
        let tree = Tree {
            directories,
            files,
            size,
        };
        let budget = match (directories, files) {
            (1, 10_000) => 0.01,
            _ => 0.1,
        };
        let root = tree.make(&bench.folder);
        one(bench, &tree.name(), &root, budget, rounds);
        if size > 1 << 20 {
            fs::remove_dir_all(root).expect("can't remove a tree");
        }
    }
    let (name, root) = cpython_library(bench);
    one(bench, &name, &root, 0.1, 11);
}

/// The files of the archive that CPython is shipped with.
fn cpython_library(bench: &Bench) -> (String, PathBuf) {
    let archive = guest::cpython_tree().join("usr/local/lib/python311.zip");
    let root = bench.folder.join("python-library");
    let mut unzip = Command::new("python3");
    unzip.args(["-m", "zipfile", "-e"]).arg(archive).arg(&root);
    let _ = tool::run(&mut unzip, b"").ok();
    ("CPython's library".to_owned(), root)
}

fn one(bench: &Bench, case: &str, root: &Path, budget: f64, rounds: usize) {
    let manifest = trees::manifest(root, &guest::bench());
    let mut bundle = bench.bundle(&manifest);
    let print = |what, unit, versus, took: &Pair, budget| {
        Row {
            group: "earlier",
            case,
            what,
            ours: took.ours,
            theirs: took.theirs,
            unit,
            versus,
            ratio: took.ratio,
            budget,
            peak_mib: None,
        }
        .print();
    };
    let later_rounds = rounds.min(LATER_ROUNDS);
    for (wizer, again, rounds, versus) in [
        (WIZER, false, rounds, "pack, wizer 3"),
        (WIZER, true, rounds, "pack again, wizer 3"),
        (LATER_WIZER, false, later_rounds, "pack, wizer 7"),
    ] {
        let mut pack = pack(bench, wizer, root);
        let theirs = || {
            if !again {
                let _ = fs::remove_dir_all(compiled(bench));
            }
            millis(&mut pack)
        };
        let took = pair(rounds, || millis(&mut bundle), theirs);
        // `bundle` has nothing of an earlier run, so only a first `pack` is its like.
        print("bundle", "ms", versus, &took, (!again).then_some(budget));
    }
    let (ours, theirs) = (
        peak_mib(&mut bundle),
        peak_mib(&mut pack(bench, WIZER, root)),
    );
    let peak = Pair {
        ours,
        theirs,
        ratio: ours / theirs,
    };
    print("peak memory", "MiB", "pack, wizer 3", &peak, None);
}
