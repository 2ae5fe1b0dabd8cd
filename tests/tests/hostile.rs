//! Programs that mean harm: random arguments for every function, and writing over all memory.
//!
//! `guests/hostile.c` calls everything with random pointers, lengths and descriptors, as a program of preview1 and as one of
//! `wasi_unstable`. With pointers inside of its own memory nothing may trap; otherwise only a call that was given another one may.
//! The host writes down every path it is asked for: never one that it did not give. Beside and above a directory that is
//! given lie canaries, in names and contents: the program looks for them in all it is ever given. In CI each seed makes a few
//! thousand calls; by hand:
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

/// What a bundle is made of.
#[derive(Debug, Clone, Copy)]
struct Variant {
    memory: &'static str,
    host: &'static str,
    /// Host mounts at `/given` and `/ro/host`, and whether the first is required.
    mounts: Option<bool>,
    /// Whether the program is one of `wasi_unstable`.
    unstable: bool,
}

/// A program of preview1 in a bundle without host mounts.
const fn plain(memory: &'static str, host: &'static str) -> Variant {
    Variant {
        memory,
        host,
        mounts: None,
        unstable: false,
    }
}

impl Variant {
    const fn mounts(mut self, required: bool) -> Self {
        self.mounts = Some(required);
        self
    }

    const fn unstable(mut self) -> Self {
        self.unstable = true;
        self
    }
}

/// A read-only tree, a writable one, a tmpfs, and a place where the host may give a directory.
fn bundled(variant: Variant) -> (TempDir, PathBuf) {
    let Variant { memory, host, .. } = variant;
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
    let program = if variant.unstable {
        guest::hostile_unstable()
    } else {
        guest::hostile()
    };
    let mut mounts = String::new();
    for (place, required) in variant
        .mounts
        .map(|required| [("/given", required), ("/ro/host", false)])
        .into_iter()
        .flatten()
    {
        mounts +=
            &format!("[[mount]]\nguest = \"{place}\"\nkind = \"host\"\nrequired = {required}\n");
    }
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
{mounts}"#,
        program.display()
    );
    let bundle = bundle::bundle(folder.path(), &manifest);
    (folder, bundle)
}

fn arguments(seed: u32, mode: &str) -> Run {
    let calls = if mode == "any" { FEW } else { MANY };
    Run::with_args(&[&seed.to_string(), calls, mode])
}

/// Runs seeds on the interpreter, whose host gives `/given`.
#[track_caller]
fn interpret(variant: Variant, mode: &str, first: u32) {
    let (_folder, bundle) = bundled(variant);
    let (mut whole, mut trapped) = (0, 0);
    let in_ci = if variant.mounts.is_some() || variant.unstable {
        5
    } else {
        20
    };
    let runs = seeds(in_ci) * if mode == "any" { 5 } else { 1 };
    for seed in first..first + runs {
        let what = format!("seed {seed}, {variant:?}, {mode}");
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
            let directory =
                (fd == Some("3") || name == Some("fd_fdstat_get")) && variant.host != "none";
            assert!(stream || directory, "{what}: reached the host: {asked}");
        }
    }
    assert!(
        whole > 0 && (trapped > 0 || mode != "any"),
        "{variant:?} {mode}: {whole} whole, {trapped} trapped"
    );
}

#[test]
fn inside_of_memory_single() {
    interpret(plain("single", "fallback"), "inside", 1);
}

#[test]
fn inside_of_memory_isolated() {
    interpret(plain("isolated", "fallback"), "inside", 1001);
}

#[test]
fn inside_of_memory_alone() {
    interpret(plain("single", "none"), "inside", 2001);
    interpret(plain("isolated", "none"), "inside", 3001);
}

#[test]
fn inside_of_memory_override() {
    interpret(plain("single", "override"), "inside", 4001);
}

#[test]
fn anywhere_single() {
    interpret(plain("single", "fallback"), "any", 5001);
}

#[test]
fn anywhere_isolated() {
    interpret(plain("isolated", "fallback"), "any", 6001);
}

#[test]
fn anywhere_alone() {
    interpret(plain("single", "none"), "any", 7001);
    interpret(plain("isolated", "none"), "any", 8001);
}

#[test]
fn inside_of_memory_with_host_mounts() {
    interpret(plain("single", "fallback").mounts(true), "inside", 9001);
    interpret(
        plain("isolated", "override").mounts(false),
        "inside",
        10_001,
    );
}

#[test]
fn anywhere_with_host_mounts() {
    interpret(plain("single", "override").mounts(true), "any", 11_001);
    interpret(plain("isolated", "fallback").mounts(false), "any", 12_001);
}

#[test]
fn inside_of_memory_unstable() {
    interpret(plain("single", "fallback").unstable(), "inside", 13_001);
    let mounts = plain("isolated", "override").mounts(true);
    interpret(mounts.unstable(), "inside", 14_001);
}

#[test]
fn anywhere_unstable() {
    interpret(plain("isolated", "fallback").unstable(), "any", 15_001);
    let mounts = plain("single", "fallback").mounts(false);
    interpret(mounts.unstable(), "any", 16_001);
}

/// What a program that was given a folder next to it must never see, in a name or a content. (`guests/hostile.c` has it hidden.)
const CANARY: &str = "cAnArY";

/// Everything below a folder but what is given, to see that nobody touched it.
fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("can be listed") {
        let path = entry.expect("can be listed").path();
        if path.file_name().is_some_and(|name| name == "given") {
            continue;
        }
        if path.is_dir() && !path.is_symlink() {
            all.extend(snapshot(&path));
        }
        all.push((path.clone(), fs::read(&path).unwrap_or_default()));
    }
    all.sort();
    all
}

/// What the host gives, between what it does not give; with symlinks out.
fn outside(folder: &Path) -> PathBuf {
    let outside = folder.join("outside");
    for name in [
        "secret.txt",
        "x",
        "a",
        "beside/secret.txt",
        "beside/cAnArY",
        "cAnArY/a",
        "cAnArY.txt",
        "given/a",
        "given/dir/file.txt",
    ] {
        let path = outside.join(name);
        fs::create_dir_all(path.parent().expect("lies in the folder"))
            .expect("can't create a folder");
        let given = name.starts_with("given");
        let what = if given { "given" } else { CANARY };
        fs::write(path, what.repeat(100)).expect("can't write a file");
    }
    for (name, target) in [
        ("leave", PathBuf::from("..")),
        ("link", PathBuf::from("../beside")),
        ("absolute", outside.clone()),
        ("dir/x", outside.join("secret.txt")),
    ] {
        std::os::unix::fs::symlink(target, outside.join("given").join(name))
            .expect("can't create a symlink");
    }
    outside
}

/// Compiled, with real directories of the host at these places: what lies beside them stays as it is, and unseen.
#[track_caller]
fn compiled(variant: Variant, places: &[&str], in_ci: u32, first: u32) {
    let (folder, bundle) = bundled(variant);
    for seed in first..first + seeds(in_ci) {
        let what = format!("seed {seed}, {variant:?}, {places:?}");
        let mut run = arguments(seed, "polite");
        let mut before = Vec::new();
        for (number, place) in places.iter().enumerate() {
            let outside = outside(&folder.path().join(number.to_string()));
            run = run.dir(&outside.join("given"), place);
            before.push((snapshot(&outside), outside));
        }
        let given = |outside: &Path| snapshot(&outside.join("given"));
        let first = before.first().map(|(_, outside)| given(outside));
        let said = Engine::Wasmtime.run(&bundle, &run);
        assert_eq!(said.code, Some(42), "{what}: {}", said.stderr);
        for (before, outside) in &before {
            assert_eq!(&snapshot(outside), before, "{what}");
        }
        if variant.host == "none" {
            let now = before.first().map(|(_, outside)| given(outside));
            assert_eq!(now, first, "{what}: the directory was reached");
        }
        for (_, outside) in before {
            fs::remove_dir_all(outside).expect("can't remove what was given");
        }
    }
}

#[test]
fn on_wasmtime() {
    compiled(plain("single", "fallback"), &["/given"], 3, 1);
    compiled(plain("isolated", "override"), &["/given"], 3, 1001);
    compiled(plain("isolated", "none"), &["/given"], 3, 2001);
}

#[test]
fn on_wasmtime_with_host_mounts() {
    let places = ["/given", "/ro/host"];
    compiled(plain("single", "fallback").mounts(true), &places, 2, 3001);
    compiled(plain("isolated", "override").mounts(true), &places, 2, 4001);
    // Nothing is given there.
    compiled(plain("single", "override").mounts(false), &[], 1, 5001);
    // United with the root as well.
    let places = ["/given", "/ro/host", "/"];
    compiled(plain("single", "fallback").mounts(false), &places, 2, 6001);
    compiled(plain("single", "override").mounts(false), &places, 2, 7001);
}

#[test]
fn on_wasmtime_unstable() {
    compiled(plain("single", "fallback").unstable(), &["/given"], 2, 8001);
    let mounts = plain("isolated", "override").mounts(true).unstable();
    compiled(mounts, &["/given", "/ro/host"], 2, 9001);
}

/// Where canaries are given, the program finds them: it does look.
#[test]
fn canaries_that_are_given_are_caught() {
    let (folder, bundle) = bundled(plain("single", "fallback").mounts(true));
    let outside = outside(folder.path());
    let caught = (1..=10).filter(|seed| {
        let run = arguments(*seed, "polite").dir(&outside, "/given");
        Engine::Wasmtime.run(&bundle, &run).code == Some(4)
    });
    assert!(caught.count() > 5);
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
