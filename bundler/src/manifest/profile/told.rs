//! Where each value comes from that is not the base's.

use std::fmt;

use serde_json::{Map, Value as Json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layers::Layers;
use super::merge::{KEYED, LISTS, Removed};
use super::names::name_of;

/// A value of a manifest that a profile gave it, or took away.
///
/// Its text form is for people, and shows the start of a long value: `mount.stdlib.kind = "host"  (profile dev, line 40)`.
#[derive(Debug, Clone, PartialEq)]
pub struct FromProfile {
    /// The key with the tables it is in, a mount by its name and others by their guest path: `mount.stdlib.kind`.
    pub key: String,
    /// The value as it is written, `${NAME}` and all; `None` for what the profile removed.
    pub value: Option<Json>,
    /// The profile.
    pub profile: String,
    /// The line of the manifest, from 1.
    pub line: usize,
}

impl fmt::Display for FromProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{} = {}", self.key, short(&toml(value)))?,
            None => write!(f, "{} removed", self.key)?,
        }
        write!(f, "  (profile {}, line {})", self.profile, self.line)
    }
}

/// In the order of the text.
pub(super) fn tell(
    table: &DeTable<'_>,
    removed: &[Removed],
    layers: &Layers,
    text: &str,
) -> Vec<FromProfile> {
    let line_ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    let mut teller = Teller {
        layers,
        line_ends: line_ends.map(|(at, _)| at).collect(),
        told: Vec::new(),
    };
    for name in ["module"].iter().chain(&KEYED) {
        if let Some(DeValue::Table(table)) = table.get(*name).map(Spanned::get_ref) {
            teller.table(name, table);
        }
    }
    let mut there: Vec<(&str, String)> = Vec::new();
    for what in LISTS {
        if let Some(DeValue::Array(list)) = table.get(what).map(Spanned::get_ref) {
            for item in list.iter() {
                let name = name_of(what, item.get_ref());
                if let (DeValue::Table(table), Some(name)) = (item.get_ref(), name) {
                    teller.table(&format!("{what}.{}", key_text(&name)), table);
                    there.push((what, name));
                }
            }
        }
    }
    if let Some(DeValue::Table(env)) = table.get("env").map(Spanned::get_ref) {
        there.extend(env.keys().map(|name| ("env", name.get_ref().to_string())));
    }
    for it in removed {
        // Written anew: what it is now was told.
        if !there.contains(&(it.table, it.name.clone())) {
            let key = format!("{}.{}", it.table, key_text(&it.name));
            teller.tell(key, None, it.key.start, it.item.start);
        }
    }
    teller.told.sort_by_key(|(at, _)| *at);
    teller.told.into_iter().map(|(_, told)| told).collect()
}

struct Teller<'t> {
    layers: &'t Layers,
    /// There can be many values, so their lines are not counted one by one.
    line_ends: Vec<usize>,
    told: Vec<(usize, FromProfile)>,
}

impl Teller<'_> {
    fn table(&mut self, name: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let path = format!("{name}.{}", key_text(key.get_ref()));
            let start = key.span().start;
            self.tell(path, Some(json(value.get_ref())), start, start);
        }
    }

    /// Tells it if the key that starts at `key` is a profile's; `at` is the place to show.
    fn tell(&mut self, path: String, value: Option<Json>, key: usize, at: usize) {
        let layer = self.layers.at(key);
        if layer > 0 {
            let told = FromProfile {
                key: path,
                value,
                profile: self.layers.name(layer).to_owned(),
                line: 1 + self.line_ends.partition_point(|end| *end < at),
            };
            self.told.push((at, told));
        }
    }
}

/// The line of a place, from 1.
pub(in crate::manifest) fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at]
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
}

/// A key as it can be written: in quotes where it must.
fn key_text(key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    match !key.is_empty() && key.bytes().all(bare) {
        true => key.to_owned(),
        false => quoted(key),
    }
}

/// The start of a text that is too long for a line.
fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// JSON leaves some control characters as they are.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for c in Json::from(text).to_string().chars() {
        match c.is_control() {
            true => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            false => quoted.push(c),
        }
    }
    quoted
}

fn json(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => Json::from(text.as_ref()),
        DeValue::Boolean(value) => Json::from(*value),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Json::from(number.to_string()), Json::from),
        DeValue::Float(number) => Json::from(number.as_str()),
        DeValue::Datetime(time) => Json::from(time.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => {
            let entries = table.iter();
            let entries =
                entries.map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref())));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}

/// A value as TOML on one line. JSON's escapes are TOML's, too.
fn toml(value: &Json) -> String {
    match value {
        Json::String(text) => quoted(text),
        Json::Array(items) => {
            let items: Vec<_> = items.iter().map(toml).collect();
            format!("[{}]", items.join(", "))
        }
        Json::Object(table) => {
            let entries = table.iter();
            let entries: Vec<_> = entries
                .map(|(key, value)| format!("{} = {}", key_text(key), toml(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}
