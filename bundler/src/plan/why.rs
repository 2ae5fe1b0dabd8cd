//! Why a path is in the bundle, or is not: which table of the manifest asks for it, and what of it decides.
//!
//! The answer itself is the plan's; each table that could have brought the path is then asked what it makes of it
//! (`trace`), with the patterns that the walk uses.

mod trace;

use std::ops::Range;
use std::path::PathBuf;

use super::archives::Archives;
use super::shown::{in_source, names_below};
use super::{Entry, EntryKind, GuestPath, MountKind, Plan, PlanError};
use crate::archive::Format;
use crate::manifest::{FileContent, Manifest, Request, RequestKind};
use crate::source::Source;

/// Why a guest path is in a bundle, or is not.
#[derive(Debug)]
pub struct Why {
    /// The path that was asked about.
    pub path: GuestPath,
    /// What is there; `None`: nothing is.
    pub entry: Option<Entry>,
    /// A path that needs it, when it is there though no table asks for it.
    pub needed_by: Option<GuestPath>,
    /// Where the mode and the time of such a directory come from.
    pub implied: [Given; 2],
    /// The tables that have to do with it, in the manifest's order.
    pub tables: Vec<Table>,
    /// A path above it where a symlink or a file is.
    pub blocked: Option<Entry>,
    /// The innermost mount it is in that is not just embedded and read-only.
    pub mount: Option<(GuestPath, MountKind)>,
    /// When nothing is known of it: paths that are there and look much like it, the nearest first.
    pub near: Vec<GuestPath>,
}

/// A table of the manifest, and what it makes of the path.
#[derive(Debug)]
pub struct Table {
    /// `mount`, `file`, `dir` or `symlink`.
    pub kind: &'static str,
    /// What messages call it.
    pub name: String,
    /// Its line in the manifest, from 1.
    pub line: usize,
    /// Where its content comes from, as messages show it; `None`: from the manifest, or from nowhere.
    pub source: Option<String>,
    /// Whether the entry that is there is this one's.
    pub decides: bool,
    /// What it makes of the path.
    pub verdict: Verdict,
}

/// What a table makes of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It asks for it.
    Brings {
        /// The pattern of `include` that lets it in; `None`: there are none, or there is no need for one.
        include: Option<Written>,
        /// The pattern of `exclude` with `!` that takes it back.
        taken_back: Option<Written>,
        /// Where its mode comes from.
        mode: Given,
        /// Where its time comes from.
        time: Given,
    },
    /// It is the program's own image, which has it, with this mode and time.
    Embedded,
    /// It is a directory on the way to something that the table asks for.
    OnTheWay,
    /// `include` lets it in, and something else keeps it out.
    KeptOut {
        /// What does.
        by: KeptBy,
        /// What is kept out, as messages show it: the path in the source, or a directory above it.
        at: String,
    },
    /// No pattern of `include` matches it.
    NotIncluded {
        /// All of them.
        patterns: Vec<Written>,
    },
    /// There is no such thing in its source.
    NoSource {
        /// What there is not, as messages show it.
        path: String,
        /// A name beside it that is written much like it.
        near: Option<String>,
    },
    /// Something above it in the source is no directory.
    NotADirectory {
        /// What, as messages show it.
        path: String,
    },
    /// A symlink above it in the source, which is kept as it is.
    Symlink {
        /// Which, as messages show it.
        path: String,
    },
    /// It is a directory without a source: what is in it, the host or the program brings.
    AtRunTime,
}

/// Something that stands in the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// As it is written.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
}

/// Where a mode or a time comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A rule of the table.
    Rule(Written),
    /// A key of the table itself.
    Table {
        /// Its line, from 1.
        line: usize,
    },
    /// A key of `[defaults]`.
    Defaults {
        /// Its line, from 1.
        line: usize,
    },
    /// Nothing in the manifest says it.
    BuiltIn,
}

/// What keeps an entry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptBy {
    /// A pattern of `exclude`.
    Exclude(Written),
    /// A built-in pattern of `default-excludes`.
    Default(String),
    /// `hidden = false`.
    Hidden,
    /// A line of a `.gitignore` file.
    Gitignore {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// It is the bundle.
    Output,
    /// It is the program.
    Input,
    /// It is the manifest.
    Manifest,
    /// It is the lock.
    Lock,
}

impl Why {
    /// Whether the path is in the bundle.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.entry.is_some()
    }
}

/// Finds out why `path` is in the bundle of a manifest, or is not.
///
/// # Errors
/// When the manifest can't be resolved, see [`resolve`](super::resolve).
pub fn why(manifest: &Manifest, src: &dyn Source, path: GuestPath) -> Result<Why, PlanError> {
    let plan = super::resolve(manifest, src)?;
    let layered = plan
        .layer
        .as_ref()
        .map(|layer| super::layer::on_top(manifest, layer));
    let manifest = layered.as_ref().unwrap_or(manifest);
    Ok(explain(manifest, src, &plan, path))
}

fn explain(manifest: &Manifest, src: &dyn Source, plan: &Plan, path: GuestPath) -> Why {
    let entry = find(plan, &path);
    let mut archives = Archives::default();
    let mut tables = Vec::new();
    for (origin, request) in manifest.requests.iter().enumerate() {
        let Some(mut verdict) = verdict(manifest, src, &mut archives, request, &path) else {
            continue;
        };
        let decides = (entry.as_ref()).is_some_and(|entry| entry.origin.0 as usize == origin);
        if decides && !matches!(verdict, Verdict::Brings { .. } | Verdict::Embedded) {
            // A directory may be kept out by itself and still be there for what is in it.
            verdict = Verdict::OnTheWay;
        }
        tables.push(Table {
            kind: kind(request),
            name: request.name.clone(),
            line: line(manifest, &request.span),
            source: source(request, &path),
            decides,
            verdict,
        });
    }
    let needed_by = match &entry {
        Some(entry) if entry.origin == super::Origin::IMPLIED => below(plan, &path),
        _ => None,
    };
    let blocked = match &entry {
        Some(_) => None,
        None => above(&path).find_map(|above| {
            let entry = find(plan, &above)?;
            (!matches!(entry.kind, EntryKind::Directory)).then_some(entry)
        }),
    };
    let mounts = plan.mounts().iter();
    let mount = mounts
        .filter(|mount| path == mount.path || path.is_below(&mount.path))
        .max_by_key(|mount| mount.path.as_str().len())
        .map(|mount| (mount.path.clone(), mount.kind));
    let near = match entry.is_none() && blocked.is_none() {
        true => near(plan, &path),
        false => Vec::new(),
    };
    Why {
        path,
        entry,
        needed_by,
        implied: [
            given(manifest, &manifest.implied.at.dir_permissions, None),
            given(manifest, &manifest.implied.at.timestamps, None),
        ],
        tables,
        blocked,
        mount,
        near,
    }
}

fn find(plan: &Plan, path: &GuestPath) -> Option<Entry> {
    let entries = plan.entries();
    entries.find(path).map(|at| entries.at(at))
}

/// What a request makes of a path; `None`: the two have nothing to do with each other.
fn verdict(
    manifest: &Manifest,
    src: &dyn Source,
    archives: &mut Archives,
    request: &Request,
    path: &GuestPath,
) -> Option<Verdict> {
    let here = *path == request.guest;
    let (mode, time) = own(manifest, request, matches!(request.kind, RequestKind::Dir));
    let brings = Verdict::Brings {
        include: None,
        taken_back: None,
        mode,
        time,
    };
    match &request.kind {
        RequestKind::Mount(mount) if here || path.is_below(&request.guest) => {
            let names = names_below(path, &request.guest);
            Some(trace::trace(
                manifest, src, archives, request, mount, &names,
            ))
        }
        RequestKind::Dir if path.is_below(&request.guest) => {
            request.point.is_some().then_some(Verdict::AtRunTime)
        }
        RequestKind::File(FileContent::Source { source, .. }) if here => {
            match src.resolve(&source.path) {
                Ok(_) => Some(brings),
                // Optional, or there would be no plan.
                Err(_) => Some(Verdict::NoSource {
                    path: source.written.clone(),
                    near: None,
                }),
            }
        }
        // Its directory is among the image's own entries.
        RequestKind::Input(_) if request.point.is_some() => None,
        RequestKind::Input(layer) => {
            let mut rows = layer.rows().iter();
            let has = rows.any(|row| row.path == path.as_str());
            has.then_some(Verdict::Embedded)
        }
        _ => here.then_some(brings),
    }
}

/// Where the mode and the time come from that a request gives what it brings, unless a rule says otherwise.
fn own(manifest: &Manifest, request: &Request, directory: bool) -> (Given, Given) {
    let [at, defaults] = [&request.attributes.at, &manifest.implied.at];
    let mode = match directory {
        true => given(
            manifest,
            &at.dir_permissions,
            Some(&defaults.dir_permissions),
        ),
        false => given(manifest, &at.permissions, Some(&defaults.permissions)),
    };
    (
        mode,
        given(manifest, &at.timestamps, Some(&defaults.timestamps)),
    )
}

/// Where a value comes from that is written here, of a table beside `defaults` or of these themselves.
fn given(
    manifest: &Manifest,
    at: &Option<Range<usize>>,
    defaults: Option<&Option<Range<usize>>>,
) -> Given {
    let Some(span) = at else {
        return Given::BuiltIn;
    };
    let line = line(manifest, span);
    match defaults {
        Some(defaults) if defaults != at => Given::Table { line },
        _ => Given::Defaults { line },
    }
}

/// The directories above a path, the nearest first.
fn above(path: &GuestPath) -> impl Iterator<Item = GuestPath> {
    std::iter::successors(path.parent(), GuestPath::parent)
}

/// The first entry below a directory that a table asks for.
fn below(plan: &Plan, path: &GuestPath) -> Option<GuestPath> {
    let mut entries = plan.entries().iter();
    let found = entries
        .find(|entry| entry.path.is_below(path) && entry.origin != super::Origin::IMPLIED)?;
    Some(found.path)
}

/// At most three entries that a mistyped path may mean: the same name elsewhere, or a letter or two of difference.
fn near(plan: &Plan, path: &GuestPath) -> Vec<GuestPath> {
    const MOST: usize = 3;
    let name = path.name();
    let allowed = 1 + path.as_str().len() / 8;
    let mut near: Vec<(usize, GuestPath)> = (plan.entries().iter())
        .filter_map(|entry| {
            let other = entry.path;
            // What differs in length differs in letters: most entries cost nothing more than that.
            let distance = match name.is_some() && other.name() == name {
                true => 0,
                false if other.as_str().len().abs_diff(path.as_str().len()) > allowed => {
                    return None;
                }
                false => strsim::damerau_levenshtein(other.as_str(), path.as_str()),
            };
            (distance <= allowed).then_some((distance, other))
        })
        .collect();
    near.sort();
    let best = near.first().map(|(distance, _)| *distance);
    let near = near.into_iter().take(MOST);
    let near = near.filter(|(distance, _)| Some(*distance) == best);
    near.map(|(_, path)| path).collect()
}

fn kind(request: &Request) -> &'static str {
    match &request.kind {
        _ if request.point.is_some() => "mount",
        RequestKind::Mount(_) => "mount",
        RequestKind::File(_) => "file",
        RequestKind::Dir => "dir",
        RequestKind::Symlink { .. } => "symlink",
        RequestKind::Input(_) => "input",
    }
}

/// Where the content of a path comes from, if the request has it.
fn source(request: &Request, path: &GuestPath) -> Option<String> {
    match &request.kind {
        RequestKind::Mount(mount) => {
            let names = names_below(path, &request.guest);
            let archive = Format::of(&mount.source.written).is_some();
            Some(in_source(mount, &names, archive))
        }
        RequestKind::File(FileContent::Source { source, .. }) => Some(source.written.clone()),
        RequestKind::Input(layer) => Some(layer.shown_entry(path.as_str())),
        _ => None,
    }
}

/// The line of a place in the manifest, from 1.
fn line(manifest: &Manifest, span: &Range<usize>) -> usize {
    let text = manifest.text.as_str().as_bytes();
    let before = &text[..span.start.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests;
