//! What the reports of `plan --json` and `inspect --json` have in common.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::meaning::Meaning;
use crate::tree::Kind;

/// An entry as both reports tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// `directory`, `file`, `hard-link` or `symlink`.
    pub kind: String,
    /// Four octal digits.
    pub mode: String,
    /// Nanoseconds since 1970.
    pub time_ns: u64,
    /// Bytes of a file.
    pub size: Option<u64>,
    /// What a symlink holds, or the first name of a file.
    pub target: Option<String>,
}

/// Entries by their guest paths.
pub type Listing = BTreeMap<String, Listed>;

/// The entries of a report.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn of_report(report: &Value) -> Listing {
    let entries = report["entries"].as_array().expect("a list of entries");
    let mut listing = Listing::new();
    for entry in entries {
        let text = |key: &str| entry[key].as_str().map(str::to_owned);
        let path = text("path").expect("a path");
        let kind = text("kind").expect("a kind");
        // The image says it of the first name only, the plan as well; a link has the size of its file.
        let size = (kind == "file").then(|| entry["size"].as_u64().expect("a size"));
        let listed = Listed {
            mode: text("mode").expect("a mode"),
            time_ns: nanoseconds(&text("time").expect("a time")),
            size,
            target: text("target"),
            kind,
        };
        let again = listing.insert(path, listed);
        assert!(again.is_none(), "a path comes twice");
    }
    listing
}

/// The entries that a manifest means.
#[must_use]
pub fn of_meaning(meaning: &Meaning) -> Listing {
    let mut first: BTreeMap<usize, &str> = BTreeMap::new();
    let mut listing = Listing::new();
    for (path, node) in meaning {
        let (kind, size, target) = match &node.kind {
            Kind::Directory => ("directory", None, None),
            Kind::Symlink(target) => ("symlink", None, Some(target.clone())),
            Kind::File { file, content } => match first.get(file) {
                Some(first) => ("hard-link", None, Some((*first).to_owned())),
                None => {
                    let _ = first.insert(*file, path);
                    ("file", Some(content.len() as u64), None)
                }
            },
        };
        let listed = Listed {
            kind: kind.to_owned(),
            mode: format!("{:04o}", node.mode),
            time_ns: node.time_ns,
            size,
            target,
        };
        let _ = listing.insert(path.clone(), listed);
    }
    listing
}

/// A time as RFC 3339 in UTC has it, as nanoseconds since 1970.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn nanoseconds(text: &str) -> u64 {
    let number = |range: std::ops::Range<usize>| text[range].parse::<u64>().expect("digits");
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    // Days since 1970 of a date in the Gregorian calendar: years that begin in March.
    let (year, month) = if month < 3 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    let days = days - 719_468;
    let seconds = days * 86_400 + number(11..13) * 3600 + number(14..16) * 60 + number(17..19);
    let fraction = text[19..].trim_end_matches('Z').trim_start_matches('.');
    let fraction = format!("{fraction:0<9}").parse::<u64>().expect("digits");
    seconds * 1_000_000_000 + fraction
}
