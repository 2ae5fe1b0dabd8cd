//! What the linker has to know of a program, found out now or by an earlier run.

use sha2::{Digest as _, Sha256};

use super::Program;
use crate::cache::Cache;
use crate::link::{Guest, LinkError};

impl Program {
    /// Inspects the program's module; also the module's SHA-256.
    pub(crate) fn inspect(
        &self,
        cache: Option<&Cache>,
    ) -> (Result<Guest<'_>, LinkError>, [u8; 32]) {
        let module = self.module();
        let hash = || -> [u8; 32] { Sha256::digest(module).into() };
        let Some(cache) = cache else {
            let (guest, digest) = rayon::join(|| Guest::inspect(module), hash);
            return (guest, digest);
        };
        let told = self.file.and_then(|file| cache.digest(&file));
        let worth = || cache.may_know_program(module.len());
        let digest = told.or_else(|| worth().then(hash));
        let found = digest.and_then(|digest| cache.program(&digest, module.len()));
        let known = found.and_then(|found| Guest::known(module, &found));
        let is_new = known.is_none();
        let (guest, digest) = rayon::join(
            || known.map_or_else(|| Guest::inspect(module), Ok),
            || digest.unwrap_or_else(hash),
        );
        if let (None, Some(file)) = (told, &self.file) {
            cache.keep_digest(file, &digest);
        }
        if let (true, Ok(guest)) = (is_new, &guest) {
            cache.keep_program(&digest, module.len(), &guest.found());
        }
        (guest, digest)
    }
}
