//! What can be wrong with variables. No value is ever shown: one that came by mistake may be a secret.

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;

/// One thing wrong with a variable, or with where it is used.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum VarProblem {
    /// Invalid variable name.
    #[error("invalid variable name `{name}`")]
    #[diagnostic(
        code(wasi_vfs::manifest::var_name),
        help("use letters, digits and `_`, with a letter or `_` first: for example `APP_VERSION`")
    )]
    Name {
        /// The name given.
        name: String,
        /// Its place.
        #[label("name")]
        at: SourceSpan,
    },

    /// A variable that can have no value.
    #[error("the variable `{name}` has neither `default` nor `env`")]
    #[diagnostic(
        code(wasi_vfs::manifest::var_empty),
        help(
            "write `{name} = \"...\"`, or `{name} = {{ env = \"{name}\" }}` for a value of the environment"
        )
    )]
    Empty {
        /// Its name.
        name: String,
        /// Its place.
        #[label("no value")]
        at: SourceSpan,
    },

    /// A variable that is not declared.
    #[error("`${{{name}}}` is not declared in `[vars]`")]
    #[diagnostic(code(wasi_vfs::manifest::undeclared_var), help("{help}"))]
    Undeclared {
        /// The name.
        name: String,
        /// What to write.
        help: String,
        /// The place of the text it is in.
        #[label("uses `{name}`")]
        at: SourceSpan,
    },

    /// A `${` without a valid variable name after it.
    #[error("invalid variable reference `{found}`")]
    #[diagnostic(
        code(wasi_vfs::manifest::interpolation),
        help("write `${{NAME}}` for a variable of `[vars]`, or `$${{` for the text `${{` itself")
    )]
    Malformed {
        /// The start of it.
        found: String,
        /// The place of the text it is in.
        #[label("in this text")]
        at: SourceSpan,
    },

    /// A variable without default that the environment does not have.
    #[error("the variable `{name}` has no value: `{env}` is not set")]
    #[diagnostic(
        code(wasi_vfs::manifest::unset_var),
        help("set it: `export {env}=...`; or add a `default` here")
    )]
    Unset {
        /// Its name.
        name: String,
        /// The environment variable.
        env: String,
        /// Its place.
        #[label("reads `{env}`")]
        at: SourceSpan,
    },

    /// A value that can't be in a text.
    #[error("the value of the variable `{name}` {problem}")]
    #[diagnostic(code(wasi_vfs::manifest::var_value), help("{help}"))]
    Value {
        /// Its name.
        name: String,
        /// What is wrong with the value.
        problem: &'static str,
        /// What to do.
        help: String,
        /// Its place.
        #[label("this variable")]
        at: SourceSpan,
    },

    /// A variable that seems to hold a secret.
    #[error("the variable `{name}` (line {line}) looks like a secret: {because}")]
    #[diagnostic(
        code(wasi_vfs::manifest::secret),
        help(
            "all who get the bundle can read it, so give a secret to the program when it is run; if this is none, add \
             `public = true`: `{name} = {{ ..., public = true }}`"
        )
    )]
    Secret {
        /// Its name.
        name: String,
        /// The line of the manifest it is in, from 1.
        line: usize,
        /// What says so.
        because: String,
        /// Its place; none when that would show the value.
        #[label("would be in the bundle")]
        at: Option<SourceSpan>,
    },
}
