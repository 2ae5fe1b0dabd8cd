//! The real binary: exit codes, what goes to which stream, reports that keep their schemas, programs that run.
//!
//! What it says about wrong input is in the golden command lines of the package `wasi-vfs-tests`. `BLESS=1 cargo test`
//! writes the golden files here anew.

#[cfg(unix)]
#[path = "cli/beside.rs"]
mod beside;
#[path = "cli/cache.rs"]
mod cache;
#[cfg(unix)]
#[path = "cli/codes.rs"]
mod codes;
#[path = "cli/depend.rs"]
mod depend;
#[path = "cli/docs.rs"]
mod docs;
#[cfg(unix)]
#[path = "cli/extract.rs"]
mod extract;
#[path = "cli/init.rs"]
mod init;
#[cfg(unix)]
#[path = "cli/lock.rs"]
mod lock;
#[cfg(unix)]
#[path = "cli/pack.rs"]
mod pack;
#[path = "cli/profiles.rs"]
mod profiles;
#[path = "cli/sbom.rs"]
mod sbom;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/start.rs"]
mod start;
#[path = "cli/tool.rs"]
mod tool;
#[path = "cli/why.rs"]
mod why;

#[cfg(feature = "run")]
#[path = "cli/run.rs"]
mod run;

use std::process::Stdio;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tool::{Folder, golden};

/// A tree with everything that a listing can show.
const MANIFEST: &str = r#"manifest-version = 1

[module]
input = "app.wat"
output = "dist/app.wasm"

[[mount]]
name = "docs"
guest = "/usr/share/doc"
source = "doc"

[[mount.rule]]
match = "run.sh"
permissions = "0755"
timestamps = "2024-02-29T12:30:00.5Z"

[[file]]
guest = "/etc/motd"
content = "hello\n"

[[dir]]
guest = "/tmp"
permissions = "1777"

[[symlink]]
guest = "/latest"
target = "usr/share/doc/b.txt"

[[file]]
guest = "data/inner.txt"
content = ""
"#;

const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("wasi-vfs.toml", MANIFEST);
    folder.write("app.wat", PROGRAM);
    folder.write("doc/a.txt", "one\n");
    folder.write("doc/b.txt", "second\n");
    folder.write("doc/run.sh", "#!/bin/sh\n");
    folder
}

#[test]
fn exit_codes() {
    let folder = folder();
    for (args, code) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["plan"], 0),
        (&["bundle", "-m", "none.toml"], 1),
        (&["bundle", "-o", "none/app.wasm"], 1),
        (&["inspect", "app.wat"], 1),
        (&["inspect", "none.wasm"], 1),
        (&[], 2),
        (&["bundel"], 2),
        (&["bundle", "--no-such-option"], 2),
        (&["inspect"], 2),
        (&["plan", "--color", "blue"], 2),
    ] {
        let said = folder.run(args);
        assert_eq!(said.code, Some(code), "{args:?}\n{}", said.stderr);
    }
}

#[test]
fn a_bundle_says_so_on_stderr_unless_told_to_be_quiet() {
    let folder = folder();
    let said = folder.run(&["bundle"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), ""));
    let path = std::path::Path::new("dist").join("app.wasm");
    let expected = format!(
        "bundled 5 files, 7 directories, 1 symlink (975 B) into `{}`",
        path.display()
    );
    assert!(said.stderr.starts_with(&expected), "{}", said.stderr);
    let first = folder.read("dist/app.wasm");

    let said = folder.run(&["bundle", "--quiet", "-o", "other.wasm"]);
    assert_eq!(
        (said.code, said.stdout.as_str(), said.stderr.as_str()),
        (Some(0), "", "")
    );
    assert!(
        first == folder.read("other.wasm"),
        "the output's name reached the output"
    );
}

#[test]
fn a_failure_leaves_the_old_output_and_nothing_else() {
    let folder = folder();
    folder.write("dist/app.wasm", "old");
    folder.write("wasi-vfs.toml", MANIFEST.replace("app.wat", "broken.wat"));
    folder.write("broken.wat", "(module (memory 1))");
    let said = folder.run(&["bundle"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.stderr.contains("wasi_vfs::link::memory_not_exported"),
        "{}",
        said.stderr
    );
    assert_eq!(folder.read("dist/app.wasm"), b"old");
    assert_eq!(folder.names("dist"), ["app.wasm"]);
}

#[test]
fn a_plan_shows_the_tree() {
    let said = folder().run(&["plan"]);
    assert_eq!(said.stderr, "");
    golden("cli/plan.txt", &said.stdout);
}

#[test]
fn a_plan_as_json() {
    let folder = folder();
    let said = folder.run(&["plan", "--json"]);
    assert_eq!(said.stderr, "");
    golden("cli/plan.json", &said.stdout);
    schema::check(&folder, "plan-report", &said.stdout);
}

#[test]
fn inspect_lists_what_bundle_put_in() {
    let folder = folder();
    let bundled = folder.run(&["bundle", "--json"]);
    assert_eq!(bundled.code, Some(0), "{}", bundled.stderr);
    schema::check(&folder, "bundle-report", &bundled.stdout);
    let bundle: Value = serde_json::from_str(&bundled.stdout).unwrap();
    let module = folder.read("dist/app.wasm");
    let digest: String = Sha256::digest(&module)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(bundle["digest"], format!("sha256:{digest}"));
    assert_eq!(bundle["size"], module.len());

    let said = folder.run(&["inspect", "--json", "dist/app.wasm"]);
    schema::check(&folder, "inspect-report", &said.stdout);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    for key in ["image", "totals"] {
        assert_eq!(bundle[key], report[key], "{key}");
    }
    // The interposer's digest changes with every build of it.
    let interposer = report["interposer"].as_str().unwrap();
    golden(
        "cli/inspect.json",
        &said.stdout.replace(interposer, "[INTERPOSER]"),
    );
    let said = folder.run(&["inspect", "dist/app.wasm"]);
    golden(
        "cli/inspect.txt",
        &said.stdout.replace(interposer, "[INTERPOSER]"),
    );

    let plan: Value = serde_json::from_str(&folder.run(&["plan", "--json"]).stdout).unwrap();
    let named = |report: &Value| -> Vec<[Value; 5]> {
        let entries = report["entries"].as_array().unwrap();
        let keys = ["path", "kind", "mode", "time", "size"];
        entries
            .iter()
            .map(|entry| keys.map(|key| entry[key].clone()))
            .collect()
    };
    let (mut planned, mut embedded) = (named(&plan), named(&report));
    // An image lists `/` and what is in it first.
    for list in [&mut planned, &mut embedded] {
        list.sort_by_key(|entry| entry[0].to_string());
    }
    assert_eq!(planned, embedded);
}

#[test]
fn an_image_that_was_changed_is_not_listed() {
    let folder = folder();
    folder.run(&["bundle"]);
    let mut module = folder.read("dist/app.wasm");
    let at = module
        .windows(7)
        .position(|bytes| bytes == b"second\n")
        .unwrap();
    module[at] = b'S';
    folder.write("changed.wasm", module);
    let said = folder.run(&["inspect", "changed.wasm"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(1), ""));
    assert!(
        said.stderr.contains("wasi_vfs::image::digest"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = folder();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let said = folder
        .command(&["plan"])
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(
        (said.status.code(), said.stderr.as_slice()),
        (Some(0), &b""[..])
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_printed_is_an_error() {
    let folder = folder();
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let said = folder
        .command(&["plan"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&said.stderr).contains("wasi_vfs::cli::stdout"));
}

#[test]
fn colours_only_where_wanted() {
    let folder = folder();
    let colour = |args: &[&str]| folder.run(args).stderr.contains('\x1b');
    assert!(!colour(&["bundle", "-m", "none.toml"]));
    assert!(colour(&["bundle", "-m", "none.toml", "--color", "always"]));
    assert!(!colour(&["bundle", "-m", "none.toml", "--color", "never"]));
}
