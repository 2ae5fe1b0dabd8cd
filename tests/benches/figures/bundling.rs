//! A whole bundle, beside `tar` of the tree and `cp` of the program.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

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
    let mut ways = vec![("bundle", bench.bundle(&manifest), true)];
    if large(module) || tree.size >= 1 << 20 {
        ways.push(("bundle again", bench.bundle_again(&manifest), true));
    }
    if tree.size >= 1 << 30 {
        // Then twice as much waits for the disk when what was made before is replaced.
        ways.push(("bundle anew", bench.bundle(&manifest), false));
    }
    for (what, mut bundle, replaces) in ways {
        let prepare = || {
            if !replaces {
                for name in OUTPUTS {
                    let _ = fs::remove_file(bench.folder.join(name));
                }
            }
        };
        let took = pair(
            rounds,
            || {
                prepare();
                millis(&mut bundle)
            },
            || {
                prepare();
                tar_and_cp(bench, &manifest.with_extension(""), module)
            },
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

/// What the two sides make.
const OUTPUTS: [&str; 3] = ["out.wasm", "out.tar", "copy.wasm"];

/// What a copy of the same bytes takes; like the tool it replaces what it made before when the new is whole.
pub(crate) fn tar_and_cp(bench: &Bench, tree: &Path, module: &Path) -> f64 {
    let draft = bench.folder.join("draft");
    let mut tar = Command::new("tar");
    tar.arg("-cf").arg(&draft).arg("-C").arg(tree).arg(".");
    let mut cp = Command::new("cp");
    cp.arg(module).arg(&draft);
    let copy = |command: &mut Command, name: &str| {
        let started = Instant::now();
        millis(command);
        fs::rename(&draft, bench.folder.join(name)).expect("it was written");
        started.elapsed().as_secs_f64() * 1e3
    };
    copy(&mut tar, OUTPUTS[1]) + copy(&mut cp, OUTPUTS[2])
}
