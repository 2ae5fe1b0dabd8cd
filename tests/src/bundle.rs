//! Making bundles with the tool, as a user does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixture::Fixture;
use crate::tool::{self, Said};

/// Runs `wasi-vfs` with arguments, in `folder`.
///
/// # Panics
/// When it can't be built or started.
#[must_use]
pub fn wasi_vfs(folder: &Path, args: &[&str]) -> Said {
    tool::run(
        Command::new(tool::wasi_vfs())
            .args(args)
            .current_dir(folder),
        b"",
    )
}

/// Writes `manifest` into `folder` and bundles it; the path of the result.
///
/// # Panics
/// When the tool reports an error; the message holds it.
#[must_use]
#[track_caller]
pub fn bundle(folder: &Path, manifest: &str) -> PathBuf {
    let name = "wasi-vfs.toml";
    fs::write(folder.join(name), manifest).expect("can't write a manifest");
    let output = folder.join("bundle.wasm");
    let _ = wasi_vfs(folder, &["bundle", "-m", name, "-o", "bundle.wasm"]).ok();
    output
}

/// The manifest that embeds the whole [`Fixture`] at `/` as it is, but for the folder `mode`: modes that
/// deny, and absolute symlinks, which a source may not have.
#[must_use]
pub fn fixture_manifest(module: &Path) -> String {
    let rules: String = [
        ("mode/0000", "permissions", "0000"),
        ("mode/0200", "permissions", "0200"),
        ("mode/0400", "permissions", "0400"),
        ("mode/0755", "permissions", "0755"),
        ("mode/no-search", "dir-permissions", "0600"),
        ("mode/no-read", "dir-permissions", "0300"),
    ]
    .iter()
    .map(|(path, key, mode)| format!("\n[[mount.rule]]\nmatch = \"{path}\"\n{key} = \"{mode}\"\n"))
    .collect();
    format!(
        r#"manifest-version = 1

[module]
input = "{}"
output = "bundle.wasm"

[defaults]
permissions = "source"
dir-permissions = "source"
timestamps = "source"
symlinks = "keep"
default-excludes = false

[[mount]]
guest = "/"
source = "tree"
{rules}
[[symlink]]
guest = "/mode/link-absolute"
target = "/file.txt"

[[symlink]]
guest = "/mode/link-absolute-dir"
target = "/dir"
"#,
        module.display()
    )
}

/// The bundle of `module` with the fixture at `/`, beside the fixture's tree.
#[must_use]
pub fn with_fixture(module: &Path, fixture: &Fixture) -> PathBuf {
    bundle(fixture.folder(), &fixture_manifest(module))
}
