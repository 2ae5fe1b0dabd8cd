//! The file on disk: there whole, or not touched at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Component, Path, PathBuf};

use miette::Diagnostic;
use tempfile::TempPath;

/// Why the output could not be written. Whatever lay at its path before is still there, unchanged.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum FileError {
    /// The folder that should hold the output is not there.
    #[error("the folder `{}` for the output does not exist", folder.display())]
    #[diagnostic(
        code(wasi_vfs::output::folder_missing),
        help("create it (`mkdir -p {}`), or choose another output with -o", folder.display())
    )]
    FolderMissing {
        /// The missing folder.
        folder: PathBuf,
    },
    /// The folder can't be created or nothing can be created in it.
    #[error("cannot write into the folder `{}`: {error}", folder.display())]
    #[diagnostic(
        code(wasi_vfs::output::folder),
        help(
            "the output is first written beside its place: the folder must be writable; choose another output with -o"
        )
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// There is something at the output's path that is not a file.
    #[error("the output `{}` is {what}", path.display())]
    #[diagnostic(
        code(wasi_vfs::output::not_a_file),
        help("name a file with -o: one that is there is replaced, nothing else is")
    )]
    NotAFile {
        /// The output's path as it was given.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The output would replace the program or the manifest it is made from.
    #[error("the output `{}` is the {what} it is made from", path.display())]
    #[diagnostic(
        code(wasi_vfs::output::same_as_input),
        help("give the bundle a name of its own: `output` of [module] in the manifest, or -o")
    )]
    SameAsInput {
        /// The output's path as it was given.
        path: PathBuf,
        /// What it is: `module`, `manifest`.
        what: &'static str,
    },
    /// The list of what the bundle depends on can't be written; nor is the bundle.
    #[error("cannot write the depfile `{}`: {reason}", path.display())]
    #[diagnostic(
        code(wasi_vfs::output::depfile),
        help("name a file of its own with --depfile, in a folder that exists and is writable")
    )]
    Depfile {
        /// Its path as it was given.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file system is full.
    #[error("no space left for the output `{}`", path.display())]
    #[diagnostic(
        code(wasi_vfs::output::disk_full),
        help(
            "free some space, or choose an output elsewhere with -o; what was there before is unchanged"
        )
    )]
    Full {
        /// The output's path as it was given.
        path: PathBuf,
    },
    /// Any other failure while writing.
    #[error("cannot write the output `{}`: {error}", path.display())]
    #[diagnostic(
        code(wasi_vfs::output::write),
        help("what was there before is unchanged; choose another output with -o")
    )]
    Write {
        /// The output's path as it was given.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: io::Error,
    },
}

/// An output in the making: a temporary file in the output's own folder, so that the last step is a rename.
///
/// Dropped without [`commit`](Self::commit), it leaves nothing behind.
#[derive(Debug)]
pub struct Pending {
    file: BufWriter<File>,
    /// Where the file is; removed when this is dropped.
    temp: TempPath,
    /// The output as it was given, for messages.
    shown: PathBuf,
    /// Where it goes, symlinks followed.
    target: PathBuf,
    /// Below the temporary file, so that it is gone when these are dropped.
    created: Created,
}

/// Folders made for an output, the outermost first; taken away again unless the output came to be.
#[derive(Debug, Default)]
struct Created(Vec<PathBuf>);

impl Drop for Created {
    fn drop(&mut self) {
        for folder in self.0.iter().rev() {
            // One that has got something in it meanwhile stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

impl Pending {
    /// Starts the output `path` of a bundle made from `input`; a missing folder is created below `root`, and only there.
    ///
    /// A symlink at `path` stays and what it points at is replaced, as if the file had been opened for writing.
    ///
    /// # Errors
    /// When `path` can't become a file, or is `input` itself.
    pub fn create(path: &Path, input: &Path, root: Option<&Path>) -> Result<Self, FileError> {
        let shown = path.to_owned();
        let target = follow(path).map_err(|error| FileError::Write {
            path: shown.clone(),
            error,
        })?;
        // The path itself first: the links of /dev/stdout lead to pipes, which have no name that could be followed.
        if let Some(what) = obstacle(path).or_else(|| obstacle(&target)) {
            return Err(FileError::NotAFile { path: shown, what });
        }
        if same_file(&target, input) {
            return Err(FileError::SameAsInput {
                path: shown,
                what: "module",
            });
        }
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let created = prepare(folder, root)?;
        let (file, temp) = temporary(folder).map_err(|error| FileError::Folder {
            folder: folder.to_owned(),
            error,
        })?;
        Ok(Self {
            // One write call per 256 KiB: beyond that larger buffers gain nothing.
            file: BufWriter::with_capacity(256 << 10, file),
            temp,
            shown,
            target,
            created,
        })
    }

    /// Where the bytes go.
    pub fn writer(&mut self) -> &mut BufWriter<File> {
        &mut self.file
    }

    /// Words an error that happened while writing to [`writer`](Self::writer).
    #[must_use]
    pub fn explain(&self, error: io::Error) -> FileError {
        let path = self.shown.clone();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FileError::Full { path },
            _ => FileError::Write { path, error },
        }
    }

    /// Puts the finished file in its place, in one step.
    ///
    /// # Errors
    /// When the last bytes can't be written or the rename fails.
    pub fn commit(mut self) -> Result<(), FileError> {
        if let Err(error) = self.file.flush() {
            return Err(self.explain(error));
        }
        let Self {
            file,
            temp,
            shown,
            target,
            mut created,
        } = self;
        // Some systems rename no open file.
        drop(file);
        temp.persist(&target).map_err(|refused| FileError::Write {
            path: shown,
            error: refused.error,
        })?;
        created.0.clear();
        Ok(())
    }

    /// The file so far, to be read again once all is written.
    ///
    /// # Errors
    /// When the last bytes can't be written or the file can't be opened again.
    pub fn reopen(&mut self) -> Result<File, FileError> {
        self.file
            .flush()
            .and_then(|()| File::open(&self.temp))
            .map_err(|error| self.explain(error))
    }
}

/// The path behind a chain of symlinks, whether or not the last one exists.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut at = path.to_owned();
    // 40 is what Linux follows.
    for _ in 0..40 {
        match fs::read_link(&at) {
            // A relative target counts from the link's folder; `join` drops that folder for an absolute one.
            Ok(next) => at = at.parent().unwrap_or(Path::new("")).join(next),
            // `InvalidInput` is a file that is no symlink; other errors come back, better worded, when it is written.
            Err(_) => return Ok(at),
        }
    }
    Err(io::Error::other("too many levels of symbolic links"))
}

/// What stands at `path` and must not be replaced by a rename.
fn obstacle(path: &Path) -> Option<&'static str> {
    let is_dir = fs::metadata(path).map(|m| m.is_dir());
    match is_dir {
        Ok(true) => Some("a directory"),
        Ok(false) if !path.is_file() => Some("not a regular file"),
        // `dist/` names a directory even when there is none yet.
        _ if path.as_os_str().as_encoded_bytes().ends_with(b"/") || path.file_name().is_none() => {
            Some("the name of a directory")
        }
        _ => None,
    }
}

/// Two names of one place; a hard link is not: a rename leaves its other name alone.
pub(crate) fn same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Two names of one place, whether or not there is something; links in the last name are not followed.
pub(crate) fn same_place(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        Some((folder.canonicalize().ok()?, path.file_name()?.to_owned()))
    };
    matches!((place(a), place(b)), (Some(a), Some(b)) if a == b)
}

/// Makes sure that there is a folder. A manifest's own `dist/` in a fresh checkout is created; a mistyped `-o` is not.
fn prepare(folder: &Path, root: Option<&Path>) -> Result<Created, FileError> {
    if folder.is_dir() {
        return Ok(Created::default());
    }
    if folder.exists() {
        return Err(FileError::Folder {
            folder: folder.to_owned(),
            error: io::ErrorKind::NotADirectory.into(),
        });
    }
    let below = root.is_some_and(|root| is_below(folder, root));
    if !below {
        return Err(FileError::FolderMissing {
            folder: folder.to_owned(),
        });
    }
    let missing = folder
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    let mut created = Created(missing.map(Path::to_owned).collect());
    created.0.reverse();
    fs::create_dir_all(folder).map_err(|error| FileError::Folder {
        folder: folder.to_owned(),
        error,
    })?;
    Ok(created)
}

/// Whether `folder` is inside `root` by its name; an empty `root` is the working directory.
fn is_below(folder: &Path, root: &Path) -> bool {
    let down = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    folder
        .strip_prefix(root)
        .is_ok_and(|rest| rest.components().all(down))
}

/// A temporary file with the permissions that any new file gets here (0666 less the umask), not the private 0600.
fn temporary(folder: &Path) -> io::Result<(File, TempPath)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wasi-vfs-").suffix(".tmp");
    // Taken apart, because a `NamedTempFile` adds its random name to the message of each error.
    let open = |path: &Path| File::options().write(true).create_new(true).open(path);
    Ok(builder.make_in(folder, open)?.into_parts())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn refused(path: &Path, input: &Path, root: Option<&Path>) -> String {
        let error = Pending::create(path, input, root).unwrap_err();
        error.code().unwrap().to_string()
    }

    #[test]
    fn nothing_shows_before_commit_and_nothing_stays_without() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("app.wasm");
        fs::write(&out, "old").unwrap();
        let none = dir.path().join("none");

        let mut dropped = Pending::create(&out, &none, None).unwrap();
        dropped.writer().write_all(b"new").unwrap();
        drop(dropped);
        assert_eq!(fs::read(&out).unwrap(), b"old");
        assert_eq!(listing(dir.path()), ["app.wasm"]);

        let mut kept = Pending::create(&out, &none, None).unwrap();
        kept.writer().write_all(b"new").unwrap();
        assert_eq!(fs::read(&out).unwrap(), b"old");
        kept.commit().unwrap();
        assert_eq!(fs::read(&out).unwrap(), b"new");
        assert_eq!(listing(dir.path()), ["app.wasm"]);
    }

    #[test]
    fn only_the_manifests_own_folder_is_created() {
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none");
        let out = dir.path().join("dist/deep/app.wasm");
        assert_eq!(
            refused(&out, &none, None),
            "wasi_vfs::output::folder_missing"
        );
        let elsewhere = dir.path().join("other");
        assert_eq!(
            refused(&out, &none, Some(&elsewhere)),
            "wasi_vfs::output::folder_missing"
        );
        assert_eq!(
            refused(&out, &none, Some(Path::new(""))),
            "wasi_vfs::output::folder_missing"
        );
        // What is made for an output that never comes is taken away again.
        drop(Pending::create(&out, &none, Some(dir.path())).unwrap());
        assert_eq!(listing(dir.path()), [""; 0]);
        let up = dir.path().join("a/../../b/app.wasm");
        assert_eq!(
            refused(&up, &none, Some(dir.path())),
            "wasi_vfs::output::folder_missing"
        );
        Pending::create(&out, &none, Some(dir.path()))
            .unwrap()
            .commit()
            .unwrap();
        assert_eq!(listing(&dir.path().join("dist/deep")), ["app.wasm"]);
    }

    #[test]
    fn a_place_that_is_no_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none");
        assert_eq!(
            refused(dir.path(), &none, None),
            "wasi_vfs::output::not_a_file"
        );
        assert_eq!(
            refused(&dir.path().join("x/"), &none, None),
            "wasi_vfs::output::not_a_file"
        );
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(
            refused(&file, &file, None),
            "wasi_vfs::output::same_as_input"
        );
        assert_eq!(
            refused(&file.join("x"), &none, None),
            "wasi_vfs::output::folder"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_refused_and_links_are_written_through() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none");
        assert_eq!(
            refused(Path::new("/dev/null"), &none, None),
            "wasi_vfs::output::not_a_file"
        );

        fs::create_dir(dir.path().join("real")).unwrap();
        let link = dir.path().join("link");
        symlink("real/app.wasm", &link).unwrap();
        // Dangling at first, existing the second time.
        for text in ["one", "two"] {
            let mut out = Pending::create(&link, &none, None).unwrap();
            out.writer().write_all(text.as_bytes()).unwrap();
            out.commit().unwrap();
            assert_eq!(
                fs::read(dir.path().join("real/app.wasm")).unwrap(),
                text.as_bytes()
            );
            assert!(link.is_symlink());
        }
        assert_eq!(
            refused(&link, &dir.path().join("real/app.wasm"), None),
            "wasi_vfs::output::same_as_input"
        );

        let looped = dir.path().join("loop");
        symlink("loop", &looped).unwrap();
        assert_eq!(refused(&looped, &none, None), "wasi_vfs::output::write");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let out = Pending::create(&dir.path().join("a"), &dir.path().join("b"), None).unwrap();
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .unwrap()
            .write_all(b"x")
            .unwrap_err();
        assert_eq!(
            out.explain(full).code().unwrap().to_string(),
            "wasi_vfs::output::disk_full"
        );
    }
}
