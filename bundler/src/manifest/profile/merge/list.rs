//! A profile's `[[mount]]`, `[[file]]`, … over the inherited ones.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::{Beside, Merged, Own, replace};
use crate::manifest::advice;
use crate::manifest::error::{ManifestProblem, ProfileProblem, span};
use crate::manifest::profile::names::{guest_of, name_of, only_names, place_of};

type Item<'i> = Spanned<DeValue<'i>>;

impl<'i> Merged<'i> {
    /// Puts the tables `given` over those of the same list; its key is at `key`.
    pub(super) fn list(
        &mut self,
        what: &'static str,
        key: &Range<usize>,
        given: &DeArray<'i>,
        own: &Own<'_, 'i>,
        problems: &mut Vec<ManifestProblem>,
    ) {
        let mut list = self.take_list(what);
        let inherited = Inherited::of(what, &list);
        // Which were changed, and where.
        let mut met: BTreeMap<usize, Range<usize>> = BTreeMap::new();
        for item in given.iter() {
            // What a table without a name lacks was told.
            let (DeValue::Table(changes), Some(name)) =
                (item.get_ref(), name_of(what, item.get_ref()))
            else {
                continue;
            };
            let meant = inherited.called(&name);
            let problem = match *meant {
                [] if changes.contains_key("guest") => {
                    if let Some(other) = inherited.at.get(&name)
                        && !changes.contains_key("name")
                    {
                        self.beside.push(Beside {
                            profile: own.name.to_owned(),
                            guest: name,
                            inherited: other.clone(),
                            at: item.span().start,
                        });
                    }
                    list.push(item.clone());
                    continue;
                }
                [] => inherited.unknown(item, changes, name),
                [at] => match met.insert(at, item.span()) {
                    None => {
                        self.change(&mut list[at], item, changes);
                        continue;
                    }
                    Some(first) => ProfileProblem::Twice {
                        what,
                        name,
                        profile: own.name.to_owned(),
                        at: span(&item.span()),
                        first: span(&first),
                    },
                },
                _ => ProfileProblem::Ambiguous {
                    what,
                    name,
                    help: advice::ambiguous(what),
                    at: span(&place_of(changes, &item.span())),
                    others: meant.iter().map(|at| span(&list[*at].span())).collect(),
                },
            };
            problems.push(problem.into());
        }
        let name = Spanned::new(key.clone(), what.into());
        let list = DeValue::Array(list.into_iter().collect());
        self.table.insert(name, Spanned::new(key.clone(), list));
    }

    fn take_list(&mut self, what: &str) -> Vec<Item<'i>> {
        match self.table.remove(what).map(Spanned::into_inner) {
            Some(DeValue::Array(list)) => list.into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn change(&mut self, inherited: &mut Item<'i>, item: &Item<'i>, changes: &DeTable<'i>) {
        let others = self.headers.entry(inherited.span().start);
        others.or_default().push(item.span());
        if let DeValue::Table(table) = inherited.get_mut() {
            // The guest path first: a mount that was called by it may get its old name to keep.
            let (guest, others): (Vec<_>, Vec<_>) = changes
                .iter()
                .partition(|(key, _)| key.get_ref() == "guest");
            for (key, value) in guest.into_iter().chain(others) {
                // By what it is called it is not changed.
                if !only_names(key.get_ref(), value.get_ref(), table) {
                    replace(table, key.clone(), value.clone());
                }
            }
        }
    }
}

/// The tables that a profile's can mean.
struct Inherited {
    /// By what they are called.
    names: BTreeMap<String, Vec<usize>>,
    /// By where they are: what the first one there is called.
    at: BTreeMap<String, String>,
}

impl Inherited {
    fn of(what: &str, list: &[Item<'_>]) -> Self {
        let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut at = BTreeMap::new();
        for (index, item) in list.iter().enumerate() {
            if let Some(name) = name_of(what, item.get_ref()) {
                if let Some(guest) = guest_of(item.get_ref()) {
                    at.entry(guest).or_insert_with(|| name.clone());
                }
                names.entry(name).or_default().push(index);
            }
        }
        Self { names, at }
    }

    fn called(&self, name: &str) -> &[usize] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }

    /// A mount that is neither a new one nor one of these.
    fn unknown(&self, item: &Item<'_>, changes: &DeTable<'_>, name: String) -> ProfileProblem {
        let known: Vec<_> = self.names.keys().cloned().collect();
        ProfileProblem::UnknownMount {
            help: advice::unknown_mount(&name, &known),
            name,
            at: span(&place_of(changes, &item.span())),
        }
    }
}
