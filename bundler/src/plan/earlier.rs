//! A program that carries an earlier wasi-vfs (0.6 and before): linked with its library, perhaps packed by its `pack`.
//!
//! That one is part of the program, so this one is its host, and it keeps what lies below the directories it was packed
//! with to itself: a path goes to the directory, open at the start, whose name is the longest beginning of the path. So in
//! such a program each mount is open at the start, besides being in the tree, as it was with the earlier tool. One below an
//! earlier directory is found by its longer name.

use wasmparser::{Chunk, Parser, Payload};

use super::{EntryKind, GuestPath, Mount, Paths, Plan, PlanWarning};
use crate::manifest::{HostPath, Manifest, RequestKind};
use crate::read_at::ReadAt;
use crate::source::{self, Source};

/// What every such program exports.
const MARK: &str = "wasi_vfs_pack_fs";

/// Bytes read at once: what is before a program's exports is small beside its code.
const STEP: usize = 64 << 10;

/// Opens the mounts of a program that carries an earlier wasi-vfs, and leaves every other plan as it is.
/// A warning for what it may not see all the same.
pub(super) fn open_mounts(
    manifest: &Manifest,
    src: &dyn Source,
    plan: &mut Plan,
) -> Option<PlanWarning> {
    if !is_in(src, &manifest.input) {
        return None;
    }
    let mut paths: Vec<GuestPath> = Vec::new();
    for request in &manifest.requests {
        match &request.kind {
            RequestKind::Input(layer) => {
                let before = layer.preopens().iter();
                paths.extend(before.filter_map(|path| GuestPath::parse(path).ok()));
            }
            RequestKind::Mount(_) => paths.push(request.guest.clone()),
            _ if request.point.is_some() => paths.push(request.guest.clone()),
            _ => {}
        }
    }
    plan.open(paths);
    let open = |path: &GuestPath| plan.open.iter().any(|open| path.is_below(open));
    let entries = plan.entries.iter();
    let entries = entries.filter(|entry| !matches!(entry.kind, EntryKind::Directory));
    let paths = entries.map(|entry| entry.path);
    let paths = paths.filter(|path| path.is_absolute() && !open(path));
    let paths: Vec<String> = paths.map(|path| format!("`{path}`")).collect();
    (!paths.is_empty()).then(|| PlanWarning::Earlier {
        paths: Paths::new(paths),
    })
}

impl Plan {
    /// Opens these paths by themselves, too, as far as they [can be](Self::can_open).
    pub(crate) fn open(&mut self, mut paths: Vec<GuestPath>) {
        paths.retain(|path| self.can_open(path));
        self.open.extend(paths);
        self.open.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        self.open.dedup();
    }

    /// Whether a path is an absolute directory below `/`, and not inside a mount, whose tree is one.
    pub(crate) fn can_open(&self, path: &GuestPath) -> bool {
        let outer = |mount: &Mount| *path != mount.path && path.is_below(&mount.path);
        let directory = |at| self.entries.is_directory(at);
        path.is_absolute()
            && path.as_str() != "/"
            && self.entries.find(path).is_some_and(directory)
            && !self.mounts.iter().any(outer)
    }
}

fn is_in(src: &dyn Source, input: &HostPath) -> bool {
    source::regular(src, &input.path)
        .is_some_and(|(_, module)| exports_mark(&*module).unwrap_or(false))
}

/// Whether the module says so, read no further than its exports; `None` when it is not well formed, which the linker tells.
fn exports_mark(module: &dyn ReadAt) -> Option<bool> {
    let (mut parser, mut at, mut size) = (Parser::new(0), 0, STEP);
    let mut bytes = Vec::new();
    loop {
        let left = usize::try_from(module.size() - at).ok()?;
        bytes.resize(size.min(left), 0);
        module.read_exact_at(&mut bytes, at).ok()?;
        let (consumed, payload) = match parser.parse(&bytes, bytes.len() == left).ok()? {
            Chunk::NeedMoreData(hint) => {
                size = bytes.len() + usize::try_from(hint).ok()?.max(STEP);
                continue;
            }
            Chunk::Parsed { consumed, payload } => (consumed, payload),
        };
        match payload {
            Payload::ExportSection(exports) => {
                let mut names = exports.into_iter().flatten().map(|export| export.name);
                return Some(names.any(|name| name == MARK));
            }
            Payload::CodeSectionStart { .. } | Payload::End(_) => return Some(false),
            // Components have modules inside.
            Payload::Version { encoding, .. } if encoding != wasmparser::Encoding::Module => {
                return Some(false);
            }
            _ => {}
        }
        at += consumed as u64;
    }
}
