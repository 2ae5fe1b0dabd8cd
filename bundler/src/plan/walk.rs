//! From one `[[mount]]` to its entries: what the patterns let in, with modes and times.

mod emit;
mod later;
mod links;
pub(super) mod never;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::error::PlanProblem;
use super::found::{Found, Offence, Strength};
use super::gitignore::Ignores;
use super::glob::{Globs, State};
use super::unmatched::{KeptOut, Matched, Pruned, States};
use crate::manifest::{Attributes, Manifest, Mount, Request, Symlinks, span};
use crate::path::GuestPath;
use crate::source::{Kind, Metadata, Source, SourceError, Step, Visited};
use later::Waiting;

/// A mount being walked.
pub(super) struct Walk<'a> {
    src: &'a dyn Source,
    manifest: &'a Manifest,
    request: &'a Request,
    mount: &'a Mount,
    found: &'a mut Found,
    include: Globs<'a>,
    exclude: Globs<'a>,
    rules: Vec<Globs<'a>>,
    matched: Matched,
    /// The request's modes and times, as they are where no rule matches.
    attributes: Rc<Attributes>,
    /// Files that are still to be looked at.
    waiting: Vec<Waiting>,
    /// The directory that is walked; all symlinks resolved where symlinks are followed.
    real_root: PathBuf,
    /// What the manifest calls it, when that is something else: a symlink.
    named_root: Option<&'a Path>,
    /// With `gitignore`: what those files leave out.
    ignores: Option<Ignores<'a>>,
    /// Entries that stay out whatever the patterns say, or by the default excludes.
    never: Vec<(PathBuf, KeptOut)>,
    /// The directories above the entry looked at, from the source on.
    levels: Vec<Level>,
    /// Directories that the walk did not enter.
    pruned: Vec<Pruned>,
    /// In the directories of followed symlinks: the directory each link is in.
    entered: Vec<PathBuf>,
    prefix_applied: bool,
}

/// A directory on the way to the entry looked at.
struct Level {
    include: State,
    exclude: State,
    rules: Vec<State>,
    /// The directory or one above it matches `include`.
    included: bool,
    /// Patterns of `include` that match it or one above it, and did not bring anything yet.
    credit: Vec<usize>,
    /// The last pattern of `exclude` that matches it or one above it.
    decision: Option<usize>,
    /// A `.gitignore` leaves out it or one above it.
    ignored: bool,
    /// As messages show it.
    shown: PathBuf,
    guest: Guest,
    /// Set until it is an entry: where to look for its metadata.
    pending: Option<PathBuf>,
}

/// Where a directory of the source is for the program.
#[derive(Clone)]
enum Guest {
    At(GuestPath),
    /// Nowhere: it is above the prefix to strip.
    Above,
    /// Nowhere: its name, or that of a directory above it, can't be said; an offence once something in it is wanted.
    Unspeakable(Offence),
}

/// What the patterns make of an entry.
struct Verdict {
    level: Level,
    wanted: bool,
    kept_out: Option<KeptOut>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        src: &'a dyn Source,
        manifest: &'a Manifest,
        request: &'a Request,
        mount: &'a Mount,
        found: &'a mut Found,
    ) -> Self {
        Self {
            src,
            request,
            mount,
            found,
            include: Globs::new(&mount.include),
            exclude: Globs::new(&mount.exclude),
            rules: mount
                .rules
                .iter()
                .map(|rule| Globs::new(std::slice::from_ref(&rule.pattern)))
                .collect(),
            matched: Matched::new(mount),
            attributes: Rc::new(request.attributes.clone()),
            waiting: Vec::new(),
            real_root: PathBuf::new(),
            named_root: None,
            manifest,
            ignores: None,
            never: Vec::new(),
            levels: Vec::new(),
            pruned: Vec::new(),
            entered: Vec::new(),
            prefix_applied: false,
        }
    }

    /// Walks a mount whose source is the directory `root`.
    pub(super) fn directory(mut self, root: &Path) {
        let root = match self.mount.symlinks {
            // Followed paths are compared with the source's own, so all must be in the same form.
            Symlinks::Follow => match self.src.resolve(root) {
                Ok(real) => real,
                Err(error) => return self.found.unreadable(error, &self.request.span),
            },
            Symlinks::Keep | Symlinks::Error => root.to_owned(),
        };
        self.real_root.clone_from(&root);
        let is_archive = self.found.archive.is_some();
        let named = self.mount.source.path.as_path();
        self.named_root = (!is_archive && named != root).then_some(named);
        if self.mount.gitignore {
            match Ignores::new(self.src, &root, is_archive) {
                Ok(ignores) => self.ignores = Some(ignores),
                Err(error) => {
                    return self.unreadable(error);
                }
            }
        }
        if !is_archive {
            self.never = never::never(self.src, self.manifest, self.mount, &root);
        }
        let strip = self.mount.strip_prefix.is_some();
        let top = Level {
            include: self.include.start(),
            exclude: self.exclude.start(),
            rules: self.rules.iter().map(Globs::start).collect(),
            included: self.include.is_empty(),
            credit: Vec::new(),
            decision: None,
            ignored: false,
            shown: PathBuf::from(&self.mount.source.written),
            guest: if strip {
                Guest::Above
            } else {
                Guest::At(self.request.guest.clone())
            },
            pending: Some(root.clone()),
        };
        self.levels.push(top);
        if !strip {
            // The mount itself is there even when nothing in it is.
            self.emit_level(0, Strength::Asked);
        }
        self.tree(&root);
        self.look();
        if let Some(prefix) = &self.mount.strip_prefix
            && !self.prefix_applied
            && !self.mount.optional
        {
            self.found.problems.push(PlanProblem::StripPrefixMissing {
                prefix: prefix.names.join("/"),
                source_path: self.mount.source.written.clone(),
                at: span(&prefix.span),
            });
        }
        let pruned = std::mem::take(&mut self.pruned);
        self.matched
            .look_into(self.src, &self.include, &self.exclude, &self.rules, pruned);
        self.report_unmatched();
    }

    /// A mount whose source is one file: its patterns are matched with its name.
    pub(super) fn file(mut self, metadata: &Metadata) {
        let path = self.mount.source.path.clone();
        let name = path.file_name().unwrap_or(OsStr::new("")).to_owned();
        let included = self.include.step(&self.include.start(), &name);
        let excluded = self.exclude.step(&self.exclude.start(), &name);
        let mut wanted = self.include.is_empty();
        for index in self.include.matches(&included, false) {
            wanted = true;
            self.matched.include(index);
        }
        for index in self.exclude.matches(&excluded, false) {
            self.matched.exclude(index);
            // A file that is named itself is meant, whatever the built-in patterns say.
            if self.exclude.patterns()[index].is_written() {
                wanted = wanted && self.exclude.patterns()[index].negated;
            }
        }
        let states: Vec<State> = self
            .rules
            .iter()
            .map(|rule| rule.step(&rule.start(), &name))
            .collect();
        let attributes = self.rules_for(&states, Kind::File);
        if wanted {
            let guest = self.request.guest.clone();
            self.found.file_at(
                self.request,
                guest,
                Path::new(&self.mount.source.written),
                path,
                metadata,
                &attributes,
            );
        } else if !self.mount.optional {
            self.found.nothing_left(self.request, &self.mount.source);
        }
        self.report_unmatched();
    }

    fn report_unmatched(self) {
        let source = &self.mount.source.written;
        if !self.mount.optional {
            self.found.problems.extend(self.matched.problems(source));
        }
    }

    /// Walks one directory; `levels` ends in it.
    fn tree(&mut self, directory: &Path) {
        let base = self.levels.len();
        let src = self.src;
        src.walk(directory, &mut |visited| match visited {
            Ok(mut visited) => {
                self.levels.truncate(base + visited.depth - 1);
                self.entry(&mut visited)
            }
            Err(error) => {
                self.unreadable(error);
                Step::Over
            }
        });
        self.levels.truncate(base);
    }

    /// Tells that something can't be read, after what is wrong with the files before it.
    fn unreadable(&mut self, error: SourceError) {
        self.look();
        let error = self.shown_error(error);
        self.found.unreadable(error, &self.request.span);
    }

    /// A path below the directory that is walked, by the name that the manifest gives that.
    fn named(&self, path: &Path) -> PathBuf {
        let below = self.named_root.map(|_| path.strip_prefix(&self.real_root));
        match (self.named_root, below) {
            (Some(root), Some(Ok(below))) => root.join(below),
            _ => path.to_owned(),
        }
    }

    /// An error with its path as the manifest would write it.
    fn shown_error(&self, mut error: SourceError) -> SourceError {
        // An archive shows its paths itself.
        let named = self.named_root.unwrap_or(&self.real_root);
        let mut below = [named, &self.real_root].into_iter();
        if self.found.archive.is_none()
            && let Some(below) = below.find_map(|root| error.path.strip_prefix(root).ok())
        {
            let written = Path::new(&self.mount.source.written);
            error.path = match below.as_os_str().is_empty() {
                // Joining nothing would put a slash at the end.
                true => written.to_owned(),
                false => written.join(below),
            };
        }
        error
    }

    fn entry(&mut self, visited: &mut Visited<'_>) -> Step {
        let name = visited.name;
        let follow = visited.kind == Kind::Symlink && self.mount.symlinks == Symlinks::Follow;
        // What the link leads to decides whether the patterns see a directory.
        let followed = follow.then(|| {
            self.src.resolve(visited.path).and_then(|real| {
                let metadata = self.src.metadata(&real)?;
                Ok((real, metadata))
            })
        });
        let kind = match &followed {
            Some(Ok((_, metadata))) => metadata.kind,
            _ => visited.kind,
        };
        let is_directory = kind == Kind::Directory;
        let verdict = self.judge(name, visited.path, is_directory);
        let Verdict {
            mut level,
            wanted,
            kept_out,
        } = verdict;
        if let Some(kept_out) = &kept_out {
            self.matched.kept_out(&level.credit, kept_out);
            self.matched
                .kept_out_of_rules(&self.rules, &level.rules, is_directory, kept_out);
        }
        let enter = is_directory && self.may_enter(&level);
        if !wanted && !enter {
            if let Some(by) = kept_out.filter(|_| is_directory) {
                self.pruned.push(Pruned {
                    path: visited.path.to_owned(),
                    states: States {
                        include: level.include,
                        exclude: level.exclude,
                        rules: level.rules,
                    },
                    by,
                });
            }
            return Step::Over;
        }
        level.guest = self.guest_of(name);
        match followed {
            None => {}
            Some(Ok((real, metadata))) => {
                self.followed(visited.path, real, &metadata, level, wanted);
                return Step::Over;
            }
            Some(Err(error)) => {
                if wanted {
                    let shown = self.link_shown(visited.path);
                    let offence = match error.error.kind() {
                        std::io::ErrorKind::NotFound => Offence::Dangles,
                        std::io::ErrorKind::CrossesDevices => Offence::Leaves,
                        _ => Offence::Cycle,
                    };
                    self.found.offend(self.request, offence, shown);
                }
                return Step::Over;
            }
        }
        if is_directory {
            level.pending = Some(visited.path.to_owned());
            let told = wanted && matches!(level.guest, Guest::Unspeakable(_));
            self.push(name, level, wanted);
            // What is below an offender would only repeat it.
            return if enter && !told {
                Step::Into
            } else {
                Step::Over
            };
        }
        self.leaf(visited, kind, level);
        Step::Over
    }

    /// Matches an entry of the last level against all patterns.
    fn judge(&mut self, name: &OsStr, path: &Path, is_directory: bool) -> Verdict {
        let parent = self
            .levels
            .last()
            .expect("the source itself is the first level");
        let include = self.include.step(&parent.include, name);
        let exclude = self.exclude.step(&parent.exclude, name);
        let rules = self
            .rules
            .iter()
            .zip(&parent.rules)
            .map(|(rule, state)| rule.step(state, name))
            .collect();
        let mut credit = parent.credit.clone();
        credit.extend(self.include.matches(&include, is_directory));
        let included = parent.included || !credit.is_empty();
        // An `exclude` that matches only what no `include` lets in matches nothing that matters.
        let matters =
            included || is_directory && self.include.may_match_below(&include, |_, _| true);
        let mut decision = parent.decision;
        for index in self
            .exclude
            .matches(&exclude, is_directory)
            .filter(|_| matters)
        {
            self.matched.exclude(index);
            decision = decision.max(Some(index));
        }
        let never = self.never.iter().find(|(never, _)| {
            // Few names are alike, and comparing paths takes long.
            let end = never.as_os_str().as_encoded_bytes();
            end.ends_with(name.as_encoded_bytes()) && never == path
        });
        let kept_out = never.map(|(_, why)| why.clone());
        let kept_out = kept_out.or_else(|| never::is_unfinished(name).then_some(KeptOut::Output));
        let depth = self.levels.len() - 1;
        let ignored = parent.ignored
            || self
                .ignores
                .as_mut()
                .is_some_and(|ignores| ignores.leaves_out(depth, name, is_directory).is_some());
        let kept_out = kept_out.or_else(|| {
            match decision.map(|decision| &self.exclude.patterns()[decision]) {
                Some(pattern) => (!pattern.negated).then(|| KeptOut::by(pattern)),
                None => ignored.then_some(KeptOut::Gitignore),
            }
        });
        let level = Level {
            include,
            exclude,
            rules,
            included,
            credit,
            decision,
            ignored,
            // Known once they are wanted.
            shown: PathBuf::new(),
            guest: Guest::Above,
            pending: None,
        };
        Verdict {
            wanted: included && kept_out.is_none(),
            level,
            kept_out,
        }
    }

    /// The entry `name` of the last level, as messages show it.
    fn shown(&self, name: &OsStr) -> PathBuf {
        let Some(parent) = self.levels.last() else {
            return PathBuf::from(name);
        };
        if self.found.archive.is_some() && self.levels.len() == 1 {
            let mut shown = parent.shown.clone().into_os_string();
            shown.push(":");
            shown.push(name);
            return shown.into();
        }
        parent.shown.join(name)
    }

    /// Whether something below a directory may be wanted.
    fn may_enter(&self, level: &Level) -> bool {
        let may_include =
            level.included || self.include.may_match_below(&level.include, |_, _| true);
        // What is taken back must come after what keeps it out; a `.gitignore` comes before all patterns.
        let out = match level.decision {
            Some(index) if self.exclude.patterns()[index].negated => None,
            Some(index) => Some(index + 1),
            None => level.ignored.then_some(0),
        };
        may_include
            && out.is_none_or(|out| {
                self.exclude
                    .may_match_below(&level.exclude, |index, pattern| {
                        pattern.negated && index >= out
                    })
            })
    }
}

pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A path with what is not UTF-8 as `\xNN`.
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}
