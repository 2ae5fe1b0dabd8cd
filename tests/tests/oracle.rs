//! A program can't tell its bundle from a real directory.
//!
//! Each guest runs with the fixture given by `--dir` and as a bundle of the same fixture without any
//! directory. The `read` sections of both transcripts are equal but for the lines in
//! `golden/differences`, each of which has its reason there. The bundle says the same on wasmtime and
//! on V8, and the whole of it is a golden file.

use std::fs;
use std::path::Path;

use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::fixture::Fixture;
use wasi_vfs_tests::golden;
use wasi_vfs_tests::guest::{self, Libc};
use wasi_vfs_tests::transcript::{self, Transcript};

fn transcript(engine: Engine, module: &Path, run: &Run) -> Transcript {
    let text = engine.run(module, &run.clone().stdin(b"from stdin\n")).ok();
    assert!(
        text.ends_with("done\n"),
        "the guest did not come to its end:\n{text}"
    );
    Transcript::parse(&text)
}

/// The whole statement for one guest.
fn check(name: &str, module: &Path) {
    let fixture = Fixture::new(1);
    let bundle = bundle::with_fixture(module, &fixture);

    let host = transcript(
        Engine::Wasmtime,
        module,
        &Run::default().dir(&fixture.path(), "/"),
    );
    let all = Run::with_args(&["image"]);
    let text = Engine::Wasmtime
        .run(&bundle, &all.clone().stdin(b"from stdin\n"))
        .ok();
    golden::check(&format!("transcripts/{name}.txt"), &text);
    let wasmtime = Transcript::parse(&text);

    let found = host.kind("read").differences(&wasmtime.kind("read"));
    transcript::assert_known(
        &found,
        &known(name, "host"),
        &format!("{name}: host => bundle"),
    );

    let node = transcript(Engine::Node, &bundle, &all);
    let mut found = wasmtime.kind("read").differences(&node.kind("read"));
    found.extend(wasmtime.kind("image").differences(&node.kind("image")));
    transcript::assert_known(
        &found,
        &known(name, "node"),
        &format!("{name}: wasmtime => node"),
    );
}

/// The known differences of a guest; one list for both C libraries, as the differences are the hosts'.
fn known(name: &str, with: &str) -> String {
    let guest = name
        .split('-')
        .next()
        .expect("split gives one part at least");
    let path = golden::path(&format!("differences/{guest}-{with}.txt"));
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn c_with_the_old_libc() {
    check("c-debian", &guest::probe(Libc::Debian));
}

#[test]
fn c_with_the_new_libc() {
    check("c-zig", &guest::probe(Libc::Zig));
}

#[test]
fn raw_calls() {
    check("raw", &guest::raw());
}

#[test]
fn cpp() {
    check("cpp", &guest::cpp());
}

#[test]
fn rust() {
    check("rust", &guest::rust());
}
