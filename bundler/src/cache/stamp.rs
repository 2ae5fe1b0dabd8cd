//! What the system says of a file that is another when its content is.

use std::path::Path;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// Which file it is, how large, and when it was changed last.
///
/// The last change is the inode's (`st_ctime`), which no program can set: restoring a modification time after writing does not
/// restore it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of what `path` leads to; `None` when it is no regular file, or the system has no such thing.
    #[cfg(unix)]
    pub(crate) fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let about = std::fs::metadata(path).ok()?;
        about.is_file().then(|| Self {
            device: about.dev(),
            inode: about.ino(),
            size: about.size(),
            modified: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        })
    }

    #[cfg(not(unix))]
    pub(crate) fn of(_: &Path) -> Option<Self> {
        None
    }

    /// Bytes of the file.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// When it was changed last, since the epoch; never settled when that is before it.
    pub(super) fn changed(&self) -> Duration {
        let (seconds, nanoseconds) = self.changed;
        match u64::try_from(seconds) {
            Ok(seconds) => Duration::new(seconds, nanoseconds as u32),
            Err(_) => Duration::MAX,
        }
    }

    pub(super) fn key(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [self.device, self.inode, self.size] {
            hash.update(part.to_le_bytes());
        }
        for (seconds, nanoseconds) in [self.modified, self.changed] {
            hash.update(seconds.to_le_bytes());
            hash.update(nanoseconds.to_le_bytes());
        }
        hash.finalize().into()
    }
}
