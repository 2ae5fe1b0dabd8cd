//! The bytes of an output before they have its name.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use tempfile::TempPath;

/// One write call per 256 KiB: beyond that larger buffers gain nothing.
const BUFFER: usize = 256 << 10;

/// A file in the folder of its output, with the permissions that any new file gets there (0666 less the umask).
#[derive(Debug)]
pub(super) struct Draft {
    /// Where the bytes go.
    pub(super) file: BufWriter<File>,
    at: At,
}

/// How the file is found again.
#[derive(Debug)]
enum At {
    /// By its descriptor only; it is gone with that, however the process ends.
    #[cfg(target_os = "linux")]
    Unnamed(unnamed::Folder),
    /// By a name of its own, which is removed when this is dropped.
    Named(TempPath),
}

impl Draft {
    /// An empty file in `folder`.
    ///
    /// # Errors
    /// What the system says when none can be made there.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some((file, folder)) = unnamed::create(folder) {
            return Ok(Self::new(file, At::Unnamed(folder)));
        }
        Self::named(folder)
    }

    /// The same where a file has to have a name.
    pub(super) fn named(folder: &Path) -> io::Result<Self> {
        // An initializer reads the image in it.
        let open = |path: &Path| {
            let mut options = File::options();
            options.read(true).write(true).create_new(true).open(path)
        };
        // Taken apart, because a `NamedTempFile` adds its random name to the message of each error.
        let (file, name) = names().make_in(folder, open)?.into_parts();
        Ok(Self::new(file, At::Named(name)))
    }

    fn new(file: File, at: At) -> Self {
        let file = BufWriter::with_capacity(BUFFER, file);
        Self { file, at }
    }

    /// What was written, to be read from its start.
    ///
    /// # Errors
    /// When the last bytes can't be written or the file can't be opened again.
    pub(super) fn reopen(&mut self) -> io::Result<File> {
        self.file.flush()?;
        match &self.at {
            #[cfg(target_os = "linux")]
            At::Unnamed(_) => File::open(unnamed::name(self.file.get_ref())),
            At::Named(name) => File::open(name),
        }
    }

    /// Gives the file the name `target`, in place of what has it, in one step.
    ///
    /// # Errors
    /// What the system says; `target` is then as it was.
    pub(super) fn persist(self, target: &Path) -> io::Result<()> {
        let Self { file, at } = self;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let name = match at {
            #[cfg(target_os = "linux")]
            At::Unnamed(folder) => folder.link(&file)?,
            At::Named(name) => name,
        };
        // Some systems rename no open file.
        drop(file);
        name.persist(target).map_err(|refused| refused.error)
    }
}

/// The names that stand in a folder for a moment.
fn names() -> tempfile::Builder<'static, 'static> {
    let mut names = tempfile::Builder::new();
    names.prefix(".wasi-vfs-").suffix(".tmp");
    names
}

/// Files that have no name until they are whole (`O_TMPFILE`, open(2)).
#[cfg(target_os = "linux")]
mod unnamed {
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd as _;
    use std::path::{Path, PathBuf};

    use rustix::fs::{AtFlags, CWD, Mode, OFlags};
    use tempfile::TempPath;

    /// Where a file will get its name.
    #[derive(Debug)]
    pub(super) struct Folder(PathBuf);

    /// A file without a name; none where the file system or a missing `/proc` allows no such thing.
    pub(super) fn create(folder: &Path) -> Option<(File, Folder)> {
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(folder, flags, Mode::from_raw_mode(0o666)).ok()?);
        name(&file).try_exists().ok()?.then_some(())?;
        Some((file, Folder(folder.to_owned())))
    }

    /// What leads to the open file.
    pub(super) fn name(file: &File) -> PathBuf {
        format!("/proc/self/fd/{}", file.as_raw_fd()).into()
    }

    impl Folder {
        /// Gives the file a name for the moment: linking replaces nothing, only renaming does.
        pub(super) fn link(&self, file: &File) -> io::Result<TempPath> {
            let here = name(file);
            let link = |path: &Path| {
                let follow = AtFlags::SYMLINK_FOLLOW;
                rustix::fs::linkat(CWD, &here, CWD, path, follow).map_err(io::Error::from)
            };
            Ok(super::names().make_in(&self.0, link)?.into_temp_path())
        }
    }
}
