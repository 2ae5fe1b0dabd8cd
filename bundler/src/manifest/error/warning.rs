//! What is allowed in a manifest and yet likely a mistake.

use miette::Diagnostic;
use thiserror::Error;

/// Something a user should know about a manifest; it works all the same. Codes are stable, like those of problems.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[diagnostic(severity(Warning))]
#[non_exhaustive]
pub enum ManifestWarning {
    /// A variable that nothing uses, in no profile.
    #[error("unused variable `{name}` (line {line})")]
    #[diagnostic(
        code(wasi_vfs::manifest::unused_var),
        help("remove it from `[vars]`, or write `${{{name}}}` where its value belongs")
    )]
    UnusedVar {
        /// Its name.
        name: String,
        /// The line of the manifest it is in, from 1.
        line: usize,
    },

    /// A profile adds a mount at the guest path of an inherited one, perhaps instead of changing it.
    #[error(
        "profile `{profile}` adds a mount at `{guest}` (line {line}), next to the inherited mount `{inherited}`"
    )]
    #[diagnostic(
        code(wasi_vfs::manifest::beside),
        help(
            "write `name = \"{inherited}\"` to change that one, or give this one a `name` of its own"
        )
    )]
    Beside {
        /// The profile.
        profile: String,
        /// The guest path of both.
        guest: String,
        /// The name of the inherited one.
        inherited: String,
        /// The line of the manifest that adds it, from 1.
        line: usize,
    },
}
