//! `wasi-vfs run`: what a program gets and what it gives back.

use std::io::Write as _;
use std::process::Stdio;

use crate::tool::{Folder, Said};

/// The example, bundled in a folder of its own.
fn hello() -> Folder {
    let folder = Folder::new();
    folder.write(
        "hello.wat",
        include_str!("../../../examples/hello/hello.wat"),
    );
    folder.write(
        "wasi-vfs.toml",
        include_str!("../../../examples/hello/wasi-vfs.toml"),
    );
    folder.write("files/greeting.txt", "Hello!\n");
    folder.write("files/notes/one.txt", "1\n");
    folder.write("files/notes/two.txt", "2\n");
    let said = folder.run(&["bundle"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    folder
}

/// A folder with `program.wat`, whose `_start` is `body`.
fn program(body: &str) -> Folder {
    let folder = Folder::new();
    let text = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
          (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_prestat_get" (func (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func (param i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start") {body}))"#
    );
    folder.write("program.wat", text);
    folder
}

fn said(said: &Said) -> (Option<i32>, &str, &str) {
    (said.code, &said.stdout, &said.stderr)
}

#[test]
fn the_example_reads_its_files() {
    let folder = hello();
    let run = |args: &[&str]| folder.run(&[&["run", "dist/hello.wasm"], args].concat());
    assert_eq!(said(&run(&[])), (Some(0), "Hello!\n", ""));
    assert_eq!(said(&run(&["/latest"])), (Some(0), "2\n", ""));
    assert_eq!(said(&run(&["--", "/etc/version"])), (Some(0), "1.0\n", ""));
    assert_eq!(
        said(&run(&["/notes"])),
        (Some(0), ".\n..\none.txt\ntwo.txt\n", "")
    );
    assert_eq!(
        said(&run(&["//"])).1,
        ".\n..\netc\ngreeting.txt\nlatest\nnotes\n"
    );
    assert_eq!(
        said(&run(&["/none"])),
        (Some(1), "", "hello: cannot open `/none`\n")
    );
}

#[test]
fn the_program_that_is_not_bundled_reads_the_hosts_files() {
    let folder = hello();
    let unbundled = folder.run(&["run", "--dir", "files::/", "hello.wat", "/notes/two.txt"]);
    assert_eq!(said(&unbundled), (Some(0), "2\n", ""));
    // Options may stand behind the module, until the program's first argument.
    let behind = folder.run(&["run", "hello.wat", "--dir", "files::/", "/notes/two.txt"]);
    assert_eq!(said(&behind), (Some(0), "2\n", ""));
}

#[test]
fn a_host_directory_that_is_not_there() {
    let said = hello().run(&["run", "--dir", "none", "dist/hello.wasm"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.stderr.contains("wasi_vfs::run::dir"),
        "{}",
        said.stderr
    );
}

#[test]
fn the_exit_code_is_the_programs() {
    let said = program("(call $proc_exit (i32.const 42))").run(&["run", "program.wat"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(42), ""));
}

#[test]
fn a_trap_is_told() {
    let said = program("unreachable").run(&["run", "program.wat"]);
    assert_eq!(said.code, Some(134));
    assert!(
        said.stderr.contains("wasi_vfs::run::trap"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("`unreachable` instruction executed"),
        "{}",
        said.stderr
    );
}

#[test]
fn what_is_no_wasi_program() {
    let folder = Folder::new();
    folder.write("text.wasm", "hello");
    folder.write("library.wat", "(module)");
    folder.write(
        "other.wat",
        r#"(module (import "env" "f" (func)) (func (export "_start")))"#,
    );
    for module in ["text.wasm", "library.wat", "other.wat"] {
        let said = folder.run(&["run", module]);
        assert_eq!(said.code, Some(1), "{module}");
        assert!(
            said.stderr.contains("wasi_vfs::run::module"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn the_environment_is_what_env_says() {
    // Writes all variables, each with its zero byte: `iovec` at 0 is address 1024 and the size that the host gave.
    let folder = program(
        "(drop (call $environ_sizes_get (i32.const 8) (i32.const 4)))
         (drop (call $environ_get (i32.const 512) (i32.const 1024)))
         (i32.store (i32.const 0) (i32.const 1024))
         (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))",
    );
    let output = folder
        .command(&[
            "run",
            "--env",
            "A=1=2",
            "--env",
            "OURS",
            "--env",
            "UNSET_HERE",
            "program.wat",
        ])
        .env("OURS", "ours")
        .env_remove("UNSET_HERE")
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "A=1=2\0OURS=ours\0"
    );
}

#[test]
fn stdin_is_the_programs() {
    // One read, one write of what it gave.
    let folder = program(
        "(i32.store (i32.const 0) (i32.const 1024))
         (i32.store (i32.const 4) (i32.const 100))
         (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
         (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))",
    );
    let mut command = folder.command(&["run", "program.wat"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"typed").unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"typed");
}

/// Bundles `folder`'s `program.wat` under these lines of a manifest, as `out.wasm`.
fn bundle(folder: &Folder, manifest: &str) {
    let head = "manifest-version = 1\n[module]\ninput = 'program.wat'\noutput = 'out.wasm'\n";
    folder.write("wasi-vfs.toml", format!("{head}{manifest}"));
    let said = folder.run(&["bundle"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

#[test]
fn env_is_stronger_than_the_manifests() {
    let folder = program(
        "(drop (call $environ_sizes_get (i32.const 8) (i32.const 4)))
         (drop (call $environ_get (i32.const 512) (i32.const 1024)))
         (i32.store (i32.const 0) (i32.const 1024))
         (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))",
    );
    let variables = |args: &[&str]| {
        let said = folder.run(&[&["run"], args, &["out.wasm"]].concat());
        let mut variables: Vec<_> = said
            .stdout
            .split_terminator('\0')
            .map(str::to_owned)
            .collect();
        variables.sort();
        variables
    };
    bundle(&folder, "[env]\nA = '1'\nB = '2'\n");
    assert_eq!(variables(&[]), ["A=1", "B=2"]);
    assert_eq!(
        variables(&["--env", "B=", "--env", "C=3"]),
        ["A=1", "B=", "C=3"]
    );
    bundle(&folder, "[link]\nenv = 'fixed'\n[env]\nA = '1'\n");
    assert_eq!(variables(&["--env", "A=2", "--env", "C=3"]), ["A=1"]);
}

#[test]
fn a_required_directory_that_is_missing_is_told() {
    // A program that asks for nothing of the file system needs no directory either, so this one does.
    let folder = program(
        "(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 16)))
         (call $proc_exit (i32.const 42))",
    );
    bundle(
        &folder,
        "[[mount]]\nguest = '/data'\nkind = 'host'\nrequired = true\n",
    );
    let missing = folder.run(&["run", "out.wasm"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        missing.stderr,
        "this program needs a directory of the host at `/data`, and was given none: run it with one, such as \
         `wasmtime run --dir HOST-DIRECTORY::/data PROGRAM.wasm`\n"
    );
    let given = folder.run(&["run", "--dir", ".::/data", "out.wasm"]);
    assert_eq!((given.code, given.stderr.as_str()), (Some(42), ""));
}
