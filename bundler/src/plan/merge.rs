//! From what the requests bring to one tree: conflicts, parents, hard links.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use super::error::{Paths, PlanProblem, quoted};
use super::found::{Drafts, Strength};
use super::{Brief, Entries, Entry, EntryKind, Origin};
use crate::manifest::{Attributes, DIRECTORY_MODE, Manifest, Request, RequestKind, span};
use crate::path::GuestPath;

/// Makes one tree, sorted, of all drafts; those come in the order of the manifest's requests.
pub(super) fn merge(
    manifest: &Manifest,
    drafts: Drafts,
    problems: &mut Vec<PlanProblem>,
) -> Entries {
    let entries = &drafts.entries;
    let all = (0..entries.len()).filter(|number| !drafts.lost.contains(number));
    let mut order: Vec<u32> = all.map(|number| number as u32).collect();
    // Stable: at one path the order of the requests remains. Listing order ends here.
    order.sort_by(|a, b| entries.tree_compare(*a as usize, *b as usize));
    let mut merge = Merge {
        manifest,
        clashes: BTreeMap::new(),
        problems,
        drafts,
        done: Vec::with_capacity(order.len()),
        open: Vec::new(),
    };
    merge.run(order);
    let Merge {
        mut drafts,
        mut done,
        clashes,
        problems,
        ..
    } = merge;
    problems.extend(clashes.into_values());
    // From the order of a walk to that of bytes; nearly the same, so this is quick.
    done.sort_by(|a, b| drafts.entries.compare(*a as usize, *b as usize));
    link(manifest, &mut drafts, &done);
    drafts.entries.keep(&done);
    drafts.entries
}

/// Entries are told by their numbers among the drafts.
struct Merge<'a> {
    manifest: &'a Manifest,
    problems: &'a mut Vec<PlanProblem>,
    /// The clashes of two requests; a whole tree may clash.
    clashes: BTreeMap<(Origin, Origin), PlanProblem>,
    drafts: Drafts,
    done: Vec<u32>,
    /// The entries above the next one, as indices of `done`, from a root on.
    open: Vec<usize>,
}

impl Merge<'_> {
    fn run(&mut self, order: Vec<u32>) {
        // A file directly at a relative name is in `.`, which then contains all relative paths.
        let lone = |number: &u32| {
            let number = *number as usize;
            !self.drafts.entries.is_directory(number)
                && (self.drafts.entries.directory(number))
                    .is_some_and(|directory| directory.as_str() == ".")
        };
        let mut dot = order.iter().any(lone);
        let mut order = order.into_iter().map(|number| number as usize).peekable();
        while let Some(mut draft) = order.next() {
            while let Some(next) =
                order.next_if(|next| self.drafts.entries.compare(*next, draft) == Ordering::Equal)
            {
                draft = self.same_path(draft, next);
            }
            if dot && !self.is_absolute(draft) {
                dot = false;
                if !self.drafts.entries.is_at(draft, ".") {
                    self.imply(GuestPath::parse(".").expect("`.` is a path"));
                }
            }
            self.place(draft);
        }
    }

    fn is_absolute(&self, draft: usize) -> bool {
        match self.drafts.entries.directory(draft) {
            Some(directory) => directory.is_absolute(),
            None => self.drafts.entries.name(draft) == "/",
        }
    }

    fn is_directory(&self, draft: usize) -> bool {
        self.drafts.entries.is_directory(draft)
    }

    /// The number of an entry above the next one.
    fn above(&self, open: usize) -> usize {
        self.done[open] as usize
    }

    /// What remains of two entries at one path, `b` from the later request.
    fn same_path(&mut self, a: usize, b: usize) -> usize {
        if self.is_directory(a) && self.is_directory(b) {
            let strength = |draft: usize| self.drafts.strengths[draft];
            return if strength(b) >= strength(a) { b } else { a };
        }
        let (first, second) = (self.request(a), self.request(b));
        if second.overrides || is_input(first) {
            return b;
        }
        let entries = &self.drafts.entries;
        let clash = self
            .clashes
            .entry((entries.origin(a), entries.origin(b)))
            .or_insert_with(|| PlanProblem::Clash {
                paths: Paths::default(),
                what: (
                    described(&entries.kind(a), first),
                    described(&entries.kind(b), second),
                ),
                at: span(&second.span),
                first_at: span(&first.span),
            });
        if let PlanProblem::Clash { paths, .. } = clash {
            paths.add(|| quoted(entries.path(b).as_str()));
        }
        // Goes on with the directory, if one is, or all that is below would clash as well.
        if self.is_directory(b) { b } else { a }
    }

    /// Puts an entry under its parent; the parents that are missing come with it.
    fn place(&mut self, draft: usize) {
        let entries = &self.drafts.entries;
        while let Some(above) = self.open.last()
            && !entries.is_below(draft, self.above(*above))
        {
            self.open.pop();
        }
        if let Some(above) = self.open.last().copied()
            && !self.is_directory(self.above(above))
            && !self.below_file(draft, above)
        {
            return;
        }
        let entries = &self.drafts.entries;
        let mut missing = Vec::new();
        // Most are in the directory that the one before is in.
        let near = self.open.last().is_some_and(|above| {
            let directory = entries.directory(draft);
            directory.is_some_and(|directory| entries.is_at(self.above(*above), directory.as_str()))
        });
        let mut parent = match near {
            true => None,
            false => entries.directory(draft).cloned(),
        };
        while let Some(directory) = parent {
            let there = self
                .open
                .last()
                .is_some_and(|above| entries.is_at(self.above(*above), directory.as_str()));
            // A relative directory below no other is a root of its own; a relative file has a directory as root.
            let root = !self.is_absolute(draft) && self.open.is_empty();
            let enough = root && (!missing.is_empty() || self.is_directory(draft));
            if there || enough {
                break;
            }
            parent = directory.parent();
            missing.push(directory);
        }
        for directory in missing.into_iter().rev() {
            self.imply(directory);
        }
        self.open.push(self.done.len());
        self.done.push(draft as u32);
    }

    /// An entry below one that is no directory: whether it may stay, in a directory that replaces the other.
    fn below_file(&mut self, draft: usize, above: usize) -> bool {
        let parent = self.above(above);
        let entries = &self.drafts.entries;
        let (upper, lower) = (self.request(parent), self.request(draft));
        let (upper_origin, lower_origin) = (entries.origin(parent), entries.origin(draft));
        if upper_origin > lower_origin && (upper.overrides || is_input(lower)) {
            return false;
        }
        if lower_origin > upper_origin && (lower.overrides || is_input(upper)) {
            let path = entries.path(parent);
            self.done[above] = self.implied(path) as u32;
            return true;
        }
        let what = match entries.brief(parent) {
            Brief::Symlink { .. } => "a symlink",
            _ => "a file",
        };
        let problem = PlanProblem::BelowFile {
            guest: entries.path(draft).to_string(),
            parent: entries.path(parent).to_string(),
            what,
            at: span(&lower.span),
            parent_at: span(&upper.span),
        };
        // Once for a pair of requests: a whole tree may be below one file.
        let told = self.problems.iter().any(|told| match told {
            PlanProblem::BelowFile {
                parent: other, at, ..
            } => entries.is_at(parent, other) && *at == span(&lower.span),
            _ => false,
        });
        if !told {
            self.problems.push(problem);
        }
        false
    }

    fn imply(&mut self, path: GuestPath) {
        let draft = self.implied(path);
        self.open.push(self.done.len());
        self.done.push(draft as u32);
    }

    /// Adds a directory that nothing names.
    fn implied(&mut self, path: GuestPath) -> usize {
        let Attributes {
            dir_permissions,
            timestamps,
            ..
        } = &self.manifest.implied;
        let mode = dir_permissions.apply(None, DIRECTORY_MODE, true);
        let time_ns = timestamps
            .apply(None)
            .expect("times that the manifest gives are in range");
        let entry = Entry {
            path,
            kind: EntryKind::Directory,
            mode,
            time_ns,
            origin: Origin::IMPLIED,
        };
        self.drafts.push(entry, Strength::Implied)
    }
}

impl<'a> Merge<'a> {
    fn request(&self, draft: usize) -> &'a Request {
        &self.manifest.requests[self.drafts.entries.origin(draft).0 as usize]
    }
}

/// Whether this is what the program has embedded already, which every table may replace.
fn is_input(request: &Request) -> bool {
    matches!(request.kind, RequestKind::Input(_))
}

/// What a request brings, for a message: `` `lib/x` of mount `stdlib` ``.
fn described(kind: &EntryKind, request: &Request) -> String {
    match kind {
        EntryKind::Directory => format!("a directory of `{}`", request.name),
        EntryKind::Symlink { target } => format!("a symlink to `{target}` of `{}`", request.name),
        EntryKind::File { content, .. } => match content.shown() {
            Some(shown) => format!("`{shown}`"),
            None => "the `content` of a `[[file]]`".to_owned(),
        },
        EntryKind::HardLink { .. } => unreachable!("BUG: there are no hard links yet"),
    }
}

/// Makes hard links of the later names of a file that comes several times from one table, with one mode and time, to
/// one mount: a file that may be changed under one name and not under another must be two.
fn link(manifest: &Manifest, drafts: &mut Drafts, done: &[u32]) {
    type Key = (Origin, (u64, u64), u16, u64, Option<GuestPath>);
    if drafts.link_ids.is_empty() {
        return;
    }
    let mut first: BTreeMap<Key, GuestPath> = BTreeMap::new();
    let points: Vec<&GuestPath> = (manifest.requests.iter())
        .filter(|request| request.point.is_some())
        .map(|request| &request.guest)
        .collect();
    // Of those above a path, the longest is the nearest.
    let mount_of = |path: &GuestPath| {
        let above = points.iter().filter(|point| path.is_below(point));
        above
            .max_by_key(|point| point.as_str().len())
            .map(|point| (*point).clone())
    };
    for number in done.iter().map(|number| *number as usize) {
        let Some(id) = drafts.link_ids.get(&number) else {
            continue;
        };
        let entries = &drafts.entries;
        let path = entries.path(number);
        let (mode, time_ns) = (entries.mode(number), entries.time_ns(number));
        let key = (entries.origin(number), *id, mode, time_ns, mount_of(&path));
        match first.entry(key) {
            Slot::Vacant(vacant) => {
                vacant.insert(path);
            }
            Slot::Occupied(first) => {
                let to = first.get().clone();
                drafts.entries.set_kind(number, EntryKind::HardLink { to });
            }
        }
    }
}
