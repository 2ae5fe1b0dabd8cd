//! What the tables of a profile are called, so that it is clear which of the inherited they mean.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::path::GuestPath;

/// What a table of a list is called: its `name`, else its guest path.
pub(super) fn name_of(what: &str, item: &DeValue<'_>) -> Option<String> {
    match text_of(item, "name").filter(|_| what == "mount") {
        Some(name) => Some(name.to_owned()),
        None => guest_of(item),
    }
}

/// Its guest path.
pub(super) fn guest_of(item: &DeValue<'_>) -> Option<String> {
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
pub(super) fn only_names(key: &str, value: &DeValue<'_>, table: &DeTable<'_>) -> bool {
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
pub(super) fn normal(guest: &str) -> String {
    GuestPath::parse(guest).map_or_else(|_| guest.to_owned(), |path| path.as_str().to_owned())
}

/// Where a table says what it is called.
pub(super) fn place_of(table: &DeTable<'_>, header: &Range<usize>) -> Range<usize> {
    let key = table.get("name").or_else(|| table.get("guest"));
    key.map_or_else(|| header.clone(), Spanned::span)
}
