//! `wasi-vfs run`: what a program gets and what it gives back.

use std::io::Write as _;
use std::process::Stdio;

use crate::tool::{Folder, Said, golden, session};

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

/// Writes all arguments, each with its zero byte.
const ARGUMENTS: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 8) (i32.const 4)))
    (drop (call $args_get (i32.const 512) (i32.const 1024)))
    (i32.store (i32.const 0) (i32.const 1024))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#;

/// The program's arguments, its name first, when the tool is called with these.
fn arguments(args: &[&str]) -> Vec<String> {
    let folder = Folder::new();
    folder.write("app.wat", ARGUMENTS);
    let said = folder.run(args);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{args:?}");
    let arguments = said.stdout.split_terminator('\0');
    arguments.map(str::to_owned).collect()
}

#[test]
fn everything_after_the_module_is_the_programs() {
    for args in [
        // The example of --help.
        &["--verbose"][..],
        &["--nocapture", "--test-threads=1", "name"],
        // Options that the tool has as well.
        &["--dir", "none::/", "--env", "A=1", "--cache", "x"],
        &["-q", "--quiet", "--color", "never", "--help", "-h", "-V"],
        &["-c", "print(1)", "--", "-x", "-"],
        &["", "a b", "--", "--"],
    ] {
        let expected = [&["app.wat"], args].concat();
        let all = |before: &[&'static str]| arguments(&[before, args].concat());
        assert_eq!(all(&["run", "app.wat"]), expected);
        assert_eq!(all(&["run", "--dir", ".", "app.wat"]), expected);
        assert_eq!(all(&["run", "app.wat", "--"]), expected);
        assert_eq!(all(&["run", "--", "app.wat"]), expected);
        assert_eq!(all(&["run", "--", "app.wat", "--"]), expected);
    }
    assert_eq!(arguments(&["run", "app.wat"]), ["app.wat"]);
    assert_eq!(arguments(&["run", "app.wat", "--"]), ["app.wat"]);
    assert_eq!(
        arguments(&["run", "app.wat", "--", "--"]),
        ["app.wat", "--"]
    );
}

#[test]
fn options_of_run_that_are_wrong_are_usage_errors() {
    let folder = Folder::new();
    folder.write("app.wat", ARGUMENTS);
    for args in [
        &["run"][..],
        &["run", "--nocapture", "app.wat"],
        &["run", "--dir"],
    ] {
        let said = folder.run(args);
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(said.stderr.starts_with("error: "), "{}", said.stderr);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_argument_that_is_not_utf8_is_a_usage_error() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = Folder::new();
    folder.write("app.wat", ARGUMENTS);
    let mut command = folder.command(&["run", "app.wat"]);
    command.arg(std::ffi::OsStr::from_bytes(b"\xff"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("invalid UTF-8"));
}

/// A program that is large enough to be cached.
fn large(folder: &Folder) {
    let padding = "\\01".repeat(64 << 10);
    let data = format!("(data (i32.const 4096) \"{padding}\")");
    let text = ARGUMENTS.replace(
        "(memory (export \"memory\") 1)",
        "(memory (export \"memory\") 2)",
    );
    let text = text.replace("(func (export", &format!("{data} (func (export"));
    folder.write("large.wat", text);
}

#[cfg(unix)]
#[test]
fn compiled_code_is_kept() {
    let folder = Folder::new();
    large(&folder);
    folder.write("small.wat", ARGUMENTS);
    let entries = || match folder.path().join("cache/compiled").exists() {
        true => folder.names("cache/compiled"),
        false => Vec::new(),
    };
    let run = |args: &[&str]| {
        let done = folder.run(&[&["run"], args].concat());
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{args:?}");
        done.stdout
    };
    assert_eq!(run(&["--cache", "cache", "small.wat"]), "small.wat\0");
    assert_eq!(
        run(&["--no-cache", "--cache", "cache", "large.wat"]),
        "large.wat\0"
    );
    assert!(entries().is_empty());
    assert_eq!(
        run(&["--cache", "cache", "large.wat", "a"]),
        "large.wat\0a\0"
    );
    let names = entries();
    assert_eq!(names.len(), 1);
    let place = format!("cache/compiled/{}", names[0]);
    let good = folder.read(&place);
    // Compiled code knows nothing of the name and the arguments.
    assert_eq!(
        run(&["--cache", "cache", "large.wat", "b"]),
        "large.wat\0b\0"
    );
    assert!(folder.read(&place) == good);
    // A damaged entry is replaced.
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 0x10;
    folder.write(&place, &bad);
    assert_eq!(run(&["--cache", "cache", "large.wat"]), "large.wat\0");
    assert!(folder.read(&place) != bad);
    assert_eq!(entries(), names);
    // A folder that can't be made is no cache, and no reason to fail.
    assert_eq!(run(&["--cache", "large.wat", "large.wat"]), "large.wat\0");
}

/// The second run executes what the first one kept, not what it could compile again.
#[cfg(unix)]
#[test]
fn compiled_code_is_used() {
    let folder = Folder::new();
    large(&folder);
    let run = || folder.run(&["run", "--cache", "cache", "large.wat"]);
    assert_eq!(run().code, Some(0));
    let names = folder.names("cache/compiled");
    let path = folder.path().join("cache/compiled").join(&names[0]);
    let about = || std::fs::metadata(&path).unwrap();
    let inode = std::os::unix::fs::MetadataExt::ino(&about());
    let used = about().modified().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert_eq!(run().code, Some(0));
    // The same file, marked as used: compiling again would have replaced it.
    assert_eq!(std::os::unix::fs::MetadataExt::ino(&about()), inode);
    assert!(about().modified().unwrap() > used);
}

/// A name as rustc mangles it is shown as it is in the source.
#[test]
fn backtraces_are_demangled() {
    let folder = Folder::new();
    folder.write(
        "trap.wat",
        r#"(module
          (func $_ZN3app4main17h0123456789abcdefE unreachable)
          (func (export "_start") (call $_ZN3app4main17h0123456789abcdefE)))"#,
    );
    let said = folder.run(&["run", "trap.wat"]);
    assert_eq!(said.code, Some(134));
    assert!(said.stderr.contains("app::main"), "{}", said.stderr);
    assert!(!said.stderr.contains("_ZN3app"), "{}", said.stderr);
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
    folder.write("empty.wasm", "");
    folder.write("wasi-vfs.toml", "manifest-version = 1\n");
    folder.write("component.wasm", b"\0asm\x0d\0\x01\0");
    folder.write("component.wat", "(component)");
    folder.write("short.wasm", b"\0asm\x01");
    folder.write("library.wat", "(module)");
    folder.write(
        "other.wat",
        r#"(module (import "env" "f" (func)) (func (export "_start")))"#,
    );
    let runs = [
        "text.wasm",
        "empty.wasm",
        "wasi-vfs.toml",
        "component.wasm",
        "component.wat",
        "short.wasm",
        "library.wat",
        "other.wat",
    ];
    let runs = runs.map(|module| ["run", module]);
    let runs: Vec<&[&str]> = runs.iter().map(|args| &args[..]).collect();
    golden("cli/run.txt", &session(&folder, &runs));
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
