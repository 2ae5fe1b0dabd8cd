//! Random trees and random manifests.
//!
//! What holds for each:
//!
//! * The plan is what the manifest means. The second opinion is `src/meaning.rs`, which works it out entry by entry, and
//!   `src/glob.rs`, the plainest matcher there can be.
//! * The plan's report and that of the finished bundle tell the same entries, mounts, preopens, start and totals.
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
use wasi_vfs_tests::meaning::{MIXED, Manifest, Meaning, Refused, SOURCE_DATE_EPOCH};
use wasi_vfs_tests::random::Random;
use wasi_vfs_tests::tool::{self, Said};
use wasi_vfs_tests::tree::{self, Tree};

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
    meaning: Result<Meaning, Refused>,
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
    for seed in seeds(60) {
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
        for key in ["preopens", "start", "totals", "memory"] {
            assert_eq!(plan[key], inspected[key], "{case}{key}");
        }
        assert_eq!(
            sorted(&plan["mounts"]),
            sorted(&inspected["mounts"]),
            "{case}mounts"
        );
    }
    assert!(bundled > refused, "{bundled} bundled, {refused} refused");
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

/// A list of mounts in the order of their paths.
fn sorted(mounts: &Value) -> Vec<Value> {
    let mut mounts = mounts.as_array().expect("a list of mounts").clone();
    mounts.sort_by_key(|mount| mount["path"].as_str().map(str::to_owned));
    mounts
}
