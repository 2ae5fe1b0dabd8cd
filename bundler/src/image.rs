//! Entries to bytes: the [`Image`], described first and then streamed.
//!
//! [`describe`] computes everything but the contents from a [`Plan`]; [`Image::write`] makes
//! one pass over the contents and never holds more than a few MiB of them. [`check()`] and
//! [`list()`] read an image back, [`mounts()`] and [`start()`] the rest of it.

mod check;
mod encode;
mod error;
mod head;
mod mounts;
mod print;
mod tree;
mod write;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::plan::{Content, EntryKind, GuestPath, Plan};

pub(crate) use check::check_head;
pub use check::{Checked, ImageFlaw, check};
pub use error::ImageError;
pub(crate) use head::Head;
pub use mounts::{MountRow, mounts, start};
pub(crate) use mounts::{mounts_of, start_of};
pub use print::{Row, RowKind, list, mode_text};
pub(crate) use print::{list_of, preopens_of, visit};
pub use write::{Progress, Written};

use crate::source::Bundle;
use encode::Metadata;
use tree::Tree;

/// The image of a plan, without its contents: all its metadata, and where contents come from.
///
/// It depends on the paths, metadata and contents of the plan's entries only: equal trees give equal bytes.
#[derive(Debug, Clone)]
pub struct Image {
    /// The metadata, still without the places of the contents.
    metadata: Metadata,
    /// The files with bytes to read, in node order.
    files: Vec<File>,
    /// For each entry of the plan the file it names, as an index in `files`.
    file_of_entry: Vec<Option<usize>>,
    /// The bundles that some of the files are from.
    bundles: Vec<Arc<Bundle>>,
}

/// A file of the image and where its content comes from.
#[derive(Debug, Clone)]
struct File {
    node: u32,
    path: GuestPath,
    content: Content,
    size: u32,
}

/// Computes the tree, names and index of an image.
///
/// # Errors
/// [`ImageError::TooLarge`] when the image can't stay below 4 GiB, whatever contents turn out to be
/// equal; [`ImageError::NameTooLong`], [`ImageError::TargetTooLong`].
///
/// # Panics
/// When the plan breaks its promises (a parent is missing, say), which is a bug of this tool.
pub fn describe(plan: &Plan) -> Result<Image, ImageError> {
    let tree = Tree::of_plan(plan)?;
    let too_large = |size| ImageError::too_large(size, plan_sizes(plan));
    let mut files = Vec::new();
    let mut sizes = BTreeSet::new();
    let mut file_of_thing = vec![None; tree.nodes.len()];
    for &(node, entry) in &tree.files {
        let entry = &plan.entries()[entry];
        let EntryKind::File { content, size } = &entry.kind else {
            unreachable!("BUG: `{}` became a file of the image", entry.path.as_str());
        };
        let size32 = u32::try_from(*size).map_err(|_| too_large(*size))?;
        sizes.insert(size32);
        file_of_thing[node as usize] = Some(files.len());
        let (path, content) = (entry.path.clone(), content.clone());
        files.push(File {
            node,
            path,
            content,
            size: size32,
        });
    }
    let file_of_entry = tree
        .node_of_entry
        .iter()
        .map(|&node| file_of_thing[node as usize]);
    let file_of_entry = file_of_entry.collect();

    let metadata = Metadata::of(&tree).map_err(too_large)?;
    // Contents of different sizes can't be equal, so this much is needed at least.
    let least = metadata.size() + sizes.iter().map(|&size| u64::from(size)).sum::<u64>();
    if least > u64::from(u32::MAX) {
        return Err(too_large(least));
    }
    Ok(Image {
        metadata,
        files,
        file_of_entry,
        bundles: plan.bundles().map(Arc::clone).collect(),
    })
}

impl Image {
    /// Bytes of metadata: the image without its contents.
    #[must_use]
    pub fn metadata_size(&self) -> u64 {
        self.metadata.size()
    }

    /// Bytes of content that [`write`](Image::write) will read, for progress; equal contents count each time.
    #[must_use]
    pub fn contents_size(&self) -> u64 {
        self.files.iter().map(|file| u64::from(file.size)).sum()
    }
}

/// The files of a plan with their sizes, for messages.
fn plan_sizes(plan: &Plan) -> impl Iterator<Item = (String, u64)> {
    plan.entries().iter().filter_map(|entry| match &entry.kind {
        EntryKind::File { size, .. } => Some((entry.path.as_str().to_owned(), *size)),
        _ => None,
    })
}
