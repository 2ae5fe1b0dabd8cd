//! Mounts with rules of their own, and what the program is started with: as text and in reports.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use wasi_vfs::manifest::{EnvPolicy, Host, Memory};
use wasi_vfs::plan::{MountKind, Start};

use super::render::{human_size, printable};

/// A directory whose tree follows other rules than the read-only one around it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Mount {
    /// The guest path of the directory.
    pub(crate) path: String,
    /// What it is.
    pub(crate) kind: MountKind,
    /// Bytes it may hold in memory; absent when there is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size_limit: Option<u64>,
    /// Whether the program refuses to start when the host gives no directory for it.
    pub(crate) required: bool,
}

/// What the program is started with, and how it meets the host.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct StartReport {
    /// How directories of the host meet the embedded tree.
    pub(crate) host: Host,
    /// How environment variables of the host meet those here.
    pub(crate) env: EnvPolicy,
    /// Environment variables that the program gets, by name.
    pub(crate) variables: BTreeMap<String, String>,
    /// The program's name and its default arguments; empty when there are no defaults.
    pub(crate) arguments: Vec<String>,
}

impl From<&Start> for StartReport {
    fn from(start: &Start) -> Self {
        Self {
            host: start.host,
            env: match start.environment_fixed {
                true => EnvPolicy::Fixed,
                false => EnvPolicy::Defaults,
            },
            variables: start.environment.iter().cloned().collect(),
            arguments: start.arguments.clone(),
        }
    }
}

impl Mount {
    /// What a listing says behind the directory's name.
    pub(crate) fn mark(&self) -> String {
        let kind = match self.kind {
            MountKind::Writable => "writable",
            MountKind::Tmpfs => "tmpfs",
            MountKind::Host => "host",
        };
        let required = if self.required { ", required" } else { "" };
        let limit = match self.size_limit {
            Some(limit) => format!(", at most {}", human_size(limit)),
            None => String::new(),
        };
        format!("  ({kind}{required}{limit})")
    }
}

/// What differs from a program that is linked and started in the usual way: one line each, its label first.
pub(crate) fn facts(start: &Start, memory: Memory) -> Vec<String> {
    let mut facts = Vec::new();
    if memory == Memory::Isolated {
        facts.push("memory     isolated".to_owned());
    }
    match start.host {
        Host::Fallback => {}
        Host::Override => facts.push("host       overrides embedded files".to_owned()),
        Host::None => facts.push("host       hidden".to_owned()),
    }
    if start.environment_fixed {
        facts.push("host env   hidden".to_owned());
    }
    for (name, value) in &start.environment {
        facts.push(format!(
            "env        {}={}",
            printable(name),
            printable(value)
        ));
    }
    if !start.arguments.is_empty() {
        let arguments: Vec<_> = start
            .arguments
            .iter()
            .map(|argument| quoted(argument))
            .collect();
        facts.push(format!("args       {}", arguments.join(" ")));
    }
    facts
}

/// An argument so that one can see where it ends.
fn quoted(argument: &str) -> String {
    match argument.is_empty() || argument.contains([' ', '\'', '"']) {
        true => format!("\"{}\"", printable(argument).replace('"', "\\\"")),
        false => printable(argument),
    }
}
