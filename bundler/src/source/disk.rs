//! The file system of the machine that bundles.

mod many;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use walkdir::{DirEntry, WalkDir};

use super::{Kind, Metadata, Source, SourceError, Step, Visited};
use crate::read_at::{DiskFile, ReadAt};

/// The disk: paths mean what they mean to the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiskSource;

impl Source for DiskSource {
    fn metadata(&self, path: &Path) -> Result<Metadata, SourceError> {
        fs::symlink_metadata(path)
            .map(|found| describe(&found))
            .map_err(at("cannot look at", path))
    }

    fn metadata_of(&self, paths: &[&Path]) -> Vec<Result<Metadata, SourceError>> {
        many::look(paths)
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

    fn open_random(&self, path: &Path) -> Result<Arc<dyn ReadAt>, SourceError> {
        match fs::File::open(path).and_then(DiskFile::new) {
            Ok(file) => Ok(Arc::new(file)),
            Err(error) => Err(at("cannot read", path)(error)),
        }
    }

    fn walk(
        &self,
        directory: &Path,
        visit: &mut dyn FnMut(Result<Visited<'_>, SourceError>) -> Step,
    ) {
        // Sorted here, where names are alike, a tree needs nearly no sorting as a whole. By the paths, which differ in their
        // names only: taking the name out of each takes longer than comparing a little more.
        let mut walk = WalkDir::new(directory)
            .min_depth(1)
            .sort_by(|a, b| {
                let later = |entry: &DirEntry| entry.file_type().is_dir();
                let files_first = later(a).cmp(&later(b));
                files_first.then_with(|| text(a).cmp(text(b)))
            })
            .into_iter();
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
                name: entry.file_name(),
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

fn text(entry: &DirEntry) -> &[u8] {
    entry.path().as_os_str().as_encoded_bytes()
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

#[cfg(all(test, unix))]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    /// The default walk, which lists and looks by itself.
    struct Plain;

    impl Source for Plain {
        fn metadata(&self, path: &Path) -> Result<Metadata, SourceError> {
            DiskSource.metadata(path)
        }
        fn list(&self, path: &Path) -> Result<Vec<OsString>, SourceError> {
            DiskSource.list(path)
        }
        fn read_link(&self, path: &Path) -> Result<PathBuf, SourceError> {
            DiskSource.read_link(path)
        }
        fn resolve(&self, path: &Path) -> Result<PathBuf, SourceError> {
            DiskSource.resolve(path)
        }
        fn open(&self, path: &Path) -> Result<Box<dyn Read + '_>, SourceError> {
            DiskSource.open(path)
        }
    }

    /// All that a walk shows, except what is in directories called `skip`.
    fn all(src: &dyn Source, root: &Path) -> BTreeMap<String, (usize, Metadata)> {
        let mut all = BTreeMap::new();
        src.walk(root, &mut |visited| {
            let mut visited = visited.expect("everything is readable");
            let below = visited.path.strip_prefix(root).unwrap();
            let name = below.to_str().unwrap().to_owned();
            let metadata = visited.metadata().unwrap();
            assert_eq!(visited.kind, metadata.kind, "{name}");
            all.insert(name, (visited.depth, metadata));
            match below.ends_with("skip") {
                true => Step::Over,
                false => Step::Into,
            }
        });
        all
    }

    #[test]
    fn all_kinds_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("a/skip/b")).unwrap();
        fs::write(root.join("a/file"), "12345").unwrap();
        fs::set_permissions(root.join("a/file"), fs::Permissions::from_mode(0o6751)).unwrap();
        let time = UNIX_EPOCH - std::time::Duration::new(1, 500_000_000);
        let file = fs::File::options()
            .write(true)
            .open(root.join("a/file"))
            .unwrap();
        file.set_modified(time).unwrap();
        fs::hard_link(root.join("a/file"), root.join("link")).unwrap();
        symlink("a/nothing", root.join("dangling")).unwrap();
        symlink("a", root.join("dir")).unwrap();
        let _socket = UnixListener::bind(root.join("socket")).unwrap();

        let seen = all(&DiskSource, root);
        assert_eq!(seen, all(&Plain, root));
        let names: Vec<&str> = seen.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["a", "a/file", "a/skip", "dangling", "dir", "link", "socket"]
        );
        let (depth, file) = &seen["a/file"];
        assert_eq!((*depth, file.kind, file.size), (2, Kind::File, 5));
        assert_eq!((file.mode, file.mtime_ns), (0o6751, -1_500_000_000));
        assert!(file.link_id.is_some());
        assert_eq!(file.link_id, seen["link"].1.link_id);
        assert_eq!(seen["dangling"].1.kind, Kind::Symlink);
        assert_eq!(seen["dangling"].1.size, 0);
        assert_eq!(seen["socket"].1.kind, Kind::Other("a socket"));
        assert_eq!(
            DiskSource.read_link(&root.join("dangling")).unwrap(),
            Path::new("a/nothing")
        );
        let real = DiskSource.resolve(&root.join("dir/file")).unwrap();
        assert_eq!(real, DiskSource.resolve(root).unwrap().join("a/file"));
        let mut text = String::new();
        DiskSource
            .open(&root.join("link"))
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, "12345");
    }

    /// Whether there are few or more than one turn, in one directory or many, and also what is not there.
    #[test]
    fn many_at_once_are_what_each_is() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let mut paths = vec![root.to_owned(), root.join("none/x"), PathBuf::from("/")];
        for (directory, files) in [("many", 1000), ("few", 3), ("some", 9), ("empty", 0)] {
            let directory = root.join(directory);
            fs::create_dir(&directory).unwrap();
            paths.push(directory.clone());
            for number in 0..files {
                let path = directory.join(format!("{number:04}"));
                match number % 5 {
                    0 => fs::write(&path, vec![b'x'; number]).unwrap(),
                    1 => symlink("none", &path).unwrap(),
                    2 => fs::create_dir(&path).unwrap(),
                    3 => {
                        let first = directory.join(format!("{:04}", number - 3));
                        fs::hard_link(first, &path).unwrap();
                    }
                    _ => {}
                }
                paths.push(path);
            }
            let _socket = UnixListener::bind(directory.join("socket")).unwrap();
            paths.push(directory.join("socket"));
        }
        let time = UNIX_EPOCH - std::time::Duration::new(1, 500_000_000);
        let file = fs::File::options().write(true).open(root.join("many/0010"));
        file.unwrap().set_modified(time).unwrap();
        let mode = fs::Permissions::from_mode(0o6751);
        fs::set_permissions(root.join("many/0015"), mode).unwrap();
        // As a manifest beside its files has them.
        paths.extend((0..10).map(|_| PathBuf::from("Cargo.toml")));

        let text = |answer: Result<Metadata, SourceError>| match answer {
            Ok(metadata) => format!("{metadata:?}"),
            Err(error) => error.to_string(),
        };
        let borrowed: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        let answers = DiskSource.metadata_of(&borrowed);
        assert_eq!(answers.len(), paths.len());
        for (path, answer) in paths.iter().zip(answers) {
            let expected = text(DiskSource.metadata(path));
            assert_eq!(text(answer), expected, "{}", path.display());
        }
    }

    #[test]
    fn errors_say_where() {
        let folder = tempfile::tempdir().unwrap();
        let none = folder.path().join("none");
        let text = |error: SourceError| error.to_string();
        let expected = |verb| {
            format!(
                "{verb} `{}`: No such file or directory (os error 2)",
                none.display()
            )
        };
        assert_eq!(
            text(DiskSource.metadata(&none).unwrap_err()),
            expected("cannot look at")
        );
        assert_eq!(
            text(DiskSource.list(&none).unwrap_err()),
            expected("cannot list")
        );
        assert_eq!(
            text(DiskSource.resolve(&none).unwrap_err()),
            expected("cannot find")
        );
        assert_eq!(
            text(DiskSource.open(&none).err().unwrap()),
            expected("cannot read")
        );
        let mut seen = Vec::new();
        DiskSource.walk(&none, &mut |visited| {
            seen.extend(visited.err().map(text));
            Step::Over
        });
        assert_eq!(seen, [expected("cannot read")]);
    }
}
