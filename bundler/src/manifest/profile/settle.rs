//! What of an inherited table no longer makes sense after a profile has changed it.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::layers::Layers;
use crate::manifest::kinds::kind_takes;

/// Drops inherited keys that a later layer has made meaningless: those that a mount's new kind can't have, the content of
/// a file that got a source. In one layer they contradict each other, which is for the checks to tell.
pub(super) fn settle(table: &mut DeTable<'_>, layers: &Layers) {
    for (what, settle) in [("mount", mount as fn(&mut _, &_)), ("file", file)] {
        if let Some(DeValue::Array(list)) = table.get_mut(what).map(Spanned::get_mut) {
            for item in list.iter_mut() {
                if let DeValue::Table(item) = item.get_mut() {
                    settle(item, layers);
                }
            }
        }
    }
}

fn mount(mount: &mut DeTable<'_>, layers: &Layers) {
    let kind = match mount.get("kind").map(Spanned::get_ref) {
        Some(DeValue::String(kind)) => kind.to_string(),
        _ => "embed".to_owned(),
    };
    let since = layer(mount, "kind", layers).unwrap_or(0);
    *mount = std::mem::take(mount)
        .into_iter()
        .filter(|(key, _)| kind_takes(&kind, key.get_ref()) || layers.at(key.span().start) >= since)
        .collect();
    // A limit is for what can grow.
    let writable = mount.get("writable").map(Spanned::get_ref);
    let grows = kind != "embed" || matches!(writable, Some(DeValue::Boolean(true)));
    let since = since.max(layer(mount, "writable", layers).unwrap_or(0));
    if !grows && layer(mount, "size-limit", layers).is_some_and(|layer| layer < since) {
        mount.remove("size-limit");
    }
}

fn file(file: &mut DeTable<'_>, layers: &Layers) {
    let content = layer(file, "content", layers);
    let source = layer(file, "source", layers);
    if let (Some(content), Some(source)) = (content, source)
        && content != source
    {
        file.remove(if content < source {
            "content"
        } else {
            "source"
        });
    }
}

/// The layer of a key that is there.
fn layer(table: &DeTable<'_>, key: &str, layers: &Layers) -> Option<usize> {
    let (key, _) = table.get_key_value(key)?;
    Some(layers.at(key.span().start))
}
