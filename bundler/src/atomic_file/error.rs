//! What can be wrong with an output's place.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;

/// Why the output could not be written. Whatever lay at its path before is still there, unchanged.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum FileError {
    /// The folder that should hold the output is not there.
    #[error("the folder `{}` for the output does not exist", folder.display())]
    #[diagnostic(
        code(wasi_vfs::output::folder_missing),
        help("create it (`mkdir -p {}`), or choose another output with -o", folder.display())
    )]
    FolderMissing {
        /// The missing folder.
        folder: PathBuf,
    },
    /// The folder can't be created or nothing can be created in it.
    #[error("cannot write into the folder `{}`: {error}", folder.display())]
    #[diagnostic(
        code(wasi_vfs::output::folder),
        help(
            "the output is first written to a temporary file in its folder, which must be writable; or choose another output with -o"
        )
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// There is something at the output's path that is not a file.
    #[error("the output `{}` is {what}", path.display())]
    #[diagnostic(
        code(wasi_vfs::output::not_a_file),
        help("name a file with -o; only regular files are replaced")
    )]
    NotAFile {
        /// The output's path as it was given.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The output would replace the program or the manifest it is made from.
    #[error("the output `{}` is the {what} it is made from", path.display())]
    #[diagnostic(
        code(wasi_vfs::output::same_as_input),
        help("give the bundle a name of its own: `output` of [module] in the manifest, or -o")
    )]
    SameAsInput {
        /// The output's path as it was given.
        path: PathBuf,
        /// What it is: `module`, `manifest`.
        what: &'static str,
    },
    /// The list of what the bundle depends on can't be written; nor is the bundle.
    #[error("cannot write the depfile `{}`: {reason}", path.display())]
    #[diagnostic(
        code(wasi_vfs::output::depfile),
        help("name a file of its own with --depfile, in a folder that exists and is writable")
    )]
    Depfile {
        /// Its path as it was given.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file system is full.
    #[error("no space left for the output `{}`", path.display())]
    #[diagnostic(
        code(wasi_vfs::output::disk_full),
        help(
            "free some space, or choose an output elsewhere with -o; what was there before is unchanged"
        )
    )]
    Full {
        /// The output's path as it was given.
        path: PathBuf,
    },
    /// Any other failure while writing.
    #[error("cannot write the output `{}`: {error}", path.display())]
    #[diagnostic(
        code(wasi_vfs::output::write),
        help("what was there before is unchanged; choose another output with -o")
    )]
    Write {
        /// The output's path as it was given.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
}
