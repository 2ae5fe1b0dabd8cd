//! `cases/NAME.wat` in, `cases/NAME.out.wat` out, by eye.
//!
//! A case is linked with the interposer that its first line names after `;; interposer:`, else with `interposer.wat`.
//! The golden file is the module with an empty image, after what its user is told.

use std::path::Path;

use wasi_vfs::link::Options;

use crate::support::{folder, golden, interposer, link_with, rendered};

#[test]
fn cases() {
    let mut seen = 0;
    let mut cases: Vec<_> = std::fs::read_dir(folder().join("cases"))
        .expect("the folder of cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    cases.sort();
    for path in cases {
        let name = path.file_name().expect("a name").to_string_lossy();
        if name.ends_with(".wat") && !name.ends_with(".out.wat") {
            golden(&path.with_extension("out.wat"), &case(&path));
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} cases");
}

fn case(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a case");
    let module =
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let with = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix(";; interposer: "))
        .unwrap_or("interposer");
    let linked = link_with(&module, &interposer(with), &Options::default())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut out = String::new();
    for notice in linked.notices() {
        for line in rendered(notice).lines() {
            out.push_str(&format!(";; {line}\n"));
        }
    }
    out.push_str(&wasmprinter::print_bytes(linked.to_bytes()).expect("a valid module"));
    // Else every release would change every golden file.
    out.replace(
        concat!("\"wasi-vfs\" \"", env!("CARGO_PKG_VERSION"), "\""),
        "\"wasi-vfs\" \"VERSION\"",
    )
}
