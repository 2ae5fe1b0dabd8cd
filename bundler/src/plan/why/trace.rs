//! One path through the patterns of one mount, name by name, as the walk goes it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Given, KeptBy, Verdict, Written, line, own};
use crate::archive::Archive;
use crate::manifest::{Manifest, Mount, Pattern, Request, Symlinks};
use crate::plan::archives::{Archives, Opened};
use crate::plan::gitignore::{Ignores, Line};
use crate::plan::glob::{Globs, State};
use crate::plan::unmatched::KeptOut;
use crate::plan::walk::never;
use crate::source::{Kind, Source};

/// What a mount makes of the path that `names` lead to, below its guest path.
pub(super) fn trace(
    manifest: &Manifest,
    src: &dyn Source,
    archives: &mut Archives,
    request: &Request,
    mount: &Mount,
    names: &[&str],
) -> Verdict {
    let source = &mount.source;
    let Ok(real) = src.resolve(&source.path) else {
        // Optional, or there would be no plan.
        return Verdict::NoSource {
            path: source.written.clone(),
            near: None,
        };
    };
    let is_file = src.metadata(&real).is_ok_and(|it| it.kind == Kind::File);
    let opened = match is_file {
        true => archives.open(manifest, src, source, &real),
        false => Opened::No,
    };
    let trace = Trace {
        manifest,
        request,
        mount,
        include: Globs::new(&mount.include),
        exclude: Globs::new(&mount.exclude),
    };
    match opened {
        Opened::Archive(archive) => trace.tree(&*archive, Path::new(""), Some(&archive), names),
        _ if is_file && names.is_empty() => trace.file(source.path.file_name()),
        _ if is_file => Verdict::NotADirectory {
            path: source.written.clone(),
        },
        _ => trace.tree(src, &source.path, None, names),
    }
}

struct Trace<'a> {
    manifest: &'a Manifest,
    request: &'a Request,
    mount: &'a Mount,
    include: Globs<'a>,
    exclude: Globs<'a>,
}

/// How far the patterns have come, as in the walk's levels.
struct At {
    include: State,
    exclude: State,
    rules: Vec<State>,
    /// The pattern of `include` that let in the directory or one above it.
    included: Option<usize>,
    /// The last pattern of `exclude` that matches it or one above it, and what that was.
    decision: Option<(usize, usize)>,
}

impl Trace<'_> {
    fn tree(
        &self,
        src: &dyn Source,
        root: &Path,
        archive: Option<&Arc<Archive>>,
        below: &[&str],
    ) -> Verdict {
        let prefix = self.mount.strip_prefix.iter();
        let prefix = prefix.flat_map(|prefix| prefix.names.iter().map(String::as_str));
        let stripped = prefix.clone().count();
        let names: Vec<&str> = prefix.chain(below.iter().copied()).collect();
        let root = match self.mount.symlinks {
            Symlinks::Follow => src.resolve(root).unwrap_or_else(|_| root.to_owned()),
            Symlinks::Keep | Symlinks::Error => root.to_owned(),
        };
        let never = match archive {
            Some(_) => Vec::new(),
            None => never::never(src, self.manifest, self.mount, &root),
        };
        let rules = self.rules();
        let mut at = self.start(&rules);
        let all = self.include.is_empty();
        let mut kind = Kind::Directory;
        let mut path = root;
        let mut kept_out: Option<(KeptOut, usize)> = None;
        let mut ignores = match self.mount.gitignore {
            true => Ignores::new(src, &path, archive.is_some()).ok(),
            false => None,
        };
        let mut ignored: Option<(Line, usize)> = None;
        let said = |depth: usize| self.shown(&names[..depth]);
        for (depth, name) in (1..).zip(&names) {
            match kind {
                Kind::Directory => {}
                Kind::Symlink => {
                    return Verdict::Symlink {
                        path: said(depth - 1),
                    };
                }
                _ => {
                    return Verdict::NotADirectory {
                        path: said(depth - 1),
                    };
                }
            }
            let parent = path.clone();
            path.push(name);
            kind = match src.metadata(&path) {
                Ok(found) => found.kind,
                Err(_) => {
                    return Verdict::NoSource {
                        path: said(depth),
                        near: near(src, &parent, name),
                    };
                }
            };
            if kind == Kind::Symlink && self.mount.symlinks == Symlinks::Follow {
                // One that leads nowhere is an error of the plan, or not wanted.
                if let Ok(real) = src.resolve(&path)
                    && let Ok(found) = src.metadata(&real)
                {
                    kind = found.kind;
                    path = real;
                }
            }
            let directory = kind == Kind::Directory;
            at = self.step(&at, &rules, OsStr::new(name), directory, depth, all);
            if let Some((_, why)) = never.iter().find(|(never, _)| *never == path) {
                kept_out.get_or_insert((why.clone(), depth));
            }
            let name = OsStr::new(name);
            if never::is_unfinished(name) {
                kept_out.get_or_insert((KeptOut::Output, depth));
            }
            if let Some(ignores) = &mut ignores {
                let line = ignores.leaves_out(depth - 1, name, directory);
                ignored = ignored.or(line.map(|line| (line, depth)));
                if directory {
                    // One that can't be read was told by the plan.
                    let _ = ignores.enter(depth - 1, name, &path);
                }
            }
        }
        // The mount's own directory is there even when nothing in it is.
        if names.is_empty() || below.is_empty() && stripped > 0 {
            return self.brings(&at, &rules, kind);
        }
        let kept_out = kept_out.or_else(|| {
            let (pattern, depth) = at.decision?;
            let pattern = &self.exclude.patterns()[pattern];
            (!pattern.negated).then(|| (KeptOut::by(pattern), depth))
        });
        match kept_out {
            _ if !all && at.included.is_none() => Verdict::NotIncluded {
                patterns: (self.mount.include.iter())
                    .map(|pattern| self.written(pattern))
                    .collect(),
            },
            Some((by, depth)) => Verdict::KeptOut {
                by: self.kept_by(by, at.decision.map(|(pattern, _)| pattern)),
                at: said(depth),
            },
            None => match ignored.filter(|_| at.decision.is_none()) {
                Some((Line { file, number: line }, depth)) => Verdict::KeptOut {
                    by: KeptBy::Gitignore { file, line },
                    at: said(depth),
                },
                None => self.brings(&at, &rules, kind),
            },
        }
    }

    /// Before the first name of a path.
    fn start(&self, rules: &[Globs<'_>]) -> At {
        At {
            include: self.include.start(),
            exclude: self.exclude.start(),
            rules: rules.iter().map(Globs::start).collect(),
            included: None,
            decision: None,
        }
    }

    /// A source that is one file: its patterns are matched with its name.
    fn file(&self, name: Option<&OsStr>) -> Verdict {
        let rules = self.rules();
        let start = self.start(&rules);
        let all = self.include.is_empty();
        let name = name.unwrap_or(OsStr::new(""));
        let at = self.step(&start, &rules, name, false, 0, all);
        if !all && at.included.is_none() {
            return Verdict::NotIncluded {
                patterns: (self.mount.include.iter())
                    .map(|pattern| self.written(pattern))
                    .collect(),
            };
        }
        match at
            .decision
            .map(|(index, _)| &self.exclude.patterns()[index])
        {
            // A file that is named itself is meant, whatever the built-in patterns say.
            Some(pattern) if pattern.is_written() && !pattern.negated => Verdict::KeptOut {
                by: KeptBy::Exclude(self.written(pattern)),
                at: self.mount.source.written.clone(),
            },
            _ => self.brings(&at, &rules, Kind::File),
        }
    }

    fn rules(&self) -> Vec<Globs<'_>> {
        let rules = self.mount.rules.iter();
        rules
            .map(|rule| Globs::new(std::slice::from_ref(&rule.pattern)))
            .collect()
    }

    /// The same step as the walk's.
    fn step(
        &self,
        at: &At,
        rules: &[Globs<'_>],
        name: &OsStr,
        directory: bool,
        depth: usize,
        all: bool,
    ) -> At {
        let include = self.include.step(&at.include, name);
        let exclude = self.exclude.step(&at.exclude, name);
        let included = at
            .included
            .or_else(|| self.include.matches(&include, directory).next());
        let matters = all
            || included.is_some()
            || directory && self.include.may_match_below(&include, |_, _| true);
        let mut decision = at.decision;
        for index in self
            .exclude
            .matches(&exclude, directory)
            .filter(|_| matters)
        {
            if decision.is_none_or(|(last, _)| index > last) {
                decision = Some((index, depth));
            }
        }
        let rules = rules.iter().zip(&at.rules);
        At {
            include,
            exclude,
            rules: rules.map(|(rule, state)| rule.step(state, name)).collect(),
            included,
            decision,
        }
    }

    fn brings(&self, at: &At, rules: &[Globs<'_>], kind: Kind) -> Verdict {
        let directory = kind == Kind::Directory;
        let (mut mode, mut time) = own(self.manifest, self.request, directory);
        for ((rule, globs), state) in self.mount.rules.iter().zip(rules).zip(&at.rules) {
            if globs.matches(state, directory).next().is_none() {
                continue;
            }
            let has_mode = match kind {
                Kind::Directory => rule.dir_permissions.is_some(),
                Kind::Symlink => false,
                _ => rule.permissions.is_some(),
            };
            if has_mode {
                mode = Given::Rule(self.written(&rule.pattern));
            }
            if rule.timestamps.is_some() {
                time = Given::Rule(self.written(&rule.pattern));
            }
        }
        Verdict::Brings {
            include: at
                .included
                .map(|index| self.written(&self.include.patterns()[index])),
            taken_back: at
                .decision
                .map(|(index, _)| &self.exclude.patterns()[index])
                .filter(|pattern| pattern.negated)
                .map(|pattern| self.written(pattern)),
            mode,
            time,
        }
    }

    fn kept_by(&self, why: KeptOut, pattern: Option<usize>) -> KeptBy {
        let pattern = pattern.map(|index| &self.exclude.patterns()[index]);
        match why {
            KeptOut::Hidden => KeptBy::Hidden,
            KeptOut::Gitignore => unreachable!("BUG: its line is told"),
            KeptOut::Output => KeptBy::Output,
            KeptOut::Input => KeptBy::Input,
            KeptOut::Manifest => KeptBy::Manifest,
            KeptOut::Lock => KeptBy::Lock,
            KeptOut::Pattern(text) => KeptBy::Exclude(match pattern {
                Some(pattern) => self.written(pattern),
                None => Written {
                    text,
                    line: line(self.manifest, &self.request.span),
                },
            }),
            KeptOut::Default => KeptBy::Default(pattern.map_or_else(String::new, |pattern| {
                // Only the part that matches would be better still; the braces are short.
                pattern.text.clone()
            })),
        }
    }

    fn written(&self, pattern: &Pattern) -> Written {
        Written {
            text: pattern.text.clone(),
            line: line(self.manifest, &pattern.span),
        }
    }

    fn shown(&self, names: &[&str]) -> String {
        let path: PathBuf = names.iter().collect();
        let written = &self.mount.source.written;
        match crate::archive::Format::of(written) {
            Some(_) => format!("{written}:{}", path.display()),
            None => Path::new(written).join(path).display().to_string(),
        }
    }
}

/// A name in a directory that is written much like one that is not there.
fn near(src: &dyn Source, directory: &Path, name: &str) -> Option<String> {
    let mut names = src.list(directory).ok()?;
    names.sort();
    let close = names
        .iter()
        .filter_map(|other| other.to_str())
        .map(|other| (strsim::damerau_levenshtein(other, name), other))
        .filter(|(distance, _)| *distance <= 1 + name.len() / 4)
        .min()?;
    Some(close.1.to_owned())
}
