//! What can be wrong with a manifest.

mod mounts;
mod profiles;
mod vars;
mod warning;

use std::io;
use std::ops::Range;

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;

use crate::path::GuestPathError;
use crate::report::Report;

pub use mounts::MountProblem;
pub use profiles::ProfileProblem;
pub use vars::VarProblem;
pub use warning::ManifestWarning;

/// Everything wrong with one manifest.
pub type ManifestError = Report<ManifestProblem>;

/// One thing wrong with a manifest. Codes are stable: scripts may rely on them.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum ManifestProblem {
    /// There is no manifest at the path.
    #[error("there is no manifest `{path}`")]
    #[diagnostic(
        code(wasi_vfs::manifest::not_found),
        help(
            "write one, or correct the path: `-m PATH`, or the argument of `diff`. A small one:\n\n\
             manifest-version = 1\n\n\
             [module]\ninput = \"app.wasm\"\noutput = \"dist/app.wasm\"\n\n\
             [[mount]]\nguest = \"/data\"\nsource = \"data\""
        )
    )]
    NotFound {
        /// Where it was looked for.
        path: String,
    },

    /// The manifest's path names a directory.
    #[error("`{path}` is a directory, not a manifest")]
    #[diagnostic(
        code(wasi_vfs::manifest::is_directory),
        help("name the file in it: `-m {path}/wasi-vfs.toml`")
    )]
    IsDirectory {
        /// The directory.
        path: String,
    },

    /// The manifest can't be read.
    #[error("cannot read the manifest `{path}`: {error}")]
    #[diagnostic(
        code(wasi_vfs::manifest::unreadable),
        help("check the file's permissions")
    )]
    Unreadable {
        /// Its path.
        path: String,
        /// What the system said.
        error: io::Error,
    },

    /// The manifest is not valid UTF-8.
    #[error("the manifest `{path}` is not valid UTF-8 (line {line})")]
    #[diagnostic(code(wasi_vfs::manifest::not_utf8), help("save it as UTF-8"))]
    NotUtf8 {
        /// Its path.
        path: String,
        /// The line of the first byte that is not UTF-8, from 1.
        line: usize,
    },

    /// Invalid TOML.
    #[error("invalid TOML: {message}")]
    #[diagnostic(code(wasi_vfs::manifest::syntax), help("{help}"))]
    Syntax {
        /// What the TOML parser says.
        message: String,
        /// What to type, as far as known.
        help: String,
        /// Where.
        #[label("here")]
        at: SourceSpan,
    },

    /// A text that seems to hold a secret. It is not shown, nor is its line.
    #[error("{what} (line {line}) looks like a secret: {because}")]
    #[diagnostic(
        code(wasi_vfs::manifest::secret_text),
        help(
            "all who get the bundle can read it, so give a secret to the program when it is run; if this is none, put it \
             into a variable with `public = true` (`NAME = {{ default = \"...\", public = true }}` in `[vars]`) and write \
             `${{NAME}}` here"
        )
    )]
    Secret {
        /// The text, such as `` `API_TOKEN` of `[env]` ``.
        what: String,
        /// The line of the manifest it is in, from 1.
        line: usize,
        /// What says so.
        because: String,
    },

    /// A key that does not exist, or not in this table.
    #[error("unknown key `{key}` in {table}")]
    #[diagnostic(code(wasi_vfs::manifest::unknown_key), help("{help}"))]
    UnknownKey {
        /// The key.
        key: String,
        /// The table it is in.
        table: String,
        /// What was meant, or what there is.
        help: String,
        /// The key's place.
        #[label("no such key")]
        at: SourceSpan,
    },

    /// A value of another type than the key has.
    #[error("`{key}` must be {expected}, not {found}")]
    #[diagnostic(code(wasi_vfs::manifest::wrong_type), help("{help}"))]
    WrongType {
        /// The key.
        key: String,
        /// The types it takes.
        expected: String,
        /// The type given.
        found: &'static str,
        /// How to write it.
        help: String,
        /// The value's place.
        #[label("{found}")]
        at: SourceSpan,
    },

    /// A value that the key does not accept.
    #[error("invalid value `{value}` for `{key}`")]
    #[diagnostic(code(wasi_vfs::manifest::unknown_value), help("{help}"))]
    UnknownValue {
        /// The key.
        key: String,
        /// The value.
        value: String,
        /// Those it can be.
        help: String,
        /// The value's place.
        #[label("not a valid value")]
        at: SourceSpan,
    },

    /// A required key is missing.
    #[error("`{key}` is missing in {table}")]
    #[diagnostic(code(wasi_vfs::manifest::missing_key), help("add {example}"))]
    MissingKey {
        /// The key.
        key: String,
        /// The table that lacks it.
        table: String,
        /// What to write.
        example: String,
        /// The table's place.
        #[label("in this table")]
        at: SourceSpan,
    },

    /// Another version of the format.
    #[error("this version of wasi-vfs reads manifest-version 1, not {found}")]
    #[diagnostic(
        code(wasi_vfs::manifest::version),
        help("write `manifest-version = 1`, or use the wasi-vfs this manifest was written for")
    )]
    Version {
        /// The version given.
        found: i64,
        /// Its place.
        #[label("here")]
        at: SourceSpan,
    },

    /// Invalid guest path.
    #[error("invalid guest path `{path}`: {error}")]
    #[diagnostic(
        code(wasi_vfs::manifest::guest_path),
        help("write the path as the program opens it, such as `/etc/app` or `data`")
    )]
    GuestPath {
        /// The text given.
        path: String,
        /// What is wrong with it.
        error: GuestPathError,
        /// Its place.
        #[label("guest path")]
        at: SourceSpan,
    },

    /// A `[[file]]` or `[[symlink]]` at `/` or `.`, which are directories.
    #[error("`{path}` is a directory; a {what} needs a name in it")]
    #[diagnostic(
        code(wasi_vfs::manifest::guest_is_root),
        help("write the full name, such as `{example}`")
    )]
    GuestIsRoot {
        /// The text given.
        path: String,
        /// `file` or `symlink`.
        what: &'static str,
        /// A name that would do.
        example: String,
        /// Its place.
        #[label("guest path")]
        at: SourceSpan,
    },

    /// Invalid host path.
    #[error("`{key}` {problem}")]
    #[diagnostic(
        code(wasi_vfs::manifest::host_path),
        help("write a path relative to the manifest's folder")
    )]
    HostPath {
        /// The key.
        key: &'static str,
        /// What is wrong.
        problem: &'static str,
        /// Its place.
        #[label("path")]
        at: SourceSpan,
    },

    /// The bundle would replace the program.
    #[error("`output` is the same file as `input`")]
    #[diagnostic(
        code(wasi_vfs::manifest::output_is_input),
        help("write the bundle elsewhere, such as `output = \"dist/app.wasm\"`")
    )]
    OutputIsInput {
        /// The place of `output`.
        #[label("would replace the program")]
        at: SourceSpan,
        /// The place of `input`.
        #[label("the program")]
        input: SourceSpan,
    },

    /// Invalid pattern.
    #[error("invalid pattern `{pattern}`: {problem}")]
    #[diagnostic(code(wasi_vfs::manifest::pattern), help("{help}"))]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
        /// What to write.
        help: String,
        /// Its place.
        #[label("pattern")]
        at: SourceSpan,
    },

    /// Invalid permissions.
    #[error("invalid permissions `{text}`: {problem}")]
    #[diagnostic(
        code(wasi_vfs::manifest::permissions),
        help("write octal (`\"0644\"`), symbolic (`\"u=rw,go=r\"`, `\"+x\"`) or `\"source\"`")
    )]
    Permissions {
        /// The text given.
        text: String,
        /// What is wrong with it.
        problem: String,
        /// Its place.
        #[label("mode")]
        at: SourceSpan,
    },

    /// Invalid timestamp.
    #[error("invalid timestamp `{text}`{}", problem.as_ref().map(|p| format!(": {p}")).unwrap_or_default())]
    #[diagnostic(
        code(wasi_vfs::manifest::timestamps),
        help(
            "write \"epoch\", \"source\", \"source-date-epoch\" or an RFC 3339 time such as \"2024-01-31T12:00:00Z\""
        )
    )]
    Timestamps {
        /// The text given.
        text: String,
        /// What the parser of times says.
        problem: Option<String>,
        /// Its place.
        #[label("time")]
        at: SourceSpan,
    },

    /// A timestamp outside the range that an image can hold.
    #[error("timestamp `{text}` is {side}; a bundle can hold 1970 to 2554")]
    #[diagnostic(
        code(wasi_vfs::manifest::time_range),
        help("write a time from 1970 to 2554, or \"epoch\"")
    )]
    TimeRange {
        /// The text given.
        text: String,
        /// `before 1970` or `after 2554`.
        side: &'static str,
        /// Its place.
        #[label("time")]
        at: SourceSpan,
    },

    /// `SOURCE_DATE_EPOCH` is needed, but not set or not a number.
    #[error("`{asked}` needs the environment variable SOURCE_DATE_EPOCH, which {problem}")]
    #[diagnostic(
        code(wasi_vfs::manifest::source_date_epoch),
        help(
            "set it to seconds since 1970: `export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)`"
        )
    )]
    SourceDateEpoch {
        /// The key and value that need it.
        asked: &'static str,
        /// `is not set` or what it holds.
        problem: String,
        /// The first place that needs it.
        #[label("asked for here")]
        at: SourceSpan,
    },

    /// Invalid size.
    #[error("invalid size `{text}`: {problem}")]
    #[diagnostic(
        code(wasi_vfs::manifest::size),
        help(
            "write a number of bytes, or a string with a unit such as `\"64 MiB\"` (units: B, kB, MB, GB, KiB, MiB, GiB)"
        )
    )]
    Size {
        /// The text given.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
        /// Its place.
        #[label("size")]
        at: SourceSpan,
    },

    /// A number below zero.
    #[error("`{key}` cannot be negative")]
    #[diagnostic(
        code(wasi_vfs::manifest::negative),
        help("write 0 or a positive number")
    )]
    Negative {
        /// The key.
        key: &'static str,
        /// Its place.
        #[label("negative")]
        at: SourceSpan,
    },

    /// A `[[file]]` with both or neither of `content` and `source`.
    #[error("a `[[file]]` needs `content` or `source`, {problem}")]
    #[diagnostic(
        code(wasi_vfs::manifest::file_content),
        help(
            "write `content = \"...\"` for inline text, or `source = \"PATH\"` for a file on the host"
        )
    )]
    FileContent {
        /// `not both` or `and has none`.
        problem: &'static str,
        /// The place of `content`, or of the table.
        #[label("{problem}")]
        at: SourceSpan,
    },

    /// Two mounts of one name.
    #[error("two mounts are named `{name}`")]
    #[diagnostic(
        code(wasi_vfs::manifest::same_name),
        help("give one of them another `name`")
    )]
    SameName {
        /// The name.
        name: String,
        /// The second one's place.
        #[label("same name again")]
        at: SourceSpan,
        /// The first one's place.
        #[label("first used here")]
        first: SourceSpan,
    },

    /// Invalid symlink target.
    #[error("invalid symlink target: {problem}")]
    #[diagnostic(
        code(wasi_vfs::manifest::target),
        help("write 1 to 4095 bytes without NUL, such as `target = \"python3.13\"`")
    )]
    Target {
        /// What is wrong with it.
        problem: &'static str,
        /// Its place.
        #[label("target")]
        at: SourceSpan,
    },

    /// Invalid prefix.
    #[error("invalid `strip-prefix` `{text}`: {problem}")]
    #[diagnostic(
        code(wasi_vfs::manifest::strip_prefix),
        help(
            "write a path relative to the source, without a slash at either end, such as `strip-prefix = \"usr/share\"`"
        )
    )]
    StripPrefix {
        /// The text given.
        text: String,
        /// What is wrong with it.
        problem: String,
        /// Its place.
        #[label("prefix")]
        at: SourceSpan,
    },

    /// A rule that sets nothing.
    #[error("this rule changes nothing")]
    #[diagnostic(
        code(wasi_vfs::manifest::empty_rule),
        help("add `permissions`, `dir-permissions` or `timestamps`, or remove the rule")
    )]
    EmptyRule {
        /// The rule's place.
        #[label("sets no mode and no time")]
        at: SourceSpan,
    },

    /// Invalid environment variable name.
    #[error("the name of this variable {problem}")]
    #[diagnostic(
        code(wasi_vfs::manifest::variable_name),
        help("write a name without `=`, such as `HOME = \"/home\"`")
    )]
    VariableName {
        /// What is wrong with it.
        problem: &'static str,
        /// Its place.
        #[label("name")]
        at: SourceSpan,
    },

    /// A NUL character in an environment variable or an argument.
    #[error("environment variables and arguments cannot contain NUL characters")]
    #[diagnostic(
        code(wasi_vfs::manifest::nul),
        help("remove `\\u0000`, or give the program a file that contains it")
    )]
    Nul {
        /// The text's place.
        #[label("contains NUL")]
        at: SourceSpan,
    },

    /// A function of `[preinit]` that can't have another name.
    #[error("{problem}")]
    #[diagnostic(code(wasi_vfs::manifest::rename), help("{help}"))]
    Rename {
        /// What is wrong.
        problem: String,
        /// What to write.
        help: &'static str,
        /// The place of its name.
        #[label("renamed here")]
        at: SourceSpan,
    },

    /// A mount that has rules of its own.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Mount(#[from] MountProblem),

    /// A profile.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Profile(#[from] ProfileProblem),

    /// A variable.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Var(#[from] VarProblem),
}

impl ManifestProblem {
    /// Where in the text it is, for the order of reports.
    pub(super) fn at(&self) -> usize {
        self.labels()
            .into_iter()
            .flatten()
            .map(|label| label.offset())
            .next()
            .unwrap_or(0)
    }
}

/// A range as miette wants it.
pub(crate) fn span(range: &Range<usize>) -> SourceSpan {
    SourceSpan::from(range.clone())
}
