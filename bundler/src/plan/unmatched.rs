//! Patterns that match nothing, and why.

use std::path::PathBuf;

use super::error::{Paths, PlanProblem, quoted};
use super::glob::{Globs, State};
use crate::manifest::{Mount, Pattern, span};
use crate::source::{Kind, Source, Step};

/// What keeps an entry out that `include` lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeptOut {
    /// A pattern of `exclude`.
    Pattern(String),
    /// A built-in pattern.
    Default,
    /// `hidden = false`.
    Hidden,
    /// A `.gitignore` file.
    Gitignore,
    /// It is the bundle.
    Output,
    /// It is the program.
    Input,
    /// It is the manifest.
    Manifest,
    /// It is the lock.
    Lock,
}

impl KeptOut {
    pub(super) fn by(pattern: &Pattern) -> Self {
        match pattern.text.as_str() {
            _ if pattern.is_written() => Self::Pattern(pattern.text.clone()),
            "**/.*" => Self::Hidden,
            _ => Self::Default,
        }
    }

    /// What to do about patterns of `include` or rules whose every match is kept out by this.
    fn help(&self, patterns: &[Pattern]) -> String {
        let some = patterns.iter().take(3);
        let mut back: Vec<String> = some.map(|one| format!("\"!{}\"", one.text)).collect();
        if patterns.len() > back.len() {
            back.push("...".to_owned());
        }
        let back = back.join(", ");
        match self {
            Self::Pattern(text) => format!("what it matches is kept out by `exclude` pattern `{text}`: remove one of the two"),
            Self::Default => format!(
                "what it matches is kept out by `default-excludes`: add `exclude = [{back}]` to take it back"
            ),
            Self::Hidden => "what it matches is kept out by `hidden = false`: write `hidden = true`".to_owned(),
            Self::Gitignore => format!(
                "what it matches is kept out by a `.gitignore` file: add `exclude = [{back}]` to take it back, or \
                 write `gitignore = false`"
            ),
            Self::Output => "what it matches is the bundle to write: remove the pattern".to_owned(),
            Self::Lock => "what it matches is the lock of what is bundled: remove the pattern".to_owned(),
            Self::Input => {
                "what it matches is the program, kept out by `default-excludes`: write `default-excludes = false`".to_owned()
            }
            Self::Manifest => {
                "what it matches is the manifest, kept out by `default-excludes`: write `default-excludes = false`".to_owned()
            }
        }
    }
}

/// A directory that the walk did not enter, because all of it is kept out.
#[derive(Debug)]
pub(super) struct Pruned {
    pub(super) path: PathBuf,
    pub(super) states: States,
    pub(super) by: KeptOut,
}

/// How far the patterns of a mount have come on the way to an entry.
#[derive(Debug)]
pub(super) struct States {
    pub(super) include: State,
    pub(super) exclude: State,
    pub(super) rules: Vec<State>,
}

/// Which patterns of a mount have matched.
#[derive(Debug)]
pub(super) struct Matched {
    include: Vec<Seen>,
    exclude: Vec<Seen>,
    rules: Vec<Seen>,
}

#[derive(Debug)]
struct Seen {
    pattern: Pattern,
    matched: bool,
    why: Option<Why>,
}

impl Seen {
    fn new(pattern: &Pattern) -> Self {
        Self {
            pattern: pattern.clone(),
            matched: false,
            why: None,
        }
    }

    /// The manifest has it, and so far it matches nothing.
    fn is_unused(&self) -> bool {
        !self.matched && self.pattern.is_written()
    }

    fn is_unexplained(&self) -> bool {
        self.is_unused() && self.why.is_none()
    }

    fn explain(&mut self, why: &KeptOut) {
        self.why.get_or_insert_with(|| Why::KeptOut(why.clone()));
    }
}

impl Matched {
    pub(super) fn new(mount: &Mount) -> Self {
        Self {
            include: mount.include.iter().map(Seen::new).collect(),
            exclude: mount.exclude.iter().map(Seen::new).collect(),
            rules: mount
                .rules
                .iter()
                .map(|rule| Seen::new(&rule.pattern))
                .collect(),
        }
    }

    /// An entry came in by this pattern.
    pub(super) fn include(&mut self, index: usize) {
        self.include[index].matched = true;
    }

    /// This pattern kept something out or took it back.
    pub(super) fn exclude(&mut self, index: usize) {
        self.exclude[index].matched = true;
    }

    /// This rule matched something; `used`: and changed it.
    pub(super) fn rule(&mut self, index: usize, used: bool) {
        let rule = &mut self.rules[index];
        rule.matched |= used;
        if !used {
            rule.why = Some(Why::OtherKind);
        }
    }

    /// Something these patterns of `include` match stays out.
    pub(super) fn kept_out(&mut self, include: &[usize], why: &KeptOut) {
        for index in include {
            self.include[*index].explain(why);
        }
    }

    /// The same of what rules match, which are in these states.
    pub(super) fn kept_out_of_rules(
        &mut self,
        rules: &[Globs<'_>],
        states: &[State],
        is_directory: bool,
        why: &KeptOut,
    ) {
        for (index, (rule, state)) in rules.iter().zip(states).enumerate() {
            if self.rules[index].is_unexplained()
                && rule.matches(state, is_directory).next().is_some()
            {
                self.rules[index].explain(why);
            }
        }
    }

    /// Looks below directories that the walk did not enter for what patterns that seem unused match: one of `exclude` is
    /// used then, and the help for one of `include` or a rule names what keeps its matches out.
    ///
    /// Usually there is no such pattern and nothing is looked at.
    pub(super) fn look_into(
        &mut self,
        src: &dyn Source,
        include: &Globs<'_>,
        exclude: &Globs<'_>,
        rules: &[Globs<'_>],
        pruned: Vec<Pruned>,
    ) {
        let wanted = |matched: &Self, states: &States| {
            let unused = |index: usize, _: &Pattern| matched.exclude[index].is_unused();
            let unexplained = |index: usize, _: &Pattern| matched.include[index].is_unexplained();
            let mut of_rules = rules.iter().zip(&states.rules).zip(&matched.rules);
            exclude.may_match_below(&states.exclude, unused)
                || include.may_match_below(&states.include, unexplained)
                || of_rules.any(|((rule, state), seen)| {
                    seen.is_unexplained() && rule.may_match_below(state, |_, _| true)
                })
        };
        for Pruned { path, states, by } in pruned {
            if !wanted(self, &states) {
                continue;
            }
            let mut states = vec![states];
            src.walk(&path, &mut |visited| {
                // What can't be read is not wanted either.
                let Ok(visited) = visited else {
                    return Step::Over;
                };
                states.truncate(visited.depth);
                let name = visited.path.file_name().unwrap_or_default();
                let above = &states[visited.depth - 1];
                let here = States {
                    include: include.step(&above.include, name),
                    exclude: exclude.step(&above.exclude, name),
                    rules: (rules.iter().zip(&above.rules))
                        .map(|(rule, state)| rule.step(state, name))
                        .collect(),
                };
                let is_directory = visited.kind == Kind::Directory;
                for index in exclude.matches(&here.exclude, is_directory) {
                    self.exclude[index].matched = true;
                }
                let matching: Vec<usize> = include.matches(&here.include, is_directory).collect();
                self.kept_out(&matching, &by);
                self.kept_out_of_rules(rules, &here.rules, is_directory, &by);
                let enter = is_directory && wanted(self, &here);
                states.push(here);
                if enter { Step::Into } else { Step::Over }
            });
        }
    }

    /// Problems of the patterns of the manifest that matched nothing, one for each reason.
    pub(super) fn problems(self, source: &str) -> Vec<PlanProblem> {
        let all = self
            .include
            .into_iter()
            .chain(self.exclude)
            .chain(self.rules);
        // A wrong source makes all its patterns match nothing.
        let mut alike: Vec<(Why, Vec<Pattern>)> = Vec::new();
        for seen in all.filter(Seen::is_unused) {
            let why = seen.why.unwrap_or(match seen.pattern.text.contains('/') {
                true => Why::Elsewhere,
                false => Why::Deeper,
            });
            match alike.iter_mut().find(|(other, _)| *other == why) {
                Some((_, patterns)) => patterns.push(seen.pattern),
                None => alike.push((why, vec![seen.pattern])),
            }
        }
        alike
            .into_iter()
            .map(|(why, patterns)| {
                let mut spans = patterns.iter().map(|pattern| span(&pattern.span));
                PlanProblem::Unmatched {
                    help: why.help(&patterns),
                    source_path: source.to_owned(),
                    at: spans.next().expect("there is a pattern"),
                    others: spans.take(LABELLED).collect(),
                    patterns: Paths::new(patterns.iter().map(|it| quoted(&it.text)).collect()),
                }
            })
            .collect()
    }
}

/// So many patterns are pointed at besides the first.
const LABELLED: usize = 4;

/// Why a pattern matches nothing, as far as known.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Why {
    /// What it matches is kept out.
    KeptOut(KeptOut),
    /// It is a rule's, whose keys do not apply to what it matches.
    OtherKind,
    /// It may be written as from another place.
    Elsewhere,
    /// It may be a name at any depth.
    Deeper,
}

impl Why {
    /// What to write.
    fn help(&self, patterns: &[Pattern]) -> String {
        let first = patterns[0].text.trim_start_matches('!');
        let optional = "or write `optional = true` in the mount when it may match nothing";
        match self {
            Self::KeptOut(by) => by.help(patterns),
            Self::OtherKind => "it matches only what its keys do not apply to: `permissions` is for files, \
                                `dir-permissions` for directories, and `bin/**` means all below `bin`"
                .to_owned(),
            Self::Elsewhere => {
                format!("patterns start at the top of the source; correct it, {optional}")
            }
            Self::Deeper => format!(
                "patterns start at the top of the source: `**/{first}` matches at any depth; correct it, {optional}"
            ),
        }
    }
}
