//! The figures of the project, side by side in one run:
//!
//! ```console
//! $ cargo bench -p wasi-vfs-tests > figures.jsonl              # or some: … -- bundling linking
//! $ cargo bench -p wasi-vfs-tests -- --table figures.jsonl     # writes docs/performance.md from them
//! ```
//!
//! Each line of the output is one figure, see [`row`]. What is compared is run in turn (A B A B …) and told as medians and
//! the median of the ratios, because machines are shared and their speed drifts. Needs `bash tests/setup.sh`;
//! `WASI_VFS_BIN` measures another tool.

mod bundling;
mod calls;
mod earlier;
mod linking;
mod lock;
mod measure;
mod modules;
mod python;
mod resolving;
mod row;
mod scale;
mod start;
mod table;
mod trees;
mod warm;

use std::path::{Path, PathBuf};
use std::process::Command;

use wasi_vfs_tests::{cache, tool};

/// Where things are.
pub(crate) struct Bench {
    /// The tool under test.
    pub(crate) tool: PathBuf,
    /// For trees, modules and outputs.
    pub(crate) folder: PathBuf,
}

type Group = (&'static str, fn(&Bench));

const GROUPS: [Group; 10] = [
    ("bundling", bundling::run),
    ("linking", linking::run),
    ("resolving", resolving::run),
    ("lock", lock::run),
    ("calls", calls::run),
    ("start", start::run),
    ("python", python::run),
    ("warm", warm::run),
    ("scale", scale::run),
    ("earlier", earlier::run),
];

/// What needs 20 GB of disk, or builds of its own, is measured when asked for.
const ON_REQUEST: [&str; 2] = ["scale", "earlier"];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // Cargo adds a `--bench` of its own.
    let wanted: Vec<&String> = args.iter().filter(|arg| !arg.starts_with('-')).collect();
    if args.iter().any(|arg| arg == "--table") {
        return table::write(&wanted);
    }
    let unknown = |name: &&&String| !GROUPS.iter().any(|(group, _)| *group == name.as_str());
    if let Some(name) = wanted.iter().find(unknown) {
        let groups = GROUPS.map(|(group, _)| group).join(" ");
        panic!("there is no group `{name}`: {groups}");
    }
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let bench = Bench {
        tool: release_tool(),
        folder: folder.path().to_owned(),
    };
    for (name, run) in GROUPS {
        let by_itself = wanted.is_empty() && !ON_REQUEST.contains(&name);
        if by_itself || wanted.iter().any(|wanted| *wanted == name) {
            eprintln!("{name}");
            run(&bench);
        }
    }
}

/// The tool as users have it, without the engine.
fn release_tool() -> PathBuf {
    if let Some(path) = cache::setting("WASI_VFS_BIN") {
        return PathBuf::from(path);
    }
    let root = cache::package_dir().join("..");
    let target = cache::dir().join("bench-target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--package", "wasi-vfs"]);
    cargo.args(["--no-default-features", "--target-dir"]);
    let _ = tool::run(cargo.arg(&target).current_dir(root), b"").ok();
    target.join("release/wasi-vfs")
}

impl Bench {
    /// A command of the tool.
    pub(crate) fn tool(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.tool);
        command.args(args);
        command
    }

    /// `bundle` of a manifest, without a lock and a word, and without what an earlier run found out.
    pub(crate) fn bundle(&self, manifest: &Path) -> Command {
        let mut command = self.tool(&["bundle", "--quiet", "--no-lock", "--no-cache", "-m"]);
        command.arg(manifest);
        command
    }

    /// The same with what an earlier run found out, and with that run.
    pub(crate) fn bundle_again(&self, manifest: &Path) -> Command {
        let again = || {
            let mut command = self.tool(&["bundle", "--quiet", "--no-lock", "--cache"]);
            command
                .arg(self.folder.join("cache"))
                .arg("-m")
                .arg(manifest);
            command
        };
        // What was changed in the last two seconds is not believed.
        std::thread::sleep(std::time::Duration::from_millis(2100));
        let _ = wasi_vfs_tests::tool::run(&mut again(), b"").ok();
        again()
    }
}
