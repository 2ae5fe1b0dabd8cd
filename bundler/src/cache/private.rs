//! Machine code, in a folder that nobody else can write to: it is run as it is, so a digest in it would prove nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Cache, entry};

/// The folder in the cache's.
const FOLDER: &str = "compiled";

/// Bytes that are kept at most; then the oldest go until half is left.
const MOST: u64 = 1 << 30;

impl Cache {
    /// The machine code with this key; `None` when there is none, or somebody else could have put it there.
    #[must_use]
    pub fn compiled(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        let folder = self.folder.join(FOLDER);
        if !is_private(&folder) {
            return None;
        }
        let name = entry::name("code", key);
        let path = folder.join(&name);
        let code = entry::decode(&name, fs::read(&path).ok()?)?;
        // What is used stays the longest.
        let now = filetime::FileTime::now();
        let _ = filetime::set_file_mtime(&path, now);
        Some(code)
    }

    /// Keeps machine code. When that can't be, the next run compiles again.
    pub fn keep_compiled(&self, key: &[u8; 32], code: &[u8]) {
        let folder = self.folder.join(FOLDER);
        let _ = make(&folder).and_then(|()| {
            if !is_private(&folder) {
                return Ok(());
            }
            let name = entry::name("code", key);
            let mut file = tempfile::NamedTempFile::new_in(&folder)?;
            io::Write::write_all(&mut file, &entry::encode(&name, code))?;
            file.persist(folder.join(&name))?;
            clear(&folder, MOST)
        });
    }
}

/// Makes the folder, for this user alone.
fn make(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Whether it is a folder of this user's that nobody else can write to.
#[cfg(target_os = "linux")]
fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::symlink_metadata(folder).is_ok_and(|about| {
        about.is_dir()
            && about.uid() == rustix::process::geteuid().as_raw()
            && about.mode() & 0o022 == 0
    })
}

/// The same where the mode is all there is to be seen: it is made for its owner alone.
#[cfg(all(unix, not(target_os = "linux")))]
fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::symlink_metadata(folder).is_ok_and(|about| about.is_dir() && about.mode() & 0o077 == 0)
}

/// The same: a user's folders are the user's there.
#[cfg(not(unix))]
fn is_private(folder: &Path) -> bool {
    folder.is_dir()
}

/// Removes the oldest files when there are more than `most` bytes, until half of that is left.
fn clear(folder: &Path, most: u64) -> io::Result<()> {
    let mut files: Vec<(std::time::SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // One that is removed meanwhile is none.
        if let Ok(about) = fs::metadata(&path) {
            files.push((about.modified()?, about.len(), path));
        }
    }
    let mut left: u64 = files.iter().map(|(_, size, _)| size).sum();
    if left <= most {
        return Ok(());
    }
    files.sort();
    for (_, size, path) in files {
        if left <= most / 2 {
            break;
        }
        fs::remove_file(path)?;
        left -= size;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("cache"));
        (folder, cache)
    }

    #[test]
    fn what_is_kept_is_found_by_its_key_only() {
        let (_folder, cache) = cache();
        assert_eq!(cache.compiled(&[1; 32]), None);
        cache.keep_compiled(&[1; 32], b"code");
        assert_eq!(cache.compiled(&[1; 32]).as_deref(), Some(&b"code"[..]));
        assert_eq!(cache.compiled(&[2; 32]), None);
    }

    #[test]
    fn damaged_code_is_none() {
        let (_folder, cache) = cache();
        cache.keep_compiled(&[1; 32], b"code");
        let folder = cache.folder.join(FOLDER);
        let path = fs::read_dir(&folder)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut other = whole.clone();
            other[at] ^= 1;
            fs::write(&path, other).unwrap();
            assert_eq!(cache.compiled(&[1; 32]), None, "{at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(cache.compiled(&[1; 32]), None, "cut at {at}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_to_is_not_trusted() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_folder, cache) = cache();
        cache.keep_compiled(&[1; 32], b"code");
        let folder = cache.folder.join(FOLDER);
        assert_eq!(
            fs::metadata(&folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
        for mode in [0o720, 0o702, 0o777] {
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(cache.compiled(&[1; 32]), None, "{mode:o}");
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(cache.compiled(&[1; 32]).is_some());
        // Nor is one that a symlink leads to.
        let moved = cache.folder.join("moved");
        fs::rename(&folder, &moved).unwrap();
        std::os::unix::fs::symlink(&moved, &folder).unwrap();
        assert_eq!(cache.compiled(&[1; 32]), None);
    }

    #[test]
    fn the_oldest_go_first() {
        let (_folder, cache) = cache();
        let folder = cache.folder.join(FOLDER);
        for (key, seconds) in [(1, 30), (2, 10), (3, 20)] {
            cache.keep_compiled(&[key; 32], &[0; 1000]);
            let path = folder.join(entry::name("code", &[key; 32]));
            filetime::set_file_mtime(path, filetime::FileTime::from_unix_time(seconds, 0)).unwrap();
        }
        clear(&folder, 5000).unwrap();
        assert!(fs::read_dir(&folder).unwrap().count() == 3);
        clear(&folder, 2500).unwrap();
        assert!(cache.compiled(&[1; 32]).is_some());
        assert!(cache.compiled(&[2; 32]).is_none() && cache.compiled(&[3; 32]).is_none());
    }
}
