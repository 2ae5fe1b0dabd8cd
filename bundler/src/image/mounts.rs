//! What an image says beside its tree: where other rules hold, and what the program is started with.

use vfs_image::layout::{ENVIRONMENT_FIXED, HOST_FALLBACK, HOST_NONE, HOST_OVERRIDE, NO_LIMIT};
use vfs_image::{Corrupt, HostPolicy, Image, MountKind, NodeKind};

use super::check::{ImageFlaw, corrupt, open, text};
use super::head::Head;
use crate::settings::{self, Host};

/// A mount, apart from the directory it is rooted at.
#[derive(Debug, Clone)]
pub(crate) struct Mount {
    pub(crate) kind: MountKind,
    pub(crate) size_limit: u64,
    /// What to tell when the host gives no directory.
    pub(crate) message: Option<String>,
}

/// The mounts of an image, each with the number of its node.
pub(crate) fn read(image: &Image<Head<'_>>) -> Result<Vec<(u32, Mount)>, ImageFlaw> {
    let mut mounts: Vec<(u32, Mount)> = Vec::new();
    for number in 1..=image.mount_count() {
        let part = || corrupt(format!("mount {number}"));
        let mount = image.mount(number).map_err(|Corrupt| part())?;
        let message = match mount.message {
            Some(message) => Some(text(image, message).ok_or_else(part)?.to_owned()),
            None => None,
        };
        let node = image.node(mount.node).map_err(|Corrupt| part())?;
        let (kind, size_limit, node_number) = (mount.kind, mount.size_limit, mount.node.get());
        let directory = matches!(node.kind, NodeKind::Directory(_));
        let sorted = mounts.last().is_none_or(|(last, _)| *last < node_number);
        let fits = match kind {
            MountKind::Host => size_limit == NO_LIMIT,
            MountKind::Writable | MountKind::Tmpfs => message.is_none(),
        };
        if !(directory && sorted && fits) {
            return Err(part());
        }
        let mount = Mount {
            kind,
            size_limit,
            message,
        };
        mounts.push((node_number, mount));
    }
    Ok(mounts)
}

/// A mount of an image, for listings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountRow {
    /// Number of the node that it is rooted at.
    pub node: u32,
    /// What it is.
    pub kind: settings::MountKind,
    /// Bytes it may hold in memory.
    pub size_limit: Option<u64>,
    /// What the program tells when the host gives no directory for it; none: it can do without.
    pub message: Option<String>,
}

/// The mounts of an image, in the order of their numbers.
///
/// # Errors
/// The first [`ImageFlaw`] in the way.
pub fn mounts(bytes: &[u8]) -> Result<Vec<MountRow>, ImageFlaw> {
    mounts_of(Head::whole(bytes))
}

/// The same for an image whose contents are elsewhere.
pub(crate) fn mounts_of(head: Head<'_>) -> Result<Vec<MountRow>, ImageFlaw> {
    let mounts = read(&open(head)?)?.into_iter();
    let row = |(node, mount): (u32, Mount)| MountRow {
        node,
        kind: match mount.kind {
            MountKind::Writable => settings::MountKind::Writable,
            MountKind::Tmpfs => settings::MountKind::Tmpfs,
            MountKind::Host => settings::MountKind::Host,
        },
        size_limit: Some(mount.size_limit).filter(|limit| *limit != NO_LIMIT),
        message: mount.message,
    };
    Ok(mounts.map(row).collect())
}

/// What an image says the program is started with.
///
/// # Errors
/// The first [`ImageFlaw`] in the way.
pub fn start(bytes: &[u8]) -> Result<settings::Start, ImageFlaw> {
    start_of(Head::whole(bytes))
}

/// The same for an image whose contents are elsewhere.
pub(crate) fn start_of(head: Head<'_>) -> Result<settings::Start, ImageFlaw> {
    let image = open(head)?;
    let Start {
        variables,
        arguments,
        ..
    } = Start::read(&image)?;
    let variables = variables
        .iter()
        .filter_map(|variable| variable.split_once('='));
    Ok(settings::Start {
        host: match image.host_policy() {
            HostPolicy::Fallback => Host::Fallback,
            HostPolicy::Override => Host::Override,
            HostPolicy::None => Host::None,
        },
        environment: variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        environment_fixed: image.environment_fixed(),
        arguments,
    })
}

/// Flags, variables and arguments.
#[derive(Debug, Clone, Default)]
pub(crate) struct Start {
    pub(crate) flags: u32,
    /// `NAME=VALUE`, sorted by name.
    pub(crate) variables: Vec<String>,
    /// The program's name and its default arguments; empty when there are no defaults.
    pub(crate) arguments: Vec<String>,
}

impl Start {
    pub(crate) fn of(start: &settings::Start) -> Self {
        let policy = match start.host {
            Host::Fallback => HOST_FALLBACK,
            Host::Override => HOST_OVERRIDE,
            Host::None => HOST_NONE,
        };
        let fixed = if start.environment_fixed {
            ENVIRONMENT_FIXED
        } else {
            0
        };
        let variables = start.environment.iter();
        Self {
            flags: policy | fixed,
            variables: variables
                .map(|(name, value)| format!("{name}={value}"))
                .collect(),
            arguments: start.arguments.clone(),
        }
    }

    /// Flags, variables and arguments of an image.
    pub(crate) fn read(image: &Image<Head<'_>>) -> Result<Self, ImageFlaw> {
        let mut variables: Vec<String> = Vec::new();
        for index in 0..image.variable_count() {
            let part = || corrupt(format!("variable {index}"));
            let variable = image.variable(index).map_err(|Corrupt| part())?;
            let variable = text(image, variable).ok_or_else(part)?.to_owned();
            let name = name_of(&variable).ok_or_else(part)?;
            let sorted = variables
                .last()
                .is_none_or(|last| name_of(last) < Some(name));
            if !sorted {
                return Err(part());
            }
            variables.push(variable);
        }
        let mut arguments = Vec::new();
        for index in 0..image.argument_count() {
            let part = || corrupt(format!("argument {index}"));
            let argument = image.argument(index).map_err(|Corrupt| part())?;
            arguments.push(text(image, argument).ok_or_else(part)?.to_owned());
        }
        Ok(Self {
            flags: image.flags(),
            variables,
            arguments,
        })
    }
}

/// The name of `NAME=VALUE`.
fn name_of(variable: &str) -> Option<&str> {
    let (name, _) = variable.split_once('=')?;
    Some(name).filter(|name| !name.is_empty())
}
