//! Which texts of a manifest can have variables in them.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The texts of these tables: its name, and the keys with texts or lists of texts. No key: all of them.
const TEXTS: [(&str, &[&str]); 8] = [
    // A profile's own.
    ("", &["input", "output"]),
    ("module", &["input", "output"]),
    (
        "mount",
        &["guest", "source", "strip-prefix", "include", "exclude"],
    ),
    ("file", &["guest", "content", "source"]),
    ("dir", &["guest"]),
    ("symlink", &["guest", "target"]),
    ("args", &["default", "program"]),
    ("preinit", &["args"]),
];

/// Texts in which `${NAME}` stands for a variable, of a manifest's top level or a profile.
pub(super) fn of<'t, 'i>(root: &'t mut DeTable<'i>) -> Vec<&'t mut Spanned<DeValue<'i>>> {
    let mut texts = Vec::new();
    for (key, value) in root.iter_mut() {
        let key = key.get_ref().as_ref();
        let keys = TEXTS.iter().find(|(table, _)| *table == key);
        match value.get_ref() {
            DeValue::String(_) if TEXTS[0].1.contains(&key) => texts.push(value),
            DeValue::Table(_) if key == "env" => {
                texts.extend(
                    tables(value)
                        .into_iter()
                        .flat_map(|table| table.iter_mut().map(|(_, text)| text)),
                );
            }
            _ => {
                let of_preinit = key == "preinit";
                for table in tables(value) {
                    for (key, value) in table.iter_mut() {
                        let key = key.get_ref().as_ref();
                        if key == "rule" {
                            let rules = tables(value).into_iter();
                            texts.extend(rules.filter_map(|rule| rule.get_mut("match")));
                        } else if key == "env" && of_preinit {
                            // Of an initializer.
                            let variables = tables(value).into_iter();
                            texts.extend(variables.flat_map(|it| it.iter_mut().map(|it| it.1)));
                        } else if keys.is_some_and(|(_, keys)| keys.contains(&key)) {
                            texts.extend(flat(value));
                        }
                    }
                }
            }
        }
    }
    texts
}

/// A table, or the tables of a list.
fn tables<'t, 'i>(value: &'t mut Spanned<DeValue<'i>>) -> Vec<&'t mut DeTable<'i>> {
    match value.get_mut() {
        DeValue::Table(table) => vec![table],
        DeValue::Array(items) => items.iter_mut().flat_map(tables).collect(),
        _ => Vec::new(),
    }
}

/// A text, or those of a list.
fn flat<'t, 'i>(value: &'t mut Spanned<DeValue<'i>>) -> Vec<&'t mut Spanned<DeValue<'i>>> {
    match value.get_ref() {
        DeValue::Array(_) => match value.get_mut() {
            DeValue::Array(items) => items.iter_mut().collect(),
            _ => Vec::new(),
        },
        _ => vec![value],
    }
}
