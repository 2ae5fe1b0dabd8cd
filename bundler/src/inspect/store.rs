//! Where the bytes of a module are: in memory, or in a file that is read in places only.

use std::fmt::Debug;
use std::fs::File;
use std::io;

/// Bytes that can be read from anywhere.
pub trait Store: Debug + Send + Sync {
    /// Number of bytes there are.
    fn size(&self) -> u64;

    /// Fills `out` with the bytes from `offset` on.
    ///
    /// # Errors
    /// [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) past the end, and what the system says.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;
}

impl Store for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.get(offset..)?.get(..out.len()))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }
}

impl Store for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.as_slice().read_at(offset, out)
    }
}

/// A regular file, as long as it was when it was opened.
#[derive(Debug)]
pub(super) struct FileStore {
    #[cfg(unix)]
    file: File,
    // Elsewhere a read at a place moves the file's position.
    #[cfg(not(unix))]
    file: std::sync::Mutex<File>,
    size: u64,
}

impl FileStore {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let size = file.metadata()?.len();
        #[cfg(not(unix))]
        let file = std::sync::Mutex::new(file);
        Ok(Self { file, size })
    }
}

impl Store for FileStore {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, out, offset)
    }

    #[cfg(not(unix))]
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        use std::io::{Read as _, Seek as _};
        let mut file = self
            .file
            .lock()
            .map_err(|_| io::Error::other("a reader panicked"))?;
        file.seek(io::SeekFrom::Start(offset))?;
        file.read_exact(out)
    }
}

/// A part of a store, read from its start to its end.
#[derive(Debug)]
pub struct Section<'a> {
    store: &'a dyn Store,
    at: u64,
    end: u64,
}

impl<'a> Section<'a> {
    pub(super) fn new(store: &'a dyn Store, at: u64, size: u64) -> Self {
        Self {
            store,
            at,
            end: at + size,
        }
    }
}

impl io::Read for Section<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let len = out.len().min(left);
        // What is empty may lie anywhere, also behind the end.
        if len > 0 {
            self.store.read_at(self.at, &mut out[..len])?;
        }
        self.at += len as u64;
        Ok(len)
    }
}
