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
        let inherited = list.len();
        // Which were changed, and where.
        let mut met: BTreeMap<usize, Range<usize>> = BTreeMap::new();
        for item in given.iter() {
            // What a table without a name lacks was told.
            let (DeValue::Table(changes), Some(name)) =
                (item.get_ref(), name_of(what, item.get_ref()))
            else {
                continue;
            };
            let meant = |at: &usize| name_of(what, list[*at].get_ref()).as_ref() == Some(&name);
            let meant: Vec<usize> = (0..inherited).filter(meant).collect();
            let problem = match meant[..] {
                [] if changes.contains_key("guest") => {
                    let others = &list[..inherited];
                    self.beside.extend(beside(others, item, changes, name, own));
                    list.push(item.clone());
                    continue;
                }
                [] => unknown(&list[..inherited], item, changes, name),
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
            for (key, value) in changes {
                // By what it is called it is not changed.
                if !only_names(key.get_ref(), value.get_ref(), table) {
                    replace(table, key.clone(), value.clone());
                }
            }
        }
    }
}

/// Whether a new mount without a name is where an inherited one is that has one.
fn beside(
    inherited: &[Item<'_>],
    item: &Item<'_>,
    changes: &DeTable<'_>,
    guest: String,
    own: &Own<'_, '_>,
) -> Option<Beside> {
    let other = (inherited.iter().map(Spanned::get_ref))
        .find(|other| guest_of(other).as_ref() == Some(&guest))
        .filter(|_| !changes.contains_key("name"))?;
    Some(Beside {
        profile: own.name.to_owned(),
        inherited: name_of("mount", other)?,
        guest,
        at: item.span().start,
    })
}

/// A mount that is neither a new one nor one of the inherited.
fn unknown(
    inherited: &[Item<'_>],
    item: &Item<'_>,
    changes: &DeTable<'_>,
    name: String,
) -> ProfileProblem {
    let known = inherited.iter();
    let known: Vec<_> = known
        .filter_map(|other| name_of("mount", other.get_ref()))
        .collect();
    ProfileProblem::UnknownMount {
        help: advice::unknown_mount(&name, &known),
        name,
        at: span(&place_of(changes, &item.span())),
    }
}
