//! The manifest as written: one struct per table, every key optional, every value with its place in the text.
//!
//! These types are also the JSON schema: the doc comments are what an editor shows. `shape` holds a text
//! against that schema, so what an editor accepts and what the parser accepts can't differ; `check` decides the rest.

mod preinit;
mod profile;
mod vars;

use std::borrow::Cow;
use std::marker::PhantomData;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::settings::{EnvPolicy, Host, Memory, Mode};

pub(super) use preinit::{Clock, Preinit, Rename};
pub(super) use profile::Profiles;
pub(super) use vars::{Var, Vars};

/// A value and the bytes of the manifest it was written at.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        let span = spanned.span();
        Ok(Self {
            value: spanned.into_inner(),
            span,
        })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// What goes into a bundle: the program, its files, and under which names, modes and times the program sees them.
/// Paths on this machine are relative to the manifest's folder.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "wasi-vfs.toml", rename = "Manifest")]
pub(super) struct Manifest {
    /// The version of this format: 1.
    #[schemars(required, extend("default" = 1, "minimum" = 1, "maximum" = 1))]
    pub(super) manifest_version: Option<At<i64>>,
    /// The program that gets the files.
    #[schemars(required)]
    pub(super) module: Option<At<Module>>,
    /// What holds for all tables that say nothing else.
    pub(super) defaults: Option<Defaults>,
    /// How much may go in; over one of them, bundling fails and names the largest files.
    pub(super) limits: Option<Limits>,
    /// How the interposer is put into the program.
    pub(super) link: Option<Link>,
    /// Environment variables that the program gets, by name.
    pub(super) env: Option<Env>,
    /// Arguments that the program gets when the host passes none.
    pub(super) args: Option<Args>,
    /// Runs an initializer of the program while it is bundled; the bundle starts with what that leaves in memory.
    pub(super) preinit: Option<At<Preinit>>,
    /// A directory or file of this machine, embedded, or a directory of another kind. Any number.
    pub(super) mount: Option<Vec<At<Mount>>>,
    /// One file, from this machine or with its content here. Any number.
    pub(super) file: Option<Vec<At<File>>>,
    /// A directory that no mount brings. Any number.
    pub(super) dir: Option<Vec<At<Dir>>>,
    /// A symbolic link that no mount brings. Any number.
    pub(super) symlink: Option<Vec<At<Symlink>>>,
}

/// The program that gets the files.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Module {
    /// The program: a WASI preview1 module, `.wasm` or `.wat`.
    #[schemars(required)]
    pub(super) input: Option<At<String>>,
    /// The bundle to write.
    #[schemars(required)]
    pub(super) output: Option<At<String>>,
}

/// What holds for all tables that say nothing else.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Defaults {
    /// Mode of files: octal, symbolic as in chmod (`u=rw,go=r`, `+x`, `go-w`), or `source` for what the source has.
    #[schemars(extend("default" = "0644"))]
    pub(super) permissions: Option<At<String>>,
    /// Mode of directories, in the same forms.
    #[schemars(extend("default" = "0755"))]
    pub(super) dir_permissions: Option<At<String>>,
    /// Times: `epoch`, `source`, `source-date-epoch` (the source's, at most `SOURCE_DATE_EPOCH`) or an RFC 3339 time.
    #[schemars(extend("default" = "epoch"))]
    pub(super) timestamps: Option<At<String>>,
    /// What to do with symbolic links in a source tree. One that leaves its tree is always an error.
    #[schemars(extend("default" = "keep"))]
    pub(super) symlinks: Option<Symlinks>,
    /// Whether names that start with a dot go in.
    #[schemars(extend("default" = true))]
    pub(super) hidden: Option<bool>,
    /// Whether version control, editor files, `.env`, private keys and the like stay out.
    #[schemars(extend("default" = true))]
    pub(super) default_excludes: Option<bool>,
    /// Whether what the source's `.gitignore` files name stays out.
    #[schemars(extend("default" = false))]
    pub(super) gitignore: Option<bool>,
}

/// How much may go in; over one of them, bundling fails and names the largest files.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Limits {
    /// All contents together: bytes, or a text with a unit (`kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`).
    #[schemars(extend("default" = "256 MiB"))]
    pub(super) image_size: Option<At<Size>>,
    /// One file.
    #[schemars(extend("default" = "64 MiB"))]
    pub(super) file_size: Option<At<Size>>,
    /// Number of files.
    #[schemars(extend("default" = 100_000, "minimum" = 0))]
    pub(super) files: Option<At<i64>>,
    /// All that one archive holds, unpacked.
    #[schemars(extend("default" = "4 GiB"))]
    pub(super) archive_size: Option<At<Size>>,
}

/// How the interposer is put into the program.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Link {
    /// Where the interposer comes from.
    #[schemars(extend("default" = "auto"))]
    pub(super) mode: Option<Mode>,
    /// Where the interposer keeps its own state.
    #[schemars(extend("default" = "single"))]
    pub(super) memory: Option<Memory>,
    /// How directories that the host gives at run time meet the embedded tree.
    #[schemars(extend("default" = "fallback"))]
    pub(super) host: Option<At<Host>>,
    /// How the host's environment variables meet those of `[env]`.
    #[schemars(extend("default" = "defaults"))]
    pub(super) env: Option<EnvPolicy>,
    /// Whether the bundle can be bundled or packed again, which takes at most about a hundredth of its size.
    #[schemars(extend("default" = true))]
    pub(super) rebundle: Option<bool>,
}

/// Environment variables that the program gets, by name.
#[derive(Debug, Default)]
pub(super) struct Env(pub(super) Vec<(At<String>, At<String>)>);

impl<'de> Deserialize<'de> for Env {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        entries(deserializer).map(Self)
    }
}

/// The keys and values of a table whose keys are the user's own. A map would lose where the keys stand.
fn entries<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<(At<String>, V)>, D::Error> {
    struct Visitor<V>(PhantomData<V>);
    impl<'de, V: Deserialize<'de>> de::Visitor<'de> for Visitor<V> {
        type Value = Vec<(At<String>, V)>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a table")
        }
        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    deserializer.deserialize_map(Visitor(PhantomData))
}

impl JsonSchema for Env {
    fn schema_name() -> Cow<'static, str> {
        "Env".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Environment variables that the program gets, by name.",
            "propertyNames": { "pattern": r"^[^=\u0000]+$" },
            "additionalProperties": { "type": "string" },
        })
    }
}

/// Arguments that the program gets when the host passes none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Args {
    /// The arguments behind the program's name. The host's count when it passes any.
    #[schemars(extend("default" = []))]
    pub(super) default: Option<Vec<At<String>>>,
    /// The program's name, for a host that passes not even that.
    #[schemars(extend("default" = "program"))]
    pub(super) program: Option<At<String>>,
}

/// A directory or file of this machine, embedded, or a directory of another kind.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("anyOf" = [
    { "required": ["source"] },
    { "properties": { "kind": { "enum": ["tmpfs", "host"] } }, "required": ["kind"] },
]))]
pub(super) struct Mount {
    /// What messages call it; the guest path unless given.
    pub(super) name: Option<At<String>>,
    /// Where the program sees it: absolute, or relative for a directory of its own beside `/`.
    /// For a file, its full name.
    #[schemars(required)]
    pub(super) guest: Option<At<String>>,
    /// The directory, file or archive (`.tar`, `.tar.gz`, `.tar.zst`, `.tar.xz`, `.zip`, `.whl`, a bundled `.wasm`); needed
    /// for the kind `embed`, and only there.
    pub(super) source: Option<At<String>>,
    /// Where its files are when the program is run.
    #[schemars(extend("default" = "embed"))]
    pub(super) kind: Option<At<MountKind>>,
    /// Whether the program may change an embedded directory: in memory, gone when the program ends.
    /// It holds for all that is below the guest path, whatever table brings it, except for other writable, tmpfs and
    /// host mounts there.
    #[schemars(extend("default" = false))]
    pub(super) writable: Option<At<bool>>,
    /// How much a tmpfs or a writable mount may hold in memory; beyond it, writing fails with "no space left".
    /// Unless given, as much as there is.
    pub(super) size_limit: Option<At<Size>>,
    /// Whether the program refuses to start when the host gives no directory for a host mount.
    #[schemars(extend("default" = false))]
    pub(super) required: Option<At<bool>>,
    /// What goes in, as patterns from the source's top; nothing given: everything.
    /// A pattern that names a directory takes all of it.
    #[schemars(extend("default" = []))]
    pub(super) include: Option<At<Vec<At<String>>>>,
    /// What of that stays out; the last pattern that matches decides, and `!` in front takes back.
    #[schemars(extend("default" = []))]
    pub(super) exclude: Option<At<Vec<At<String>>>>,
    /// Leading directories of the source's names that the guest's names lack.
    pub(super) strip_prefix: Option<At<String>>,
    /// Whether the source may be missing and a pattern may match nothing.
    #[schemars(extend("default" = false))]
    pub(super) optional: Option<At<bool>>,
    /// Whether it may replace what a table above it put there.
    #[schemars(extend("default" = false))]
    pub(super) overrides: Option<bool>,
    /// Mode of files; unless given, that of `[defaults]`.
    pub(super) permissions: Option<At<String>>,
    /// Mode of directories; unless given, that of `[defaults]`.
    pub(super) dir_permissions: Option<At<String>>,
    /// Times; unless given, those of `[defaults]`.
    pub(super) timestamps: Option<At<String>>,
    /// What to do with symbolic links; unless given, as `[defaults]` says.
    pub(super) symlinks: Option<At<Symlinks>>,
    /// Whether names that start with a dot go in; unless given, as `[defaults]` says.
    pub(super) hidden: Option<At<bool>>,
    /// Whether what nobody wants in a bundle stays out; unless given, as `[defaults]` says.
    pub(super) default_excludes: Option<At<bool>>,
    /// Whether what the source's `.gitignore` files name stays out; unless given, as `[defaults]` says.
    pub(super) gitignore: Option<At<bool>>,
    /// Other modes and times for some of its entries; of several that match, the last decides.
    pub(super) rule: Option<Vec<At<Rule>>>,
}

/// Other modes and times for some entries of a mount.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Rule {
    /// A pattern from the source's top. It means exactly what it matches: `bin/**` for all below `bin`.
    #[schemars(required)]
    pub(super) r#match: Option<At<String>>,
    /// Mode of the files it matches.
    pub(super) permissions: Option<At<String>>,
    /// Mode of the directories it matches.
    pub(super) dir_permissions: Option<At<String>>,
    /// Times of what it matches.
    pub(super) timestamps: Option<At<String>>,
}

/// One file, from this machine or with its content here.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("oneOf" = [{ "required": ["content"] }, { "required": ["source"] }]))]
pub(super) struct File {
    /// Its full name as the program sees it.
    #[schemars(required)]
    pub(super) guest: Option<At<String>>,
    /// Its content; this or `source`.
    pub(super) content: Option<At<String>>,
    /// A file of this machine that has its content; this or `content`.
    pub(super) source: Option<At<String>>,
    /// Its mode; unless given, that of `[defaults]`.
    pub(super) permissions: Option<At<String>>,
    /// Its time; unless given, that of `[defaults]`.
    pub(super) timestamps: Option<At<String>>,
    /// Whether `source` may be missing.
    #[schemars(extend("default" = false))]
    pub(super) optional: Option<bool>,
    /// Whether it may replace what a table above it put there.
    #[schemars(extend("default" = false))]
    pub(super) overrides: Option<bool>,
}

/// A directory that no mount brings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Dir {
    /// Its name as the program sees it.
    #[schemars(required)]
    pub(super) guest: Option<At<String>>,
    /// Its mode; unless given, `dir-permissions` of `[defaults]`.
    pub(super) permissions: Option<At<String>>,
    /// Its time; unless given, that of `[defaults]`.
    pub(super) timestamps: Option<At<String>>,
}

/// A symbolic link that no mount brings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Symlink {
    /// Its name as the program sees it.
    #[schemars(required)]
    pub(super) guest: Option<At<String>>,
    /// What it holds, as the program reads it.
    #[schemars(required)]
    pub(super) target: Option<At<String>>,
    /// Its time; unless given, that of `[defaults]`.
    pub(super) timestamps: Option<At<String>>,
    /// Whether it may replace what a table above it put there.
    #[schemars(extend("default" = false))]
    pub(super) overrides: Option<bool>,
}

/// What to do with symbolic links in a source tree. One that leaves its tree is always an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Symlinks {
    /// Embed them as links.
    #[default]
    Keep,
    /// Embed what they lead to in their place.
    Follow,
    /// Refuse them.
    Error,
}

/// Where a mount's files are at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MountKind {
    /// In the bundle.
    #[default]
    Embed,
    /// In memory: a directory that is empty at first, writable, and gone when the program ends.
    Tmpfs,
    /// In a directory that the host gives: `--dir DIRECTORY::GUEST`.
    Host,
}

/// A number of bytes as written: a number, or a text such as `64 MiB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Size {
    Bytes(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Size;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number of bytes or a text such as \"64 MiB\"")
            }
            fn visit_i64<E>(self, value: i64) -> Result<Size, E> {
                Ok(Size::Bytes(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Size, E> {
                Ok(Size::Text(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Size {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "minimum": 0,
            "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)?\s*$",
        })
    }
}
