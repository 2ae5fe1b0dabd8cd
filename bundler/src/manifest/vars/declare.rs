//! Whether a variable can be one, whoever uses it.

use std::ops::Range;

use super::expand;
use crate::manifest::error::{ManifestProblem, VarProblem, span};
use crate::manifest::profile::line;
use crate::manifest::raw::{self, At};
use crate::manifest::secret;

/// What is wrong with a variable whoever uses it.
pub(super) fn wrong(name: &At<String>, var: &At<raw::Var>, text: &str) -> Option<ManifestProblem> {
    let At {
        value: var,
        span: at,
    } = var;
    let named = || name.value.clone();
    if !expand::is_name(&name.value) {
        let (name, at) = (named(), span(&name.span));
        return Some(VarProblem::Name { name, at }.into());
    }
    if var.default.is_none() && var.env.is_none() {
        let (name, at) = (named(), span(&name.span));
        return Some(VarProblem::Empty { name, at }.into());
    }
    if let Some(env) = &var.env {
        let problem = match env.value.as_str() {
            "" => Some("is empty"),
            name if name.contains('=') => Some("contains `=`"),
            name if name.contains('\0') => Some("contains a NUL character"),
            _ => None,
        };
        if let Some(problem) = problem {
            let at = span(&env.span);
            return Some(ManifestProblem::VariableName { problem, at });
        }
    }
    let env = var.env.iter().map(|env| &env.value);
    let mut names = [&name.value].into_iter().chain(env);
    let because = |name: &String| match (&var.default, &var.env) {
        // Here it can be seen whether the name means what it says.
        (Some(value), None) => secret::named(&name[..], value),
        _ => secret::word(name).map(|word| format!("`{name}` has `{word}` in it")),
    };
    if !var.public
        && let Some(because) = names.find_map(because)
    {
        return Some(secret_problem(&named(), at, var.default.is_none(), because, text).into());
    }
    if var.default.as_ref().is_some_and(|text| text.contains("${")) {
        let problem = VarProblem::Value {
            name: named(),
            problem: "has `${` in it, and values are not expanded again",
            help: "write the whole text, or put the variables together where they are used"
                .to_owned(),
            at: span(at),
        };
        return Some(problem.into());
    }
    None
}

/// A value that the manifest itself has is not shown: then its line must not be.
pub(super) fn secret_problem(
    name: &str,
    at: &Range<usize>,
    shown: bool,
    because: String,
    text: &str,
) -> VarProblem {
    VarProblem::Secret {
        name: name.to_owned(),
        line: line(text, at.start),
        because,
        at: shown.then(|| span(at)),
    }
}
