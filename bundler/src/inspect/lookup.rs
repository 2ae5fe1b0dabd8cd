//! Finding what a path names in an image, as the program would.

use std::collections::BTreeMap;

use miette::Diagnostic;

use crate::image::{Row, RowKind};
use crate::path::MAX_PATH;

/// How many symlinks are followed on one path: as many as the interposer follows.
const MAX_LINKS: u32 = 40;

/// The entries of an image by their paths.
#[derive(Debug)]
pub struct Lookup<'r> {
    rows: BTreeMap<&'r str, &'r Row>,
}

/// Why a path names nothing.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum LookupError {
    /// There is no such entry.
    #[error("it has no entry `{path}`")]
    #[diagnostic(
        code(wasi_vfs::inspect::no_entry),
        help("{}", match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`wasi-vfs inspect MODULE.wasm` lists all entries".to_owned(),
        })
    )]
    NoEntry {
        /// The path as it was given.
        path: String,
        /// A path there that is written much like it.
        near: Option<String>,
    },
    /// A symlink on the way leads to nothing.
    #[error("`{path}` is a symlink to `{to}`, which is not embedded")]
    #[diagnostic(
        code(wasi_vfs::inspect::dangling),
        help("the program finds it only if the host provides a directory that contains it")
    )]
    Dangling {
        /// The path as it was given.
        path: String,
        /// Where its symlinks lead.
        to: String,
    },
    /// Something on the way is a file.
    #[error("`{path}` does not exist: `{file}` is a file")]
    #[diagnostic(
        code(wasi_vfs::inspect::not_a_directory),
        help("remove everything after `{file}`")
    )]
    NotADirectory {
        /// The path as it was given.
        path: String,
        /// The file.
        file: String,
    },
    /// The symlinks form a cycle.
    #[error("`{path}` leads through more than {MAX_LINKS} symlinks")]
    #[diagnostic(
        code(wasi_vfs::inspect::link_loop),
        help("the symlinks form a cycle: `wasi-vfs inspect` shows their targets")
    )]
    Loop {
        /// The path as it was given.
        path: String,
    },
}

impl<'r> Lookup<'r> {
    /// Looks in these rows, as an image lists them.
    #[must_use]
    pub fn new(rows: &'r [Row]) -> Self {
        let rows = rows.iter().map(|row| (row.path.as_str(), row));
        Self {
            rows: rows.collect(),
        }
    }

    /// What `path` names, every symlink followed.
    ///
    /// # Errors
    /// When it names nothing here.
    pub fn find(&self, path: &str) -> Result<&'r Row, LookupError> {
        // The names that are still to be gone, the next one last.
        let mut names: Vec<String> = split(path);
        let mut at = start(path);
        let mut links = 0;
        while let Some(name) = names.pop() {
            if let Some(row) = self.rows.get(at.as_str())
                && matches!(row.kind, RowKind::File { .. })
            {
                return Err(LookupError::NotADirectory {
                    path: path.to_owned(),
                    file: at,
                });
            }
            if name == ".." {
                at = parent(&at).to_owned();
                continue;
            }
            let next = join(&at, &name);
            match self.rows.get(next.as_str()).map(|row| &row.kind) {
                Some(RowKind::Symlink { target }) => {
                    links += 1;
                    if links > MAX_LINKS || names.len() + target.len() > MAX_PATH {
                        return Err(LookupError::Loop {
                            path: path.to_owned(),
                        });
                    }
                    names.extend(split(target));
                    if target.starts_with('/') {
                        at = start(target);
                    }
                }
                _ => at = next,
            }
        }
        match self.rows.get(at.as_str()) {
            Some(row) => Ok(row),
            None if links > 0 => Err(LookupError::Dangling {
                path: path.to_owned(),
                to: at,
            }),
            None => Err(self.no_entry(path)),
        }
    }

    /// That a path names nothing, with the nearest that does.
    #[must_use]
    pub fn no_entry(&self, path: &str) -> LookupError {
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        // The same name elsewhere, or what differs in a letter or two.
        let near = self
            .rows
            .keys()
            .map(
                |known| match name(known) == name(path) && !name(path).is_empty() {
                    true => (0, *known),
                    false => (strsim::damerau_levenshtein(known, path), *known),
                },
            )
            .filter(|(distance, _)| *distance <= 1 + path.len() / 8)
            .min();
        LookupError::NoEntry {
            path: path.to_owned(),
            near: near.map(|(_, known)| known.to_owned()),
        }
    }
}

/// The names of a path, the first one last.
fn split(path: &str) -> Vec<String> {
    path.split('/')
        .rev()
        .filter(|name| !name.is_empty() && *name != ".")
        .map(str::to_owned)
        .collect()
}

/// Where a path starts.
fn start(path: &str) -> String {
    if path.starts_with('/') { "/" } else { "." }.to_owned()
}

/// The directory that a directory is in; the top is in itself.
fn parent(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(end) => &path[..end],
        None => ".",
    }
}

fn join(directory: &str, name: &str) -> String {
    match directory {
        "." => name.to_owned(),
        "/" => format!("/{name}"),
        _ => format!("{directory}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(path: &str, kind: RowKind) -> Row {
        Row {
            path: path.to_owned(),
            node: 0,
            mode: 0,
            nlink: 1,
            size: 0,
            time_ns: 0,
            kind,
        }
    }

    fn rows() -> Vec<Row> {
        let file = || RowKind::File {
            offset: 0,
            link_to: None,
        };
        let link = |target: &str| RowKind::Symlink {
            target: target.to_owned(),
        };
        vec![
            row("/", RowKind::Directory),
            row("/a", RowKind::Directory),
            row("/a/file", file()),
            row("/a/up", link("../b")),
            row("/b", RowKind::Directory),
            row("/b/there", link("/a/file")),
            row("/gone", link("nowhere/x")),
            row("/loop", link("loop")),
            row("/top", link("../../a/./")),
            row(".", RowKind::Directory),
            row("inner", file()),
        ]
    }

    fn found(path: &str) -> Result<String, String> {
        let rows = rows();
        let found = Lookup::new(&rows).find(path);
        found
            .map(|row| row.path.clone())
            .map_err(|error| format!("{error}; {}", error.help().unwrap()))
    }

    #[test]
    fn a_path_is_gone_as_the_program_goes_it() {
        for (path, ends) in [
            ("/", "/"),
            ("//a//file", "/a/file"),
            ("/a/up/there", "/a/file"),
            ("/a/../../b/./there", "/a/file"),
            ("/top/up", "/b"),
            ("inner", "inner"),
            ("./inner", "inner"),
            ("../inner", "inner"),
            (".", "."),
        ] {
            assert_eq!(found(path).as_deref(), Ok(ends), "{path}");
        }
    }

    #[test]
    fn what_names_nothing_says_why() {
        for (path, said) in [
            (
                "/a/flie",
                "it has no entry `/a/flie`; did you mean `/a/file`?",
            ),
            ("file", "it has no entry `file`; did you mean `/a/file`?"),
            (
                "/x/y/z",
                "it has no entry `/x/y/z`; `wasi-vfs inspect MODULE.wasm` lists all entries",
            ),
            (
                "/a/file/x",
                "`/a/file/x` does not exist: `/a/file` is a file; remove everything after `/a/file`",
            ),
            (
                "/gone",
                "`/gone` is a symlink to `/nowhere/x`, which is not embedded; the program finds it only if the host provides a directory \
                 that contains it",
            ),
            (
                "/loop",
                "`/loop` leads through more than 40 symlinks; the symlinks form a cycle: `wasi-vfs inspect` shows their targets",
            ),
        ] {
            assert_eq!(found(path).as_ref().map_err(String::as_str), Err(said));
        }
    }
}
