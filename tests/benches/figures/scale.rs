//! A million files, and 3.9 GiB: what each command takes, beside what needs no tool of ours.

use std::fs;
use std::process::Command;

use wasi_vfs_tests::guest;

use crate::Bench;
use crate::bundling::tar_and_cp;
use crate::measure::{millis, peak_mib};
use crate::row::Row;
use crate::trees::Tree;

/// Directories, files in each, bytes of each.
const TREES: [(usize, usize, usize); 2] = [(1_000, 1_000, 100), (1, 39, 100 << 20)];

pub(crate) fn run(bench: &Bench) {
    for (directories, files, size) in TREES {
        let tree = Tree {
            directories,
            files,
            size,
        };
        let module = guest::bench();
        let manifest = tree.manifest(&bench.folder, &module);
        let root = manifest.with_extension("");
        let bundle = bench.folder.join("out.wasm");
        let (bundle, archive) = (bundle.display().to_string(), bench.folder.join("x.tar"));
        let archive = archive.display().to_string();
        let manifest_name = manifest.display().to_string();
        let copy = tar_and_cp(bench, &root, &module);
        for (what, args) in [
            (
                "bundle",
                vec!["bundle", "-q", "--no-lock", "-m", &manifest_name],
            ),
            ("inspect --json", vec!["inspect", "--json", &bundle]),
            (
                "extract to a tar",
                vec!["extract", "-q", &bundle, "-o", &archive, "--force"],
            ),
            ("diff with itself", vec!["diff", &bundle, &bundle]),
            ("verify", vec!["verify", &bundle, "-m", &manifest_name]),
        ] {
            // The memory is what matters; once is enough.
            let ours = millis(&mut bench.tool(&args));
            Row {
                group: "scale",
                case: &tree.name(),
                what,
                ours,
                theirs: copy,
                unit: "ms",
                versus: "tar + cp",
                ratio: ours / copy,
                budget: None,
                peak_mib: Some(peak_mib(&mut bench.tool(&args))),
            }
            .print();
            let _ = fs::remove_file(&archive);
        }
        let _ = Command::new("rm").arg("-rf").arg(&root).status();
    }
}
