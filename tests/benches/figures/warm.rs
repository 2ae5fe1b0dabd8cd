//! Starting cold and warm: the same program and files, without `[preinit]` and with it.
//!
//! What is timed is a process of wasmtime with the module compiled beforehand, start to end, so that a few milliseconds of
//! it are the engine's own; the fastest of several is quoted, because what else a machine does only adds to it. Bundling with the
//! initializer is quoted beside bundling without.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wasi_vfs_tests::guest::{self, Libc};

use crate::Bench;
use crate::calls::{precompiled, wasmtime};
use crate::measure::millis;
use crate::row::Row;

/// Starts of each.
const STARTS: usize = 25;

/// A program and what it reads.
struct Case {
    name: &'static str,
    module: PathBuf,
    /// Of the file in `/data`.
    file: (&'static str, String),
    /// The lines of `[preinit]`.
    keys: &'static str,
    args: &'static [&'static str],
}

/// Measures all of them.
pub(crate) fn run(bench: &Bench) {
    let parse = "function = \"init_parse\"";
    let c = || guest::preinit(Libc::Debian);
    for case in [
        ("C", c(), numbers(20_000), parse, &["parse"][..]),
        ("C", c(), numbers(20_000_000), parse, &["parse"]),
        (
            "Rust",
            guest::rust_preinit(),
            numbers(20_000),
            "function = \"init\"",
            &[],
        ),
        (
            "Rust",
            guest::rust_preinit(),
            numbers(20_000_000),
            "function = \"init\"",
            &[],
        ),
        (
            "QuickJS",
            guest::javascript(),
            ("prelude.js", library()),
            "function = \"warm\"\nclock = \"fixed\"",
            &["f777(2)"],
        ),
    ] {
        let (name, module, file, keys, args) = case;
        one(
            bench,
            &Case {
                name,
                module,
                file,
                keys,
                args,
            },
        );
    }
}

/// A file of so many bytes, a number a line.
fn numbers(size: usize) -> (&'static str, String) {
    let mut text = String::with_capacity(size + 16);
    let mut number = 0;
    while text.len() < size {
        number += 1;
        writeln!(text, "{number}").expect("a string takes all");
    }
    ("numbers.txt", text)
}

/// A library of 2,000 functions and a table of 20,000 words.
fn library() -> String {
    let mut text = "const words = new Map();\n\
         for (let i = 0; i < 20000; i++) words.set('word' + i, i * i % 7919);\n"
        .to_owned();
    for n in 0..2_000 {
        writeln!(
            text,
            "function f{n}(x) {{ const w = words.get('word{n}'); return x > w ? `${{x}}` : [x, w].map(y => y * {n}).join(); }}"
        )
        .expect("a string takes all");
    }
    text
}

fn one(bench: &Bench, case: &Case) {
    let data = bench.folder.join("warm");
    let _ = fs::remove_dir_all(&data);
    fs::create_dir_all(&data).expect("can't create a tree");
    fs::write(data.join(case.file.0), &case.file.1).expect("can't write a file");
    let compiled = |name: &str, preinit: &str| {
        let manifest = bench.folder.join(format!("{name}.toml"));
        let text = format!(
            "manifest-version = 1\n[module]\ninput = {:?}\noutput = \"{name}.wasm\"\n\
             [[mount]]\nguest = \"/data\"\nsource = {data:?}\n{preinit}",
            case.module,
        );
        fs::write(&manifest, text).expect("can't write the manifest");
        let bundling = millis(&mut bench.bundle(&manifest));
        let bundle = bench.folder.join(format!("{name}.wasm"));
        (precompiled(bench, &bundle), bundling)
    };
    let (cold, bundling_cold) = compiled("cold", "");
    let (warm, bundling_warm) = compiled("warm", &format!("[preinit]\n{}\n", case.keys));
    let start = |module: &Path| millis(wasmtime(module, &[]).args(case.args));
    let (mut before, mut after) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..STARTS {
        before = before.min(start(&cold));
        after = after.min(start(&warm));
    }
    let name = format!("{}, a file of {} KB", case.name, case.file.1.len() / 1000);
    for (what, ours, theirs) in [
        ("start to end", after, before),
        ("bundle", bundling_warm, bundling_cold),
    ] {
        Row {
            group: "warm",
            case: &name,
            what,
            ours,
            theirs,
            unit: "ms",
            versus: "without [preinit]",
            ratio: ours / theirs,
            budget: None,
            peak_mib: None,
        }
        .print();
    }
}
