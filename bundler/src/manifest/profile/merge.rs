//! One profile's tables over what it inherits.

mod list;
mod remove;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::manifest::error::ManifestProblem;

/// Tables whose keys replace those of the inherited one by one.
pub(super) const KEYED: [&str; 7] = [
    "defaults", "limits", "link", "env", "args", "vars", "preinit",
];
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
