//! The wasi-vfs of before, beside this one: its library of crates.io linked with the program, and wizer, which its `pack`
//! (in no registry) called with the settings below. What else `pack` did, copying an export, is left out in its favour.

mod packing;
mod running;

use std::path::{Path, PathBuf};
use std::process::Command;

use wasi_vfs_tests::{cache, guest, tool};

use crate::Bench;

pub(crate) fn run(bench: &Bench) {
    let script = cache::package_dir().join("benches/earlier.sh");
    let _ = tool::run(Command::new("bash").arg(script), b"").ok();
    packing::run(bench);
    running::run(bench);
}

/// The wizer of the library's time, which is the fastest.
const WIZER: &str = "wizer-3.0.1";

/// The tree at `/` of the program, as `packed.wasm`. The program is run for that: it reads the tree into its memory.
fn pack(bench: &Bench, wizer: &str, tree: &Path) -> Command {
    let mut command = Command::new(cache::tool(wizer).join("wizer"));
    command
        .env("__WASI_VFS_PACKING", "1")
        // Where its engine keeps what it has compiled.
        .env("XDG_CACHE_HOME", compiled(bench))
        .args(["--allow-wasi", "--inherit-env", "true"])
        .args(["--init-func", "wasi_vfs_pack_fs"])
        .args(["--keep-init-func", "true", "--wasm-bulk-memory", "true"])
        .arg("--mapdir")
        .arg(format!("/::{}", tree.display()))
        .arg("-o")
        .arg(packed(bench))
        .arg(guest::earlier::bench());
    command
}

fn packed(bench: &Bench) -> PathBuf {
    bench.folder.join("packed.wasm")
}

fn compiled(bench: &Bench) -> PathBuf {
    bench.folder.join("packed-cache")
}
