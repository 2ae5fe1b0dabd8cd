//! What can be wrong between a manifest and the trees it names.

mod archive;
mod paths;

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;

use crate::archive::Format;
use crate::report::{Report, counted};
pub use archive::ArchiveProblem;
pub use paths::Paths;
pub(crate) use paths::quoted;

/// Everything wrong with a manifest's plan.
pub type PlanError = Report<PlanProblem>;

/// One thing wrong with a plan. Codes are stable: scripts may rely on them.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum PlanProblem {
    /// A source that is not there.
    #[error("there is no `{path}`")]
    #[diagnostic(code(wasi_vfs::plan::source_missing), help("{help}"))]
    SourceMissing {
        /// The path as messages show it.
        path: String,
        /// What to do.
        help: String,
        /// Where the manifest names it.
        #[label("this source")]
        at: SourceSpan,
    },

    /// Something that can't be read.
    #[error("{verb} {paths}: {error}")]
    #[diagnostic(
        code(wasi_vfs::plan::unreadable),
        help("make it readable, or keep it out with `exclude`")
    )]
    Unreadable {
        /// What was tried.
        verb: &'static str,
        /// On what.
        paths: Paths,
        /// What the system said of the first of them.
        error: std::io::Error,
        /// Where the manifest asks for it.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// An archive that can't be a source.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Archive(#[from] ArchiveProblem),

    /// A `[[file]]` whose source is a directory.
    #[error("`{path}` is a directory, not a file")]
    #[diagnostic(
        code(wasi_vfs::plan::not_a_file),
        help("write `[[mount]]` instead of `[[file]]`")
    )]
    NotAFile {
        /// The directory.
        path: String,
        /// Where the manifest names it.
        #[label("this source")]
        at: SourceSpan,
    },

    /// A file mounted where only a directory can be.
    #[error("`{path}` is a file, so its guest path must include a file name")]
    #[diagnostic(code(wasi_vfs::plan::file_name), help("write `{example}`"))]
    FileName {
        /// The file.
        path: String,
        /// A guest path that would do.
        example: String,
        /// Where the guest path is written.
        #[label("names a directory")]
        at: SourceSpan,
    },

    /// A writable mount of a file.
    #[error("`{path}` is a file, but a writable mount must be a directory")]
    #[diagnostic(
        code(wasi_vfs::plan::writable_file),
        help(
            "mount the folder it is in, with `include = [\"{name}\"]`; or add a mount with `kind = \"tmpfs\"` for the \
             directory and remove `writable` here"
        )
    )]
    WritableFile {
        /// The file.
        path: String,
        /// Its last name.
        name: String,
        /// Where `writable` is written.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// Something other than a directory at the guest path of a mount or above it.
    #[error("the mount at `{guest}` needs a directory at `{path}`, which is replaced by {what}")]
    #[diagnostic(
        code(wasi_vfs::plan::mount_replaced),
        help("remove the mount, or the `overrides` that replaces it")
    )]
    MountReplaced {
        /// The mount's guest path.
        guest: String,
        /// What was replaced, that or a path above it.
        path: String,
        /// `a file` or `a symlink`.
        what: &'static str,
        /// The table that replaces it.
        #[label("replaces it")]
        at: SourceSpan,
        /// The mount.
        #[label("the mount")]
        mount: SourceSpan,
    },

    /// The bundle to write is also a source.
    #[error("`{path}` is the output, so it cannot be embedded")]
    #[diagnostic(
        code(wasi_vfs::plan::source_is_output),
        help("write the bundle elsewhere: `output` in `[module]`")
    )]
    SourceIsOutput {
        /// The bundle.
        path: String,
        /// Where the manifest names it as a source.
        #[label("this source")]
        at: SourceSpan,
    },

    /// The lock is also a source.
    #[error("`{path}` is the bundle's lock, so it cannot be embedded")]
    #[diagnostic(
        code(wasi_vfs::plan::source_is_lock),
        help(
            "name another file: the lock records the bundle's digests, so embedding it would change them"
        )
    )]
    SourceIsLock {
        /// The lock.
        path: String,
        /// Where the manifest names it as a source.
        #[label("this source")]
        at: SourceSpan,
    },

    /// An archive in an unsupported format.
    #[error("`{path}` cannot be mounted: `{ending}` archives are not supported")]
    #[diagnostic(
        code(wasi_vfs::plan::archive_format),
        help(
            "unpack it, or pack it as one of {}; to embed the archive itself, write `[[file]]` instead of \
             `[[mount]]`",
            Format::READ
        )
    )]
    ArchiveFormat {
        /// The archive.
        path: String,
        /// What its name ends with.
        ending: &'static str,
        /// Where the manifest names it.
        #[label("this source")]
        at: SourceSpan,
    },

    /// Patterns that match nothing.
    #[error("{}", told_unmatched(patterns, source_path))]
    #[diagnostic(code(wasi_vfs::plan::unmatched), help("{help}"))]
    Unmatched {
        /// The patterns of one mount that match nothing for one reason.
        patterns: Paths,
        /// The source they are matched in.
        source_path: String,
        /// Why, as far as known, and what to write.
        help: String,
        /// Where the first pattern is written.
        #[label("matches nothing")]
        at: SourceSpan,
        /// Where the next ones are written.
        #[label(collection, "nor does this")]
        others: Vec<SourceSpan>,
    },

    /// A file source whose own name the mount's patterns keep out.
    #[error("`{path}` is excluded by its own `include` and `exclude`")]
    #[diagnostic(
        code(wasi_vfs::plan::nothing_left),
        help(
            "remove the patterns or the mount; for a file, patterns are matched against its file name"
        )
    )]
    NothingLeft {
        /// The file.
        path: String,
        /// Where the manifest names it.
        #[label("this source")]
        at: SourceSpan,
    },

    /// Entries that do not have the prefix to strip.
    #[error("`strip-prefix` does not apply to {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::strip_prefix),
        help(
            "include only what is below the prefix, such as `include = [\"{prefix}\"]`, or correct it"
        )
    )]
    StripPrefix {
        /// Entries outside the prefix.
        paths: Paths,
        /// The prefix.
        prefix: String,
        /// Where it is written.
        #[label("this prefix")]
        at: SourceSpan,
    },

    /// A prefix that no entry has.
    #[error("`strip-prefix` names `{prefix}`, which does not exist in `{source_path}`")]
    #[diagnostic(
        code(wasi_vfs::plan::strip_prefix_missing),
        help(
            "correct `strip-prefix` or remove it, or write `optional = true` when it may be missing"
        )
    )]
    StripPrefixMissing {
        /// The prefix.
        prefix: String,
        /// The source it should be in.
        source_path: String,
        /// Where it is written.
        #[label("this prefix")]
        at: SourceSpan,
    },

    /// Two sources of one guest path.
    #[error("{}", told_clashes(paths, what))]
    #[diagnostic(
        code(wasi_vfs::plan::clash),
        help(
            "keep one out with `exclude`, or write `overrides = true` in the second table to replace the first"
        )
    )]
    Clash {
        /// The guest paths that both tables bring.
        paths: Paths,
        /// What the first and the second table bring at the first of these paths.
        what: (String, String),
        /// The second table.
        #[label("and here")]
        at: SourceSpan,
        /// The first table.
        #[label("asked for here")]
        first_at: SourceSpan,
    },

    /// An entry below something that is not a directory.
    #[error("`{guest}` cannot be below `{parent}`, which is {what}")]
    #[diagnostic(
        code(wasi_vfs::plan::below_file),
        help("give one of them another guest path, or keep one out with `exclude`")
    )]
    BelowFile {
        /// The entry below.
        guest: String,
        /// What is above it.
        parent: String,
        /// `a file` or `a symlink`.
        what: &'static str,
        /// The table that asks for the entry below.
        #[label("needs a directory there")]
        at: SourceSpan,
        /// The table that asks for the other.
        #[label("puts {what} there")]
        parent_at: SourceSpan,
    },

    /// Sockets, pipes and devices.
    #[error("a bundle cannot contain {what}: {paths}")]
    #[diagnostic(code(wasi_vfs::plan::special_file), help("keep it out with `exclude`"))]
    SpecialFile {
        /// The entries.
        paths: Paths,
        /// What they are, such as `a pipe`.
        what: &'static str,
        /// The table that asks for them.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// File names that are not UTF-8, which preview1 cannot express.
    #[error("file names must be UTF-8: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::name_not_utf8),
        help("rename it, or keep it out with `exclude`")
    )]
    NameNotUtf8 {
        /// The entries; what is not UTF-8 is shown as `\xNN`.
        paths: Paths,
        /// The table that asks for them.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// Names or paths that no program could open.
    #[error("longer than a path (4096 bytes) or a name (255 bytes) may be: {paths:.5}")]
    #[diagnostic(
        code(wasi_vfs::plan::path_too_long),
        help("mount it at a shorter guest path, or keep it out with `exclude`")
    )]
    PathTooLong {
        /// The entries.
        paths: Paths,
        /// The table that asks for them.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// Symlinks where `symlinks = "error"` holds.
    #[error("`symlinks = \"error\"` forbids symlinks: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::symlink),
        help("write `symlinks = \"keep\"` or `\"follow\"`, or keep them out with `exclude`")
    )]
    Symlink {
        /// The links.
        paths: Paths,
        /// The table that asks for them.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// Symlinks that point outside their source tree.
    #[error("symlinks point outside the source: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::symlink_leaves),
        help(
            "mount a directory that contains their targets, keep them out with `exclude`, or write them as `[[symlink]]`"
        )
    )]
    SymlinkLeaves {
        /// The links, each with its target.
        paths: Paths,
        /// The table that asks for them.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// Symlinks to be followed that form a cycle.
    #[error("symlinks form a cycle: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::symlink_cycle),
        help("write `symlinks = \"keep\"`, or keep them out with `exclude`")
    )]
    SymlinkCycle {
        /// The links, each with its target.
        paths: Paths,
        /// The table that asks for them.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// Symlinks to be followed whose target does not exist.
    #[error("dangling symlinks: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::symlink_dangles),
        help("write `symlinks = \"keep\"`, or keep them out with `exclude`")
    )]
    SymlinkDangles {
        /// The links, each with its target.
        paths: Paths,
        /// The table that asks for them.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// Symlink targets that an image can't hold.
    #[error("symlink targets must be UTF-8 of 1 to 4095 bytes: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::symlink_target),
        help("keep it out with `exclude`, or write it as `[[symlink]]`")
    )]
    SymlinkTarget {
        /// The links.
        paths: Paths,
        /// The table that asks for them.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// File times that an image can't hold.
    #[error("timestamps outside 1970 to 2554, the range of a bundle: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::time_range),
        help("write `timestamps = \"epoch\"` or a time, or correct the files' times with `touch`")
    )]
    TimeRange {
        /// The entries.
        paths: Paths,
        /// The table that asks for them.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// A file that looks like a secret and is not named explicitly.
    #[error("refusing to embed what looks like {what}: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::secret),
        help(
            "keep it out with `exclude`; if it is intended, name it in full: `exclude = [\"!PATH\"]`, or `include`, without \
             wildcards in its last name"
        )
    )]
    Secret {
        /// The files.
        paths: Paths,
        /// What they look like, such as `a private key`.
        what: &'static str,
        /// The table that asks for them.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// Files over the limit of one file's size.
    #[error("over `file-size = {limit}`: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::file_size),
        help("keep them out with `exclude`, or raise `file-size` in `[limits]`")
    )]
    FileSize {
        /// The limit.
        limit: String,
        /// The files and their sizes, largest first.
        paths: Paths,
        /// Where the limit is written, unless it is the default.
        #[label("the limit")]
        at: Option<SourceSpan>,
    },

    /// Contents over the limit of the image's size.
    #[error("the contents are {size}, over `image-size = {limit}`; the largest: {paths}")]
    #[diagnostic(
        code(wasi_vfs::plan::image_size),
        help("keep some out with `exclude`, or raise `image-size` in `[limits]`")
    )]
    ImageSize {
        /// All contents together.
        size: String,
        /// The limit.
        limit: String,
        /// The files and their sizes, largest first.
        paths: Paths,
        /// Where the limit is written, unless it is the default.
        #[label("the limit")]
        at: Option<SourceSpan>,
    },

    /// More files than the limit.
    #[error(
        "{} to embed, over `files = {limit}`; directories with the most: {paths}",
        counted(*count, "file")
    )]
    #[diagnostic(
        code(wasi_vfs::plan::files),
        help("keep some out with `exclude`, or raise `files` in `[limits]`")
    )]
    Files {
        /// How many there are.
        count: u64,
        /// The limit.
        limit: u64,
        /// Directories and the number of files directly in each, most first.
        paths: Paths,
        /// Where the limit is written, unless it is the default.
        #[label("the limit")]
        at: Option<SourceSpan>,
    },
}

impl PlanProblem {
    /// Where in the text it is, for the order of reports.
    pub(super) fn at(&self) -> usize {
        self.labels()
            .into_iter()
            .flatten()
            .map(|label| label.offset())
            .next()
            .unwrap_or(usize::MAX)
    }
}

fn told_clashes(paths: &Paths, (first, second): &(String, String)) -> String {
    match paths.count() {
        1 => format!("{paths} comes from two sources: {first} and {second}"),
        count => format!(
            "{count} guest paths come from two sources: {paths:.5}; the first one from {first} and {second}"
        ),
    }
}

fn told_unmatched(patterns: &Paths, source: &str) -> String {
    match patterns.count() {
        1 => format!("{patterns} matches nothing in `{source}`"),
        count => format!("{count} patterns match nothing in `{source}`: {patterns:.5}"),
    }
}
