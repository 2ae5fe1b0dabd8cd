//! Ten small files into programs of all sizes, beside `tar` and `cp` of the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use wasi_vfs_tests::guest;

use crate::Bench;
use crate::bundling::{beside_tar_and_cp, tar_and_cp};
use crate::measure::pair;
use crate::modules;
use crate::row::Row;
use crate::trees::Tree;

pub(crate) fn run(bench: &Bench) {
    let made = [100_000, 5_000_000, 20_000_000, 100_000_000].map(|size| {
        let path = bench.folder.join(format!("made-{size}.wasm"));
        fs::write(&path, modules::of_size(size)).expect("can't write a module");
        (format!("{:.1} MB of code", size as f64 / 1e6), path)
    });
    let real = [
        "wasmedge_quickjs",
        "php-cgi-8.2.0",
        "python-3.11.3",
        "ruby-3.2.0",
    ];
    let real = real.map(|name| (name.to_owned(), guest::sandbox(name)));
    for (name, module) in made.into_iter().chain(real) {
        one(bench, &named(&name, &module), &module);
    }
}

fn named(name: &str, module: &PathBuf) -> String {
    let size = fs::metadata(module).map_or(0, |about| about.len());
    match name.ends_with("code") {
        true => name.to_owned(),
        false => format!("{name} ({:.1} MB)", size as f64 / 1e6),
    }
}

fn one(bench: &Bench, name: &str, module: &Path) {
    let tree = Tree {
        directories: 1,
        files: 10,
        size: 100,
    };
    beside_tar_and_cp(bench, ("linking", name), tree, module, 11);
    let root = tree.make(&bench.folder);
    let program = fs::read(module).expect("it was made or downloaded");
    let took = pair(
        11,
        || {
            let started = Instant::now();
            wasmparser::validate(&program).expect("it is valid");
            started.elapsed().as_secs_f64() * 1e3
        },
        || tar_and_cp(bench, &root, module),
    );
    Row {
        group: "linking",
        case: name,
        what: "validating alone, on one processor",
        ours: took.ours,
        theirs: took.theirs,
        unit: "ms",
        versus: "tar + cp",
        ratio: took.ratio,
        budget: None,
        peak_mib: None,
    }
    .print();
}
