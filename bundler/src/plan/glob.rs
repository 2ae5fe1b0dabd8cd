//! Patterns at work: several at once, one name at a time.
//!
//! A walk goes down a tree name by name, so each directory carries how far every pattern has come ([`State`]) and each
//! entry costs one step from its directory's state, however deep it is. The state also tells whether anything below can
//! still match; if nothing can, the walk does not enter.

use std::ffi::OsStr;
use std::rc::Rc;

use crate::manifest::{Alternative, Pattern, Segment};

/// Several patterns of one list.
pub(super) struct Globs<'m> {
    patterns: &'m [Pattern],
    /// All alternatives of all patterns, each with its pattern's index.
    alternatives: Vec<(usize, &'m Alternative)>,
    start: State,
    /// When all alternatives are `**/NAME`, as the built-in ones are: what those names begin and end with. A name that
    /// can't be one of them leaves the state as it is at the start.
    edges: Option<Box<Edges>>,
}

/// The first and the last bytes of names, roughly: what is not in here is none of them.
struct Edges {
    /// By one byte, or by two.
    heads: [[bool; 256]; 2],
    tails: [[bool; 256]; 2],
}

/// For each alternative the positions it may be at: bit `i` is "segment `i` is next", the bit behind the last segment
/// is "all matched". A `**` at the end is not skipped but matched with nothing by [`Globs::matches`], so that `a/**` takes
/// the directory `a` and not a file of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State(Rc<[u64]>);

impl<'m> Globs<'m> {
    pub(super) fn new(patterns: &'m [Pattern]) -> Self {
        let alternatives = patterns.iter().enumerate();
        let alternatives = alternatives
            .flat_map(|(index, pattern)| pattern.alternatives.iter().map(move |one| (index, one)));
        let alternatives: Vec<(usize, &Alternative)> = alternatives.collect();
        let start = alternatives.iter().map(|(_, one)| one.skip(0)).collect();
        Self {
            patterns,
            start: State(start),
            edges: Edges::of(&alternatives).map(Box::new),
            alternatives,
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
        self.start.clone()
    }

    /// The state of the entry `name` in a directory of this state.
    pub(super) fn step(&self, state: &State, name: &OsStr) -> State {
        if let Some(edges) = &self.edges
            && !edges.may_be(name.as_encoded_bytes())
        {
            return self.start.clone();
        }
        State(
            self.alternatives
                .iter()
                .zip(&*state.0)
                .map(|((_, one), positions)| one.step(*positions, name))
                .collect(),
        )
    }

    /// The patterns that match the entry of this state, in their order; one may come several times.
    pub(super) fn matches(&self, state: &State, is_directory: bool) -> impl Iterator<Item = usize> {
        // `**/NAME` does not match the source itself.
        let none = self.edges.is_some() && Rc::ptr_eq(&state.0, &self.start.0);
        let count = if none { 0 } else { self.alternatives.len() };
        let all = self.alternatives.iter().zip(&*state.0).take(count);
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
            .zip(&*state.0)
            .any(|((index, one), positions)| {
                one.goes_on(*positions) && wanted(*index, &self.patterns[*index])
            })
    }
}

impl Edges {
    /// `None`: not all are `**/NAME`, or one of the names may be any.
    fn of(alternatives: &[(usize, &Alternative)]) -> Option<Self> {
        let mut edges = Self {
            heads: [[false; 256]; 2],
            tails: [[false; 256]; 2],
        };
        for (_, alternative) in alternatives {
            let [Segment::Any, name] = &*alternative.segments else {
                return None;
            };
            let (text, at_head) = match name {
                Segment::Literal(text) => (text, true),
                Segment::Star { prefix, .. } if !prefix.is_empty() => (prefix, true),
                Segment::Star { suffix, .. } => (suffix, false),
                Segment::Any | Segment::Wild(_) => return None,
            };
            match (text.as_bytes(), at_head) {
                ([], _) => return None,
                ([one], true) => edges.heads[0][usize::from(*one)] = true,
                ([one], false) => edges.tails[0][usize::from(*one)] = true,
                ([first, second, ..], true) => edges.heads[1][pair(*first, *second)] = true,
                ([.., before, last], false) => edges.tails[1][pair(*last, *before)] = true,
            }
        }
        Some(edges)
    }

    /// Whether it may be one of the names.
    fn may_be(&self, name: &[u8]) -> bool {
        let (Some(first), Some(last)) = (name.first(), name.last()) else {
            return true;
        };
        let one = self.heads[0][usize::from(*first)] || self.tails[0][usize::from(*last)];
        one || match name {
            [first, second, ..] => {
                let before = name[name.len() - 2];
                self.heads[1][pair(*first, *second)] || self.tails[1][pair(*last, before)]
            }
            _ => false,
        }
    }
}

/// Two bytes as one; few pairs that occur in names share one.
fn pair(outer: u8, inner: u8) -> usize {
    usize::from(outer.wrapping_mul(37) ^ inner)
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

    /// The short cut for `**/NAME` takes nothing for a name that is none, and never misses one.
    #[test]
    fn edges() {
        let texts = [
            "**/.git", "**/CVS", "**/*.key", "**/*~", "**/.#*", "**/#*#", "**/x",
        ];
        let patterns = texts.map(Pattern::for_test);
        let globs = Globs::new(&patterns);
        assert!(globs.edges.is_some());
        let plain = texts.map(|text| [Pattern::for_test(text), Pattern::for_test("a/b")]);
        for name in [
            ".git", ".gi", "git", "CVS", "CV", "a.key", "b.py", ".key", "key", "a~", "~", ".#a",
            ".#", "#a#", "#a", "##", "#", "x", "xx", "y", ".", "ab",
        ] {
            let name = OsStr::new(name);
            let state = globs.step(&globs.start(), name);
            let below = globs.step(&state, name);
            for state in [&state, &below] {
                let matching: Vec<usize> = globs.matches(state, false).collect();
                let expected: Vec<usize> = (0..texts.len())
                    .filter(|at| {
                        let one = Globs::new(&plain[*at]);
                        assert!(one.edges.is_none());
                        one.matches(&one.step(&one.start(), name), false)
                            .next()
                            .is_some()
                    })
                    .collect();
                assert_eq!(matching, expected, "{name:?}");
            }
        }
        let wild = [Pattern::for_test("**/a?c")];
        assert!(Globs::new(&wild).edges.is_none());
        let any = [Pattern::for_test("**/*")];
        assert!(Globs::new(&any).edges.is_none());
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
