//! Bundles: modules that carry an image, whose tree becomes a source.
//!
//! Only files, directories and symlinks are taken over, with modes, times and hard links. What else a bundle has (mounts,
//! variables, arguments, the program) belongs to its program.

use std::sync::Arc;

use super::Context;
use super::error::ArchiveError;
use super::name;
use super::tree::{Builder, Member, Said, Tree, What};
use crate::image::{ImageFlaw, Row, RowKind};
use crate::inspect::{self, Found, InspectError};
use crate::layer::Bundle;
use crate::read_at::ReadAt;
use crate::source::Kind;

/// Why reading stopped.
enum Stop {
    Told(ArchiveError),
    Flaw(InspectError),
}

impl From<InspectError> for Stop {
    fn from(flaw: InspectError) -> Self {
        Self::Flaw(flaw)
    }
}

impl From<ImageFlaw> for Stop {
    fn from(flaw: ImageFlaw) -> Self {
        Self::Flaw(flaw.into())
    }
}

/// Reads the tree of a bundle; `None`: it is no module, or carries no image.
pub(super) fn read(
    context: &Context<'_>,
    bytes: &Arc<dyn ReadAt>,
) -> Result<Option<(Tree, Bundle)>, ArchiveError> {
    let found = inspect::find_any(Box::new(Arc::clone(bytes)));
    let Some(found) = found.map_err(|error| wrong(context, error))? else {
        return Ok(None);
    };
    let tree = match tree(context, &found) {
        Ok(tree) => tree,
        Err(Stop::Told(error)) => return Err(error),
        Err(Stop::Flaw(flaw)) => return Err(wrong(context, flaw)),
    };
    Ok(Some((tree, Bundle::new(context.shown, found))))
}

/// The tree of `/`, or of `.` when there is none. Other relative ones are not taken over.
fn tree(context: &Context<'_>, found: &Found<'_>) -> Result<Tree, Stop> {
    let mut builder = Builder::new(context.shown);
    let mut total: u64 = 0;
    let mut add = |row: Row| {
        if let RowKind::File { .. } = row.kind {
            total += u64::from(row.size);
        }
        if total > context.limit {
            return Err(Stop::Told(context.too_large()));
        }
        let path = match row.path.trim_start_matches('/') {
            "" => ".",
            path => path,
        };
        let said = said(&row, found.image_offset());
        builder.add(path.as_bytes(), said).map_err(Stop::Told)
    };
    if found.visit("/", &mut add)?.is_none() {
        found.visit(".", &mut add)?;
    }
    builder.finish().map_err(Stop::Told)
}

/// What the image, which begins at `offset` of its module, says of an entry.
fn said(row: &Row, offset: u64) -> Said {
    let mut said = Said {
        kind: Kind::Directory,
        mode: row.mode & 0o7777,
        mtime_ns: i128::from(row.time_ns),
        size: 0,
        what: What::Directory(Default::default()),
        link_id: None,
        at: offset,
    };
    match &row.kind {
        RowKind::Directory => {}
        RowKind::File { offset: at, .. } => {
            said.kind = Kind::File;
            said.size = u64::from(row.size);
            let offset = offset + u64::from(*at);
            said.what = What::File(Member::Plain { offset });
            said.link_id = (row.nlink > 1).then(|| (1, u64::from(row.node)));
        }
        RowKind::Symlink { target } => {
            said.kind = Kind::Symlink;
            said.what = What::Symlink(name::os_string(target.as_bytes()));
        }
    }
    said
}

fn wrong(context: &Context<'_>, error: InspectError) -> ArchiveError {
    match error {
        InspectError::Read(error) => context.unreadable("cannot read", error),
        InspectError::Truncated { .. } => context.truncated("in its image".to_owned()),
        InspectError::Flaw(ImageFlaw::Version { version }) => {
            context.unsupported(format!("its image has format version {version}"))
        }
        InspectError::Flaw(ImageFlaw::Corrupt { part }) => {
            context.corrupt(format!("in its image, {part} is not well formed"))
        }
        error => context.corrupt(error.to_string()),
    }
}
