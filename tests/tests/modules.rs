//! Hand-written modules, one property each: `guests/wat`.

use std::path::{Path, PathBuf};

use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::fixture::Fixture;
use wasi_vfs_tests::guest;
use wasi_vfs_tests::tool::Said;

fn wat(name: &str) -> PathBuf {
    guest::sources().join("wat").join(name)
}

/// A bundle of `guests/wat/NAME` with the fixture, and the fixture it lies in.
fn bundled(name: &str) -> (Fixture, PathBuf) {
    let fixture = Fixture::new(1);
    let bundle = bundle::with_fixture(&wat(name), &fixture);
    (fixture, bundle)
}

/// Exit code and output on a host directory and, bundled, on both engines: all the same.
#[track_caller]
fn same_everywhere(name: &str, stdout: &str) {
    let (fixture, bundle) = bundled(name);
    let host = Engine::Wasmtime.run(&wat(name), &Run::default().dir(&fixture.path(), "/"));
    assert_eq!(
        (host.code, host.stdout.as_str()),
        (Some(0), stdout),
        "on the host directory: {}",
        host.stderr
    );
    for engine in Engine::WITH_FILES {
        let said = engine.run(&bundle, &Run::default());
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (Some(0), stdout),
            "bundled on {engine:?}: {}",
            said.stderr
        );
    }
}

#[test]
fn smallest_reader() {
    same_everywhere("cat.wat", "hello from a file\n");
}

/// The program gets exactly the pages it declared, and every new one is zero.
#[test]
fn declared_maximum() {
    same_everywhere("maximum.wat", "");
}

#[test]
fn calls_through_tables_and_references() {
    same_everywhere("indirect.wat", "");
}

#[test]
fn programs_that_import_next_to_nothing() {
    same_everywhere("stubs.wat", "");
}

#[test]
fn passive_segments_of_the_program() {
    same_everywhere("bulk.wat", "");
}

#[test]
fn growth_page_by_page() {
    same_everywhere("pages.wat", "");
}

fn result(said: Said) -> String {
    said.ok().trim().to_owned()
}

#[test]
fn reactor() {
    let (_fixture, bundle) = bundled("reactor.wat");
    for engine in Engine::WITH_FILES {
        assert_eq!(
            result(engine.run(&bundle, &Run::default().invoke("next"))),
            "104",
            "{engine:?}: `h`"
        );
    }
}

#[test]
fn start_function() {
    let (_fixture, bundle) = bundled("start.wat");
    assert_eq!(
        result(Engine::Wasmtime.run(&bundle, &Run::default().invoke("size"))),
        "18"
    );
}

/// The host grows the memory while it serves a call: nothing is lost, growing goes on.
#[test]
fn growth_from_outside() {
    let (fixture, bundle) = bundled("foreign.wat");
    let _ = Engine::Wasmtime
        .run(
            &wat("foreign.wat"),
            &Run::default().dir(&fixture.path(), "/"),
        )
        .ok();
    for grow in [0, 1, 3, 40] {
        let said = Engine::Node.run(
            &bundle,
            &Run {
                grow,
                ..Run::default()
            },
        );
        assert_eq!(
            said.code,
            Some(0),
            "{grow} pages from outside: {}",
            said.stderr
        );
    }
}

const TRAPS: [&str; 8] = [
    "result-behind-memory",
    "path-behind-memory",
    "path-at-the-top",
    "filestat-behind-memory",
    "iovecs-behind-memory",
    "buffer-behind-memory",
    "listing-behind-memory",
    "target-behind-memory",
];

/// A pointer outside of the program's memory traps, though the interposer's memory lies there.
#[test]
fn pointers_outside_of_memory_trap() {
    let (fixture, bundle) = bundled("trap.wat");
    let trapped = |module: &Path, run: &Run, function: &str| {
        let said = Engine::Wasmtime.run(module, &run.clone().invoke(function));
        assert!(
            said.stdout.is_empty() && said.code != Some(0),
            "`{function}` did not trap: {}",
            said.stdout
        );
    };
    assert_eq!(
        result(Engine::Wasmtime.run(&bundle, &Run::default().invoke("fine"))),
        "1"
    );
    for function in TRAPS {
        trapped(
            &wat("trap.wat"),
            &Run::default().dir(&fixture.path(), "/"),
            function,
        );
        trapped(&bundle, &Run::default(), function);
    }
}
