//! What a manifest means, said a second time: the entries that it asks for, worked out entry by entry without any of the
//! tool's code. Only what the documentation promises is used.

use std::collections::BTreeMap;

use crate::glob;
use crate::manifest::{Attributes, FIXED, Manifest, Mode, Mount, SOURCE_DATE_EPOCH, Time, below};
use crate::tree::{Kind, Node, Tree, child};

/// The entries by guest path; a directory's strength and a file's table are kept until the end.
pub type Meaning = BTreeMap<String, Node>;

/// Why a manifest can't be bundled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(
    /// The code of the tool's error.
    pub &'static str,
);

/// A directory and something else at one path: what becomes of them, or which error that is, is not told here.
pub const MIXED: Refused = Refused("wasi_vfs::plan::");

impl Attributes {
    /// These, and those of `below` where these say nothing.
    fn over(self, below: Self) -> Self {
        Self {
            files: self.files.or(below.files),
            directories: self.directories.or(below.directories),
            times: self.times.or(below.times),
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
impl Mount {
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

impl Manifest {
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
