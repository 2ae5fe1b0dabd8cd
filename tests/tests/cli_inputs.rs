//! Mistakes in what a user gives: the command line, the manifest, the program, the files.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::process::Command;

use wasi_vfs_tests::command::*;
use wasi_vfs_tests::tool;

#[test]
fn usage() {
    let folder = folder(MANIFEST);
    // Without a command: the help, which lists what this build of the tool has.
    let said = wasi_vfs(folder.path(), &[]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(2), ""),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("Usage: wasi-vfs [OPTIONS] <COMMAND>"),
        "{}",
        said.stderr
    );
    fails("usage-unknown-command", folder.path(), &["bundel"], 2);
    fails(
        "usage-unknown-option",
        folder.path(),
        &["bundle", "--manifst", "x"],
        2,
    );
    fails("usage-missing-value", folder.path(), &["bundle", "-m"], 2);
}

#[test]
fn manifests() {
    let folder = folder("");
    fs::remove_file(folder.path().join("wasi-vfs.toml")).expect("was written above");
    fails("manifest-none", folder.path(), &["bundle"], 1);
    fails(
        "manifest-none-named",
        folder.path(),
        &["bundle", "-m", "other.toml"],
        1,
    );
    fails(
        "manifest-is-a-folder",
        folder.path(),
        &["bundle", "-m", "tree"],
        1,
    );
    bundle_fails(
        "manifest-not-toml",
        "manifest-version = 1\n[module\ninput = app.wat\n",
    );
    bundle_fails("manifest-empty", "");
    bundle_fails(
        "manifest-version",
        &MANIFEST.replace("version = 1", "version = 7"),
    );
    bundle_fails(
        "manifest-wrong-types",
        "manifest-version = 1\n[module]\ninput = 5\noutput = [\"out.wasm\"]\n[[mount]]\nguest = \"/data\"\nsource = \"tree\"\noptional = \"yes\"\ninclude = \"*.txt\"\n",
    );
    bundle_fails(
        "manifest-unknown-keys",
        "manifest-version = 1\n[modul]\n[module]\ninput = \"app.wat\"\noutput = \"out.wasm\"\n[[mount]]\nguset = \"/data\"\nguest = \"/data\"\nsource = \"tree\"\nexlcude = [\"x\"]\n[[mounts]]\n",
    );
    bundle_fails(
        "manifest-bad-values",
        "manifest-version = 1\n[module]\ninput = \"app.wat\"\noutput = \"out.wasm\"\n[defaults]\npermissions = \"rw\"\ntimestamps = \"yesterday\"\nsymlinks = \"drop\"\n[limits]\nimage-size = \"lots\"\n[[mount]]\nguest = \"/../data\"\nsource = \"tree\"\ninclude = [\"[a\"]\n",
    );
}

#[test]
fn programs() {
    let missing = folder(&MANIFEST.replace("app.wat", "missing.wasm"));
    fails("program-missing", missing.path(), &["bundle"], 1);
    fs::create_dir(missing.path().join("missing.wasm")).expect("can't create a folder");
    fails("program-is-a-folder", missing.path(), &["bundle"], 1);
    module_fails("program-empty", "app.wasm", "");
    module_fails(
        "program-text",
        "app.wasm",
        "#!/bin/sh\necho this is no module\n",
    );
    module_fails(
        "program-wat-with-an-error",
        "app.wat",
        "(module\n  (memory (export \"memory\") 1)\n  (func (export \"_start\")\n    i32.const 1 drop drop))\n",
    );
    module_fails(
        "program-wat-with-a-syntax-error",
        "app.wat",
        "(module (func)\n",
    );
    module_fails("program-component", "app.wasm", b"\0asm\x0d\0\x01\0");
    module_fails("program-component-wat", "app.wat", "(component)");
    module_fails(
        "program-memory64",
        "app.wat",
        r#"(module (memory (export "memory") i64 1) (func (export "_start")))"#,
    );
    module_fails(
        "program-shared-memory",
        "app.wat",
        r#"(module (memory (export "memory") 1 2 shared) (func (export "_start")))"#,
    );
    module_fails(
        "program-imported-memory",
        "app.wat",
        r#"(module (import "env" "memory" (memory 1)) (func (export "_start")))"#,
    );
    module_fails(
        "program-without-memory",
        "app.wat",
        r#"(module (func (export "_start")))"#,
    );
    module_fails(
        "program-memory-not-exported",
        "app.wat",
        r#"(module (memory 1) (func (export "_start")))"#,
    );
    module_fails(
        "program-wrong-signature",
        "app.wat",
        r#"(module (import "wasi_snapshot_preview1" "fd_close" (func (param i64))) (memory (export "memory") 1) (func (export "_start")))"#,
    );
    module_fails(
        "program-memory-full",
        "app.wat",
        PROGRAM.replace("\"memory\") 1", "\"memory\") 65536"),
    );
    // A real module, cut in the middle of its code and behind its header.
    let module = fs::read(wasi_vfs_tests::guest::cpython()).expect("tests/setup.sh fetched it");
    module_fails("program-truncated", "app.wasm", &module[..module.len() / 3]);
    module_fails("program-only-a-start", "app.wasm", &module[..7]);
}

#[test]
fn a_bundle_again() {
    let folder = folder(MANIFEST);
    let said = wasi_vfs(folder.path(), &["bundle", "-o", "first.wasm"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    write(
        folder.path(),
        "wasi-vfs.toml",
        MANIFEST.replace("app.wat", "first.wasm"),
    );
    // As one of an earlier version: nothing in it says what its program was.
    let first = folder.path().join("first.wasm");
    let mut bytes = fs::read(&first).unwrap();
    let undo = bytes.windows(13).rposition(|name| name == b"wasi-vfs.undo");
    bytes[undo.unwrap()] = b'-';
    fs::write(first, bytes).unwrap();
    fails("program-is-a-bundle", folder.path(), &["bundle"], 1);
}

/// `rebundle = false` leaves out what bundling again needs, and the message says so.
#[test]
fn a_bundle_that_is_to_be_bundled_once() {
    let link = |rebundle: bool| {
        MANIFEST.replace(
            "[[mount]]",
            &format!("[link]\nrebundle = {rebundle}\n\n[[mount]]"),
        )
    };
    let folder = folder(&link(true));
    let bundle = |manifest: String, out: &str| {
        write(folder.path(), "wasi-vfs.toml", manifest);
        let said = wasi_vfs(folder.path(), &["bundle", "-o", out, "--no-lock"]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        fs::read(folder.path().join(out)).unwrap()
    };
    let (usual, once) = (
        bundle(link(true), "usual.wasm"),
        bundle(link(false), "once.wasm"),
    );
    let has_undo = |module: &[u8]| module.windows(13).any(|name| name == b"wasi-vfs.undo");
    assert!(has_undo(&usual) && !has_undo(&once));
    assert!(once.len() < usual.len());
    // A bundle of a bundle may be the last one as well.
    let again = link(false).replace("app.wat", "usual.wasm");
    assert_eq!(bundle(again, "again.wasm"), once);
    let manifest = MANIFEST.replace("app.wat", "once.wasm");
    write(folder.path(), "wasi-vfs.toml", manifest);
    fails("program-bundled-once", folder.path(), &["bundle"], 1);
}

#[test]
fn sources() {
    bundle_fails("source-missing", &MANIFEST.replace("\"tree\"", "\"treee\""));
    bundle_fails(
        "glob-matches-nothing",
        &format!("{MANIFEST}include = [\"**/*.txt\", \"**/*.html\"]\nexclude = [\"sub/*.css\"]\n"),
    );
    bundle_fails(
        "rule-matches-nothing",
        &format!("{MANIFEST}\n[[mount.rule]]\nmatch = \"bin/*\"\npermissions = \"0755\"\n"),
    );
    bundle_fails(
        "clash",
        &format!(
            "{MANIFEST}\n[[mount]]\nguest = \"/data/sub\"\nsource = \"tree/sub\"\n\n[[file]]\nguest = \"/data/a.txt\"\ncontent = \"another\"\n"
        ),
    );
    bundle_fails(
        "below-a-file",
        &format!("{MANIFEST}\n[[file]]\nguest = \"/data/a.txt/x\"\ncontent = \"x\"\n"),
    );
    bundle_fails(
        "limit-of-a-file",
        &format!("{MANIFEST}\n[limits]\nfile-size = 2\n"),
    );
    bundle_fails(
        "limit-of-the-image",
        &format!("{MANIFEST}\n[limits]\nimage-size = 4\n"),
    );
    bundle_fails(
        "limit-of-files",
        &format!("{MANIFEST}\n[limits]\nfiles = 1\n"),
    );
    bundle_fails(
        "strip-prefix-does-not-apply",
        &format!("{MANIFEST}strip-prefix = \"sub\"\n"),
    );
}

#[test]
fn entries_an_image_cannot_hold() {
    let special = folder(MANIFEST);
    let _ = tool::run(
        Command::new("mkfifo").arg(special.path().join("tree/pipe")),
        b"",
    )
    .ok();
    fails("source-pipe", special.path(), &["bundle"], 1);

    let name = folder(MANIFEST);
    fs::write(
        name.path()
            .join("tree")
            .join(std::ffi::OsStr::from_bytes(b"caf\xe9")),
        "x",
    )
    .expect("can't write a file");
    fails("source-name-not-utf8", name.path(), &["bundle"], 1);

    let leaving = folder(MANIFEST);
    symlink(
        "../../../etc/passwd",
        leaving.path().join("tree/sub/leaves"),
    )
    .expect("can't create a symlink");
    fails("symlink-leaves-the-tree", leaving.path(), &["bundle"], 1);

    let refused = folder(&format!("{MANIFEST}symlinks = \"error\"\n"));
    symlink("a.txt", refused.path().join("tree/link")).expect("can't create a symlink");
    fails("symlink-refused", refused.path(), &["bundle"], 1);
}
