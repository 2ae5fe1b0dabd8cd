//! The JSON schema of the manifest, made from the types in `raw`.

use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

use super::raw;

/// The manifest's JSON schema (draft 2020-12), as `schema/wasi-vfs.schema.json` holds it.
#[must_use]
pub fn schema() -> Value {
    let mut generator = generator();
    // Both are used up before the text becomes a `raw::Manifest`, so that has no key for them.
    let profiles = generator.subschema_for::<raw::Profiles>();
    let vars = generator.subschema_for::<raw::Vars>();
    let mut schema = generator.into_root_schema_for::<raw::Manifest>();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.insert("profile".to_owned(), profiles.to_value());
        properties.insert("vars".to_owned(), vars.to_value());
    }
    schema.to_value()
}

/// The schema of a file in TOML.
pub(crate) fn of<T: JsonSchema>() -> Value {
    generator().into_root_schema_for::<T>().to_value()
}

fn generator() -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings
        .transforms
        .push(Box::new(RecursiveTransform(NoNull)));
    settings.into_generator()
}

/// Optional keys are left out: TOML has no null.
#[derive(Debug, Clone)]
struct NoNull;

impl Transform for NoNull {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        let rest = schema
            .get("anyOf")
            .and_then(Value::as_array)
            .and_then(|any| match any.as_slice() {
                [rest, null] if null.get("type").is_some_and(|name| name == "null") => {
                    Some(rest.clone())
                }
                _ => None,
            });
        if let Some(Value::Object(rest)) = rest {
            schema.remove("anyOf");
            for (key, value) in rest {
                schema.insert(key, value);
            }
        }
    }
}
