//! A lock in any form that TOML allows, and what is wrong with it.

use std::collections::BTreeMap;

use miette::{NamedSource, SourceSpan};
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::{Lock, LockError, Name, VERSION, lines};
use crate::listing::{Item, ItemKind, Listing, Meta, Mount};
use crate::manifest::schema_of;
use crate::path::GuestPath;
use crate::settings::{EnvPolicy, Host, Memory};
use crate::settings::{MountKind, Start};
use crate::time;

/// Reads a lock.
pub(super) fn read(text: &str, name: &str) -> Result<Lock, LockError> {
    if let Some(error) = conflict(text, name) {
        return Err(error);
    }
    let wrong = |error: toml::de::Error| {
        let span = error.span().unwrap_or(0..0);
        syntax(text, name, error.message().to_owned(), span.into())
    };
    // The version first: a later one may have another shape.
    let Head { lock_version } = toml::from_str(text).map_err(wrong)?;
    if lock_version.is_some_and(|version| version > i64::from(VERSION)) {
        return Err(LockError::Version {
            path: name.to_owned(),
            version: lock_version.unwrap_or_default(),
        });
    }
    let raw: RawLock = toml::from_str(text).map_err(wrong)?;
    if raw.lock_version != VERSION {
        let message = format!("there is no lock of version {}", raw.lock_version);
        let at = text.find("lock-version").unwrap_or(0);
        return Err(syntax(text, name, message, (at..at + 12).into()));
    }
    let mut lock = Lock::default();
    for (profile, raw) in raw.profile {
        let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if profile.is_empty() || !profile.bytes().all(bare) {
            let at = text.find(&profile).unwrap_or(0);
            let message = format!("`{profile}` is no profile's name");
            return Err(syntax(text, name, message, (at..at + profile.len()).into()));
        }
        let listing = raw.listing();
        let listing =
            listing.map_err(|Wrong { message, at }| syntax(text, name, message, at.into()))?;
        lock.profiles.insert(Name::of(&profile), listing);
    }
    Ok(lock)
}

/// The JSON Schema of the lock.
#[must_use]
pub fn schema() -> serde_json::Value {
    schema_of::<RawLock>()
}

/// What git leaves of a merge that it could not do.
fn conflict(text: &str, name: &str) -> Option<LockError> {
    let mut at = 0;
    for (line, content) in (1..).zip(text.split_inclusive('\n')) {
        if ["<<<<<<< ", ">>>>>>> ", "||||||| "]
            .iter()
            .any(|mark| content.starts_with(mark))
        {
            return Some(LockError::Conflict {
                path: name.to_owned(),
                line,
                text: NamedSource::new(name, text.to_owned()).into(),
                at: (at..at + content.trim_end().len()).into(),
            });
        }
        at += content.len();
    }
    None
}

fn syntax(text: &str, name: &str, message: String, at: SourceSpan) -> LockError {
    LockError::Syntax {
        path: name.to_owned(),
        // The parser's messages may have several lines.
        message: message.trim_end().replace('\n', ", "),
        text: NamedSource::new(name, text.to_owned()).into(),
        at,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Head {
    lock_version: Option<i64>,
}

/// What each profile of a manifest came to when it was bundled last. Written by `wasi-vfs bundle`, not by hand.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "wasi-vfs.lock")]
struct RawLock {
    /// The version of this form: 1.
    lock_version: u32,
    /// The profiles that were bundled; `base` is the manifest's top level.
    #[serde(default)]
    profile: BTreeMap<String, RawProfile>,
}

/// What a profile came to.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Profile")]
struct RawProfile {
    /// The tool that bundled it, and its version.
    tool: String,
    /// SHA-256 of the interposer that was linked in: `sha256:` and 64 hexadecimal digits; `pre-linked` when the program was linked with it.
    interposer: String,
    /// SHA-256 of the program in binary form, written likewise.
    module: String,
    /// `memory` of `[link]`.
    memory: Memory,
    /// `host` of `[link]`.
    host: Host,
    /// `env` of `[link]`.
    env_policy: EnvPolicy,
    /// The variables that the program gets, sorted by name.
    #[serde(default)]
    #[schemars(with = "Vec<RawPair>")]
    env: Vec<Spanned<RawPair>>,
    /// The program's name and its default arguments.
    #[serde(default)]
    args: Vec<String>,
    /// The mounts that are not just embedded and read-only, sorted by path.
    #[serde(default)]
    #[schemars(with = "Vec<RawMount>")]
    mounts: Vec<Spanned<RawMount>>,
    /// What the program is initialized with, sorted by name; empty when it is not.
    #[serde(default)]
    #[schemars(with = "Vec<RawPair>")]
    preinit: Vec<Spanned<RawPair>>,
    /// The manifest's variables with their values, sorted by name.
    #[serde(default)]
    #[schemars(with = "Vec<RawPair>")]
    vars: Vec<Spanned<RawPair>>,
    /// What makes another machine come to another bundle of the same files.
    #[serde(default)]
    machine_dependent: Vec<String>,
    /// All names that the program sees, sorted by path.
    #[serde(default)]
    #[schemars(with = "Vec<RawEntry>")]
    entries: Vec<Spanned<RawEntry>>,
}

/// A name and a value.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pair")]
struct RawPair {
    /// The name.
    name: String,
    /// The value.
    value: String,
}

/// A directory whose tree follows rules of its own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Mount")]
struct RawMount {
    /// Its guest path.
    path: Path,
    /// What it is.
    kind: RawMountKind,
    /// Bytes it may hold in memory; no limit without it.
    size_limit: Option<u64>,
    /// Whether the program refuses to start without a directory of the host for it.
    #[serde(default)]
    required: bool,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "MountKind")]
enum RawMountKind {
    /// Embedded entries that the program may change, in memory.
    Writable,
    /// Empty at first, writable, in memory.
    Tmpfs,
    /// A directory that the host gives.
    Host,
}

/// A name that the program sees.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Entry")]
struct RawEntry {
    /// The guest path.
    path: Path,
    /// What it is.
    kind: RawKind,
    /// Permission bits, four octal digits; not for a hard link.
    mode: Option<Mode>,
    /// Time of last modification, access and change, RFC 3339 in UTC; not for a hard link.
    time: Option<Time>,
    /// Bytes of content; files only.
    size: Option<u64>,
    /// SHA-256 of the content, 64 hexadecimal digits; files only.
    sha256: Option<Digest>,
    /// What a symlink holds, or the path that a hard link is another name of.
    target: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Kind")]
enum RawKind {
    /// A directory.
    Dir,
    /// A regular file.
    File,
    /// Another name of the file at a smaller path.
    HardLink,
    /// A symbolic link.
    Symlink,
}

/// Texts that have one form; the parser points at one that has not.
macro_rules! text {
    ($name:ident, $inner:ty, $parse:expr, $what:literal) => {
        #[derive(Clone, Deserialize, JsonSchema)]
        #[serde(try_from = "String")]
        #[schemars(with = "String")]
        struct $name($inner);

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                let parse: fn(&str) -> Option<$inner> = $parse;
                match parse(&text) {
                    Some(value) => Ok(Self(value)),
                    None => Err(format!("`{text}` is not {}", $what)),
                }
            }
        }
    };
}

text!(Path, GuestPath, lines::path, "a normalised guest path");
text!(Mode, u16, lines::mode, "a mode of four octal digits");
text!(Time, u64, time::parse, "a time as `2024-01-01T00:00:00Z`");
text!(
    Digest,
    [u8; 32],
    lines::digest,
    "a SHA-256 of 64 hexadecimal digits"
);

/// A mistake that is not one of shape.
struct Wrong {
    message: String,
    at: std::ops::Range<usize>,
}

impl RawProfile {
    fn listing(self) -> Result<Listing, Wrong> {
        let pairs = |pairs| {
            sorted(
                pairs,
                |raw: RawPair| Ok((raw.name, raw.value)),
                |(name, _)| name.clone(),
            )
        };
        Ok(Listing {
            tool: Some(self.tool),
            interposer: Some(self.interposer),
            program: Some(self.module),
            memory: self.memory,
            start: Start {
                host: self.host,
                environment: pairs(self.env)?,
                environment_fixed: self.env_policy == EnvPolicy::Fixed,
                arguments: self.args,
            },
            mounts: sorted(
                self.mounts,
                |raw| Ok(raw.mount()),
                |mount| mount.path.clone(),
            )?,
            preinit: Some(pairs(self.preinit)?),
            vars: Some(pairs(self.vars)?),
            machine_dependent: Some(self.machine_dependent),
            items: sorted(self.entries, RawEntry::item, |item| item.path.clone())?
                .into_iter()
                .collect(),
        })
    }
}

/// Elements in the order of their names, each there once; a merge may have left them in another order.
fn sorted<Raw, T, K: Ord + std::fmt::Display>(
    raw: Vec<Spanned<Raw>>,
    mean: impl Fn(Raw) -> Result<T, String>,
    key: impl Fn(&T) -> K,
) -> Result<Vec<T>, Wrong> {
    let mut all = Vec::with_capacity(raw.len());
    for raw in raw {
        let at = raw.span();
        match mean(raw.into_inner()) {
            Ok(element) => all.push((key(&element), at, element)),
            Err(message) => return Err(Wrong { message, at }),
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some(two) = all.windows(2).find(|two| two[0].0 == two[1].0) {
        return Err(Wrong {
            message: format!("`{}` is there twice", two[1].0),
            at: two[1].1.clone(),
        });
    }
    Ok(all.into_iter().map(|(_, _, element)| element).collect())
}

impl RawMount {
    fn mount(self) -> Mount {
        Mount {
            path: self.path.0,
            kind: match self.kind {
                RawMountKind::Writable => MountKind::Writable,
                RawMountKind::Tmpfs => MountKind::Tmpfs,
                RawMountKind::Host => MountKind::Host,
            },
            size_limit: self.size_limit,
            required: self.required,
        }
    }
}

impl RawEntry {
    fn item(self) -> Result<Item, String> {
        let Self {
            path,
            kind,
            mode,
            time,
            size,
            sha256,
            target,
        } = self;
        let (word, keys) = match kind {
            RawKind::Dir => ("directory", (true, false, false)),
            RawKind::File => ("file", (true, true, false)),
            RawKind::HardLink => ("hard link", (false, false, true)),
            RawKind::Symlink => ("symlink", (true, false, true)),
        };
        for (key, given, wanted) in [
            ("mode", mode.is_some(), keys.0),
            ("time", time.is_some(), keys.0),
            ("size", size.is_some(), keys.1),
            ("sha256", sha256.is_some(), keys.1),
            ("target", target.is_some(), keys.2),
        ] {
            match (given, wanted) {
                (false, true) => return Err(format!("a {word} needs `{key}`")),
                (true, false) => return Err(format!("a {word} has no `{key}`")),
                _ => {}
            }
        }
        let target = target.unwrap_or_default();
        let kind = match kind {
            RawKind::Dir => ItemKind::Directory,
            RawKind::File => ItemKind::File {
                size: size.unwrap_or_default(),
                sha256: sha256.map_or([0; 32], |digest| digest.0),
            },
            RawKind::HardLink => ItemKind::HardLink {
                to: Path::try_from(target)?.0,
            },
            RawKind::Symlink => ItemKind::Symlink { target },
        };
        let meta = Meta {
            mode: mode.map_or(0, |mode| mode.0),
            time_ns: time.map_or(0, |time| time.0),
        };
        Ok(Item::new(path.0, kind, meta))
    }
}
