//! A program that changes files can't tell a mount of its bundle from a real directory.
//!
//! `guests/change` (C) and `guests/rust-change` (Rust's standard library) do everything that POSIX has: in a directory of
//! the host under wasmtime, in a tmpfs mount, and in a writable mount over a tree that equals what the host's directory
//! had at its start. The transcripts are equal but for the lines in `golden/differences`, in both memory layouts, on
//! every engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::golden;
use wasi_vfs_tests::guest::{self, Libc, pre_linked};
use wasi_vfs_tests::tool;
use wasi_vfs_tests::transcript::{self, Transcript};
use wasi_vfs_tests::variant::{Mount, Variant};

/// A guest with its start laid out in `seed`, and what it says of a directory of the host.
struct Guest {
    module: PathBuf,
    folder: TempDir,
    host: Transcript,
}

impl Guest {
    fn new(module: PathBuf) -> Guest {
        let folder = tempfile::tempdir().expect("can't create a temporary folder");
        let seed = folder.path().join("seed");
        fs::create_dir(&seed).expect("can't create a folder");
        let lay_out = Run::with_args(&["/", "seed"]).dir(&seed, "/");
        let _ = Engine::Wasmtime.run(&module, &lay_out).ok();
        let host = copy(&seed, "host");
        let host = said(
            Engine::Wasmtime,
            &module,
            &Run::with_args(&["/"]).dir(&host, "/"),
        );
        Guest {
            module,
            folder,
            host,
        }
    }

    /// What it says in a bundle.
    fn bundled(&self, variant: Variant, engine: Engine) -> Transcript {
        let folder = tempfile::tempdir().expect("can't create a temporary folder");
        if variant.mount == Mount::Writable {
            std::os::unix::fs::symlink(self.folder.path().join("seed"), folder.path().join("seed"))
                .expect("can't create a symlink");
        }
        let bundle = variant.bundle(&self.module, folder.path());
        let mut args = vec![variant.root()];
        if variant.mount == Mount::Tmpfs {
            args.push("make");
        }
        said(engine, &bundle, &Run::with_args(&args))
    }

    /// The bundle on wasmtime says what the directory does, and what the golden file has.
    #[track_caller]
    fn check(&self, name: &str, variant: Variant) {
        let bundled = self.bundled(variant, Engine::Wasmtime);
        let found = self
            .host
            .kind("change")
            .differences(&bundled.kind("change"));
        golden::check(&format!("transcripts/{name}.txt"), &bundled.text());
        // One list for both C libraries: the differences are the host's.
        let guest = name.trim_end_matches("-zig");
        let known = golden::path(&format!("differences/{guest}-host.txt"));
        let known = fs::read_to_string(known).unwrap_or_default();
        transcript::assert_known(&found, &known, &format!("{name}: host => {variant}"));
    }

    /// The bundle on another engine says what it does on wasmtime.
    #[track_caller]
    fn check_engine(&self, name: &str, variant: Variant, engine: Engine) {
        let wasmtime = self.bundled(variant, Engine::Wasmtime);
        let other = self.bundled(variant, engine);
        assert_eq!(
            wasmtime.differences(&other),
            Vec::<String>::new(),
            "{name} {variant}: wasmtime => {engine:?}"
        );
    }
}

/// A copy of a folder beside it, with all times, links and modes.
fn copy(from: &Path, name: &str) -> PathBuf {
    let to = from.with_file_name(name);
    let _ = tool::run(Command::new("cp").arg("-a").arg(from).arg(&to), b"").ok();
    to
}

fn said(engine: Engine, module: &Path, run: &Run) -> Transcript {
    let said = engine.run(module, run);
    assert!(
        said.code == Some(0) && said.stdout.ends_with("done\n"),
        "{engine:?}: exit {:?}\n{}\n{}",
        said.code,
        said.stdout,
        said.stderr
    );
    Transcript::parse(&said.stdout)
}

fn c() -> &'static Guest {
    static GUEST: OnceLock<Guest> = OnceLock::new();
    GUEST.get_or_init(|| Guest::new(guest::change(Libc::Debian)))
}

fn c_new() -> &'static Guest {
    static GUEST: OnceLock<Guest> = OnceLock::new();
    GUEST.get_or_init(|| Guest::new(guest::change(Libc::Zig)))
}

fn rust() -> &'static Guest {
    static GUEST: OnceLock<Guest> = OnceLock::new();
    GUEST.get_or_init(|| Guest::new(guest::rust_change()))
}

#[test]
fn c_tmpfs() {
    c().check("change", Variant::new(Mount::Tmpfs, false));
}

#[test]
fn c_tmpfs_isolated() {
    c().check("change", Variant::new(Mount::Tmpfs, true));
}

#[test]
fn c_writable() {
    c().check("change", Variant::new(Mount::Writable, false));
}

#[test]
fn c_writable_isolated() {
    c().check("change", Variant::new(Mount::Writable, true));
}

#[test]
fn c_with_the_new_libc() {
    c_new().check("change-zig", Variant::new(Mount::Writable, false));
    c_new().check("change-zig", Variant::new(Mount::Tmpfs, true));
}

/// Linked with `libwasi_vfs.a`, they say the same, without a bundle as well: the host's transcript is such a one.
#[test]
fn pre_linked() {
    for (name, libc) in [("change", Libc::Debian), ("change-zig", Libc::Zig)] {
        let guest = Guest::new(pre_linked::change(libc));
        for mount in [Mount::Tmpfs, Mount::Writable] {
            guest.check(name, Variant::new(mount, false));
            guest.check_engine(name, Variant::new(mount, false), Engine::Node);
        }
    }
}

#[test]
fn pre_linked_rust() {
    let guest = Guest::new(pre_linked::rust_change());
    for mount in [Mount::Tmpfs, Mount::Writable] {
        guest.check("rust-change", Variant::new(mount, false));
    }
}

#[test]
fn pre_linked_on_an_engine_without_files() {
    let guest = Guest::new(pre_linked::change(Libc::Debian));
    let writable = Variant::new(Mount::Writable, false).alone();
    guest.check_engine("change", writable, Engine::Wasmi);
}

#[test]
fn rust_everywhere() {
    for variant in Variant::ALL {
        rust().check("rust-change", variant);
    }
}

#[test]
fn on_node() {
    for mount in [Mount::Tmpfs, Mount::Writable] {
        c().check_engine("change", Variant::new(mount, false), Engine::Node);
        rust().check_engine("rust-change", Variant::new(mount, false), Engine::Node);
    }
}

/// The interpreter's host has no file system, so the bundle must not import one.
#[test]
fn on_an_engine_without_files() {
    for isolated in [false, true] {
        let writable = Variant::new(Mount::Writable, isolated).alone();
        c().check_engine("change", writable, Engine::Wasmi);
        let tmpfs = Variant::new(Mount::Tmpfs, isolated).alone();
        rust().check_engine("rust-change", tmpfs, Engine::Wasmi);
    }
}

#[test]
fn in_chromium() {
    for isolated in [false, true] {
        let tmpfs = Variant::new(Mount::Tmpfs, isolated);
        c().check_engine("change", tmpfs, Engine::Chromium);
        let writable = Variant::new(Mount::Writable, isolated);
        rust().check_engine("rust-change", writable, Engine::Chromium);
    }
}

/// Random calls in a small name space, line by line, and a hash of the whole tree every 50.
#[test]
fn storms() {
    for seed in 1..=6 {
        storm(c(), seed, Variant::ALL[seed % 4]);
    }
}

#[test]
fn pre_linked_storms() {
    let guest = Guest::new(pre_linked::change(Libc::Debian));
    for seed in 7..=9 {
        storm(&guest, seed, Variant::new(Mount::Writable, false));
    }
}

fn storm(guest: &Guest, seed: usize, variant: Variant) {
    const STEPS: &str = "4000";
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let seeded = folder.path().join("seed");
    let start = guest.folder.path().join("seed");
    let _ = tool::run(Command::new("cp").arg("-a").arg(start).arg(&seeded), b"").ok();
    let host = copy(&seeded, "host");
    let number = seed.to_string();
    let storm = ["/", "storm", &number, STEPS];
    let on_host = said(
        Engine::Wasmtime,
        &guest.module,
        &Run::with_args(&storm).dir(&host, "/"),
    );
    let variant = Variant {
        mount: Mount::Writable,
        ..variant
    };
    let bundle = variant.bundle(&guest.module, folder.path());
    let bundled = said(Engine::Wasmtime, &bundle, &Run::with_args(&storm));
    let found = on_host.differences(&bundled);
    assert!(
        found.is_empty(),
        "seed {seed}, {variant}: host => bundle\n{}",
        found[..found.len().min(20)].join("\n")
    );
}
