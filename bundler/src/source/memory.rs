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
    reversed: bool,
}

#[derive(Debug, Clone)]
struct Node {
    metadata: Metadata,
    content: Vec<u8>,
    target: PathBuf,
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
        self.add(path.as_ref(), Kind::Symlink, 0o777).target = target.into();
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
    pub fn reversed(mut self) -> Self {
        self.reversed = !self.reversed;
        self
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
        let found = match path.as_os_str().is_empty() {
            true => None,
            false => self.nodes.get(path),
        };
        found.ok_or_else(|| fail(verb, path, io::ErrorKind::NotFound))
    }
}

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
            target: PathBuf::new(),
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
        let directory = self.node("cannot list", path)?;
        if directory.metadata.kind != Kind::Directory {
            return Err(fail("cannot list", path, io::ErrorKind::NotADirectory));
        }
        if !directory.readable {
            return Err(fail("cannot list", path, io::ErrorKind::PermissionDenied));
        }
        let children = self
            .nodes
            .keys()
            .filter(|child| child.parent() == Some(path));
        let mut names: Vec<OsString> = children
            .filter_map(|child| child.file_name())
            .map(ToOwned::to_owned)
            .collect();
        if self.reversed {
            names.reverse();
        }
        Ok(names)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, SourceError> {
        let node = self.node("cannot read the link", path)?;
        match node.metadata.kind {
            Kind::Symlink => Ok(node.target.clone()),
            _ => Err(fail(
                "cannot read the link",
                path,
                io::ErrorKind::InvalidInput,
            )),
        }
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
                    if node.metadata.kind == Kind::Symlink {
                        links += 1;
                        if links > 40 {
                            return Err(fail("cannot find", path, io::ErrorKind::InvalidInput));
                        }
                        todo.extend(names_of(&node.target));
                    } else {
                        done = next;
                    }
                }
            }
        }
        Ok(done)
    }

    fn open(&self, path: &Path) -> Result<Box<dyn Read + '_>, SourceError> {
        let node = self.node("cannot read", path)?;
        match node.metadata.kind {
            Kind::Directory => Err(fail("cannot read", path, io::ErrorKind::IsADirectory)),
            _ if !node.readable => Err(fail("cannot read", path, io::ErrorKind::PermissionDenied)),
            _ => Ok(Box::new(node.content.as_slice())),
        }
    }
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
