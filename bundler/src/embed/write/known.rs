//! What an earlier run found out about a large file.

use super::read::changed;
use crate::cache::{Cache, Stamp};
use crate::embed::{File, ImageError};
use crate::plan::{Content, Plan};
use crate::source::Source;

/// A file as it was before it was read, and its digest if that is known.
pub(super) struct Known<'a>(Option<About<'a>>);

struct About<'a> {
    cache: &'a Cache,
    stamp: Stamp,
    digest: Option<[u8; 32]>,
}

impl<'a> Known<'a> {
    /// Looks a file up, when its source has a cache.
    pub(super) fn of(source: &'a dyn Source, plan: &Plan, file: &File) -> Self {
        let about = || {
            let cache = source.cache()?;
            let Content::Source { path, .. } = file.content(plan) else {
                return None;
            };
            // One that is not what was planned is read, and told.
            let stamp = Stamp::of(&path).filter(|stamp| stamp.size() == u64::from(file.size))?;
            let digest = cache.digest(&stamp);
            Some(About {
                cache,
                stamp,
                digest,
            })
        };
        Self(about())
    }

    pub(super) fn digest(&self) -> Option<[u8; 32]> {
        self.0.as_ref()?.digest
    }

    /// Keeps the digest of the file, which was read since, for the next run.
    ///
    /// # Errors
    /// When the digest was known before, and the file has changed since.
    pub(super) fn keep(
        self,
        plan: &Plan,
        file: &File,
        digest: &[u8; 32],
    ) -> Result<(), ImageError> {
        let (Some(about), Content::Source { path, .. }) = (self.0, file.content(plan)) else {
            return Ok(());
        };
        match (Stamp::of(&path) == Some(about.stamp), about.digest) {
            (true, None) => about.cache.keep_digest(&about.stamp, digest),
            (false, Some(_)) => {
                let change = "it was changed while it was read".to_owned();
                return Err(changed(plan, file, change));
            }
            _ => {}
        }
        Ok(())
    }
}
