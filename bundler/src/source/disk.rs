//! The file system of the machine that bundles.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use walkdir::WalkDir;

use super::{Kind, Metadata, Source, SourceError, Step, Visited};

/// The disk: paths mean what they mean to the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskSource;

impl Source for DiskSource {
    fn metadata(&self, path: &Path) -> Result<Metadata, SourceError> {
        fs::symlink_metadata(path)
            .map(|found| describe(&found))
            .map_err(at("cannot look at", path))
    }

    fn list(&self, path: &Path) -> Result<Vec<OsString>, SourceError> {
        let names = fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
        names.map_err(at("cannot list", path))
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, SourceError> {
        fs::read_link(path).map_err(at("cannot read the link", path))
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf, SourceError> {
        fs::canonicalize(path).map_err(at("cannot find", path))
    }

    fn open(&self, path: &Path) -> Result<Box<dyn Read + '_>, SourceError> {
        match fs::File::open(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => Err(at("cannot read", path)(error)),
        }
    }

    fn walk(
        &self,
        directory: &Path,
        visit: &mut dyn FnMut(Result<Visited<'_>, SourceError>) -> Step,
    ) {
        let mut walk = WalkDir::new(directory).min_depth(1).into_iter();
        while let Some(entry) = walk.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().unwrap_or(directory).to_owned();
                    // Only links being followed make an error without a cause, and none are.
                    let error = error
                        .into_io_error()
                        .unwrap_or_else(|| io::Error::other("it contains itself"));
                    visit(Err(at("cannot read", &path)(error)));
                    continue;
                }
            };
            let kind = kind_of(entry.file_type());
            let step = visit(Ok(Visited {
                path: entry.path(),
                depth: entry.depth(),
                kind,
                metadata: &mut || match entry.metadata() {
                    Ok(found) => Ok(describe(&found)),
                    Err(error) => {
                        let error = error
                            .into_io_error()
                            .unwrap_or_else(|| io::ErrorKind::NotFound.into());
                        Err(at("cannot look at", entry.path())(error))
                    }
                },
            }));
            if kind == Kind::Directory && step == Step::Over {
                walk.skip_current_dir();
            }
        }
    }
}

/// Puts the path to an I/O error.
fn at<'a>(verb: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> SourceError + 'a {
    move |error| SourceError {
        verb,
        path: path.to_owned(),
        error,
    }
}

fn kind_of(found: fs::FileType) -> Kind {
    if found.is_dir() {
        Kind::Directory
    } else if found.is_file() {
        Kind::File
    } else if found.is_symlink() {
        Kind::Symlink
    } else {
        Kind::Other(special(found))
    }
}

#[cfg(unix)]
fn special(found: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if found.is_socket() {
        "a socket"
    } else if found.is_fifo() {
        "a pipe"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_: fs::FileType) -> &'static str {
    "no file, directory or symlink"
}

#[cfg(unix)]
fn describe(found: &fs::Metadata) -> Metadata {
    use std::os::unix::fs::MetadataExt as _;
    let kind = kind_of(found.file_type());
    let is_file = kind == Kind::File;
    Metadata {
        kind,
        mode: found.mode() & 0o7777,
        mtime_ns: i128::from(found.mtime()) * 1_000_000_000 + i128::from(found.mtime_nsec()),
        size: if is_file { found.len() } else { 0 },
        link_id: (is_file && found.nlink() > 1).then(|| (found.dev(), found.ino())),
    }
}

/// Elsewhere modes do not exist: what a POSIX checkout would have, so that the output is the same.
#[cfg(not(unix))]
fn describe(found: &fs::Metadata) -> Metadata {
    let kind = kind_of(found.file_type());
    Metadata {
        kind,
        mode: if kind == Kind::File { 0o644 } else { 0o755 },
        mtime_ns: found.modified().map_or(0, since_epoch),
        size: if kind == Kind::File { found.len() } else { 0 },
        link_id: None,
    }
}

#[cfg_attr(
    unix,
    allow(dead_code, reason = "unix has the number of nanoseconds itself")
)]
fn since_epoch(time: std::time::SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}
