//! Compiled code of modules, for `wasi-vfs run`: [`CompiledCache`].
//!
//! Loading compiled code means executing it, so an entry must be this user's own: its folder and its file belong to the user
//! and nobody else may write them. A digest of the content, checked before each use, finds accidental damage.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::{Cache, entry};

/// Smaller modules compile about as fast as an entry is read.
const LARGE: usize = 64 << 10;

/// Total size of all entries, in bytes; when it is exceeded, the least recently used ones go.
const MOST: u64 = 512 << 20;

/// The part of a [`Cache`] that holds compiled code.
#[derive(Debug)]
pub struct CompiledCache {
    folder: PathBuf,
    most: u64,
}

impl Cache {
    /// Its part for compiled code.
    #[must_use]
    pub fn compiled(&self) -> CompiledCache {
        CompiledCache {
            folder: self.folder.join("compiled"),
            most: MOST,
        }
    }
}

impl CompiledCache {
    /// Whether code of a module of this many bytes is kept at all.
    #[must_use]
    pub fn keeps(module_size: usize) -> bool {
        module_size >= LARGE
    }

    /// The compiled code under this key, as [`Self::keep`] got it: undamaged, and written by this user.
    ///
    /// The key is a digest of everything that decides what the code is: the module, the engine and its settings.
    #[must_use]
    pub fn get(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        let name = entry::name("code", key);
        own(&fs::symlink_metadata(&self.folder).ok()?)?;
        let mut file = File::open(self.folder.join(&name)).ok()?;
        let about = file.metadata().ok()?;
        own(&about)?;
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).ok()?);
        file.read_to_end(&mut bytes).ok()?;
        let code = entry::decode(&name, bytes)?;
        // The most recently used entry is evicted last.
        #[expect(
            clippy::disallowed_methods,
            reason = "decides what is evicted, never an output"
        )]
        let _ = file.set_modified(std::time::SystemTime::now());
        Some(code)
    }

    /// Keeps compiled code. When that fails, the next run compiles again.
    pub fn keep(&self, key: &[u8; 32], code: &[u8]) {
        let name = entry::name("code", key);
        let bytes = entry::encode(&name, code);
        if bytes.len() as u64 > self.most {
            return;
        }
        let _ = make_private(&self.folder).and_then(|()| {
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            io::Write::write_all(&mut file, &bytes)?;
            file.persist(self.folder.join(&name))?;
            self.evict(&name)
        });
    }

    /// Removes the least recently used entries until the rest fits; never `kept`.
    fn evict(&self, kept: &str) -> io::Result<()> {
        let mut entries = Vec::new();
        for found in fs::read_dir(&self.folder)? {
            let found = found?;
            // Another process may have removed it meanwhile.
            if let Ok(about) = found.metadata() {
                let used = about.modified()?;
                entries.push((found.file_name() == kept, used, about.len(), found.path()));
            }
        }
        entries.sort();
        let mut total: u64 = entries.iter().map(|(_, _, size, _)| size).sum();
        for (is_kept, _, size, path) in entries {
            if total <= self.most || is_kept {
                break;
            }
            let _ = fs::remove_file(path);
            total -= size;
        }
        Ok(())
    }
}

/// Makes a folder that only this user can read and write.
fn make_private(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    own(&fs::symlink_metadata(folder)?).ok_or_else(|| io::ErrorKind::PermissionDenied.into())
}

/// Only for what belongs to this user and nobody else can write.
#[cfg(unix)]
fn own(about: &fs::Metadata) -> Option<()> {
    use std::os::unix::fs::MetadataExt as _;
    let ours = about.uid() == rustix::process::geteuid().as_raw();
    (ours && !about.file_type().is_symlink() && about.mode() & 0o022 == 0).then_some(())
}

/// Where that can't be found out, nothing is kept.
#[cfg(not(unix))]
fn own(_: &fs::Metadata) -> Option<()> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::time::{Duration, SystemTime};

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    fn cache() -> (tempfile::TempDir, CompiledCache) {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::new(folder.path().join("cache")).compiled();
        (folder, cache)
    }

    fn file(cache: &CompiledCache, key: u8) -> PathBuf {
        cache.folder.join(entry::name("code", &[key; 32]))
    }

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("can be set");
    }

    #[test]
    fn code_comes_back_from_a_private_folder() {
        let (_folder, cache) = cache();
        assert_eq!(cache.get(&KEY), None);
        cache.keep(&KEY, b"code");
        assert_eq!(cache.get(&KEY).as_deref(), Some(&b"code"[..]));
        assert_eq!(cache.get(&[8; 32]), None);
        let mode = |path: &Path| fs::metadata(path).expect("exists").permissions().mode() & 0o777;
        assert_eq!(mode(&cache.folder), 0o700);
        assert_eq!(mode(&file(&cache, 7)), 0o600);
    }

    #[test]
    fn damaged_or_renamed_code_is_not_used() {
        let (_folder, cache) = cache();
        cache.keep(&KEY, b"code");
        let good = fs::read(file(&cache, 7)).expect("exists");
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(file(&cache, 7), bad).expect("can be written");
            assert_eq!(cache.get(&KEY), None, "byte {at}");
        }
        for end in 0..good.len() {
            fs::write(file(&cache, 7), &good[..end]).expect("can be written");
            assert_eq!(cache.get(&KEY), None, "{end} bytes");
        }
        fs::write(file(&cache, 7), &good).expect("can be written");
        assert!(cache.get(&KEY).is_some());
        fs::copy(file(&cache, 7), file(&cache, 8)).expect("can be copied");
        assert_eq!(cache.get(&[8; 32]), None);
    }

    #[test]
    fn what_others_can_write_is_not_used() {
        let (_folder, cache) = cache();
        cache.keep(&KEY, b"code");
        for mode in [0o620, 0o602] {
            chmod(&file(&cache, 7), mode);
            assert_eq!(cache.get(&KEY), None);
        }
        chmod(&file(&cache, 7), 0o644);
        assert!(cache.get(&KEY).is_some());
        for mode in [0o770, 0o707] {
            chmod(&cache.folder, mode);
            assert_eq!(cache.get(&KEY), None);
            cache.keep(&[8; 32], b"code");
            assert!(!file(&cache, 8).exists());
        }
        chmod(&cache.folder, 0o755);
        assert!(cache.get(&KEY).is_some());
        let moved = cache.folder.with_extension("moved");
        fs::rename(&cache.folder, &moved).expect("can be moved");
        symlink(&moved, &cache.folder).expect("can be linked");
        assert_eq!(cache.get(&KEY), None);
    }

    #[expect(clippy::disallowed_methods, reason = "makes entries that look older")]
    #[test]
    fn the_least_recently_used_goes_first() {
        let (_folder, mut cache) = cache();
        let code = vec![0; 10_000];
        cache.most = 35_000;
        for key in 0..3 {
            cache.keep(&[key; 32], &code);
            let then = SystemTime::now() - Duration::from_secs(100 - u64::from(key));
            let file = File::options().write(true).open(file(&cache, key));
            let file = file.expect("exists");
            file.set_modified(then).expect("can be set");
        }
        assert!(cache.get(&[0; 32]).is_some());
        cache.keep(&[3; 32], &code);
        let left = (0..4).map(|key| file(&cache, key).exists());
        assert_eq!(left.collect::<Vec<_>>(), [true, false, true, true]);
        // What could never fit replaces nothing.
        cache.keep(&[4; 32], &vec![0; 40_000]);
        assert!(!file(&cache, 4).exists() && file(&cache, 3).exists());
    }
}
