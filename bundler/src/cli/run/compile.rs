//! A module's compiled code: from the cache, or compiled and kept there.

use std::hash::{Hash as _, Hasher};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sha2::{Digest as _, Sha256};
use wasi_vfs::cache::{Cache, CompiledCache};
use wasmtime::{Engine, Module};

use crate::cli::screen::Screen;

/// Compiling that is done sooner is not spoken of.
const PATIENCE: Duration = Duration::from_secs(1);

/// Compiles the module, unless the cache has its code.
pub(super) fn module(
    engine: &Engine,
    bytes: &[u8],
    name: &str,
    cache: Option<&Cache>,
    screen: &Screen,
) -> wasmtime::Result<Module> {
    let cache = cache.filter(|_| CompiledCache::keeps(bytes.len()));
    let Some(cache) = cache.map(Cache::compiled) else {
        return compile(engine, bytes, name, screen);
    };
    let key = key(engine, bytes);
    if let Some(code) = cache.get(&key)
        && let Some(module) = load(engine, &code)
    {
        return Ok(module);
    }
    let module = compile(engine, bytes, name, screen)?;
    cache.keep(&key, &module.serialize()?);
    Ok(module)
}

/// What decides the compiled code: the module, and the engine's version and settings.
fn key(engine: &Engine, bytes: &[u8]) -> [u8; 32] {
    let mut hash = KeyHasher(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hash);
    hash.0.update(Sha256::digest(bytes));
    hash.0.finalize().into()
}

/// Sha256 behind std's interface: the engine's settings can only be hashed, not be had as bytes.
struct KeyHasher(Sha256);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("BUG: the digest is taken from the field")
    }
}

/// `None` for code of another wasmtime, which checks that itself.
#[expect(unsafe_code, reason = "compiled code can't be checked, only trusted")]
fn load(engine: &Engine, code: &[u8]) -> Option<Module> {
    // SAFETY: `CompiledCache` gives only what `module` above kept there: its digest is right, and nobody but this user
    // could write the file or its folder.
    unsafe { Module::deserialize(engine, code) }.ok()
}

/// Compiles on all cores; on a terminal, says so when it takes long.
fn compile(engine: &Engine, bytes: &[u8], name: &str, screen: &Screen) -> wasmtime::Result<Module> {
    if !screen.shows_progress() {
        return Module::new(engine, bytes);
    }
    let (done, wait) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if wait.recv_timeout(PATIENCE) != Err(mpsc::RecvTimeoutError::Timeout) {
                return;
            }
            let spinner = spinner(name);
            // Ends when the other side is dropped.
            while wait.recv_timeout(Duration::from_millis(100))
                == Err(mpsc::RecvTimeoutError::Timeout)
            {
                spinner.tick();
            }
            spinner.finish_and_clear();
        });
        let module = Module::new(engine, bytes);
        drop(done);
        module
    })
}

fn spinner(name: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} Compiling {msg} ({elapsed})");
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        .with_style(style.expect("the template is constant and tested"))
        .with_message(name.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_template_is_valid() {
        assert_eq!(super::spinner("app.wasm").message(), "app.wasm");
    }
}
