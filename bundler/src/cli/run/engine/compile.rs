//! A module as machine code: compiled, or taken from the cache.

use std::hash::{Hash as _, Hasher};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use wasi_vfs::cache::Cache;
use wasmtime::{Engine, Module};

use crate::cli::screen::Screen;

/// Compiling that takes longer is told.
const LONG: Duration = Duration::from_secs(1);

/// Compiles `bytes`, the module at `path`, unless the cache has its code.
///
/// # Errors
/// What the engine says of the module.
pub(super) fn module(
    engine: &Engine,
    bytes: &[u8],
    path: &Path,
    cache: Option<&Cache>,
    screen: &Screen,
) -> wasmtime::Result<Module> {
    let key = cache.map(|_| key(engine, bytes));
    if let Some((cache, key)) = cache.zip(key)
        && let Some(code) = cache.compiled(&key)
        && let Some(module) = known(engine, &code)
    {
        return Ok(module);
    }
    let module = telling(path, screen, || Module::new(engine, bytes))?;
    if let Some((cache, key)) = cache.zip(key)
        && let Ok(code) = module.serialize()
    {
        cache.keep_compiled(&key, &code);
    }
    Ok(module)
}

/// What the code depends on: the module, and the engine with its version, settings and processor.
fn key(engine: &Engine, bytes: &[u8]) -> [u8; 32] {
    let mut hash = Digest(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hash);
    hash.0.update(Sha256::digest(bytes));
    hash.0.finalize().into()
}

/// A hasher whose result has no collisions.
struct Digest(Sha256);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("BUG: the digest is taken as a whole")
    }
}

#[expect(unsafe_code, reason = "wasmtime can't check machine code")]
fn known(engine: &Engine, code: &[u8]) -> Option<Module> {
    // SAFETY: `code` is what `Module::serialize` gave: it lay in a folder that only this user can write to, under a key that
    // no other module or engine has, and its digest was checked. wasmtime looks at version and settings itself.
    unsafe { Module::deserialize(engine, code) }.ok()
}

/// Says on a terminal that `work` takes long, when it does.
fn telling<T>(path: &Path, screen: &Screen, work: impl FnOnce() -> T) -> T {
    if !screen.shows_progress() {
        return work();
    }
    let (done, waits) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if waits.recv_timeout(LONG) == Err(mpsc::RecvTimeoutError::Timeout) {
                screen.say(&format!("compiling `{}` ...", path.display()));
            }
        });
        let result = work();
        drop(done);
        result
    })
}
