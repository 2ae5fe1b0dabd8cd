//! A name with wildcards that is not one of the simple forms; `globset` knows how to match it.

use std::borrow::Cow;

use globset::{ErrorKind, GlobBuilder, GlobMatcher};

use super::pattern::{PatternError, wrong};

/// Takes the place of any character beyond ASCII, so that it is one byte to `globset`, which matches bytes.
const FOREIGN: char = '\u{1}';

/// One name of a pattern, with wildcards.
#[derive(Debug, Clone)]
pub(crate) struct Wild {
    matcher: GlobMatcher,
    /// The pattern has no character beyond ASCII, so all of those are alike to it.
    is_ascii: bool,
}

impl Wild {
    /// Reads what stands between two slashes of a pattern.
    pub(super) fn parse(name: &str) -> Result<Self, PatternError> {
        let is_ascii = name.is_ascii();
        if !is_ascii && name.contains(['?', '[']) {
            return wrong(
                "`?` and `[...]` do not go together with characters beyond ASCII in one name",
                "write `*` instead, or several patterns",
            );
        }
        let glob = GlobBuilder::new(name)
            .literal_separator(true)
            .backslash_escape(true)
            .build();
        match glob {
            Ok(glob) => Ok(Self {
                matcher: glob.compile_matcher(),
                is_ascii,
            }),
            Err(error) => explain(error.kind()),
        }
    }

    /// Whether a whole name matches.
    pub(super) fn matches(&self, name: &str) -> bool {
        let name = if self.is_ascii && !name.is_ascii() {
            Cow::Owned(name.replace(|c: char| !c.is_ascii(), FOREIGN.encode_utf8(&mut [0; 4])))
        } else {
            Cow::Borrowed(name)
        };
        self.matcher.is_match(name.as_ref())
    }
}

/// What `globset` can't read, in our words.
fn explain<T>(kind: &ErrorKind) -> Result<T, PatternError> {
    match kind {
        ErrorKind::UnclosedClass => wrong(
            "a `[` is not closed",
            "write `[ab]` or `[a-z]` for a set, `\\[` for the character",
        ),
        ErrorKind::InvalidRange(first, last) => wrong(
            format!("the range `{first}-{last}` is empty"),
            format!("write `[{last}-{first}]`"),
        ),
        other => wrong(
            other.to_string(),
            "write a backslash in front of what is meant literally",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        // (pattern, name, matches it)
        for (pattern, name, matches) in [
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a?c", "aßc", true),
            ("a?c", "aßßc", false),
            ("?", "日", true),
            ("[!a]", "ä", true),
            ("[!a]x", "ax", false),
            ("[a-c]*", "bcd", true),
            ("[]a]", "]", true),
            ("*a*b", "xaxaxb", true),
            ("*a*b", "xaxax", false),
            ("ä*ö*", "äöü", true),
            ("ä*ö*", "aöü", false),
            ("\\*\\?", "*?", true),
            ("\\*\\?", "ab", false),
        ] {
            let wild = Wild::parse(pattern).expect(pattern);
            assert_eq!(wild.matches(name), matches, "{pattern} on {name}");
        }
    }

    #[test]
    fn no_names() {
        let problem = |text: &str| Wild::parse(text).expect_err(text).problem;
        assert_eq!(problem("[a"), "a `[` is not closed");
        assert_eq!(problem("[z-a]"), "the range `z-a` is empty");
        assert_eq!(
            problem("ä?"),
            "`?` and `[...]` do not go together with characters beyond ASCII in one name"
        );
    }
}
