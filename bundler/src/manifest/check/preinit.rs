//! The program's own initializer: `[preinit]`.

use super::Check;
use crate::manifest::error::{ManifestProblem, span};
use crate::manifest::raw::{self, At, Clock};
use crate::manifest::timestamps;
use crate::manifest::{Preinit, PreinitClock, advice};

/// How much an initializer may do unless the manifest says so: minutes.
const FUEL: u64 = 200_000_000_000;

impl Check<'_> {
    pub(super) fn preinit(&mut self, raw: At<raw::Preinit>) -> Option<Preinit> {
        let At {
            value: raw,
            span: at,
        } = raw;
        let env = self.env("preinit.env", raw.env.unwrap_or_default());
        self.guard_arguments("`args` of `[preinit]`", raw.args.as_deref());
        let args = raw.args.into_iter().flatten();
        let args = args.filter_map(|argument| self.passed(argument)).collect();
        let fuel = match raw.fuel {
            None => Some(FUEL),
            Some(At { value, span: at }) => u64::try_from(value).ok().or_else(|| {
                let (key, at) = ("fuel", span(&at));
                self.problems.push(ManifestProblem::Negative { key, at });
                None
            }),
        };
        let clock = match raw.clock {
            Some(At {
                value: Clock::Fixed,
                span: at,
            }) => self.fixed_clock(at)?,
            _ => PreinitClock::Trap,
        };
        let Some(function) = raw.function else {
            // With a profile's keys alone there may be a table that its schema does not ask for all of.
            if !self.told_in(&at) {
                self.problems.push(ManifestProblem::MissingKey {
                    key: "function".to_owned(),
                    table: "`[preinit]`".to_owned(),
                    example: advice::example("function").to_owned(),
                    at: span(&at),
                });
            }
            return None;
        };
        let keep_function = raw.keep_function.unwrap_or(false);
        let rename = self.rename(
            raw.rename.unwrap_or_default(),
            &function.value,
            keep_function,
        );
        Some(Preinit {
            function: function.value,
            span: function.span,
            env,
            args,
            keep_function,
            rename,
            fuel: fuel?,
            random: raw.random.unwrap_or_default(),
            clock,
            output: raw.output.unwrap_or_default(),
        })
    }

    fn fixed_clock(&mut self, at: std::ops::Range<usize>) -> Option<PreinitClock> {
        let Some(variable) = self.environment.source_date_epoch.as_deref() else {
            return Some(PreinitClock::Fixed { seconds: 0 });
        };
        match timestamps::seconds(Some(variable)) {
            Ok(nanos) => Some(PreinitClock::Fixed {
                seconds: nanos / 1_000_000_000,
            }),
            Err(problem) => {
                if !std::mem::replace(&mut self.asked_epoch, true) {
                    self.problems.push(ManifestProblem::SourceDateEpoch {
                        asked: "clock = \"fixed\"",
                        problem,
                        at: span(&at),
                    });
                }
                None
            }
        }
    }

    /// Names to be given, and what they are now, sorted.
    fn rename(&mut self, raw: raw::Rename, function: &str, kept: bool) -> Vec<(String, String)> {
        let mut renames: Vec<(String, String)> = Vec::new();
        for (to, from) in raw.0 {
            let other = renames.iter().find(|(_, known)| *known == from.value);
            let problem = match other {
                Some((other, _)) => Some((
                    format!("`{}` is renamed to `{other}` already", from.value),
                    "a function has one name in the bundle",
                )),
                None if from.value == function && !kept => Some((
                    format!("`{function}` is not in the bundle: it is the initializer"),
                    "write `keep-function = true`, or name another function",
                )),
                None => None,
            };
            match problem {
                None => renames.push((to.value, from.value)),
                Some((problem, help)) => self.problems.push(ManifestProblem::Rename {
                    problem,
                    help,
                    at: span(&from.span),
                }),
            }
        }
        renames.sort();
        renames
    }
}
