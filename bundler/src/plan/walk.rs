//! From one `[[mount]]` to its entries: what the patterns let in, with modes and times.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use super::EntryKind;
use super::found::{Found, Offence, Strength};
use super::glob::{Globs, State};
use super::unmatched::{KeptOut, Matched};
use crate::manifest::{Attributes, DIRECTORY_MODE, Manifest, Mount, Request, Symlinks, Timestamps};
use crate::path::{GuestPath, MAX_PATH};
use crate::source::{Kind, Metadata, Source, SourceError, Step, Visited};

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
    /// The directory that is walked; all symlinks resolved where symlinks are followed.
    real_root: PathBuf,
    /// Entries that stay out whatever the patterns say, or by the default excludes.
    never: Vec<(PathBuf, KeptOut)>,
    /// The directories above the entry looked at, from the source on.
    levels: Vec<Level>,
    /// Directories that the walk did not enter.
    pruned: Vec<(PathBuf, State)>,
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
            real_root: PathBuf::new(),
            manifest,
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
        self.never = never(self.src, self.manifest, self.mount, &root);
        let strip = self.mount.strip_prefix.is_some();
        let top = Level {
            include: self.include.start(),
            exclude: self.exclude.start(),
            rules: self.rules.iter().map(Globs::start).collect(),
            included: self.include.is_empty(),
            credit: Vec::new(),
            decision: None,
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
        if let Some(prefix) = &self.mount.strip_prefix
            && !self.prefix_applied
            && !self.mount.optional
        {
            let nothing = format!(
                "`{}`, in which there is no `{}`",
                self.mount.source.written,
                prefix.names.join("/")
            );
            self.found.offend(self.request, Offence::Prefix, nothing);
        }
        let pruned = std::mem::take(&mut self.pruned);
        self.matched.look_into(self.src, &self.exclude, &pruned);
        self.report_unmatched();
    }

    /// A mount whose source is one file: its patterns are matched with its name.
    /// It is the entry `path`, once symlinks are followed.
    pub(super) fn file(mut self, named: &Path, path: PathBuf, metadata: &Metadata) {
        let name = named.file_name().unwrap_or(OsStr::new("")).to_owned();
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
                &self.mount.source.written,
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
                self.found
                    .unreadable(self.shown_error(error), &self.request.span);
                Step::Over
            }
        });
        self.levels.truncate(base);
    }

    /// An error with its path as the manifest would write it.
    fn shown_error(&self, mut error: SourceError) -> SourceError {
        if let Ok(below) = error.path.strip_prefix(&self.real_root) {
            error.path = Path::new(&self.mount.source.written).join(below);
        }
        error
    }

    fn entry(&mut self, visited: &mut Visited<'_>) -> Step {
        let name = visited
            .path
            .file_name()
            .unwrap_or(OsStr::new(""))
            .to_owned();
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
        let verdict = self.judge(&name, visited.path, is_directory);
        let Verdict {
            mut level,
            wanted,
            kept_out,
        } = verdict;
        if let Some(kept_out) = kept_out {
            self.matched.kept_out(&level.credit, &kept_out);
        }
        let enter = is_directory && self.may_enter(&level);
        if !wanted && !enter {
            if is_directory && level.decision.is_some() {
                self.pruned.push((visited.path.to_owned(), level.exclude));
            }
            return Step::Over;
        }
        level.guest = self.guest_of(&name, level.guest);
        match followed {
            None => {}
            Some(Ok((real, metadata))) => {
                self.followed(visited.path, real, &metadata, level, wanted);
                return Step::Over;
            }
            Some(Err(error)) => {
                if wanted {
                    let shown = self.link_shown(&level.shown, visited.path);
                    let offence = match error.error.kind() {
                        std::io::ErrorKind::NotFound => Offence::Dangles,
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
            self.push(level, wanted);
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
        let never = self
            .never
            .iter()
            .find(|(never, _)| never.file_name() == Some(name) && never == path);
        let kept_out = never.map(|(_, why)| why.clone());
        let kept_out = kept_out.or_else(|| {
            let pattern = &self.exclude.patterns()[decision?];
            (!pattern.negated).then(|| KeptOut::by(pattern))
        });
        let level = Level {
            include,
            exclude,
            rules,
            included,
            credit,
            decision,
            shown: parent.shown.join(name),
            guest: parent.guest.clone(),
            pending: None,
        };
        Verdict {
            wanted: included && kept_out.is_none(),
            level,
            kept_out: kept_out.filter(|_| included),
        }
    }

    /// Whether something below a directory may be wanted.
    fn may_enter(&self, level: &Level) -> bool {
        let may_include =
            level.included || self.include.may_match_below(&level.include, |_, _| true);
        let out = level
            .decision
            .filter(|index| !self.exclude.patterns()[*index].negated);
        may_include
            && out.is_none_or(|out| {
                self.exclude
                    .may_match_below(&level.exclude, |index, pattern| {
                        pattern.negated && index > out
                    })
            })
    }

    /// The place of the entry `name` in a directory that is at `directory`.
    fn guest_of(&mut self, name: &OsStr, directory: Guest) -> Guest {
        match (directory, name.to_str()) {
            (Guest::At(directory), Some(name)) => match directory.child(name) {
                Ok(path) => Guest::At(path),
                Err(_) => Guest::Unspeakable(Offence::TooLong),
            },
            (Guest::At(_), None) => Guest::Unspeakable(Offence::NotUtf8),
            (Guest::Above, name) => {
                let Some(prefix) = &self.mount.strip_prefix else {
                    return Guest::Above;
                };
                let depth = self.levels.len();
                if name != prefix.names.get(depth - 1).map(String::as_str) {
                    Guest::Unspeakable(Offence::Prefix)
                } else if depth == prefix.names.len() {
                    Guest::At(self.request.guest.clone())
                } else {
                    Guest::Above
                }
            }
            (unspeakable @ Guest::Unspeakable(_), _) => unspeakable,
        }
    }

    /// The guest path of a wanted entry; `None`: it has none, which is told.
    fn guest(&mut self, level: &Level) -> Option<GuestPath> {
        let offence = match &level.guest {
            Guest::At(path) => return Some(path.clone()),
            // A file where the prefix has a directory.
            Guest::Above => Offence::Prefix,
            Guest::Unspeakable(offence) => *offence,
        };
        self.found
            .offend(self.request, offence, escaped(&level.shown));
        None
    }

    /// Goes down into a directory.
    fn push(&mut self, level: Level, wanted: bool) {
        let speakable = match &level.guest {
            Guest::At(_) => {
                self.prefix_applied |= self
                    .mount
                    .strip_prefix
                    .as_ref()
                    .is_some_and(|p| p.names.len() == self.levels.len());
                true
            }
            Guest::Above => false,
            Guest::Unspeakable(_) => {
                if wanted {
                    self.guest(&level);
                }
                false
            }
        };
        let depth = self.levels.len();
        self.levels.push(level);
        if wanted && speakable {
            self.parents();
            self.emit_level(depth, Strength::Asked);
        }
    }

    /// Makes entries of the directories above an entry that came in without them.
    fn parents(&mut self) {
        for index in 0..self.levels.len() {
            self.emit_level(index, Strength::Parent);
        }
    }

    /// Makes an entry of a directory, unless it is one.
    fn emit_level(&mut self, index: usize, strength: Strength) {
        let level = &mut self.levels[index];
        let Guest::At(guest) = level.guest.clone() else {
            return;
        };
        let Some(path) = level.pending.take() else {
            return;
        };
        if strength == Strength::Asked {
            for pattern in std::mem::take(&mut level.credit) {
                self.matched.include(pattern);
            }
        }
        let states = std::mem::take(&mut level.rules);
        let attributes = self.rules_for(&states, Kind::Directory);
        self.levels[index].rules = states;
        let shown_path = shown(&self.levels[index].shown);
        // Nothing of the source is needed for a fixed mode and time: no look at it.
        let metadata = match attributes.of_directory_need_source() {
            false => None,
            true => match self.src.metadata(&path) {
                Ok(metadata) => Some(metadata),
                Err(error) => {
                    return self
                        .found
                        .unreadable(self.shown_error(error), &self.request.span);
                }
            },
        };
        let source_mode = metadata.as_ref().map(|metadata| metadata.mode);
        let mode = attributes
            .dir_permissions
            .apply(source_mode, DIRECTORY_MODE, true);
        let Ok(time) = attributes
            .timestamps
            .apply(metadata.map(|metadata| metadata.mtime_ns))
        else {
            return self.found.offend(self.request, Offence::Time, shown_path);
        };
        self.found
            .add(guest, EntryKind::Directory, mode, time, strength, None);
    }

    /// An entry that is no directory.
    fn leaf(&mut self, visited: &mut Visited<'_>, kind: Kind, level: Level) {
        let Some(guest) = self.guest(&level) else {
            return;
        };
        match kind {
            Kind::File => {
                let metadata = match visited.metadata() {
                    Ok(metadata) => metadata,
                    Err(error) => {
                        return self
                            .found
                            .unreadable(self.shown_error(error), &self.request.span);
                    }
                };
                self.parents();
                self.credit(&level);
                let attributes = self.rules_for(&level.rules, Kind::File);
                let path = visited.path.to_owned();
                self.found.file_at(
                    self.request,
                    guest,
                    &shown(&level.shown),
                    path,
                    &metadata,
                    &attributes,
                );
            }
            Kind::Symlink => {
                self.parents();
                self.credit(&level);
                self.symlink(visited, guest, &level);
            }
            Kind::Other(what) => {
                self.found.offend(
                    self.request,
                    Offence::Special,
                    format!("{} is {what}", shown(&level.shown)),
                );
            }
            Kind::Directory => unreachable!("BUG: a directory is no leaf"),
        }
    }

    fn credit(&mut self, level: &Level) {
        level
            .credit
            .iter()
            .for_each(|index| self.matched.include(*index));
        // The directories it is in brought something, too.
        for parent in &mut self.levels {
            parent.credit.clear();
        }
    }

    /// A symlink that is not followed.
    fn symlink(&mut self, visited: &mut Visited<'_>, guest: GuestPath, level: &Level) {
        if self.mount.symlinks == Symlinks::Error {
            return self
                .found
                .offend(self.request, Offence::Symlink, shown(&level.shown));
        }
        let target = match self.src.read_link(visited.path) {
            Ok(target) => target,
            Err(error) => {
                return self
                    .found
                    .unreadable(self.shown_error(error), &self.request.span);
            }
        };
        let text = match target.to_str() {
            Some(text) if !text.is_empty() && text.len() < MAX_PATH => text.to_owned(),
            _ => {
                return self
                    .found
                    .offend(self.request, Offence::Target, shown(&level.shown));
            }
        };
        // The link's own directory is as deep below the source as there are levels above the entry.
        if leaves(&target, self.levels.len() - 1) {
            let link = format!("{} -> {text}", shown(&level.shown));
            return self.found.offend(self.request, Offence::Leaves, link);
        }
        let attributes = self.rules_for(&level.rules, Kind::Symlink);
        let metadata = match attributes.timestamps {
            Timestamps::Fixed(_) => None,
            _ => match visited.metadata() {
                Ok(metadata) => Some(metadata.mtime_ns),
                Err(error) => {
                    return self
                        .found
                        .unreadable(self.shown_error(error), &self.request.span);
                }
            },
        };
        let Ok(time) = attributes.timestamps.apply(metadata) else {
            return self
                .found
                .offend(self.request, Offence::Time, shown(&level.shown));
        };
        self.found.add(
            guest,
            EntryKind::Symlink { target: text },
            0o777,
            time,
            Strength::Asked,
            None,
        );
    }

    /// A symlink in whose place comes what it leads to.
    fn followed(
        &mut self,
        link: &Path,
        real: PathBuf,
        metadata: &Metadata,
        level: Level,
        wanted: bool,
    ) {
        let inside = real.starts_with(&self.real_root);
        let directory = link.parent().unwrap_or(Path::new("")).to_owned();
        let cycle = self
            .entered
            .iter()
            .chain([&directory])
            .any(|open| open.starts_with(&real));
        if !inside || cycle && metadata.kind == Kind::Directory {
            if wanted {
                let offence = if inside {
                    Offence::Cycle
                } else {
                    Offence::Leaves
                };
                let shown = self.link_shown(&level.shown, link);
                self.found.offend(self.request, offence, shown);
            }
            return;
        }
        match metadata.kind {
            Kind::Directory => {
                let depth = self.levels.len();
                self.push(
                    Level {
                        pending: Some(real.clone()),
                        ..level
                    },
                    wanted,
                );
                self.entered.push(directory);
                self.tree(&real);
                self.entered.pop();
                self.levels.truncate(depth);
            }
            Kind::File => {
                let Some(guest) = self.guest(&level) else {
                    return;
                };
                self.parents();
                self.credit(&level);
                let attributes = self.rules_for(&level.rules, Kind::File);
                self.found.file_at(
                    self.request,
                    guest,
                    &shown(&level.shown),
                    real,
                    metadata,
                    &attributes,
                );
            }
            Kind::Other(what) => {
                self.found.offend(
                    self.request,
                    Offence::Special,
                    format!("{} is {what}", shown(&level.shown)),
                );
            }
            Kind::Symlink => unreachable!("BUG: a resolved path is a symlink"),
        }
    }

    fn link_shown(&self, link: &Path, path: &Path) -> String {
        match self.src.read_link(path) {
            Ok(target) => format!("{} -> {}", shown(link), target.display()),
            Err(_) => shown(link),
        }
    }

    /// The mount's modes and times with the rules that match on top, and those rules are used.
    fn rules_for(&mut self, states: &[State], kind: Kind) -> Attributes {
        let mut attributes = self.request.attributes.clone();
        for (index, (rule, state)) in self.mount.rules.iter().zip(states).enumerate() {
            if self.rules[index]
                .matches(state, kind == Kind::Directory)
                .next()
                .is_none()
            {
                continue;
            }
            let mut used = rule.timestamps.is_some();
            attributes.timestamps = rule.timestamps.unwrap_or(attributes.timestamps);
            let (given, lower) = match kind {
                Kind::Directory => (&rule.dir_permissions, &mut attributes.dir_permissions),
                _ => (&rule.permissions, &mut attributes.permissions),
            };
            if let Some(given) = given {
                *lower = given.over(lower);
                // A symlink has no mode of its own.
                used |= kind != Kind::Symlink;
            }
            self.matched.rule(index, used);
        }
        attributes
    }
}

/// Whether a link whose directory is `depth` names below the source leads out of it. Only the text is looked at.
fn leaves(target: &Path, depth: usize) -> bool {
    let mut depth = depth;
    for component in target.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => return true,
            Component::CurDir => {}
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
        }
    }
    false
}

/// The bundle itself, always; and by the default excludes the program, the manifest and the lock.
fn never(
    src: &dyn Source,
    manifest: &Manifest,
    mount: &Mount,
    walked: &Path,
) -> Vec<(PathBuf, KeptOut)> {
    let Ok(root) = src.resolve(walked) else {
        return Vec::new();
    };
    let mut never = Vec::new();
    let mut add = |path: &Path, why: KeptOut| {
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        // Through the folder, because the file need not exist yet.
        if let (Ok(parent), Some(name)) = (src.resolve(parent), path.file_name())
            && let Ok(below) = parent.join(name).strip_prefix(&root)
        {
            never.push((walked.join(below), why));
        }
    };
    add(manifest.output(), KeptOut::Output);
    if mount.default_excludes {
        add(manifest.input(), KeptOut::Input);
        add(&manifest.path, KeptOut::Manifest);
        add(&manifest.path.with_extension("lock"), KeptOut::Manifest);
    }
    never
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
