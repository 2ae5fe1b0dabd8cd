//! Mounts that can be written to, the host's, environment and arguments: what `plan` and `inspect` show of them.

use serde_json::Value;

use crate::schema;
use crate::tool::{Folder, golden};

const MANIFEST: &str = r#"manifest-version = 1

[module]
input = "app.wat"
output = "app.wasm"

[link]
host = "override"
env = "fixed"

[env]
HOME = "/home/you"
EMPTY = ""

[args]
program = "app"
default = ["--say", "two words", ""]

[[mount]]
guest = "/etc"
source = "etc"

[[mount]]
guest = "/lib"
source = "lib"
writable = true

[[mount]]
guest = "/tmp"
kind = "tmpfs"
size-limit = "16 MiB"
dir-permissions = "1777"

[[mount]]
name = "home"
guest = "/home/you"
kind = "host"
required = true

[[mount]]
guest = "data"
kind = "host"
"#;

const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("wasi-vfs.toml", MANIFEST);
    folder.write("app.wat", PROGRAM);
    folder.write("etc/app.conf", "colour = blue\n");
    folder.write("lib/a.txt", "one\n");
    folder
}

#[test]
fn a_plan_shows_mounts_and_the_start() {
    let folder = folder();
    let said = folder.run(&["plan"]);
    assert_eq!(said.stderr, "");
    golden("cli/plan-start.txt", &said.stdout);
    let said = folder.run(&["plan", "--json"]);
    schema::check(&folder, "plan-report", &said.stdout);
    golden("cli/plan-start.json", &said.stdout);
}

#[test]
fn inspect_shows_them_too() {
    let folder = folder();
    let bundled = folder.run(&["bundle", "--json"]);
    assert_eq!(bundled.code, Some(0), "{}", bundled.stderr);
    let said = folder.run(&["inspect", "--json", "app.wasm"]);
    schema::check(&folder, "inspect-report", &said.stdout);
    let inspected: Value = serde_json::from_str(&said.stdout).unwrap();
    let plan = folder.run(&["plan", "--json"]).stdout;
    let mut planned: Value = serde_json::from_str(&plan).unwrap();
    // A plan is sorted by path, an image by depth, and relative paths are nodes of their own in front.
    let by_path = |mount: &Value| mount["path"].to_string();
    let mut mounts = inspected["mounts"].as_array().unwrap().clone();
    mounts.sort_by_key(by_path);
    let planned_mounts = planned["mounts"].as_array_mut().unwrap();
    planned_mounts.sort_by_key(by_path);
    assert_eq!(mounts, *planned_mounts);
    assert_eq!(inspected["start"], planned["start"]);

    let interposer = inspected["interposer"].as_str().unwrap();
    let said = folder.run(&["inspect", "app.wasm"]);
    golden(
        "cli/inspect-start.txt",
        &said.stdout.replace(interposer, "[INTERPOSER]"),
    );
}

/// What is not asked for is not shown, except for a layout that not every engine runs.
#[test]
fn the_layout_is_shown_when_it_is_not_the_usual() {
    let folder = folder();
    let isolated = "[link]\nmemory = \"isolated\"";
    folder.write("wasi-vfs.toml", MANIFEST.replace("[link]", isolated));
    assert_eq!(folder.run(&["bundle"]).code, Some(0));
    for args in [&["plan"][..], &["inspect", "app.wasm"]] {
        let said = folder.run(args).stdout;
        assert!(said.contains("\nmemory     isolated\n"), "{said}");
    }
}

/// A program that can't ask for what the manifest gives it: it works, and the user is told.
#[test]
fn what_the_program_never_asks_for_is_told() {
    let folder = folder();
    let program = PROGRAM
        .replace("environ_get", "clock_res_get")
        .replace("\"args_get", "\"random_get")
        .replace("fd_prestat_get", "fd_fdstat_get");
    folder.write("app.wat", program);
    let said = folder.run(&["bundle", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    for what in ["env", "args", "host"] {
        let code = &format!("wasi_vfs::unused::{what}");
        assert!(said.stderr.contains(code), "{}", said.stderr);
        assert!(said.stdout.contains(code), "{}", said.stdout);
    }
}
