//! A source made in memory, for tests: any kind of entry, any order of listing.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::{Kind, Metadata, Source, SourceError};

/// A tree in memory. Parents of what is added come by themselves.
#[derive(Debug, Clone, Default)]
pub struct MemorySource {
    nodes: BTreeMap<PathBuf, Node>,
    /// Decides the order of listings; none: by name.
    order: Option<u64>,
}

#[derive(Debug, Clone)]
struct Node {
    metadata: Metadata,
    content: Vec<u8>,
    target: Option<PathBuf>,
    readable: bool,
}

impl MemorySource {
    /// An empty source.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a file, mode 0644, time 0.
    #[must_use]
    pub fn file(mut self, path: impl AsRef<Path>, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        let node = self.add(path.as_ref(), Kind::File, 0o644);
        node.metadata.size = content.len() as u64;
        node.content = content;
        self
    }

    /// With a directory, mode 0755, time 0.
    #[must_use]
    pub fn directory(mut self, path: impl AsRef<Path>) -> Self {
        self.add(path.as_ref(), Kind::Directory, 0o755);
        self
    }

    /// With a symlink.
    #[must_use]
    pub fn symlink(mut self, path: impl AsRef<Path>, target: impl Into<PathBuf>) -> Self {
        self.add(path.as_ref(), Kind::Symlink, 0o777).target = Some(target.into());
        self
    }

    /// With something an image can't hold, such as `a pipe`.
    #[must_use]
    pub fn special(mut self, path: impl AsRef<Path>, what: &'static str) -> Self {
        self.add(path.as_ref(), Kind::Other(what), 0o644);
        self
    }

    /// With other metadata for what is at `path`.
    ///
    /// # Panics
    /// When nothing is there.
    #[must_use]
    pub fn with(mut self, path: impl AsRef<Path>, change: impl FnOnce(&mut Metadata)) -> Self {
        change(
            &mut self
                .nodes
                .get_mut(path.as_ref())
                .expect("the path was added")
                .metadata,
        );
        self
    }

    /// With what is at `path` unreadable: listing or opening it fails.
    ///
    /// # Panics
    /// When nothing is there.
    #[must_use]
    pub fn unreadable(mut self, path: impl AsRef<Path>) -> Self {
        self.nodes
            .get_mut(path.as_ref())
            .expect("the path was added")
            .readable = false;
        self
    }

    /// With listings in the opposite order.
    #[must_use]
    pub fn reversed(self) -> Self {
        self.shuffled(0)
    }

    /// With listings in an order that `seed` decides.
    #[must_use]
    pub fn shuffled(mut self, seed: u64) -> Self {
        self.order = Some(seed);
        self
    }

    /// Whether something is at `path`.
    #[must_use]
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        self.nodes.contains_key(path.as_ref())
    }

    /// Whether something is at `path` that is no directory.
    #[must_use]
    pub fn is_leaf(&self, path: impl AsRef<Path>) -> bool {
        let node = self.nodes.get(path.as_ref());
        node.is_some_and(|node| node.metadata.kind != Kind::Directory)
    }

    fn add(&mut self, path: &Path, kind: Kind, mode: u32) -> &mut Node {
        let parents: Vec<&Path> = path
            .ancestors()
            .skip(1)
            .filter(|parent| *parent != Path::new(""))
            .collect();
        for parent in parents {
            self.nodes
                .entry(parent.to_owned())
                .or_insert_with(|| Node::new(Kind::Directory, 0o755));
        }
        self.nodes.insert(path.to_owned(), Node::new(kind, mode));
        self.nodes.get_mut(path).expect("it was just added")
    }

    fn node(&self, verb: &'static str, path: &Path) -> Result<&Node, SourceError> {
        let found = match self.nodes.get(&clean(path)) {
            None if clean(path).as_os_str().is_empty() && !path.as_os_str().is_empty() => {
                Some(&ROOT)
            }
            found => found,
        };
        let found = found.or_else(|| self.behind_links(path));
        found.ok_or_else(|| fail(verb, path, io::ErrorKind::NotFound))
    }

    /// The node of a path that goes along symlinks.
    fn behind_links(&self, path: &Path) -> Option<&Node> {
        let (parent, name) = (clean(path.parent()?), path.file_name()?);
        let real = self.resolve(&parent).ok()?;
        // Else there are none on the way.
        (real != parent).then(|| self.nodes.get(&real.join(name)))?
    }
}

/// What `.` is.
static ROOT: Node = Node {
    metadata: Metadata {
        kind: Kind::Directory,
        mode: 0o755,
        mtime_ns: 0,
        size: 0,
        link_id: None,
    },
    content: Vec::new(),
    target: None,
    readable: true,
};

impl Node {
    fn new(kind: Kind, mode: u32) -> Self {
        let metadata = Metadata {
            kind,
            mode,
            mtime_ns: 0,
            size: 0,
            link_id: None,
        };
        Self {
            metadata,
            content: Vec::new(),
            target: None,
            readable: true,
        }
    }
}

fn fail(verb: &'static str, path: &Path, kind: io::ErrorKind) -> SourceError {
    SourceError {
        verb,
        path: path.to_owned(),
        error: kind.into(),
    }
}

impl Source for MemorySource {
    fn metadata(&self, path: &Path) -> Result<Metadata, SourceError> {
        Ok(self.node("cannot look at", path)?.metadata.clone())
    }

    fn list(&self, path: &Path) -> Result<Vec<OsString>, SourceError> {
        let node = self.node("cannot list", path)?;
        if node.metadata.kind != Kind::Directory {
            return Err(fail("cannot list", path, io::ErrorKind::NotADirectory));
        }
        if !node.readable {
            return Err(fail("cannot list", path, io::ErrorKind::PermissionDenied));
        }
        let directory = clean(path);
        let children = self
            .nodes
            .keys()
            .filter(|child| child.parent() == Some(directory.as_path()));
        let mut names: Vec<OsString> = children
            .filter_map(|child| child.file_name())
            .map(ToOwned::to_owned)
            .collect();
        match self.order {
            None => {}
            Some(0) => names.reverse(),
            Some(seed) => names.sort_by_cached_key(|name| scatter(name.as_encoded_bytes(), seed)),
        }
        Ok(names)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, SourceError> {
        let node = self.node("cannot read the link", path)?;
        let invalid = || fail("cannot read the link", path, io::ErrorKind::InvalidInput);
        node.target.clone().ok_or_else(invalid)
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf, SourceError> {
        // Names still to go through, last first.
        let mut todo: Vec<OsString> = names_of(path);
        let mut done = PathBuf::new();
        let mut links = 0;
        while let Some(name) = todo.pop() {
            match name.to_str() {
                Some("/") => done = PathBuf::from("/"),
                Some("..") => drop(done.pop()),
                _ => {
                    let next = done.join(&name);
                    let node = self.node("cannot find", &next)?;
                    if let Some(target) = &node.target {
                        links += 1;
                        if links > 40 {
                            return Err(fail("cannot find", path, io::ErrorKind::InvalidInput));
                        }
                        todo.extend(names_of(target));
                    } else {
                        done = next;
                    }
                }
            }
        }
        Ok(done)
    }

    fn open(&self, path: &Path) -> Result<Box<dyn Read + '_>, SourceError> {
        let real = self.resolve(path).unwrap_or_else(|_| path.to_owned());
        let node = self.node("cannot read", &real)?;
        match node.metadata.kind {
            Kind::Directory => Err(fail("cannot read", path, io::ErrorKind::IsADirectory)),
            _ if !node.readable => Err(fail("cannot read", path, io::ErrorKind::PermissionDenied)),
            _ => Ok(Box::new(node.content.as_slice())),
        }
    }
}

/// A number that depends on all of a name and the seed.
fn scatter(name: &[u8], seed: u64) -> u64 {
    name.iter().fold(seed, |hash, byte| {
        (hash ^ u64::from(*byte))
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29)
    })
}

/// A path without `.`; the empty path is the top.
fn clean(path: &Path) -> PathBuf {
    path.components()
        .filter(|component| *component != Component::CurDir)
        .collect()
}

/// The components of a path, last first; `.` is none.
fn names_of(path: &Path) -> Vec<OsString> {
    let names = path
        .components()
        .filter(|component| *component != Component::CurDir);
    names
        .rev()
        .map(|component| component.as_os_str().to_owned())
        .collect()
}
