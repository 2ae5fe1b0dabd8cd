//! What a bundle depends on, for make and ninja.

mod fit;

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::Inputs;
pub use fit::DepfileNotice;
use fit::{Fit, Notices};

/// The longest first line that is looked for: a path of 4096 bytes, all of them escaped.
const LINE: u64 = 16 * 1024;

/// The rule, and what is to be said of it.
pub(super) struct Text {
    pub(super) bytes: Vec<u8>,
    pub(super) notices: Vec<DepfileNotice>,
}

/// The rule `output: inputs` as compilers write it with `-MD -MP`: make's syntax, which ninja reads as well.
///
/// A rule without prerequisites for each input lets make go on when one was deleted. Left out is the folder that the output
/// is in: each run changes it, so that nothing would ever be up to date.
///
/// # Errors
/// When make can't read a rule for this output; what it is about the name.
pub(super) fn text(output: &Path, inputs: &Inputs) -> Result<Text, String> {
    let folder = |path: &Path| fs::canonicalize(path).ok();
    let own = match output.parent() {
        Some(parent) if parent != Path::new("") => folder(parent),
        _ => folder(Path::new(".")),
    };
    let listed = inputs.directories().filter(|path| folder(path) != own);
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut notices = Notices::default();
    for path in inputs.files().chain(listed.map(Path::to_owned)) {
        let name = bytes(path.as_os_str());
        match Fit::of(&name) {
            Fit::Both => {}
            Fit::Make => notices.ninja.push(shown(&path)),
            Fit::NoRule => notices.no_rule.push(shown(&path)),
            Fit::Neither => {
                notices.left_out.push(shown(&path));
                continue;
            }
        }
        names.push(escaped(&name));
    }
    names.sort();
    names.dedup();
    // A first prerequisite with `=` would make an assignment of the rule.
    let is_first = |name: &Vec<u8>| !name.contains(&b'=');
    match names.iter().position(is_first) {
        Some(at) => names[..=at].rotate_right(1),
        None if names.is_empty() => {}
        None => {
            return Err("all names in it have a `=`, which make takes for assignments".to_owned());
        }
    }
    let name = bytes(output.as_os_str());
    match Fit::of(&name) {
        Fit::Both => {}
        Fit::Make => notices.ninja.push(shown(output)),
        Fit::NoRule | Fit::Neither => {
            return Err(format!(
                "make cannot read a rule for the output `{}`",
                output.display()
            ));
        }
    }
    let mut text = escaped(&name);
    text.push(b':');
    for name in &names {
        text.extend(b" \\\n  ");
        text.extend(name);
    }
    text.push(b'\n');
    for name in names.iter().filter(|name| Fit::has_rule(name)) {
        text.push(b'\n');
        text.extend(name);
        text.extend(b":\n");
    }
    Ok(Text {
        bytes: text,
        notices: notices.all(),
    })
}

/// Whether what is at `path` is a rule that [`text`] made, or nothing: then it is no source, wherever it is.
pub(super) fn may_replace(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = match fs::symlink_metadata(path) {
        Err(error) => return error.kind() == io::ErrorKind::NotFound,
        Ok(found) if !found.is_file() => return false,
        Ok(_) => fs::File::open(path).and_then(|file| file.take(LINE).read_to_end(&mut start)),
    };
    let mut lines = start.split(|byte| *byte == b'\n');
    read.is_ok() && lines.next().is_some_and(|line| line.ends_with(b": \\"))
}

/// A name with make's special characters escaped, as GCC does it.
///
/// Backslashes stand for themselves, except in front of an escaped character, where there are twice as many.
fn escaped(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut backslashes = 0;
    for &byte in name {
        match byte {
            b' ' | b'#' | b':' => {
                text.extend(std::iter::repeat_n(b'\\', backslashes + 1));
                text.push(byte);
            }
            b'$' => text.extend(b"$$"),
            byte => text.push(byte),
        }
        backslashes = match byte {
            b'\\' => backslashes + 1,
            _ => 0,
        };
    }
    text
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(unix)]
fn bytes(path: &OsStr) -> std::borrow::Cow<'_, [u8]> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_bytes().into()
}

/// With slashes as make wants them: there a backslash begins an escape.
#[cfg(not(unix))]
fn bytes(path: &OsStr) -> std::borrow::Cow<'_, [u8]> {
    path.to_string_lossy()
        .replace('\\', "/")
        .into_bytes()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped() {
        let name = |name: &str| String::from_utf8(escaped(name.as_bytes())).unwrap();
        assert_eq!(name("a b/$c#d:e"), r"a\ b/$$c\#d\:e");
        assert_eq!(name(r"a\b\ c\\ d"), r"a\b\\\ c\\\\\ d");
    }
}
