//! A plan to the bytes of its image: described first, then streamed.
//!
//! [`describe`] computes everything but the contents from a [`Plan`]; [`Image::write`] makes
//! one pass over the contents and never holds more than a few MiB of them. The format is [`image`](crate::image)'s.

mod error;
mod planned;
mod write;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use crate::image::encode::Metadata;
use crate::plan::{Brief, Content, EntryKind, Plan};
use planned::Planned;

pub use error::ImageError;
pub use write::{Digests, Progress, Written};

/// The image of a plan, without its contents: all its metadata, and where contents come from.
///
/// It depends on the paths, metadata and contents of the plan's entries only: equal trees give equal bytes.
#[derive(Debug, Clone)]
pub struct Image {
    /// What it is of. A clone: the entries are shared.
    plan: Plan,
    /// The metadata, still without the places of the contents.
    metadata: Metadata,
    /// The files with bytes to read, in node order.
    files: Vec<File>,
    /// For each entry of the plan the file it names, as an index in `files`; [`NO_FILE`] when it names none.
    file_of_entry: Vec<u32>,
}

/// A file of the image.
#[derive(Debug, Clone, Copy)]
struct File {
    node: u32,
    /// The entry of the plan that says where its content comes from.
    entry: u32,
    size: u32,
}

/// For an entry that is no file.
const NO_FILE: u32 = u32::MAX;

/// Computes the tree, names and index of an image.
///
/// # Errors
/// [`ImageError::TooLarge`] when the image can't stay below 4 GiB, whatever contents turn out to be
/// equal; [`ImageError::NameTooLong`], [`ImageError::TargetTooLong`].
///
/// # Panics
/// When the plan breaks its promises (a parent is missing, say), which is a bug of this tool.
pub fn describe(plan: &Plan) -> Result<Image, ImageError> {
    let things = Planned(plan);
    let tree = things.tree()?;
    let too_large = |size| ImageError::too_large(size, plan_sizes(plan));
    let mut files = Vec::new();
    let mut sizes = BTreeSet::new();
    let mut file_of_node = vec![NO_FILE; tree.nodes.len()];
    for (node, entry, _) in tree.files(&things) {
        let Brief::File { size } = plan.entries().brief(entry as usize) else {
            unreachable!("BUG: entry {entry} became a file of the image");
        };
        let size = u32::try_from(size).map_err(|_| too_large(size))?;
        sizes.insert(size);
        file_of_node[node as usize] = files.len() as u32;
        files.push(File { node, entry, size });
    }
    let file_of_entry = tree.node_of.iter().map(|&node| file_of_node[node as usize]);
    let file_of_entry = file_of_entry.collect();

    let metadata = Metadata::of(&tree, &things).map_err(too_large)?;
    // Contents of different sizes can't be equal, so this much is needed at least.
    let least = metadata.size() + sizes.iter().map(|&size| u64::from(size)).sum::<u64>();
    if least > u64::from(u32::MAX) {
        return Err(too_large(least));
    }
    Ok(Image {
        plan: plan.clone(),
        metadata,
        files,
        file_of_entry,
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

impl File {
    /// Its guest path.
    fn path(&self, plan: &Plan) -> String {
        plan.entries().path(self.entry as usize).to_string()
    }

    /// Where its bytes come from.
    fn content(&self, plan: &Plan) -> Content {
        match plan.entries().kind(self.entry as usize) {
            EntryKind::File { content, .. } => content,
            _ => unreachable!("BUG: entry {} became a file of the image", self.entry),
        }
    }
}

/// The files of a plan with their sizes, for messages.
fn plan_sizes(plan: &Plan) -> impl Iterator<Item = (String, u64)> {
    let entries = plan.entries();
    (0..entries.len()).filter_map(|number| match entries.brief(number) {
        Brief::File { size } => Some((entries.path(number).to_string(), size)),
        _ => None,
    })
}
