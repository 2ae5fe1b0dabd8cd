//! What goes wrong while reading and writing, and what commands say when all is well.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use wasi_vfs_tests::command::*;
use wasi_vfs_tests::golden;
use wasi_vfs_tests::tool::{self, Said};

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
