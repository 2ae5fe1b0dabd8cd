//! Holds the TOML against the schema: unknown keys, wrong types, missing keys, all at once.
//!
//! serde stops at the first such mistake; this walk reports each and takes what is wrong out of the tree, so that
//! what remains deserializes and the later checks report their part in the same run.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::advice;
use super::error::{ManifestProblem, span};

type Key<'i> = Spanned<Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

/// Removes from `root` what does not fit the schema, and tells all of it.
pub(super) fn fit(root: &mut DeTable<'_>, schema: &Json) -> Vec<ManifestProblem> {
    let mut fitting = Fitting {
        schema,
        problems: Vec::new(),
    };
    fitting.table(root, 0..0, schema, &Place::default());
    fitting.problems
}

/// Where in the manifest a table is.
#[derive(Default)]
pub(super) struct Place {
    /// As in a header: `mount.rule`; empty at the top.
    pub(super) name: String,
    in_array: bool,
}

impl Place {
    fn below(&self, key: &str, in_array: bool) -> Self {
        let name = if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        };
        Self { name, in_array }
    }

    /// The table's name as it would be at the top level: `mount` for `profile.dev.mount`, nothing for `profile.dev`.
    pub(super) fn kind(&self) -> &str {
        let in_profile = self.name.strip_prefix("profile.");
        in_profile.map_or(&self.name, |name| {
            name.split_once('.').map_or("", |(_, kind)| kind)
        })
    }

    /// Whether it is this table, in any profile; `profile.` is a profile's own.
    pub(super) fn is(&self, table: &str) -> bool {
        let is_profile = self.is_profiles("");
        match table {
            "profile." => is_profile,
            table => !is_profile && self.kind() == table,
        }
    }

    /// Whether it is this table of a profile.
    fn is_profiles(&self, table: &str) -> bool {
        self.name.starts_with("profile.") && self.kind() == table
    }

    /// As messages say it: `[[mount.rule]]`, `[link]`, the manifest.
    pub(super) fn shown(&self) -> String {
        match (&*self.name, self.in_array) {
            ("", _) => "the manifest".to_owned(),
            (name, true) => format!("`[[{name}]]`"),
            (name, false) => format!("`[{name}]`"),
        }
    }
}

struct Fitting<'s> {
    schema: &'s Json,
    problems: Vec<ManifestProblem>,
}

impl<'s> Fitting<'s> {
    fn table(
        &mut self,
        table: &mut DeTable<'_>,
        at: Range<usize>,
        schema: &'s Json,
        place: &Place,
    ) {
        let properties = schema["properties"].as_object();
        let known = properties.into_iter().flat_map(|known| known.keys());
        let known: Vec<&str> = known.map(String::as_str).collect();
        // A table of the manifest's own names has one schema for all of them.
        let any = schema
            .get("additionalProperties")
            .filter(|any| any.is_object());
        for key in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
        {
            // One by another name is told as that.
            let other = table.keys().map(|other| other.get_ref().as_ref());
            let other = other.filter(|other| !known.contains(other));
            let mut other = other.filter_map(|other| advice::meant(other, &known));
            if !table.contains_key(key) && !other.any(|meant| meant == key) {
                self.problems.push(ManifestProblem::MissingKey {
                    key: key.to_owned(),
                    table: place.shown(),
                    example: advice::example(key).to_owned(),
                    at: span(&at),
                });
            }
        }
        // A profile's mount: a new one, or a change of one that is inherited.
        let names = ["name", "guest"];
        if place.in_array
            && place.is_profiles("mount")
            && !names.iter().any(|key| table.contains_key(*key))
        {
            self.problems.push(ManifestProblem::MissingKey {
                key: "name".to_owned(),
                table: place.shown(),
                example: "`name` with what the inherited mount is called, or `guest` for a new one"
                    .to_owned(),
                at: span(&at),
            });
        }
        for (key, mut value) in std::mem::take(table) {
            let property = properties.and_then(|known| known.get(key.get_ref().as_ref()));
            match property.or(any) {
                Some(property) => {
                    if self.value(&key, &mut value, self.target(property), place) {
                        table.insert(key, value);
                    }
                }
                None => {
                    self.problems.push(advice::unknown_key(
                        key.get_ref(),
                        &key.span(),
                        place,
                        &known,
                    ));
                }
            }
        }
    }

    /// Whether the value of a key may stay.
    fn value(
        &mut self,
        key: &Key<'_>,
        value: &mut Value<'_>,
        schema: &'s Json,
        place: &Place,
    ) -> bool {
        let at = value.span();
        let name = key.get_ref().as_ref();
        match value.get_mut() {
            DeValue::Table(table) if takes(schema, "object") => {
                self.table(table, at, schema, &place.below(name, false));
                true
            }
            DeValue::Array(array) if takes(schema, "array") => {
                let schema = self.target(&schema["items"]);
                let inner = place.below(name, true);
                let items = std::mem::replace(array, DeArray::new()).into_iter();
                *array = items
                    .filter_map(|mut item| {
                        self.item(name, &mut item, schema, &inner).then_some(item)
                    })
                    .collect();
                true
            }
            // The place of a table or array of tables is its header; its key alone is the better label.
            other => self.scalar(
                name,
                other,
                schema,
                place,
                if other_is_block(other) {
                    key.span()
                } else {
                    at
                },
            ),
        }
    }

    /// Whether an item of an array may stay.
    fn item(&mut self, name: &str, item: &mut Value<'_>, schema: &'s Json, place: &Place) -> bool {
        let at = item.span();
        match item.get_mut() {
            DeValue::Table(table) if takes(schema, "object") => {
                self.table(table, at, schema, place);
                true
            }
            DeValue::String(_) if takes(schema, "string") => true,
            other => {
                let problem = advice::wrong_item(name, other, &types(schema), &at);
                self.problems.push(problem);
                false
            }
        }
    }

    fn scalar(
        &mut self,
        name: &str,
        value: &DeValue<'_>,
        schema: &Json,
        place: &Place,
        at: Range<usize>,
    ) -> bool {
        let problem = match value {
            DeValue::String(text) if takes(schema, "string") => match choices(schema) {
                Some(choices) if !choices.contains(&text.as_ref()) => {
                    advice::unknown_value(name, text, &at, &choices)
                }
                _ => return true,
            },
            DeValue::Boolean(_) if takes(schema, "boolean") => return true,
            DeValue::Integer(number) if takes(schema, "integer") => {
                if i64::from_str_radix(number.as_str(), number.radix()).is_ok() {
                    return true;
                }
                advice::large_number(name, &at)
            }
            other => advice::wrong_type(name, other, &types(schema), &at, place),
        };
        self.problems.push(problem);
        false
    }

    /// The schema that `$ref` names, or the schema itself.
    fn target(&self, schema: &'s Json) -> &'s Json {
        match schema["$ref"]
            .as_str()
            .and_then(|name| name.strip_prefix("#/$defs/"))
        {
            Some(name) => &self.schema["$defs"][name],
            None => schema,
        }
    }
}

fn other_is_block(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Table(_) => true,
        DeValue::Array(items) => items.iter().any(|item| item.get_ref().is_table()),
        _ => false,
    }
}

fn takes(schema: &Json, wanted: &str) -> bool {
    types(schema).contains(&wanted)
}

/// The JSON types a schema takes.
fn types(schema: &Json) -> Vec<&str> {
    match &schema["type"] {
        Json::String(name) => vec![name],
        Json::Array(names) => names.iter().filter_map(Json::as_str).collect(),
        // The enumerations of `raw` are texts.
        _ => vec!["string"],
    }
}

/// The texts an enumeration takes.
fn choices(schema: &Json) -> Option<Vec<&str>> {
    if let Some(names) = schema["enum"].as_array() {
        return Some(names.iter().filter_map(Json::as_str).collect());
    }
    Some(
        schema["oneOf"]
            .as_array()?
            .iter()
            .filter_map(|choice| choice["const"].as_str())
            .collect(),
    )
}
