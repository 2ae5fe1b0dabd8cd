//! The JSON schema of the manifest, made from the types in `raw`.

use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::Value;

use super::raw;

/// The manifest's JSON schema (draft 2020-12), as `schema/wasi-vfs.schema.json` holds it.
#[must_use]
pub fn schema() -> Value {
    of::<raw::Manifest>()
}

/// The schema of a file in TOML.
pub(crate) fn of<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings
        .transforms
        .push(Box::new(RecursiveTransform(NoNull)));
    let schema = settings.into_generator().into_root_schema_for::<T>();
    schema.to_value()
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

#[cfg(test)]
mod tests {
    #[test]
    fn print() {
        println!(
            "{}",
            serde_json::to_string_pretty(&super::schema()).unwrap()
        );
    }
}
