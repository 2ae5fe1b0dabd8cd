//! `bundle --locked`, `verify` and `diff` as a user sees them: each error of theirs is in one of these golden sessions.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::Value;

use crate::schema;
use crate::tool::{Folder, golden};

const MANIFEST: &str = r#"manifest-version = 1

[module]
input = "app.wat"
output = "app.wasm"

[vars]
VERSION = "1.0"

[env]
LANG = "C"

[[mount]]
guest = "/data"
source = "tree"
permissions = "source"
timestamps = "source"

[[mount]]
guest = "/tmp"
kind = "tmpfs"
size-limit = "1 MiB"

[[file]]
guest = "/etc/version"
content = "${VERSION}\n"

[profile.dev]
output = "dev.wasm"
remove = ["/data"]
"#;

const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
"#;

/// A folder in which nothing depends on when the test runs.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("wasi-vfs.toml", MANIFEST);
    folder.write("app.wat", PROGRAM);
    for (name, content) in [
        ("a.txt", "one\n"),
        ("b.txt", "two\n"),
        ("run", "#!/bin/sh\n"),
    ] {
        folder.write(&format!("tree/{name}"), content);
        set(&folder, name, 0o644, 1_700_000_000);
    }
    symlink("a.txt", folder.path().join("tree/link")).unwrap();
    set_link_time(&folder);
    set(&folder, "", 0o755, 1_700_000_000);
    folder
}

/// Mode and time of a file below `tree`.
fn set(folder: &Folder, name: &str, mode: u32, seconds: u64) {
    let path = folder.path().join("tree").join(name);
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    fs::File::open(&path).unwrap().set_modified(time).unwrap();
}

/// A symlink's own time can only be set by a program.
fn set_link_time(folder: &Folder) {
    let touch = std::process::Command::new("touch")
        .args(["-h", "-d", "@1700000000"])
        .arg(folder.path().join("tree/link"))
        .status();
    assert!(touch.unwrap().success());
}

/// Command lines with what they print, and notes; digests that change with each build of the interposer are masked.
struct Session<'f> {
    folder: &'f Folder,
    text: String,
}

impl<'f> Session<'f> {
    fn new(folder: &'f Folder) -> Self {
        let text = String::new();
        Self { folder, text }
    }

    /// Tells what happens between the commands.
    fn note(&mut self, text: &str) {
        self.text += &format!("# {text}\n");
    }

    fn run(&mut self, args: &[&str]) -> String {
        let said = self.folder.run(args);
        self.text += &format!("$ wasi-vfs {}\n", args.join(" "));
        self.text += &masked(&said.stdout);
        self.text += &masked(&said.stderr);
        self.text += &format!("exit {}\n\n", said.code.unwrap());
        said.stdout
    }
}

/// The interposer's digest, which is that of the artifact in this build, and sizes that it decides.
fn masked(text: &str) -> String {
    let digest = |writable| {
        let digest = wasi_vfs::link::Interposer::pinned(writable).digest();
        wasi_vfs::digest::hex_digest(&digest)
    };
    let mut text = text.to_owned();
    for digest in [digest(false), digest(true)] {
        text = text
            .replace(&digest, "[INTERPOSER]")
            .replace(&digest[..19], "[INTERPOSER]");
    }
    let lines = text.split_inclusive('\n').map(|line| {
        // `bundled … into `app.wasm` (6.3 KiB)`
        match line.rsplit_once("` (") {
            Some((start, _)) if line.starts_with("bundled ") => format!("{start}` ([SIZE])\n"),
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

#[test]
fn a_lock_is_written_and_drift_is_found() {
    let folder = folder();
    let mut session = Session::new(&folder);
    session.run(&["bundle", "--locked"]);
    session.run(&["bundle"]);
    let lock = String::from_utf8(folder.read("wasi-vfs.lock")).unwrap();
    session.text += &masked(&lock);
    session.text.push('\n');
    session.run(&["bundle", "--locked"]);
    session.run(&["bundle", "--locked", "--profile", "dev"]);
    session.run(&["bundle", "--profile", "dev", "--quiet"]);
    session.run(&["bundle", "--locked", "--profile", "dev"]);
    session.note(
        "a file changed, a mode, a time, a link, a file more and one less, a setting, the program",
    );
    folder.write("tree/a.txt", "three\n");
    set(&folder, "a.txt", 0o644, 1_700_000_000);
    set(&folder, "run", 0o755, 1_700_000_001);
    fs::remove_file(folder.path().join("tree/link")).unwrap();
    symlink("b.txt", folder.path().join("tree/link")).unwrap();
    set_link_time(&folder);
    fs::remove_file(folder.path().join("tree/b.txt")).unwrap();
    folder.write("tree/b.txt/now-a-directory", "");
    set(&folder, "b.txt/now-a-directory", 0o644, 1_700_000_000);
    set(&folder, "b.txt", 0o755, 1_700_000_000);
    folder.write("tree/new", "new");
    set(&folder, "new", 0o644, 1_700_000_000);
    set(&folder, "", 0o755, 1_700_000_000);
    let manifest = MANIFEST
        .replace("LANG = \"C\"", "TZ = \"UTC\"")
        .replace("1 MiB", "2 MiB")
        .replace("1.0", "1.1");
    folder.write("wasi-vfs.toml", &manifest);
    folder.write("app.wat", PROGRAM.replace("_start", "_initialize"));
    let module = folder.read("app.wasm");
    let lock = folder.read("wasi-vfs.lock");
    session.run(&["bundle", "--locked"]);
    let report = session.run(&["bundle", "--locked", "--json", "--quiet"]);
    schema::check(&folder, "drift-report", &report);
    assert!(folder.read("app.wasm") == module && folder.read("wasi-vfs.lock") == lock);
    session.run(&["bundle"]);
    session.run(&["bundle", "--locked"]);
    session.note("another version of the tool, with another interposer");
    let lock = String::from_utf8(folder.read("wasi-vfs.lock")).unwrap();
    let tool = concat!("wasi-vfs ", env!("CARGO_PKG_VERSION"));
    let digest = wasi_vfs::link::Interposer::pinned(true).digest();
    let older = lock.replace(tool, "wasi-vfs 0.0.9").replace(
        &wasi_vfs::digest::hex_digest(&digest),
        "sha256:0123456789abcdef",
    );
    folder.write("wasi-vfs.lock", &older);
    session.run(&["bundle", "--locked"]);
    folder.write("wasi-vfs.lock", &lock);
    session.note("without the profile `dev`, its section goes");
    folder.write("wasi-vfs.toml", manifest.split("[profile").next().unwrap());
    session.run(&["bundle"]);
    assert!(
        !String::from_utf8(folder.read("wasi-vfs.lock"))
            .unwrap()
            .contains("[profile.dev]")
    );
    golden("cli/lock.txt", &session.text);
}

#[test]
fn locks_that_cannot_be_used() {
    let folder = folder();
    folder.run(&["bundle", "--quiet"]);
    let good = String::from_utf8(folder.read("wasi-vfs.lock")).unwrap();
    let mut session = Session::new(&folder);
    let line = good
        .lines()
        .find(|line| line.contains("/data/a.txt"))
        .unwrap();
    for (what, text) in [
        (
            "a merge left its marks",
            good.replace(
                line,
                &format!("<<<<<<< HEAD\n{line}\n=======\n>>>>>>> other"),
            ),
        ),
        ("not TOML", good.replace("mode = \"0644\"", "mode = 0644")),
        (
            "an entry twice",
            good.replace(line, &format!("{line}\n{line}")),
        ),
        (
            "a mode that is none",
            good.replacen("\"0755\"", "\"rwx\"", 1),
        ),
        ("a file without a size", good.replacen(" size = 4,", "", 1)),
        ("an unknown key", good.replace("memory =", "memroy =")),
        ("a section twice", format!("{good}\n[profile.base]\n")),
        (
            "a later version",
            good.replace("lock-version = 1", "lock-version = 2"),
        ),
        ("no version", good.replace("lock-version = 1", "")),
        ("something else", "[package]\nname = \"x\"\n".to_owned()),
    ] {
        session.note(what);
        folder.write("wasi-vfs.lock", text);
        session.run(&["bundle", "--locked", "--quiet"]);
    }
    session.note("a later version, and not only checked");
    folder.write(
        "wasi-vfs.lock",
        good.replace("lock-version = 1", "lock-version = 2"),
    );
    session.run(&["bundle", "--quiet"]);
    session.note("no text");
    folder.write("wasi-vfs.lock", b"\xff\xfe");
    session.run(&["bundle", "--quiet"]);
    session.run(&["bundle", "--quiet", "--no-lock"]);
    session.note("a directory");
    fs::remove_file(folder.path().join("wasi-vfs.lock")).unwrap();
    fs::create_dir(folder.path().join("wasi-vfs.lock")).unwrap();
    session.run(&["bundle", "--quiet"]);
    session.note("a link into a folder that is not there");
    fs::remove_dir(folder.path().join("wasi-vfs.lock")).unwrap();
    symlink("none/wasi-vfs.lock", folder.path().join("wasi-vfs.lock")).unwrap();
    fs::remove_file(folder.path().join("app.wasm")).unwrap();
    session.run(&["bundle", "--quiet"]);
    assert!(!folder.path().join("app.wasm").exists());
    fs::remove_file(folder.path().join("wasi-vfs.lock")).unwrap();
    session.note("the output itself");
    session.run(&["bundle", "--quiet", "-o", "wasi-vfs.lock"]);
    session.run(&["bundle", "--locked", "--no-lock"]);
    golden("cli/lock-broken.txt", &session.text);
}

#[test]
fn verify_tells_what_differs() {
    let folder = folder();
    folder.run(&["bundle", "--quiet"]);
    folder.run(&["bundle", "--quiet", "--profile", "dev"]);
    let mut session = Session::new(&folder);
    session.run(&["verify", "app.wasm"]);
    session.run(&["verify", "dev.wasm", "--profile", "dev"]);
    session.run(&["verify", "app.wasm", "--against-lock"]);
    session.run(&["verify", "dev.wasm", "--against-lock"]);
    session.run(&["verify", "dev.wasm", "--profile", "dev", "--against-lock"]);
    let mut module = folder.read("app.wasm");
    let at = module
        .windows(4)
        .position(|bytes| bytes == b"two\n")
        .unwrap();
    module[at] = b'T';
    folder.write("changed.wasm", &module);
    session.run(&["verify", "changed.wasm"]);
    session.run(&["verify", "changed.wasm", "--against-lock"]);
    session.note("a section of one byte added");
    module[at] = b't';
    module.extend(b"\0\x02\x01x");
    folder.write("added.wasm", &module);
    let report = session.run(&["verify", "added.wasm", "--json"]);
    // The size of the module is that of the interposer's code.
    session.text = session
        .text
        .replace(&(module.len() - 4).to_string(), "[SIZE]");
    session.text = session
        .text
        .replace(&module.len().to_string(), "[SIZE + 4]");
    schema::check(&folder, "verify-report", &report);
    session.run(&["verify", "added.wasm", "--against-lock"]);
    session.note("a file changed");
    folder.write("tree/a.txt", "three\n");
    set(&folder, "a.txt", 0o600, 1_700_000_000);
    session.run(&["verify", "app.wasm"]);
    let report = session.run(&["verify", "app.wasm", "--json", "--quiet"]);
    schema::check(&folder, "verify-report", &report);
    session.run(&["verify", "app.wasm", "--against-lock"]);
    session.run(&["verify", "app.wasm", "--against-lock", "--profile", "test"]);
    session.run(&["verify", "app.wat"]);
    session.run(&["verify", "none.wasm"]);
    fs::remove_file(folder.path().join("wasi-vfs.lock")).unwrap();
    session.run(&["verify", "app.wasm", "--against-lock"]);
    golden("cli/verify.txt", &session.text);
}

#[test]
fn diff_compares_modules_manifests_and_locks() {
    let folder = folder();
    folder.run(&["bundle", "--quiet"]);
    folder.run(&["bundle", "--quiet", "-p", "dev"]);
    let mut session = Session::new(&folder);
    session.run(&["diff", "app.wasm", "app.wasm"]);
    session.run(&["diff", "app.wasm", "wasi-vfs.toml"]);
    session.run(&["diff", "app.wasm", "dev.wasm"]);
    session.run(&[
        "diff",
        "wasi-vfs.lock",
        "wasi-vfs.lock",
        "-p",
        "dev",
        "-p",
        "base",
    ]);
    session.run(&["diff", "dev.wasm", "wasi-vfs.toml", "-p", "dev"]);
    for at in 0..25 {
        folder.write(&format!("tree/many/{at:02}"), "");
        set(&folder, &format!("many/{at:02}"), 0o644, 1_700_000_000);
    }
    set(&folder, "many", 0o755, 1_700_000_000);
    set(&folder, "", 0o755, 1_700_000_000);
    session.note("25 files more: all are listed, where an error would cut them short");
    session.run(&["diff", "app.wasm", "wasi-vfs.toml"]);
    session.run(&["bundle", "--locked"]);
    let report = session.run(&["diff", "app.wasm", "dev.wasm", "--json"]);
    schema::check(&folder, "diff-report", &report);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["same"], false);
    session.run(&["diff", "app.wat", "dev.wasm"]);
    session.run(&[
        "diff", "app.wasm", "dev.wasm", "-p", "a", "-p", "b", "-p", "c",
    ]);
    golden("cli/diff.txt", &session.text);
}

/// What git does to a lock: other line ends, other orders.
#[test]
fn a_lock_that_says_the_same_is_the_same() {
    let folder = folder();
    folder.run(&["bundle", "--quiet"]);
    let good = String::from_utf8(folder.read("wasi-vfs.lock")).unwrap();
    let windows = good.replace('\n', "\r\n");
    folder.write("wasi-vfs.lock", &windows);
    assert_eq!(folder.run(&["bundle", "--locked"]).code, Some(0));
    assert_eq!(folder.run(&["bundle", "--quiet"]).code, Some(0));
    assert_eq!(
        folder.read("wasi-vfs.lock"),
        windows.as_bytes(),
        "as git wrote it"
    );

    let mut lines: Vec<&str> = good.lines().collect();
    let first = lines
        .iter()
        .position(|line| line.contains("/data/a.txt"))
        .unwrap();
    lines.swap(first, first + 1);
    let merged = format!("{}\n# merged\n", lines.join("\n"));
    folder.write("wasi-vfs.lock", &merged);
    assert_eq!(folder.run(&["bundle", "--locked"]).code, Some(0));
    assert_eq!(folder.read("wasi-vfs.lock"), merged.as_bytes());
    let said = folder.run(&["bundle"]);
    assert!(
        said.stderr
            .ends_with("wrote `wasi-vfs.lock` in its canonical form\n"),
        "{}",
        said.stderr
    );
    assert_eq!(folder.read("wasi-vfs.lock"), good.as_bytes());
}

/// Each manifest of a folder has its own lock, and one called as a lock is not written over.
#[test]
fn each_manifest_has_its_lock() {
    let folder = folder();
    folder.write("other.toml", MANIFEST.replace("app.wasm", "other.wasm"));
    folder.write("third.lock", MANIFEST.replace("app.wasm", "third.wasm"));
    for manifest in ["wasi-vfs.toml", "other.toml", "third.lock"] {
        assert_eq!(folder.run(&["bundle", "-q", "-m", manifest]).code, Some(0));
    }
    let locks: Vec<String> = folder
        .names(".")
        .into_iter()
        .filter(|name| name.contains("lock"))
        .collect();
    assert_eq!(
        locks,
        [
            "other.lock",
            "third.lock",
            "third.lock.lock",
            "wasi-vfs.lock"
        ]
    );
    assert!(folder.read("third.lock").starts_with(b"manifest-version"));
}

/// A bundle of the folder that its lock is in, all of it: what is written is what is found the next time.
#[test]
fn a_lock_in_what_is_bundled_is_left_out_of_it() {
    let folder = Folder::new();
    folder.write(
        "wasi-vfs.toml",
        "manifest-version = 1\n[module]\ninput = \"app.wat\"\noutput = \"app.wasm\"\n\
         [[mount]]\nguest = \"/\"\nsource = \".\"\ndefault-excludes = false\n",
    );
    folder.write("app.wat", PROGRAM);
    assert_eq!(folder.run(&["bundle", "-q"]).code, Some(0));
    let said = folder.run(&["bundle", "-q", "--locked"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    let why = folder.run(&["why", "/wasi-vfs.lock"]);
    assert_eq!(
        why.stdout,
        "`/wasi-vfs.lock` is not in the bundle\n  \
         mount `/` (line 6) leaves `./wasi-vfs.lock` out: it is the lock, which is about the bundle\n"
    );
}
