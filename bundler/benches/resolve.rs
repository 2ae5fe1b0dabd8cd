//! How long a large manifest takes to resolve, as a ratio to a bare walk of its tree:
//! `cargo bench -p wasi-vfs --no-default-features --bench resolve`; only some of the trees: `… --bench resolve -- 100x1000`.
//!
//! The walk is what nobody can do without: `walkdir`, sorted, with the metadata of each file. The two take turns (A B A B …), the
//! median of the ratios is quoted, and a line of JSON is printed for each tree.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use wasi_vfs::manifest::{Choice, Manifest};
use wasi_vfs::plan;
use wasi_vfs::source::DiskSource;

/// Turns of each.
const ROUNDS: usize = 11;
/// Directories, and files in each: 100,000 files in all.
const TREES: [(usize, usize); 3] = [(1, 100_000), (100, 1_000), (10_000, 10)];

/// What one turn took; processor time is that of all threads, 0 where it is not known.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
}

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    for (directories, files) in TREES {
        let name = format!("{directories}x{files}");
        if !wanted.is_empty() && !wanted.contains(&name) {
            continue;
        }
        let folder = tempfile::tempdir().expect("can't create a temporary folder");
        grow(folder.path(), directories, files);
        measure(folder.path(), &name, directories * files);
    }
}

/// A tree and a manifest that mounts it.
fn grow(folder: &Path, directories: usize, files: usize) {
    for directory in 0..directories {
        let directory = folder.join(format!("tree/dir{directory:05}"));
        fs::create_dir_all(&directory).expect("can't create a directory");
        for file in 0..files {
            let path = directory.join(format!("file{file:05}.py"));
            fs::write(path, "x = 1\n").expect("can't write a file");
        }
    }
    // The plan looks whether the program is a bundle.
    fs::write(folder.join("in.wasm"), b"\0asm\x01\0\0\0").expect("can't write the program");
    let text = "manifest-version = 1\n[module]\ninput = \"in.wasm\"\noutput = \"out.wasm\"\n\
                [[mount]]\nguest = \"/data\"\nsource = \"tree\"\n";
    fs::write(folder.join("wasi-vfs.toml"), text).expect("can't write the manifest");
}

fn measure(folder: &Path, name: &str, files: usize) {
    let manifest = Manifest::read(
        &folder.join("wasi-vfs.toml"),
        &DiskSource,
        &Choice::default(),
    );
    let manifest = manifest.unwrap_or_else(|error| panic!("the manifest: {error}"));
    let tree = folder.join("tree");
    let resolve = || {
        let plan = plan::resolve(&manifest, &DiskSource);
        let plan = plan.unwrap_or_else(|error| panic!("the plan: {error}"));
        assert_eq!(plan.totals().files, files as u64);
    };
    let walk = || {
        let entries = walkdir::WalkDir::new(&tree).sort_by_file_name();
        let sizes = entries.into_iter().map(|entry| {
            let entry = entry.expect("the tree was written just now");
            entry.metadata().expect("so was the file").len()
        });
        assert!(sizes.sum::<u64>() > files as u64);
    };
    // Once before, so that the tree is in the system's memory.
    walk();
    resolve();
    let turns: Vec<(Cost, Cost)> = (0..ROUNDS).map(|_| (cost(resolve), cost(walk))).collect();
    let figure = |of: &dyn Fn(&Cost) -> f64| {
        let ours = median(turns.iter().map(|(ours, _)| of(ours)));
        let walk = median(turns.iter().map(|(_, walk)| of(walk)));
        let ratio = median(turns.iter().map(|(ours, walk)| of(ours) / of(walk)));
        serde_json::json!({
            "resolve_ms": (ours * 1e5).round() / 1e2,
            "walk_ms": (walk * 1e5).round() / 1e2,
            "ratio": (ratio * 1e3).round() / 1e3,
        })
    };
    let mut report = serde_json::json!({
        "bench": "resolve",
        "tree": name,
        "files": files,
        "rounds": ROUNDS,
        "threads": std::thread::available_parallelism().map_or(1, usize::from),
        "wall": figure(&|cost| cost.wall),
    });
    if turns.iter().all(|(_, walk)| walk.cpu > 0.0) {
        report["cpu"] = figure(&|cost| cost.cpu);
    }
    println!("{report}");
}

fn cost(work: impl Fn()) -> Cost {
    let (start, before) = (Instant::now(), processor());
    work();
    Cost {
        wall: start.elapsed().as_secs_f64(),
        cpu: (processor() - before).as_secs_f64(),
    }
}

/// Processor time of all threads so far.
#[cfg(target_os = "linux")]
fn processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(not(target_os = "linux"))]
fn processor() -> Duration {
    Duration::ZERO
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
