//! `gitignore = true` against git itself: random trees with random `.gitignore` files at all levels.
//!
//! A few trees here. `VFS_GITIGNORE_TREES=1000 cargo test --release -p wasi-vfs --test gitignore` for more.
#![cfg(unix)]

#[path = "archives/random.rs"]
#[allow(dead_code, reason = "it is for tests of archives, too")]
mod random;
#[path = "archives/support.rs"]
#[allow(dead_code, reason = "it is for tests of archives, too")]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use random::Dice;
use support::{manifest, wish};
use wasi_vfs::plan::resolve;
use wasi_vfs::source::{DiskSource, MemorySource};

const NAMES: [&str; 14] = [
    "a", "b", "ab", "abc", "a.o", "b.o", "x y", "a ", "{a,b}", "[a]", "#a", "!a", "\u{e9}", "a-b",
];

/// Parts of patterns, the odd ones too.
const PARTS: [&str; 40] = [
    "a",
    "b",
    "ab",
    "abc",
    "*",
    "**",
    "***",
    "?",
    "*.o",
    "a*",
    "*b",
    "a*c",
    "a**c",
    "[ab]",
    "[!a]",
    "[^b]",
    "[a-c]b",
    "[[:alpha:]]",
    "[[:upper:]]*",
    "[[:nope:]]",
    "[]a]",
    "[a",
    "[\\]a]",
    "\\a",
    "\\*",
    "a\\",
    "{a,b}",
    "\\{a,b\\}",
    "x y",
    "x\\ y",
    "a\\ ",
    "a ",
    "\u{e9}",
    "\\#a",
    "#a",
    "\\!a",
    "[]-a]",
    "[a-]b",
    "a-b",
    "",
];

fn pattern(dice: &mut Dice) -> String {
    let mut line = String::new();
    if dice.roll(4) == 0 {
        line.push('!');
    }
    if dice.roll(4) == 0 {
        line.push('/');
    }
    for _ in 0..=dice.roll(3) {
        line.push_str(PARTS[dice.roll(PARTS.len())]);
        if dice.roll(3) > 0 {
            line.push('/');
        }
    }
    if dice.roll(3) > 0 && line.ends_with('/') {
        line.pop();
    }
    for _ in 0..dice.roll(8).saturating_sub(5) {
        line.push([' ', '\t', '\r'][dice.roll(3)]);
    }
    line
}

/// Makes a tree; all names in it, directories with whether they are.
fn tree(root: &Path, dice: &mut Dice) -> Vec<(PathBuf, bool)> {
    let mut directories = vec![PathBuf::new()];
    let mut all = Vec::new();
    for _ in 0..40 {
        let path = directories[dice.roll(directories.len())].join(NAMES[dice.roll(NAMES.len())]);
        let is_directory = dice.roll(3) == 0;
        if root.join(&path).exists() || path.components().count() > 5 {
            continue;
        }
        if is_directory {
            fs::create_dir(root.join(&path)).unwrap();
            directories.push(path.clone());
        } else {
            fs::write(root.join(&path), "").unwrap();
        }
        all.push((path, is_directory));
    }
    for directory in &directories {
        if dice.roll(2) == 0 {
            let count = 1 + dice.roll(4);
            let lines: Vec<String> = (0..count).map(|_| pattern(dice)).collect();
            let text = lines.join(if dice.roll(5) == 0 { "\r\n" } else { "\n" });
            fs::write(root.join(directory).join(".gitignore"), text).unwrap();
            all.push((directory.join(".gitignore"), false));
        }
    }
    all
}

fn git(root: &Path) -> Command {
    let mut git = Command::new("git");
    // No files of the user's.
    git.env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    git.arg("-C").arg(root);
    git.args([
        "-c",
        "core.excludesFile=/dev/null",
        "-c",
        "core.ignoreCase=false",
    ]);
    git
}

/// What git leaves out of these.
fn left_out(root: &Path, all: &[(PathBuf, bool)]) -> BTreeSet<PathBuf> {
    let mut check = git(root);
    check.args(["check-ignore", "-z", "--stdin", "--no-index"]);
    let mut check = check
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let names: Vec<&str> = all.iter().map(|(path, _)| path.to_str().unwrap()).collect();
    check
        .stdin
        .take()
        .unwrap()
        .write_all(names.join("\0").as_bytes())
        .unwrap();
    let output = check.wait_with_output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    output.split_terminator('\0').map(PathBuf::from).collect()
}

/// What a mount of a directory of the tree brings, as paths from the tree's root.
fn brought(root: &Path, below: &Path) -> BTreeSet<PathBuf> {
    let source = root.join(below);
    let manifest = manifest(&format!(
        "[[mount]]\nguest = '/d'\nsource = '''{}'''\ngitignore = true\ndefault-excludes = false\n\
         exclude = ['.git']\noptional = true",
        source.display()
    ));
    let plan = resolve(&manifest, &DiskSource);
    let plan = plan.unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
    let paths = plan.entries().iter().map(|entry| entry.path.to_string());
    let paths = paths.filter_map(|path| path.strip_prefix("/d/").map(str::to_owned));
    paths.map(|path| below.join(path)).collect()
}

#[test]
fn the_same_as_git() {
    for number in 0..wish("VFS_GITIGNORE_TREES").unwrap_or(40) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(git(root).args(["init", "-q"]).status().unwrap().success());
        let mut dice = Dice((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let all = tree(root, &mut dice);
        let out = left_out(root, &all);
        let sources = all
            .iter()
            .filter(|(path, is_directory)| *is_directory && !out.contains(path));
        let sources = sources
            .map(|(path, _)| path.as_path())
            .chain([Path::new("")]);
        for below in sources {
            let names = all.iter().map(|(path, _)| path.clone());
            let names = names.filter(|path| path.starts_with(below) && path != below);
            let expected: BTreeSet<PathBuf> = names.filter(|path| !out.contains(path)).collect();
            let found = brought(root, below);
            if found != expected {
                let text = all.iter().filter(|(path, _)| path.ends_with(".gitignore"));
                for (path, _) in text {
                    println!(
                        "{}: {:?}",
                        path.display(),
                        fs::read_to_string(root.join(path))
                    );
                }
                let more: Vec<_> = found.difference(&expected).collect();
                let fewer: Vec<_> = expected.difference(&found).collect();
                panic!(
                    "tree {number}, `{}`: too many {more:?}, missing {fewer:?}",
                    below.display()
                );
            }
        }
    }
}

fn below(keys: &str, src: &MemorySource) -> Vec<String> {
    let manifest = manifest(&format!(
        "[[mount]]\nguest = '/d'\nsource = 'repo/src'\ngitignore = true\n{keys}"
    ));
    let plan = resolve(&manifest, src);
    let plan = plan.unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
    let paths = plan.entries().iter().map(|entry| entry.path.to_string());
    let paths = paths.filter_map(|path| path.strip_prefix("/d/").map(str::to_owned));
    paths.collect()
}

fn repository() -> MemorySource {
    MemorySource::new()
        .directory("repo/.git")
        .file("repo/.gitignore", "*.log\n/src/build/\n")
        .file("repo/src/a.py", "")
        .file("repo/src/a.log", "")
        .file("repo/src/lib/.gitignore", "!keep.log\n*.tmp\n")
        .file("repo/src/lib/keep.log", "")
        .file("repo/src/lib/x.tmp", "")
        .file("repo/src/build/out.bin", "")
        .file("repo/src/build/deep/out.txt", "")
}

#[test]
fn files_above_count_up_to_the_repository() {
    let kept = ["a.py", "lib", "lib/.gitignore", "lib/keep.log"];
    assert_eq!(below("", &repository()), kept);
    // Without a repository only the source's own files count.
    let src = MemorySource::new()
        .file(".gitignore", "*.py\n")
        .file("repo/src/a.py", "")
        .file("repo/src/.gitignore", "b.py\n")
        .file("repo/src/b.py", "");
    assert_eq!(below("", &src), [".gitignore", "a.py"]);
    // What is above the repository does not.
    let src = repository().file(".gitignore", "*.py\n");
    assert_eq!(below("", &src), kept);
    // That the source itself is left out does not count: it is named.
    let src = repository().file("repo/.gitignore", "src\n");
    assert_eq!(below("include = ['a.*']", &src), ["a.log", "a.py"]);
}

#[test]
fn patterns_come_on_top() {
    // A file must pass both.
    let src = repository();
    assert_eq!(
        below("include = ['*.py', 'lib/*.log']", &src),
        ["a.py", "lib", "lib/keep.log"]
    );
    assert_eq!(below("exclude = ['lib']", &src), ["a.py"]);
    // What is taken back by name comes, from a directory that is left out, too.
    assert_eq!(
        below("exclude = ['lib', '!build/deep/*', '!a.log']", &src),
        ["a.log", "a.py", "build", "build/deep", "build/deep/out.txt"]
    );
    assert_eq!(
        below("exclude = ['lib', '!build', 'build/*.bin']", &src),
        ["a.py", "build", "build/deep", "build/deep/out.txt"]
    );
}
