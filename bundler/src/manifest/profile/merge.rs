//! One profile's tables over what it inherits.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::manifest::advice;
use crate::manifest::error::{ManifestProblem, ProfileProblem, span};
use crate::path::GuestPath;

/// Tables whose keys replace those of the inherited one by one.
pub(super) const KEYED: [&str; 6] = ["defaults", "limits", "link", "env", "args", "vars"];
/// Tables of which there are several, each with a name.
pub(super) const LISTS: [&str; 4] = ["mount", "file", "dir", "symlink"];

/// A manifest with some profiles put over it.
#[derive(Clone)]
pub(super) struct Merged<'i> {
    pub(super) table: DeTable<'i>,
    /// The other places of tables that a profile has changed, by the start of the first.
    pub(super) headers: BTreeMap<usize, Vec<Range<usize>>>,
    /// What profiles have taken away.
    pub(super) removed: Vec<Removed>,
    /// Mounts that a profile has added beside another.
    pub(super) beside: Vec<Beside>,
}

/// A mount without a name that was added where an inherited one is that has another name.
#[derive(Clone)]
pub(super) struct Beside {
    pub(super) profile: String,
    pub(super) guest: String,
    pub(super) inherited: String,
    pub(super) at: usize,
}

/// What a profile has taken away.
#[derive(Clone)]
pub(super) struct Removed {
    /// The table: `mount`, `env`.
    pub(super) table: &'static str,
    pub(super) name: String,
    /// The key `remove`, and its item.
    pub(super) key: Range<usize>,
    pub(super) item: Range<usize>,
}

/// What one profile says.
pub(super) struct Own<'t, 'i> {
    pub(super) name: &'t str,
    pub(super) table: &'t DeTable<'i>,
}

impl<'i> Merged<'i> {
    pub(super) fn base(table: DeTable<'i>) -> Self {
        Self {
            table,
            headers: BTreeMap::new(),
            removed: Vec::new(),
            beside: Vec::new(),
        }
    }

    /// This with a profile's tables put over it.
    pub(super) fn with(&self, own: &Own<'_, 'i>, problems: &mut Vec<ManifestProblem>) -> Self {
        let mut merged = self.clone();
        // First what is taken away, so that a table can be removed and written anew.
        merged.remove(own, problems);
        for key in ["input", "output"] {
            if let Some((key, value)) = own.table.get_key_value(key) {
                let module = table_mut(&mut merged.table, "module", &key.span());
                replace(module, key.clone(), value.clone());
            }
        }
        for name in KEYED {
            if let Some((key, given)) = own.table.get_key_value(name)
                && let DeValue::Table(given) = given.get_ref()
            {
                let inherited = table_mut(&mut merged.table, name, &key.span());
                for (key, value) in given {
                    replace(inherited, key.clone(), value.clone());
                }
            }
        }
        for what in LISTS {
            if let Some((key, given)) = own.table.get_key_value(what)
                && let DeValue::Array(given) = given.get_ref()
            {
                merged.list(what, &key.span(), given, own, problems);
            }
        }
        merged
    }

    fn remove(&mut self, own: &Own<'_, 'i>, problems: &mut Vec<ManifestProblem>) {
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

    /// Puts a profile's `[[mount]]`, `[[file]]`, … over the inherited ones.
    fn list(
        &mut self,
        what: &'static str,
        key: &Range<usize>,
        given: &DeArray<'i>,
        own: &Own<'_, 'i>,
        problems: &mut Vec<ManifestProblem>,
    ) {
        let empty = || Spanned::new(key.clone(), DeValue::Array(DeArray::new()));
        let list = match self.table.get_mut(what) {
            Some(list) => list,
            None => {
                let name = Spanned::new(key.clone(), what.into());
                self.table.entry(name).or_insert_with(empty)
            }
        };
        let DeValue::Array(list) = list.get_mut() else {
            return;
        };
        let inherited: Vec<_> = list
            .iter()
            .map(|item| (name_of(what, item.get_ref()), item.span()))
            .collect();
        let mut met: BTreeMap<usize, Range<usize>> = BTreeMap::new();
        for item in given.iter() {
            let DeValue::Table(changes) = item.get_ref() else {
                continue;
            };
            // What it lacks was told.
            let Some(name) = name_of(what, item.get_ref()) else {
                continue;
            };
            let called_so: Vec<usize> = (0..inherited.len())
                .filter(|index| inherited[*index].0.as_ref() == Some(&name))
                .collect();
            let problem = match called_so[..] {
                [] if changes.contains_key("guest") => {
                    let mut other = list.iter().take(inherited.len());
                    let other =
                        other.find(|other| guest_of(other.get_ref()) == Some(&name).cloned());
                    if let Some(other) = other.and_then(|other| name_of(what, other.get_ref()))
                        && !changes.contains_key("name")
                    {
                        self.beside.push(Beside {
                            profile: own.name.to_owned(),
                            guest: name,
                            inherited: other,
                            at: item.span().start,
                        });
                    }
                    list.push(item.clone());
                    continue;
                }
                [] => {
                    let known: Vec<_> = inherited
                        .iter()
                        .filter_map(|(name, _)| name.clone())
                        .collect();
                    ProfileProblem::UnknownMount {
                        help: advice::unknown_mount(&name, &known),
                        name,
                        at: span(&place_of(changes, &item.span())),
                    }
                }
                [index] => match met.insert(index, item.span()) {
                    Some(first) => ProfileProblem::Twice {
                        what,
                        name,
                        profile: own.name.to_owned(),
                        at: span(&item.span()),
                        first: span(&first),
                    },
                    None => {
                        let (_, header) = &inherited[index];
                        self.headers
                            .entry(header.start)
                            .or_default()
                            .push(item.span());
                        // The list only grows behind the inherited ones.
                        if let Some(DeValue::Table(table)) = nth(list, index) {
                            for (key, value) in changes {
                                // By what it is called it is not changed.
                                if !only_names(key.get_ref(), value.get_ref(), table) {
                                    replace(table, key.clone(), value.clone());
                                }
                            }
                        }
                        continue;
                    }
                },
                _ => ProfileProblem::Ambiguous {
                    what,
                    name,
                    help: advice::ambiguous(what),
                    at: span(&place_of(changes, &item.span())),
                    others: called_so
                        .iter()
                        .map(|index| span(&inherited[*index].1))
                        .collect(),
                },
            };
            problems.push(problem.into());
        }
    }
}

/// What a table of a list is called: its `name`, else its guest path.
pub(super) fn name_of(what: &str, item: &DeValue<'_>) -> Option<String> {
    match text_of(item, "name").filter(|_| what == "mount") {
        Some(name) => Some(name.to_owned()),
        None => guest_of(item),
    }
}

fn guest_of(item: &DeValue<'_>) -> Option<String> {
    text_of(item, "guest").map(normal)
}

fn text_of<'t>(item: &'t DeValue<'_>, key: &str) -> Option<&'t str> {
    match item {
        DeValue::Table(table) => match table.get(key)?.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a key says no more than what the table is called that it is for.
fn only_names(key: &str, value: &DeValue<'_>, table: &DeTable<'_>) -> bool {
    let (DeValue::String(text), "name" | "guest") = (value, key) else {
        return false;
    };
    let inherited = table.get(key).or_else(|| table.get("guest"));
    match inherited.map(Spanned::get_ref) {
        Some(DeValue::String(inherited)) => normal(text) == normal(inherited),
        _ => false,
    }
}

/// A guest path in its shortest form, if it is one: `/data/` and `/data` are the same.
fn normal(guest: &str) -> String {
    GuestPath::parse(guest).map_or_else(|_| guest.to_owned(), |path| path.as_str().to_owned())
}

/// How `remove` calls it.
fn called(table: &str, name: &str) -> String {
    match table {
        "env" => format!("env.{name}"),
        _ => name.to_owned(),
    }
}

/// Where a table says what it is called.
fn place_of(table: &DeTable<'_>, header: &Range<usize>) -> Range<usize> {
    let key = table.get("name").or_else(|| table.get("guest"));
    key.map_or_else(|| header.clone(), Spanned::span)
}

fn nth<'t, 'i>(list: &'t mut DeArray<'i>, index: usize) -> Option<&'t mut DeValue<'i>> {
    list.iter_mut().nth(index).map(Spanned::get_mut)
}

/// The table of that name, made where it is missing.
fn table_mut<'t, 'i>(
    root: &'t mut DeTable<'i>,
    name: &'static str,
    at: &Range<usize>,
) -> &'t mut DeTable<'i> {
    let empty = || Spanned::new(at.clone(), DeValue::Table(DeTable::new()));
    let value = root
        .entry(Spanned::new(at.clone(), name.into()))
        .or_insert_with(empty);
    match value.get_mut() {
        DeValue::Table(table) => table,
        _ => unreachable!("BUG: `{name}` fits the schema and is no table"),
    }
}

/// Inserting alone would keep the place of the key that was there.
fn replace<'i>(
    table: &mut DeTable<'i>,
    key: Spanned<std::borrow::Cow<'i, str>>,
    value: Spanned<DeValue<'i>>,
) {
    table.remove(key.get_ref().as_ref());
    table.insert(key, value);
}
