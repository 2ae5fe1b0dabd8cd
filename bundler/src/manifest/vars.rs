//! Variables: what `${NAME}` stands for, and putting it there.
//!
//! This is done on the TOML of the selected profile, before anything is read from it. A variable is looked up when it is
//! first used: what no text of the profile asks for can't reach the bundle, and need not be set.

mod declare;
mod expand;
#[cfg(test)]
mod tests;
mod texts;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::advice;
use super::choice::Variables;
use super::error::{ManifestProblem, ManifestWarning, VarProblem, span};
use super::facts::{Var, VarSource};
use super::profile::line;
use super::raw::{self, At};
use super::secret;
use expand::{Piece, pieces};

/// The names of variables that the texts of a table use.
pub(super) fn used(table: &DeTable<'_>) -> BTreeSet<String> {
    let mut table = table.clone();
    let mut names = BTreeSet::new();
    for text in texts::of(&mut table) {
        if let DeValue::String(text) = text.get_ref() {
            names.extend(pieces(text).into_iter().filter_map(|piece| match piece {
                Piece::Var(name) => Some(name.to_owned()),
                Piece::Text(_) | Piece::Malformed(_) => None,
            }));
        }
    }
    names
}

/// The variables of one profile.
pub(super) struct Vars<'a> {
    declared: BTreeMap<String, At<raw::Var>>,
    environment: &'a Variables,
    text: &'a str,
    /// Those that were used, and their value unless something is wrong with it.
    values: BTreeMap<String, Option<Var>>,
    /// Those that something is wrong with, which was told.
    refused: BTreeSet<String>,
    /// See [`Vouched`].
    vouched: Vouched,
}

/// Texts with the values of public variables left out, by where they start: the user says of these that all may see them.
#[derive(Debug, Default)]
pub(super) struct Vouched(BTreeMap<usize, String>);

impl Vouched {
    /// What of a text is to be looked at for secrets.
    pub(super) fn rest<'t>(&'t self, text: &'t At<String>) -> &'t str {
        self.0.get(&text.span.start).unwrap_or(&text.value)
    }
}

impl<'a> Vars<'a> {
    /// Takes `[vars]` out of a manifest that fits the schema.
    pub(super) fn take(
        table: &mut DeTable<'_>,
        text: &'a str,
        environment: &'a Variables,
        problems: &mut Vec<ManifestProblem>,
    ) -> Self {
        let mut vars = Self {
            declared: BTreeMap::new(),
            environment,
            text,
            values: BTreeMap::new(),
            refused: BTreeSet::new(),
            vouched: Vouched::default(),
        };
        let Some(DeValue::Table(table)) = table.remove("vars").map(Spanned::into_inner) else {
            return vars;
        };
        let raw = raw::Vars::deserialize(toml::Deserializer::from(Spanned::new(0..0, table)))
            .unwrap_or_else(|error| unreachable!("BUG: `[vars]` fits the schema: {error}"));
        for (name, var) in raw.0 {
            if let Some(problem) = declare::wrong(&name, &var, text) {
                vars.refused.insert(name.value.clone());
                problems.push(problem);
            }
            vars.declared.insert(name.value, var);
        }
        vars
    }

    /// Puts values in place of `${NAME}`. A text with a problem stays as it is.
    pub(super) fn expand(&mut self, table: &mut DeTable<'_>, problems: &mut Vec<ManifestProblem>) {
        for value in texts::of(table) {
            let at = value.span();
            let DeValue::String(text) = value.get_mut() else {
                continue;
            };
            if !text.contains("${") {
                continue;
            }
            let mut told: BTreeSet<&str> = BTreeSet::new();
            let mut expanded = Some(String::new());
            let mut rest = String::new();
            let mut vouched = false;
            for piece in pieces(text) {
                let problem = match piece {
                    Piece::Text(text) => {
                        rest.push_str(text);
                        expanded
                            .iter_mut()
                            .for_each(|expanded| expanded.push_str(text));
                        continue;
                    }
                    Piece::Var(name) if self.declared.contains_key(name) => {
                        let value = self.value(name, problems);
                        match self.declared[name].value.public {
                            true => vouched = true,
                            false => rest.push_str(value.as_deref().unwrap_or_default()),
                        }
                        expanded = expanded
                            .zip(value)
                            .map(|(expanded, value)| expanded + &value);
                        continue;
                    }
                    // Once for each text is enough.
                    Piece::Var(name) if !told.insert(name) => continue,
                    Piece::Malformed(_) if !told.insert("${") => continue,
                    Piece::Var(name) => VarProblem::Undeclared {
                        name: name.to_owned(),
                        help: self.advice(name),
                        at: span(&at),
                    },
                    Piece::Malformed(found) => VarProblem::Malformed {
                        found: found.to_owned(),
                        at: span(&at),
                    },
                };
                expanded = None;
                problems.push(problem.into());
            }
            if let Some(expanded) = expanded {
                *text = Cow::Owned(expanded);
                if vouched {
                    self.vouched.0.insert(at.start, rest);
                }
            }
        }
    }

    /// Those that were used, sorted by name; a warning for each that nothing in the manifest uses; and what the public ones are
    /// in.
    pub(super) fn finish(
        self,
        used: &BTreeSet<String>,
    ) -> (Vec<Var>, Vec<ManifestWarning>, Vouched) {
        let mut unused: Vec<_> = (self.declared.iter())
            .filter(|(name, _)| !used.contains(*name))
            .map(|(name, var)| (line(self.text, var.span.start), name.clone()))
            .collect();
        unused.sort();
        let unused = unused.into_iter();
        let unused = unused.map(|(line, name)| ManifestWarning::UnusedVar { name, line });
        (
            self.values.into_values().flatten().collect(),
            unused.collect(),
            self.vouched,
        )
    }

    fn value(&mut self, name: &str, problems: &mut Vec<ManifestProblem>) -> Option<String> {
        if !self.values.contains_key(name) {
            let var = match self.refused.contains(name) {
                true => None,
                false => match self.look_up(name) {
                    Ok(var) => Some(var),
                    Err(problem) => {
                        problems.push(problem.into());
                        None
                    }
                },
            };
            self.values.insert(name.to_owned(), var);
        }
        self.values[name].as_ref().map(|var| var.value.clone())
    }

    fn look_up(&self, name: &str) -> Result<Var, VarProblem> {
        let At {
            value: var,
            span: at,
        } = &self.declared[name];
        let wrong = |problem, help: String| VarProblem::Value {
            name: name.to_owned(),
            problem,
            help,
            at: span(at),
        };
        let given = var.env.as_ref().and_then(|env| {
            let value = self.environment.get(&env.value)?;
            Some((value, env.value.clone()))
        });
        let (value, from) = match (given, &var.default) {
            (Some((value, env)), _) => {
                let help = format!("set `{env}` to a text in UTF-8");
                let value = value
                    .into_string()
                    .map_err(|_| wrong("is not UTF-8", help))?;
                (value, VarSource::Environment(env))
            }
            (None, Some(default)) => (default.clone(), VarSource::Default),
            (None, None) => {
                let env = var.env.as_ref().map(|env| env.value.clone());
                return Err(VarProblem::Unset {
                    name: name.to_owned(),
                    env: env.unwrap_or_default(),
                    at: span(at),
                });
            }
        };
        if value.contains('\0') {
            let help = "take it out: no path and no text for a program can have it".to_owned();
            return Err(wrong("contains a NUL character", help));
        }
        if !var.public
            && let Some(because) = secret::value(&value)
        {
            let because = format!("its value {because}");
            let shown = matches!(from, VarSource::Environment(_));
            return Err(declare::secret_problem(name, at, shown, because, self.text));
        }
        let name = name.to_owned();
        Ok(Var { name, value, from })
    }

    fn advice(&self, name: &str) -> String {
        let known: Vec<&str> = self.declared.keys().map(String::as_str).collect();
        advice::undeclared_var(name, &known)
    }
}
