//! What the program is started with: `[env]` and `[args]`.

use super::Check;
use crate::manifest::error::{ManifestProblem, span};
use crate::manifest::raw::{self, At};

/// The name of a program that the host gives none.
pub(in crate::manifest) const PROGRAM: &str = "program";

impl Check<'_> {
    /// Names and values, sorted by name.
    pub(super) fn env(&mut self, raw: raw::Env) -> Vec<(String, String)> {
        let mut variables = Vec::new();
        for (name, value) in raw.0 {
            let problem = match name.value.as_str() {
                "" => Some("is empty"),
                name if name.contains('=') => Some("contains `=`"),
                name if name.contains('\0') => Some("contains a NUL character"),
                _ => None,
            };
            if let Some(problem) = problem {
                self.problems.push(ManifestProblem::VariableName {
                    problem,
                    at: span(&name.span),
                });
                continue;
            }
            if let Some(value) = self.passed(value) {
                variables.push((name.value, value));
            }
        }
        variables.sort();
        variables
    }

    /// The program's name and its default arguments.
    pub(super) fn args(&mut self, raw: raw::Args) -> Vec<String> {
        let program = match raw.program {
            Some(program) => self.passed(program),
            None => Some(PROGRAM.to_owned()),
        };
        let default = raw.default.into_iter().flatten();
        let default = default.filter_map(|argument| self.passed(argument));
        program.into_iter().chain(default).collect()
    }

    /// A text that the program gets with a NUL behind it, so it has none in it.
    pub(super) fn passed(&mut self, raw: At<String>) -> Option<String> {
        if raw.value.contains('\0') {
            let at = span(&raw.span);
            self.problems.push(ManifestProblem::Nul { at });
            return None;
        }
        Some(raw.value)
    }
}
