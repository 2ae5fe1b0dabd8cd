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
use wasi_vfs_tests::guest::{self, Libc, pre_linked};
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
    let said = Said::new(module);
    golden::check(&format!("transcripts/{name}.txt"), &said.text);
    said.check(name);
}

/// The same for one that was linked with `libwasi_vfs.a`: it says what the other says in its bundle, but for how much
/// memory it has, which is the archive's as well.
fn check_pre_linked(name: &str, module: &Path) {
    let said = Said::new(module).without_sizes();
    let golden = fs::read_to_string(golden::path(&format!("transcripts/{name}.txt")));
    let golden = without_sizes(&golden.expect("the other's transcript"));
    let found = Transcript::parse(&golden).differences(&Transcript::parse(&said.text));
    transcript::assert_known(
        &found,
        &known(name, "pre-linked"),
        &format!("{name}: bundled => pre-linked"),
    );
    said.check(name);
}

fn without_sizes(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("pages"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What a guest says.
struct Said {
    /// With the fixture as a directory of the host.
    host: Transcript,
    /// In a bundle, on wasmtime.
    text: String,
    /// The same on V8.
    node: Transcript,
}

impl Said {
    fn new(module: &Path) -> Said {
        let fixture = Fixture::new(1);
        let bundle = bundle::with_fixture(module, &fixture);
        let all = Run::with_args(&["image"]);
        Said {
            host: transcript(
                Engine::Wasmtime,
                module,
                &Run::default().dir(&fixture.path(), "/"),
            ),
            text: Engine::Wasmtime
                .run(&bundle, &all.clone().stdin(b"from stdin\n"))
                .ok(),
            node: transcript(Engine::Node, &bundle, &all),
        }
    }

    fn without_sizes(self) -> Said {
        let without = |said: &Transcript| Transcript::parse(&without_sizes(&said.text()));
        Said {
            host: without(&self.host),
            text: without_sizes(&self.text),
            node: without(&self.node),
        }
    }

    fn check(&self, name: &str) {
        let wasmtime = Transcript::parse(&self.text);
        let found = self.host.kind("read").differences(&wasmtime.kind("read"));
        transcript::assert_known(
            &found,
            &known(name, "host"),
            &format!("{name}: host => bundle"),
        );

        let mut found = wasmtime.kind("read").differences(&self.node.kind("read"));
        found.extend(wasmtime.kind("image").differences(&self.node.kind("image")));
        transcript::assert_known(
            &found,
            &known(name, "node"),
            &format!("{name}: wasmtime => node"),
        );
    }
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

/// The same transcripts when the program was linked with `libwasi_vfs.a`, and the host's as well: it is without a bundle.
#[test]
fn pre_linked() {
    check_pre_linked("c-debian", &pre_linked::probe(Libc::Debian));
    check_pre_linked("c-zig", &pre_linked::probe(Libc::Zig));
    check_pre_linked("cpp", &pre_linked::cpp());
}

#[test]
fn pre_linked_rust() {
    check_pre_linked("rust", &pre_linked::rust());
}

/// Whether the archive gets all calls or is linked past.
#[test]
fn pre_linked_raw_calls() {
    check_pre_linked("raw", &pre_linked::raw_by_name());
    check("raw", &pre_linked::raw());
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
