//! What the linker has to know of a program, found out now or by an earlier run.

use sha2::{Digest as _, Sha256};

use super::Program;
use crate::cache::Cache;
use crate::link::{Guest, LinkError};

/// A program that may be linked.
#[derive(Debug)]
pub(crate) struct Inspected<'a> {
    program: &'a Program,
    cache: Option<&'a Cache>,
    guest: Guest<'a>,
    /// The SHA-256 of its module, if that is known yet.
    digest: Option<[u8; 32]>,
    /// Whether the cache has told it.
    told: bool,
    /// Whether the cache has told what is in it.
    known: bool,
}

impl Program {
    /// Inspects the program's module.
    ///
    /// # Errors
    /// Why it can't be linked.
    pub(crate) fn inspect<'a>(
        &'a self,
        cache: Option<&'a Cache>,
    ) -> Result<Inspected<'a>, LinkError> {
        let module = self.module();
        let file = self.file.as_ref();
        let told = cache.and_then(|cache| cache.digest(file?));
        // By its digest it is found again.
        let worth = || cache.is_some_and(|cache| cache.may_know_program(module.len()));
        let digest = told.or_else(|| worth().then(|| hash(module)));
        let found = cache.and_then(|cache| cache.program(&digest?, module.len()));
        let known = found.and_then(|found| Guest::known(module, &found));
        Ok(Inspected {
            program: self,
            cache,
            digest,
            told: told.is_some(),
            known: known.is_some(),
            guest: match known {
                Some(guest) => guest,
                None => Guest::inspect(module)?,
            },
        })
    }
}

impl<'a> Inspected<'a> {
    /// What it is made of.
    pub(crate) fn guest(&self) -> &Guest<'a> {
        &self.guest
    }

    /// The SHA-256 of its module; what is new is left to later runs.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let module = self.program.module();
        let digest = self.digest.unwrap_or_else(|| hash(module));
        if let Some(cache) = self.cache {
            if let (false, Some(file)) = (self.told, &self.program.file) {
                cache.keep_digest(file, &digest);
            }
            if !self.known {
                cache.keep_program(&digest, module.len(), &self.guest.found());
            }
        }
        digest
    }
}

fn hash(module: &[u8]) -> [u8; 32] {
    Sha256::digest(module).into()
}
