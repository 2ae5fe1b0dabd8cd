//! Differences for people.

use std::fmt;

use super::{Changed, Differences, Setting};
use crate::listing::{Item, ItemKind};
use crate::report::counted;
use crate::time;

/// How many differences of a kind a message names.
const SHOWN: usize = 20;

/// How much of a value a message shows.
const VALUE: usize = 72;

impl fmt::Display for Differences {
    /// A line for each, those of a kind together; at most 20 of a kind, and how many more.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines(SHOWN).join("\n"))
    }
}

impl Differences {
    /// A line for each, those of a kind together; of each kind at most so many, and how many more.
    #[must_use]
    pub fn lines(&self, most: usize) -> Vec<String> {
        let mut lines = Vec::new();
        some(&mut lines, most, "changed", &self.settings, setting);
        some(&mut lines, most, "removed", &self.removed, name);
        some(&mut lines, most, "added", &self.added, name);
        some(&mut lines, most, "changed", &self.changed, changed);
        lines
    }

    /// How many of each kind: `2 added, 1 removed, 5 changed`.
    #[must_use]
    pub fn summary(&self) -> String {
        let kinds = [
            (self.added.len(), "added"),
            (self.removed.len(), "removed"),
            (self.settings.len() + self.changed.len(), "changed"),
        ];
        let kinds = kinds.iter().filter(|(count, _)| *count > 0);
        let kinds: Vec<String> = kinds
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        kinds.join(", ")
    }
}

/// The lines of one kind.
fn some<T>(
    lines: &mut Vec<String>,
    most: usize,
    word: &str,
    all: &[T],
    line: impl Fn(&T) -> String,
) {
    for one in &all[..all.len().min(most)] {
        lines.push(format!("{word:<7}  {}", line(one)));
    }
    if let more @ 1.. = all.len().saturating_sub(most) {
        lines.push(format!("{word:<7}  … and {more} more"));
    }
}

fn setting(setting: &Setting) -> String {
    let value = |value: &Option<String>| match value {
        Some(value) => short(value),
        None => "none".to_owned(),
    };
    let (key, before, after) = (
        printable(&setting.key),
        value(&setting.before),
        value(&setting.after),
    );
    format!("{key}: {before} -> {after}")
}

fn name(item: &Item) -> String {
    let path = printable(item.path.as_str());
    match &item.kind {
        ItemKind::Directory => format!("{path} (directory)"),
        ItemKind::File { size, .. } => format!("{path} ({})", counted(*size, "byte")),
        ItemKind::HardLink { to } => format!("{path} = {}", printable(to.as_str())),
        ItemKind::Symlink { target } => format!("{path} -> {}", printable(target)),
    }
}

fn changed(changed: &Changed) -> String {
    let path = printable(changed.before.path.as_str());
    format!("{path}: {}", changed.changes().join(", "))
}

impl Changed {
    /// What differs, each in a few words: `content (5 -> 6 bytes)`, `mode 0644 -> 0755`.
    #[must_use]
    pub fn changes(&self) -> Vec<String> {
        let mut changes = Vec::new();
        match (&self.before.kind, &self.after.kind) {
            (a, b) if a == b => {}
            (ItemKind::File { size: a, .. }, ItemKind::File { size: b, .. }) if a == b => {
                changes.push(format!("content ({})", counted(*a, "byte")));
            }
            (ItemKind::File { size: a, .. }, ItemKind::File { size: b, .. }) => {
                changes.push(format!("content ({a} -> {})", counted(*b, "byte")));
            }
            (ItemKind::Symlink { target: a }, ItemKind::Symlink { target: b }) => {
                changes.push(format!("target {} -> {}", short(a), short(b)));
            }
            (ItemKind::HardLink { to: a }, ItemKind::HardLink { to: b }) => {
                changes.push(format!(
                    "link to {} -> {}",
                    printable(a.as_str()),
                    printable(b.as_str())
                ));
            }
            (a, b) => changes.push(format!("{} -> {}", kind(a), kind(b))),
        }
        if let (Some(a), Some(b)) = (self.before.meta, self.after.meta) {
            if a.mode != b.mode {
                changes.push(format!("mode {:04o} -> {:04o}", a.mode, b.mode));
            }
            if a.time_ns != b.time_ns {
                changes.push(format!(
                    "time {} -> {}",
                    time::text(a.time_ns),
                    time::text(b.time_ns)
                ));
            }
        }
        changes
    }
}

/// What a name is, in words.
fn kind(kind: &ItemKind) -> String {
    match kind {
        ItemKind::Directory => "directory".to_owned(),
        ItemKind::File { .. } => "file".to_owned(),
        ItemKind::HardLink { to } => format!("hard link to {}", printable(to.as_str())),
        ItemKind::Symlink { target } => format!("symlink to {}", printable(target)),
    }
}

/// A value on one line: a digest's first digits, of other texts the beginning.
fn short(value: &str) -> String {
    if let Some(digits) = value.strip_prefix("sha256:") {
        return format!("sha256:{}…", digits.get(..12).unwrap_or(digits));
    }
    let value = printable(value);
    match value.char_indices().nth(VALUE) {
        Some((end, _)) => format!("`{}…`", &value[..end]),
        None => format!("`{value}`"),
    }
}

/// Control characters escaped: names and values may hold anything, and the text is for terminals.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\\' => shown.push_str("\\\\"),
            char if char.is_control() => shown.extend(char.escape_default()),
            char => shown.push(char),
        }
    }
    shown
}
