//! Starting cold and warm: the same program and files, without `[preinit]` and with it.
//!
//! What is timed is a process of wasmtime with the module compiled beforehand, start to end, so that a few milliseconds of
//! it are the engine's own; the fastest of several is quoted, because what else a machine does only adds to it. The last column is what `wasi-vfs bundle` takes with the initializer.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wasi_vfs_tests::guest::{self, Libc};

use super::{Cost, cost, millis, wasmtime};

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

/// Prints the table.
pub(crate) fn table(folder: &Path, tool: &Path) {
    println!("\n## Starting warm (wall time of a process, fastest of {STARTS})\n");
    println!("| program | file | cold | warm | ratio | warm module | bundling |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
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
        row(
            folder,
            tool,
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

fn row(folder: &Path, tool: &Path, case: &Case) {
    let data = folder.join("warm");
    let _ = fs::remove_dir_all(&data);
    fs::create_dir_all(&data).expect("can't create a tree");
    fs::write(data.join(case.file.0), &case.file.1).expect("can't write a file");
    let compiled = |name: &str, preinit: &str| {
        let manifest = folder.join(format!("{name}.toml"));
        let text = format!(
            "manifest-version = 1\n[module]\ninput = {:?}\noutput = \"{name}.wasm\"\n\
             [[mount]]\nguest = \"/data\"\nsource = {data:?}\n{preinit}",
            case.module,
        );
        fs::write(&manifest, text).expect("can't write the manifest");
        let arguments = ["bundle", "--quiet", "--no-lock", "-m"];
        let bundling = cost(Command::new(tool).args(arguments).arg(&manifest));
        let bundle = folder.join(format!("{name}.wasm"));
        let native = bundle.with_extension("cwasm");
        let mut compile = Command::new(wasmtime());
        let _ = cost(compile.arg("compile").arg(&bundle).arg("-o").arg(&native));
        let size = fs::metadata(&bundle).map_or(0, |about| about.len());
        (native, size, bundling.wall)
    };
    let (cold, _, _) = compiled("cold", "");
    let (warm, size, bundling) = compiled("warm", &format!("[preinit]\n{}\n", case.keys));
    let start = |module: &Path| {
        let mut run = Command::new(wasmtime());
        cost(
            run.args(["run", "--allow-precompiled"])
                .arg(module)
                .args(case.args),
        )
    };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        before.push(start(&cold));
        after.push(start(&warm));
    }
    let fastest = |costs: &[Cost]| {
        let walls = costs.iter().map(|cost| cost.wall);
        millis(walls.min().expect("there were some"))
    };
    let (before, after) = (fastest(&before), fastest(&after));
    println!(
        "| {} | {} KB | {:.1} ms | {:.1} ms | {:.1} | {} KiB | {:.2} s |",
        case.name,
        case.file.1.len() / 1000,
        before,
        after,
        before / after,
        size >> 10,
        bundling.as_secs_f64(),
    );
}
