//! The examples do what their READMEs say, from a fresh copy, with the tools that they name.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use wasi_vfs_tests::bundle;
use wasi_vfs_tests::cache;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::tool;

/// A copy of an example, without what earlier builds left in the checkout.
fn copy(name: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let from = cache::package_dir().join("../examples").join(name);
    let script = format!(
        "tar --exclude=./build --exclude=./dist --exclude=./target -C '{}' -cf - . | tar -xf -",
        from.display()
    );
    let _ = tool::run(
        Command::new("sh")
            .args(["-c", &script])
            .current_dir(folder.path()),
        b"",
    )
    .ok();
    folder
}

/// Runs the example's own script, then `wasi-vfs bundle` in its folder.
fn build(folder: &Path, script: Option<&str>) {
    if let Some(script) = script {
        let _ = tool::run(
            Command::new("bash")
                .arg(script)
                .env("CARGO_TARGET_DIR", cache::dir().join("example-target"))
                // Cargo tells its children which toolchain it is; the script chooses its own.
                .env_remove("RUSTUP_TOOLCHAIN")
                .current_dir(folder),
            b"",
        )
        .ok();
    }
    let _ = bundle::wasi_vfs(folder, &["bundle"]).ok();
}

fn says(folder: &Path, module: &str, args: &[&str], expected: &str) {
    for engine in Engine::WITH_FILES {
        let said = engine.run(&folder.join(module), &Run::with_args(args)).ok();
        assert_eq!(said, expected, "{module} {args:?} on {engine:?}");
    }
}

#[test]
fn c() {
    let folder = copy("c");
    build(folder.path(), Some("build.sh"));
    let module = "dist/show.wasm";
    says(
        folder.path(),
        module,
        &[],
        "Files travel with the program.\n",
    );
    says(folder.path(), module, &["/"], "etc\nvar\n");
    says(
        folder.path(),
        module,
        &["/var/log/events.txt"],
        "first\nsecond\nthird\n",
    );
    let beside = Run::with_args(&["/here/show.c"]).dir(folder.path(), "/here");
    let said = Engine::Wasmtime
        .run(&folder.path().join(module), &beside)
        .ok();
    assert!(said.starts_with("// Prints a file line by line"), "{said}");
}

#[test]
fn rust() {
    let folder = copy("rust");
    build(folder.path(), Some("build.sh"));
    says(folder.path(), "dist/site.wasm", &[], "about\nindex\n");
    let page = "<title>about</title>\n<p>Everything this site needs is inside one module.</p>\n";
    says(folder.path(), "dist/site.wasm", &["about"], page);
}

#[test]
fn cpython() {
    let folder = copy("cpython");
    build(folder.path(), Some("fetch.sh"));
    let report = r#"{
  "python": "3.11.3",
  "library": "/opt/lib/python3.11",
  "words": 16,
  "most common": [
    [
      "one",
      3
    ],
    [
      "file",
      3
    ],
    [
      "to",
      2
    ]
  ]
}
"#;
    // Where its library is and what it runs, its manifest says.
    let run = Run::default();
    for engine in Engine::WITH_FILES {
        let said = engine
            .run(&folder.path().join("dist/python.wasm"), &run)
            .ok();
        assert_eq!(said, report, "{engine:?}");
    }
}

#[test]
fn writable() {
    let folder = copy("writable");
    build(folder.path(), Some("build.sh"));
    let module = "dist/notes.wasm";
    let page =
        |title: &str, rest: &str| format!("{title}\n1. read the manual\n2. buy milk\n{rest}");
    says(
        folder.path(),
        module,
        &[],
        &page("Notes", "3. add your own\n"),
    );
    // What one run wrote is gone in the next.
    let args = ["water the plants", "call mum"];
    let both = page("Notes", "3. water the plants\n4. call mum\n");
    says(folder.path(), module, &args, &both);
    let module = folder.path().join(module);
    let elsewhere = Run::with_args(&["one", "two"]).env("NOTES", "/tmp/new");
    let mine = Run::with_args(&["x"]).dir(&folder.path().join("mine"), "/etc");
    let readable = Run::with_args(&["x"]).env("NOTES", "/etc/notes.conf");
    for engine in Engine::WITH_FILES {
        let said = engine.run(&module, &elsewhere).ok();
        assert_eq!(said, "Notes\n1. one\n2. two\n", "{engine:?}");
        let said = engine.run(&module, &mine).ok();
        assert_eq!(said, page("My own notes", "3. x\n"), "{engine:?}");
        let said = engine.run(&module, &readable);
        let told = "notes: /etc/notes.conf: Read-only file system\n";
        assert_eq!(
            (said.code, said.stderr.as_str()),
            (Some(1), told),
            "{engine:?}"
        );
    }
}

#[test]
fn hello() {
    let folder = copy("hello");
    build(folder.path(), None);
    let files = folder.path().join("files");
    let read = |name: &str| std::fs::read_to_string(files.join(name)).expect("is in the example");
    let module = "dist/hello.wasm";
    says(folder.path(), module, &[], &read("greeting.txt"));
    says(folder.path(), module, &["/latest"], &read("notes/two.txt"));
    says(folder.path(), module, &["/etc/version"], "1.0\n");
}
