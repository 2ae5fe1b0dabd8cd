//! The table `[preinit]`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use super::{At, Env, entries};
use crate::manifest::{PreinitOutput, PreinitRandom};

/// Runs an initializer of the program while it is bundled; the bundle starts with what that leaves in memory.
///
/// The initializer sees the embedded files. Of this machine it has nothing: no directories, an empty standard input, no
/// variables and arguments but those here.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::manifest) struct Preinit {
    /// The function that is run: an export of the program without parameters and results. The start function and
    /// `_initialize` are run before it, if the program has them, and are not run again.
    #[schemars(required)]
    pub(in crate::manifest) function: Option<At<String>>,
    /// Environment variables that it gets; those of the manifest's own `[env]` come on top.
    pub(in crate::manifest) env: Option<Env>,
    /// Arguments that it gets behind the program's name; without any it gets those of `[args]`.
    #[schemars(extend("default" = []))]
    pub(in crate::manifest) args: Option<Vec<At<String>>>,
    /// Whether the bundle exports the function, too.
    #[schemars(extend("default" = false))]
    pub(in crate::manifest) keep_function: Option<bool>,
    /// Exported functions that take the place of others: `_start = "resume"` makes `resume` what is run.
    pub(in crate::manifest) rename: Option<Rename>,
    /// How much it may do; an instruction takes one, and more in large loops. 0 is no limit.
    #[schemars(extend("default" = 200_000_000_000_u64, "minimum" = 0))]
    pub(in crate::manifest) fuel: Option<At<i64>>,
    /// What it gets when it asks for random bytes: nothing, which ends the bundling, or the same bytes each time.
    #[schemars(extend("default" = "trap"))]
    pub(in crate::manifest) random: Option<PreinitRandom>,
    /// What it gets when it asks for the time: nothing, which ends the bundling, or a fixed time, `SOURCE_DATE_EPOCH` or
    /// 1970.
    #[schemars(extend("default" = "trap"))]
    pub(in crate::manifest) clock: Option<At<Clock>>,
    /// Whether what it prints is shown while the program is bundled.
    #[schemars(extend("default" = "show"))]
    pub(in crate::manifest) output: Option<PreinitOutput>,
}

/// What an initializer gets when it asks for the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::manifest) enum Clock {
    /// None: bundling fails.
    Trap,
    /// The same times each time.
    Fixed,
}

/// Exported functions that take the place of others, by the name that they get.
#[derive(Debug, Default)]
pub(in crate::manifest) struct Rename(pub(in crate::manifest) Vec<(At<String>, At<String>)>);

impl<'de> Deserialize<'de> for Rename {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        entries(deserializer).map(Self)
    }
}

impl JsonSchema for Rename {
    fn schema_name() -> Cow<'static, str> {
        "Rename".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Exported functions that take the place of others, by the name that they get.",
            "additionalProperties": { "type": "string" },
        })
    }
}
