//! `host = "none"`: a bundle for engines that have no file system at all.
//!
//! The interpreter's host offers streams, clocks, arguments and variables. A module that imports one function about
//! files does not start there.

use std::path::{Path, PathBuf};

use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::fixture::Fixture;
use wasi_vfs_tests::guest::{self, Libc, pre_linked};
use wasi_vfs_tests::transcript::Transcript;
use wasi_vfs_tests::wasmi_host::{self, Files};

fn bundled(module: &Path, fixture: &Fixture, memory: &str, host: &str) -> PathBuf {
    let manifest = bundle::fixture_manifest(module)
        + &format!("\n[link]\nhost = \"{host}\"\nmemory = \"{memory}\"\n");
    bundle::bundle(fixture.folder(), &manifest)
}

/// Without a bundle, or with one that looks for directories of the host, the module asks for functions.
#[test]
fn the_engine_has_no_files() {
    let fixture = Fixture::new(1);
    let module = guest::probe(Libc::Debian);
    let fallback = bundled(&module, &fixture, "single", "fallback");
    for module in [module, fallback] {
        let said = Engine::Wasmi.run(&module, &Run::default());
        assert_eq!(said.code, Some(134));
        assert!(
            said.stderr
                .contains("the host has no `wasi_snapshot_preview1."),
            "{}",
            said.stderr
        );
    }
}

/// The transcripts of `oracle.rs` on such an engine, against wasmtime, whose host could say more.
#[test]
fn programs_say_the_same() {
    for (name, module, memory) in [
        ("c", guest::probe(Libc::Debian), "single"),
        ("c", pre_linked::probe(Libc::Debian), "single"),
        ("raw", pre_linked::raw_by_name(), "single"),
        ("raw", guest::raw(), "isolated"),
        ("raw", guest::raw(), "single"),
        ("rust", guest::rust(), "isolated"),
        ("cpp", guest::cpp(), "single"),
    ] {
        let fixture = Fixture::new(1);
        let bundle = bundled(&module, &fixture, memory, "none");
        let run = Run::with_args(&["image"]).stdin(b"from stdin\n");
        let wasmtime = Engine::Wasmtime.run(&bundle, &run).ok();
        assert!(wasmtime.ends_with("done\n"), "{name} {memory}: {wasmtime}");
        let said = Engine::Wasmi.run(&bundle, &run);
        assert_eq!(said.code, Some(0), "{name} {memory}: {}", said.stderr);
        // Whether two of the host's streams are ready at once is the host's to say.
        let (wasmtime, wasmi) = (
            Transcript::parse(&wasmtime),
            Transcript::parse(&said.stdout),
        );
        for kind in ["read", "image"] {
            assert_eq!(
                wasmtime.kind(kind).differences(&wasmi.kind(kind)),
                Vec::<String>::new(),
                "{name} {memory}: wasmtime => wasmi"
            );
        }
    }
}

/// A directory that is given all the same is not there, at any place.
#[test]
fn a_directory_of_the_host_is_out_of_reach() {
    let fixture = Fixture::new(1);
    let outside = tempfile::tempdir().expect("can't create a temporary folder");
    std::fs::write(outside.path().join("secret.txt"), "secret\n").expect("can't write a file");
    let module = guest::mix();
    for memory in ["single", "isolated"] {
        let bundle = bundled(&module, &fixture, memory, "none");
        for place in ["/", "/host", ".", "/dir"] {
            let run = Run::with_args(&[
                "show",
                "/",
                "/secret.txt",
                "/host/secret.txt",
                "secret.txt",
                "/dir/secret.txt",
                "/dir/../secret.txt",
            ]);
            let said = Engine::Wasmtime
                .run(&bundle, &run.dir(outside.path(), place))
                .ok();
            assert!(said.contains("read /secret.txt -> noent"), "{said}");
            assert!(!said.contains("secret\\x0a"), "{memory} {place}: {said}");
            assert!(!said.contains("host "), "{memory} {place}: {said}");
        }
        // An engine that has the functions is not asked for a single file.
        let run = Run::with_args(&["show", "/", "/given/x", "/file.txt"]);
        let outcome = wasmi_host::run(&bundle, &run, Files::Recorded);
        assert_eq!(outcome.said.code, Some(0), "{}", outcome.said.stderr);
        assert_eq!(outcome.asked, Vec::<String>::new(), "{memory}");
    }
}
