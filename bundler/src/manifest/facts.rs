//! What a manifest tells about itself: its profiles, its variables, what in it depends on the machine.

use std::fmt;
use std::path::Path;

use super::{FileContent, Manifest, PreinitClock, Request, RequestKind, Timestamps};
use crate::archive::Format;

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
    /// `timestamps = "source-date-epoch"`: no time is later than this variable says; or `clock = "fixed"` of an initializer,
    /// which gets this time.
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

/// Whether a mount of this source is one of what is in an archive, by its name: times and modes in there are content, the
/// same everywhere. A `.wasm` may be the tree in it or just a file, so it is none.
fn is_archive(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    let format = name.and_then(|name| Format::of(&name));
    format.is_some_and(|format| format != Format::Bundle)
}

pub(super) fn machine_dependent(manifest: &Manifest) -> Vec<MachineDependent> {
    let mut facts = Vec::new();
    let implied = manifest.implied.timestamps;
    facts.extend(epoch(implied));
    if let Some(PreinitClock::Fixed { seconds }) = manifest.preinit().map(|preinit| preinit.clock)
        && seconds != 0
    {
        facts.push(MachineDependent::SourceDateEpoch { seconds });
    }
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
            (!is_archive(&mount.source.path)).then_some(())
        }
        RequestKind::File(FileContent::Source { .. }) => Some(()),
        RequestKind::File(FileContent::Inline(_))
        | RequestKind::Dir
        | RequestKind::Symlink { .. }
        | RequestKind::Input(_) => None,
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

#[cfg(test)]
mod tests {
    use super::super::{Choice, Environment};
    use super::*;

    fn facts(text: &str) -> Vec<String> {
        let head = "manifest-version = 1\nmodule = { input = \"a.wasm\", output = \"b.wasm\" }\n";
        let environment = Environment {
            source_date_epoch: Some("1000".to_owned()),
            ..Environment::default()
        };
        let text = head.to_owned() + text;
        match Manifest::parse(&text, "m.toml", Path::new(""), &Choice::from(environment)) {
            Ok(manifest) => (manifest.machine_dependent().iter())
                .map(ToString::to_string)
                .collect(),
            Err(error) => panic!("{:?}", miette::Report::new(error)),
        }
    }

    #[test]
    fn nothing_depends_on_the_machine_unless_asked_for() {
        let text = "mount = [{ guest = \"/a\", source = \"a\", permissions = \"+x\" }]";
        assert_eq!(facts(text), [""; 0]);
    }

    #[test]
    fn times_and_modes_of_sources() {
        let text = r#"
            mount = [
                { name = "one", guest = "/1", source = "1", timestamps = "source" },
                { guest = "/2", source = "2", dir-permissions = "source,go-w" },
                { guest = "/3", source = "3", rule = [{ match = "x", timestamps = "source", permissions = "source" }] },
                { guest = "/4", kind = "tmpfs", timestamps = "source" },
            ]
            file = [
                { guest = "/5", source = "5", timestamps = "source" },
                { guest = "/6", content = "6", timestamps = "source" },
            ]"#;
        assert_eq!(
            facts(text),
            [
                "timestamps = \"source\" of /3",
                "timestamps = \"source\" of /5",
                "timestamps = \"source\" of one",
                "permissions = \"source\" of /2",
                "permissions = \"source\" of /3",
            ]
        );
    }

    #[test]
    fn what_is_in_an_archive_is_the_same_everywhere() {
        let text = r#"
            defaults = { timestamps = "source", permissions = "source" }
            mount = [
                { guest = "/1", source = "a.tar.gz" },
                { guest = "/2", source = "b.WHL" },
                { guest = "/3", source = "c.wasm", permissions = "0644" },
            ]
            file = [{ guest = "/4", source = "d.zip", permissions = "0644" }]"#;
        assert_eq!(
            facts(text),
            [
                "timestamps = \"source\" of /3",
                "timestamps = \"source\" of /4"
            ]
        );
    }

    #[test]
    fn source_date_epoch_is_told_once() {
        let text = r#"
            defaults = { timestamps = "source-date-epoch" }
            mount = [
                { guest = "/1", source = "1" },
                { guest = "/2", source = "2", rule = [{ match = "x", timestamps = "source-date-epoch" }] },
            ]"#;
        assert_eq!(facts(text), ["SOURCE_DATE_EPOCH = 1000"]);
    }
}
