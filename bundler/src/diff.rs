//! What two [listings](crate::listing) differ in: for the lock, for `verify` and for `diff`.

mod report;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::hex_digest;
use crate::listing::{Item, Listing, Mount};
use crate::settings::MountKind;
use crate::settings::{Host, Memory};

pub use report::{ChangedReport, DifferencesReport, ItemReport, SettingReport};

/// What is in one listing and not, or not so, in another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// What is not a name in the tree, in a fixed order.
    pub settings: Vec<Setting>,
    /// Names that only the second has, sorted by path.
    pub added: Vec<Item>,
    /// Names that only the first has, sorted by path.
    pub removed: Vec<Item>,
    /// Names that both have, and that are something else, sorted by path.
    pub changed: Vec<Changed>,
}

/// A setting, mount, variable or part that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// What it is, such as `module` or `env.LANG`.
    pub key: String,
    /// Its value in the first; none: it has none.
    pub before: Option<String>,
    /// Its value in the second; none: it has none.
    pub after: Option<String>,
}

/// A name that is something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// What it is in the first.
    pub before: Item,
    /// What it is in the second.
    pub after: Item,
}

impl Differences {
    /// Compares two listings; what one of them does not know is left out.
    #[must_use]
    pub fn between(before: &Listing, after: &Listing) -> Self {
        let mut differences = Self {
            settings: settings(before, after),
            ..Self::default()
        };
        let (mut old, mut new) = (
            before.items.iter().peekable(),
            after.items.iter().peekable(),
        );
        loop {
            match (old.peek(), new.peek()) {
                (None, None) => return differences,
                (Some(a), Some(b)) if a.path == b.path => {
                    if a != b {
                        differences.changed.push(Changed {
                            before: a.clone(),
                            after: b.clone(),
                        });
                    }
                    old.next();
                    new.next();
                }
                (Some(a), b) if b.is_none_or(|b| a.path < b.path) => {
                    differences.removed.extend(old.next());
                }
                (_, Some(_)) => {
                    differences.added.extend(new.next());
                }
                (Some(_), None) => unreachable!("the second arm takes it"),
            }
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.settings.len() + self.added.len() + self.removed.len() + self.changed.len()
    }
}

fn settings(before: &Listing, after: &Listing) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut one = |key: &str, a: Option<&str>, b: Option<&str>| {
        if a != b {
            found.push(Setting {
                key: key.to_owned(),
                before: a.map(str::to_owned),
                after: b.map(str::to_owned),
            });
        }
    };
    for (key, a, b) in [
        ("module", &before.program, &after.program),
        ("interposer", &before.interposer, &after.interposer),
        ("tool", &before.tool, &after.tool),
    ] {
        if a.is_some() && b.is_some() {
            one(key, a.as_deref(), b.as_deref());
        }
    }
    let (a, b) = (memory(before.memory), memory(after.memory));
    one("memory", Some(a), Some(b));
    let (a, b) = (host(before.start.host), host(after.start.host));
    one("host", Some(a), Some(b));
    let policy = |listing: &Listing| env_policy(listing.start.environment_fixed);
    one("env-policy", Some(policy(before)), Some(policy(after)));
    let (a, b) = (&before.start.arguments, &after.start.arguments);
    one("args", arguments(a).as_deref(), arguments(b).as_deref());
    named(
        &mut one,
        "env",
        &before.start.environment,
        &after.start.environment,
    );
    let mounts = |mounts: &[Mount]| -> Vec<(String, String)> {
        let row = |mount: &Mount| (mount.path.to_string(), mount_text(mount));
        mounts.iter().map(row).collect()
    };
    named(
        &mut one,
        "mount",
        &mounts(&before.mounts),
        &mounts(&after.mounts),
    );
    if let (Some(a), Some(b)) = (&before.preinit, &after.preinit) {
        named(&mut one, "preinit", a, b);
    }
    if let (Some(a), Some(b)) = (&before.vars, &after.vars) {
        named(&mut one, "vars", a, b);
    }
    if let (Some(a), Some(b)) = (&before.machine_dependent, &after.machine_dependent) {
        let all = |list: &[String]| Some(list.join("; ")).filter(|text| !text.is_empty());
        one("machine-dependent", all(a).as_deref(), all(b).as_deref());
    }
    found
}

/// Compares lists of names and values, sorted by name.
fn named(
    one: &mut impl FnMut(&str, Option<&str>, Option<&str>),
    table: &str,
    before: &[(String, String)],
    after: &[(String, String)],
) {
    let map =
        |list: &[(String, String)]| -> BTreeMap<String, String> { list.iter().cloned().collect() };
    let (before, after) = (map(before), map(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let value = |map: &BTreeMap<String, String>| map.get(name).cloned();
        let (a, b) = (value(&before), value(&after));
        one(&format!("{table}.{name}"), a.as_deref(), b.as_deref());
    }
}

/// Arguments as one text, each quoted; none when there are no defaults.
fn arguments(arguments: &[String]) -> Option<String> {
    let quoted: Vec<String> = arguments.iter().map(|text| format!("{text:?}")).collect();
    (!quoted.is_empty()).then(|| quoted.join(" "))
}

/// A mount as the lock and messages write it.
fn mount_text(mount: &Mount) -> String {
    let mut text = mount_kind(mount.kind).to_owned();
    if let Some(limit) = mount.size_limit {
        text.push_str(&format!(", at most {limit} bytes"));
    }
    if mount.required {
        text.push_str(", required");
    }
    text
}

/// As the manifest writes it.
pub(crate) fn mount_kind(kind: MountKind) -> &'static str {
    match kind {
        MountKind::Writable => "writable",
        MountKind::Tmpfs => "tmpfs",
        MountKind::Host => "host",
    }
}

/// As the manifest writes it.
pub(crate) fn memory(memory: Memory) -> &'static str {
    match memory {
        Memory::Single => "single",
        Memory::Isolated => "isolated",
    }
}

/// As the manifest writes it.
pub(crate) fn host(host: Host) -> &'static str {
    match host {
        Host::Fallback => "fallback",
        Host::Override => "override",
        Host::None => "none",
    }
}

/// As the manifest writes it.
pub(crate) fn env_policy(fixed: bool) -> &'static str {
    if fixed { "fixed" } else { "defaults" }
}

/// A content's digest as it is written everywhere.
pub(crate) fn digest_text(digest: &[u8; 32]) -> String {
    hex_digest(digest)
}
