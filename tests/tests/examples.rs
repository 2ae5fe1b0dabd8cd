//! The examples do what their READMEs say, from a fresh copy, with the tools that they name.

use std::fs;
use std::os::unix::fs::symlink;
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

/// What the team of `examples/python-app` does in a day, as its README tells it.
#[test]
fn python_app() {
    let folder = copy("python-app");
    let root = folder.path();
    let build = root.join("build");
    fs::create_dir(&build).expect("can't create a folder");
    let langs = cache::tool("sandbox-0.10.2").join("dist/langs");
    let wheel = "tabulate-0.9.0-py3-none-any.whl";
    for (from, name) in [
        (langs.join("python-3.11.3.wasm"), "python.wasm"),
        (langs.join("python-3.11.3.tar.gz"), "python-3.11.3.tar.gz"),
        (cache::tool("wheels").join(wheel), wheel),
    ] {
        symlink(from, build.join(name)).expect("can't link what was downloaded");
    }
    // What is there is what `fetch.sh` would bring: it keeps it.
    let _ = tool::run(Command::new("bash").arg("fetch.sh").current_dir(root), b"").ok();
    let wasi_vfs = |args: &[&str]| {
        let mut command = Command::new(tool::wasi_vfs());
        command
            .args(args)
            .current_dir(root)
            .env_remove("REPORT_VERSION");
        command.env("NO_COLOR", "1");
        command
    };
    let ok = |args: &[&str]| tool::run(&mut wasi_vfs(args), b"").ok();
    let released = |args: &[&str]| tool::run(wasi_vfs(args).env("REPORT_VERSION", "1.4.0"), b"");

    // Continuous integration: the lock that is checked in is what a fresh checkout gives.
    let lock = || fs::read_to_string(root.join("wasi-vfs.lock")).expect("can be read");
    if cache::setting("BLESS").is_some() {
        for profile in ["base", "dev", "test"] {
            let _ = ok(&["bundle", "--quiet", "--profile", profile]);
        }
        let _ = released(&["bundle", "--quiet", "--profile", "release"]).ok();
        let example = cache::package_dir().join("../examples/python-app/wasi-vfs.lock");
        fs::write(example, lock()).expect("can be written");
    }
    let checked_in = lock();
    for profile in ["base", "dev", "test"] {
        let _ = ok(&["bundle", "--locked", "--profile", profile]);
    }
    let _ = released(&["bundle", "--locked", "--profile", "release"]).ok();
    assert_eq!(lock(), checked_in);

    let table = "\
| product   |   units |
|-----------|---------|
| coffee    |       5 |
| tea       |       7 |
";
    let dev = format!("{table}-- report dev\n");
    let run = |module: &str, run: Run| {
        let said = Engine::Wasmtime.run(&root.join(module), &run);
        (said.code, said.stdout, said.stderr)
    };
    let good = |text: &str| (Some(0), text.to_owned(), String::new());
    says(root, "dist/report.wasm", &[], &dev);
    let mine =
        Run::with_args(&["-m", "report", "/mine/sales.csv"]).dir(&root.join("data"), "/mine");
    assert_eq!(run("dist/report.wasm", mine.clone()), good(&dev));

    // `dev`: the sources of the host, so an edit needs no other bundle; without them it says what is missing.
    let edited = |text: &str| {
        let path = root.join("app/report/__main__.py");
        let source = fs::read_to_string(&path).expect("can be read");
        fs::write(path, source.replace("-- report", text)).expect("can be written");
    };
    let with_sources = || Run::default().dir(&root.join("app"), "/app");
    assert_eq!(run("dist/report.dev.wasm", with_sources()), good(&dev));
    edited("-- my report");
    let (code, said, _) = run("dist/report.dev.wasm", with_sources());
    assert_eq!(
        (code, said),
        (Some(0), format!("{table}-- my report dev\n"))
    );
    let (code, _, said) = run("dist/report.dev.wasm", Run::default());
    assert_ne!(code, Some(0));
    assert!(
        said.contains("needs a directory of the host at `/app`"),
        "{said}"
    );

    // The edit is in no bundle yet, and the lock says so: of the profiles that embed it.
    let drift = tool::run(&mut wasi_vfs(&["bundle", "--locked"]), b"");
    assert_eq!(drift.code, Some(3), "{}", drift.stderr);
    assert!(
        drift.stderr.contains("changed  /app/report/__main__.py"),
        "{}",
        drift.stderr
    );
    let _ = ok(&["bundle", "--locked", "--profile", "dev"]);
    let _ = ok(&["bundle"]);
    let changed: Vec<String> = (lock().lines())
        .filter(|line| !checked_in.lines().any(|before| before == *line))
        .map(|line| line.trim_start().chars().take(38).collect())
        .collect();
    assert_eq!(changed, ["{ path = \"/app/report/__main__.py\", ki"]);
    edited("-- report");
    // Twice the same edit, taken back: the lock is as it was checked in.
    let path = root.join("app/report/__main__.py");
    let source = fs::read_to_string(&path).expect("can be read");
    fs::write(&path, source.replace("-- my report", "-- report")).expect("can be written");
    let _ = ok(&["bundle"]);
    assert_eq!(lock(), checked_in);

    // `test`: the tests run inside.
    let (code, _, said) = run("dist/report.test.wasm", Run::default());
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("Ran 4 tests") && said.ends_with("OK\n"),
        "{said}"
    );

    // `release`: nothing of the host, no sample, and a version that somebody chose.
    let unset = tool::run(&mut wasi_vfs(&["bundle", "--profile", "release"]), b"");
    assert_eq!(unset.code, Some(1));
    assert!(unset.stderr.contains("REPORT_VERSION"), "{}", unset.stderr);
    let release = "dist/report.release.wasm";
    let sales = fs::read(root.join("data/sales.csv")).expect("can be read");
    let piped = Run::with_args(&["-m", "report", "-"]).stdin(&sales);
    assert_eq!(
        run(release, piped),
        good(&format!("{table}-- report 1.4.0\n"))
    );
    let missing = "report: /mine/sales.csv: No such file or directory\n";
    assert_eq!(
        run(release, mine),
        (Some(1), String::new(), missing.to_owned())
    );
    let missing = missing.replace("/mine/", "/data/");
    assert_eq!(
        run(release, Run::default()),
        (Some(1), String::new(), missing)
    );

    // Whoever gets it can check it.
    let _ = released(&["verify", release, "--profile", "release"]).ok();
    let against_lock = ["verify", release, "--profile", "release", "--against-lock"];
    let _ = released(&against_lock).ok();
    let other = released(&["verify", "dist/report.wasm", "--profile", "release"]);
    assert_eq!(other.code, Some(3), "{}", other.stderr);
    let differ = released(&["diff", "dist/report.wasm", release]);
    assert_eq!(differ.code, Some(3), "{}", differ.stderr);
    for named in ["/data/sales.csv", "/etc/report/version"] {
        assert!(differ.stdout.contains(named), "{named}\n{}", differ.stdout);
    }

    // Where things come from.
    let why = ok(&["why", "/tests/fixtures/small.csv", "--profile", "test"]);
    assert!(why.contains("tests/fixtures/small.csv"), "{why}");
    let plan = ok(&["plan", "--profile", "test"]);
    assert!(plan.contains("profile test"), "{plan}");
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
