//! What a user sees: each case is a folder laid out, a command, and a golden file with the command, its exit
//! code and all it said. A command that fails leaves the folder as it was: nothing half-written, the old
//! output untouched.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use wasi_vfs_tests::golden;
use wasi_vfs_tests::tool::{self, Said};

/// A program that can be bundled.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
"#;

/// A manifest that bundles [`PROGRAM`] with the folder `tree`.
const MANIFEST: &str = r#"manifest-version = 1

[module]
input = "app.wat"
output = "out.wasm"

[[mount]]
guest = "/data"
source = "tree"
"#;

/// What was at the output before.
const OLD: &str = "the old output";

/// A folder with a program, a small tree, an old output and this manifest.
fn folder(manifest: &str) -> TempDir {
    let folder = tempfile::Builder::new()
        .prefix("wasi-vfs-")
        .tempdir()
        .expect("can't create a temporary folder");
    let root = folder.path();
    fs::set_permissions(root, fs::Permissions::from_mode(0o755))
        .expect("can't open the folder for others");
    write(root, "app.wat", PROGRAM);
    write(root, "tree/a.txt", "a\n");
    write(root, "tree/sub/b.txt", "bb\n");
    write(root, "out.wasm", OLD);
    write(root, "wasi-vfs.toml", manifest);
    folder
}

fn write(root: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("lies in the folder")).expect("can't create a folder");
    fs::write(&path, content)
        .unwrap_or_else(|error| panic!("can't write `{}`: {error}", path.display()));
}

/// All that is in the folder: paths with contents.
fn snapshot(root: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("can be listed") {
            let path = entry.expect("can be listed").path();
            let kind = fs::symlink_metadata(&path).expect("is there").file_type();
            let content = if kind.is_file() {
                fs::read(&path).unwrap_or_default()
            } else {
                Vec::new()
            };
            if kind.is_dir() {
                folders.push(path.clone());
            }
            all.insert(path.as_os_str().as_bytes().to_vec(), content);
        }
    }
    all
}

fn wasi_vfs(root: &Path, args: &[&str]) -> Said {
    let mut command = Command::new(tool::wasi_vfs());
    command
        .args(args)
        .current_dir(root)
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8")
        .env_remove("RUST_BACKTRACE");
    tool::run(&mut command, b"")
}

/// The golden file's text.
fn render(root: &Path, args: &[&str], said: &Said) -> String {
    let code = said
        .code
        .map_or_else(|| "killed".to_owned(), |code| code.to_string());
    let text = format!(
        "$ wasi-vfs {}\nexit {code}\n--- stdout\n{}--- stderr\n{}",
        args.join(" "),
        said.stdout,
        said.stderr
    );
    text.replace(&root.display().to_string(), "[FOLDER]")
}

/// Runs the command, which must fail with `code` and change nothing.
#[track_caller]
fn fails(name: &str, root: &Path, args: &[&str], code: i32) {
    let before = snapshot(root);
    let said = wasi_vfs(root, args);
    let text = render(root, args, &said);
    assert_eq!(said.code, Some(code), "{text}");
    assert!(
        before == snapshot(root),
        "the folder is not as it was\n{text}"
    );
    golden::check(&format!("cli/{name}.txt"), &text);
}

/// `wasi-vfs bundle` with this manifest fails with exit code 1.
#[track_caller]
fn bundle_fails(name: &str, manifest: &str) {
    fails(name, folder(manifest).path(), &["bundle"], 1);
}

/// The same where `module` is the program, under this name.
#[track_caller]
fn module_fails(name: &str, file: &str, module: impl AsRef<[u8]>) {
    let folder = folder(&MANIFEST.replace("app.wat", file));
    write(folder.path(), file, module);
    fails(name, folder.path(), &["bundle"], 1);
}

#[test]
fn usage() {
    let folder = folder(MANIFEST);
    // Without a command: the help, which lists what this build of the tool has.
    let said = wasi_vfs(folder.path(), &[]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(2), ""),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("Usage: wasi-vfs [OPTIONS] <COMMAND>"),
        "{}",
        said.stderr
    );
    fails("usage-unknown-command", folder.path(), &["bundel"], 2);
    fails(
        "usage-unknown-option",
        folder.path(),
        &["bundle", "--manifst", "x"],
        2,
    );
    fails("usage-missing-value", folder.path(), &["bundle", "-m"], 2);
}

#[test]
fn manifests() {
    let folder = folder("");
    fs::remove_file(folder.path().join("wasi-vfs.toml")).expect("was written above");
    fails("manifest-none", folder.path(), &["bundle"], 1);
    fails(
        "manifest-none-named",
        folder.path(),
        &["bundle", "-m", "other.toml"],
        1,
    );
    fails(
        "manifest-is-a-folder",
        folder.path(),
        &["bundle", "-m", "tree"],
        1,
    );
    bundle_fails(
        "manifest-not-toml",
        "manifest-version = 1\n[module\ninput = app.wat\n",
    );
    bundle_fails("manifest-empty", "");
    bundle_fails(
        "manifest-version",
        &MANIFEST.replace("version = 1", "version = 7"),
    );
    bundle_fails(
        "manifest-wrong-types",
        "manifest-version = 1\n[module]\ninput = 5\noutput = [\"out.wasm\"]\n[[mount]]\nguest = \"/data\"\nsource = \"tree\"\noptional = \"yes\"\ninclude = \"*.txt\"\n",
    );
    bundle_fails(
        "manifest-unknown-keys",
        "manifest-version = 1\n[modul]\n[module]\ninput = \"app.wat\"\noutput = \"out.wasm\"\n[[mount]]\nguset = \"/data\"\nguest = \"/data\"\nsource = \"tree\"\nexlcude = [\"x\"]\n[[mounts]]\n",
    );
    bundle_fails(
        "manifest-bad-values",
        "manifest-version = 1\n[module]\ninput = \"app.wat\"\noutput = \"out.wasm\"\n[defaults]\npermissions = \"rw\"\ntimestamps = \"yesterday\"\nsymlinks = \"drop\"\n[limits]\nimage-size = \"lots\"\n[[mount]]\nguest = \"/../data\"\nsource = \"tree\"\ninclude = [\"[a\"]\n",
    );
}

#[test]
fn programs() {
    let missing = folder(&MANIFEST.replace("app.wat", "missing.wasm"));
    fails("program-missing", missing.path(), &["bundle"], 1);
    fs::create_dir(missing.path().join("missing.wasm")).expect("can't create a folder");
    fails("program-is-a-folder", missing.path(), &["bundle"], 1);
    module_fails("program-empty", "app.wasm", "");
    module_fails(
        "program-text",
        "app.wasm",
        "#!/bin/sh\necho this is no module\n",
    );
    module_fails(
        "program-wat-with-an-error",
        "app.wat",
        "(module\n  (memory (export \"memory\") 1)\n  (func (export \"_start\")\n    i32.const 1 drop drop))\n",
    );
    module_fails(
        "program-wat-with-a-syntax-error",
        "app.wat",
        "(module (func)\n",
    );
    module_fails("program-component", "app.wasm", b"\0asm\x0d\0\x01\0");
    module_fails("program-component-wat", "app.wat", "(component)");
    module_fails(
        "program-memory64",
        "app.wat",
        r#"(module (memory (export "memory") i64 1) (func (export "_start")))"#,
    );
    module_fails(
        "program-shared-memory",
        "app.wat",
        r#"(module (memory (export "memory") 1 2 shared) (func (export "_start")))"#,
    );
    module_fails(
        "program-imported-memory",
        "app.wat",
        r#"(module (import "env" "memory" (memory 1)) (func (export "_start")))"#,
    );
    module_fails(
        "program-without-memory",
        "app.wat",
        r#"(module (func (export "_start")))"#,
    );
    module_fails(
        "program-memory-not-exported",
        "app.wat",
        r#"(module (memory 1) (func (export "_start")))"#,
    );
    module_fails(
        "program-of-the-old-preview",
        "app.wat",
        r#"(module (import "wasi_unstable" "fd_close" (func (param i32) (result i32))) (memory (export "memory") 1) (func (export "_start")))"#,
    );
    module_fails(
        "program-wrong-signature",
        "app.wat",
        r#"(module (import "wasi_snapshot_preview1" "fd_close" (func (param i64))) (memory (export "memory") 1) (func (export "_start")))"#,
    );
    module_fails(
        "program-memory-full",
        "app.wat",
        PROGRAM.replace("\"memory\") 1", "\"memory\") 65536"),
    );
    // A real module, cut in the middle of its code and behind its header.
    let module = fs::read(wasi_vfs_tests::guest::cpython()).expect("tests/setup.sh fetched it");
    module_fails("program-truncated", "app.wasm", &module[..module.len() / 3]);
    module_fails("program-only-a-start", "app.wasm", &module[..7]);
}

#[test]
fn a_bundle_again() {
    let folder = folder(MANIFEST);
    let said = wasi_vfs(folder.path(), &["bundle", "-o", "first.wasm"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    write(
        folder.path(),
        "wasi-vfs.toml",
        MANIFEST.replace("app.wat", "first.wasm"),
    );
    fails("program-is-a-bundle", folder.path(), &["bundle"], 1);
}

#[test]
fn sources() {
    bundle_fails("source-missing", &MANIFEST.replace("\"tree\"", "\"treee\""));
    bundle_fails(
        "glob-matches-nothing",
        &format!("{MANIFEST}include = [\"**/*.txt\", \"**/*.html\"]\nexclude = [\"sub/*.css\"]\n"),
    );
    bundle_fails(
        "rule-matches-nothing",
        &format!("{MANIFEST}\n[[mount.rule]]\nmatch = \"bin/*\"\npermissions = \"0755\"\n"),
    );
    bundle_fails(
        "clash",
        &format!(
            "{MANIFEST}\n[[mount]]\nguest = \"/data/sub\"\nsource = \"tree/sub\"\n\n[[file]]\nguest = \"/data/a.txt\"\ncontent = \"another\"\n"
        ),
    );
    bundle_fails(
        "below-a-file",
        &format!("{MANIFEST}\n[[file]]\nguest = \"/data/a.txt/x\"\ncontent = \"x\"\n"),
    );
    bundle_fails(
        "limit-of-a-file",
        &format!("{MANIFEST}\n[limits]\nfile-size = 2\n"),
    );
    bundle_fails(
        "limit-of-the-image",
        &format!("{MANIFEST}\n[limits]\nimage-size = 4\n"),
    );
    bundle_fails(
        "limit-of-files",
        &format!("{MANIFEST}\n[limits]\nfiles = 1\n"),
    );
    bundle_fails(
        "strip-prefix-does-not-apply",
        &format!("{MANIFEST}strip-prefix = \"sub\"\n"),
    );
}

#[test]
fn entries_an_image_cannot_hold() {
    let special = folder(MANIFEST);
    let _ = tool::run(
        Command::new("mkfifo").arg(special.path().join("tree/pipe")),
        b"",
    )
    .ok();
    fails("source-pipe", special.path(), &["bundle"], 1);

    let name = folder(MANIFEST);
    fs::write(
        name.path()
            .join("tree")
            .join(std::ffi::OsStr::from_bytes(b"caf\xe9")),
        "x",
    )
    .expect("can't write a file");
    fails("source-name-not-utf8", name.path(), &["bundle"], 1);

    let leaving = folder(MANIFEST);
    symlink(
        "../../../etc/passwd",
        leaving.path().join("tree/sub/leaves"),
    )
    .expect("can't create a symlink");
    fails("symlink-leaves-the-tree", leaving.path(), &["bundle"], 1);

    let refused = folder(&format!("{MANIFEST}symlinks = \"error\"\n"));
    symlink("a.txt", refused.path().join("tree/link")).expect("can't create a symlink");
    fails("symlink-refused", refused.path(), &["bundle"], 1);
}

/// A file of `/proc` says that it is empty and then has contents: it changed between plan and image.
#[test]
fn a_file_that_changes_while_bundling() {
    bundle_fails(
        "source-changes",
        &format!("{MANIFEST}\n[[file]]\nguest = \"/version\"\nsource = \"/proc/version\"\n"),
    );
}

/// The same with a file that grows all the time.
#[test]
fn a_file_that_grows_while_bundling() {
    use std::io::Write as _;
    use std::sync::atomic::{AtomicBool, Ordering};
    let folder = folder(MANIFEST);
    let path = folder.path().join("tree/growing.log");
    fs::write(&path, vec![0; 1 << 20]).expect("can't write a file");
    let stop = AtomicBool::new(false);
    let said = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = fs::OpenOptions::new()
                .append(true)
                .open(&path)
                .expect("was written above");
            while !stop.load(Ordering::Relaxed) {
                file.write_all(b"one more line\n").expect("can append");
            }
        });
        while fs::metadata(&path).expect("is there").len() == 1 << 20 {
            std::thread::yield_now();
        }
        let said = wasi_vfs(folder.path(), &["bundle"]);
        stop.store(true, Ordering::Relaxed);
        said
    });
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(
        said.stderr.contains("wasi_vfs::image::changed"),
        "{}",
        said.stderr
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("out.wasm")).expect("is there"),
        OLD
    );
    assert_eq!(
        fs::read_dir(folder.path()).expect("can be listed").count(),
        4,
        "nothing half-written"
    );
}

fn is_root() -> bool {
    tool::run(Command::new("id").arg("-u"), b"").ok().trim() == "0"
}

/// Runs the tool as a user who is not root: root reads and writes everything.
fn unprivileged(root: &Path, args: &[&str]) -> Said {
    if !is_root() {
        return wasi_vfs(root, args);
    }
    // The checkout may lie where that user can't go.
    let program = tempfile::Builder::new()
        .prefix("wasi-vfs-")
        .tempdir()
        .expect("can't create a temporary folder");
    fs::set_permissions(program.path(), fs::Permissions::from_mode(0o755))
        .expect("can't open the folder for others");
    let copy = program.path().join("wasi-vfs");
    fs::copy(tool::wasi_vfs(), &copy).expect("can't copy the tool");
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(copy)
        .args(args);
    tool::run(
        command
            .current_dir(root)
            .env("NO_COLOR", "1")
            .env("LC_ALL", "C.UTF-8"),
        b"",
    )
}

#[track_caller]
fn fails_unprivileged(name: &str, root: &Path, args: &[&str]) {
    let before = snapshot(root);
    let said = unprivileged(root, args);
    let text = render(root, args, &said);
    assert_eq!(said.code, Some(1), "{text}");
    assert!(
        before == snapshot(root),
        "the folder is not as it was\n{text}"
    );
    golden::check(&format!("cli/{name}.txt"), &text);
}

fn chmod(root: &Path, name: &str, mode: u32) {
    fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode))
        .expect("can't set a mode");
}

#[test]
fn permissions() {
    let file = folder(MANIFEST);
    // The output's folder is writable for that user, so that reading is what fails.
    chmod(file.path(), "", 0o777);
    chmod(file.path(), "tree/a.txt", 0o000);
    fails_unprivileged("source-unreadable-file", file.path(), &["bundle"]);

    let listing = folder(MANIFEST);
    chmod(listing.path(), "", 0o777);
    chmod(listing.path(), "tree/sub", 0o000);
    fails_unprivileged("source-unreadable-folder", listing.path(), &["bundle"]);
    chmod(listing.path(), "tree/sub", 0o755);

    let program = folder(MANIFEST);
    chmod(program.path(), "", 0o777);
    chmod(program.path(), "app.wat", 0o000);
    fails_unprivileged("program-unreadable", program.path(), &["bundle"]);

    let manifest = folder(MANIFEST);
    chmod(manifest.path(), "wasi-vfs.toml", 0o000);
    fails_unprivileged("manifest-unreadable", manifest.path(), &["bundle"]);

    let output = folder(&MANIFEST.replace("\"out.wasm\"", "\"dist/out.wasm\""));
    write(output.path(), "dist/out.wasm", OLD);
    chmod(output.path(), "dist", 0o555);
    fails_unprivileged("output-folder-read-only", output.path(), &["bundle"]);
    chmod(output.path(), "dist", 0o755);
}

#[test]
fn outputs() {
    let folder = folder(MANIFEST);
    fails(
        "output-folder-missing",
        folder.path(),
        &["bundle", "-o", "missing/out.wasm"],
        1,
    );
    fails(
        "output-is-a-folder",
        folder.path(),
        &["bundle", "-o", "tree"],
        1,
    );
    fails(
        "output-folder-is-a-file",
        folder.path(),
        &["bundle", "-o", "app.wat/out.wasm"],
        1,
    );
    fails(
        "output-is-the-program",
        folder.path(),
        &["bundle", "-o", "app.wat"],
        1,
    );
}

/// A file system of 256 KiB takes a bundle of 1 MiB.
#[test]
fn full_disk() {
    let folder = folder(MANIFEST);
    let root = folder.path();
    write(root, "tree/large", vec![7_u8; 1 << 20]);
    fs::create_dir(root.join("small")).expect("can't create a folder");
    // A name space of its own: the mount is gone with the process, whatever happens.
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let script = "mount -t tmpfs -o size=256k tmpfs small || exit 99; printf 'the old output' >small/out.wasm; \
                  \"$0\" bundle -o small/out.wasm; code=$?; ls -A small; cat small/out.wasm; exit $code";
    command
        .args(["--mount", "sh", "-c", script])
        .arg(tool::wasi_vfs());
    let said = tool::run(
        command
            .current_dir(root)
            .env("NO_COLOR", "1")
            .env("LC_ALL", "C.UTF-8"),
        b"",
    );
    assert_ne!(
        said.code,
        Some(99),
        "can't mount a small file system: {}",
        said.stderr
    );
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(1), "out.wasm\nthe old output"),
        "{}",
        said.stderr
    );
    golden::check(
        "cli/output-disk-full.txt",
        &render(root, &["bundle", "-o", "small/out.wasm"], &said),
    );
}

/// The text without what changes with every build of the interposer: its digest, the size and digest of the module
/// it is in.
fn without_interposer(text: &str) -> String {
    let mut all = String::new();
    for line in text.lines() {
        let key = [
            "  \"size\": ",
            "  \"digest\": ",
            "  \"added-code\": ",
            "  \"interposer\": ",
            "interposer ",
        ]
        .into_iter()
        .find(|key| line.starts_with(key));
        match (
            key,
            line.strip_prefix("bundled ")
                .and_then(|rest| rest.rsplit_once('(')),
        ) {
            (Some(key), _) => all.push_str(&format!("{key}[...]")),
            (None, Some((rest, _))) => all.push_str(&format!("bundled {rest}([...])")),
            (None, None) => all.push_str(line),
        }
        all.push('\n');
    }
    all
}

/// A manifest with one of everything, and what the commands say of it.
#[test]
fn successes() {
    let folder = folder(
        r#"manifest-version = 1

[module]
input = "app.wat"
output = "dist/app.wasm"

[defaults]
timestamps = "2024-02-03T04:05:06Z"

[[mount]]
guest = "/data"
source = "tree"
exclude = ["sub/*"]

[[mount.rule]]
match = "a.txt"
permissions = "u=rw"

[[file]]
guest = "/etc/motd"
content = "hello\n"

[[dir]]
guest = "/var/cache"

[[symlink]]
guest = "/etc/data"
target = "../data"
"#,
    );
    let root = folder.path();
    fs::create_dir(root.join("dist")).expect("can't create a folder");
    for (name, args) in [
        ("plan", &["plan"][..]),
        ("plan-json", &["plan", "--json"]),
        ("bundle", &["bundle"]),
        ("bundle-json", &["bundle", "--json"]),
        ("inspect", &["inspect", "dist/app.wasm"]),
        ("inspect-json", &["inspect", "--json", "dist/app.wasm"]),
    ] {
        let said = wasi_vfs(root, args);
        let text = render(root, args, &said);
        assert_eq!(said.code, Some(0), "{text}");
        golden::check(&format!("cli/{name}.txt"), &without_interposer(&text));
    }
    fails("inspect-no-bundle", root, &["inspect", "app.wat"], 1);
    fails("inspect-missing", root, &["inspect", "missing.wasm"], 1);
    fails("inspect-text", root, &["inspect", "tree/a.txt"], 1);
}
