//! Remarks about modules that can be bundled all the same, and bundles that were damaged: what the user sees.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use wasi_vfs_tests::command::*;
use wasi_vfs_tests::golden;
use wasi_vfs_tests::tool;

/// `wasi-vfs bundle` does its work and has something to say about it.
#[track_caller]
fn remarks(name: &str, manifest: &str, program: &str) {
    let folder = folder(manifest);
    write(folder.path(), "app.wat", program);
    let said = wasi_vfs(folder.path(), &["bundle"]);
    let text = render(folder.path(), &["bundle"], &said);
    assert_eq!(said.code, Some(0), "{text}");
    // But for the last line: it has sizes, which depend on the interposer.
    let (remarks, _) = text.rsplit_once("bundled ").expect("it says so");
    assert!(remarks.contains("wasi_vfs::"), "nothing remarked: {text}");
    golden::check(&format!("cli/{name}.txt"), remarks);
}

#[test]
fn remarks_about_programs() {
    let nothing = "(module (memory (export \"memory\") 1) (func (export \"_start\")))";
    remarks("remark-no-file-calls", MANIFEST, nothing);
    let streams_only = "(module
  (import \"wasi_snapshot_preview1\" \"fd_read\" (func (param i32 i32 i32 i32) (result i32)))
  (memory (export \"memory\") 1)
  (func (export \"_start\")))";
    remarks("remark-files-not-opened", MANIFEST, streams_only);
    let emscripten = streams_only.replace(
        "(memory",
        "(import \"env\" \"__syscall_openat\" (func (param i32 i32 i32 i32) (result i32)))\n  (memory",
    );
    remarks("remark-files-of-emscripten", MANIFEST, &emscripten);
    let foreign = PROGRAM.replace(
        "(memory",
        "(import \"wasi_snapshot_preview1\" \"sock_accept\" (func (param i32 i32) (result i32)))\n  (memory",
    );
    remarks("remark-foreign-signature", MANIFEST, &foreign);
    let sections = PROGRAM.replace("(memory", "(@custom \"name\" \"\\ff\")\n  (memory");
    remarks("remark-custom-malformed", MANIFEST, &sections);
    // With so many functions a call of the interposer's takes another byte, so code moves.
    let debug = PROGRAM.replace(
        "(func (export \"_start\"))",
        &format!(
            "(func (export \"_start\") (drop (call 0 (i32.const 3)))) {} (@custom \".debug_info\" (after data) \"abc\")",
            "(func)".repeat(130)
        ),
    );
    remarks("remark-debug-dropped", MANIFEST, &debug);
    let alone = MANIFEST.replace("[[mount]]", "[link]\nhost = \"none\"\n\n[[mount]]");
    // Nothing else is imported that could stand in the places of these.
    let exported = "(module
  (import \"wasi_snapshot_preview1\" \"fd_tell\" (func $tell (param i32 i32) (result i32)))
  (memory (export \"memory\") 1)
  (export \"tell\" (func $tell))
  (func (export \"_start\")))";
    remarks("remark-imports-stay", &alone, exported);
}

#[test]
fn remarks_about_what_changes_nothing() {
    let more = "\n[env]\nHOME = \"/home\"\n\n[args]\ndefault = [\"-v\"]\n\n[[mount]]\nguest = \"/work\"\nkind = \"host\"\n";
    remarks("remark-unused", &format!("{MANIFEST}{more}"), PROGRAM);
}

/// A bundle of the usual folder, and where its image begins.
fn bundle() -> (TempDir, Vec<u8>, usize) {
    let folder = folder(MANIFEST);
    let _ = wasi_vfs(folder.path(), &["bundle"]).ok();
    let bytes = fs::read(folder.path().join("out.wasm")).expect("was bundled");
    let begin = b"\0wasivfs";
    let image = bytes
        .windows(begin.len())
        .position(|window| window == begin);
    (folder, bytes, image.expect("a bundle has an image"))
}

/// `wasi-vfs inspect` of a bundle in which something was changed.
#[track_caller]
fn damaged(name: &str, change: impl FnOnce(&mut Vec<u8>, usize)) {
    let (folder, mut bytes, image) = bundle();
    change(&mut bytes, image);
    write(folder.path(), "damaged.wasm", bytes);
    fails(name, folder.path(), &["inspect", "damaged.wasm"], 1);
}

/// The first place where `text` is.
fn find(bytes: &[u8], text: &[u8]) -> usize {
    let found = bytes.windows(text.len()).position(|window| window == text);
    found.expect("it is there")
}

#[test]
fn damaged_bundles() {
    damaged("damaged-begin", |bytes, image| bytes[image + 3] ^= 1);
    damaged("damaged-version", |bytes, image| bytes[image + 8] = 9);
    damaged("damaged-table", |bytes, image| bytes[image + 16] ^= 1);
    damaged("damaged-content", |bytes, _| {
        let at = find(bytes, b"bb\n");
        bytes[at] = b'c';
    });
    damaged("damaged-name", |bytes, image| {
        let at = image + find(&bytes[image..], b"a.txt");
        bytes[at] = b'z';
    });
    damaged("damaged-record", |bytes, _| {
        // What the module was sealed with, as its own section says.
        let digit = find(bytes, b"image-digest\":\"sha256:") + 25;
        bytes[digit] = if bytes[digit] == b'0' { b'1' } else { b'0' };
    });
    damaged("damaged-order", |bytes, image| {
        // Another hash seed, index or order would do as well: this is a mode that nobody writes.
        bytes[image + 96] ^= 1;
    });
    damaged("damaged-component", |bytes, _| {
        bytes.truncate(8);
        bytes[4..].copy_from_slice(&[0x0d, 0, 1, 0]);
    });
}

/// Runs a command line of a shell, in which `wasi-vfs` is the tool.
fn shell(root: &Path, script: &str) -> String {
    let mut command = Command::new("sh");
    let folder = tool::wasi_vfs().parent().expect("is in a folder");
    command
        .args(["-c", script])
        .current_dir(root)
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8");
    let said = tool::run(&mut command, b"");
    let text = format!(
        "$ {script}\nexit {}\n--- stdout\n{}--- stderr\n{}",
        said.code.unwrap_or(-1),
        said.stdout,
        said.stderr
    );
    text.replace(&root.display().to_string(), "[FOLDER]")
}

#[test]
fn places_that_take_nothing() {
    let (folder, _, _) = bundle();
    let text = shell(folder.path(), "wasi-vfs inspect out.wasm >/dev/full");
    golden::check("cli/stdout-is-full.txt", &text);
    let folder = self::folder(MANIFEST);
    let text = shell(folder.path(), "trap '' XFSZ; ulimit -f 4; wasi-vfs bundle");
    golden::check("cli/output-over-the-shells-limit.txt", &text);
    let old = fs::read_to_string(folder.path().join("out.wasm")).expect("is there");
    assert_eq!(old, OLD);
}

/// More than 4 GiB, in a file that takes no room on the disk.
#[test]
fn an_image_beyond_all_limits() {
    let limits = "[limits]\nimage-size = \"8 GiB\"\nfile-size = \"8 GiB\"\n\n[[mount]]";
    let folder = folder(&MANIFEST.replace("[[mount]]", limits));
    let large = fs::File::create(folder.path().join("tree/large.bin")).expect("can be made");
    large.set_len(1 << 32).expect("a file may have holes");
    drop(large);
    // Not `fails`, which would read it.
    let said = wasi_vfs(folder.path(), &["bundle"]);
    let text = render(folder.path(), &["bundle"], &said);
    assert_eq!(said.code, Some(1), "{text}");
    golden::check("cli/image-too-large.txt", &text);
}
