//! The table `[vars]`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{At, entries};

/// Variables, by name.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Vars(pub(in crate::manifest) Vec<(At<String>, At<Var>)>);

/// A variable: a text, or a table that says where the text comes from.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Var {
    /// The value when the environment has none.
    pub(in crate::manifest) default: Option<String>,
    /// The environment variable that has the value.
    pub(in crate::manifest) env: Option<At<String>>,
    /// Whether the value may be seen by all who get the bundle although it looks like a secret.
    pub(in crate::manifest) public: bool,
}

impl<'de> Deserialize<'de> for Vars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        entries(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Var {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// An untagged enum would lose where its parts stand.
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Var;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a table")
            }
            fn visit_str<E>(self, value: &str) -> Result<Var, E> {
                Ok(Var {
                    default: Some(value.to_owned()),
                    ..Var::default()
                })
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Var, A::Error> {
                let mut var = Var::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "default" => var.default = Some(map.next_value()?),
                        "env" => var.env = Some(map.next_value()?),
                        "public" => var.public = map.next_value()?,
                        key => return Err(de::Error::unknown_field(key, &KEYS)),
                    }
                }
                Ok(var)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

const KEYS: [&str; 3] = ["default", "env", "public"];

impl JsonSchema for Vars {
    fn schema_name() -> Cow<'static, str> {
        "Vars".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "The variables that `${NAME}` stands for, by name; `$${` stands for `${` itself.",
            "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
            "additionalProperties": generator.subschema_for::<Var>(),
        })
    }
}

impl JsonSchema for Var {
    fn schema_name() -> Cow<'static, str> {
        "Var".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "object"],
            "description": "A text, or a table that says where the text comes from.",
            "properties": {
                "default": {
                    "type": "string",
                    "description": "The value when the environment has none.",
                },
                "env": {
                    "type": "string",
                    "description": "The environment variable that has the value.",
                },
                "public": {
                    "type": "boolean",
                    "default": false,
                    "description": "Whether all who get the bundle may see the value although it looks like a secret.",
                },
            },
            "anyOf": [
                { "type": "string" },
                { "required": ["default"] },
                { "required": ["env"] },
            ],
            "additionalProperties": false,
        })
    }
}
