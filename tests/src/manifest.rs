//! Manifests made at random, as data and as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::glob;
use crate::random::Random;
use crate::tree::{Kind, Node, Tree};

/// A value of `permissions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Octal digits.
    Fixed(u32),
    /// `"source"`.
    Source,
}

/// A value of `timestamps`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// `"epoch"`.
    Epoch,
    /// `"source"`.
    Source,
    /// `"source-date-epoch"`, which is [`SOURCE_DATE_EPOCH`].
    AtMost,
    /// [`FIXED`].
    Fixed,
}

/// Seconds that the tool is told in the environment.
pub const SOURCE_DATE_EPOCH: u64 = 1_234_567_890;

/// A time as a manifest writes it, and in nanoseconds since 1970.
pub const FIXED: (&str, u64) = ("2024-02-03T04:05:06.5Z", 1_706_933_106_500_000_000);

/// What a table says of modes and times.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attributes {
    /// `permissions`
    pub files: Option<Mode>,
    /// `dir-permissions`
    pub directories: Option<Mode>,
    /// `timestamps`
    pub times: Option<Time>,
}

/// A `[[mount]]` of a directory.
#[derive(Debug, Clone)]
pub struct Mount {
    /// Where the program sees it.
    pub guest: String,
    /// A directory of the tree, `""` for its root.
    pub source: String,
    /// What goes in.
    pub include: Vec<String>,
    /// What stays out.
    pub exclude: Vec<String>,
    /// Whether names with a dot in front go in.
    pub hidden: bool,
    /// Whether the program may change it.
    pub writable: bool,
    /// What is cut off in front; `include` lets in nothing else then.
    pub strip: Option<String>,
    /// What holds for it.
    pub attributes: Attributes,
    /// `[[mount.rule]]`: pattern and what holds.
    pub rules: Vec<(String, Attributes)>,
}

/// A manifest: mounts first, then single entries.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// `[defaults]`
    pub defaults: Attributes,
    /// `[[mount]]`, in their order.
    pub mounts: Vec<Mount>,
    /// `[[file]]`: guest path and content.
    pub files: Vec<(String, String)>,
    /// `[[dir]]`
    pub directories: Vec<String>,
    /// `[[symlink]]`: guest path and target.
    pub symlinks: Vec<(String, String)>,
}

impl Attributes {
    fn random(random: &mut Random) -> Self {
        let mode = |random: &mut Random, modes: [u32; 3]| match random.below(6) {
            0 => Some(Mode::Source),
            1..3 => Some(Mode::Fixed(*random.pick(&modes))),
            _ => None,
        };
        Self {
            files: mode(random, [0o640, 0o755, 0o400]),
            directories: mode(random, [0o750, 0o555, 0o711]),
            times: match random.below(8) {
                0 => Some(Time::Epoch),
                1..3 => Some(Time::Source),
                3 => Some(Time::AtMost),
                4 => Some(Time::Fixed),
                _ => None,
            },
        }
    }

    fn text(self, text: &mut String) {
        for (key, mode) in [
            ("permissions", self.files),
            ("dir-permissions", self.directories),
        ] {
            match mode {
                Some(Mode::Fixed(mode)) => put(text, key, &format!("{mode:04o}")),
                Some(Mode::Source) => put(text, key, "source"),
                None => {}
            }
        }
        match self.times {
            Some(Time::Epoch) => put(text, "timestamps", "epoch"),
            Some(Time::Source) => put(text, "timestamps", "source"),
            Some(Time::AtMost) => put(text, "timestamps", "source-date-epoch"),
            Some(Time::Fixed) => put(text, "timestamps", FIXED.0),
            None => {}
        }
    }
}

/// A line `key = "value"`. What JSON writes into a string means the same in TOML.
fn put(text: &mut String, key: &str, value: &str) {
    let _ = writeln!(text, "{key} = {}", quoted(value));
}

/// A text as TOML writes it.
#[must_use]
pub fn quoted(value: &str) -> String {
    serde_json::to_string(value).expect("a text can be written")
}

fn list(text: &mut String, key: &str, values: &[String]) {
    if !values.is_empty() {
        let values: Vec<_> = values.iter().map(|value| quoted(value)).collect();
        let _ = writeln!(text, "{key} = [{}]", values.join(", "));
    }
}
impl Mount {
    /// A mount of `source`, a directory of `tree`, at `guest`.
    #[must_use]
    pub fn random(guest: &str, source: &str, tree: &Tree, random: &mut Random) -> Self {
        let below = below(tree, source);
        let mut paths: Vec<&str> = below.keys().map(String::as_str).collect();
        paths.retain(|path| !path.is_empty());
        let mut mount = Self {
            guest: guest.to_owned(),
            source: source.to_owned(),
            include: Vec::new(),
            exclude: Vec::new(),
            hidden: !random.once_in(4),
            writable: random.once_in(6),
            strip: None,
            attributes: Attributes::random(random),
            rules: Vec::new(),
        };
        if paths.is_empty() {
            return mount;
        }
        if random.once_in(2) {
            mount.include = (0..1 + random.below(3))
                .map(|_| glob::random(&paths, random))
                .collect();
        }
        if random.once_in(2) {
            mount.exclude = (0..1 + random.below(4))
                .map(|_| {
                    let back = if random.once_in(3) { "!" } else { "" };
                    format!("{back}{}", glob::random(&paths, random))
                })
                .collect();
        }
        for _ in 0..random.below(4) {
            let attributes = Attributes::random(random);
            let says = attributes.files.or(attributes.directories).is_some();
            if says || attributes.times.is_some() {
                mount.rules.push((glob::random(&paths, random), attributes));
            }
        }
        let plain = |name: &str| !name.contains(|c: char| "\\*?[]{}!,".contains(c));
        let prefixes = below
            .iter()
            .filter(|(path, node)| !path.is_empty() && node.kind == Kind::Directory && plain(path));
        let prefixes: Vec<&String> = prefixes.map(|(path, _)| path).collect();
        if random.once_in(5) && !prefixes.is_empty() {
            let prefix = (*random.pick(&prefixes)).clone();
            mount.include = vec![format!("{prefix}/**")];
            mount.strip = Some(prefix);
        }
        mount
    }

    fn text(&self, text: &mut String) {
        put(text, "guest", &self.guest);
        match self.source.as_str() {
            "" => put(text, "source", "tree"),
            source => put(text, "source", &format!("tree/{source}")),
        }
        text.push_str("optional = true\noverrides = true\n");
        list(text, "include", &self.include);
        list(text, "exclude", &self.exclude);
        if !self.hidden {
            text.push_str("hidden = false\n");
        }
        if self.writable {
            text.push_str("writable = true\n");
        }
        if let Some(prefix) = &self.strip {
            put(text, "strip-prefix", prefix);
        }
        self.attributes.text(text);
        for (pattern, attributes) in &self.rules {
            text.push_str("[[mount.rule]]\n");
            put(text, "match", pattern);
            attributes.text(text);
        }
    }
}

/// What is below `source`, by its path from there.
pub(crate) fn below(tree: &Tree, source: &str) -> BTreeMap<String, Node> {
    let all = tree.0.iter().filter_map(|(path, node)| {
        let below = match source {
            "" => path.as_str(),
            source => match path.strip_prefix(source)? {
                "" => "",
                below => below.strip_prefix('/')?,
            },
        };
        Some((below.to_owned(), node.clone()))
    });
    all.collect()
}

/// Guest paths of mounts: roots, nested ones, and some with parents that nobody asks for.
const GUESTS: &[&str] = &[
    "/",
    "/",
    "/data",
    "/data/a",
    "/opt/lib/python",
    "/Grüße/x y",
    ".",
    "rel",
];

impl Manifest {
    /// A manifest that mounts parts of `tree`.
    #[must_use]
    pub fn random(tree: &Tree, random: &mut Random) -> Self {
        let directories = tree.0.iter();
        let directories = directories.filter(|(_, node)| node.kind == Kind::Directory);
        let sources: Vec<&String> = directories.map(|(path, _)| path).collect();
        let mut guests: Vec<&str> = Vec::new();
        for _ in 0..1 + random.below(3) {
            let guest = *random.pick(GUESTS);
            // Two relative directories that are not in each other would each be a root.
            let relative = |guest: &str| !guest.starts_with('/');
            if !relative(guest)
                || !guests
                    .iter()
                    .any(|other| relative(other) && *other != guest)
            {
                guests.push(guest);
            }
        }
        let mounts = guests.iter().map(|guest| {
            let source = match random.below(3) {
                0 => random.pick(&sources).as_str(),
                _ => "",
            };
            Mount::random(guest, source, tree, random)
        });
        let mut manifest = Self {
            mounts: mounts.collect(),
            defaults: Attributes::random(random),
            files: Vec::new(),
            directories: Vec::new(),
            symlinks: Vec::new(),
        };
        // Mounts of one directory have to agree about whether it may be written to.
        for index in 1..manifest.mounts.len() {
            let (before, rest) = manifest.mounts.split_at_mut(index);
            let same = before.iter().find(|mount| mount.guest == rest[0].guest);
            rest[0].writable = same.map_or(rest[0].writable, |same| same.writable);
        }
        if random.once_in(3) {
            let content = "inline \"text\"\nGrüße\t$\n".repeat(random.below(3));
            manifest.files.push(("/etc/inline.txt".to_owned(), content));
        }
        if random.once_in(3) {
            manifest.directories.push("/var/cache/empty".to_owned());
        }
        if random.once_in(3) {
            let link = ("/etc/link".to_owned(), "../data/café".to_owned());
            manifest.symlinks.push(link);
        }
        manifest
    }

    /// The manifest's text, with the program and the output it names.
    #[must_use]
    pub fn text(&self, input: &str, output: &str) -> String {
        let mut text = String::from("manifest-version = 1\n[module]\n");
        put(&mut text, "input", input);
        put(&mut text, "output", output);
        text.push_str("[defaults]\ndefault-excludes = false\n");
        self.defaults.text(&mut text);
        for mount in &self.mounts {
            text.push_str("\n[[mount]]\n");
            mount.text(&mut text);
        }
        for (guest, content) in &self.files {
            text.push_str("\n[[file]]\noverrides = true\n");
            put(&mut text, "guest", guest);
            put(&mut text, "content", content);
        }
        for guest in &self.directories {
            text.push_str("\n[[dir]]\n");
            put(&mut text, "guest", guest);
        }
        for (guest, target) in &self.symlinks {
            text.push_str("\n[[symlink]]\noverrides = true\n");
            put(&mut text, "guest", guest);
            put(&mut text, "target", target);
        }
        text
    }
}
