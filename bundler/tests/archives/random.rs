//! Random trees on the disk, and archives made of them by the tools that everybody uses.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

/// Random numbers that are the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }
}

const NAMES: [&str; 10] = [
    "a",
    "b.py",
    "lib",
    "-dash",
    ".hidden",
    "two words",
    "na\u{ef}ve",
    "\u{65e5}\u{672c}",
    "x[1]",
    "LONG",
];

/// What a tree may have.
#[derive(Clone, Copy)]
pub(crate) struct Wishes {
    /// Times have fractions of a second.
    pub(crate) fractions: bool,
    pub(crate) hard_links: bool,
}

/// Makes a tree in the empty directory `root`. Returns all names in it, parents first.
pub(crate) fn tree(root: &Path, dice: &mut Dice, wishes: Wishes) -> Vec<PathBuf> {
    let mut directories = vec![PathBuf::new()];
    let mut files: Vec<PathBuf> = Vec::new();
    let mut all: BTreeSet<PathBuf> = BTreeSet::new();
    for _ in 0..3 + dice.roll(40) {
        let name = match NAMES[dice.roll(NAMES.len())] {
            // Longer than the place that a tar header has for it.
            "LONG" => "long-".repeat(10 + dice.roll(40)),
            name => format!("{name}{}", dice.roll(8)),
        };
        let path = directories[dice.roll(directories.len())].join(&name[..name.len().min(250)]);
        let place = root.join(&path);
        if place.symlink_metadata().is_ok() || path.as_os_str().len() > 900 {
            continue;
        }
        match dice.roll(8) {
            0..=2 => {
                fs::create_dir(place).unwrap();
                directories.push(path.clone());
            }
            3 if !files.is_empty() && wishes.hard_links => {
                let file = &files[dice.roll(files.len())];
                fs::hard_link(root.join(file), place).unwrap();
            }
            4 => {
                let up = "../".repeat(path.components().count() - 1);
                let target = match all.iter().nth(dice.roll(all.len().max(1))) {
                    Some(target) => format!("{up}{}", target.display()),
                    None => "nowhere".to_owned(),
                };
                symlink(target, place).unwrap();
            }
            _ => {
                let size = [0, 1, 511, 512, 513, 5000, 70_000][dice.roll(7)];
                let content: Vec<u8> = (0..size).map(|at| (at >> dice.roll(12)) as u8).collect();
                fs::write(place, content).unwrap();
                files.push(path.clone());
            }
        }
        all.insert(path);
    }
    // What is in a directory first: making it changes the directory's time.
    for path in all.iter().rev().chain([&PathBuf::new()]) {
        let place = root.join(path);
        let seconds = dice.roll(2_000_000_000) as u64;
        let nanoseconds = if wishes.fractions {
            dice.roll(1_000_000_000) as u32
        } else {
            0
        };
        let metadata = place.symlink_metadata().unwrap();
        if metadata.is_symlink() {
            // The standard library can't set those.
            run(Command::new("touch")
                .arg("-h")
                .arg("-d")
                .arg(format!("@{seconds}"))
                .arg("--")
                .arg(&place));
            continue;
        }
        let mode = if metadata.is_dir() { 0o700 } else { 0o400 } | dice.roll(0o1000) as u32;
        fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
        let time = UNIX_EPOCH + Duration::new(seconds, nanoseconds);
        fs::File::open(&place).unwrap().set_modified(time).unwrap();
    }
    let mut all: Vec<PathBuf> = all.into_iter().collect();
    all.insert(0, PathBuf::from("."));
    all
}

/// Runs a tool that should do its work.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output();
    let output =
        output.unwrap_or_else(|error| panic!("{command:?}: {error}; tests/setup.sh installs it"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output.stdout
}

/// `tar` of the entries in this order.
pub(crate) fn pack(root: &Path, order: &[PathBuf], format: &str, to: &Path) {
    let list = to.with_extension("list");
    let names = order.iter().map(|path| path.as_os_str().as_encoded_bytes());
    fs::write(&list, names.collect::<Vec<_>>().join(&b'\0')).unwrap();
    let mut tar = Command::new("tar");
    tar.arg("-cf")
        .arg(to)
        .arg("-C")
        .arg(root)
        .arg(format!("--format={format}"));
    tar.args(["--no-recursion", "--null", "--verbatim-files-from", "-T"])
        .arg(list);
    run(&mut tar);
}
