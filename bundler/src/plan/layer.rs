//! A program that is a bundle already: its image is the lowest layer, and what the manifest asks for lies on top.

use std::sync::Arc;

use super::error::{ArchiveProblem, PlanProblem};
use super::found::{Found, Strength};
use super::{Content, EntryKind};
use crate::archive::ArchiveError;
use crate::image::{Row, RowKind};
use crate::layer::Layer;
use crate::manifest::{Limit, Manifest, Point, Request, RequestKind, span};
use crate::path::GuestPath;
use crate::source::Source;

/// The image of the program that a manifest names, if it has one.
pub(crate) fn open(manifest: &Manifest, src: &dyn Source) -> Result<Option<Layer>, PlanProblem> {
    let input = &manifest.input;
    Layer::open(src, &input.path, &input.written).map_err(|error| {
        let error = ArchiveError::Corrupt {
            archive: input.written.clone(),
            what: error.to_string(),
        };
        let at = span(&input.span);
        PlanProblem::from(ArchiveProblem { error, at })
    })
}

/// The manifest with a program's own image below it; the first requests are the image's.
pub(super) fn on_top(manifest: &Manifest, layer: &Arc<Layer>) -> Manifest {
    let mut merged = manifest.clone();
    let request = |name: &str, guest: GuestPath, point: Option<Point>| Request {
        name: name.to_owned(),
        span: manifest.input.span.clone(),
        guest,
        guest_slash: false,
        overrides: false,
        attributes: manifest.implied.clone(),
        point,
        kind: RequestKind::Input(Arc::clone(layer)),
    };
    let root = GuestPath::parse("/").expect("`/` is a path");
    let mut requests = vec![request(layer.bundle().shown(), root, None)];
    for (path, mount) in layer.mounts() {
        let Ok(guest) = GuestPath::parse(path) else {
            continue;
        };
        let again = |request: &Request| request.point.is_some() && request.guest == guest;
        if manifest.requests.iter().any(again) {
            continue;
        }
        let value = |value| Limit { value, span: None };
        let point = Point {
            kind: mount.kind,
            span: manifest.input.span.clone(),
            size_limit: mount.size_limit.map(value),
            required: mount.message.is_some(),
        };
        requests.push(request(path, guest, Some(point)));
    }
    requests.append(&mut merged.requests);
    merged.requests = requests;
    for variable in &layer.start().environment {
        let at = merged
            .env
            .binary_search_by(|(name, _)| name.cmp(&variable.0));
        if let Err(at) = at {
            merged.env.insert(at, variable.clone());
        }
    }
    if merged.args.is_empty() {
        merged.args.clone_from(&layer.start().arguments);
    }
    merged
}

/// Adds what a layer has.
pub(super) fn entries(layer: &Arc<Layer>, found: &mut Found) {
    for row in layer.rows() {
        let Ok(path) = GuestPath::parse(&row.path) else {
            unreachable!("BUG: the image names `{}`, which is no path", row.path);
        };
        let Row { size, time_ns, .. } = *row;
        let mut link_id = None;
        let kind = match &row.kind {
            RowKind::Directory => EntryKind::Directory,
            RowKind::Symlink { target } => EntryKind::Symlink {
                target: target.clone(),
            },
            RowKind::File { offset, .. } => {
                link_id = (row.nlink > 1).then(|| (0, u64::from(row.node)));
                EntryKind::File {
                    content: Content::Layer {
                        layer: Arc::clone(layer),
                        path: row.path.clone(),
                        offset: *offset,
                    },
                    size: u64::from(size),
                }
            }
        };
        let mode = (row.mode & 0o7777) as u16;
        // What a table says of a directory is stronger.
        found.add(path, kind, mode, time_ns, Strength::Parent, link_id);
    }
}
