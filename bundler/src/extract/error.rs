//! Why something was not extracted.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;

use super::RELATIVE;
use crate::inspect::{InspectError, LookupError};

/// Why a bundle was not extracted.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ExtractError {
    /// The bundle can't be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Inspect(InspectError),
    /// A path that was asked for is not in it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lookup(#[from] LookupError),
    /// Invalid guest path.
    #[error("invalid guest path `{path}`: {reason}")]
    #[diagnostic(
        code(wasi_vfs::extract::path),
        help("give paths as `wasi-vfs inspect` lists them")
    )]
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two entries would be one file.
    #[error("`{one}` and `{other}` would both be extracted as `{place}`")]
    #[diagnostic(
        code(wasi_vfs::extract::clash),
        help(
            "name the paths to extract so that only one of these is included; relative guest paths go into `{RELATIVE}`"
        )
    )]
    Clash {
        /// A guest path.
        one: String,
        /// Another one.
        other: String,
        /// Where both would go, below the target.
        place: String,
    },
    /// An entry lies below one that is no directory.
    #[error("`{path}` can't be extracted: `{parent}` is not a directory")]
    #[diagnostic(
        code(wasi_vfs::extract::below_file),
        help("no program could reach it either: the bundle was not made by `wasi-vfs bundle`")
    )]
    BelowFile {
        /// The guest path.
        path: String,
        /// What should be a directory, below the target.
        parent: String,
    },
    /// An entry's name means something else to this system.
    #[error("`{path}` can't be extracted: its name has a special meaning on this system")]
    #[diagnostic(
        code(wasi_vfs::extract::name),
        help("extract into a .tar, or name other paths")
    )]
    Name {
        /// The guest path.
        path: String,
    },
    /// The target has something in it.
    #[error("the directory `{}` is not empty", target.display())]
    #[diagnostic(
        code(wasi_vfs::extract::not_empty),
        help("extract into a new directory, or use --force to replace files of the same names")
    )]
    NotEmpty {
        /// The target.
        target: PathBuf,
    },
    /// The target is there and no directory.
    #[error("the target `{}` is not a directory", target.display())]
    #[diagnostic(
        code(wasi_vfs::extract::not_a_directory),
        help("name a directory with -o, or a file that ends in .tar")
    )]
    NotADirectory {
        /// The target.
        target: PathBuf,
    },
    /// The folder that the target should be in is not there.
    #[error("the folder of the target `{}` does not exist", target.display())]
    #[diagnostic(
        code(wasi_vfs::extract::folder_missing),
        help("create it first; only the target itself is created")
    )]
    FolderMissing {
        /// The target.
        target: PathBuf,
    },
    /// There is a directory, or anything at all in a new target, where an entry should go.
    #[error("cannot extract `{}`: there is {what}", path.display())]
    #[diagnostic(
        code(wasi_vfs::extract::occupied),
        help(
            "remove it, or extract into a new directory; a system that takes `A` and `a` for one name can't hold both"
        )
    )]
    Occupied {
        /// The file that is not written.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// The file system is full.
    #[error("no space left for `{}`", path.display())]
    #[diagnostic(
        code(wasi_vfs::extract::disk_full),
        help(
            "free some space, or extract elsewhere; a target created by this command was removed, an existing one \
             keeps what was extracted so far"
        )
    )]
    Full {
        /// What could not be written.
        path: PathBuf,
    },
    /// Any other failure while writing.
    #[error("cannot extract `{}`: {error}", path.display())]
    #[diagnostic(
        code(wasi_vfs::extract::write),
        help(
            "extract into a directory that you can write; a target created by this command was removed, an existing \
             one keeps what was extracted so far"
        )
    )]
    Write {
        /// What could not be written.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
}

impl ExtractError {
    /// An I/O error with the path it happened at.
    pub(super) fn at(path: &std::path::Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            _ => Self::Write { path, error },
        }
    }
}

/// Why a tar was not written.
#[derive(Debug, thiserror::Error)]
pub enum Written {
    /// The bundle can't be read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// The destination failed; the caller knows what it is.
    #[error(transparent)]
    Destination(io::Error),
}
