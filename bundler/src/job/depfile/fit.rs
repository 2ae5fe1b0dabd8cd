//! Which names make and ninja can read in a depfile, tried with GNU Make 4.3 and ninja 1.11.
//!
//! Neither has an escape for every character, and their escapes differ.

use miette::Diagnostic;

use crate::plan::Paths;

/// What a depfile can't say. Codes are stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[diagnostic(severity(Warning))]
#[non_exhaustive]
pub enum DepfileNotice {
    /// Names that would make the depfile unreadable, which are left out of it.
    #[error("the depfile leaves out names that make or ninja cannot read: {paths}")]
    #[diagnostic(
        code(wasi_vfs::output::depfile_left_out),
        help(
            "rename them; until then, make and ninja do not notice when they change: bundle again yourself"
        )
    )]
    LeftOut {
        /// The files and directories.
        paths: Paths,
    },

    /// Names that make reads and ninja does not.
    #[error("ninja cannot read names in the depfile: {paths}")]
    #[diagnostic(
        code(wasi_vfs::output::depfile_ninja),
        help("with ninja, rename them; until then, it bundles again every time. make reads them")
    )]
    Ninja {
        /// The files and directories.
        paths: Paths,
    },

    /// Names that make can read as prerequisites, and not as targets.
    #[error("make cannot go on when names in the depfile are gone: {paths}")]
    #[diagnostic(
        code(wasi_vfs::output::depfile_gone),
        help(
            "with make, rename them: a name with `=` or `%` cannot be a target; or remove the depfile after deleting one of them"
        )
    )]
    Gone {
        /// The files and directories.
        paths: Paths,
    },
}

/// Who can read a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// make and ninja.
    Both,
    /// make; ninja takes it for another name, or several.
    Make,
    /// Both as a prerequisite; make not as a target.
    NoRule,
    /// At least one of them can't read the depfile with it.
    Neither,
}

impl Fit {
    pub(super) fn of(name: &[u8]) -> Self {
        let ends_badly = name.ends_with(b"\\") || name.ends_with(b" ") || name.ends_with(b":");
        // `lib(member)` is a member of an archive for make.
        let is_member = name.ends_with(b")") && name.contains(&b'(');
        let breaks = |byte: &u8| matches!(byte, b'\t'..=b'\r' | b';' | b'|');
        if name.is_empty() || ends_badly || is_member || name.iter().any(breaks) {
            return Self::Neither;
        }
        // make has escapes that ninja does not, for a backslash in front of a special character.
        let after_backslash = |pair: &[u8]| pair[0] == b'\\' && b"#:$".contains(&pair[1]);
        if !name.iter().all(|byte| is_ninjas(*byte)) || name.windows(2).any(after_backslash) {
            return Self::Make;
        }
        match Self::has_rule(name) {
            true => Self::Both,
            false => Self::NoRule,
        }
    }

    /// Whether make can read it as a target: with `=` it is an assignment, with `%` a pattern.
    pub(super) fn has_rule(name: &[u8]) -> bool {
        !name.contains(&b'=') && !name.contains(&b'%')
    }
}

/// What ninja's reader of depfiles takes for a part of a name; `$`, `#`, space and backslash with escapes.
fn is_ninjas(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b"+,/_:.~()}{%=@[]!-$# \\".contains(&byte)
}

/// What there is to say of the names of a depfile.
#[derive(Default)]
pub(super) struct Notices {
    pub(super) left_out: Vec<String>,
    pub(super) ninja: Vec<String>,
    pub(super) no_rule: Vec<String>,
}

impl Notices {
    pub(super) fn all(self) -> Vec<DepfileNotice> {
        let some = |paths: Vec<String>| (!paths.is_empty()).then(|| Paths::of(paths));
        let left_out = some(self.left_out).map(|paths| DepfileNotice::LeftOut { paths });
        let ninja = some(self.ninja).map(|paths| DepfileNotice::Ninja { paths });
        let gone = some(self.no_rule).map(|paths| DepfileNotice::Gone { paths });
        [left_out, ninja, gone].into_iter().flatten().collect()
    }
}
