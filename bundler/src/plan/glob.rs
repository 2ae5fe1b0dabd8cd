//! Patterns at work: several at once, one name at a time.
//!
//! A walk goes down a tree name by name, so each directory carries how far every pattern has come ([`State`]) and each
//! entry costs one step from its directory's state, however deep it is. The state also tells whether anything below can
//! still match; if nothing can, the walk does not enter.

use std::ffi::OsStr;

use crate::manifest::{Alternative, Pattern, Segment};

/// Several patterns of one list.
pub(super) struct Globs<'m> {
    patterns: &'m [Pattern],
    /// All alternatives of all patterns, each with its pattern's index.
    alternatives: Vec<(usize, &'m Alternative)>,
}

/// For each alternative the positions it may be at: bit `i` is "segment `i` is next", the bit behind the last segment
/// is "all matched". A `**` at the end is not skipped but matched with nothing by [`Globs::matches`], so that `a/**` takes
/// the directory `a` and not a file of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State(Box<[u64]>);

impl<'m> Globs<'m> {
    pub(super) fn new(patterns: &'m [Pattern]) -> Self {
        let alternatives = patterns.iter().enumerate();
        let alternatives = alternatives
            .flat_map(|(index, pattern)| pattern.alternatives.iter().map(move |one| (index, one)));
        Self {
            patterns,
            alternatives: alternatives.collect(),
        }
    }

    pub(super) fn patterns(&self) -> &'m [Pattern] {
        self.patterns
    }

    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The state of the source itself.
    pub(super) fn start(&self) -> State {
        State(
            self.alternatives
                .iter()
                .map(|(_, one)| one.skip(0))
                .collect(),
        )
    }

    /// The state of the entry `name` in a directory of this state.
    pub(super) fn step(&self, state: &State, name: &OsStr) -> State {
        State(
            self.alternatives
                .iter()
                .zip(&state.0)
                .map(|((_, one), positions)| one.step(*positions, name))
                .collect(),
        )
    }

    /// The patterns that match the entry of this state, in their order; one may come several times.
    pub(super) fn matches(&self, state: &State, is_directory: bool) -> impl Iterator<Item = usize> {
        let all = self.alternatives.iter().zip(&state.0);
        all.filter(move |((_, one), positions)| one.accepts(**positions, is_directory))
            .map(|((index, _), _)| *index)
    }

    /// Whether something below a directory of this state can match one of the patterns that `wanted` picks.
    pub(super) fn may_match_below(
        &self,
        state: &State,
        mut wanted: impl FnMut(usize, &Pattern) -> bool,
    ) -> bool {
        self.alternatives
            .iter()
            .zip(&state.0)
            .any(|((index, one), positions)| {
                one.goes_on(*positions) && wanted(*index, &self.patterns[*index])
            })
    }
}

impl Alternative {
    fn ends_in_any(&self) -> bool {
        matches!(self.segments.last(), Some(Segment::Any))
    }

    /// Position `at` and, past a `**` that is not the last, the one behind it.
    fn skip(&self, at: usize) -> u64 {
        let both =
            matches!(self.segments.get(at), Some(Segment::Any)) && at + 1 < self.segments.len();
        if both { 0b11 << at } else { 1 << at }
    }

    fn step(&self, positions: u64, name: &OsStr) -> u64 {
        let end = self.segments.len();
        let mut left = positions;
        let mut next = 0;
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            next |= match self.segments.get(at) {
                Some(Segment::Any) if at + 1 == end => 1 << end,
                Some(Segment::Any) => self.skip(at),
                Some(segment) if segment.matches(name) => self.skip(at + 1),
                None if self.ends_in_any() => 1 << end,
                Some(_) | None => 0,
            };
        }
        next
    }

    fn accepts(&self, positions: u64, is_directory: bool) -> bool {
        let end = self.segments.len();
        let all = positions >> end & 1 == 1 && (is_directory || !self.directories_only);
        all || is_directory && self.ends_in_any() && positions >> (end - 1) & 1 == 1
    }

    fn goes_on(&self, positions: u64) -> bool {
        let end = self.segments.len();
        positions & !(1 << end) != 0 || positions != 0 && self.ends_in_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `pattern` matches `path` (a slash at its end: a directory), and whether something below it may.
    fn run(pattern: &str, path: &str) -> (bool, bool) {
        let patterns = [Pattern::for_test(pattern)];
        let globs = Globs::new(&patterns);
        let is_directory = path.is_empty() || path.ends_with('/');
        let names = path.split('/').filter(|name| !name.is_empty());
        let state = names.fold(globs.start(), |state, name| {
            globs.step(&state, OsStr::new(name))
        });
        (
            globs.matches(&state, is_directory).next().is_some(),
            globs.may_match_below(&state, |_, _| true),
        )
    }

    #[test]
    fn dialect() {
        // (pattern, path, matches it, may match below it)
        for (pattern, path, matches, below) in [
            ("a", "a", true, false),
            ("a", "b", false, false),
            ("a", "b/a", false, false),
            ("a/b", "a/", false, true),
            ("a/b", "a/b", true, false),
            ("a/*", "a/b", true, false),
            ("a/*", "a/", false, true),
            ("a/*", "a/b/c", false, false),
            ("*.py", "x.py", true, false),
            ("*.py", "d/x.py", false, false),
            ("**/*.py", "x.py", true, true),
            ("**/*.py", "d/e/x.py", true, true),
            ("**/*.py", "d/", false, true),
            ("a/**", "a/", true, true),
            ("a/**", "a", false, true),
            ("a/**", "a/b", true, true),
            ("a/**", "a/b/c", true, true),
            ("a/**", "b/", false, false),
            ("**/t/**", "t/", true, true),
            ("**/t/**", "x/t/y", true, true),
            ("**/t/**", "x/", false, true),
            ("a/**/b", "a/b", true, true),
            ("a/**/b", "a/x/y/b", true, true),
            ("a/**/b", "a/x/", false, true),
            ("a/**/**/b", "a/b", true, true),
            ("**", "", true, true),
            ("**", "a", true, true),
            ("a/", "a", false, false),
            ("a/", "a/", true, false),
            ("{a,b/c}", "a", true, false),
            ("{a,b/c}", "b/c", true, false),
            ("{a,b/c}", "b/", false, true),
            ("x{1,2}.py", "x2.py", true, false),
        ] {
            assert_eq!(run(pattern, path), (matches, below), "{pattern} on {path}");
        }
    }
}
