//! Patterns: which entries of a source tree are meant.

use std::ffi::OsStr;
use std::ops::Range;

use super::wild::Wild;

/// So that the positions in a pattern are the bits of one number.
const MAX_SEGMENTS: usize = 62;
/// Braces multiply.
const MAX_ALTERNATIVES: usize = 256;

/// One pattern of a manifest: which entries of a source tree are meant.
///
/// A pattern is matched against a path from the top of the source, name by name:
///
/// | written | matches |
/// | --- | --- |
/// | `*` | any part of one name, also none of it |
/// | `?` | any one character of a name |
/// | `[ab]`, `[a-z]`, `[!a]` | one character of (not of) a set |
/// | `{a,b}` | either; may contain slashes and further braces |
/// | `**` between slashes | any number of names, also none |
/// | `\` | the next character as it is; itself within a set |
/// | `/` at the end | directories only |
///
/// Names are matched with their case; a leading dot is nothing special. Nothing floats: `*.py` matches at
/// the top only, `**/*.py` everywhere.
/// In `include` and `exclude` a pattern that matches a directory stands for everything below it as well; in a rule it
/// stands for what it matches (`bin/**` is `bin` and everything below). In `exclude` the last pattern that matches an
/// entry or a directory it is in decides; a pattern with `!` in front takes back.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As written.
    pub(crate) text: String,
    /// Where; empty for a built-in one.
    pub(crate) span: Range<usize>,
    /// Whether `!` stood in front.
    pub(crate) negated: bool,
    pub(crate) alternatives: Vec<Alternative>,
}

/// A pattern without braces.
#[derive(Debug, Clone)]
pub(crate) struct Alternative {
    pub(crate) segments: Vec<Segment>,
    /// A slash stood at the end.
    pub(crate) directories_only: bool,
}

/// What stands between two slashes.
#[derive(Debug, Clone)]
pub(crate) enum Segment {
    /// `**`: any number of names.
    Any,
    /// One name.
    Literal(String),
    /// One `*`, with what is before and behind it.
    Star { prefix: String, suffix: String },
    /// Everything else.
    Wild(Wild),
}

impl Segment {
    /// Whether one name matches; `**` matches each.
    pub(crate) fn matches(&self, name: &OsStr) -> bool {
        let bytes = name.as_encoded_bytes();
        match self {
            Self::Any => true,
            Self::Literal(text) => bytes == text.as_bytes(),
            Self::Star { prefix, suffix } => {
                bytes.len() >= prefix.len() + suffix.len()
                    && bytes.starts_with(prefix.as_bytes())
                    && bytes.ends_with(suffix.as_bytes())
            }
            // What is not UTF-8 matches no character of a pattern, only wildcards.
            Self::Wild(wild) => wild.matches(&name.to_string_lossy()),
        }
    }
}

/// What is wrong with a pattern, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PatternError {
    pub(super) problem: String,
    pub(super) help: String,
}

pub(super) fn wrong<T>(
    problem: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, PatternError> {
    Err(PatternError {
        problem: problem.into(),
        help: help.into(),
    })
}

impl Pattern {
    /// Reads a pattern; `!` in front is taken where `may_negate`.
    pub(super) fn parse(
        text: &str,
        span: Range<usize>,
        may_negate: bool,
    ) -> Result<Self, PatternError> {
        let body = text.strip_prefix('!');
        if body.is_some() && !may_negate {
            return wrong(
                "`!` takes back what `exclude` keeps out",
                "move it to `exclude`, or write `\\!` for the character",
            );
        }
        let negated = body.is_some();
        let body = body.unwrap_or(text);
        if body.is_empty() {
            return wrong("it is empty", "write `**` for everything, or remove it");
        }
        let mut expanded = Vec::new();
        expand(body, &mut expanded)?;
        let alternatives = expanded
            .iter()
            .map(|text| alternative(text))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            text: text.to_owned(),
            span,
            negated,
            alternatives,
        })
    }

    /// A pattern that no manifest contains.
    pub(super) fn built_in(text: &str) -> Self {
        Self::parse(text, 0..0, false).expect("built-in patterns are tested")
    }

    /// A pattern that needs no manifest.
    #[cfg(test)]
    pub(crate) fn for_test(text: &str) -> Self {
        Self::parse(text, 0..1, true).expect(text)
    }

    /// Whether the manifest contains it.
    pub(crate) fn is_written(&self) -> bool {
        !self.span.is_empty()
    }
}

/// Replaces the first braces by each of their parts, and so on until there are none.
fn expand(text: &str, out: &mut Vec<String>) -> Result<(), PatternError> {
    let Some((open, commas, close)) = first_braces(text)? else {
        if out.len() == MAX_ALTERNATIVES {
            return wrong(
                format!("its braces make more than {MAX_ALTERNATIVES} patterns"),
                "write several patterns",
            );
        }
        out.push(text.to_owned());
        return Ok(());
    };
    let mut start = open + 1;
    for end in commas.into_iter().chain([close]) {
        expand(
            &[&text[..open], &text[start..end], &text[close + 1..]].concat(),
            out,
        )?;
        start = end + 1;
    }
    Ok(())
}

/// The byte positions of the first `{`, its own commas and its `}`.
#[allow(
    clippy::type_complexity,
    reason = "three positions of one thing, used once"
)]
fn first_braces(text: &str) -> Result<Option<(usize, Vec<usize>, usize)>, PatternError> {
    let (mut open, mut commas, mut depth, mut in_set, mut escaped) =
        (None, Vec::new(), 0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ']' => in_set = false,
            _ if in_set => {}
            '[' => in_set = true,
            '{' => {
                open.get_or_insert(at);
                depth += 1;
            }
            ',' if depth == 1 => commas.push(at),
            '}' if depth == 0 => {
                return wrong(
                    "a `}` has no `{`",
                    "remove it, or write `\\}` for the character",
                );
            }
            '}' => {
                depth -= 1;
                if let (0, Some(open)) = (depth, open) {
                    return Ok(Some((open, commas, at)));
                }
            }
            _ => {}
        }
    }
    match (depth, escaped) {
        (_, true) => wrong(
            "it ends in `\\`",
            "write `/` between names, or `\\\\` for the character",
        ),
        (0, false) => Ok(None),
        _ => wrong(
            "a `{` is not closed",
            "write `{a,b}`, or `\\{` for the character",
        ),
    }
}

fn alternative(text: &str) -> Result<Alternative, PatternError> {
    if let Some(rest) = text.strip_prefix('/') {
        return wrong(
            "patterns start at the top of the source",
            format!("write `{rest}`"),
        );
    }
    let body = text.strip_suffix('/');
    let directories_only = body.is_some();
    let mut segments: Vec<Segment> = Vec::new();
    for name in body.unwrap_or(text).split('/') {
        let segment = segment(name, text)?;
        // `**/**` is `**`; the matcher relies on it.
        if !matches!(
            (&segment, segments.last()),
            (Segment::Any, Some(Segment::Any))
        ) {
            segments.push(segment);
        }
    }
    if segments.len() > MAX_SEGMENTS {
        return wrong(
            format!("it has more than {MAX_SEGMENTS} names"),
            "write `**` for some of them",
        );
    }
    Ok(Alternative {
        segments,
        directories_only,
    })
}

fn segment(name: &str, whole: &str) -> Result<Segment, PatternError> {
    match name {
        "" => {
            return wrong(
                "two slashes in a row",
                format!("write `{}`", whole.replace("//", "/")),
            );
        }
        "." => {
            let rest = whole.trim_start_matches("./");
            let rest = if rest.is_empty() || rest == "." {
                "**"
            } else {
                rest
            };
            return wrong("`.` matches nothing", format!("write `{rest}`"));
        }
        ".." => {
            return wrong(
                "`..` leaves the source",
                "mount a directory further up instead",
            );
        }
        "**" => return Ok(Segment::Any),
        _ if name.contains("**") => {
            return wrong(
                "`**` stands alone between slashes",
                "write `*` within a name, or `**/` in front of it",
            );
        }
        _ => {}
    }
    if !name.contains(['*', '?', '[', '\\']) {
        return Ok(Segment::Literal(name.to_owned()));
    }
    if let Some((prefix, suffix)) = name.split_once('*')
        && !suffix.contains(['*', '?', '[', '\\'])
        && !prefix.contains(['?', '[', '\\'])
    {
        return Ok(Segment::Star {
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
        });
    }
    Ok(Segment::Wild(Wild::parse(name)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        Pattern::parse(text, 0..1, true).expect_err(text).problem
    }

    #[test]
    fn no_patterns() {
        assert_eq!(problem(""), "it is empty");
        assert_eq!(problem("!"), "it is empty");
        assert_eq!(problem("/a"), "patterns start at the top of the source");
        assert_eq!(problem("a//b"), "two slashes in a row");
        assert_eq!(problem("./a"), "`.` matches nothing");
        assert_eq!(problem("a/../b"), "`..` leaves the source");
        assert_eq!(problem("a**"), "`**` stands alone between slashes");
        assert_eq!(problem("{a"), "a `{` is not closed");
        assert_eq!(problem("a}"), "a `}` has no `{`");
        assert_eq!(problem("a\\"), "it ends in `\\`");
        assert_eq!(problem("[a"), "a `[` is not closed");
        assert_eq!(problem("[b-a]"), "the range `b-a` is empty");
        assert_eq!(
            problem(&"{a,b}".repeat(9)),
            "its braces make more than 256 patterns"
        );
        assert_eq!(problem(&["a"; 63].join("/")), "it has more than 62 names");
        let include = Pattern::parse("!a", 0..1, false).unwrap_err();
        assert_eq!(include.problem, "`!` takes back what `exclude` keeps out");
    }

    #[test]
    fn braces_expand() {
        let mut out = Vec::new();
        expand("a/{b,c/{d,}}/[{]\\{", &mut out).unwrap();
        assert_eq!(out, ["a/b/[{]\\{", "a/c/d/[{]\\{", "a/c//[{]\\{"]);
    }

    #[test]
    fn names() {
        for (pattern, name, matches) in [
            ("a", "a", true),
            ("a", "A", false),
            ("*", "", true),
            ("*", ".hidden", true),
            ("*.py", "a.py", true),
            ("*.py", ".py", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*~", "x~", true),
            ("?", "é", true),
            ("?.py", "ab.py", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("*a*", "bab", true),
            ("*a*", "xyz", false),
            ("*a?c*", "xxabcx", true),
            ("a?*", "a", false),
            ("[]a]", "]", true),
            ("[a-]?", "-x", true),
            ("[]]x", "]x", true),
            ("\\*", "*", true),
            ("\\*", "x", false),
        ] {
            assert_eq!(
                segment(pattern, pattern).unwrap().matches(OsStr::new(name)),
                matches,
                "{pattern} {name}"
            );
        }
    }
}
