//! What a bundle depends on, for make and ninja.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::Inputs;

/// The longest first line that is looked for: a path of 4096 bytes, all of them escaped.
const LINE: u64 = 16 * 1024;

/// The rule `output: inputs` as compilers write it with `-MD -MP`: make's syntax, which ninja reads as well.
///
/// A rule without prerequisites for each input lets make go on when one was deleted. Left out is the folder that the output
/// is in: each run changes it, so that nothing would ever be up to date.
pub(super) fn text(output: &Path, inputs: &Inputs) -> io::Result<Vec<u8>> {
    let folder = |path: &Path| fs::canonicalize(path).ok();
    let own = match output.parent() {
        Some(parent) if parent != Path::new("") => folder(parent),
        _ => folder(Path::new(".")),
    };
    let listed = inputs.directories().filter(|path| folder(path) != own);
    let mut names = Vec::new();
    for path in inputs.files().chain(listed.map(Path::to_owned)) {
        names.push(escaped(&path)?);
    }
    names.sort();
    names.dedup();
    let mut text = escaped(output)?;
    text.push(b':');
    for name in &names {
        text.extend(b" \\\n  ");
        text.extend(name);
    }
    text.push(b'\n');
    for name in &names {
        text.push(b'\n');
        text.extend(name);
        text.extend(b":\n");
    }
    Ok(text)
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

/// A path with make's special characters escaped.
fn escaped(path: &Path) -> io::Result<Vec<u8>> {
    let mut name = Vec::new();
    for &byte in bytes(path.as_os_str()).iter() {
        match byte {
            b' ' | b'#' | b':' => name.extend([b'\\', byte]),
            b'$' => name.extend(b"$$"),
            b'\n' => {
                let path = path.display();
                return Err(io::Error::other(format!(
                    "the name `{path}` holds a line break, which make can't express"
                )));
            }
            byte => name.push(byte),
        }
    }
    Ok(name)
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
        let name = |path: &str| String::from_utf8(escaped(Path::new(path)).unwrap()).unwrap();
        assert_eq!(name("a b/$c#d:e"), r"a\ b/$$c\#d\:e");
        assert!(escaped(Path::new("a\nb")).is_err());
    }
}
