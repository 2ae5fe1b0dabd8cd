//! Codes that nothing else here shows: of images that mean trouble, and of systems that are in trouble.

use std::io;
use std::path::PathBuf;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use wasi_vfs::extract::ExtractError;
use wasi_vfs::inspect::InspectError;

use crate::PROGRAM;
use crate::tool::{Folder, golden, session};

const MANIFEST: &str = r#"manifest-version = 1
[module]
input = "app.wat"
output = "app.wasm"

[[symlink]]
guest = "/gone"
target = "nowhere/at/all"

[[symlink]]
guest = "/round"
target = "round"

[[file]]
guest = "/@cwd/a/x"
content = "absolute"

[[file]]
guest = "a/x"
content = "relative"

[[dir]]
guest = "/full"
"#;

#[test]
fn images_that_mean_trouble() {
    let folder = Folder::new();
    folder.write("wasi-vfs.toml", MANIFEST);
    folder.write("app.wat", PROGRAM);
    folder.write("there/gone/x", "");
    folder.write("there/full", "");
    let text = session(
        &folder,
        &[
            &["bundle", "--quiet"],
            &["inspect", "app.wasm", "--cat", "/gone"],
            &["inspect", "app.wasm", "--cat", "/round"],
            &["extract", "app.wasm", "-o", "new"],
            &["extract", "app.wasm", "-o", "new", "a"],
            &["extract", "app.wasm", "-o", "there", "--force", "/gone"],
            &["extract", "app.wasm", "-o", "app.wat/new", "/gone"],
            &["man", "-o", "app.wat/man1"],
        ],
    );
    golden("cli/trouble.txt", &text);
    assert_eq!(folder.read("new/@cwd/a/x"), b"relative");
}

#[cfg(not(feature = "run"))]
#[test]
fn a_build_without_an_engine() {
    let text = session(&Folder::new(), &[&["run", "app.wasm"]]);
    golden("cli/run-no-engine.txt", &text);
}

/// A name that is not UTF-8 can't be written down.
#[cfg(target_os = "linux")]
#[test]
fn names_that_a_manifest_can_not_have() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = Folder::new();
    folder.write("app.wat", PROGRAM);
    let name = std::ffi::OsStr::from_bytes(b"fil\xe9s");
    std::fs::create_dir(folder.path().join(name)).unwrap();
    let said = folder
        .command(&["init", "app.wat"])
        .arg(name)
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(1));
    golden(
        "cli/init-not-utf8.txt",
        &String::from_utf8(said.stderr).unwrap(),
    );
}

/// As the screen shows them.
fn rendered(diagnostic: &dyn Diagnostic) -> String {
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::none())
        .without_cause_chain()
        .with_links(false)
        .with_width(100)
        .render_report(&mut text, diagnostic)
        .unwrap();
    text.trim_end().to_owned() + "\n\n"
}

/// What takes a full or broken disk, another system, or an image that its check refuses.
#[test]
fn systems_in_trouble() {
    let path = || PathBuf::from("out/etc/motd");
    let errors: [Box<dyn Diagnostic>; 4] = [
        Box::new(ExtractError::Full { path: path() }),
        Box::new(ExtractError::BelowFile {
            path: "/etc/motd/x".to_owned(),
            parent: "etc/motd".to_owned(),
        }),
        Box::new(ExtractError::Name {
            path: "/c:/x".to_owned(),
        }),
        Box::new(InspectError::Read(io::Error::other("Input/output error"))),
    ];
    let text: String = errors.iter().map(|error| rendered(&**error)).collect();
    golden("cli/systems.txt", &text);
}
