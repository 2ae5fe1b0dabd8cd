//! The dialect of patterns once more, in the slowest and plainest way: what the tool's own matcher is held to.

use crate::random::Random;

/// Whether `pattern` (without `!` in front) matches `path`, from the top of a source; `""` is the source itself.
#[must_use]
pub fn matches(pattern: &str, path: &str, is_directory: bool) -> bool {
    let (pattern, directories_only) = match pattern.strip_suffix('/') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    if directories_only && !is_directory {
        return false;
    }
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    let segments: Vec<&str> = pattern.split('/').collect();
    down(&segments, &names, is_directory)
}

fn down(segments: &[&str], names: &[&str], is_directory: bool) -> bool {
    match (segments, names) {
        ([], []) => true,
        // `a/**` is the directory `a` and all that is in it, but not a file `a`.
        (["**"], []) => is_directory,
        (["**"], _) => true,
        (["**", rest @ ..], _) => {
            (0..=names.len()).any(|skipped| down(rest, &names[skipped..], is_directory))
        }
        ([segment, rest @ ..], [name, below @ ..]) => {
            let segment: Vec<char> = segment.chars().collect();
            let name: Vec<char> = name.chars().collect();
            within(&segment, &name) && down(rest, below, is_directory)
        }
        _ => false,
    }
}

fn within(segment: &[char], name: &[char]) -> bool {
    match (segment, name) {
        ([], []) => true,
        (['*', rest @ ..], _) => (0..=name.len()).any(|taken| within(rest, &name[taken..])),
        (['?', rest @ ..], [_, below @ ..]) => within(rest, below),
        (['\\', literal, rest @ ..], [first, below @ ..]) => {
            literal == first && within(rest, below)
        }
        (['[', one, other, ']', rest @ ..], [first, below @ ..]) => {
            (one == first || other == first) && within(rest, below)
        }
        ([literal, rest @ ..], [first, below @ ..]) => literal == first && within(rest, below),
        _ => false,
    }
}

/// A pattern that has to do with one of `paths`.
///
/// # Panics
/// When there is no path.
#[must_use]
pub fn random(paths: &[&str], random: &mut Random) -> String {
    let path = *random.pick(paths);
    let mut segments: Vec<String> = path.split('/').map(|name| blurred(name, random)).collect();
    if random.once_in(3) {
        let at = random.below(segments.len());
        segments[at] = "**".to_owned();
    }
    if random.once_in(4) {
        segments.truncate(1 + random.below(segments.len()));
    }
    if random.once_in(5) && segments.last().is_some_and(|last| last != "**") {
        segments.push((*random.pick(&["**", "*", "*.py"])).to_owned());
    }
    // `**` twice is written once.
    segments.dedup_by(|a, b| a == "**" && b == "**");
    let directories_only = random.once_in(8) && segments.last().is_some_and(|last| last != "**");
    segments.join("/") + if directories_only { "/" } else { "" }
}

/// A name as a pattern that matches it, and maybe others.
fn blurred(name: &str, random: &mut Random) -> String {
    // The tool refuses `?` and `[…]` beside characters beyond ASCII.
    let how = match random.below(6) {
        2 | 3 if !name.is_ascii() => 4,
        how => how,
    };
    if how == 0 {
        return "*".to_owned();
    }
    let end = name.rfind('.').filter(|at| *at > 0);
    if let (1, Some(end)) = (how, end) {
        return format!("*{}", escaped(&name[end..]));
    }
    let at = random.below(name.chars().count());
    let characters = name.chars().enumerate();
    characters
        .map(|(index, character)| match how {
            2 if index == at => "?".to_owned(),
            3 if index == at && character.is_ascii_alphanumeric() => format!("[{character}z]"),
            // Two stars in a row are more than one.
            4 if index == at && !name.contains('*') => "*".to_owned(),
            _ => escaped(character.encode_utf8(&mut [0; 4])),
        })
        .collect()
}

/// With a backslash before everything that means something.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for character in text.chars() {
        if "\\*?[]{}!,".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
