//! Programs that mean harm: random arguments for every function, and writing over all memory.
//!
//! `guests/hostile.c` calls everything with random pointers, lengths and descriptors. With pointers inside of its own
//! memory nothing may trap; otherwise only a call that was given another one may. The host writes down every path
//! it is asked for: never one that it did not give. In CI each seed makes a few thousand calls; by hand:
//!
//! ```console
//! $ WASI_VFS_HOSTILE_SEEDS=5000 cargo test --release -p wasi-vfs-tests --test hostile
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wasi_vfs_tests::bundle;
use wasi_vfs_tests::cache;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::guest;
use wasi_vfs_tests::wasmi_host::{self, Files};

/// Seeds of one variant; each is a run.
fn seeds(in_ci: u32) -> u32 {
    cache::setting("WASI_VFS_HOSTILE_SEEDS").map_or(in_ci, |text| {
        text.parse().expect("WASI_VFS_HOSTILE_SEEDS is a number")
    })
}

/// Calls of a run where pointers may lead anywhere: most runs end before.
const FEW: &str = "40";
const MANY: &str = "3000";

/// A read-only tree, a writable one, a tmpfs, and a place where the host may give a directory.
fn bundled(memory: &str, host: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    for name in [
        "ro/a",
        "ro/b",
        "ro/dir/c",
        "work/a",
        "work/b",
        "work/dir/file.txt",
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("lies in the folder"))
            .expect("can't create a folder");
        fs::write(path, format!("content of {name}\n").repeat(300)).expect("can't write a file");
    }
    std::os::unix::fs::symlink("dir", folder.path().join("work/link"))
        .expect("can't create a symlink");
    std::os::unix::fs::symlink("../work/dir", folder.path().join("ro/link"))
        .expect("can't create a symlink");
    let manifest = format!(
        r#"manifest-version = 1
[module]
input = "{}"
output = "bundle.wasm"
[link]
memory = "{memory}"
host = "{host}"
[[mount]]
guest = "/"
source = "."
include = ["ro/**"]
[[mount]]
guest = "/work"
source = "work"
writable = true
size-limit = "4 MiB"
[[mount]]
guest = "/tmp"
kind = "tmpfs"
size-limit = "4 MiB"
"#,
        guest::hostile().display()
    );
    let bundle = bundle::bundle(folder.path(), &manifest);
    (folder, bundle)
}

fn arguments(seed: u32, mode: &str) -> Run {
    let calls = if mode == "any" { FEW } else { MANY };
    Run::with_args(&[&seed.to_string(), calls, mode])
}

/// Runs seeds on the interpreter; `given` says whether the host's directory may be used.
#[track_caller]
fn interpret(memory: &str, host: &str, mode: &str, first: u32) {
    let (_folder, bundle) = bundled(memory, host);
    let (mut whole, mut trapped) = (0, 0);
    let runs = seeds(20) * if mode == "any" { 5 } else { 1 };
    for seed in first..first + runs {
        let what = format!("seed {seed}, {memory}, {host}, {mode}");
        let outcome = wasmi_host::run(&bundle, &arguments(seed, mode), Files::Recorded);
        match &outcome.trap {
            None => {
                assert_eq!(
                    outcome.said.code,
                    Some(42),
                    "{what}: {}",
                    outcome.said.stderr
                );
                whole += 1;
            }
            Some(trap) => {
                assert!(mode == "any" && outcome.excuse == Some(1), "{what}: {trap}");
                trapped += 1;
            }
        }
        for asked in &outcome.asked {
            // Which descriptors there are is found out by asking. A path that leaves the directory comes from the
            // program itself, and hosts refuse it, as `on_wasmtime` sees.
            let mut parts = asked.splitn(3, ' ');
            let (name, fd) = (parts.next(), parts.next());
            let stream = matches!(fd, Some("0" | "1" | "2"));
            let directory = (fd == Some("3") || name == Some("fd_fdstat_get")) && host != "none";
            assert!(stream || directory, "{what}: reached the host: {asked}");
        }
    }
    assert!(
        whole > 0 && (trapped > 0 || mode != "any"),
        "{memory} {host} {mode}: {whole} whole, {trapped} trapped"
    );
}

#[test]
fn inside_of_memory_single() {
    interpret("single", "fallback", "inside", 1);
}

#[test]
fn inside_of_memory_isolated() {
    interpret("isolated", "fallback", "inside", 1001);
}

#[test]
fn inside_of_memory_alone() {
    interpret("single", "none", "inside", 2001);
    interpret("isolated", "none", "inside", 3001);
}

#[test]
fn inside_of_memory_override() {
    interpret("single", "override", "inside", 4001);
}

#[test]
fn anywhere_single() {
    interpret("single", "fallback", "any", 5001);
}

#[test]
fn anywhere_isolated() {
    interpret("isolated", "fallback", "any", 6001);
}

#[test]
fn anywhere_alone() {
    interpret("single", "none", "any", 7001);
    interpret("isolated", "none", "any", 8001);
}

/// The whole of a folder, to see that nobody touched it.
fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .expect("can be listed")
        .map(|entry| entry.expect("can be listed").path())
        .map(|path| (path.clone(), fs::read(&path).unwrap_or_default()))
        .collect();
    all.sort();
    all
}

/// Compiled, with a real directory of the host: what lies beside that stays as it is.
#[test]
fn on_wasmtime() {
    for (memory, host) in [
        ("single", "fallback"),
        ("isolated", "override"),
        ("isolated", "none"),
    ] {
        let (folder, bundle) = bundled(memory, host);
        let secret = folder.path().join("outside");
        let given = secret.join("given");
        fs::create_dir_all(&given).expect("can't create a folder");
        fs::write(secret.join("secret.txt"), "secret\n").expect("can't write a file");
        let before = snapshot(&secret);
        for seed in 1..=seeds(3) {
            let run = arguments(seed, "polite").dir(&given, "/given");
            let said = Engine::Wasmtime.run(&bundle, &run);
            assert_eq!(
                said.code,
                Some(42),
                "seed {seed}, {memory}, {host}: {}",
                said.stderr
            );
            assert_eq!(snapshot(&secret), before, "seed {seed}, {memory}, {host}");
            if host == "none" {
                assert_eq!(
                    snapshot(&given),
                    Vec::new(),
                    "seed {seed}: the directory was reached"
                );
            }
        }
    }
}

/// A program writes over every byte that it can reach. In `isolated` all that was in the mounts is as before.
#[test]
fn writing_over_all_memory() {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    fs::write(folder.path().join("file.txt"), "embedded\n").expect("can't write a file");
    let manifest = format!(
        "manifest-version = 1\n[module]\ninput = \"{}\"\noutput = \"bundle.wasm\"\n[link]\nmemory = \"isolated\"\n[[file]]\nguest = \"/file.txt\"\nsource = \"file.txt\"\n[[mount]]\nguest = \"/tmp\"\nkind = \"tmpfs\"\n",
        guest::sources().join("wat/scribble.wat").display()
    );
    let bundle = bundle::bundle(folder.path(), &manifest);
    for engine in [Engine::Wasmtime, Engine::Wasmi] {
        let said = if engine == Engine::Wasmi {
            wasmi_host::run(&bundle, &Run::default(), Files::Recorded).said
        } else {
            engine.run(&bundle, &Run::default())
        };
        assert_eq!(
            said.code,
            Some(0),
            "{engine:?}: {} {}",
            said.stdout,
            said.stderr
        );
    }
}
