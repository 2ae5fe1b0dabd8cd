//! CPython 3.11 as somebody else built it, with its library in the bundle and no directory of the host.
//!
//! This build has an old wasi-vfs linked in, which serves a copy of the library at `/usr` by itself. So ours
//! lies at `/opt`, and two file systems stacked on each other are part of the test.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, SystemTime};

use wasi_vfs_tests::bundle;
use wasi_vfs_tests::cache;
use wasi_vfs_tests::command;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::golden;
use wasi_vfs_tests::guest;
use wasi_vfs_tests::listing;
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

/// The library out of the archive that it is shipped in, a dependency out of its wheel; once mounted as they are, and
/// once out of a bundle that was made of them before.
#[test]
fn imports_from_archives_and_from_a_bundle_of_them() {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let root = folder.path();
    let link = |from: &std::path::Path, name: &str| {
        symlink(from, root.join(name)).expect("can't link what was downloaded");
    };
    let shipped = guest::cpython().with_file_name("python-3.11.3.tar.gz");
    let wheel = "tabulate-0.9.0-py3-none-any.whl";
    link(&guest::cpython(), "python.wasm");
    link(&shipped, "library.tar.gz");
    link(&cache::tool("wheels").join(wheel), wheel);
    let manifest = |program: &str, guest: &str| {
        format!(
            r#"manifest-version = 1
[module]
input = "{program}"
output = "{program}.bundle.wasm"
[defaults]
timestamps = "source"
[[mount]]
guest = "{guest}"
source = "library.tar.gz"
strip-prefix = "usr/local"
include = ["usr/local/lib/**"]
[[mount]]
guest = "{}/site-packages"
source = "{wheel}"
"#,
            guest.trim_end_matches('/')
        )
    };
    let direct = bundle::bundle(root, &manifest("python.wasm", "/opt"));
    let direct = rename(&direct, "direct.wasm");
    fs::write(root.join("none.wat"), command::PROGRAM).expect("can't write a program");
    let layer = bundle::bundle(root, &manifest("none.wat", "/"));
    let _ = rename(&layer, "layer.wasm");
    let layered = bundle::bundle(
        root,
        r#"manifest-version = 1
[module]
input = "python.wasm"
output = "layered.wasm"
[defaults]
timestamps = "source"
[[mount]]
guest = "/opt"
source = "layer.wasm"
"#,
    );
    let listed = |module: &std::path::Path| {
        let name = module.to_str().expect("a path in UTF-8");
        let said = bundle::wasi_vfs(root, &["inspect", "--json", name]).ok();
        let report: serde_json::Value = serde_json::from_str(&said).expect("is JSON");
        let mut listing = listing::of_report(&report);
        // What is above the mount is each manifest's own.
        listing.retain(|path, _| path.starts_with("/opt/"));
        listing
    };
    assert_eq!(listed(&direct), listed(&layered));
    let program = "import json, os, tabulate; print(tabulate.tabulate([[json.dumps({'a': 1})]], tablefmt='plain'), \
                   json.__file__, tabulate.__file__, int(os.stat('/opt/lib/python3.11/os.py').st_mtime))";
    let run = Run::with_args(&["-B", "-c", program])
        .env("PYTHONHOME", "/opt")
        .env("PYTHONPATH", "/opt/site-packages");
    let expected = "{\"a\": 1} /opt/lib/python311.zip/json/__init__.pyc \
                    /opt/site-packages/tabulate/__init__.py 1682675191\n";
    for module in [direct, layered] {
        for engine in Engine::WITH_FILES {
            let said = engine.run(&module, &run).ok();
            assert_eq!(said, expected, "{engine:?} {}", module.display());
        }
    }
}

/// Gives a file another name in its folder.
fn rename(path: &std::path::Path, name: &str) -> std::path::PathBuf {
    let to = path.with_file_name(name);
    fs::rename(path, &to).expect("lies in the same folder");
    to
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
