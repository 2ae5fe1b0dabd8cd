//! What can be wrong with profiles.

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;

/// One thing wrong with a profile, or with how several belong together.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum ProfileProblem {
    /// A profile that the manifest does not have.
    #[error("unknown profile `{profile}`")]
    #[diagnostic(code(wasi_vfs::manifest::unknown_profile), help("{help}"))]
    Unknown {
        /// The name given.
        profile: String,
        /// Those it has.
        help: String,
        /// The place of `inherits`; none when the command line asked for it.
        #[label("no such profile")]
        at: Option<SourceSpan>,
    },

    /// Invalid profile name.
    #[error("invalid profile name `{name}`: {problem}")]
    #[diagnostic(
        code(wasi_vfs::manifest::profile_name),
        help("write a name of letters, digits, `-` and `_`, such as `[profile.dev]`")
    )]
    Name {
        /// The name given.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
        /// Its place.
        #[label("name")]
        at: SourceSpan,
    },

    /// Profiles that inherit from each other.
    #[error("profiles inherit from each other in a cycle: {names}")]
    #[diagnostic(
        code(wasi_vfs::manifest::inherits_circle),
        help("let one of them inherit from `base`")
    )]
    Circle {
        /// The way around, in backticks.
        names: String,
        /// The place of the first one's `inherits`.
        #[label("inherits")]
        at: SourceSpan,
        /// The places of the others'.
        #[label(collection, "inherits")]
        others: Vec<SourceSpan>,
    },

    /// Something to remove that is not there.
    #[error("profile `{profile}` does not inherit `{what}`")]
    #[diagnostic(code(wasi_vfs::manifest::nothing_to_remove), help("{help}"))]
    NotThere {
        /// What is to be removed.
        what: String,
        /// The profile that removes it.
        profile: String,
        /// What was meant, or what there is.
        help: String,
        /// Its place.
        #[label("nothing to remove")]
        at: SourceSpan,
    },

    /// A profile's mount that is neither an inherited one nor a new one.
    #[error("no inherited mount is named `{name}`, and a new mount needs `guest`")]
    #[diagnostic(code(wasi_vfs::manifest::unknown_mount), help("{help}"))]
    UnknownMount {
        /// The name given.
        name: String,
        /// What was meant, or what there is.
        help: String,
        /// Its place.
        #[label("no such mount")]
        at: SourceSpan,
    },

    /// Two tables of one profile that change the same one.
    #[error("profile `{profile}` changes the {what} `{name}` twice")]
    #[diagnostic(
        code(wasi_vfs::manifest::changed_twice),
        help("write all its keys into one `[[profile.{profile}.{what}]]`")
    )]
    Twice {
        /// `mount`, `file`, `dir` or `symlink`.
        what: &'static str,
        /// What it is called.
        name: String,
        /// The profile.
        profile: String,
        /// The second one's place.
        #[label("changed again")]
        at: SourceSpan,
        /// The first one's place.
        #[label("first changed here")]
        first: SourceSpan,
    },

    /// A table of a profile that could change several.
    #[error("several inherited `[[{what}]]` tables are named `{name}`")]
    #[diagnostic(code(wasi_vfs::manifest::ambiguous), help("{help}"))]
    Ambiguous {
        /// `mount`, `file`, `dir` or `symlink`.
        what: &'static str,
        /// What they are called.
        name: String,
        /// How to tell them apart.
        help: &'static str,
        /// The profile's place.
        #[label("which one?")]
        at: SourceSpan,
        /// The places of those it could mean.
        #[label(collection, "has this name")]
        others: Vec<SourceSpan>,
    },
}
