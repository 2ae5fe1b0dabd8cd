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
}

#[test]
fn everything_behind_the_module_is_the_programs() {
    // Writes all arguments, each with its zero byte, the program's name first.
    let folder = arguments();
    let arguments = |args: &[&str]| {
        let said = folder.run(args);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        said.stdout.replace('\0', " ")
    };
    for (args, given) in [
        (&["run", "args.wat"][..], "args.wat "),
        (
            &["run", "args.wat", "--nocapture", "-q", "--dir", "x"],
            "args.wat --nocapture -q --dir x ",
        ),
        (
            &["run", "args.wat", "--help", "--version"],
            "args.wat --help --version ",
        ),
        (&["run", "args.wat", "--", "--dir"], "args.wat --dir "),
        (&["run", "args.wat", "--", "--", "a"], "args.wat -- a "),
        (&["run", "args.wat", "a", "--", "b"], "args.wat a -- b "),
        (&["run", "--", "args.wat", "-x"], "args.wat -x "),
        (
            &[
                "run", "--env", "A=1", "--dir", ".", "args.wat", "--env", "B",
            ],
            "args.wat --env B ",
        ),
    ] {
        assert_eq!(arguments(args), given, "{args:?}");
    }
    let unknown = folder.run(&["run", "--nonsense", "args.wat"]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("--nonsense"), "{}", unknown.stderr);
    assert_eq!(folder.run(&["run"]).code, Some(2));
}

/// The documented example: `wasi-vfs run --dir data::/data dist/app.wasm --verbose`.
#[test]
fn the_example_of_the_help_works() {
    let folder = hello();
    folder.write("data/x", "from the host\n");
    let said = folder.run(&["run", "--dir", "data::/data", "dist/hello.wasm", "/data/x"]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(0), "from the host\n")
    );
}

/// A folder with `args.wat`, which writes its arguments.
fn arguments() -> Folder {
    let folder = Folder::new();
    folder.write(
        "args.wat",
        r#"(module
          (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "args_get" (func $get (param i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (drop (call $sizes (i32.const 8) (i32.const 4)))
            (drop (call $get (i32.const 512) (i32.const 1024)))
            (i32.store (i32.const 0) (i32.const 1024))
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#,
    );
    folder
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = arguments();
    let mut command = folder.command(&["run", "args.wat"]);
    let output = command
        .arg(std::ffi::OsStr::from_bytes(b"caf\xe9"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("wasi_vfs::run::argument"), "{stderr}");
}

#[test]
fn compiled_code_is_kept_and_damage_is_seen() {
    let folder = arguments();
    let run = || {
        let said = folder.run(&["run", "--cache", "kept", "args.wat", "x"]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        assert_eq!(said.stdout, "args.wat\0x\0");
    };
    let kept = || {
        let entries = std::fs::read_dir(folder.path().join("kept/compiled")).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(paths.len(), 1);
        paths.remove(0)
    };
    run();
    let path = kept();
    let code = std::fs::read(&path).unwrap();
    run();
    assert!(std::fs::read(&path).unwrap() == code);
    // Machine code that was damaged is compiled again, never run.
    let mut damaged = code.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    std::fs::write(&path, &damaged).unwrap();
    run();
    assert!(std::fs::read(kept()).unwrap() == code);
    // Another module has another entry.
    folder.write(
        "args.wat",
        std::fs::read_to_string(folder.path().join("args.wat")).unwrap() + "\n;; same module",
    );
    run();
    kept();
    let none = folder.run(&["run", "--no-cache", "--cache", "none", "args.wat"]);
    assert_eq!(none.code, Some(0), "{}", none.stderr);
    assert!(!folder.path().join("none").exists());
}

#[test]
fn what_is_no_module_is_told_with_what_to_do() {
    let folder = hello();
    folder.write("text.wasm", "hello");
    std::fs::write(folder.path().join("component.wasm"), b"\0asm\x0d\0\x01\0").unwrap();
    for (file, code, help) in [
        (
            "wasi-vfs.toml",
            "not_a_module",
            "Did you mean `wasi-vfs bundle -m wasi-vfs.toml`?",
        ),
        ("text.wasm", "not_a_module", "give a .wasm or .wat file"),
        ("component.wasm", "component", "run it with `wasmtime run`"),
    ] {
        let said = folder.run(&["run", file]);
        assert_eq!(said.code, Some(1), "{file}");
        assert!(
            said.stderr.contains(&format!("wasi_vfs::run::{code}")),
            "{}",
            said.stderr
        );
        assert!(said.stderr.contains(help), "{}", said.stderr);
        assert!(said.stderr.lines().count() <= 4, "{}", said.stderr);
    }
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
    folder.write("library.wat", "(module)");
    folder.write(
        "other.wat",
        r#"(module (import "env" "f" (func)) (func (export "_start")))"#,
    );
    for module in ["library.wat", "other.wat"] {
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
