//! Directories of the host stay usable beside the embedded tree.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::golden;
use wasi_vfs_tests::guest::{self, pre_linked};
use wasi_vfs_tests::transcript::Transcript;

/// A bundle of `guests/mix.c` with two files, and a folder of the host with others.
fn bundled(module: &Path) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let manifest = format!(
        r#"manifest-version = 1
[module]
input = "{}"
output = "bundle.wasm"
[[file]]
guest = "/file.txt"
content = "embedded file\n"
[[file]]
guest = "/dir/deep.txt"
content = "embedded deep\n"
"#,
        module.display()
    );
    let bundle = bundle::bundle(folder.path(), &manifest);
    (folder, bundle)
}

/// The program, and the same linked with `libwasi_vfs.a`: in a bundle they see the same.
fn both() -> [PathBuf; 2] {
    [guest::mix(), pre_linked::mix()]
}

/// A fresh copy of what the host gives: programs change it.
fn outside(folder: &TempDir, engine: Engine) -> PathBuf {
    let root = folder.path().join(format!("outside-{engine:?}"));
    for (name, content) in [
        ("outside.txt", "host outside\n"),
        ("only-host.txt", "host only\n"),
        ("file.txt", "host file\n"),
        ("dir/host-deep.txt", "host deep\n"),
        ("host-dir/x.txt", "host x\n"),
    ] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("lies in the folder"))
            .expect("can't create a folder");
        fs::write(path, content).expect("can't write a file");
    }
    root
}

/// Whether both engines let the program see the same.
#[track_caller]
fn assert_same(said: &[Transcript]) {
    assert_eq!(
        said[0].differences(&said[1]),
        Vec::<String>::new(),
        "wasmtime => node"
    );
}

#[test]
fn beside() {
    for module in both() {
        let (folder, bundle) = bundled(&module);
        let mut said = Vec::new();
        for engine in Engine::WITH_FILES {
            let outside = outside(&folder, engine);
            let text = engine
                .run(&bundle, &Run::default().dir(&outside, "/host"))
                .ok();
            // A host in JavaScript has its files in memory and its own idea of renaming between directories.
            if engine == Engine::Wasmtime {
                golden::check("transcripts/host-beside.txt", &text);
                let made = fs::read_to_string(outside.join("made/inner.txt"))
                    .expect("the program made it");
                assert_eq!(made, "inner\n");
            }
            said.push(Transcript::parse(&text));
        }
        assert_same(&said);
    }
}

/// Embedded files first, then the host's, in listings and for single names.
#[test]
fn at_the_same_place() {
    for module in both() {
        let (folder, bundle) = bundled(&module);
        let mut said = Vec::new();
        for engine in Engine::WITH_FILES {
            let outside = outside(&folder, engine);
            let run = Run::with_args(&["union"]).dir(&outside, "/");
            let text = engine.run(&bundle, &run).ok();
            if engine == Engine::Wasmtime {
                golden::check("transcripts/host-union.txt", &text);
            }
            said.push(Transcript::parse(&text));
        }
        assert_same(&said);
    }
}

/// Embedded files take the numbers of standard streams, and those take others.
#[test]
fn standard_streams_and_files_change_places() {
    for module in both() {
        let (_folder, bundle) = bundled(&module);
        let run = Run::with_args(&["streams"]).stdin(b"from stdin\n");
        let wasmtime = Engine::Wasmtime.run(&bundle, &run).ok();
        golden::check("transcripts/host-streams.txt", &wasmtime);
        assert_eq!(Engine::Node.run(&bundle, &run).ok(), wasmtime);
    }
}

/// Without a single entry the bundle is the program with the host's directories.
#[test]
fn an_empty_manifest_changes_nothing() {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let manifest = format!(
        "manifest-version = 1\n[module]\ninput = \"{}\"\noutput = \"bundle.wasm\"\n",
        guest::mix().display()
    );
    let bundle = bundle::bundle(folder.path(), &manifest);
    for engine in Engine::WITH_FILES {
        let outside = outside(&folder, engine);
        let run = Run::with_args(&["union"]);
        let said = Transcript::parse(&engine.run(&bundle, &run.dir(&outside, "/")).ok());
        let section = "read a host directory at the same place";
        assert_eq!(
            said.value(section, "list /"),
            "dir file.txt host-dir only-host.txt outside.txt",
            "{engine:?}"
        );
        assert_eq!(
            said.value(section, "read /file.txt"),
            "host file\\x0a",
            "{engine:?}"
        );
        assert_eq!(
            said.value(section, "read /host-dir/new.txt"),
            "written\\x0a",
            "{engine:?}"
        );
    }
}

/// A tree at `.` is a preopen of its own, beside `/`: a program without a working directory finds it by that name.
#[test]
fn relative_mounts() {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let manifest = format!(
        "manifest-version = 1\n[module]\ninput = \"{}\"\noutput = \"bundle.wasm\"\n[[file]]\nguest = \"file.txt\"\ncontent = \"relative\\n\"\n",
        guest::sources().join("wat/cat.wat").display()
    );
    let bundle = bundle::bundle(folder.path(), &manifest);
    for engine in Engine::WITH_FILES {
        assert_eq!(
            engine.run(&bundle, &Run::default()).ok(),
            "relative\n",
            "{engine:?}"
        );
    }
}

/// What switched the old tool's file system off at run time does nothing.
#[test]
fn no_variable_switches_the_tree_off() {
    for module in both() {
        let (folder, bundle) = bundled(&module);
        let outside = outside(&folder, Engine::Wasmtime);
        let run = Run::default()
            .dir(&outside, "/host")
            .env("__WASI_VFS_PACKING", "1");
        let text = Engine::Wasmtime.run(&bundle, &run).ok();
        assert_eq!(
            Transcript::parse(&text).value("read a host directory beside", "read /file.txt"),
            "embedded file\\x0a"
        );
    }
}
