//! A bundle that other tools went over is still a bundle: it runs as before, and everything that was embedded is found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::fixture::Fixture;
use wasi_vfs_tests::guest::{self, Libc};
use wasi_vfs_tests::listing::{self, Listing};
use wasi_vfs_tests::tool;
use wasi_vfs_tests::tree::Tree;

/// What is done to a bundle `in.wasm`, as a shell's command line; it writes `out.wasm`.
const TOOLS: &[(&str, &str)] = &[
    (
        "wasm-opt -O2",
        "wasm-opt --enable-bulk-memory -O2 in.wasm -o out.wasm",
    ),
    (
        "wasm-opt -Oz, and no names",
        "wasm-opt --enable-bulk-memory -Oz --strip-debug --strip-producers in.wasm -o out.wasm",
    ),
    ("wasm-strip", "wasm-strip in.wasm -o out.wasm"),
    (
        "llvm-strip",
        "cp in.wasm out.wasm && llvm-strip-19 --strip-all out.wasm",
    ),
    (
        "without the section `wasi-vfs`",
        "llvm-objcopy-19 --remove-section=wasi-vfs in.wasm out.wasm",
    ),
    (
        "text and back",
        "wasm2wat --generate-names in.wasm -o middle.wat && wat2wasm middle.wat -o out.wasm",
    ),
    (
        "one after the other",
        "wasm-strip in.wasm -o a.wasm && wasm-opt --enable-bulk-memory -O1 a.wasm -o b.wasm && wasm-opt --enable-bulk-memory -O2 b.wasm -o out.wasm",
    ),
];

fn listing(folder: &Path, module: &str) -> Listing {
    let said = bundle::wasi_vfs(folder, &["inspect", "--json", module]).ok();
    let report: Value = serde_json::from_str(&said).expect("is JSON");
    listing::of_report(&report)
}

fn extracted(folder: &Path, module: &str) -> Tree {
    let to = module.replace(".wasm", "");
    let _ = bundle::wasi_vfs(folder, &["extract", module, "-o", &to]).ok();
    Tree::read(&folder.join(to)).numbered()
}

#[test]
fn bundles_survive_other_tools() {
    let fixture = Fixture::new(1);
    let made = bundle::with_fixture(&guest::probe(Libc::Debian), &fixture);
    let folder = fixture.folder();
    let rename = |from: PathBuf, name: &str| fs::rename(from, folder.join(name)).expect("is there");
    rename(made, "in.wasm");
    let entries = listing(folder, "in.wasm");
    assert!(entries.len() > 300);
    let tree = extracted(folder, "in.wasm");
    let run = |module: &str| {
        let run = Run::with_args(&["/"]);
        Engine::Wasmtime.run(&folder.join(module), &run)
    };
    let says = run("in.wasm");
    assert_eq!(says.code, Some(0), "{}", says.stderr);
    let mut reports = BTreeMap::new();
    for (number, (what, script)) in TOOLS.iter().enumerate() {
        let _ = tool::run(
            Command::new("sh")
                .args(["-e", "-c", script])
                .current_dir(folder),
            b"",
        )
        .ok();
        let name = format!("after-{number}.wasm");
        rename(folder.join("out.wasm"), &name);
        assert!(listing(folder, &name) == entries, "inspect after {what}");
        assert!(extracted(folder, &name) == tree, "extract after {what}");
        assert!(run(&name) == says, "another answer after {what}");
        // The program was changed, so they differ; what is embedded does not.
        let said = bundle::wasi_vfs(folder, &["diff", "--json", "in.wasm", &name]);
        assert!(matches!(said.code, Some(0 | 3)), "{what}\n{}", said.stderr);
        let report: Value = serde_json::from_str(&said.stdout).expect("is JSON");
        let _ = reports.insert(*what, report);
    }
    for (what, report) in reports {
        for list in ["added", "removed", "changed"] {
            let named = report["differences"][list].as_array();
            assert_eq!(
                named.map(Vec::len),
                Some(0),
                "diff after {what}: {report:#}"
            );
        }
    }
}
