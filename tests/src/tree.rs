//! Trees of files: made at random, laid on the disk, read back from it.

use std::collections::BTreeMap;
use std::fs::{self, FileTimes, OpenOptions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

use crate::random::Random;

/// Files by their paths, `/` between names; `""` is the root, which is always there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree(pub BTreeMap<String, Node>);

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Directory, file or symlink.
    pub kind: Kind,
    /// Permission bits; of a symlink 0o777.
    pub mode: u32,
    /// Time of last modification, nanoseconds since 1970.
    pub time_ns: u64,
}

/// Kinds of nodes, with what makes them differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A file; names with an equal number in `file` are one file with several names.
    File {
        /// Its number among the tree's files.
        file: usize,
        /// Its content.
        content: Vec<u8>,
    },
    /// A symlink and what it holds.
    Symlink(String),
}

/// Names that trip tools up: other scripts, both Unicode forms, spaces, what shells, TOML, make and globs give a meaning to.
const NAMES: &[&str] = &[
    "a",
    "b",
    "B",
    "c.txt",
    "lib.py",
    "x.PY",
    "data",
    "Grüße",
    "Gru\u{308}ße",
    "日本語.txt",
    "🦀",
    "two words",
    "-dash",
    "...",
    "..x",
    ".hidden",
    ".config",
    "back\\slash",
    "quote\"s'",
    "new\nline",
    "#hash",
    "$dollar",
    "star*[x]",
    "{a,b}",
    "!bang",
    "café",
    "percent%20",
    "colon:semi;",
    "tab\there",
    "~",
];

const DIRECTORY_MODES: &[u32] = &[0o755, 0o755, 0o755, 0o700, 0o555, 0o777, 0o1777, 0o711];
const FILE_MODES: &[u32] = &[0o644, 0o644, 0o644, 0o600, 0o755, 0o444, 0o400, 0o664];

impl Tree {
    /// A tree of up to about 60 entries with at least one file.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let mut tree = Self(BTreeMap::new());
        let root = Node::new(Kind::Directory, 0o755, random);
        let _ = tree.0.insert(String::new(), root);
        let mut directories = vec![String::new()];
        let mut files: Vec<String> = Vec::new();
        for count in 0..4 + random.below(56) {
            let parent = random.pick(&directories).clone();
            let path = child(&parent, &name(random));
            if tree.0.contains_key(&path) || path.len() > 2000 {
                continue;
            }
            let node = match random.below(10) {
                0..3 => {
                    directories.push(path.clone());
                    let mode = *random.pick(DIRECTORY_MODES);
                    Node::new(Kind::Directory, mode, random)
                }
                3 if !files.is_empty() => tree.0[random.pick(&files)].clone(),
                4 => Node::new(Kind::Symlink(target(&parent, &tree, random)), 0o777, random),
                _ => {
                    files.push(path.clone());
                    let content = content(random);
                    let kind = Kind::File {
                        file: count,
                        content,
                    };
                    let mode = *random.pick(FILE_MODES);
                    Node::new(kind, mode, random)
                }
            };
            let _ = tree.0.insert(path, node);
        }
        if files.is_empty() {
            let kind = Kind::File {
                file: usize::MAX,
                content: b"one\n".to_vec(),
            };
            let node = Node::new(kind, 0o644, random);
            let _ = tree.0.insert("one".to_owned(), node);
        }
        tree
    }

    /// Makes one random change; what it was, for messages.
    ///
    /// # Panics
    /// When the tree has no file.
    pub fn change(&mut self, random: &mut Random) -> String {
        let paths: Vec<String> = self.0.keys().cloned().collect();
        let path = random.pick(&paths).clone();
        let below = format!("{path}/");
        let stays = path.is_empty() || paths.iter().any(|other| other.starts_with(&below));
        match random.below(5) {
            0 if !stays => {
                let _ = self.0.remove(&path);
                return format!("without {path:?}");
            }
            1 if self.0[&path].kind == Kind::Directory => {
                let new = child(&path, &format!("new-{}.py", random.below(1000)));
                let kind = Kind::File {
                    file: usize::MAX / 2,
                    content: b"new\n".to_vec(),
                };
                let _ = self.0.insert(new.clone(), Node::new(kind, 0o644, random));
                return format!("with {new:?}");
            }
            _ => {}
        }
        let fresh = Node::new(Kind::Directory, 0, random).time_ns;
        let how = random.below(3);
        let node = self.0.get_mut(&path).expect("is one of them");
        let done = match (&mut node.kind, how) {
            (_, 0) => {
                node.time_ns = fresh;
                "another time"
            }
            (Kind::Directory, _) => {
                node.mode ^= 0o011;
                "another mode"
            }
            (Kind::Symlink(target), _) => {
                target.push('x');
                "another target"
            }
            (Kind::File { .. }, 1) => {
                node.mode ^= 0o040;
                "another mode"
            }
            (Kind::File { content, .. }, _) => {
                // As long as before, or longer.
                match content.first_mut() {
                    Some(first) => *first ^= 1,
                    None => content.push(b'x'),
                }
                "another content"
            }
        };
        // All names of a file change together.
        let changed = node.clone();
        if let Kind::File { file, .. } = changed.kind {
            for other in self.0.values_mut() {
                if matches!(other.kind, Kind::File { file: this, .. } if this == file) {
                    *other = changed.clone();
                }
            }
        }
        format!("{done} of {path:?}")
    }

    /// The same with the numbers of files in the order of their first paths.
    #[must_use]
    pub fn numbered(mut self) -> Self {
        let mut numbers = BTreeMap::new();
        for node in self.0.values_mut() {
            if let Kind::File { file, .. } = &mut node.kind {
                let next = numbers.len();
                *file = *numbers.entry(*file).or_insert(next);
            }
        }
        self
    }

    /// Makes the tree at `root`, its entries in a random order.
    ///
    /// # Panics
    /// When the disk does not let it.
    pub fn create(&self, root: &Path, random: &mut Random) {
        let mut names: BTreeMap<usize, &str> = BTreeMap::new();
        let mut paths: Vec<&String> = self.0.keys().collect();
        random.shuffle(&mut paths);
        // Directories before what is in them.
        paths.sort_by_key(|path| match self.0[*path].kind {
            Kind::Directory => depth(path),
            _ => usize::MAX,
        });
        for path in &paths {
            let at = root.join(path);
            let done = match &self.0[*path].kind {
                Kind::Directory => fs::create_dir_all(&at),
                Kind::File { file, content } => match names.get(file) {
                    Some(first) => fs::hard_link(root.join(first), &at),
                    None => fs::write(&at, content),
                },
                Kind::Symlink(target) => symlink(target, &at),
            };
            done.unwrap_or_else(|error| panic!("can't create `{}`: {error}", at.display()));
            if let Kind::File { file, .. } = self.0[*path].kind {
                let _ = names.insert(file, path);
            }
        }
        // Deep ones first: what is done in a directory changes its time, and its mode may forbid it.
        for (path, node) in self.0.iter().rev() {
            let at = root.join(path);
            set_time(&at, node.time_ns);
            if !matches!(node.kind, Kind::Symlink(_)) {
                fs::set_permissions(&at, fs::Permissions::from_mode(node.mode))
                    .unwrap_or_else(|error| panic!("can't chmod `{}`: {error}", at.display()));
            }
        }
    }

    /// The tree that is at `root`. Numbers of files are given in the order of their first paths.
    ///
    /// # Panics
    /// When something can't be read or its name is not UTF-8.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        let mut tree = Self(BTreeMap::new());
        let mut inodes = BTreeMap::new();
        let mut pending = vec![String::new()];
        let mut paths = Vec::new();
        while let Some(path) = pending.pop() {
            let at = root.join(&path);
            if fs::symlink_metadata(&at).expect("is there").is_dir() {
                for entry in fs::read_dir(&at).expect("can be listed") {
                    let name = entry.expect("can be listed").file_name();
                    pending.push(child(&path, name.to_str().expect("a name in UTF-8")));
                }
            }
            paths.push(path);
        }
        paths.sort_unstable();
        for path in paths {
            let at = root.join(&path);
            let metadata = fs::symlink_metadata(&at).expect("is there");
            let kind = if metadata.is_dir() {
                Kind::Directory
            } else if metadata.is_symlink() {
                let target = fs::read_link(&at).expect("can be read");
                Kind::Symlink(target.to_str().expect("a target in UTF-8").to_owned())
            } else {
                let number = inodes.len();
                Kind::File {
                    file: *inodes.entry(metadata.ino()).or_insert(number),
                    content: fs::read(&at).expect("can be read"),
                }
            };
            let time_ns =
                i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
            let node = Node {
                kind,
                mode: metadata.mode() & 0o7777,
                time_ns: u64::try_from(time_ns).expect("a time after 1970"),
            };
            let _ = tree.0.insert(path, node);
        }
        tree
    }
}

impl Node {
    fn new(kind: Kind, mode: u32, random: &mut Random) -> Self {
        // Up to 2038, and fractions as several file systems have them.
        let seconds = random.bits() >> 33;
        let fraction = *random.pick(&[0, 500_000_000, 123_456_789, 999_999_999]);
        Self {
            kind,
            mode,
            time_ns: seconds * 1_000_000_000 + fraction,
        }
    }
}

/// The path of `name` in the directory `parent`.
#[must_use]
pub fn child(parent: &str, name: &str) -> String {
    match parent {
        "" => name.to_owned(),
        parent => format!("{parent}/{name}"),
    }
}

fn depth(path: &str) -> usize {
    match path {
        "" => 0,
        path => 1 + path.matches('/').count(),
    }
}

fn name(random: &mut Random) -> String {
    match random.below(12) {
        0 => "n".repeat(1 + random.below(255)),
        1 => format!("f{}.py", random.below(100)),
        _ => (*random.pick(NAMES)).to_owned(),
    }
}

/// Somewhere in the tree, whether something is there or not.
fn target(parent: &str, tree: &Tree, random: &mut Random) -> String {
    let paths: Vec<&String> = tree.0.keys().collect();
    let up = "../".repeat(depth(parent));
    match random.below(3) {
        0 => name(random),
        1 => format!("./{}", name(random)),
        // Up to the root of the tree, then down.
        _ => match random.pick(&paths).as_str() {
            "" if up.is_empty() => ".".to_owned(),
            path => format!("{up}{path}"),
        },
    }
}

fn content(random: &mut Random) -> Vec<u8> {
    let size = match random.below(8) {
        0 => 0,
        1 => 4095 + random.below(3),
        2 => random.below(70_000),
        _ => random.below(200),
    };
    // Few distinct first bytes, so that some contents are equal.
    let mut noise = Random::new(random.bits() % 8);
    (0..size).map(|_| noise.bits().to_le_bytes()[0]).collect()
}

/// Sets the time of last modification of a file, directory or symlink itself.
fn set_time(at: &Path, time_ns: u64) {
    let time = Timespec {
        tv_sec: i64::try_from(time_ns / 1_000_000_000).expect("a time of this millennium"),
        tv_nsec: i64::try_from(time_ns % 1_000_000_000).expect("less than a second"),
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    utimensat(CWD, at, &times, AtFlags::SYMLINK_NOFOLLOW)
        .unwrap_or_else(|error| panic!("can't set the time of `{}`: {error}", at.display()));
}

/// Makes a file look as if it had been changed at another time.
///
/// # Panics
/// When it can't be opened.
pub fn touch(at: &Path, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let file = OpenOptions::new()
        .read(true)
        .open(at)
        .expect("can be opened");
    file.set_times(FileTimes::new().set_modified(time))
        .expect("its time can be set");
}

/// Makes everything below `root` writable again, so that it can be deleted by whom it belongs to.
pub fn unlock(root: &Path) {
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        let _ = fs::set_permissions(&directory, fs::Permissions::from_mode(0o755));
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                pending.push(entry.path());
            }
        }
    }
}
