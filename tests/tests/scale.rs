//! Many files, deep folders, equal contents: still right, and stored once.

use std::fs;
use std::path::Path;

use wasi_vfs_tests::bundle;
use wasi_vfs_tests::engine::{Engine, Run};
use wasi_vfs_tests::guest::{self, pre_linked};
use wasi_vfs_tests::transcript::Transcript;

const MANIFEST: &str = r#"manifest-version = 1
[module]
input = "MODULE"
output = "bundle.wasm"
[[mount]]
guest = "/"
source = "tree"
"#;

fn manifest(module: &Path) -> String {
    MANIFEST.replace("MODULE", &module.display().to_string())
}

/// 30,000 names in one directory, and a file 300 directories deep.
#[test]
fn large_and_deep_directories() {
    const COUNT: usize = 30_000;
    const DEPTH: usize = 300;
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let large = folder.path().join("tree/large");
    fs::create_dir_all(&large).expect("can't create a folder");
    for n in 0..COUNT {
        fs::write(large.join(format!("file-{n}")), n.to_string()).expect("can't write a file");
    }
    let deep = folder
        .path()
        .join("tree/deep")
        .join(vec!["d"; DEPTH].join("/"));
    fs::create_dir_all(&deep).expect("can't create folders");
    fs::write(deep.join("file"), "deep\n").expect("can't write a file");
    let run = Run::with_args(&[&COUNT.to_string(), &DEPTH.to_string()]);
    for (module, engine) in [
        (guest::scale(), Engine::Wasmtime),
        (guest::scale(), Engine::Node),
        (pre_linked::scale(), Engine::Wasmtime),
    ] {
        let bundle = bundle::bundle(folder.path(), &manifest(&module));
        let said = Transcript::parse(&engine.run(&bundle, &run).ok());
        for (label, value) in [
            ("found", "30000".to_owned()),
            ("right contents", COUNT.div_ceil(16).to_string()),
            ("absent", "30000".to_owned()),
            ("listed", "30002, 30000 distinct, 2 others".to_owned()),
        ] {
            assert_eq!(
                said.value("read a large directory", label),
                value,
                "{engine:?}: {label}"
            );
        }
        for label in ["directory", "file"] {
            assert_eq!(
                said.value("read a deep directory", label),
                "1",
                "{engine:?}: {label}"
            );
        }
    }
}

/// 200 equal files of 100 kB take the room of one, equal ones of other sizes and one byte's difference do not mix.
#[test]
fn equal_contents_are_stored_once() {
    let folder = tempfile::tempdir().expect("can't create a temporary folder");
    let tree = folder.path().join("tree");
    fs::create_dir_all(&tree).expect("can't create a folder");
    let content: Vec<u8> = (0..100_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for n in 0..200 {
        fs::write(tree.join(format!("equal-{n}")), &content).expect("can't write a file");
    }
    let mut other = content.clone();
    other[99_999] ^= 1;
    fs::write(tree.join("other"), &other).expect("can't write a file");
    fs::write(tree.join("shorter"), &content[..99_999]).expect("can't write a file");
    let bundle = bundle::bundle(folder.path(), &manifest(&guest::scale()));
    let bundle = bundle.to_str().expect("a path in UTF-8");
    let said = bundle::wasi_vfs(folder.path(), &["inspect", "--json", bundle]).ok();
    let report: serde_json::Value = serde_json::from_str(&said).expect("is JSON");
    let size = report["image"]["size"].as_u64().expect("a number");
    assert!(
        (300_000..320_000).contains(&size),
        "{size} bytes for 3 distinct contents of 100 kB"
    );
    let digests: std::collections::BTreeSet<&str> = report["entries"]
        .as_array()
        .expect("a list of entries")
        .iter()
        .filter_map(|entry| entry["digest"].as_str())
        .collect();
    assert_eq!(digests.len(), 3);
}
