//! Random trees and random manifests.
//!
//! What holds for each:
//!
//! * The plan is what the manifest means. The second opinion is `src/meaning.rs`, which works it out entry by entry, and
//!   `src/glob.rs`, the plainest matcher there can be.
//! * The plan's report and that of the finished bundle tell the same entries in the same order, mounts, preopens, start and totals.
//! * Extracted into a directory, or into a tar that `tar` unpacks, the bundle gives exactly the entries that the manifest
//!   means: kinds, modes, times, contents, symlinks' targets, names of one file.
//! * `verify` finds the bundle to be what the manifest makes, byte for byte, and to hold what the lock says.
//! * `bundle --locked` passes right after `bundle` and writes nothing; after one random change to the tree it names exactly
//!   the entries that mean something else now, exit code 3, or passes when there are none.
//! * A manifest that can't be bundled is refused with the code that fits, by `plan` and `bundle` alike.
//!
//! `WASI_VFS_PROPERTY_SEEDS=5000` tries more than the usual number, `WASI_VFS_PROPERTY_FIRST=17` begins elsewhere.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use wasi_vfs_tests::cache;
use wasi_vfs_tests::command::PROGRAM;
use wasi_vfs_tests::listing;
use wasi_vfs_tests::manifest::{Manifest, SOURCE_DATE_EPOCH};
use wasi_vfs_tests::meaning::{MIXED, Meaning, Refused};
use wasi_vfs_tests::random::Random;
use wasi_vfs_tests::tool::{self, Said};
use wasi_vfs_tests::tree::{self, Kind, Tree};

/// The seeds to try, `usual` many unless the environment says otherwise.
fn seeds(usual: u64) -> Range<u64> {
    let number = |name| cache::setting(name).map(|text| text.parse().expect("a number"));
    let first = number("WASI_VFS_PROPERTY_FIRST").unwrap_or(1);
    first..first + number("WASI_VFS_PROPERTY_SEEDS").unwrap_or(usual)
}

/// A folder with a program, a random tree and a manifest about it.
struct Case {
    seed: u64,
    folder: TempDir,
    tree: Tree,
    manifest: Manifest,
    meaning: Result<Meaning, Refused>,
    random: Random,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let folder = tempfile::tempdir().expect("can't create a temporary folder");
        let tree = Tree::random(&mut random);
        tree.create(&folder.path().join("tree"), &mut random);
        let manifest = Manifest::random(&tree, &mut random);
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).expect("can't write into the folder");
        };
        write("app.wat", PROGRAM);
        write("wasi-vfs.toml", &manifest.text("app.wat", "out.wasm"));
        Self {
            seed,
            meaning: manifest.meaning(&tree),
            folder,
            tree,
            manifest,
            random,
        }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, args: &[&str]) -> Said {
        let mut command = Command::new(tool::wasi_vfs());
        let epoch = SOURCE_DATE_EPOCH.to_string();
        command
            .args(args)
            .current_dir(self.root())
            .env("SOURCE_DATE_EPOCH", epoch)
            .env("NO_COLOR", "1");
        tool::run(&mut command, b"")
    }

    /// Runs a command that must succeed.
    #[track_caller]
    fn ok(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, Some(0), "{self} {args:?}\n{}", said.stderr);
        said.stdout
    }

    /// The bundle and its lock.
    fn outputs(&self) -> [Vec<u8>; 2] {
        ["out.wasm", "wasi-vfs.lock"]
            .map(|name| fs::read(self.root().join(name)).expect("was written"))
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(args)).expect("is JSON")
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let manifest = fs::read_to_string(self.root().join("wasi-vfs.toml")).unwrap_or_default();
        write!(f, "seed {} with the manifest\n{manifest}\n", self.seed)
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        tree::unlock(self.root());
    }
}

#[test]
fn plan_and_bundle_are_what_the_manifest_means() {
    let (mut bundled, mut refused) = (0, 0);
    for seed in seeds(40) {
        let case = Case::new(seed);
        let meaning = match &case.meaning {
            Ok(meaning) => Some(meaning),
            Err(MIXED) if case.run(&["plan"]).code == Some(0) => None,
            Err(reason) => {
                refused += 1;
                refuses(&case, *reason);
                continue;
            }
        };
        bundled += 1;
        let plan = case.json(&["plan", "--json"]);
        let listed = listing::of_report(&plan);
        if let Some(meaning) = meaning {
            same(&case, "plan", &listed, &listing::of_meaning(meaning));
        }
        let _ = case.ok(&["bundle"]);
        let inspected = case.json(&["inspect", "--json", "out.wasm"]);
        same(&case, "bundle", &listing::of_report(&inspected), &listed);
        assert_eq!(order(&plan), order(&inspected), "{case}the entries' order");
        for key in ["preopens", "start", "totals", "memory"] {
            assert_eq!(plan[key], inspected[key], "{case}{key}");
        }
        assert_eq!(
            sorted(&plan["mounts"]),
            sorted(&inspected["mounts"]),
            "{case}mounts"
        );
        if let Some(meaning) = meaning {
            extracts(&case, meaning);
        }
        let _ = case.ok(&["verify", "out.wasm"]);
        let _ = case.ok(&["verify", "out.wasm", "--against-lock"]);
    }
    assert!(bundled > refused, "{bundled} bundled, {refused} refused");
}

/// What `extract` writes is what the manifest means.
fn extracts(case: &Case, meaning: &Meaning) {
    let expected = meaning.iter().map(|(path, node)| {
        let below = match (path.as_str(), path.strip_prefix('/')) {
            (_, Some(below)) => below.to_owned(),
            // Relative paths have a place of their own.
            (".", None) => "@cwd".to_owned(),
            (path, None) => format!("@cwd/{path}"),
        };
        (below, node.clone())
    });
    let expected = Tree(expected.collect()).numbered();
    let _ = case.ok(&["extract", "out.wasm", "-o", "directory"]);
    let _ = case.ok(&["extract", "out.wasm", "-o", "archive.tar"]);
    let unpacked = case.root().join("unpacked");
    fs::create_dir(&unpacked).expect("can be made");
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(&unpacked).args(["-xpf", "archive.tar"]);
    let _ = tool::run(tar.current_dir(case.root()), b"").ok();
    for (what, folder) in [
        ("extract to a directory", case.root().join("directory")),
        ("extract to a tar", unpacked),
    ] {
        let mut found = Tree::read(&folder);
        // Where relative paths are, and what is above them, no entry says anything about.
        for path in ["", "@cwd"] {
            if !expected.0.contains_key(path) {
                let _ = found.0.remove(path);
            }
        }
        let paths = expected.0.keys().chain(found.0.keys());
        let differ = paths.filter(|path| expected.0.get(*path) != found.0.get(*path));
        let differ: Vec<_> = differ
            .map(|path| {
                format!(
                    "{path:?}\n  expected {:?}\n  found    {:?}\n",
                    expected.0.get(path),
                    found.0.get(path)
                )
            })
            .collect();
        assert!(differ.is_empty(), "{case}{what}:\n{}", differ.concat());
    }
}

#[test]
fn a_lock_names_exactly_what_changed() {
    let (mut same, mut drifted) = (0, 0);
    for seed in seeds(40) {
        let mut case = Case::new(seed);
        if case.meaning.is_err() {
            continue;
        }
        let _ = case.ok(&["bundle"]);
        let made = case.outputs();
        let _ = case.ok(&["bundle", "--locked"]);
        assert!(case.outputs() == made, "{case}another lock or bundle");
        let mut change = String::new();
        for _ in 0..8 {
            let mut changed = case.tree.clone();
            change = changed.change(&mut case.random);
            let (Ok(before), after) = (&case.meaning, case.manifest.meaning(&changed)) else {
                unreachable!("tried above");
            };
            let differs = after.is_ok_and(|after| !differences(before, &after).is_empty());
            // Most changes are to something that is not in the bundle.
            if differs || case.random.once_in(8) {
                case.tree = changed;
                break;
            }
        }
        tree::unlock(case.root());
        fs::remove_dir_all(case.root().join("tree")).expect("can be removed");
        case.tree
            .create(&case.root().join("tree"), &mut case.random);
        let (Ok(before), Ok(after)) = (&case.meaning, case.manifest.meaning(&case.tree)) else {
            continue;
        };
        let expected = differences(before, &after);
        let said = case.run(&["bundle", "--locked", "--json"]);
        if expected.is_empty() {
            same += 1;
            assert_eq!(said.code, Some(0), "{case}{change}\n{}", said.stderr);
            continue;
        }
        drifted += 1;
        assert_eq!(said.code, Some(3), "{case}{change}\n{}", said.stderr);
        assert!(
            case.outputs() == made,
            "{case}{change}: something was written"
        );
        let report: Value = serde_json::from_str(&said.stdout).expect("is JSON");
        let told = &report["differences"];
        let mut named = Vec::new();
        for list in ["added", "removed", "changed"] {
            for entry in told[list].as_array().expect("a list") {
                named.push(entry["path"].as_str().expect("a path").to_owned());
            }
        }
        named.sort();
        assert_eq!(named, expected, "{case}{change}\n{told:#}");
        assert_eq!(told["settings"], serde_json::json!([]), "{case}{change}");
        // What is meant can be made the new state.
        let _ = case.ok(&["bundle"]);
        let _ = case.ok(&["bundle", "--locked"]);
    }
    assert!(
        drifted > same && same > 0,
        "{drifted} drifted, {same} did not"
    );
}

/// The paths of entries that differ.
fn differences(before: &Meaning, after: &Meaning) -> Vec<String> {
    let contents = |meaning: &Meaning| -> Vec<_> {
        let listing = listing::of_meaning(meaning).into_iter();
        let with_content = listing.map(|(path, listed)| {
            // Only the first of a file's names has its content.
            let content = match (&meaning[&path].kind, listed.kind.as_str()) {
                (Kind::File { content, .. }, "file") => content.clone(),
                _ => Vec::new(),
            };
            (path, listed, content)
        });
        with_content.collect()
    };
    let (before, after) = (contents(before), contents(after));
    let gone = before.iter().filter(|entry| !after.contains(entry));
    let new = after.iter().filter(|entry| !before.contains(entry));
    let mut paths: Vec<String> = gone.chain(new).map(|(path, _, _)| path.clone()).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// `plan` and `bundle` both say the reason, and nothing is written.
fn refuses(case: &Case, reason: Refused) {
    for args in [&["plan"][..], &["bundle"]] {
        let said = case.run(args);
        assert_eq!(said.code, Some(1), "{case}{args:?} {reason:?}");
        assert!(
            said.stderr.contains(reason.0),
            "{case}{args:?} {reason:?}\n{}",
            said.stderr
        );
    }
    assert!(!case.root().join("out.wasm").exists(), "{case}");
}

#[track_caller]
fn same(case: &Case, what: &str, found: &listing::Listing, expected: &listing::Listing) {
    let mut differences = String::new();
    for path in expected.keys().chain(found.keys()) {
        let (expected, found) = (expected.get(path), found.get(path));
        if expected != found {
            differences += &format!("{path:?}\n  expected {expected:?}\n  found    {found:?}\n");
        }
    }
    assert!(differences.is_empty(), "{case}{what}:\n{differences}");
}

/// The paths of a report as they come.
fn order(report: &Value) -> Vec<&str> {
    let entries = report["entries"].as_array().expect("a list of entries");
    let paths = entries.iter().map(|entry| entry["path"].as_str());
    paths.map(|path| path.expect("a path")).collect()
}

/// A list of mounts in the order of their paths.
fn sorted(mounts: &Value) -> Vec<Value> {
    let mut mounts = mounts.as_array().expect("a list of mounts").clone();
    mounts.sort_by_key(|mount| mount["path"].as_str().map(str::to_owned));
    mounts
}
