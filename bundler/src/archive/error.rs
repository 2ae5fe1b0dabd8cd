//! Why an archive can't be a source.

use miette::Diagnostic;
use thiserror::Error;

use crate::source::SourceError;

/// What is wrong with an archive. Codes are stable; they are of the stage that opens archives, the plan.
///
/// `entry` is the entry's name as the archive has it, with what is not UTF-8 as `\xNN`. Positions are bytes from the start of
/// the archive, of what it unpacks to where it is compressed.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The archive can't be read or unpacked.
    #[error("{0}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_unreadable),
        help("make it readable; a compressed one also needs space for temporary files")
    )]
    Unreadable(SourceError),

    /// The archive's content does not match its file extension.
    #[error("`{archive}` does not match its file extension: {found}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_content),
        help(
            "replace the file or correct its extension; to embed the file as it is, use `[[file]]`"
        )
    )]
    Content {
        /// The archive.
        archive: String,
        /// What it is instead, such as `it is not a gzip file`.
        found: String,
    },

    /// The archive is truncated.
    #[error("`{archive}` is truncated: it ends {place}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_truncated),
        help("download or create it again")
    )]
    Truncated {
        /// The archive.
        archive: String,
        /// Where, such as `` in `lib/x` ``.
        place: String,
    },

    /// The archive is damaged.
    #[error("`{archive}` is damaged: {what}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_corrupt),
        help("download or create it again")
    )]
    Corrupt {
        /// The archive.
        archive: String,
        /// What is wrong, and where.
        what: String,
    },

    /// The archive uses an unsupported feature.
    #[error("`{archive}` uses an unsupported feature: {what}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_unsupported),
        help("repack it with plain `tar` or `zip`, or unpack it and mount the folder")
    )]
    Unsupported {
        /// The archive.
        archive: String,
        /// What it is, such as `` `x` continues a file of another volume ``.
        what: String,
    },

    /// An entry that needs a password.
    #[error("`{entry}` in `{archive}` is encrypted")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_encrypted),
        help("repack it without a password")
    )]
    Encrypted {
        /// The archive.
        archive: String,
        /// The entry.
        entry: String,
    },

    /// An entry with an absolute path.
    #[error("`{entry}` in `{archive}` is an absolute path")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_absolute),
        help("repack it with names relative to a folder: `tar -C FOLDER -cf ARCHIVE .`")
    )]
    Absolute {
        /// The archive.
        archive: String,
        /// The entry.
        entry: String,
    },

    /// An entry with `..` in its name.
    #[error("`{entry}` in `{archive}` has `..` in its name, so it may lead out of the archive")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_escapes),
        help("do not use this archive unless you know why; repack it from the original folder")
    )]
    Escapes {
        /// The archive.
        archive: String,
        /// The entry.
        entry: String,
    },

    /// An entry with an invalid path.
    #[error("`{entry}` in `{archive}` is not a valid path: {what}")]
    #[diagnostic(code(wasi_vfs::plan::archive_name), help("repack it with other names"))]
    Name {
        /// The archive.
        archive: String,
        /// The entry.
        entry: String,
        /// What is wrong with it, such as `it is empty`.
        what: &'static str,
    },

    /// Two entries with one name.
    #[error("`{entry}` is in `{archive}` twice, at byte {first} and at byte {second}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_duplicate),
        help("repack it: tools disagree about which of the two to use")
    )]
    Duplicate {
        /// The archive.
        archive: String,
        /// The entry.
        entry: String,
        /// Where the first one is.
        first: u64,
        /// Where the second one is.
        second: u64,
    },

    /// An entry below one that is not a directory.
    #[error("`{entry}` in `{archive}` is below `{parent}`, which is {what} there")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_below_file),
        help("repack it; do not trust an archive that writes through a symlink")
    )]
    BelowFile {
        /// The archive.
        archive: String,
        /// The entry.
        entry: String,
        /// What is above it.
        parent: String,
        /// `a file`, `a symlink` and so on.
        what: &'static str,
    },

    /// A hard link whose target is not a file in the archive.
    #[error("`{entry}` in `{archive}` is a hard link to `{target}`, which {what}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_link),
        help("repack it together with the link's target")
    )]
    Link {
        /// The archive.
        archive: String,
        /// The entry.
        entry: String,
        /// What it names.
        target: String,
        /// What that is, such as `is not in it`.
        what: &'static str,
    },

    /// The archive unpacks to more than the limit.
    #[error("`{archive}` unpacks to more than `archive-size = {limit}`")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_size),
        help(
            "raise `archive-size` in `[limits]` if that size is expected; a small archive can unpack to any size"
        )
    )]
    Size {
        /// The archive.
        archive: String,
        /// The limit.
        limit: String,
    },

    /// The archive has too many entries.
    #[error("`{archive}` has more than {limit}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_entries),
        help("unpack it and mount the folder")
    )]
    Entries {
        /// The archive.
        archive: String,
        /// Of what how many.
        limit: &'static str,
    },
}
