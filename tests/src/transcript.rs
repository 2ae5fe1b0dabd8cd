//! What a guest printed, cut into sections, and the comparison of two of them.
//!
//! A guest prints `## KIND NAME` and then a line per fact. The kind says who must agree:
//! `read` sections hold on a host directory and in a bundle; `image` sections only in a bundle.

use std::fmt::Write as _;

/// One run of a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript {
    sections: Vec<Section>,
}

/// A part of a [`Transcript`].
#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    /// `KIND NAME`.
    title: String,
    lines: Vec<String>,
}

impl Transcript {
    /// Reads what a guest printed; lines before the first section belong to one called `start`.
    #[must_use]
    pub fn parse(text: &str) -> Transcript {
        let mut sections = vec![Section {
            title: "read start".to_owned(),
            lines: Vec::new(),
        }];
        for line in text.lines() {
            match line.strip_prefix("## ") {
                Some(title) => sections.push(Section {
                    title: title.to_owned(),
                    lines: Vec::new(),
                }),
                None => sections
                    .last_mut()
                    .expect("never empty")
                    .lines
                    .push(line.to_owned()),
            }
        }
        Transcript { sections }
    }

    /// The part whose sections have this kind.
    #[must_use]
    pub fn kind(&self, kind: &str) -> Transcript {
        let of_kind = |section: &&Section| section.title.split(' ').next() == Some(kind);
        Transcript {
            sections: self.sections.iter().filter(of_kind).cloned().collect(),
        }
    }

    /// The sections as the guest printed them.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            let _ = writeln!(text, "## {}", section.title);
            for line in &section.lines {
                let _ = writeln!(text, "{line}");
            }
        }
        text
    }

    /// The line of section `title` that starts with `label` and ` -> `, without those.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[track_caller]
    pub fn value(&self, title: &str, label: &str) -> &str {
        let section = self.sections.iter().find(|section| section.title == title);
        let section = section.unwrap_or_else(|| panic!("no section `{title}`"));
        let found = section
            .lines
            .iter()
            .find_map(|line| line.strip_prefix(label)?.strip_prefix(" -> "));
        found.unwrap_or_else(|| panic!("no line `{label}` in section `{title}`"))
    }

    /// All lines of section `title`.
    ///
    /// # Panics
    /// When there is no such section.
    #[must_use]
    #[track_caller]
    pub fn lines(&self, title: &str) -> &[String] {
        let section = self.sections.iter().find(|section| section.title == title);
        &section
            .unwrap_or_else(|| panic!("no section `{title}`"))
            .lines
    }

    /// Where `self` and `other` differ, as `[section] line of self => line of other`.
    #[must_use]
    pub fn differences(&self, other: &Transcript) -> Vec<String> {
        let mut all = Vec::new();
        for mine in &self.sections {
            match other
                .sections
                .iter()
                .find(|section| section.title == mine.title)
            {
                Some(theirs) => differing_lines(mine, theirs, &mut all),
                None => all.push(format!("[{}] section => (none)", mine.title)),
            }
        }
        for theirs in &other.sections {
            if !self
                .sections
                .iter()
                .any(|section| section.title == theirs.title)
            {
                all.push(format!("[{}] (none) => section", theirs.title));
            }
        }
        all
    }
}

/// Lines that differ between the common start and the common end of two sections.
fn differing_lines(mine: &Section, theirs: &Section, all: &mut Vec<String>) {
    let (a, b) = (&mine.lines, &theirs.lines);
    let start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    for index in 0..a.len().max(b.len()) {
        let line = |lines: &[String]| {
            lines
                .get(index)
                .cloned()
                .unwrap_or_else(|| "(nothing)".to_owned())
        };
        let (a, b) = (line(a), line(b));
        if a != b {
            all.push(format!("[{}] {a} => {b}", mine.title));
        }
    }
}

/// Checks `found` against the known differences: text with a line for each, `#` before the reasons.
///
/// # Panics
/// When a difference is not known, or a known one is gone.
#[track_caller]
pub fn assert_known(found: &[String], known: &str, what: &str) {
    let known: Vec<&str> = known
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let mut message = String::new();
    for line in found.iter().filter(|line| !known.contains(&line.as_str())) {
        let _ = writeln!(message, "new:  {line}");
    }
    for line in known
        .iter()
        .filter(|line| !found.iter().any(|found| found == *line))
    {
        let _ = writeln!(message, "gone: {line}");
    }
    assert!(message.is_empty(), "{what}:\n{message}");
}
