//! What can be wrong with a lock, and what `--locked` finds.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

use crate::diff::Differences;

/// Why a lock can't be used, or does not agree with what was to be bundled. Codes are stable: scripts may rely on them.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum LockError {
    /// `--locked` without a lock.
    #[error("there is no `{}`", path.display())]
    #[diagnostic(
        code(wasi_vfs::lock::missing),
        help("run `wasi-vfs bundle` (without --locked), and check in the lock that it writes")
    )]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// `--locked` with a lock that does not know the profile.
    #[error("`{}` has no entry for the profile `{profile}`", path.display())]
    #[diagnostic(
        code(wasi_vfs::lock::profile_missing),
        help(
            "run `wasi-vfs bundle --profile {profile}` (without --locked), and check in the lock that it writes"
        )
    )]
    ProfileMissing {
        /// The lock.
        path: PathBuf,
        /// The profile.
        profile: String,
    },
    /// What would be bundled is not what the lock says.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Drift(Box<Drift>),
    /// A merge was not finished.
    #[error("`{path}` has an unresolved merge conflict at line {line}")]
    #[diagnostic(
        code(wasi_vfs::lock::conflict),
        help(
            "take either side (`git checkout --ours {path}`), run `wasi-vfs bundle` for each profile, and check in the lock"
        )
    )]
    Conflict {
        /// The lock.
        path: String,
        /// The line, from 1.
        line: usize,
        /// The lock's text.
        #[source_code]
        text: Arc<NamedSource<String>>,
        /// The conflict's first mark.
        #[label("conflict marker")]
        at: SourceSpan,
    },
    /// It is no TOML, or not what a lock says.
    #[error("`{path}` is not a valid lock: {message}")]
    #[diagnostic(
        code(wasi_vfs::lock::malformed),
        help(
            "restore it from version control, or delete it and run `wasi-vfs bundle` for each profile"
        )
    )]
    Syntax {
        /// The lock.
        path: String,
        /// What is wrong.
        message: String,
        /// The lock's text.
        #[source_code]
        text: Arc<NamedSource<String>>,
        /// Where.
        #[label("here")]
        at: SourceSpan,
    },
    /// It was written by a later tool.
    #[error(
        "`{path}` has lock version {version}; this release supports version {}",
        super::VERSION
    )]
    #[diagnostic(
        code(wasi_vfs::lock::version),
        help("use the wasi-vfs that wrote it, or a later one")
    )]
    Version {
        /// The lock.
        path: String,
        /// Its version.
        version: i64,
    },
    /// There is something at its place that is not a file.
    #[error("the lock `{}` is {what}", path.display())]
    #[diagnostic(
        code(wasi_vfs::lock::not_a_file),
        help("move it away, or bundle with --no-lock")
    )]
    NotAFile {
        /// Where the lock should be.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The bundle would be written over the lock.
    #[error("the output `{}` is the manifest's lock", path.display())]
    #[diagnostic(
        code(wasi_vfs::lock::is_output),
        help("give the bundle a name of its own: `output` of [module] in the manifest, or -o")
    )]
    IsOutput {
        /// The path of both.
        path: PathBuf,
    },
    /// It can't be read.
    #[error("cannot read the lock `{}`: {error}", path.display())]
    #[diagnostic(
        code(wasi_vfs::lock::unreadable),
        help("check its permissions, or delete it and run `wasi-vfs bundle` for each profile")
    )]
    Unreadable {
        /// The lock.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// It can't be written.
    #[error("cannot write the lock `{}`: {error}", path.display())]
    #[diagnostic(
        code(wasi_vfs::lock::unwritable),
        help(
            "it is written beside the manifest, and only when it changes: make the folder writable, or bundle with --no-lock"
        )
    )]
    Unwritable {
        /// The lock.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
}

/// What would be bundled, and what the lock says, differ.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error(
    "`{}` is out of date for profile `{profile}`:\n{differences}",
    path.display()
)]
#[diagnostic(
    code(wasi_vfs::lock::drift),
    help(
        "nothing was written; if the changes are meant, run `wasi-vfs bundle{}` without --locked and check in the lock",
        if profile == crate::manifest::BASE { String::new() } else { format!(" --profile {profile}") }
    )
)]
pub struct Drift {
    /// The lock.
    pub path: PathBuf,
    /// The profile.
    pub profile: String,
    /// From the lock to what would be bundled.
    pub differences: Differences,
}

impl LockError {
    /// Whether everything is in order but not as it was: what `--locked` is there to find.
    #[must_use]
    pub fn is_drift(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. } | Self::ProfileMissing { .. } | Self::Drift(_)
        )
    }
}
