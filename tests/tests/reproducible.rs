//! The same manifest, inputs and tool give the same bytes on every machine, and nothing of the machine.
//!
//! * Under Debian's `reprotest`, with all of its variations at once (`tests/reprotest.sh`).
//! * Under circumstances of our own, one after another: those that reprotest varies, each alone, and more of them
//!   (threads, file systems, block sizes, how the manifest is named).
//! * No value of the environment, path of the host, user, host name or inode is in an output or a report.
//!
//! What is compared is each profile's module and the lock of a project with every kind of source (`src/project.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use wasi_vfs_tests::cache;
use wasi_vfs_tests::project::{ENVIRONMENT, OUTPUTS, PROFILES, Project};
use wasi_vfs_tests::tool::{self, Said};

/// In every value that must not be found in an output.
const CANARY: &str = "Zm9vYmFyCg";

/// One bundling: a tree created in another order at another path, under other circumstances.
#[derive(Default)]
struct Circumstances {
    seed: u64,
    env: &'static [(&'static str, &'static str)],
    /// Shell commands before the bundling, in name spaces for mounts and names; `here` is the folder to bundle in.
    before: &'static str,
    /// What the command is run by, such as `taskset`.
    by: &'static [&'static str],
    /// Where the folder is, instead of the system's folder for temporary files.
    parent: Option<&'static str>,
    /// The manifest is named by its absolute path, from another folder.
    absolute: bool,
    /// The user and group `nobody` own the folder.
    nobody: bool,
}

const USUAL: Circumstances = Circumstances {
    seed: 1,
    env: &[],
    before: "",
    by: &[],
    parent: None,
    absolute: false,
    nobody: false,
};

const OTHERS: &[(&str, Circumstances)] = &[
    ("again", Circumstances { seed: 2, ..USUAL }),
    (
        "environment, locale, time zone, home",
        Circumstances {
            seed: 3,
            env: &[
                ("LANG", "tr_TR.UTF-8"),
                ("LC_ALL", "tr_TR.UTF-8"),
                ("LANGUAGE", "tr"),
                ("TZ", "Pacific/Kiritimati"),
                ("HOME", "/nonexistent/home-Zm9vYmFyCg"),
                ("USER", "user-Zm9vYmFyCg"),
                ("LOGNAME", "user-Zm9vYmFyCg"),
                ("HOSTNAME", "host-Zm9vYmFyCg"),
                ("EMAIL", "mail-Zm9vYmFyCg@example.org"),
                ("SECRET_TOKEN", "env-Zm9vYmFyCg"),
                ("XDG_CONFIG_HOME", "/nonexistent/config-Zm9vYmFyCg"),
                ("GIT_DIR", "/nonexistent/git-Zm9vYmFyCg"),
                ("RUST_BACKTRACE", "full"),
                ("TERM", "dumb"),
                ("COLUMNS", "40"),
                ("CI", "true"),
            ],
            absolute: true,
            ..USUAL
        },
    ),
    (
        "no environment at all",
        Circumstances {
            seed: 4,
            by: &[
                "env",
                "-i",
                "SOURCE_DATE_EPOCH=1500000000",
                "PROJECT_VERSION=2.1",
            ],
            ..USUAL
        },
    ),
    (
        "umask 077, the past",
        Circumstances {
            seed: 5,
            before: "umask 077",
            by: &["faketime", "1999-12-31 23:59:59"],
            ..USUAL
        },
    ),
    (
        "umask 000, the future",
        Circumstances {
            seed: 6,
            before: "umask 000",
            by: &["faketime", "2040-02-29 12:00:00"],
            ..USUAL
        },
    ),
    (
        "one thread on one CPU",
        Circumstances {
            seed: 7,
            env: &[("RAYON_NUM_THREADS", "1")],
            by: &["taskset", "--cpu-list", "0"],
            ..USUAL
        },
    ),
    (
        "many threads, no address randomization, another kernel's name",
        Circumstances {
            seed: 8,
            env: &[("RAYON_NUM_THREADS", "13")],
            by: &["setarch", "--uname-2.6", "--addr-no-randomize"],
            ..USUAL
        },
    ),
    (
        "another host and domain",
        Circumstances {
            seed: 9,
            before: "hostname host-Zm9vYmFyCg && domainname domain-Zm9vYmFyCg",
            ..USUAL
        },
    ),
    (
        "directories in reverse, larger blocks",
        Circumstances {
            seed: 10,
            before: "here=$folder.view; mkdir $here; disorderfs --quiet --reverse-dirents=yes --sort-dirents=yes --pad-blocks=9 $folder $here",
            ..USUAL
        },
    ),
    (
        "directories shuffled",
        Circumstances {
            seed: 11,
            before: "here=$folder.view; mkdir $here; disorderfs --quiet --shuffle-dirents=yes $folder $here",
            absolute: true,
            ..USUAL
        },
    ),
    (
        "another file system",
        Circumstances {
            seed: 12,
            parent: Some("/dev/shm"),
            ..USUAL
        },
    ),
    (
        "another user",
        Circumstances {
            seed: 13,
            nobody: true,
            by: &[
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
            ],
            ..USUAL
        },
    ),
];

/// What a bundling made: the outputs by name, with the lock.
type Made = BTreeMap<&'static str, Vec<u8>>;

fn is_root() -> bool {
    fs::metadata("/proc/self").expect("Linux has it").uid() == 0
}

/// Bundles all profiles of a fresh project, within a name space for mounts and names.
fn bundle(circumstances: &Circumstances) -> (Made, Project) {
    let parent = circumstances.parent.map(Path::new);
    let project = Project::in_folder(circumstances.seed, parent);
    if circumstances.nobody {
        give_away(project.path());
    }
    let by = circumstances.by.iter().map(|word| format!("'{word}'"));
    let by: String = by.collect::<Vec<_>>().join(" ");
    let bundle = match circumstances.absolute {
        true => format!("{by} $here/wasi-vfs bundle --quiet -m $here/wasi-vfs.toml"),
        false => format!("{by} ./wasi-vfs bundle --quiet"),
    };
    let from = if circumstances.absolute { "/" } else { "$here" };
    let bundles = PROFILES.iter().map(|(profile, _)| match *profile {
        "base" => format!("{bundle}\n"),
        profile => format!("{bundle} --profile {profile}\n"),
    });
    let script = format!(
        "set -e; folder={}; here=$folder; cd $folder\n{}\ncd {from}\n{}\
         # What was mounted over is complete only then.\n\
         cd /; [ $here = $folder ] || {{ fusermount -u $here; rmdir $here; }}",
        project.path().display(),
        circumstances.before,
        bundles.collect::<String>(),
    );
    let mut command = Command::new("unshare");
    command.args(["--mount", "--uts"]);
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command
        .args(["sh", "-c", &script])
        .envs(ENVIRONMENT)
        .envs(circumstances.env.iter().copied());
    let _ = tool::run(&mut command, b"").ok();
    (made(project.path()), project)
}

fn made(folder: &Path) -> Made {
    let read = |name| fs::read(folder.join(name)).expect("the command has made it");
    OUTPUTS.map(|name| (name, read(name))).into()
}

/// Gives a folder and all in it to `nobody`.
fn give_away(path: &Path) {
    if !is_root() {
        // Inside the name space there is no other user to be.
        return;
    }
    let metadata = fs::symlink_metadata(path).expect("is there");
    if metadata.is_symlink() {
        return;
    }
    chown(path, Some(65534), Some(65534)).expect("root may");
    if metadata.is_dir() {
        for entry in fs::read_dir(path).expect("can be listed") {
            give_away(&entry.expect("can be listed").path());
        }
    }
}

#[track_caller]
fn same(what: &str, first: &Made, second: &Made) {
    for (name, bytes) in first {
        let other = &second[name];
        let at = bytes.iter().zip(other).position(|(a, b)| a != b);
        assert!(
            bytes == other,
            "{what}: `{name}` differs at byte {at:?} ({} and {} bytes)",
            bytes.len(),
            other.len()
        );
    }
}

#[test]
fn same_bytes_under_all_circumstances() {
    let (usual, _project) = bundle(&USUAL);
    for (what, circumstances) in OTHERS {
        if circumstances.nobody && !is_root() {
            eprintln!("{what}: only root can be somebody else");
            continue;
        }
        let (bytes, _project) = bundle(circumstances);
        same(what, &usual, &bytes);
    }
}

#[test]
fn same_bytes_under_debians_reprotest() {
    let project = Project::new(20);
    // What another user could not read is not the manifest's business.
    let commands: Vec<String> = (PROFILES.iter())
        .map(|(profile, _)| match *profile {
            "base" => "./wasi-vfs bundle".to_owned(),
            profile => format!("./wasi-vfs bundle --profile {profile}"),
        })
        .collect();
    let said = tool::run(
        Command::new(cache::package_dir().join("reprotest.sh"))
            .arg(project.path())
            .arg(commands.join(" && "))
            .arg(OUTPUTS.join(" "))
            .envs(ENVIRONMENT),
        b"",
    );
    let both = format!("{}\n{}", said.stdout, said.stderr);
    assert_eq!(said.code, Some(0), "{both}");
    assert!(both.contains("Reproduction successful"), "{both}");
    for output in OUTPUTS {
        assert!(both.contains(&format!("./{output}")), "{output}\n{both}");
    }
}

/// All numbers in the bytes: written with digits, or of eight bytes, anywhere.
fn numbers(bytes: &[u8]) -> BTreeSet<u64> {
    let digits = bytes.split(|byte| !byte.is_ascii_digit());
    let written = digits.filter_map(|run| std::str::from_utf8(run).ok()?.parse().ok());
    let binary = bytes
        .windows(8)
        .map(|window| u64::from_le_bytes(window.try_into().expect("a window of eight")));
    // Larger ones are no inodes.
    written
        .chain(binary.filter(|number| *number < 1 << 48))
        .collect()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// Everything that a command says.
fn said(folder: &Path, args: &[&str]) -> Vec<u8> {
    let said: Said = tool::run(
        Command::new("./wasi-vfs")
            .args(args)
            .current_dir(folder)
            .envs(ENVIRONMENT)
            .envs(OTHERS[1].1.env.iter().copied()),
        b"",
    );
    (said.clone().ok() + &said.stderr).into_bytes()
}

#[test]
fn nothing_of_the_builder_is_in_any_output() {
    let (mut outputs, project) = bundle(&OTHERS[1].1);
    let folder = project.path();
    for (name, args) in [
        ("plan", &["plan"][..]),
        ("plan --json", &["plan", "--json"]),
        ("bundle --json", &["bundle", "--json"]),
        ("inspect", &["inspect", "out.wasm"]),
        ("inspect --json", &["inspect", "--json", "out.wasm"]),
        ("plan of a profile", &["plan", "--json", "-p", "release"]),
        ("bundle --locked", &["bundle", "--locked", "--json"]),
        ("verify", &["verify", "--json", "out.wasm"]),
        ("diff", &["diff", "--json", "out.wasm", "out.wasm"]),
        ("why", &["why", "--json", "/opt/lib/run.sh"]),
        ("extract", &["extract", "out.wasm", "-o", "-"]),
    ] {
        let _ = outputs.insert(name, said(folder, args));
    }
    let program = fs::read(folder.join("program.wasm")).expect("can be read");
    let host = tool::run(Command::new("uname").arg("-n"), b"").ok();
    let user = tool::run(Command::new("id").arg("-un"), b"").ok();
    let folder_name = folder.file_name().expect("has a name").to_string_lossy();
    let mut secrets: Vec<(String, Vec<u8>)> = vec![
        ("a value of the environment".into(), CANARY.into()),
        ("the folder's name".into(), folder_name.as_bytes().into()),
        ("the manifest's text".into(), b"mount.rule".into()),
        ("the path of the tests".into(), package_path().into_bytes()),
    ];
    // Short names are words like others.
    for (what, name) in [("the host's name", host.trim()), ("the user", user.trim())] {
        if name.len() > 5 {
            secrets.push((what.into(), name.into()));
        }
    }
    // Small numbers are everywhere.
    let inodes: BTreeSet<u64> = inodes(folder)
        .into_iter()
        .filter(|it| *it > 99_999)
        .collect();
    assert!(
        inodes.len() > 300,
        "the file system gives no large inode numbers"
    );
    for (output, bytes) in &outputs {
        for (what, secret) in &secrets {
            assert!(
                !contains(bytes, secret) || contains(&program, secret),
                "{what} is in {output}"
            );
        }
        let told = numbers(bytes);
        let found: Vec<&u64> = (inodes.intersection(&told)).collect();
        let known = numbers(&program);
        assert!(
            found.iter().all(|inode| known.contains(inode)),
            "inodes {found:?} are in {output}"
        );
    }
}

fn package_path() -> String {
    let path: PathBuf = cache::package_dir();
    path.display().to_string()
}

fn inodes(folder: &Path) -> Vec<u64> {
    let mut inodes = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(path) = pending.pop() {
        let metadata = fs::symlink_metadata(&path).expect("is there");
        inodes.push(metadata.ino());
        if metadata.is_dir() {
            let entries = fs::read_dir(&path).expect("can be listed");
            pending.extend(entries.map(|entry| entry.expect("can be listed").path()));
        }
    }
    inodes
}
