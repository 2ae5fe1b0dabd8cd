//! What can go wrong while bundling: one enum per stage, and this one over them.

use std::path::PathBuf;

use miette::Diagnostic;

use crate::atomic_file::FileError;
use crate::embed::ImageError;
use crate::inspect::InspectError;
use crate::link::LinkError;
use crate::lock::LockError;
use crate::manifest::ManifestError;
use crate::module::ProgramError;
use crate::output::SealError;
use crate::plan::PlanError;
use crate::program::OpenError;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
    /// The manifest is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] ManifestError),
    /// The program can't be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Program(#[from] ProgramError),
    /// The manifest asks for what can't be had.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    /// The entries can't be an image.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Image(#[from] ImageError),
    /// The program can't be served.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Link(#[from] LinkError),
    /// The program can't be served; as [`Link`](Self::Link), with the module's path.
    #[error("cannot bundle `{}`: {error}", module.display())]
    #[diagnostic(forward(error))]
    InModule {
        /// The path as the manifest gives it.
        module: PathBuf,
        /// Why.
        error: LinkError,
    },
    /// The bundle can't be written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Seal(#[from] SealError),
    /// The output can't be put in its place.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] FileError),
    /// A module can't be read back.
    #[error("cannot use `{}`: {error}", module.display())]
    #[diagnostic(forward(error))]
    Inspect {
        /// Its path.
        module: PathBuf,
        /// Why.
        error: InspectError,
    },
    /// The lock can't be used, or says something else.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lock(#[from] LockError),
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Module(error) => Self::Program(error),
            OpenError::Inspect { module, error } => Self::Inspect { module, error },
            OpenError::Link { module, error } => Self::InModule { module, error },
        }
    }
}
