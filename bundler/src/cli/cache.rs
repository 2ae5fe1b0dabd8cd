//! The folder for what later runs of the tool can reuse.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use wasi_vfs::cache::Cache;

/// `--cache` and `--no-cache`
#[derive(Args)]
pub(crate) struct CacheArg {
    /// Folder for what later runs can reuse: digests of large files, facts about large programs, and the code that `run`
    /// compiles. It can be removed at any time; an empty name means no cache. `bundle --locked` does not use it
    /// [default: $WASI_VFS_CACHE, or wasi-vfs in $XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "FOLDER")]
    cache: Option<OsString>,
    /// Neither read nor write the cache
    #[arg(long)]
    no_cache: bool,
}

impl CacheArg {
    /// The cache to be used; none when it is not wanted, or there is no place for one.
    pub(crate) fn cache(self) -> Option<Cache> {
        let folder = self.cache.map(PathBuf::from).or_else(usual)?;
        let unwanted = self.no_cache || folder.as_os_str().is_empty();
        (!unwanted).then(|| Cache::new(folder))
    }
}

/// What the environment says; where it does not, what the XDG base directory specification does: relative paths are ignored.
///
/// The variable is not clap's, which would name the option in messages about others.
#[expect(clippy::disallowed_methods, reason = "this is the front door")]
fn usual() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("WASI_VFS_CACHE") {
        return Some(folder.into());
    }
    let absolute = |name: &str| {
        let path = env::var_os(name).map(PathBuf::from);
        path.filter(|path| path.is_absolute())
    };
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    Some(caches?.join("wasi-vfs"))
}
