//! Large programs as others built and published them, relinked by nobody.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::golden;
use wasi_vfs_tests::guest;

/// A bundle of a published program with a few files at `/data`.
fn bundled(program: &str, script: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let data = folder.path().join("data");
    fs::create_dir_all(data.join("sub")).expect("can't create a folder");
    fs::copy(guest::sources().join(script), data.join("check")).expect("can't copy the script");
    for (name, content) in [
        ("a.txt", "hello\n"),
        ("sub/b.txt", "one\ntwo\n"),
        ("sub/value.php", "<?php return 42;\n"),
    ] {
        fs::write(data.join(name), content).expect("can't write a file");
    }
    std::os::unix::fs::symlink("sub", data.join("link")).expect("can't create a symlink");
    let manifest = format!(
        "manifest-version = 1\n[module]\ninput = \"{}\"\noutput = \"bundle.wasm\"\n[defaults]\ntimestamps = \"2024-02-03T04:05:06Z\"\n[[mount]]\nguest = \"/data\"\nsource = \"data\"\n",
        guest::sandbox(program).display()
    );
    let bundle = bundle::bundle(folder.path(), &manifest);
    (folder, bundle)
}

/// The script says the same on both engines, and what the golden file has.
#[track_caller]
fn check(program: &str, script: &str, args: &[&str]) {
    let (_folder, bundle) = bundled(program, script);
    let run = Run::with_args(args);
    let wasmtime = Engine::Wasmtime.run(&bundle, &run).ok();
    golden::check(&format!("transcripts/{program}.txt"), &wasmtime);
    let node = Engine::Node.run(&bundle, &run).ok();
    assert_eq!(wasmtime, node, "wasmtime and V8 say the same");
}

#[test]
fn ruby() {
    check("ruby-3.2.0", "ruby/check.rb", &["/data/check"]);
}

#[test]
fn php() {
    check("php-cgi-8.2.0", "php/check.php", &["-q", "/data/check"]);
}
