//! What can be wrong with mounts that have rules of their own: writable, in memory, given by the host.

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;

/// One thing wrong with a mount that is not just embedded, or with several of them.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum MountProblem {
    /// Keys that a mount of this kind can't have.
    #[error("{keys} cannot be used in a mount with `kind = \"{kind}\"`")]
    #[diagnostic(code(wasi_vfs::manifest::not_of_kind), help("{help}"))]
    NotOfKind {
        /// The keys, in backticks.
        keys: String,
        /// The mount's kind.
        kind: &'static str,
        /// What to write.
        help: &'static str,
        /// The first one's place.
        #[label("not valid for this kind")]
        at: SourceSpan,
        /// The places of the others.
        #[label(collection, "not valid either")]
        others: Vec<SourceSpan>,
    },

    /// A size limit where nothing can grow.
    #[error("`size-limit` needs a writable mount, and this one is read-only")]
    #[diagnostic(
        code(wasi_vfs::manifest::size_limit),
        help(
            "add `writable = true` or remove `size-limit`; to limit what goes into the bundle, use `[limits]`"
        )
    )]
    SizeLimit {
        /// Its place.
        #[label("has no effect")]
        at: SourceSpan,
    },

    /// A host mount in a manifest whose program sees nothing of the host.
    #[error("a host mount needs a host directory, but `host = \"none\"` hides all of them")]
    #[diagnostic(
        code(wasi_vfs::manifest::host_none),
        help("remove the mount, or write `host = \"fallback\"` in `[link]`")
    )]
    HostNone {
        /// The mount's kind.
        #[label("needs a host directory")]
        at: SourceSpan,
        /// The place of `host`.
        #[label("hides host directories")]
        policy: SourceSpan,
    },

    /// A host mount in place of the whole tree.
    #[error("a host mount cannot be at `{guest}`, which would hide the embedded files")]
    #[diagnostic(
        code(wasi_vfs::manifest::host_root),
        help(
            "remove the mount: the program sees a host directory at `/` or `.` together with the embedded files, as `host` in `[link]` says"
        )
    )]
    HostRoot {
        /// `/` or `.`.
        guest: String,
        /// Its place.
        #[label("guest path")]
        at: SourceSpan,
    },

    /// Two mounts of one guest path with conflicting settings.
    #[error("the mounts at `{guest}` conflict: {first} and {second}")]
    #[diagnostic(
        code(wasi_vfs::manifest::mounts_disagree),
        help("give one of them another `guest`, or set these keys in only one of them")
    )]
    Disagree {
        /// The guest path.
        guest: String,
        /// What the first one is.
        first: String,
        /// What the second one is.
        second: String,
        /// The second one's place.
        #[label("{second}")]
        at: SourceSpan,
        /// The first one's place.
        #[label("{first}")]
        first_at: SourceSpan,
    },

    /// A mount below a host mount, which hides it.
    #[error("`{guest}` cannot be a mount below the host mount `{above}`")]
    #[diagnostic(
        code(wasi_vfs::manifest::below_host),
        help("give it another `guest`; everything below `{above}` comes from the host directory")
    )]
    BelowHost {
        /// The guest path.
        guest: String,
        /// The host mount's.
        above: String,
        /// Its place.
        #[label("below it")]
        at: SourceSpan,
        /// The host mount's place.
        #[label("the host's directory")]
        above_at: SourceSpan,
    },
}
