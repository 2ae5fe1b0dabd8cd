//! Why a source is not there, as far as the way it is written says.

use std::path::Path;

use crate::manifest::{HostPath, near_name};
use crate::source::Source;

/// What to do about a source that is not there.
pub(super) fn help(src: &dyn Source, source: &HostPath) -> String {
    let written = source.written.as_str();
    if is_address(written) {
        return "`source` must be a local path; wasi-vfs never downloads. Fetch the file first"
            .to_owned();
    }
    if is_pattern(written) {
        return of_pattern(written);
    }
    if let Some(rest) = written.strip_prefix("~/") {
        return format!(
            "`~` is no folder here: write `source = \"${{HOME}}/{rest}\"`, with `HOME = {{ env = \"HOME\" }}` in `[vars]`"
        );
    }
    if let Some(name) = variable(written) {
        return format!(
            "variables are written `${{{name}}}` and declared: `{name} = {{ env = \"{name}\" }}` in `[vars]`"
        );
    }
    if written.contains('\\') && !cfg!(windows) {
        return format!("write it with slashes: `{}`", written.replace('\\', "/"));
    }
    let optional = "a `[[mount]]` or `[[file]]` with `optional = true` may be missing";
    match near(src, source) {
        Some(near) => format!("did you mean `{near}`? {optional}"),
        None => format!("create it, or correct the path; {optional}"),
    }
}

/// Whether a source is written in a way that no path is: then it is a mistake although it may be missing.
pub(super) fn is_no_path(written: &str) -> bool {
    is_address(written) || is_pattern(written)
}

/// `https://…`
fn is_address(written: &str) -> bool {
    let scheme = written.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.len() > 1
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+')
    })
}

fn is_pattern(written: &str) -> bool {
    written.contains('*')
}

fn of_pattern(written: &str) -> String {
    // The folder above the first name with a wildcard.
    let names: Vec<&str> = written.split('/').collect();
    let first = names
        .iter()
        .position(|name| is_pattern(name))
        .unwrap_or_default();
    let (folder, pattern) = (names[..first].join("/"), names[first..].join("/"));
    let folder = match folder.as_str() {
        "" if written.starts_with('/') => "/",
        "" => ".",
        folder => folder,
    };
    format!(
        "`source` takes one path, not a pattern. To embed the files: `source = \"{folder}\"`, `include = [\"{pattern}\"]`. To \
         unpack archives: a `[[mount]]` for each"
    )
}

/// The variable of a shell that a path begins with: `$HOME/x`.
fn variable(written: &str) -> Option<&str> {
    let name = written.strip_prefix('$')?.split('/').next()?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    (!name.is_empty() && name.bytes().all(is_name)).then_some(name)
}

/// The same path with another last name that is there and written much like it.
fn near(src: &dyn Source, source: &HostPath) -> Option<String> {
    let written = Path::new(&source.written);
    let name = written.file_name()?.to_str()?;
    let parent = match source.path.parent()? {
        parent if parent == Path::new("") => Path::new("."),
        parent => parent,
    };
    let mut names = src.list(parent).ok()?;
    names.sort();
    let names: Vec<&str> = names.iter().filter_map(|name| name.to_str()).collect();
    let near = near_name(name, &names)?;
    Some(written.with_file_name(near).display().to_string())
}
