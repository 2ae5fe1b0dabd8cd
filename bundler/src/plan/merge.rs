//! From what the requests bring to one tree: conflicts, parents, hard links.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use super::error::PlanProblem;
use super::found::{Draft, Strength};
use super::{Entry, EntryKind, Origin};
use crate::manifest::{Attributes, DIRECTORY_MODE, Manifest, Request, RequestKind, span};
use crate::path::GuestPath;

/// Makes one tree, sorted, of all drafts; those come in the order of the manifest's requests.
pub(super) fn merge(
    manifest: &Manifest,
    drafts: Vec<Draft>,
    problems: &mut Vec<PlanProblem>,
) -> Vec<Entry> {
    let mut drafts = drafts;
    // Stable: at one path the order of the requests remains. Listing order ends here.
    drafts.sort_by(|a, b| a.entry.path.tree_cmp(&b.entry.path));
    let merge = Merge {
        manifest,
        problems,
        done: Vec::with_capacity(drafts.len()),
        open: Vec::new(),
    };
    let mut done = merge.run(drafts);
    // From the order of a walk to that of bytes; nearly the same, so this is quick.
    done.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
    link(manifest, done)
}

struct Merge<'a> {
    manifest: &'a Manifest,
    problems: &'a mut Vec<PlanProblem>,
    done: Vec<Draft>,
    /// The entries above the next one, as indices of `done`, from a root on.
    open: Vec<usize>,
}

impl Merge<'_> {
    fn run(mut self, drafts: Vec<Draft>) -> Vec<Draft> {
        // A file directly at a relative name is in `.`, which then contains all relative paths.
        let lone = |draft: &Draft| {
            !draft.entry.path.is_absolute()
                && !matches!(draft.entry.kind, EntryKind::Directory)
                && !draft.entry.path.as_str().contains('/')
        };
        let mut dot = drafts.iter().any(lone);
        let mut drafts = drafts.into_iter().peekable();
        while let Some(mut draft) = drafts.next() {
            while let Some(next) = drafts.next_if(|next| next.entry.path == draft.entry.path) {
                draft = self.same_path(draft, next);
            }
            if dot && !draft.entry.path.is_absolute() {
                dot = false;
                if draft.entry.path.as_str() != "." {
                    self.imply(GuestPath::parse(".").expect("`.` is a path"));
                }
            }
            self.place(draft);
        }
        self.done
    }

    /// What remains of two entries at one path, `b` from the later request.
    fn same_path(&mut self, a: Draft, b: Draft) -> Draft {
        if let (EntryKind::Directory, EntryKind::Directory) = (&a.entry.kind, &b.entry.kind) {
            return if b.strength >= a.strength { b } else { a };
        }
        let (first, second) = (self.request(&a), self.request(&b));
        if second.overrides || is_input(first) {
            return b;
        }
        self.problems.push(PlanProblem::Clash {
            guest: b.entry.path.to_string(),
            first: described(&a, first),
            second: described(&b, second),
            at: span(&second.span),
            first_at: span(&first.span),
        });
        // Goes on with the directory, if one is, or all that is below would clash as well.
        match b.entry.kind {
            EntryKind::Directory => b,
            _ => a,
        }
    }

    /// Puts an entry under its parent; the parents that are missing come with it.
    fn place(&mut self, draft: Draft) {
        let path = &draft.entry.path;
        while let Some(above) = self.open.last()
            && !path.is_below(&self.done[*above].entry.path)
        {
            self.open.pop();
        }
        if let Some(above) = self.open.last().copied()
            && !matches!(self.done[above].entry.kind, EntryKind::Directory)
            && !self.below_file(&draft, above)
        {
            return;
        }
        let mut missing = Vec::new();
        // Most are in the directory that the one before is in.
        let near = self
            .open
            .last()
            .is_some_and(|above| path.parent_text() == Some(self.done[*above].entry.path.as_str()));
        let mut parent = if near { None } else { path.parent() };
        while let Some(directory) = parent {
            let there = self
                .open
                .last()
                .is_some_and(|above| self.done[*above].entry.path == directory);
            // A relative directory below no other is a root of its own; a relative file has a directory as root.
            let root = !path.is_absolute() && self.open.is_empty();
            let enough =
                root && (!missing.is_empty() || matches!(draft.entry.kind, EntryKind::Directory));
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
        self.done.push(draft);
    }

    /// An entry below one that is no directory: whether it may stay, in a directory that replaces the other.
    fn below_file(&mut self, draft: &Draft, above: usize) -> bool {
        let parent = &self.done[above];
        let (upper, lower) = (self.request(parent), self.request(draft));
        if parent.entry.origin > draft.entry.origin && (upper.overrides || is_input(lower)) {
            return false;
        }
        if draft.entry.origin > parent.entry.origin && (lower.overrides || is_input(upper)) {
            let implied = self.implied(parent.entry.path.clone());
            self.done[above] = implied;
            return true;
        }
        let what = match parent.entry.kind {
            EntryKind::Symlink { .. } => "a symlink",
            _ => "a file",
        };
        let problem = PlanProblem::BelowFile {
            guest: draft.entry.path.to_string(),
            parent: parent.entry.path.to_string(),
            what,
            at: span(&lower.span),
            parent_at: span(&upper.span),
        };
        // Once for a pair of requests: a whole tree may be below one file.
        let told = self.problems.iter().any(|told| match told {
            PlanProblem::BelowFile { parent, at, .. } => {
                *parent == self.done[above].entry.path.as_str() && *at == span(&lower.span)
            }
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
        self.done.push(draft);
    }

    fn implied(&self, path: GuestPath) -> Draft {
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
        Draft {
            entry,
            strength: Strength::Implied,
            link_id: None,
        }
    }

    fn request(&self, draft: &Draft) -> &Request {
        &self.manifest.requests[draft.entry.origin.0 as usize]
    }
}

/// Whether this is what the program has embedded already, which every table may replace.
fn is_input(request: &Request) -> bool {
    matches!(request.kind, RequestKind::Input(_))
}

/// What a request brings, for a message: `` `lib/x` of mount `stdlib` ``.
fn described(draft: &Draft, request: &Request) -> String {
    match &draft.entry.kind {
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
fn link(manifest: &Manifest, drafts: Vec<Draft>) -> Vec<Entry> {
    type Key = (Origin, (u64, u64), u16, u64, Option<GuestPath>);
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
    let linked = |Draft {
                      mut entry, link_id, ..
                  }| {
        if let Some(id) = link_id {
            let mount = mount_of(&entry.path);
            match first.entry((entry.origin, id, entry.mode, entry.time_ns, mount)) {
                Slot::Vacant(vacant) => {
                    vacant.insert(entry.path.clone());
                }
                Slot::Occupied(first) => {
                    entry.kind = EntryKind::HardLink {
                        to: first.get().clone(),
                    };
                }
            }
        }
        entry
    };
    drafts.into_iter().map(linked).collect()
}
