//! An image as rows to print: `ls -lR`, what `inspect` shows.

use vfs_image::layout::{MODE_DIRECTORY, MODE_SYMLINK, MODE_TYPE};
use vfs_image::{Corrupt, Image, Node, NodeId, NodeKind, Str};

use super::check::{ImageFlaw, corrupt, is_name, open, text};
use super::head::Head;
use super::rows::Rows;
use crate::path::{GuestPath, MAX_PATH};

/// One name in an image, with what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Guest path.
    pub path: String,
    /// Number of the node; the program sees it, plus one, as the inode.
    pub node: u32,
    /// POSIX mode: type bits and permissions.
    pub mode: u32,
    /// Number of names; for a directory 2 + its subdirectories.
    pub nlink: u32,
    /// File: bytes of content. Symlink: bytes of its target. Directory: number of entries.
    pub size: u32,
    /// Nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// What it is.
    pub kind: RowKind,
}

/// What a [`Row`] names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowKind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Where its content starts in the image; 0 when empty.
        offset: u32,
        /// The path of an earlier row that names the same file.
        link_to: Option<String>,
    },
    /// A symbolic link.
    Symlink {
        /// Its target as stored.
        target: String,
    },
}

/// Lists an image, sorted as the entries of a plan are: by path bytes, `.` before all others.
///
/// # Errors
/// The first [`ImageFlaw`] in the way; only a [`check`](super::check()) finds all.
pub fn list(bytes: &[u8]) -> Result<Rows<'_>, ImageFlaw> {
    list_of(Head::whole(bytes))
}

/// The same for an image whose contents are elsewhere.
pub(crate) fn list_of(head: Head<'_>) -> Result<Rows<'_>, ImageFlaw> {
    Rows::of(head)
}

/// Shows every name in the tree of the preopen `root`, parents first; `None`: there is no such preopen. What is a file's first name
/// is not told.
pub(crate) fn visit<E: From<ImageFlaw>>(
    head: Head<'_>,
    root: &str,
    mut visit: impl FnMut(Row) -> Result<(), E>,
) -> Result<Option<()>, E> {
    let image = open(head)?;
    for index in 0..image.preopen_count() {
        let (name, node) = preopen(&image, index)?;
        if name == root {
            let mut show = |path: &dyn Fn() -> String, _: Place, node: &Node| {
                let kind = match node.kind {
                    NodeKind::Directory(_) => RowKind::Directory,
                    NodeKind::File { offset } => RowKind::File {
                        offset,
                        link_to: None,
                    },
                    NodeKind::Symlink { target } => RowKind::Symlink {
                        target: target_of(&image, target),
                    },
                };
                visit(Row::of(path(), node, kind))
            };
            return walk(&image, name, node, &mut Vec::new(), &mut show).map(Some);
        }
    }
    Ok(None)
}

impl Row {
    pub(super) fn of(path: String, node: &Node, kind: RowKind) -> Self {
        Self {
            path,
            node: node.id.get(),
            mode: node.mode,
            nlink: node.nlink,
            size: node.size,
            time_ns: node.time_ns,
            kind,
        }
    }
}

/// A symlink's target; the walk has found that it is text.
pub(super) fn target_of(image: &Image<Head<'_>>, target: Str) -> String {
    let target = text(image, target).expect("BUG: a target that was text is none");
    target.to_owned()
}

/// The names of the preopens, in their order.
pub(crate) fn preopens_of(head: Head<'_>) -> Result<Vec<String>, ImageFlaw> {
    let image = open(head)?;
    let names = (0..image.preopen_count()).map(|index| preopen(&image, index));
    names.map(|preopen| Ok(preopen?.0)).collect()
}

/// A preopen's name and directory.
pub(super) fn preopen(image: &Image<Head<'_>>, index: u32) -> Result<(String, NodeId), ImageFlaw> {
    let preopen = image.preopen(index).ok();
    let found = preopen.and_then(|preopen| {
        let name = text(image, preopen.name)?;
        let path = GuestPath::parse(name).ok()?;
        (path.as_str() == name).then_some((name.to_owned(), preopen.node))
    });
    found.ok_or_else(|| corrupt(format!("preopen {index}")))
}

/// Whether a preopen is in another directory.
pub(super) fn is_named(image: &Image<Head<'_>>, preopen: NodeId) -> bool {
    let kind = image.node(preopen).map(|node| node.kind);
    matches!(kind, Ok(NodeKind::Directory(dir)) if dir.parent() != preopen)
}

/// Where a name is in an image.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The number, among those that were met, of the directory that it is in.
    pub(super) directory: u32,
    /// The number of its dirent; [`ROOT`]: it is that directory itself.
    pub(super) dirent: u32,
    /// What it names.
    pub(super) node: NodeId,
}

/// For a directory that is in no other.
pub(super) const ROOT: u32 = u32::MAX;

/// Shows a node and all below it, each with what tells its path; those of directories are added to `directories`.
pub(super) fn walk<E: From<ImageFlaw>>(
    image: &Image<Head<'_>>,
    path: String,
    node: NodeId,
    directories: &mut Vec<Box<str>>,
    show: &mut impl FnMut(&dyn Fn() -> String, Place, &Node) -> Result<(), E>,
) -> Result<(), E> {
    let root = Place {
        directory: directories.len() as u32,
        dirent: ROOT,
        node,
    };
    // A list of what is still to do instead of recursion: a path has up to 2048 names.
    let mut pending = vec![(root, path.as_str())];
    // More names than there are entries: a directory with two names, each level doubling.
    let mut left = image.preopen_count() as usize + image.dirent_count() as usize;
    while let Some((place, name)) = pending.pop() {
        let path = || match place.dirent {
            ROOT => name.to_owned(),
            _ => join(&directories[place.directory as usize], name),
        };
        let id = place.node;
        let part = || corrupt(format!("node {}, `{}`,", id.get(), path()));
        left = left.checked_sub(1).ok_or_else(part)?;
        let node = image.node(id).map_err(|Corrupt| part())?;
        let mut entered = None;
        match node.kind {
            NodeKind::File { .. } => {}
            NodeKind::Symlink { target } => {
                text(image, target).ok_or_else(part)?;
            }
            NodeKind::Directory(dir) => {
                let path = path();
                let directory = directories.len() as u32;
                let mut last = None;
                for index in 0..dir.count() {
                    let dirent = image.dirent(&dir, index).ok().flatten().ok_or_else(part)?;
                    let name = text(image, dirent.name).ok_or_else(part)?;
                    if !is_name(name) || last.is_some_and(|last| last >= name) {
                        return Err(corrupt(format!("the name {name:?} in `{path}`")).into());
                    }
                    // Also what many names in a long chain of directories could take.
                    if path.len() + 1 + name.len() > MAX_PATH {
                        return Err(too_long(&path).into());
                    }
                    let place = Place {
                        directory,
                        dirent: dir.first() + index,
                        node: dirent.node,
                    };
                    pending.push((place, name));
                    last = Some(name);
                }
                entered = Some(path);
            }
        }
        show(&path, place, &node)?;
        directories.extend(entered.map(Into::into));
    }
    Ok(())
}

/// No path is so long, so no image has it.
fn too_long(path: &str) -> ImageFlaw {
    let start: String = path.chars().take(40).collect();
    corrupt(format!("the path `{start}…`"))
}

/// The guest path of a name in a directory.
pub(super) fn join(directory: &str, name: &str) -> String {
    match directory {
        "." => name.to_owned(),
        "/" => format!("/{name}"),
        _ => format!("{directory}/{name}"),
    }
}

/// A mode as `ls -l` writes it: `drwxr-xr-x`.
#[must_use]
pub fn mode_text(mode: u32) -> String {
    let kind = match mode & MODE_TYPE {
        MODE_DIRECTORY => 'd',
        MODE_SYMLINK => 'l',
        _ => '-',
    };
    let mut text = String::from(kind);
    // For each of owner, group and others: the shift of its bits, and its special bit with its letters.
    for (shift, special, set, without_x) in [
        (6, 0o4000, 's', 'S'),
        (3, 0o2000, 's', 'S'),
        (0, 0o1000, 't', 'T'),
    ] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => set,
            (true, false) => without_x,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::encode::Metadata;
    use super::super::mounts::Start;
    use super::super::tree::{Graph, Link, Thing, ThingKind, Things, Tree};
    use super::*;

    /// Directories; a link has the name with its number.
    struct Directories<'n>(&'n [(usize, &'n str, usize)]);

    impl Things for Directories<'_> {
        fn thing(&self, _number: u32) -> Thing<'_> {
            Thing {
                permissions: 0o755,
                time_ns: 0,
                kind: ThingKind::Directory,
            }
        }

        fn name(&self, link: &Link) -> &str {
            self.0[link.name as usize].1
        }
    }

    /// An image of directories: its preopens, and which of them has which names for which.
    fn image(roots: &[(&str, usize)], names: &[(usize, &str, usize)]) -> Vec<u8> {
        let all = names.iter().map(|name| name.2);
        let all = all.chain(roots.iter().map(|root| root.1));
        let count = 1 + all.max().unwrap_or(0);
        let (mut ends, mut links) = (Vec::new(), Vec::new());
        for directory in 0..count {
            for (number, (_, _, child)) in names
                .iter()
                .enumerate()
                .filter(|(_, name)| name.0 == directory)
            {
                links.push(Link {
                    thing: *child as u32,
                    name: number as u32,
                });
            }
            ends.push(links.len() as u32);
        }
        let roots = roots.iter();
        let graph = Graph {
            preopens: roots
                .map(|(name, root)| ((*name).to_owned(), *root as u32))
                .collect(),
            ends,
            links,
            mounts: Vec::new(),
            start: Start::default(),
        };
        let things = Directories(names);
        let tree = Tree::number(graph, &things);
        let mut metadata = Metadata::of(&tree, &things).unwrap();
        metadata.seal(metadata.size() as u32, [].iter());
        metadata.bytes().to_vec()
    }

    fn paths(image: &[u8]) -> Result<Vec<String>, String> {
        match list(image) {
            Ok(rows) => Ok(rows.iter().map(|row| row.path).collect()),
            Err(flaw) => Err(flaw.to_string()),
        }
    }

    fn corrupt(part: &str) -> Result<Vec<String>, String> {
        Err(format!("the image is corrupt: {part} is malformed"))
    }

    /// A chain of directories, each in the one before, as long as one likes: all of its paths together would take any memory.
    #[test]
    fn a_path_is_no_longer_than_any_can_be() {
        let name = "n".repeat(255);
        let chain = |length| {
            let names: Vec<_> = (0..length).map(|at| (at, name.as_str(), at + 1)).collect();
            paths(&image(&[("/", 0)], &names))
        };
        let fine = chain(16).unwrap();
        assert_eq!(fine[16].len(), MAX_PATH);
        let start = &format!("/{name}")[..40];
        assert_eq!(chain(17), corrupt(&format!("the path `{start}…`")));
        assert_eq!(chain(5000), corrupt(&format!("the path `{start}…`")));
    }

    /// Preopens that no plan has; bundled again, they once were a panic.
    #[test]
    fn preopens_are_paths_and_in_no_other_place() {
        let names: Vec<(usize, &str, usize)> = vec![(0, "a", 1)];
        let fine = ["/", "/a", "/b"].map(str::to_owned);
        assert_eq!(
            paths(&image(&[("/", 0), ("/b", 2)], &names)),
            Ok(fine.into())
        );
        for name in ["/b/../c", "/b/", "//b", "./b", "../b", &"b".repeat(256)] {
            let image = image(&[("/", 0), (name, 2)], &names);
            assert_eq!(paths(&image), corrupt("preopen 1"), "{name}");
        }
        let twice = image(&[("/", 0), ("/a", 2)], &names);
        assert_eq!(paths(&twice), corrupt("`/a`, which is there twice,"));
    }
}
