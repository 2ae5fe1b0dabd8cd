//! `wasi-vfs init`: what it writes bundles at once.

use crate::PROGRAM;
use crate::tool::{Folder, golden, session};

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("build/app.wat", PROGRAM);
    folder.write("assets/logo.txt", "logo\n");
    folder
}

fn text(folder: &Folder, name: &str) -> String {
    String::from_utf8(folder.read(name)).unwrap()
}

#[test]
fn a_new_manifest() {
    let folder = folder();
    let said = session(
        &folder,
        &[
            &["init"],
            &["init"],
            &["bundle"],
            &["init", "build/app.wat", "-m", "/none/here/app.toml"],
            &["init", "none.wasm", "-m", "other.toml"],
            &["init", "build/app.wat", "none", "-m", "other.toml"],
            &["init", "dist/app.wasm", "-m", "again.toml"],
            &["init", "-g", "../x", "-m", "other.toml"],
        ],
    );
    golden("cli/init.txt", &said);
    // The one module and the one directory that were there.
    golden("cli/init.toml", &text(&folder, "wasi-vfs.toml"));
    let tree = folder.run(&["inspect", "dist/app.wasm", "--cat", "/assets/logo.txt"]);
    assert_eq!(tree.stdout, "logo\n");
    assert!(!folder.names(".").contains(&"other.toml".to_owned()));
    // A bundle can be bundled again.
    assert!(text(&folder, "again.toml").contains("input = \"dist/app.wasm\""));
}

/// Paths are written as the manifest's own folder sees them, and the output is not the program.
#[test]
fn a_manifest_in_another_folder() {
    let folder = folder();
    folder.write("ship/dist/app.wat", PROGRAM);
    let ship = folder.path().join("ship/dist/app.wat");
    let said = folder.run(&[
        "init",
        ship.to_str().unwrap(),
        "assets/logo.txt",
        "-m",
        "ship/new/app.toml",
        "-g",
        "/logo.txt",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let manifest = text(&folder, "ship/new/app.toml");
    for line in [
        "input = \"../dist/app.wat\"",
        "output = \"dist/app.wasm\"",
        "source = \"../../assets/logo.txt\"",
        "guest = \"/logo.txt\"",
    ] {
        assert!(manifest.lines().any(|it| it == line), "{line}:\n{manifest}");
    }
    let said = folder.run(&["bundle", "-m", "ship/new/app.toml", "--quiet"]);
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
}

#[test]
fn without_anything_to_guess_from() {
    let folder = Folder::new();
    let said = session(&folder, &[&["init"]]);
    folder.write("a.wat", PROGRAM);
    folder.write("b.wat", PROGRAM);
    // Neither can be bundled.
    folder.write("c.wasm", "no module");
    folder.write("d.wat", "(module)");
    let several = session(
        &folder,
        &[
            &["init"],
            &["init", "b.wat", "--force"],
            &["init", "d.wat", "-m", "d.toml"],
        ],
    );
    golden("cli/init-guess.txt", &(said + &several));
    golden("cli/init-empty.toml", &text(&folder, "wasi-vfs.toml"));
}
