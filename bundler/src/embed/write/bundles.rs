//! Whether the bundles that files are from are what was made: their contents were just read, and hashed, anyway.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::embed::{File, ImageError};
use crate::plan::Plan;

/// Checks every bundle that the plan opened, whichever of its files went in. Contents that did not are read for it.
pub(super) fn check(plan: &Plan, files: &[File], digests: &[[u8; 32]]) -> Result<(), ImageError> {
    if plan.bundles().next().is_none() {
        return Ok(());
    }
    // The digests of the contents that were read, for each bundle by place and size.
    let mut known: BTreeMap<_, BTreeMap<(u32, u32), [u8; 32]>> = BTreeMap::new();
    for (file, digest) in files.iter().zip(digests) {
        if let Some((bundle, offset)) = file.content(plan).in_bundle() {
            let known = known.entry(Arc::as_ptr(bundle)).or_default();
            known.insert((offset, file.size), *digest);
        }
    }
    for bundle in plan.bundles() {
        let known = known.remove(&Arc::as_ptr(bundle)).unwrap_or_default();
        bundle
            .check(&known)
            .map_err(|flaw| ImageError::SourceDamaged {
                bundle: bundle.shown().to_owned(),
                flaw: Box::new(flaw),
            })?;
    }
    Ok(())
}
