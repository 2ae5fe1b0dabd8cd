//! Whether the bundles that files are from are what was made: their contents were just read, and hashed, anyway.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::store::Placed;
use crate::image::{Image, ImageError};

/// Checks every bundle that the plan opened, whichever of its files went in. Contents that did not are read for it.
pub(super) fn check(image: &Image, placed: &[Placed]) -> Result<(), ImageError> {
    if image.bundles.is_empty() {
        return Ok(());
    }
    // The digests of the contents that were read, for each bundle by place and size.
    let mut known: BTreeMap<_, BTreeMap<(u32, u32), [u8; 32]>> = BTreeMap::new();
    for (file, placed) in image.files.iter().zip(placed) {
        if let Some((bundle, offset)) = file.content.in_bundle() {
            let known = known.entry(Arc::as_ptr(bundle)).or_default();
            known.insert((offset, file.size), placed.digest);
        }
    }
    for bundle in &image.bundles {
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
