//! A directory tree with one of everything, the same every time: what the guests look at.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// What an entry of the fixture is.
enum Kind {
    Dir,
    File(Vec<u8>),
    Link(&'static str),
    /// Another name of an earlier file.
    Hard(&'static str),
}

/// The tree, in a folder of its own, deleted on drop.
#[derive(Debug)]
pub struct Fixture {
    folder: TempDir,
}

impl Fixture {
    /// Creates the tree; `seed` changes the order of creation only.
    ///
    /// # Panics
    /// When the disk does not let it.
    #[must_use]
    pub fn new(seed: u64) -> Fixture {
        Self::fill(
            tempfile::tempdir().expect("can't create a temporary folder"),
            seed,
        )
    }

    /// The same below `parent`.
    ///
    /// # Panics
    /// When the disk does not let it.
    #[must_use]
    pub fn in_folder(seed: u64, parent: &Path) -> Fixture {
        Self::fill(
            tempfile::tempdir_in(parent).expect("can't create a temporary folder"),
            seed,
        )
    }

    fn fill(folder: TempDir, seed: u64) -> Fixture {
        let root = folder.path().join("tree");
        let mut entries = entries();
        shuffle(&mut entries, seed);
        // Directories first (shallow ones before deep ones), names of existing files last.
        entries.sort_by_key(|(path, kind)| match kind {
            Kind::Dir => path.matches('/').count(),
            Kind::Hard(_) => 101,
            _ => 100,
        });
        fs::create_dir(&root).expect("can't create the fixture");
        for (path, kind) in &entries {
            create(&root, path, kind);
        }
        for (path, mode) in MODES {
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(*mode))
                .expect("can't set a mode");
        }
        // Deep ones first: creating a file changes its directory's time.
        let mut paths: Vec<&str> = entries.iter().map(|(path, _)| path.as_str()).collect();
        paths.sort_unstable();
        let mut times: Vec<(PathBuf, u64)> = paths
            .iter()
            .enumerate()
            .map(|(index, path)| (root.join(path), time_ns(path, index as u64)))
            .collect();
        times.reverse();
        times.push((root, time_ns("", 0)));
        set_times(&times);
        Fixture { folder }
    }

    /// The root of the tree.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    /// The folder around the tree, for manifests and outputs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Modes other than the usual 0644 and 0755. The owner can read all: modes that deny are given by the
/// manifest, so that the tests need not be root.
const MODES: &[(&str, u32)] = &[
    ("size-1", 0o600),
    ("size-4095", 0o755),
    ("size-4096", 0o444),
    ("dir/nested", 0o700),
    ("empty-dir", 0o1777),
];

/// Bytes that are neither compressible by accident nor equal in any two files.
fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..size)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

fn entries() -> Vec<(String, Kind)> {
    use Kind::{Dir, File, Hard, Link};
    let text = |text: &str| File(text.as_bytes().to_vec());
    let lines: String = (0..100)
        .map(|n| format!("line {} of the text\n", 1900 + n))
        .collect();
    let mut all = vec![
        ("file.txt", text("hello from a file\n")),
        ("text.txt", text(&lines)),
        ("dir", Dir),
        ("dir/file.txt", text("hello from a directory\n")),
        ("dir/nested", Dir),
        ("dir/nested/deep.txt", text("deep\n")),
        ("dir/nested/link-up-up", Link("../..")),
        ("dir/link-up", Link("..")),
        ("dir/dangling-deep", Link("nested/nothing")),
        ("dir/hard-3", Hard("hard-1")),
        ("empty-dir", Dir),
        ("link-file", Link("file.txt")),
        ("link-dir", Link("dir")),
        ("link-slash", Link("dir/")),
        ("link-dot", Link(".")),
        ("link-file-slash", Link("file.txt/")),
        ("loop-self", Link("loop-self")),
        ("loop-a", Link("loop-b")),
        ("loop-b", Link("./loop-a")),
        ("dangling", Link("nowhere")),
        ("hard-1", text("one file, three names\n")),
        ("hard-2", Hard("hard-1")),
        ("size-0", File(Vec::new())),
        ("size-1", File(noise(1, 1))),
        ("size-4095", File(noise(4095, 2))),
        ("size-4096", File(noise(4096, 3))),
        ("size-65536", File(noise(65536, 4))),
        ("same-as-65536", File(noise(65536, 4))),
        ("size-1m", File(noise(1 << 20, 5))),
        ("Grüße.txt", text("Grüße\n")),
        ("日本語", Dir),
        ("日本語/ファイル.txt", text("こんにちは\n")),
        ("emoji-🦀", text("crab\n")),
        ("name with spaces", text("spaces\n")),
        ("back\\slash", text("backslash\n")),
        ("new\nline", text("newline\n")),
        ("-dash", text("dash\n")),
        (".hidden", text("hidden\n")),
        ("...", text("three dots\n")),
        ("..dots", text("dots\n")),
        ("time-0", text("the epoch\n")),
        ("time-2100", text("the year 2100\n")),
        ("many", Dir),
        ("mode", Dir),
        ("mode/0000", text("secret\n")),
        ("mode/0200", text("write only\n")),
        ("mode/0400", text("read only\n")),
        ("mode/0755", text("program\n")),
        ("mode/no-search", Dir),
        ("mode/no-search/x", text("x\n")),
        ("mode/no-read", Dir),
        ("mode/no-read/x", text("x\n")),
    ]
    .into_iter()
    .map(|(path, kind)| (path.to_owned(), kind))
    .collect::<Vec<_>>();
    // 255 bytes: the longest name there is.
    all.push(("n".repeat(255), text("long name\n")));
    for n in 0..300 {
        all.push((format!("many/entry-{n:03}"), text(&format!("entry {n}\n"))));
    }
    // chain-N needs N steps to arrive at `dir`.
    all.push(("chain-1".to_owned(), Link("dir")));
    for n in 2..=45 {
        let target: &'static str = format!("chain-{}", n - 1).leak();
        all.push((format!("chain-{n}"), Link(target)));
    }
    all
}

fn create(root: &Path, path: &str, kind: &Kind) {
    let at = root.join(path);
    let done = match kind {
        Kind::Dir => fs::create_dir(&at)
            .and_then(|()| fs::set_permissions(&at, fs::Permissions::from_mode(0o755))),
        Kind::File(content) => fs::write(&at, content)
            .and_then(|()| fs::set_permissions(&at, fs::Permissions::from_mode(0o644))),
        Kind::Link(target) => symlink(target, &at),
        Kind::Hard(of) => fs::hard_link(root.join(of), &at),
    };
    done.unwrap_or_else(|error| panic!("can't create `{}`: {error}", at.display()));
}

/// Times that differ in seconds and nanoseconds for every entry.
fn time_ns(path: &str, index: u64) -> u64 {
    const YEAR_2100: u64 = 4_102_444_800;
    match path {
        "time-0" => 0,
        "time-2100" => YEAR_2100 * 1_000_000_000 + 999_999_999,
        _ => {
            (1_000_000_000 + index * 1_234_567) * 1_000_000_000
                + (index * 123_456_789) % 1_000_000_000
        }
    }
}

fn set_times(times: &[(PathBuf, u64)]) {
    for (path, time_ns) in times {
        if path.is_symlink() {
            // The standard library can't set the time of a link itself.
            let date = format!(
                "@{}.{:09}",
                time_ns / 1_000_000_000,
                time_ns % 1_000_000_000
            );
            let done = Command::new("touch")
                .args(["--no-dereference", "--date", &date])
                .arg(path)
                .status();
            assert!(
                done.is_ok_and(|status| status.success()),
                "touch `{}` failed",
                path.display()
            );
        } else {
            let time = SystemTime::UNIX_EPOCH + Duration::from_nanos(*time_ns);
            let set = File::open(path).and_then(|file| {
                file.set_times(fs::FileTimes::new().set_modified(time).set_accessed(time))
            });
            set.unwrap_or_else(|error| {
                panic!("can't set the time of `{}`: {error}", path.display())
            });
        }
    }
}

fn shuffle<T>(items: &mut [T], seed: u64) {
    let order = noise(items.len() * 4, seed);
    for i in (1..items.len()).rev() {
        let random = u32::from_le_bytes([
            order[4 * i],
            order[4 * i + 1],
            order[4 * i + 2],
            order[4 * i + 3],
        ]);
        items.swap(i, random as usize % (i + 1));
    }
}
