//! What a manifest tells about itself: its profiles, its variables, what in it depends on the machine.

use std::fmt;
use std::path::Path;

use super::{FileContent, Manifest, Request, RequestKind, Timestamps};

/// A variable of `[vars]` with the value that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Var {
    /// Its name, as in `${NAME}`.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where the value comes from.
    pub from: VarSource,
}

/// Where the value of a variable comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VarSource {
    /// The manifest.
    Default,
    /// The environment variable of this name.
    Environment(String),
}

/// Something in a manifest by which two machines may come to different bundles. Its text form is for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MachineDependent {
    /// `timestamps = "source"`: times are those of the files in the source.
    SourceTimes {
        /// The name of the mount or file.
        of: String,
    },
    /// `permissions = "source"` or `dir-permissions = "source"`, or a change to what the source has: modes follow the umask
    /// that the source was unpacked with.
    SourceModes {
        /// The name of the mount or file.
        of: String,
    },
    /// `timestamps = "source-date-epoch"`: no time is later than this variable says.
    SourceDateEpoch {
        /// Its value, in seconds since 1970.
        seconds: u64,
    },
}

impl fmt::Display for MachineDependent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SourceTimes { of } => write!(f, "timestamps = \"source\" of {of}"),
            Self::SourceModes { of } => write!(f, "permissions = \"source\" of {of}"),
            Self::SourceDateEpoch { seconds } => write!(f, "SOURCE_DATE_EPOCH = {seconds}"),
        }
    }
}

/// Endings of files that are mounted as the tree in them. Their times and modes are content, the same everywhere.
/// A `.wasm` may be the tree in it or the file itself, so it is not among them.
const ARCHIVES: [&str; 9] = [
    ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.xz", ".txz", ".zip", ".whl",
];

/// Whether a mount of this source is one of what is in an archive, by its name.
fn is_archive_name(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        // A name that is nothing but an ending is a hidden file.
        ARCHIVES
            .iter()
            .any(|end| name.len() > end.len() && name.ends_with(end))
    })
}

pub(super) fn machine_dependent(manifest: &Manifest) -> Vec<MachineDependent> {
    let mut facts = Vec::new();
    let implied = manifest.implied.timestamps;
    facts.extend(epoch(implied));
    for request in &manifest.requests {
        of_request(request, &mut facts);
    }
    facts.sort();
    facts.dedup();
    facts
}

fn of_request(request: &Request, facts: &mut Vec<MachineDependent>) {
    let own = &request.attributes;
    facts.extend(epoch(own.timestamps));
    let mut times = vec![own.timestamps];
    let mut modes = vec![&own.permissions];
    let source = match &request.kind {
        RequestKind::Mount(mount) => {
            modes.push(&own.dir_permissions);
            for rule in &mount.rules {
                times.extend(rule.timestamps);
                modes.extend(&rule.permissions);
                modes.extend(&rule.dir_permissions);
                facts.extend(rule.timestamps.and_then(epoch));
            }
            (!is_archive_name(&mount.source.path)).then_some(())
        }
        RequestKind::File(FileContent::Source { .. }) => Some(()),
        RequestKind::File(FileContent::Inline(_))
        | RequestKind::Dir
        | RequestKind::Symlink { .. } => None,
    };
    if source.is_none() {
        return;
    }
    let of = || request.name.clone();
    if times.contains(&Timestamps::Source) {
        facts.push(MachineDependent::SourceTimes { of: of() });
    }
    if modes.iter().any(|mode| mode.needs_source()) {
        facts.push(MachineDependent::SourceModes { of: of() });
    }
}

fn epoch(timestamps: Timestamps) -> Option<MachineDependent> {
    match timestamps {
        Timestamps::AtMost(time) => Some(MachineDependent::SourceDateEpoch {
            seconds: time / 1_000_000_000,
        }),
        Timestamps::Fixed(_) | Timestamps::Source => None,
    }
}
