//! Commands of the tool as a user types them, in a folder laid out for the case.
//!
//! A golden file under `golden/cli` holds the command, its exit code and all it said. A command that fails leaves
//! the folder as it was: nothing half-written, the old output untouched.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::golden;
use crate::tool::{self, Said};

/// A program that can be bundled.
pub const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
"#;

/// A manifest that bundles [`PROGRAM`] with the folder `tree`.
pub const MANIFEST: &str = r#"manifest-version = 1

[module]
input = "app.wat"
output = "out.wasm"

[[mount]]
guest = "/data"
source = "tree"
"#;

/// What was at the output before.
pub const OLD: &str = "the old output";

/// A folder with a program, a small tree, an old output and this manifest.
pub fn folder(manifest: &str) -> TempDir {
    let folder = tempfile::Builder::new()
        .prefix("wasi-vfs-")
        .tempdir()
        .expect("can't create a temporary folder");
    let root = folder.path();
    fs::set_permissions(root, fs::Permissions::from_mode(0o755))
        .expect("can't open the folder for others");
    write(root, "app.wat", PROGRAM);
    write(root, "tree/a.txt", "a\n");
    write(root, "tree/sub/b.txt", "bb\n");
    write(root, "out.wasm", OLD);
    write(root, "wasi-vfs.toml", manifest);
    folder
}

/// Writes a file of the folder, with its parents.
///
/// # Panics
/// When the disk does not let it.
pub fn write(root: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().expect("lies in the folder")).expect("can't create a folder");
    fs::write(&path, content)
        .unwrap_or_else(|error| panic!("can't write `{}`: {error}", path.display()));
}

/// All that is in the folder: paths with contents.
pub fn snapshot(root: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("can be listed") {
            let path = entry.expect("can be listed").path();
            let kind = fs::symlink_metadata(&path).expect("is there").file_type();
            let content = if kind.is_file() {
                fs::read(&path).unwrap_or_default()
            } else {
                Vec::new()
            };
            if kind.is_dir() {
                folders.push(path.clone());
            }
            all.insert(path.as_os_str().as_bytes().to_vec(), content);
        }
    }
    all
}

/// Runs the tool in the folder, without colours.
#[must_use]
pub fn wasi_vfs(root: &Path, args: &[&str]) -> Said {
    let mut command = Command::new(tool::wasi_vfs());
    command
        .args(args)
        .current_dir(root)
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8")
        .env("WASI_VFS_CACHE", "")
        .env_remove("RUST_BACKTRACE");
    tool::run(&mut command, b"")
}

/// The golden file's text.
pub fn render(root: &Path, args: &[&str], said: &Said) -> String {
    let code = said
        .code
        .map_or_else(|| "killed".to_owned(), |code| code.to_string());
    let text = format!(
        "$ wasi-vfs {}\nexit {code}\n--- stdout\n{}--- stderr\n{}",
        args.join(" "),
        said.stdout,
        said.stderr
    );
    text.replace(&root.display().to_string(), "[FOLDER]")
}

/// Runs the command, which must fail with `code` and change nothing.
#[track_caller]
pub fn fails(name: &str, root: &Path, args: &[&str], code: i32) {
    let before = snapshot(root);
    let said = wasi_vfs(root, args);
    let text = render(root, args, &said);
    assert_eq!(said.code, Some(code), "{text}");
    assert!(
        before == snapshot(root),
        "the folder is not as it was\n{text}"
    );
    golden::check(&format!("cli/{name}.txt"), &text);
}

/// `wasi-vfs bundle` with this manifest fails with exit code 1.
#[track_caller]
pub fn bundle_fails(name: &str, manifest: &str) {
    fails(name, folder(manifest).path(), &["bundle"], 1);
}

/// The same where `module` is the program, under this name.
#[track_caller]
pub fn module_fails(name: &str, file: &str, module: impl AsRef<[u8]>) {
    let folder = folder(&MANIFEST.replace("app.wat", file));
    write(folder.path(), file, module);
    fails(name, folder.path(), &["bundle"], 1);
}
