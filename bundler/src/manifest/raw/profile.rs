//! The tables `[profile.NAME]`. They are merged into the top level before anything is read from them, so these types are
//! here for their schema alone.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value as Json, json};

use super::{Args, Defaults, Dir, Env, File, Limits, Link, Mount, Preinit, Symlink, Vars};

/// What a profile's name is made of.
const NAME: &str = "^[A-Za-z0-9_-]+$";

/// Other manifests in this one, by name.
pub(in crate::manifest) struct Profiles;

impl JsonSchema for Profiles {
    fn schema_name() -> Cow<'static, str> {
        "Profiles".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Other manifests in this one, by name: each says what is different.",
            "propertyNames": { "pattern": NAME, "not": { "const": "base" } },
            "additionalProperties": generator.subschema_for::<Profile>(),
        })
    }
}

/// What is different from the profile it inherits. Tables here replace keys of those they meet, one by one.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
#[expect(dead_code, reason = "its schema is what is used")]
struct Profile {
    /// The profile that this one starts from; `base` is the manifest's top level.
    #[schemars(extend("default" = "base"))]
    inherits: Option<String>,
    /// Another program.
    input: Option<String>,
    /// Another bundle to write.
    output: Option<String>,
    /// What of the inherited is taken away: names of mounts, guest paths of other tables, `env.NAME`.
    #[schemars(extend("default" = []))]
    remove: Option<Vec<String>>,
    defaults: Option<Defaults>,
    limits: Option<Limits>,
    link: Option<Link>,
    env: Option<Env>,
    args: Option<Args>,
    vars: Option<Vars>,
    preinit: Option<Keys<Preinit>>,
    /// Mounts. One with the name of an inherited mount replaces its keys one by one; any other is added.
    mount: Option<Vec<Change<Mount>>>,
    /// Files. One with the guest path of an inherited file replaces its keys one by one; any other is added.
    file: Option<Vec<Change<File>>>,
    /// Directories. One with the guest path of an inherited one replaces its keys one by one; any other is added.
    dir: Option<Vec<Change<Dir>>>,
    /// Symbolic links. One with the guest path of an inherited one replaces its keys one by one; any other is added.
    symlink: Option<Vec<Change<Symlink>>>,
}

/// A table that may lack every key, because the inherited one may have it.
struct Keys<T>(std::marker::PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Keys<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Profile{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.remove("required");
        schema
    }
}

/// A table that may lack what the inherited one has: only what it is called is needed, and nothing has a default.
struct Change<T>(std::marker::PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Change<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Profile{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        for key in ["required", "anyOf", "oneOf"] {
            schema.remove(key);
        }
        let properties = schema.get_mut("properties").and_then(Json::as_object_mut);
        let properties = properties.into_iter().flatten();
        let mut named = false;
        for (key, property) in properties {
            named |= key == "name";
            if let Some(property) = property.as_object_mut() {
                property.remove("default");
            }
        }
        if named {
            let by = json!([{ "required": ["name"] }, { "required": ["guest"] }]);
            schema.insert("anyOf".to_owned(), by);
        } else {
            schema.insert("required".to_owned(), json!(["guest"]));
        }
        schema
    }
}
