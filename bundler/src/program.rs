//! The program to be bundled; taken out of its bundle when it is in one.

mod inspect;
mod restore;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache::Stamp;
use crate::inspect::InspectError;
use crate::layer::Layer;
use crate::link::LinkError;
use crate::module::{Bytes, ProgramError, decode, load_from};
use crate::source::Source;
use restore::RestoreError;

/// A program to be bundled, in binary form. A bundle is taken apart: its program is what is linked, its files lie below all
/// others.
#[derive(Debug)]
pub struct Program {
    module: Bytes,
    layer: Option<Arc<Layer>>,
    /// SHA-256 of the program that `module` was taken from, when it lacks sections of it.
    original: Option<[u8; 32]>,
    /// What it was as a file, when that is as good as reading it.
    file: Option<Stamp>,
}

impl Program {
    /// The module at `path` of a source, binary or text. Of a bundle nothing but its program is read into memory.
    ///
    /// # Errors
    /// When it is missing or can't be read, on a mistake in a text, and when it is a bundle that is damaged or was changed after it
    /// was made.
    pub fn open(src: &dyn Source, path: &Path) -> Result<Self, OpenError> {
        match Layer::open(src, path, &path.display().to_string()) {
            Ok(layer) => Self::on(layer, src, path),
            Err(error) => Err(damaged(path, error)),
        }
    }

    /// The same of a module in memory, which messages call `name`.
    ///
    /// # Errors
    /// As [`open`](Self::open), but for reading.
    pub fn of_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, OpenError> {
        let module = Arc::new(decode(name, bytes)?);
        match Layer::of_bytes(&module, name) {
            Ok(Some(layer)) => Self::in_bundle(layer, Path::new(name)),
            Ok(None) => Ok(Self::plain(Arc::unwrap_or_clone(module).into())),
            Err(error) => Err(damaged(Path::new(name), error)),
        }
    }

    /// The module at `path`, whose image is `layer`.
    pub(crate) fn on(
        layer: Option<Layer>,
        src: &dyn Source,
        path: &Path,
    ) -> Result<Self, OpenError> {
        match layer {
            Some(layer) => Self::in_bundle(layer, path),
            None => {
                let stamp = || src.cache().and_then(|_| Stamp::of(path));
                let before = stamp();
                let module = load_from(src, path)?;
                // Not of a text, which is in another form here.
                let file = before.filter(|stamp| stamp.size() == module.len() as u64);
                let file = file.filter(|_| module.starts_with(b"\0asm") && before == stamp());
                Ok(Self {
                    file,
                    ..Self::plain(module)
                })
            }
        }
    }

    fn plain(module: Bytes) -> Self {
        Self {
            module,
            layer: None,
            original: None,
            file: None,
        }
    }

    fn in_bundle(layer: Layer, path: &Path) -> Result<Self, OpenError> {
        match restore::program(layer.bundle().found()) {
            Ok(restored) => Ok(Self {
                module: restored.program.into(),
                layer: Some(Arc::new(layer)),
                original: Some(restored.digest),
                file: None,
            }),
            Err(RestoreError::Read(error)) => Err(damaged(path, error)),
            Err(RestoreError::Link(error)) => Err(OpenError::Link {
                module: path.to_owned(),
                error,
            }),
        }
    }

    /// The program's own module.
    #[must_use]
    pub fn module(&self) -> &[u8] {
        &self.module
    }

    /// The image that the program has already; none: it is no bundle.
    #[must_use]
    pub fn layer(&self) -> Option<&Arc<Layer>> {
        self.layer.as_ref()
    }

    /// SHA-256 of the program as it was first bundled, when that may be another than that of its module.
    pub(crate) fn original(&self) -> Option<[u8; 32]> {
        self.original
    }
}

fn damaged(path: &Path, error: InspectError) -> OpenError {
    OpenError::Inspect {
        module: path.to_owned(),
        error,
    }
}

/// Why a program can't be bundled, found out before it is linked.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its module can't be read.
    #[error(transparent)]
    Module(#[from] ProgramError),
    /// It is a bundle whose image is damaged.
    #[error("cannot use `{}`: {error}", module.display())]
    Inspect {
        /// Its path.
        module: PathBuf,
        /// Why.
        error: InspectError,
    },
    /// It is a bundle whose program can't be taken out.
    #[error("cannot bundle `{}`: {error}", module.display())]
    Link {
        /// Its path.
        module: PathBuf,
        /// Why.
        error: LinkError,
    },
}
