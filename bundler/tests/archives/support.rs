//! What the tests of archives share.

use std::io::Cursor;
use std::path::Path;

use wasi_vfs::image::{ImageError, describe};
use wasi_vfs::manifest::{Choice, Manifest};
use wasi_vfs::plan::Plan;
use wasi_vfs::source::Source;

const HEAD: &str = "manifest-version = 1\n[module]\ninput = 'app.wasm'\noutput = 'out/out.wasm'\n";

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
