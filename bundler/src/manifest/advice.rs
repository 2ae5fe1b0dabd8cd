//! What to type instead: the help texts of mistakes in keys, values and types.

use std::ops::Range;

use toml::de::DeValue;

use super::error::{ManifestProblem, span};
use super::shape::Place;

const READ_ONLY: &str = "remove it; a mount is read-only unless it has `writable = true`";

/// Keys that are right in another table, or not needed: table, key, what to do.
const ELSEWHERE: [(&str, &str, &str); 14] = [
    (
        "profile.",
        "module",
        "write `input` and `output` in the profile's own table",
    ),
    (
        "profile.",
        "manifest-version",
        "remove it; the manifest has one for all profiles",
    ),
    (
        "profile.",
        "profile",
        "write the other profile as a table of its own, with `inherits`",
    ),
    (
        "profile.",
        "extends",
        "write `inherits` with the name of the profile that it starts from",
    ),
    ("", "profiles", "write `[profile.NAME]` for each profile"),
    (
        "defaults",
        "writable",
        "write it in each `[[mount]]` that the program may write to",
    ),
    (
        "defaults",
        "size-limit",
        "write it in each `[[mount]]` that needs one",
    ),
    (
        "limits",
        "size-limit",
        "write it in the `[[mount]]`; to limit what goes into the bundle, use `[limits]`",
    ),
    (
        "mount",
        "host",
        "write `kind = \"host\"` for a host directory; `host` in `[link]` applies to all of them",
    ),
    ("mount", "readonly", READ_ONLY),
    ("mount", "read-only", READ_ONLY),
    ("mount", "ro", READ_ONLY),
    ("link", "args", "write `[args]` with `default = [\"...\"]`"),
    (
        "dir",
        "writable",
        "write a `[[mount]]` with `kind = \"tmpfs\"`",
    ),
];

/// Keys by other names, mostly those of other tools, and what they are called here. Of several, the first that the table has.
const MEANT: [(&[&str], &str); 25] = [
    (&["size", "total-size", "max-size", "total"], "image-size"),
    (&["to", "link", "points-to", "source"], "target"),
    (&["size", "max-size", "limit", "quota"], "size-limit"),
    (
        &["mode", "perm", "perms", "chmod", "file-mode"],
        "permissions",
    ),
    (&["dir-mode", "directory-permissions"], "dir-permissions"),
    (
        &[
            "to",
            "dest",
            "dst",
            "destination",
            "into",
            "at",
            "mount-point",
            "mountpoint",
            "path",
            "guest-path",
        ],
        "guest",
    ),
    (
        &[
            "from",
            "src",
            "host",
            "host-path",
            "path",
            "dir",
            "directory",
            "url",
        ],
        "source",
    ),
    (&["target"], "guest"),
    (&["text", "contents", "data", "body", "value"], "content"),
    (&["excludes", "ignore", "except", "skip"], "exclude"),
    (
        &["includes", "files", "patterns", "glob", "globs", "only"],
        "include",
    ),
    (&["pattern", "path", "glob", "include"], "match"),
    (&["rules"], "rule"),
    (&["override", "overwrite", "replace", "force"], "overrides"),
    (&["mtime", "time", "times", "timestamp"], "timestamps"),
    (&["follow-symlinks", "follow", "links"], "symlinks"),
    (&["rw", "write", "mutable"], "writable"),
    (&["type"], "kind"),
    (&["strip", "prefix", "strip-components"], "strip-prefix"),
    (&["dotfiles", "dot-files"], "hidden"),
    (&["wasm", "program", "module", "path", "in"], "input"),
    (&["out", "to", "dest"], "output"),
    (&["argv", "arguments", "args"], "default"),
    (&["name", "argv0"], "program"),
    (&["must-exist"], "optional"),
];

pub(super) fn unknown_key(
    key: &str,
    at: &Range<usize>,
    place: &Place,
    known: &[&str],
) -> ManifestProblem {
    let elsewhere = ELSEWHERE
        .iter()
        .find(|(table, name, _)| *name == key && place.is(table));
    let help = match (elsewhere, meant(key, known)) {
        (Some((_, _, help)), _) => (*help).to_owned(),
        (None, Some(meant)) => format!("did you mean `{meant}`?"),
        (None, None) => format!("its keys are `{}`", known.join("`, `")),
    };
    ManifestProblem::UnknownKey {
        key: key.to_owned(),
        table: place.shown(),
        help,
        at: span(at),
    }
}

/// The key that an unknown one stands for, if it is clear which.
pub(super) fn meant<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let mut others = MEANT
        .iter()
        .filter(|(written, _)| written.contains(&key))
        .filter_map(|(_, meant)| known.iter().find(|known| *known == meant).copied());
    others.next().or_else(|| near(key, known))
}

pub(super) fn unknown_value(
    key: &str,
    value: &str,
    at: &Range<usize>,
    choices: &[&str],
) -> ManifestProblem {
    ManifestProblem::UnknownValue {
        key: key.to_owned(),
        value: value.to_owned(),
        help: suggestion(value, choices, "it can be"),
        at: span(at),
    }
}

pub(super) fn wrong_type(
    key: &str,
    value: &DeValue<'_>,
    types: &[&str],
    at: &Range<usize>,
    place: &Place,
) -> ManifestProblem {
    let header = if place.name.is_empty() || place.name == key {
        key.to_owned()
    } else {
        format!("{}.{key}", place.name)
    };
    let help = match (types.first().copied(), value) {
        (_, found) if place.name == "profile" && !matches!(found, DeValue::Array(_)) => {
            "write it in the table of a profile, such as `[profile.dev]`".to_owned()
        }
        (Some("array"), DeValue::Table(_)) => format!("write `[[{header}]]`, with double brackets"),
        (Some("array"), _) if ["mount", "rule", "file", "dir", "symlink"].contains(&key) => {
            format!("write `[[{header}]]` with its keys below")
        }
        (Some("array"), DeValue::String(text)) => format!("write `{key} = [\"{text}\"]`"),
        (Some("object"), DeValue::Array(_)) => format!("write `[{header}]`, with single brackets"),
        (Some("object"), _) => format!("write `[{header}]` with its keys below"),
        (Some("string"), DeValue::Integer(number)) if key.ends_with("permissions") => {
            format!(
                "write `{key} = \"0{}\"`, in quotes",
                number.as_str().trim_start_matches('0')
            )
        }
        (Some("string"), DeValue::Integer(number)) if texts_only(place) => {
            format!("write `{key} = \"{}\"`, in quotes", number.as_str())
        }
        (Some("string"), DeValue::Boolean(value)) if texts_only(place) => {
            format!("write `{key} = \"{value}\"`, in quotes")
        }
        (Some("string"), DeValue::Datetime(time)) => {
            format!("write `{key} = \"{time}\"`, in quotes")
        }
        (Some("string"), _) => format!("write {}", example(key)),
        (Some("boolean"), _) => format!("write `{key} = true` or `{key} = false`, without quotes"),
        (Some("integer"), DeValue::String(text))
            if text.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            format!("write `{key} = {text}`, without quotes")
        }
        _ => format!("write {}", example(key)),
    };
    ManifestProblem::WrongType {
        key: key.to_owned(),
        expected: types
            .iter()
            .map(|name| type_name(name))
            .collect::<Vec<_>>()
            .join(" or "),
        found: found(value),
        help,
        at: span(at),
    }
}

/// What to type for a profile that was asked for and is not there; `known` are those that the manifest has.
pub(super) fn unknown_profile(name: &str, known: &[String]) -> String {
    if known.is_empty() {
        return format!(
            "the manifest has no profiles: add `[profile.{name}]`, or choose none with `--profile` and WASI_VFS_PROFILE"
        );
    }
    let mut all = vec!["base"];
    all.extend(known.iter().map(String::as_str));
    let listed = format!(
        "`--profile` or WASI_VFS_PROFILE can choose `{}`",
        all.join("`, `")
    );
    match near(name, &all) {
        Some(near) => format!("did you mean `{near}`? {listed}"),
        None => listed,
    }
}

/// What `inherits` can be; `known` are the other profiles.
pub(super) fn unknown_parent(name: &str, known: &[String]) -> String {
    let mut all = vec!["base"];
    all.extend(known.iter().map(String::as_str));
    suggestion(name, &all, "it can be")
}

/// What can be removed.
pub(super) fn not_removable(what: &str, known: &[String]) -> String {
    if known.is_empty() {
        return "remove it from `remove`: there is nothing to remove".to_owned();
    }
    // Without its prefix a variable's name is easily written, too.
    let variable = format!("env.{what}");
    if known.contains(&variable) {
        return format!("did you mean `{variable}`?");
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    suggestion(what, &known, "it can remove")
}

/// What a profile's mount without a guest path can be called.
pub(super) fn unknown_mount(name: &str, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match near(name, &known) {
        Some(near) => format!("did you mean `{near}`? a new mount needs `guest`"),
        None if known.is_empty() => "add `guest`: there is no mount to change".to_owned(),
        None => format!(
            "add `guest` for a new mount, or write one of `{}`",
            known.join("`, `")
        ),
    }
}

/// How to tell tables of one name apart.
pub(super) fn ambiguous(what: &str) -> &'static str {
    match what {
        "mount" => "give each of them a `name` of its own, and write the one that is meant",
        _ => "remove all but one of them",
    }
}

/// What to write for a `${NAME}` that is not declared.
pub(super) fn undeclared_var(name: &str, known: &[&str]) -> String {
    let escape = format!("for the text itself write `$${{{name}}}`");
    match near(name, known) {
        Some(near) => format!("did you mean `${{{near}}}`? {escape}"),
        None => format!("declare it: `[vars]` with `{name} = \"...\"`; {escape}"),
    }
}

/// Whether the table has the user's own keys, and texts as their values.
fn texts_only(place: &Place) -> bool {
    ["env", "vars"].contains(&place.kind())
}

/// An array with something in it that it can't hold.
pub(super) fn wrong_item(
    key: &str,
    value: &DeValue<'_>,
    types: &[&str],
    at: &Range<usize>,
) -> ManifestProblem {
    let of = if types == ["object"] {
        "tables"
    } else {
        "strings"
    };
    ManifestProblem::WrongType {
        key: key.to_owned(),
        expected: format!("an array of {of}"),
        found: found_in(value),
        help: format!("write {}", example(key)),
        at: span(at),
    }
}

pub(super) fn large_number(key: &str, at: &Range<usize>) -> ManifestProblem {
    ManifestProblem::WrongType {
        key: key.to_owned(),
        expected: "a number below 2^63".to_owned(),
        found: "a larger one",
        help: "write a smaller number".to_owned(),
        at: span(at),
    }
}

/// A key with a value that would do.
pub(super) fn example(key: &str) -> &'static str {
    match key {
        "manifest-version" => "`manifest-version = 1`",
        "module" => "`[module]` with `input` and `output`",
        "input" => "`input = \"app.wasm\"`, the program",
        "output" => "`output = \"dist/app.wasm\"`, the bundle to write",
        "guest" => "`guest = \"/data\"`, where the program sees it",
        "source" => "`source = \"data\"`, a path from the manifest's folder",
        "match" => "`match = \"bin/**\"`, a pattern from the source's top",
        "target" => "`target = \"python3.13\"`, what the link holds",
        "default" => "arguments as texts, such as `[\"-m\", \"app\"]`",
        "program" => "`program = \"app\"`, the first argument",
        "include" | "exclude" => "patterns as texts, such as `[\"**/*.py\"]`",
        "mount" | "file" | "dir" | "symlink" | "rule" => {
            "a header in double brackets for each table"
        }
        "files" => "`files = 100000`",
        "function" => "`function = \"init\"`, a function that the program exports",
        "rename" => "names in quotes, such as `rename = { _start = \"resume\" }`",
        "fuel" => "`fuel = 200000000000`",
        "image-size" | "file-size" | "archive-size" | "size-limit" => {
            "a number of bytes or a text such as `\"64 MiB\"`"
        }
        "timestamps" => "`timestamps = \"epoch\"`",
        _ => "a text in quotes",
    }
}

/// `did you mean` when something is near, else all there is; `all` says what that is.
fn suggestion(text: &str, known: &[&str], all: &str) -> String {
    match near(text, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{all} `{}`", known.join("`, `")),
    }
}

/// The name that was meant, if one is like the text.
pub(crate) fn near<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    let folded = |text: &str| text.to_lowercase().replace('_', "-");
    let written = folded(text);
    let distance = |name: &&str| strsim::damerau_levenshtein(&written, &folded(name));
    let near = known.iter().copied().min_by_key(distance)?;
    (distance(&near) <= 1 + near.len() / 4).then_some(near)
}

fn type_name(name: &str) -> &'static str {
    match name {
        "string" => "a string",
        "integer" => "an integer",
        "boolean" => "a boolean",
        "array" => "an array",
        _ => "a table",
    }
}

fn found_in(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "with a string in it",
        DeValue::Integer(_) => "with an integer in it",
        DeValue::Float(_) => "with a float in it",
        DeValue::Boolean(_) => "with a boolean in it",
        DeValue::Datetime(_) => "with a date-time in it",
        DeValue::Array(_) => "with an array in it",
        DeValue::Table(_) => "with a table in it",
    }
}

fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date-time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
