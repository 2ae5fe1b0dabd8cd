//! Which profile a place of the text belongs to.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

/// The profiles that were put over the base, the base first. What is further down the list was put over what is above.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Layers {
    names: Vec<String>,
    /// Starts of tables and keys that are not the base's, and the number of their layer from 1.
    starts: BTreeMap<usize, usize>,
}

impl Layers {
    /// The layers over the base, in their order.
    pub(super) fn of<'t, 'i: 't>(
        profiles: impl Iterator<Item = (&'t str, &'t DeTable<'i>)>,
    ) -> Self {
        let mut layers = Self::default();
        for (name, table) in profiles {
            layers.names.push(name.to_owned());
            layers.table(table);
        }
        layers
    }

    fn table(&mut self, table: &DeTable<'_>) {
        let number = self.names.len();
        for (key, value) in table {
            self.starts.insert(key.span().start, number);
            match value.get_ref() {
                DeValue::Table(table) => self.table(table),
                DeValue::Array(items) => {
                    for item in items.iter() {
                        if let DeValue::Table(table) = item.get_ref() {
                            self.starts.insert(item.span().start, number);
                            self.table(table);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// The layer of the table or key that starts there; 0 is the base.
    pub(in crate::manifest) fn at(&self, start: usize) -> usize {
        self.starts.get(&start).copied().unwrap_or(0)
    }

    /// The name of a layer that is not the base.
    pub(super) fn name(&self, layer: usize) -> &str {
        &self.names[layer - 1]
    }
}
