//! CPython 3.11 as somebody else built it, with its library in the bundle and no directory of the host.
//!
//! This build has an old wasi-vfs linked in, which serves a copy of the library at `/usr` by itself. So ours
//! lies at `/opt`, and two file systems stacked on each other are part of the test.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, SystemTime};

use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::golden;
use wasi_vfs_tests::guest;
use wasi_vfs_tests::tool;

const MANIFEST: &str = r#"manifest-version = 1

[module]
input = "python.wasm"
output = "bundle.wasm"

[defaults]
timestamps = "2024-02-03T04:05:06Z"

[[mount]]
guest = "/opt/lib/python3.11"
source = "lib"

[[mount]]
guest = "/app"
source = "app"
timestamps = "source"

[[mount.rule]]
match = "secret.txt"
permissions = "0000"

[[mount.rule]]
match = "*.dat"
timestamps = "1999-12-31T23:59:59.123456789Z"

[[file]]
guest = "/data/library.zip"
source = "python311.zip"

[[file]]
guest = "/etc/motd"
content = "hello from the manifest\n"

[[dir]]
guest = "/var/cache"

[[symlink]]
guest = "/opt/bin/python"
target = "../lib/python3.11"
"#;

#[test]
fn imports_stats_and_walks_its_bundle() {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let root = folder.path();
    lay_out(root);
    let bundle = bundle::bundle(root, MANIFEST);

    // Not a single directory, and an environment of nothing but what steers the interpreter.
    let run = Run::with_args(&["-B", "/app/check.py"])
        .env("PYTHONHASHSEED", "1")
        .env("PYTHONHOME", "/opt");
    let wasmtime = Engine::Wasmtime.run(&bundle, &run).ok();
    golden::check("transcripts/cpython.txt", &wasmtime);
    let node = Engine::Node.run(&bundle, &run).ok();
    assert_eq!(wasmtime, node, "V8 and wasmtime say the same");
}

/// The program, its library unpacked, and a small application with fixed times.
fn lay_out(root: &std::path::Path) {
    symlink(guest::cpython(), root.join("python.wasm")).expect("can't link the interpreter");
    let shipped = guest::cpython_tree().join("usr/local/lib");
    // The library comes as compiled files in a zip: unpacked, each import is a dozen file-system calls.
    let unpack = [
        "-c",
        "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])",
    ];
    let zip = shipped.join("python311.zip");
    let _ = tool::run(
        Command::new("python3")
            .args(unpack)
            .arg(&zip)
            .arg(root.join("lib")),
        b"",
    )
    .ok();
    fs::copy(shipped.join("python3.11/os.py"), root.join("lib/os.py")).expect("can't copy os.py");
    fs::create_dir_all(root.join("lib/lib-dynload")).expect("can't create lib-dynload");
    fs::write(root.join("lib/lib-dynload/.empty"), "").expect("can't write into lib-dynload");
    fs::copy(&zip, root.join("python311.zip")).expect("can't copy the zip");

    let app = root.join("app");
    fs::create_dir_all(app.join("package/data")).expect("can't create the application");
    let files: [(&str, &str); 5] = [
        ("check.py", include_str!("../guests/python/check.py")),
        ("old.dat", "old\n"),
        ("secret.txt", "secret\n"),
        ("package/__init__.py", ""),
        ("package/data/greeting.txt", "Grüße aus dem Bündel\n"),
    ];
    for (name, content) in files {
        fs::write(app.join(name), content).expect("can't write the application");
    }
    symlink("package/data", app.join("link")).expect("can't create a symlink");
    for (index, name) in [
        "check.py",
        "old.dat",
        "secret.txt",
        "package/__init__.py",
        "package/data/greeting.txt",
        "package/data",
        "package",
        "",
    ]
    .iter()
    .enumerate()
    {
        let time =
            SystemTime::UNIX_EPOCH + Duration::new(1_600_000_000 + index as u64, 123_456_789);
        let file = fs::File::open(app.join(name)).expect("can't open the application");
        file.set_modified(time).expect("can't set a time");
    }
    let touch = ["--no-dereference", "--date", "@1500000000.5"];
    let _ = tool::run(Command::new("touch").args(touch).arg(app.join("link")), b"").ok();
}
