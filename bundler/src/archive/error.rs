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
    /// It can't be read, or not unpacked.
    #[error("{0}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_unreadable),
        help("make it readable; a compressed one also needs space for temporary files")
    )]
    Unreadable(SourceError),

    /// Its content is not what its name says.
    #[error("`{archive}` is not what its name says: {found}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_content),
        help(
            "correct the file or the ending of its name; to embed the file as it is, use `[[file]]`"
        )
    )]
    Content {
        /// The archive.
        archive: String,
        /// What it is instead, such as `it is no gzip file`.
        found: String,
    },

    /// It ends too early.
    #[error("`{archive}` is cut short: it ends {place}")]
    #[diagnostic(code(wasi_vfs::plan::archive_truncated), help("get it again"))]
    Truncated {
        /// The archive.
        archive: String,
        /// Where, such as `` in `lib/x` ``.
        place: String,
    },

    /// Its bytes break a rule of its format.
    #[error("`{archive}` is damaged: {what}")]
    #[diagnostic(code(wasi_vfs::plan::archive_corrupt), help("get it again"))]
    Corrupt {
        /// The archive.
        archive: String,
        /// What is wrong, and where.
        what: String,
    },

    /// It uses something that this tool does not read.
    #[error("`{archive}` needs what wasi-vfs does not read: {what}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_unsupported),
        help("pack it anew with plain `tar` or `zip`, or unpack it and mount the folder")
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
        help("pack it anew without a password")
    )]
    Encrypted {
        /// The archive.
        archive: String,
        /// The entry.
        entry: String,
    },

    /// An entry whose name is not relative.
    #[error("`{entry}` in `{archive}` is an absolute name")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_absolute),
        help("pack it anew with names relative to a folder: `tar -C FOLDER -cf ARCHIVE .`")
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
        help(
            "do not use this archive unless you know why; pack it anew from the folder that has it all"
        )
    )]
    Escapes {
        /// The archive.
        archive: String,
        /// The entry.
        entry: String,
    },

    /// An entry whose name no file can have.
    #[error("`{entry}` in `{archive}` cannot be a name: {what}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_name),
        help("pack it anew with other names")
    )]
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
        help("pack it anew: tools differ in which of the two they take")
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

    /// An entry below one that is no directory.
    #[error("`{entry}` in `{archive}` is below `{parent}`, which is {what} there")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_below_file),
        help("pack it anew; an archive that writes through a symlink is not to be trusted")
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

    /// A hard link to what is no file of the archive.
    #[error("`{entry}` in `{archive}` is a hard link to `{target}`, which {what}")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_link),
        help("pack it anew together with the file it is a link to")
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

    /// It unpacks to more than allowed.
    #[error("`{archive}` unpacks to more than `archive-size = {limit}`")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_size),
        help(
            "raise `archive-size` in `[limits]` if it is meant to be so large: small archives can unpack to anything"
        )
    )]
    Size {
        /// The archive.
        archive: String,
        /// The limit.
        limit: String,
    },

    /// It has more entries than this tool holds in memory.
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
