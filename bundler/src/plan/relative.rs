//! Absolute paths beside relative mounts, for programs with wasi-libc.
//!
//! wasi-libc strips `/`, `.` and `./` from paths and from the names of preopens alike, and takes the preopen whose name is
//! the longest beginning of the path, the last of equal ones. So beside a mount at `.` it never looks for `/src/a` below `/`,
//! nor for `/x/y/a` beside one at `x`. Host directories at the same places are a preopen each, and the longer name
//! wins. Here it is the same: what is absolute gets preopens of its own.

use super::{GuestPath, Paths, Plan, PlanWarning};
use crate::manifest::{Manifest, RequestKind};

/// Opens absolute directories that a relative mount would hide. A warning for what stays hidden.
pub(super) fn open_hidden(manifest: &Manifest, plan: &mut Plan) -> Option<PlanWarning> {
    let roots = plan.roots().iter();
    let relative: Vec<GuestPath> = roots.filter(|root| !root.is_absolute()).cloned().collect();
    if relative.is_empty() {
        return None;
    }
    let hiding = |path: &GuestPath| relative.iter().find(|root| hides(root, path));
    // First what the manifest names: it is seen there whatever a relative mount has at the same place.
    let mut open = Vec::new();
    for request in &manifest.requests {
        match &request.kind {
            RequestKind::Input(layer) => {
                let before = layer.preopens().iter();
                open.extend(before.filter_map(|path| GuestPath::parse(path).ok()));
            }
            RequestKind::Mount(_) | RequestKind::Dir => open.push(request.guest.clone()),
            _ if request.point.is_some() => open.push(request.guest.clone()),
            _ => {}
        }
    }
    open.retain(|path| hiding(path).is_some());
    plan.open(open);
    // Of two with one name for it, the relative one comes later.
    let same = |open: &GuestPath| {
        relative
            .iter()
            .any(|root| open.as_str()[1..] == *root.as_str())
    };
    let shows =
        |open: &GuestPath, path: &GuestPath| (path == open || path.is_below(open)) && !same(open);
    // Then the directories of everything else, as high up as no relative mount has the same one.
    let mut hidden: Vec<(GuestPath, GuestPath)> = Vec::new();
    for at in 0..plan.entries.len() {
        let path = plan.entries.path(at);
        let above = plan.entries.is_directory(at)
            && at + 1 < plan.entries.len()
            && plan.entries.is_below(at + 1, at);
        // Of directories the empty ones count: others are there where what is in them is.
        if above || plan.open.iter().any(|open| shows(open, &path)) {
            continue;
        }
        let Some(root) = hiding(&path) else { continue };
        let mut ways: Vec<GuestPath> = std::iter::successors(Some(path.clone()), GuestPath::parent)
            .filter(|way| hides(root, way) && plan.can_open(way) && is_free(plan, way))
            .collect();
        match ways.pop() {
            Some(way) => plan.open(vec![way]),
            None => hidden.push((path, root.clone())),
        }
    }
    let root = hidden.first()?.1.clone();
    let paths = hidden.iter().map(|(path, _)| format!("`{path}`"));
    Some(PlanWarning::Shadowed {
        paths: Paths::new(paths.collect()),
        root,
    })
}

/// Whether wasi-libc looks for an absolute path in a relative root, as long as none with a longer name is open.
fn hides(root: &GuestPath, path: &GuestPath) -> bool {
    let Some(path) = path.as_str().strip_prefix('/') else {
        return false;
    };
    match root.as_str() {
        "." => !path.is_empty(),
        root => path
            .strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

/// Whether no relative path is the same for wasi-libc.
fn is_free(plan: &Plan, path: &GuestPath) -> bool {
    let relative = GuestPath::parse(path.as_str().trim_start_matches('/'));
    relative.is_ok_and(|path| plan.entries.find(&path).is_none())
}
