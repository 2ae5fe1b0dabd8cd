//! Many offenders in one message.

use std::fmt;

/// How many offenders a message names.
const SHOWN: usize = 10;
/// How many characters of an offender a message shows.
const LONGEST: usize = 200;

/// Paths of one kind of problem; a message names the first ones and counts the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths(Vec<String>);

impl Paths {
    /// The paths as they are to be shown, in an order that tells something.
    pub(crate) fn new(paths: Vec<String>) -> Self {
        Self(paths)
    }

    /// Plain paths, in any order: each is named once, in backticks, with control characters escaped; long ones are shortened to
    /// what a line holds.
    pub(crate) fn of(mut paths: Vec<String>) -> Self {
        paths.sort_unstable();
        paths.dedup();
        Self(paths.iter().map(|path| quoted(path)).collect())
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0[..self.0.len().min(SHOWN)].join(", "))?;
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

fn quoted(path: &str) -> String {
    let mut text = String::from("`");
    for (number, char) in path.chars().enumerate() {
        match char {
            _ if number == LONGEST => {
                text.push('…');
                break;
            }
            char if char.is_control() => text.extend(char.escape_default()),
            char => text.push(char),
        }
    }
    text.push('`');
    text
}
