//! From a manifest and a source to a plan.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archives::{Archives, Opened};
use super::error::{PlanError, PlanProblem};
use super::found::{Found, Strength};
use super::walk::Walk;
use super::{
    Content, EntryKind, Plan, RequestLabel, earlier, layer, limits, merge, mount, relative, warning,
};
use crate::archive::Format;
use crate::layer::Layer;
use crate::manifest::{
    Attributes, DIRECTORY_MODE, FILE_MODE, FileContent, HostPath, Manifest, Mount, Request,
    RequestKind, lock_path, span,
};
use crate::source::{Kind, Metadata, Source, SourceError};

/// Finds all that a manifest asks for: reads directories and metadata, no file's content.
///
/// The plan depends on the manifest and the source only, not on the order in which directories list their entries.
///
/// # Errors
/// Everything wrong, in the order of the manifest's lines: sources that are missing or unreadable, patterns that match
/// nothing, entries an image can't hold, conflicts, limits.
pub fn resolve(manifest: &Manifest, src: &dyn Source) -> Result<Plan, PlanError> {
    let mut found = Found::default();
    match layer::open(manifest, src) {
        Ok(layer) => find(manifest, src, layer.map(Arc::new).as_ref(), found),
        Err(problem) => {
            found.problems.push(problem);
            find(manifest, src, None, found)
        }
    }
}

/// The same where it is known already what image the program has.
///
/// # Errors
/// As [`resolve`], but for what is wrong with that image.
pub fn resolve_on(
    manifest: &Manifest,
    src: &dyn Source,
    layer: Option<&Arc<Layer>>,
) -> Result<Plan, PlanError> {
    find(manifest, src, layer, Found::default())
}

fn find(
    manifest: &Manifest,
    src: &dyn Source,
    layer: Option<&Arc<Layer>>,
    mut found: Found,
) -> Result<Plan, PlanError> {
    let layered = layer.map(|layer| layer::on_top(manifest, layer));
    let manifest = layered.as_ref().unwrap_or(manifest);
    let mut archives = Archives::default();
    for (origin, request) in (0..).zip(&manifest.requests) {
        found.origin = origin;
        ask(manifest, src, request, &mut archives, &mut found);
    }
    found.close();
    let secrets = found.warnings();
    let Found {
        drafts,
        mut problems,
        ..
    } = found;
    let entries = merge::merge(manifest, drafts, &mut problems);
    problems.extend(limits::check(manifest, &entries));
    let mounts = mount::find(manifest, &entries, &mut problems);
    if !problems.is_empty() {
        problems.sort_by_key(PlanProblem::at);
        return Err(PlanError::new(manifest.text.clone(), problems));
    }
    let mut plan = Plan::of_sorted(entries)
        .with_mounts(mounts)
        .with_start(mount::start(manifest));
    let earlier = earlier::open_mounts(manifest, src, &mut plan);
    let shadowed = relative::open_hidden(manifest, &mut plan);
    plan.requests = manifest.requests.iter().map(RequestLabel::of).collect();
    let of_manifest = manifest.warnings().iter().cloned();
    plan.warnings = of_manifest.map(Into::into).collect();
    plan.warnings.extend(secrets);
    plan.warnings.extend(earlier);
    plan.warnings.extend(shadowed);
    plan.warnings.extend(warning::find(&plan));
    plan.layer = layer.cloned();
    plan.bundles = archives.bundles().collect();
    Ok(plan)
}

fn ask(
    manifest: &Manifest,
    src: &dyn Source,
    request: &Request,
    archives: &mut Archives,
    found: &mut Found,
) {
    let attributes = &request.attributes;
    let time = given_time(attributes);
    let guest = request.guest.clone();
    match &request.kind {
        RequestKind::Input(layer) => {
            // Its mounts are requests of their own; their directories are among its entries.
            if request.point.is_none() {
                layer::entries(layer, found);
            }
        }
        RequestKind::Dir => root(request, Strength::Asked, found),
        RequestKind::Symlink { target } => {
            found.add(
                guest,
                EntryKind::Symlink {
                    target: target.clone(),
                },
                0o777,
                time,
                Strength::Asked,
                None,
            );
        }
        RequestKind::File(FileContent::Inline(bytes)) => {
            let mode = attributes.permissions.apply(None, FILE_MODE, false);
            let kind = EntryKind::File {
                content: Content::Inline(bytes.clone()),
                size: bytes.len() as u64,
            };
            found.add(guest, kind, mode, time, Strength::Asked, None);
        }
        RequestKind::File(FileContent::Source { source, optional }) => {
            file(manifest, src, request, source, *optional, found);
        }
        RequestKind::Mount(mount) => mount_of(manifest, src, request, mount, archives, found),
    }
}

/// The directory at a request's guest path.
fn root(request: &Request, strength: Strength, found: &mut Found) {
    let attributes = &request.attributes;
    let mode = attributes.dir_permissions.apply(None, DIRECTORY_MODE, true);
    let time = given_time(attributes);
    let guest = request.guest.clone();
    found.add(guest, EntryKind::Directory, mode, time, strength, None);
}

/// The time of what has no source.
fn given_time(attributes: &Attributes) -> u64 {
    let time = attributes.timestamps.apply(None);
    // Only times of sources can be out of range.
    time.expect("times that the manifest gives are in range")
}

fn file(
    manifest: &Manifest,
    src: &dyn Source,
    request: &Request,
    source: &HostPath,
    optional: bool,
    found: &mut Found,
) {
    let Some((_, metadata)) = look(manifest, src, source, optional, found) else {
        return;
    };
    match metadata.kind {
        Kind::Directory => {
            found.problems.push(PlanProblem::NotAFile {
                path: source.written.clone(),
                at: span(&source.span),
            });
        }
        // By the name it was given, also when that is a symlink's.
        _ => {
            let shown = Path::new(&source.written);
            found.file(request, shown, source.path.clone(), &metadata);
        }
    }
}

fn mount_of(
    manifest: &Manifest,
    src: &dyn Source,
    request: &Request,
    mount: &Mount,
    archives: &mut Archives,
    found: &mut Found,
) {
    let source = &mount.source;
    let looked = look(manifest, src, source, mount.optional, found);
    let archive = match &looked {
        Some((path, metadata)) if metadata.kind == Kind::File => {
            archives.open(manifest, src, source, path)
        }
        _ => Opened::No,
    };
    let file = looked.as_ref().is_some_and(|(_, metadata)| {
        metadata.kind != Kind::Directory && matches!(archive, Opened::No)
    });
    if request.point.is_some() && !file {
        // The program may write there even when nothing is embedded; what the source says of it is stronger.
        root(request, Strength::Implied, found);
    }
    let Some((path, metadata)) = looked else {
        return;
    };
    if metadata.kind == Kind::Directory {
        return Walk::new(src, manifest, request, mount, found).directory(&path);
    }
    match archive {
        Opened::No => {}
        Opened::Archive(archive) => {
            found.archive = Some(Arc::clone(&archive));
            Walk::new(&*archive, manifest, request, mount, found).directory(Path::new(""));
            found.archive = None;
            return;
        }
        Opened::Wrong(problem) => {
            // One archive may be the source of several mounts; its fault is told once.
            found.problems.extend(problem);
            return;
        }
    }
    // One that is to keep its name is meant as a file.
    if let Some(ending) = Format::unread(&source.written)
        && Format::unread(request.guest.as_str()) != Some(ending)
    {
        found.problems.push(PlanProblem::ArchiveFormat {
            path: source.written.clone(),
            ending,
            at: span(&source.span),
        });
        return;
    }
    let name = path
        .file_name()
        .and_then(std::ffi::OsStr::to_str)
        .unwrap_or("file")
        .to_owned();
    if let Some(point) = &request.point {
        found.problems.push(PlanProblem::WritableFile {
            path: source.written.clone(),
            name,
            at: span(&point.span),
        });
    } else if request.guest.name().is_none() || request.guest_slash {
        let example = request
            .guest
            .join(&name)
            .map_or(name, |path| path.to_string());
        let (path, at) = (source.written.clone(), span(&request.span));
        found
            .problems
            .push(PlanProblem::FileName { path, example, at });
    } else {
        Walk::new(src, manifest, request, mount, found).file(&metadata);
    }
}

/// What a source is, symlinks followed: the manifest names it, so it is meant. `None`: nothing more to do.
fn look(
    manifest: &Manifest,
    src: &dyn Source,
    source: &HostPath,
    optional: bool,
    found: &mut Found,
) -> Option<(PathBuf, Metadata)> {
    match src.followed(&source.path) {
        Ok((path, metadata)) => {
            if metadata.kind != Kind::Directory
                && let Some(problem) = is_output(manifest, src, source)
            {
                found.problems.push(problem);
                return None;
            }
            Some((path, metadata))
        }
        Err(error) if error.error.kind() == std::io::ErrorKind::NotFound => {
            if !optional {
                let (path, at) = (source.written.clone(), span(&source.span));
                found.problems.push(PlanProblem::SourceMissing { path, at });
            }
            None
        }
        Err(error) => {
            let error = SourceError {
                path: (&source.written).into(),
                ..error
            };
            found.unreadable(error, &source.span);
            None
        }
    }
}

/// What is wrong with a source that is written when the bundle is.
fn is_output(manifest: &Manifest, src: &dyn Source, source: &HostPath) -> Option<PlanProblem> {
    let real = src.resolve(&source.path).ok()?;
    let is = |path: &Path| src.resolve(path).is_ok_and(|written| written == real);
    let (path, at) = (source.written.clone(), span(&source.span));
    if is(manifest.output()) || manifest.beside.iter().any(|path| is(path)) {
        return Some(PlanProblem::SourceIsOutput { path, at });
    }
    let is_lock = is(&lock_path(&manifest.path));
    is_lock.then_some(PlanProblem::SourceIsLock { path, at })
}
