//! Many offenders in one message.

use std::fmt;

/// How many offenders a message names, unless its format asks for fewer (`{paths:.3}`).
const SHOWN: usize = 10;
/// How many characters of an offender a message shows.
const LONGEST: usize = 160;

/// Offenders of one kind of problem, mostly paths: one mistake can have thousands. A message names the first ones and counts
/// the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paths {
    named: Vec<String>,
    count: usize,
}

impl Paths {
    /// Offenders as they are to be shown, in an order that tells something.
    pub(crate) fn new(all: Vec<String>) -> Self {
        let mut paths = Self::default();
        all.into_iter().for_each(|one| paths.add(|| one));
        paths
    }

    /// Plain paths, in any order: each is named once, in backticks, with control characters escaped; long ones are shortened to
    /// what a line holds.
    pub(crate) fn of(mut all: Vec<String>) -> Self {
        all.sort_unstable();
        all.dedup();
        let mut paths = Self::default();
        all.iter().for_each(|path| paths.add(|| quoted(path)));
        paths
    }

    /// One more, and how it is to be shown if it is among the first.
    pub(crate) fn add(&mut self, shown: impl FnOnce() -> String) {
        self.count += 1;
        if self.named.len() < SHOWN {
            self.named.push(shown());
        }
    }

    /// The first ones, as messages show them.
    #[must_use]
    pub fn named(&self) -> &[String] {
        &self.named
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// A sentence: about the only one, or about all of them.
    pub(crate) fn told(&self, one: impl FnOnce(&str) -> String, many: &str) -> String {
        match self.named.as_slice() {
            [only] => one(only),
            _ => format!("{} {many}: {self:.5}", self.count),
        }
    }
}

impl fmt::Display for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = f.precision().unwrap_or(SHOWN);
        let named = &self.named[..self.named.len().min(most)];
        f.write_str(&named.join(", "))?;
        match self.count - named.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// A path in backticks, with control characters escaped; a long one is shown with its start and its end.
pub(crate) fn quoted(path: &str) -> String {
    let escaped = path
        .chars()
        .flat_map(|char| match char.is_control() {
            true => char.escape_default().collect(),
            false => vec![char],
        })
        .collect::<Vec<char>>();
    if escaped.len() <= LONGEST {
        return format!("`{}`", String::from_iter(escaped));
    }
    let (start, end) = (
        &escaped[..LONGEST / 2],
        &escaped[escaped.len() - LONGEST / 2..],
    );
    format!("`{}…{}`", String::from_iter(start), String::from_iter(end))
}
