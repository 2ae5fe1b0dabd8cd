//! The schemas in `schema/` are those of this build, and reports keep them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::tool::{Folder, compare};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../schema")
        .join(name)
}

#[test]
fn schemas_are_current() {
    let folder = Folder::new();
    for (what, name) in [
        ("manifest", "wasi-vfs.schema.json"),
        ("lock", "wasi-vfs-lock.schema.json"),
        ("drift-report", "drift-report.schema.json"),
        ("verify-report", "verify-report.schema.json"),
        ("diff-report", "diff-report.schema.json"),
        ("bundle-report", "bundle-report.schema.json"),
        ("plan-report", "plan-report.schema.json"),
        ("inspect-report", "inspect-report.schema.json"),
        ("extract-report", "extract-report.schema.json"),
        ("why-report", "why-report.schema.json"),
    ] {
        let said = folder.run(&["schema", what]);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
        compare(&file(name), &said.stdout);
    }
    assert_eq!(
        folder.run(&["schema"]).stdout,
        folder.run(&["schema", "manifest"]).stdout
    );
}

/// Fails unless `report` keeps the schema that the tool prints for it.
#[track_caller]
pub(crate) fn check(folder: &Folder, what: &str, report: &str) {
    let schema: Value = serde_json::from_str(&folder.run(&["schema", what]).stdout).unwrap();
    let report = serde_json::from_str(report).unwrap();
    if let Err(problem) = keeps(&schema, &schema, &report) {
        panic!("{what}: {problem}");
    }
}

/// What our schemas are made of: references, alternatives, constants, types, lists and closed sets of keys.
fn keeps(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let path = reference.strip_prefix('#').ok_or(reference)?;
        return keeps(root, root.pointer(path).ok_or(reference)?, value);
    }
    for alternatives in [&schema["oneOf"], &schema["anyOf"]] {
        if let Some(alternatives) = alternatives.as_array() {
            let kept = alternatives
                .iter()
                .any(|schema| keeps(root, schema, value).is_ok());
            return if kept {
                Ok(())
            } else {
                Err(format!("{value} is none of {schema}"))
            };
        }
    }
    if schema
        .get("const")
        .is_some_and(|constant| constant != value)
    {
        return Err(format!("{value} is not {schema}"));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types = &schema["type"];
    if types.is_null() {
        // Any value; or a constant, which it is.
        return Ok(());
    }
    if types != kind
        && !types
            .as_array()
            .is_some_and(|types| types.iter().any(|r#type| r#type == kind))
    {
        return Err(format!("{value} is no {types}"));
    }
    for element in value.as_array().into_iter().flatten() {
        keeps(root, &schema["items"], element)?;
    }
    if let Some(object) = value.as_object() {
        for (key, value) in object {
            let any = schema.get("additionalProperties");
            let schema = schema["properties"]
                .get(key)
                .or(any.filter(|any| any.is_object()))
                .ok_or_else(|| format!("no key `{key}` in {schema}"))?;
            keeps(root, schema, value).map_err(|problem| format!("{key}: {problem}"))?;
        }
        for key in schema["required"].as_array().into_iter().flatten() {
            let key = key.as_str().unwrap();
            object
                .get(key)
                .ok_or_else(|| format!("`{key}` is missing"))?;
        }
    }
    Ok(())
}
