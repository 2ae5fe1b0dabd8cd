//! What can go wrong while bundling: one enum per stage, and this one over them.

use miette::Diagnostic;

use crate::image::ImageError;
use crate::link::LinkError;
use crate::output::SealError;
use crate::plan::PlanError;

/// Why there is no bundle.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum Error {
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
    /// The bundle can't be written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Seal(#[from] SealError),
}
