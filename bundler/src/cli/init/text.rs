//! The text of a new manifest.

use std::fmt::Write as _;

/// Bytes in a MiB.
const MIB: u64 = 1 << 20;

/// What a new manifest says.
pub(super) struct Start {
    pub(super) input: String,
    pub(super) output: String,
    pub(super) mount: Option<Mount>,
}

/// What it embeds.
pub(super) struct Mount {
    pub(super) source: String,
    pub(super) guest: String,
    pub(super) is_file: bool,
    pub(super) limits: Limits,
}

/// Limits that differ from those by default.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// MiB.
    image_size: Option<u64>,
    /// MiB.
    file_size: Option<u64>,
    files: Option<u64>,
}

impl Limits {
    /// Limits for so many files, of so many bytes in all, the largest of so many.
    pub(super) fn over(files: u64, total: u64, largest: u64) -> Self {
        // Room to grow: the next power of two, but for the most that an image can have.
        let mib = |bytes: u64| bytes.div_ceil(MIB).next_power_of_two().min(4095);
        Self {
            image_size: (total > 256 * MIB).then(|| mib(total)),
            file_size: (largest > 64 * MIB).then(|| mib(largest)),
            files: (files > 100_000).then(|| files.next_power_of_two()),
        }
    }
}

impl Start {
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "\
#:schema ./wasi-vfs.schema.json
# Which files a program gets, and how it sees them. `wasi-vfs plan` shows what would go in, `wasi-vfs bundle` makes the
# bundle, `wasi-vfs why PATH` tells why a path is in it or not. Paths of this machine count from this file's folder.
# Editors complete the keys once `wasi-vfs schema > wasi-vfs.schema.json` has made the file that the first line names.

manifest-version = 1

[module]
# The program: a finished WASI module, .wasm or .wat.
input = {input}
# The bundle: the program with its files.
output = {output}
",
            input = quoted(&self.input),
            output = quoted(&self.output),
        );
        self.limits(&mut text);
        self.mount(&mut text);
        text.push_str(REST);
        text
    }

    fn limits(&self, text: &mut String) {
        let none = Limits::default();
        let limits = self.mount.as_ref().map_or(&none, |mount| &mount.limits);
        if *limits == none {
            return;
        }
        text.push_str(
            "\n# Over one of these, bundling fails and names the largest files.\n[limits]\n",
        );
        let lines = [
            (
                "image-size",
                limits.image_size.map(|size| format!("\"{size} MiB\"")),
            ),
            (
                "file-size",
                limits.file_size.map(|size| format!("\"{size} MiB\"")),
            ),
            ("files", limits.files.map(|files| files.to_string())),
        ];
        for (key, value) in lines {
            if let Some(value) = value {
                writeln!(text, "{key} = {value}").expect("writing to a String can't fail");
            }
        }
    }

    fn mount(&self, text: &mut String) {
        let Some(mount) = &self.mount else {
            text.push_str(NO_MOUNT);
            return;
        };
        let (source, guest) = (quoted(&mount.source), quoted(&mount.guest));
        let what = match mount.is_file {
            true => "The file",
            false => "The directory",
        };
        write!(
            text,
            "
# {what} {source} is what the program sees at {guest}.
[[mount]]
guest = {guest}
source = {source}
"
        )
        .expect("writing to a String can't fail");
        if !mount.is_file {
            text.push_str(PATTERNS);
        }
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

const NO_MOUNT: &str = "
# A directory of this machine, and where the program sees it.
#[[mount]]
#guest = \"/files\"
#source = \"files\"
";

const PATTERNS: &str = "\
# What goes in, from the top of the source: `*` within a name, `**` for any number of directories. Unless given, all.
#include = [\"**/*.txt\"]
# What of that stays out; `!` in front takes back.
#exclude = [\"**/test\"]
# Whether what the tree's .gitignore files name stays out as well.
#gitignore = true
# Whether the program may change it: in memory, gone when it ends.
#writable = true

# Modes of some of its entries.
#[[mount.rule]]
#match = \"bin/*\"
#permissions = \"0755\"
";

const REST: &str = "
# One file, with its content here or from a `source`.
#[[file]]
#guest = \"/etc/motd\"
#content = \"hello\\n\"

# An empty directory that the program can write to, in memory.
#[[mount]]
#guest = \"/tmp\"
#kind = \"tmpfs\"

# Environment variables that the program gets unless the host gives others.
#[env]
#LANG = \"C.UTF-8\"

# Arguments that it gets when the host gives none.
#[args]
#default = [\"--help\"]

# Another bundle for another purpose: `wasi-vfs bundle --profile dev`.
#[profile.dev]
#output = \"dist/dev.wasm\"
";

#[cfg(test)]
mod tests {
    use std::path::Path;

    use wasi_vfs::manifest::{Choice, Manifest};

    use super::*;

    fn start() -> Start {
        Start {
            input: "build/a \"b\".wasm".to_owned(),
            output: "dist/a.wasm".to_owned(),
            mount: Some(Mount {
                source: "../my files".to_owned(),
                guest: "/my files".to_owned(),
                is_file: false,
                limits: Limits::over(100_001, 300 * MIB, 65 * MIB),
            }),
        }
    }

    fn parse(text: &str) -> Manifest {
        let manifest = Manifest::parse(text, "wasi-vfs.toml", Path::new("m"), &Choice::default());
        manifest.unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)))
    }

    #[test]
    fn what_is_written_is_read_back() {
        let manifest = parse(&start().text());
        assert_eq!(manifest.input(), Path::new("m/build/a \"b\".wasm"));
        assert_eq!(manifest.output(), Path::new("m/dist/a.wasm"));
        assert_eq!(manifest.image_size_limit(), 512 * MIB);
        let nothing = Start {
            mount: None,
            ..start()
        };
        parse(&nothing.text());
    }

    /// Every commented key is one that may stand there.
    #[test]
    fn what_is_commented_out_is_right_as_well() {
        for start in [
            start(),
            Start {
                mount: None,
                ..start()
            },
        ] {
            let text: String = start
                .text()
                .lines()
                .map(|line| match line.strip_prefix('#') {
                    Some(key) if !key.starts_with([' ', ':']) => format!("{key}\n"),
                    _ => format!("{line}\n"),
                })
                .collect();
            parse(&text);
        }
    }

    #[test]
    fn limits_have_room() {
        assert_eq!(
            Limits::over(100_000, 256 * MIB, 64 * MIB),
            Limits::default()
        );
        let limits = Limits::over(200_000, 5_000 * MIB, 100 * MIB);
        assert_eq!(limits.image_size, Some(4095));
        assert_eq!(limits.file_size, Some(128));
        assert_eq!(limits.files, Some(262_144));
    }
}
