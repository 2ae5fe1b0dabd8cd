//! What of a plan is not an entry: mounts with rules of their own, and what the program is started with.

use super::error::PlanProblem;
use super::{Brief, Entries, GuestPath, Origin};
use crate::manifest::{Manifest, Request, RequestKind, span};
use crate::settings::EnvPolicy;
pub use crate::settings::{MountKind, Start};

/// A directory whose tree follows other rules than the read-only one around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The directory it is rooted at.
    pub path: GuestPath,
    /// What it is.
    pub kind: MountKind,
    /// Bytes it may hold in memory.
    pub size_limit: Option<u64>,
    /// Whether the program refuses to start when the host gives no directory for it.
    pub required: bool,
    /// What in the manifest asked for it.
    pub origin: Origin,
}

/// What a manifest asks for at the program's start.
pub(super) fn start(manifest: &Manifest) -> Start {
    Start {
        host: manifest.link.host,
        environment: manifest.env.clone(),
        environment_fixed: manifest.link.env == EnvPolicy::Fixed,
        arguments: manifest.args.clone(),
    }
}

/// The mounts of a manifest, one for each guest path, and what is wrong with them in the tree that was merged.
pub(super) fn find(
    manifest: &Manifest,
    entries: &Entries,
    problems: &mut Vec<PlanProblem>,
) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for (origin, request) in (0..).zip(&manifest.requests) {
        let Some(point) = &request.point else {
            continue;
        };
        let size_limit = point.size_limit.as_ref().map(|limit| limit.value);
        // Those that disagree are no manifest's.
        if let Some(same) = mounts.iter_mut().find(|mount| mount.path == request.guest) {
            same.size_limit = same.size_limit.or(size_limit);
            continue;
        }
        // What the program has embedded gives way.
        if matches!(request.kind, RequestKind::Input(_)) && !is_directory(entries, &request.guest) {
            continue;
        }
        problems.extend(replaced(manifest, entries, origin, request));
        mounts.push(Mount {
            path: request.guest.clone(),
            kind: point.kind,
            size_limit,
            required: point.required,
            origin: Origin(origin),
        });
    }
    mounts
}

fn is_directory(entries: &Entries, path: &GuestPath) -> bool {
    entries
        .find(path)
        .is_some_and(|at| entries.is_directory(at))
}

/// Whether a later table put something else in the place of a mount, or of a directory above it.
fn replaced(
    manifest: &Manifest,
    entries: &Entries,
    origin: u32,
    request: &Request,
) -> Option<PlanProblem> {
    let mut at = Some(request.guest.clone());
    while let Some(path) = at {
        if let Some(found) = entries.find(&path) {
            let by_origin = entries.origin(found).0;
            let by = manifest.requests.get(by_origin as usize)?;
            let directory = entries.is_directory(found);
            // Without `overrides` it was told as a clash, and a source that is a file as that.
            return (!directory && by.overrides && by_origin != origin).then(|| {
                PlanProblem::MountReplaced {
                    guest: request.guest.to_string(),
                    path: path.to_string(),
                    what: match entries.brief(found) {
                        Brief::Symlink { .. } => "a symlink",
                        _ => "a file",
                    },
                    at: span(&by.span),
                    mount: span(&request.span),
                }
            });
        }
        at = path.parent();
    }
    None
}
