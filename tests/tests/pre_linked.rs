//! Programs that their makers link with `libwasi_vfs.a`: whatever the compiler is told, they run as they are, with a
//! directory of the host's, and say the same once they are bundled.
//!
//! What they say of all that a file system has is in `oracle.rs`, `change.rs`, `host.rs` and `alone.rs`.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::guest::{Libc, pre_linked};

/// A folder with `files/hello.txt`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    fs::create_dir(folder.path().join("files")).expect("can't create a folder");
    fs::write(folder.path().join("files/hello.txt"), "hello\n").expect("can't write a file");
    folder
}

/// The bundle of `module`; `mode` is a promise that the interposer in it was taken.
fn bundled(folder: &TempDir, module: &Path) -> PathBuf {
    let manifest = format!(
        r#"manifest-version = 1
[module]
input = "{}"
output = "bundle.wasm"
[link]
mode = "pre-linked"
[[mount]]
guest = "/"
source = "files"
[[mount]]
guest = "/tmp"
kind = "tmpfs"
"#,
        module.display()
    );
    bundle::bundle(folder.path(), &manifest)
}

/// The program says this with the files as a directory of the host's, and with them in its bundle.
#[track_caller]
fn check(module: &Path, run: &Run, expected: [&str; 2]) {
    let folder = folder();
    let files = folder.path().join("files");
    let alone = Engine::Wasmtime.run(module, &run.clone().dir(&files, "/"));
    assert_eq!(alone.ok(), expected[0], "{}", module.display());
    let bundle = bundled(&folder, module);
    for engine in Engine::WITH_FILES {
        let said = engine.run(&bundle, run).ok();
        assert_eq!(said, expected[1], "{engine:?}: {}", module.display());
    }
}

/// What the driver is told; with `-O`, Debian's runs `wasm-opt` over the module.
const FLAGS: [&[&str]; 4] = [&["-O0", "-g"], &["-O2"], &["-O2", "-flto"], &["-Os", "-s"]];

#[test]
fn commands_in_c() {
    let run = Run::with_args(&["/hello.txt"]);
    // `.`, `..`, the file; a bundle has `/tmp` beside it.
    let expected = ["hello\n3 names in /\n", "hello\n4 names in /\n"];
    for libc in Libc::ALL {
        for flags in FLAGS {
            let module = pre_linked::small(libc, "cc", "command.c", flags);
            check(&module, &run, expected);
        }
    }
}

#[test]
fn commands_in_cpp() {
    let run = Run::with_args(&["/hello.txt"]);
    for libc in Libc::ALL {
        // Zig compiles its whole library anew for each way to optimize.
        let count = if libc == Libc::Zig { 1 } else { FLAGS.len() };
        for flags in &FLAGS[..count] {
            let flags = [flags, &["-fno-exceptions"][..]].concat();
            let module = pre_linked::small(libc, "c++", "command.cpp", &flags);
            check(&module, &run, ["2 times hello\n"; 2]);
        }
    }
}

#[test]
fn reactors() {
    let run = Run::default().invoke("sizes");
    for libc in Libc::ALL {
        for flags in FLAGS {
            let flags = [flags, &["-mexec-model=reactor"]].concat();
            let module = pre_linked::small(libc, "cc", "reactor.c", &flags);
            check(&module, &run, ["606\n"; 2]);
        }
    }
}

/// The C library of today's wasi-sdk.
#[test]
fn of_wasi_sdk() {
    let run = Run::with_args(&["/hello.txt"]);
    let expected = ["hello\n3 names in /\n", "hello\n4 names in /\n"];
    for flags in [&["-O0", "-g"][..], &["-O2"], &["-O2", "-flto"]] {
        let module = pre_linked::of_wasi_sdk("command.c", flags);
        check(&module, &run, expected);
        let flags = [flags, &["-DREACTOR"]].concat();
        let module = pre_linked::of_wasi_sdk("reactor.c", &flags);
        check(&module, &Run::default().invoke("sizes"), ["606\n"; 2]);
    }
}

/// However the linker is told to go about it.
#[test]
fn options_of_the_linker() {
    let run = Run::with_args(&["/hello.txt"]);
    let expected = ["hello\n3 names in /\n", "hello\n4 names in /\n"];
    let archive = pre_linked::archive().display().to_string();
    let whole = format!("-Wl,--whole-archive,{archive},--no-whole-archive");
    for flags in [
        &["-O2", &archive][..],
        &["-O2", &whole],
        &["-O2", "-Wl,--no-gc-sections"],
        &["-O2", "-Wl,--stack-first,-z,stack-size=65536"],
        &["-O2", "-Wl,--initial-memory=2097152,--max-memory=2097152"],
        &["-O2", "-Wl,--compress-relocations,-s"],
        &["-O2", "-Wl,--global-base=65536"],
        &[
            "-O2",
            "-mbulk-memory",
            "-msign-ext",
            "-mmultivalue",
            "-mtail-call",
        ],
        &["-O3", "-flto=thin"],
    ] {
        let module = pre_linked::small(Libc::Debian, "cc", "command.c", flags);
        check(&module, &run, expected);
    }
}

/// The interposer takes memory beside the program's allocator.
#[test]
fn the_allocator_comes_first() {
    for libc in Libc::ALL {
        let module = pre_linked::small(libc, "cc", "allocator.c", &["-O1"]);
        let folder = folder();
        let bundle = bundled(&folder, &module);
        for engine in Engine::WITH_FILES {
            assert_eq!(engine.run(&bundle, &Run::default()).ok(), "0 bad\n");
        }
    }
}

/// Another interposer can be linked over the one inside, which then only passes calls on to it.
#[test]
fn linked_all_the_same() {
    let module = pre_linked::small(Libc::Debian, "cc", "command.c", &["-O2"]);
    let folder = folder();
    let manifest = format!(
        r#"manifest-version = 1
[module]
input = "{}"
output = "bundle.wasm"
[link]
mode = "post-link"
memory = "isolated"
[[mount]]
guest = "/"
source = "files"
"#,
        module.display()
    );
    let bundle = bundle::bundle(folder.path(), &manifest);
    let said = Engine::Wasmtime.run(&bundle, &Run::with_args(&["/hello.txt"]));
    assert_eq!(said.ok(), "hello\n3 names in /\n");
}
