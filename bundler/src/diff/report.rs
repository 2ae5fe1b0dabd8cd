//! Differences for programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Changed, Differences, Setting, digest_text};
use crate::listing::{Item, ItemKind};
use crate::plan::RowKind;
use crate::time;

/// All differences, as reports have them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct DifferencesReport {
    /// The program, the interposer, the tool, settings, mounts and variables that differ.
    pub settings: Vec<SettingReport>,
    /// Names that only the second has, sorted by path.
    pub added: Vec<ItemReport>,
    /// Names that only the first has, sorted by path.
    pub removed: Vec<ItemReport>,
    /// Names that are something else, sorted by path.
    pub changed: Vec<ChangedReport>,
}

/// A setting, mount, variable or part that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SettingReport {
    /// `module`, `interposer`, `tool`, `memory`, `host`, `env-policy`, `args`, `machine-dependent`, or `env.NAME`,
    /// `vars.NAME`, `mount.PATH`.
    pub key: String,
    /// Its value in the first; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its value in the second; absent when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A name, as a bundle has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ItemReport {
    /// The guest path.
    pub path: String,
    /// What it is.
    pub kind: RowKind,
    /// Permission bits in octal, four digits; absent for a hard link, which has those of its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Time of last modification, access and change: RFC 3339, UTC; absent likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Bytes of content; files only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// SHA-256 of the content; files only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What a symlink holds, or the path a hard link is another name of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

/// A name that is something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ChangedReport {
    /// The guest path.
    pub path: String,
    /// What differs, in words.
    pub changes: Vec<String>,
    /// What it is in the first.
    pub before: ItemReport,
    /// What it is in the second.
    pub after: ItemReport,
}

impl From<&Differences> for DifferencesReport {
    fn from(differences: &Differences) -> Self {
        let items = |items: &[Item]| items.iter().map(ItemReport::from).collect();
        Self {
            settings: differences.settings.iter().map(Into::into).collect(),
            added: items(&differences.added),
            removed: items(&differences.removed),
            changed: differences.changed.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Setting> for SettingReport {
    fn from(setting: &Setting) -> Self {
        Self {
            key: setting.key.clone(),
            before: setting.before.clone(),
            after: setting.after.clone(),
        }
    }
}

impl From<&Item> for ItemReport {
    fn from(item: &Item) -> Self {
        let (kind, size, digest, target) = match &item.kind {
            ItemKind::Directory => (RowKind::Directory, None, None, None),
            ItemKind::File { size, sha256 } => {
                (RowKind::File, Some(*size), Some(digest_text(sha256)), None)
            }
            ItemKind::HardLink { to } => (RowKind::HardLink, None, None, Some(to.to_string())),
            ItemKind::Symlink { target } => (RowKind::Symlink, None, None, Some(target.clone())),
        };
        Self {
            path: item.path.to_string(),
            kind,
            mode: item.meta.map(|meta| format!("{:04o}", meta.mode)),
            time: item.meta.map(|meta| time::text(meta.time_ns)),
            size,
            digest,
            target,
        }
    }
}

impl From<&Changed> for ChangedReport {
    fn from(changed: &Changed) -> Self {
        Self {
            path: changed.before.path.to_string(),
            changes: changed.changes(),
            before: (&changed.before).into(),
            after: (&changed.after).into(),
        }
    }
}
