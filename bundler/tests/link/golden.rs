//! `cases/NAME.wat` in, `cases/NAME.out.wat` out, by eye; `cases/NAME.isolated.out.wat` with a memory for the interposer.
//!
//! A golden file is the module with an empty image, after what its user is told.

use wasi_vfs::link::{Linked, Memory};

use crate::support::{cases, golden, rendered};

#[test]
fn in_one_memory() {
    let cases = cases();
    for case in &cases {
        let linked = case.link(Memory::Single);
        golden(&case.path.with_extension("out.wat"), &text(&linked));
    }
    assert!(cases.len() > 15, "only {} cases", cases.len());
}

#[test]
fn in_two_memories() {
    for case in cases() {
        let linked = case.link(Memory::Isolated);
        golden(
            &case.path.with_extension("isolated.out.wat"),
            &text(&linked),
        );
    }
}

fn text(linked: &Linked<'_>) -> String {
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
