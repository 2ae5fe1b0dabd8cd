//! `wasi-vfs pack` as a user sees it.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::tool::{Folder, golden, session};
use crate::{PROGRAM, schema};

/// What the users of `--mapdir` have: dot files, a checkout, two directories that share names.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("app.wat", PROGRAM);
    folder.write("mnt/hello.txt", "Hello\n");
    folder.write("mnt/.hidden", "");
    folder.write("mnt/.git/config", "[core]\n");
    folder.write("mnt/sub/ünï cödé.txt", "x");
    symlink("hello.txt", folder.path().join("mnt/link")).unwrap();
    folder.write("over/hello.txt", "Hello from above\n");
    folder.write("secret/.env", "TOKEN=1\n");
    folder
}

#[test]
fn directories_go_in_without_a_manifest() {
    let folder = folder();
    let mut text = session(
        &folder,
        &[
            &["pack", "app.wat", "--dir", "mnt::/", "-o", "a.wasm"],
            &["inspect", "a.wasm", "--tree"],
            &["pack", "app.wat", "--mapdir", "/::./mnt/", "-o", "b.wasm"],
            &["diff", "a.wasm", "b.wasm"],
            &["pack", "app.wat", "--dir", "mnt", "-o", "c.wasm"],
            &["inspect", "c.wasm", "--tree"],
            &["pack", "app.wat", "--dir", "secret::/s", "-o", "d.wasm"],
        ],
    );
    // Whichever option names a directory: the further right wins.
    for (first, second, hello) in [
        (
            ["--dir", "mnt::/"],
            ["--mapdir", "/::over"],
            "Hello from above\n",
        ),
        (["--dir", "over::/"], ["--mapdir", "/::mnt"], "Hello\n"),
        (
            ["--mapdir", "/::mnt"],
            ["--dir", "over::/"],
            "Hello from above\n",
        ),
    ] {
        let args = [
            &["pack", "app.wat"][..],
            &first,
            &second,
            &["-o", "o.wasm", "-q"],
        ]
        .concat();
        let cat = ["inspect", "o.wasm", "--cat", "/hello.txt"];
        text += &session(&folder, &[&args, &cat]);
        assert_eq!(folder.run(&cat).stdout, hello);
    }
    golden("cli/pack.txt", &masked(&text));
    assert_eq!(folder.read("a.wasm"), folder.read("b.wasm"));
}

/// Without the sizes of modules, which are the interposer's business.
fn masked(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    let lines = lines.map(|line| match line.rsplit_once("` (") {
        Some((start, _)) if line.starts_with("bundled ") => format!("{start}` ([SIZE])\n"),
        _ => line.to_owned(),
    });
    lines.collect()
}

#[test]
fn what_pack_does_not_take() {
    let folder = folder();
    folder.write("text", "");
    let text = session(
        &folder,
        &[
            &["pack", "app.wat", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "a::/::b", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "../mnt", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "::/", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "mnt::", "-o", "o.wasm"],
            &["pack", "app.wat", "--mapdir", "/", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "mtn::/", "-o", "o.wasm"],
            &["pack", "no.wasm", "--dir", "mnt::/", "-o", "o.wasm"],
            &["pack", "text", "--dir", "mnt::/", "-o", "o.wasm"],
            &["pack", "app.wat", "--dir", "mnt::/", "-o", "no/o.wasm"],
            &["pack", "app.wat", "--dir", "mnt::/", "-o", "app.wat"],
        ],
    );
    golden("cli/pack-wrong.txt", &text);
    assert_eq!(
        folder.names("."),
        ["app.wat", "mnt", "over", "secret", "text"]
    );
}

#[test]
fn a_report_of_a_pack() {
    let folder = folder();
    let said = folder.run(&[
        "pack", "app.wat", "--dir", "mnt::/", "-o", "o.wasm", "--json",
    ]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    schema::check(&folder, "bundle-report", &said.stdout);
    assert_eq!(report["output"], "o.wasm");
    let size = fs::metadata(folder.path().join("o.wasm")).unwrap().len();
    assert_eq!(report["size"], size);
    assert_eq!(report["totals"]["files"], 4);
    assert_eq!(report.get("lock"), None);
}
