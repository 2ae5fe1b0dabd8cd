//! The manifest's schema as a golden file, and what must agree with it: `wasi-vfs.toml.example` names every key once, at
//! its default. `BLESS=1 cargo test` writes the schema anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use wasi_vfs::manifest::{Choice, Environment, Manifest, Variables, schema};

const BLESS: Option<&str> = option_env!("BLESS");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_schema_is_checked_in() {
    let path = root().join("schema/wasi-vfs.schema.json");
    let now = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if BLESS.is_some() {
        fs::write(&path, &now).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        now, golden,
        "BLESS=1 writes schema/wasi-vfs.schema.json anew"
    );
}

/// The keys of a text by table, and the values of those that are not commented out.
fn keys(text: &str) -> BTreeMap<String, Vec<(String, Option<String>)>> {
    let mut keys: BTreeMap<String, Vec<(String, Option<String>)>> = BTreeMap::new();
    let mut table = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            table = line.trim_matches(['[', ']']).to_owned();
            keys.entry(table.clone()).or_default();
        } else if let Some((key, value)) = line.split_once(" = ")
            && (!key.contains(' '))
        {
            let (key, value) = match key.strip_prefix('#') {
                Some(key) => (key, None),
                None => (key, Some(value.to_owned())),
            };
            keys.entry(table.clone())
                .or_default()
                .push((key.to_owned(), value));
        }
    }
    keys
}

/// The tables of the schema: name as in a header, and properties.
fn tables(schema: &Json) -> BTreeMap<&'static str, &Json> {
    let of = |name: &str| &schema["$defs"][name]["properties"];
    BTreeMap::from([
        ("", &schema["properties"]),
        // Required tables stand in the schema themselves.
        ("module", &schema["properties"]["module"]["properties"]),
        ("defaults", of("Defaults")),
        ("limits", of("Limits")),
        ("link", of("Link")),
        ("args", of("Args")),
        ("preinit", of("Preinit")),
        ("mount", of("Mount")),
        ("mount.rule", of("Rule")),
        ("file", of("File")),
        ("dir", of("Dir")),
        ("symlink", of("Symlink")),
        ("profile.dev", of("Profile")),
    ])
}

#[test]
fn the_example_names_every_key_once_at_its_default() {
    let text = fs::read_to_string(root().join("wasi-vfs.toml.example")).unwrap();
    let manifest = Manifest::parse(
        &text,
        "wasi-vfs.toml.example",
        Path::new(""),
        &Choice::default(),
    );
    if let Err(error) = manifest {
        panic!("{:?}", miette::Report::new(error));
    }
    let schema = schema();
    let tables = tables(&schema);
    let mut keys = keys(&text);
    // The tables whose keys are the user's own.
    for table in ["env", "preinit.env", "preinit.rename"] {
        let names = keys.remove(table);
        assert!(names.is_some_and(|names| names.len() == 1), "{table}");
    }
    let vars = keys.remove("vars").unwrap();
    let [(_, Some(var))] = &vars[..] else {
        panic!("{vars:?} is not one variable")
    };
    for (key, property) in schema["$defs"]["Var"]["properties"].as_object().unwrap() {
        let default = property.get("default").map(Json::to_string);
        let written = format!("{key} = {}", default.unwrap_or_default());
        assert!(var.contains(&written), "{written} is not in {var}");
    }
    // What a profile's tables can have is what those of the top level can have.
    keys.retain(|table, _| !table.starts_with("profile.dev."));
    let headers: BTreeSet<&str> = keys.keys().map(String::as_str).collect();
    assert_eq!(headers, tables.keys().copied().collect());
    for (table, properties) in tables {
        let written: Vec<&str> = keys[table].iter().map(|(key, _)| key.as_str()).collect();
        let unique: BTreeSet<&str> = written.iter().copied().collect();
        assert_eq!(
            unique.len(),
            written.len(),
            "a key of [{table}] comes twice"
        );
        // Keys whose value is a table are there as headers.
        let is_table = |property: &Json| {
            let target = if property["type"] == "array" {
                &property["items"]
            } else {
                property
            };
            if target["type"] == "object" {
                return true;
            }
            let definition = target["$ref"]
                .as_str()
                .and_then(|name| name.strip_prefix("#/$defs/"));
            definition.is_some_and(|name| schema["$defs"][name]["type"] == "object")
        };
        let known: BTreeSet<&str> = properties
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, property)| !is_table(property))
            .map(|(key, _)| key.as_str())
            .collect();
        assert_eq!(unique, known, "the keys of [{table}]");
        for (key, value) in &keys[table] {
            let default = &properties[key]["default"];
            if let Some(value) = value
                && !default.is_null()
            {
                assert_eq!(
                    *value,
                    default.to_string(),
                    "the default of `{key}` in [{table}]"
                );
            }
        }
    }
}

/// Each of the examples that users start from.
#[test]
fn the_examples_are_manifests() {
    let mut seen = 0;
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        let Ok(text) = fs::read_to_string(folder.join("wasi-vfs.toml")) else {
            continue;
        };
        let read = |profile: Option<&str>| {
            let choice = Choice {
                profile: profile.map(str::to_owned),
                environment: Environment {
                    // Whatever a profile asks for.
                    variables: Variables::new(|_| Some("1.0".into())),
                    ..Environment::default()
                },
            };
            match Manifest::parse(&text, "wasi-vfs.toml", &folder, &choice) {
                Ok(manifest) => manifest,
                Err(error) => panic!("{}: {:?}", folder.display(), miette::Report::new(error)),
            }
        };
        for profile in read(None).profiles() {
            read(Some(profile));
        }
        seen += 1;
    }
    assert!(seen > 0);
}
