//! What the tests of archives share.

use std::io::Cursor;
use std::path::Path;

use wasi_vfs::embed::{ImageError, describe};
use wasi_vfs::manifest::{Choice, Manifest};
use wasi_vfs::plan::Plan;
use wasi_vfs::program::Program;
use wasi_vfs::source::{MemorySource, Source};

const HEAD: &str =
    "manifest-version = 1\n[module]\ninput = 'program.wasm'\noutput = 'out/out.wasm'\n";

/// A manifest whose paths are relative to the working directory.
pub(crate) fn manifest(text: &str) -> Manifest {
    let text = format!("{HEAD}{text}");
    match Manifest::parse(&text, "wasi-vfs.toml", Path::new(""), &Choice::default()) {
        Ok(manifest) => manifest,
        Err(error) => panic!("{:?}", miette::Report::new(error)),
    }
}

/// The image of a plan.
pub(crate) fn image_of(plan: &Plan, src: &dyn Source) -> Result<Vec<u8>, ImageError> {
    let mut image = Cursor::new(Vec::new());
    describe(plan)?.write(src, &mut image, &())?;
    Ok(image.into_inner())
}

/// A number that a test takes from its environment.
#[expect(
    clippy::disallowed_methods,
    reason = "a test takes its length from its environment"
)]
pub(crate) fn wish(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A bundle with the folder `t` of a source at its root.
pub(crate) fn bundle_of(src: &MemorySource) -> Vec<u8> {
    let program = r#"(module
        (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "an active segment")
        (func (export "_start")))"#;
    let program = Program::of_bytes("app.wat", program.into()).unwrap();
    let manifest = manifest(
        "[[mount]]\nguest = '/'\nsource = 't'\npermissions = 'source'\ndir-permissions = 'source'\n\
         timestamps = 'source'\n",
    );
    let mut out = Cursor::new(Vec::new());
    wasi_vfs::bundle(&manifest, &program, src, &mut out, &()).unwrap();
    out.into_inner()
}
