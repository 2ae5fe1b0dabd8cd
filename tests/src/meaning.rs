//! What a manifest means, said a second time: random manifests, and the entries each asks for, worked out entry by
//! entry without any of the tool's code. Only what the documentation promises is used.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::glob;
use crate::random::Random;
use crate::tree::{Kind, Node, Tree, child};

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

/// The entries by guest path; a directory's strength and a file's table are kept until the end.
pub type Meaning = BTreeMap<String, Node>;

/// Why a manifest can't be bundled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(
    /// The code of the tool's error.
    pub &'static str,
);

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

    /// These, and those of `below` where these say nothing.
    fn over(self, below: Self) -> Self {
        Self {
            files: self.files.or(below.files),
            directories: self.directories.or(below.directories),
            times: self.times.or(below.times),
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

    fn file_mode(self, source: Option<u32>) -> u32 {
        applied(self.files, source, 0o644)
    }

    fn directory_mode(self, source: Option<u32>) -> u32 {
        applied(self.directories, source, 0o755)
    }

    fn time(self, source: Option<u64>) -> u64 {
        let latest = SOURCE_DATE_EPOCH * 1_000_000_000;
        match self.times.unwrap_or(Time::Epoch) {
            Time::Epoch => 0,
            Time::Fixed => FIXED.1,
            Time::Source => source.unwrap_or(0),
            Time::AtMost => source.map_or(latest, |source| source.min(latest)),
        }
    }
}

fn applied(mode: Option<Mode>, source: Option<u32>, default: u32) -> u32 {
    match mode {
        Some(Mode::Fixed(mode)) => mode,
        Some(Mode::Source) => source.unwrap_or(default),
        None => default,
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

    /// Whether `include` and `exclude` let an entry in that is not the source itself.
    fn lets_in(&self, path: &str, tree: &Meaning) -> bool {
        let family: Vec<(&str, bool)> = (path.match_indices('/').map(|(at, _)| &path[..at]))
            .chain([path])
            .map(|path| (path, tree[path].kind == Kind::Directory))
            .collect();
        let any = |pattern: &str| {
            family
                .iter()
                .any(|(path, is_directory)| glob::matches(pattern, path, *is_directory))
        };
        let included = self.include.is_empty() || self.include.iter().any(|pattern| any(pattern));
        let mut excluded = !self.hidden && any("**/.*");
        for pattern in &self.exclude {
            match pattern.strip_prefix('!') {
                Some(pattern) if any(pattern) => excluded = false,
                None if any(pattern) => excluded = true,
                _ => {}
            }
        }
        included && !excluded
    }

    fn attributes_of(&self, path: &str, is_directory: bool, defaults: Attributes) -> Attributes {
        let own = self.attributes.over(defaults);
        self.rules.iter().fold(own, |own, (pattern, rule)| {
            match glob::matches(pattern, path, is_directory) {
                true => rule.over(own),
                false => own,
            }
        })
    }

    /// What the mount brings: guest path, strength and node. Modes and times are those of the bundle.
    fn brings(&self, tree: &Tree, defaults: Attributes) -> Result<Vec<Draft>, Refused> {
        let source = below(tree, &self.source);
        let strip = self.strip.as_deref().unwrap_or("");
        let mut strengths: BTreeMap<&str, Strength> = BTreeMap::new();
        if strip.is_empty() {
            let _ = strengths.insert("", Strength::Asked);
        }
        for path in source.keys().filter(|path| !path.is_empty()) {
            if !self.lets_in(path, &source) {
                continue;
            }
            let parents = path.match_indices('/').map(|(at, _)| &path[..at]);
            for parent in parents.chain([""]) {
                let _ = strengths.entry(parent).or_insert(Strength::Parent);
            }
            let _ = strengths.insert(path, Strength::Asked);
        }
        let mut drafts = Vec::new();
        for (path, strength) in strengths {
            let below = match (path, strip) {
                (path, "") => path,
                (path, strip) if path == strip => "",
                (path, strip) => match path.strip_prefix(strip).and_then(|p| p.strip_prefix('/')) {
                    Some(below) => below,
                    // Above the prefix.
                    None => continue,
                },
            };
            let node = &source[path];
            let is_directory = node.kind == Kind::Directory;
            let attributes = self.attributes_of(path, is_directory, defaults);
            if let Kind::Symlink(target) = &node.kind
                && leaves(target, path.matches('/').count())
            {
                return Err(Refused("wasi_vfs::plan::symlink_leaves"));
            }
            let mode = match node.kind {
                Kind::Directory => attributes.directory_mode(Some(node.mode)),
                Kind::File { .. } => attributes.file_mode(Some(node.mode)),
                Kind::Symlink(_) => 0o777,
            };
            drafts.push(Draft {
                guest: at(&self.guest, below),
                strength,
                overrides: true,
                node: Node {
                    kind: node.kind.clone(),
                    mode,
                    time_ns: attributes.time(Some(node.time_ns)),
                },
            });
        }
        Ok(drafts)
    }
}

/// Whose mode and time a directory gets that several tables bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Implied,
    Parent,
    Asked,
}

struct Draft {
    guest: String,
    strength: Strength,
    overrides: bool,
    node: Node,
}

/// The guest path of `below` in the directory `guest`.
fn at(guest: &str, below: &str) -> String {
    match (guest, below) {
        (guest, "") => guest.to_owned(),
        ("/", below) => format!("/{below}"),
        (".", below) => below.to_owned(),
        (guest, below) => child(guest, below),
    }
}

/// Whether a guest path is in the directory `guest`.
fn is_in(path: &str, guest: &str) -> bool {
    match guest {
        "." => !path.starts_with('/'),
        guest => path
            .strip_prefix(guest)
            .is_some_and(|rest| guest == "/" || rest.starts_with('/')),
    }
}

/// The directory that a guest path is in; `None` for the two roots.
fn parent(path: &str) -> Option<&str> {
    match path.rfind('/') {
        Some(0) if path == "/" => None,
        Some(0) => Some("/"),
        Some(at) => Some(&path[..at]),
        None if path == "." => None,
        None => Some("."),
    }
}

/// Whether a symlink `depth` directories below its source leads out of it, by its text.
fn leaves(target: &str, depth: usize) -> bool {
    let mut depth = i64::try_from(depth).expect("a depth of a path");
    target.starts_with('/')
        || target.split('/').any(|name| {
            depth += match name {
                "" | "." => 0,
                ".." => -1,
                _ => 1,
            };
            depth < 0
        })
}

/// What is below `source`, by its path from there.
fn below(tree: &Tree, source: &str) -> Meaning {
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

    /// The entries that the manifest asks for.
    ///
    /// # Errors
    /// The code of what makes it impossible.
    pub fn meaning(&self, tree: &Tree) -> Result<Meaning, Refused> {
        let mut requests = Vec::new();
        for mount in &self.mounts {
            let mut drafts = mount.brings(tree, self.defaults)?;
            if mount.writable {
                // There even if its source brings nothing.
                let attributes = mount.attributes.over(self.defaults);
                drafts.insert(
                    0,
                    self.directory(&mount.guest, Strength::Implied, attributes),
                );
            }
            requests.push(drafts);
        }
        for (number, (guest, content)) in self.files.iter().enumerate() {
            let kind = Kind::File {
                // Beyond all numbers of the tree's files.
                file: usize::MAX - 1 - number,
                content: content.clone().into_bytes(),
            };
            requests.push(vec![Draft {
                guest: guest.clone(),
                strength: Strength::Asked,
                overrides: true,
                node: Node {
                    kind,
                    mode: self.defaults.file_mode(None),
                    time_ns: self.defaults.time(None),
                },
            }]);
        }
        for guest in &self.directories {
            requests.push(vec![self.directory(guest, Strength::Asked, self.defaults)]);
        }
        for (guest, target) in &self.symlinks {
            requests.push(vec![Draft {
                guest: guest.clone(),
                strength: Strength::Asked,
                overrides: true,
                node: Node {
                    kind: Kind::Symlink(target.clone()),
                    mode: 0o777,
                    time_ns: self.defaults.time(None),
                },
            }]);
        }
        self.merged(requests)
    }

    fn directory(&self, guest: &str, strength: Strength, attributes: Attributes) -> Draft {
        Draft {
            guest: guest.to_owned(),
            strength,
            overrides: false,
            node: Node {
                kind: Kind::Directory,
                mode: attributes.directory_mode(None),
                time_ns: attributes.time(None),
            },
        }
    }

    fn merged(&self, requests: Vec<Vec<Draft>>) -> Result<Meaning, Refused> {
        let mut merged: BTreeMap<String, (usize, Draft)> = BTreeMap::new();
        for (table, drafts) in requests.into_iter().enumerate() {
            for draft in drafts {
                match merged.get(&draft.guest) {
                    Some((_, there)) if there.node.kind != draft.node.kind => {
                        let directory = |draft: &Draft| draft.node.kind == Kind::Directory;
                        if directory(there) || directory(&draft) {
                            return Err(MIXED);
                        }
                    }
                    Some((_, there)) if there.strength > draft.strength => continue,
                    _ => {}
                }
                debug_assert!(draft.overrides || draft.node.kind == Kind::Directory);
                let _ = merged.insert(draft.guest.clone(), (table, draft));
            }
        }
        // The directories above, which nobody may have asked for.
        let paths: Vec<String> = merged.keys().cloned().collect();
        for path in &paths {
            let relative = !path.starts_with('/');
            let mut path = path.as_str();
            while let Some(above) = parent(path) {
                // A relative directory that is in no other is a root of its own.
                if relative && !paths.iter().any(|other| other == ".") && above == "." {
                    break;
                }
                let draft = self.directory(above, Strength::Implied, self.defaults);
                let (_, there) = (merged.entry(above.to_owned())).or_insert((usize::MAX, draft));
                if there.node.kind != Kind::Directory {
                    return Err(MIXED);
                }
                path = above;
            }
        }
        Ok(self.linked(merged))
    }

    /// Names stay names of one file when one table brings them, with one mode and time, into one mount.
    fn linked(&self, merged: BTreeMap<String, (usize, Draft)>) -> Meaning {
        let mut numbers = BTreeMap::new();
        let entries = merged.into_iter().map(|(guest, (table, draft))| {
            let Draft { mut node, .. } = draft;
            if let Kind::File { file, .. } = &mut node.kind {
                let point = (self.mounts.iter())
                    .filter(|mount| mount.writable && is_in(&guest, &mount.guest));
                let point = point
                    .map(|mount| mount.guest.clone())
                    .max_by_key(String::len);
                let next = numbers.len();
                let key = (table, *file, node.mode, node.time_ns, point);
                *file = *numbers.entry(key).or_insert(next);
            }
            (guest, node)
        });
        entries.collect()
    }
}

/// A directory and something else at one path: what becomes of them, or which error that is, is not told here.
pub const MIXED: Refused = Refused("wasi_vfs::plan::");
