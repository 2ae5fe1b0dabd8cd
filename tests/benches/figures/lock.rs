//! What the lock adds to bundling.

use std::fs;

use wasi_vfs_tests::guest;

use crate::Bench;
use crate::measure::{millis, of_runs};
use crate::row::Row;
use crate::trees::Tree;

pub(crate) fn run(bench: &Bench) {
    for (files, size) in [(1_000, 1_000), (100_000, 100)] {
        let tree = Tree {
            directories: 1,
            files,
            size,
        };
        let manifest = tree.manifest(&bench.folder, &guest::bench());
        let mut runs = vec![Vec::new(); 3];
        for _ in 0..7 {
            let without = millis(&mut bench.bundle(&manifest));
            let _ = fs::remove_file(manifest.with_extension("lock"));
            for (runs, flags) in runs.iter_mut().zip([&[][..], &[], &["--locked"]]) {
                let mut command = bench.tool(&["bundle", "--quiet", "-m"]);
                runs.push((millis(command.arg(&manifest).args(flags)), without));
            }
        }
        for (runs, what) in runs.iter().zip(["written anew", "unchanged", "--locked"]) {
            let took = of_runs(runs);
            Row {
                group: "lock",
                case: &tree.name(),
                what,
                ours: took.ours,
                theirs: took.theirs,
                unit: "ms",
                versus: "--no-lock",
                ratio: took.ratio,
                budget: None,
                peak_mib: None,
            }
            .print();
        }
    }
}
