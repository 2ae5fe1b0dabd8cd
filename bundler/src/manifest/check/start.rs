//! What the program is started with: `[env]` and `[args]`.

use super::Check;
use crate::manifest::error::{ManifestProblem, span};
use crate::manifest::profile::line;
use crate::manifest::raw::{self, At};
use crate::manifest::secret;

/// The name of a program that the host gives none.
pub(in crate::manifest) const PROGRAM: &str = "program";

impl Check<'_> {
    /// Names and values of a table, sorted by name.
    pub(super) fn env(&mut self, table: &str, raw: raw::Env) -> Vec<(String, String)> {
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
            if let Some(because) = secret::named(&name.value, self.vouched.rest(&value)) {
                let what = format!("`{}` of `[{table}]`", name.value);
                self.secret(what, because, &value);
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
        self.guard_arguments("`default` of `[args]`", raw.default.as_deref());
        self.guard_arguments(
            "`program` of `[args]`",
            raw.program.as_ref().map(std::slice::from_ref),
        );
        let program = match raw.program {
            Some(program) => self.passed(program),
            None => Some(PROGRAM.to_owned()),
        };
        let default = raw.default.into_iter().flatten();
        let default = default.filter_map(|argument| self.passed(argument));
        program.into_iter().chain(default).collect()
    }

    /// Tells of arguments that look like secrets.
    pub(super) fn guard_arguments(&mut self, list: &str, arguments: Option<&[At<String>]>) {
        let arguments = arguments.unwrap_or_default();
        let texts: Vec<&str> = arguments
            .iter()
            .map(|text| self.vouched.rest(text))
            .collect();
        for (at, because) in secret::arguments(&texts) {
            self.secret(
                format!("argument {} in {list}", at + 1),
                because,
                &arguments[at],
            );
        }
    }

    /// Tells of a content that looks like a secret.
    pub(super) fn guard_content(&mut self, guest: &str, content: &At<String>) {
        if let Some(because) = secret::content(guest, self.vouched.rest(content)) {
            self.secret(format!("the `content` of `{guest}`"), because, content);
        }
    }

    fn secret(&mut self, what: String, because: String, text: &At<String>) {
        let line = line(self.text, text.span.start);
        self.problems.push(ManifestProblem::Secret {
            what,
            line,
            because,
        });
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
