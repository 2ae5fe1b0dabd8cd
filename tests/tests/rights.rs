//! What descriptors are good for, and what the standard streams answer: as wasmtime answers for directories of its host.
//!
//! Each program runs on a directory of the host and in bundles of every kind: linked afterwards in both memory layouts and
//! with `libwasi_vfs.a`, with and without the host, on a tmpfs and on a writable mount.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::guest::{Libc, behaviour, pre_linked};

/// The mounts on which each program does the same.
const MOUNTS: [&str; 2] = [
    "kind = \"tmpfs\"",
    "source = \"source\"\nwritable = true\ninclude = [\"kept\"]",
];

/// What the program says on a directory of the host with the directory `t`.
fn on_host(source: &str) -> String {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    fs::create_dir(folder.path().join("t")).expect("can't create a folder");
    let module = behaviour(Libc::Debian, source, &["-O1"]);
    let run = Run::default().dir(folder.path(), "/");
    Engine::Wasmtime.run(&module, &run).ok()
}

/// What it says in each bundle with a mount at `guest`, and which bundle that is.
fn in_bundles(source: &str, guest: &str, mounts: &[&str]) -> Vec<(String, String)> {
    let mut said = Vec::new();
    for (form, memory) in [
        ("linked afterwards", "single"),
        ("linked afterwards", "isolated"),
        ("linked with libwasi_vfs.a", "single"),
    ] {
        let module = match form {
            "linked afterwards" => behaviour(Libc::Debian, source, &["-O1"]),
            _ => pre_linked::behaviour(Libc::Debian, source, &["-O1"]),
        };
        for host in ["none", "fallback"] {
            for mount in mounts {
                let text = in_bundle(&module, guest, mount, memory, host);
                said.push((format!("{form}, {memory}, {host}, {mount}"), text));
            }
        }
    }
    said
}

fn in_bundle(module: &Path, guest: &str, mount: &str, memory: &str, host: &str) -> String {
    let folder: TempDir = tempfile::tempdir().expect("can't create a temporary folder");
    let source = folder.path().join("source");
    fs::create_dir(&source).expect("can't create a folder");
    fs::write(source.join("kept"), "kept").expect("can't write a file");
    let manifest = format!(
        "manifest-version = 1\n[module]\ninput = \"{}\"\noutput = \"bundle.wasm\"\n\
        [link]\nhost = \"{host}\"\nmemory = \"{memory}\"\n[[mount]]\nguest = \"{guest}\"\n{mount}\n",
        module.display()
    );
    let bundle = bundle::bundle(folder.path(), &manifest);
    Engine::Wasmtime.run(&bundle, &Run::default()).ok()
}

/// The lines that are other than the host's, as `line: host, bundle`.
fn differences(host: &str, bundle: &str) -> Vec<String> {
    let pairs = host.lines().zip(bundle.lines());
    let other = pairs.filter(|(host, bundle)| host != bundle);
    let mut lines: Vec<String> = other
        .map(|(host, bundle)| format!("{host} => {bundle}"))
        .collect();
    if host.lines().count() != bundle.lines().count() {
        lines.push("another number of lines".to_owned());
    }
    lines
}

#[test]
fn directories_pass_everything_on_whatever_they_were_opened_with() {
    // What a host reports of files depends on the directory: see below.
    let without_reports = |text: &str| {
        let (calls, _) = text.split_once("reported\n").expect("the program says so");
        calls.to_owned()
    };
    let host = without_reports(&on_host("rights.c"));
    assert!(host.lines().count() > 150, "{host}");
    for (which, text) in in_bundles("rights.c", "/t", &MOUNTS) {
        let other = differences(&host, &without_reports(&text));
        assert_eq!(other, Vec::<String>::new(), "{which}");
    }
}

#[test]
fn a_file_has_no_right_that_was_not_asked_for_through_whichever_directory() {
    // Asked for; through the root; through a directory that was opened without rights.
    let expected = "asked 0: 0 0\n\
        asked 2: 2 2\n\
        asked 200002: 200002 200002\n\
        asked 42: 42 42\n\
        asked 3fffffff: 8e001ff 8e001ff\n\
        unlink 0\n";
    for (which, text) in in_bundles("rights.c", "/t", &MOUNTS) {
        let (_, reported) = text.split_once("reported\n").expect("the program says so");
        assert_eq!(reported, expected, "{which}");
    }
}

#[test]
fn streams_and_sockets_answer_as_on_the_host() {
    let host = on_host("streams.c");
    assert!(host.contains("stdout sock_shutdown 57\n"), "{host}");
    assert!(
        host.ends_with("a closed descriptor sock_shutdown 8\n"),
        "{host}"
    );
    for (which, text) in in_bundles("streams.c", "/t", &MOUNTS) {
        // Without the host a stream has no position whichever way it is asked for, as on Linux.
        let expected = match which.contains(", none, ") {
            true => vec![
                "stdin fd_pwrite 8 => stdin fd_pwrite 70",
                "stdout fd_pread 8 => stdout fd_pread 70",
                "stderr fd_pread 8 => stderr fd_pread 70",
            ],
            false => Vec::new(),
        };
        assert_eq!(differences(&host, &text), expected, "{which}");
    }
}

/// 1980 stands in for the epoch: programs subtract from times, and WASI has none before it.
#[test]
fn without_a_clock_what_is_new_has_the_time_of_its_mount() {
    for (timestamps, mount, new) in [
        ("epoch", 0, 315_532_800),
        ("2024-01-31T12:00:00Z", 1_706_702_400, 1_706_702_400),
    ] {
        let mounts = MOUNTS.map(|mount| format!("{mount}\ntimestamps = \"{timestamps}\""));
        let mounts = [&*mounts[0], &mounts[1]];
        let expected = format!(
            "m 0: {mount} {mount} {mount}\n\
            m/file 0: {new} {new} {new}\n\
            m/dir 0: {new} {new} {new}\n\
            m/dir/link 0: {new} {new} {new}\n"
        );
        for (which, text) in in_bundles("clockless.c", "/m", &mounts) {
            if which.starts_with("linked with") {
                // It asks the host for the time by itself.
                continue;
            }
            assert_eq!(text, expected, "{which}");
        }
    }
}
