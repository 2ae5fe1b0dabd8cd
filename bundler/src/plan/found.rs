//! What the requests of a manifest bring, before anything is merged, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::{Paths, PlanProblem, quoted};
use super::{Content, Entries, Entry, EntryKind, Origin, PlanWarning};
use crate::archive::Archive;
use crate::manifest::{Attributes, FILE_MODE, HostPath, Request, RequestKind, span};
use crate::path::GuestPath;
use crate::source::{Kind, Metadata, SourceError};

/// Everything found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) drafts: Drafts,
    pub(super) problems: Vec<PlanProblem>,
    /// Problems that many entries of a request share; each becomes one.
    offences: BTreeMap<(usize, Offence), Offenders>,
    /// What can't be read, and where it is asked for.
    unreadable: Vec<(Range<usize>, SourceError)>,
    /// Those that only a warning is due for, by what they look like.
    pub(super) secrets: BTreeMap<&'static str, Vec<String>>,
    /// Those that a request which takes all it can leaves out, by what they are.
    left_out: BTreeMap<&'static str, Vec<String>>,
    /// The request whose entries come now.
    pub(super) origin: u32,
    /// The archive whose files come now; none: those of the source.
    pub(super) archive: Option<Arc<Archive>>,
}

/// Entries that may still be merged with others, in the order they were found.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) entries: Entries,
    /// How strong each is.
    pub(super) strengths: Vec<Strength>,
    /// The identities, by number, of files that have several names in their source.
    pub(super) link_ids: BTreeMap<usize, (u64, u64)>,
    /// The numbers of those that are not to be.
    pub(super) lost: BTreeSet<usize>,
}

impl Drafts {
    pub(super) fn push(&mut self, entry: Entry, strength: Strength) -> usize {
        self.entries.push(entry);
        self.strengths.push(strength);
        self.strengths.len() - 1
    }
}

/// Whose modes and times a directory gets that comes several times: those of the strongest, among equals the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Something is below it.
    Implied,
    /// Something below it in the same source tree was let in.
    Parent,
    /// It was let in itself.
    Asked,
}

#[derive(Debug)]
struct Offenders {
    at: Range<usize>,
    prefix: String,
    paths: Vec<String>,
}

/// A problem of single entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Offence {
    Prefix,
    /// What it is, such as `a pipe`.
    Special(&'static str),
    NotUtf8,
    TooLong,
    Symlink,
    Leaves,
    Cycle,
    Dangles,
    Target,
    Time,
    /// What it looks like, such as `a private key`.
    Secret(&'static str),
}

impl Found {
    pub(super) fn add(
        &mut self,
        path: GuestPath,
        kind: EntryKind,
        mode: u16,
        time_ns: u64,
        strength: Strength,
        link_id: Option<(u64, u64)>,
    ) {
        let entry = Entry {
            path,
            kind,
            mode,
            time_ns,
            origin: Origin(self.origin),
        };
        let draft = self.drafts.push(entry, strength);
        if let Some(id) = link_id {
            self.drafts.link_ids.insert(draft, id);
        }
    }

    /// A file of the source, where its request puts it.
    pub(super) fn file(
        &mut self,
        request: &Request,
        shown: &Path,
        path: PathBuf,
        metadata: &Metadata,
    ) {
        self.file_at(
            request,
            request.guest.clone(),
            shown,
            path,
            metadata,
            &request.attributes,
        );
    }

    /// A file of the source at `guest`; messages call it `shown`.
    pub(super) fn file_at(
        &mut self,
        request: &Request,
        guest: GuestPath,
        shown: &Path,
        path: PathBuf,
        metadata: &Metadata,
        attributes: &Attributes,
    ) {
        let draft = self.unseen(guest, path);
        if let Err(offence) = self.seen(draft, metadata, attributes) {
            self.lose(draft);
            self.offend(request, offence, shown.display().to_string());
        }
    }

    /// A file of the source at `guest` that is still to be looked at; its number is for [`seen`](Self::seen).
    pub(super) fn unseen(&mut self, guest: GuestPath, path: PathBuf) -> usize {
        let content = match &self.archive {
            Some(archive) => Content::Archive {
                archive: Arc::clone(archive),
                member: path,
            },
            None => Content::Source { path, mtime_ns: 0 },
        };
        let kind = EntryKind::File { content, size: 0 };
        self.add(guest, kind, 0, 0, Strength::Asked, None);
        self.drafts.entries.len() - 1
    }

    /// Completes a file with what it turned out to be; otherwise it is to be dropped.
    pub(super) fn seen(
        &mut self,
        draft: usize,
        metadata: &Metadata,
        attributes: &Attributes,
    ) -> Result<(), Offence> {
        if let Kind::Other(what) = metadata.kind {
            return Err(Offence::Special(what));
        }
        let mode = Some(metadata.mode);
        let mode = attributes.permissions.apply(mode, FILE_MODE, false);
        let time = attributes.timestamps.apply(Some(metadata.mtime_ns));
        let time_ns = time.map_err(|_| Offence::Time)?;
        if let Some(id) = metadata.link_id {
            self.drafts.link_ids.insert(draft, id);
        }
        let file = (metadata.size, metadata.mtime_ns);
        self.drafts.entries.set_file(draft, (mode, time_ns), file);
        Ok(())
    }

    /// Forgets an entry.
    pub(super) fn lose(&mut self, draft: usize) {
        self.drafts.lost.insert(draft);
    }

    pub(super) fn unreadable(&mut self, error: SourceError, at: &Range<usize>) {
        self.unreadable.push((at.clone(), error));
    }

    /// Turns what can't be read into problems, one for each request and reason.
    fn close_unreadable(&mut self) {
        let mut unreadable = std::mem::take(&mut self.unreadable);
        // The order of listings must not show.
        unreadable.sort_by(|(at, error), (other_at, other)| {
            (at.start, &error.path).cmp(&(other_at.start, &other.path))
        });
        let mut alike: BTreeMap<(usize, &'static str, ErrorKind), PlanProblem> = BTreeMap::new();
        for (at, error) in unreadable {
            let SourceError { verb, path, error } = error;
            let key = (at.start, verb, error.kind());
            let problem = alike.entry(key).or_insert(PlanProblem::Unreadable {
                verb,
                paths: Paths::default(),
                error,
                at: span(&at),
            });
            if let PlanProblem::Unreadable { paths, .. } = problem {
                paths.add(|| quoted(&path.display().to_string()));
            }
        }
        self.problems.extend(alike.into_values());
    }

    pub(super) fn nothing_left(&mut self, request: &Request, source: &HostPath) {
        debug_assert!(matches!(request.kind, RequestKind::Mount(_)));
        self.problems.push(PlanProblem::NothingLeft {
            path: source.written.clone(),
            at: span(&source.span),
        });
    }

    /// Notes an entry that `request` should not have.
    pub(super) fn offend(&mut self, request: &Request, offence: Offence, path: String) {
        if let Some(what) = left_out(request, offence) {
            self.left_out.entry(what).or_default().push(path);
            return;
        }
        let prefix = match &request.kind {
            RequestKind::Mount(mount) if offence == Offence::Prefix => mount.strip_prefix.as_ref(),
            _ => None,
        };
        let offenders = self
            .offences
            .entry((request.span.start, offence))
            .or_insert_with(|| Offenders {
                at: prefix.map_or(&request.span, |prefix| &prefix.span).clone(),
                prefix: prefix.map_or_else(String::new, |prefix| prefix.names.join("/")),
                paths: Vec::new(),
            });
        offenders.paths.push(path);
    }

    /// A warning for each kind of thing that is left out, and of secret that is let in.
    pub(super) fn warnings(&mut self) -> Vec<PlanWarning> {
        let left_out = std::mem::take(&mut self.left_out).into_iter();
        let left_out = left_out.map(|(what, paths)| PlanWarning::LeftOut {
            paths: Paths::of(paths),
            what,
        });
        let secrets = std::mem::take(&mut self.secrets).into_iter();
        let secrets = secrets.map(|(what, paths)| PlanWarning::Secret {
            paths: Paths::of(paths),
            what,
        });
        left_out.chain(secrets).collect()
    }

    /// Turns the offences, and what is only counted, into problems.
    pub(super) fn close(&mut self) {
        self.close_unreadable();
        for ((_, offence), Offenders { at, prefix, paths }) in std::mem::take(&mut self.offences) {
            let paths = Paths::of(paths);
            let at = span(&at);
            self.problems.push(match offence {
                Offence::Prefix => PlanProblem::StripPrefix { paths, prefix, at },
                Offence::Special(what) => PlanProblem::SpecialFile { paths, what, at },
                Offence::NotUtf8 => PlanProblem::NameNotUtf8 { paths, at },
                Offence::TooLong => PlanProblem::PathTooLong { paths, at },
                Offence::Symlink => PlanProblem::Symlink { paths, at },
                Offence::Leaves => PlanProblem::SymlinkLeaves { paths, at },
                Offence::Cycle => PlanProblem::SymlinkCycle { paths, at },
                Offence::Dangles => PlanProblem::SymlinkDangles { paths, at },
                Offence::Target => PlanProblem::SymlinkTarget { paths, at },
                Offence::Time => PlanProblem::TimeRange { paths, at },
                Offence::Secret(what) => PlanProblem::Secret { paths, what, at },
            });
        }
    }
}

/// What an offence is, if `request` leaves such entries out.
fn left_out(request: &Request, offence: Offence) -> Option<&'static str> {
    match (&request.kind, offence) {
        (RequestKind::Mount(mount), _) if mount.refuses => None,
        (RequestKind::Mount(_), Offence::Special(what)) => Some(what),
        (RequestKind::Mount(_), Offence::Leaves) => {
            Some("a symlink that leads out of the directory")
        }
        _ => None,
    }
}
