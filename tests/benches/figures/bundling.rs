//! A whole bundle, beside `tar` of the tree and `cp` of the program.

use std::fs;
use std::path::Path;
use std::process::Command;

use wasi_vfs_tests::guest;

use crate::Bench;
use crate::measure::{millis, pair, peak_mib};
use crate::row::Row;
use crate::trees::Tree;

/// Directories, files in each, bytes of each, and how often.
const TREES: [(usize, usize, usize, usize); 8] = [
    (1, 10, 100, 31),
    (1, 1_000, 1_000, 21),
    (1, 10_000, 100, 11),
    (100, 100, 100, 11),
    (1, 100_000, 100, 5),
    (100, 1_000, 100, 5),
    (1, 1, 256 << 20, 7),
    (1, 1, 3 << 30, 3),
];

pub(crate) fn run(bench: &Bench) {
    for (directories, files, size, rounds) in TREES {
        let tree = Tree {
            directories,
            files,
            size,
        };
        let name = tree.name();
        beside_tar_and_cp(bench, ("bundling", &name), tree, &guest::bench(), rounds);
        if size > 1 << 20 {
            fs::remove_dir_all(tree.make(&bench.folder)).expect("can't remove a tree");
        }
    }
}

/// The figure of a group and case: bundling a tree into a module, beside a copy of both.
pub(crate) fn beside_tar_and_cp(
    bench: &Bench,
    (group, case): (&str, &str),
    tree: Tree,
    module: &Path,
    rounds: usize,
) {
    let manifest = tree.manifest(&bench.folder, module);
    let large = |file: &Path| fs::metadata(file).is_ok_and(|about| about.len() >= 1 << 20);
    let mut ways = vec![("bundle", bench.bundle(&manifest))];
    if large(module) || tree.size >= 1 << 20 {
        ways.push(("bundle again", bench.bundle_again(&manifest)));
    }
    for (what, mut bundle) in ways {
        let took = pair(
            rounds,
            || millis(&mut bundle),
            || tar_and_cp(bench, &manifest.with_extension(""), module),
        );
        Row {
            group,
            case,
            what,
            ours: took.ours,
            theirs: took.theirs,
            unit: "ms",
            versus: "tar + cp",
            ratio: took.ratio,
            budget: Some(1.5),
            peak_mib: Some(peak_mib(&mut bundle)),
        }
        .print();
    }
}

/// What a copy of the same bytes takes; like the tool it replaces what it made before.
pub(crate) fn tar_and_cp(bench: &Bench, tree: &Path, module: &Path) -> f64 {
    let mut tar = Command::new("tar");
    tar.arg("-cf").arg(bench.folder.join("out.tar"));
    tar.arg("-C").arg(tree).arg(".");
    let mut cp = Command::new("cp");
    cp.arg(module).arg(bench.folder.join("copy.wasm"));
    millis(&mut tar) + millis(&mut cp)
}
