//! What a profile takes away from what it inherits.

use toml::Spanned;
use toml::de::{DeArray, DeValue};

use super::{LISTS, Merged, Own, Removed};
use crate::manifest::advice;
use crate::manifest::error::{ManifestProblem, ProfileProblem, span};
use crate::manifest::profile::names::{name_of, normal};

impl<'i> Merged<'i> {
    /// Takes away what a profile's `remove` names.
    pub(super) fn remove(&mut self, own: &Own<'_, 'i>, problems: &mut Vec<ManifestProblem>) {
        let Some((key, list)) = own.table.get_key_value("remove") else {
            return;
        };
        let DeValue::Array(items) = list.get_ref() else {
            return;
        };
        let inherited = self.removable();
        let mut gone: Vec<(&'static str, String)> = Vec::new();
        for item in items.iter() {
            let DeValue::String(wanted) = item.get_ref() else {
                continue;
            };
            let before = gone.len();
            for (table, name) in &inherited {
                let called = called(table, name);
                if called == wanted.as_ref() || called == normal(wanted) {
                    gone.push((table, name.clone()));
                    // It may have been taken away before, and written anew.
                    self.removed
                        .retain(|it| (it.table, &it.name) != (*table, name));
                    self.removed.push(Removed {
                        table,
                        name: name.clone(),
                        key: key.span(),
                        item: item.span(),
                    });
                }
            }
            if gone.len() == before {
                let known: Vec<_> = (inherited.iter())
                    .map(|(table, name)| called(table, name))
                    .collect();
                let problem = ProfileProblem::NotThere {
                    what: wanted.to_string(),
                    profile: own.name.to_owned(),
                    help: advice::not_removable(wanted, &known),
                    at: span(&item.span()),
                };
                problems.push(problem.into());
            }
        }
        for (table, name) in gone {
            match self.table.get_mut(table).map(Spanned::get_mut) {
                Some(DeValue::Table(env)) => drop(env.remove(name.as_str())),
                Some(DeValue::Array(list)) => {
                    let items = std::mem::replace(list, DeArray::new()).into_iter();
                    *list = items
                        .filter(|item| name_of(table, item.get_ref()).as_ref() != Some(&name))
                        .collect();
                }
                _ => {}
            }
        }
    }

    /// What can be taken away: tables and names.
    fn removable(&self) -> Vec<(&'static str, String)> {
        let mut names = Vec::new();
        for what in LISTS {
            if let Some(DeValue::Array(list)) = self.table.get(what).map(Spanned::get_ref) {
                let found = list.iter().filter_map(|item| name_of(what, item.get_ref()));
                names.extend(found.map(|name| (what, name)));
            }
        }
        // Two that are called the same go together.
        names.sort();
        names.dedup();
        if let Some(DeValue::Table(env)) = self.table.get("env").map(Spanned::get_ref) {
            names.extend(env.keys().map(|name| ("env", name.get_ref().to_string())));
        }
        names
    }
}

/// How `remove` calls it.
fn called(table: &str, name: &str) -> String {
    match table {
        "env" => format!("env.{name}"),
        _ => name.to_owned(),
    }
}
