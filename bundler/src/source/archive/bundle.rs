//! Bundles: modules that carry an image, whose tree becomes a source.
//!
//! Only files, directories and symlinks are taken over, with modes, times and hard links. What else a bundle has (mounts,
//! variables, arguments, the program) belongs to its program.

mod module;

use vfs_image::layout::{HeaderRecord, VERSION};
use vfs_image::{Bytes, Corrupt, Dir, Image, NodeKind, Str};

use super::error::ArchiveError;
use super::tree::{Builder, Member, Said, Tree, What};
use super::{Context, name};
use crate::source::{Kind, ReadAt};
pub(super) use module::find;

/// So many bytes of metadata are read at once; more are read as they are needed.
const CACHED: u32 = 64 * 1024 * 1024;

/// Where the image is in its module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) size: u32,
}

/// Reads the tree of the image at `place`.
pub(super) fn read(
    context: &Context<'_>,
    bytes: &dyn ReadAt,
    place: Place,
) -> Result<Tree, ArchiveError> {
    let mut source = InModule {
        bytes,
        place,
        start: Vec::new(),
    };
    let broken = |Corrupt| damaged(context, "the header");
    let mut header = [0; HeaderRecord::SIZE];
    source.read(0, &mut header).map_err(broken)?;
    let version = HeaderRecord::decode(&header).version;
    if version != VERSION {
        return Err(context.unsupported(format!("its image has format version {version}")));
    }
    let contents = Image::open(&source).map_err(broken)?.contents_offset();
    if contents <= CACHED {
        let mut start = vec![0; contents as usize];
        source.read(0, &mut start).map_err(broken)?;
        source.start = start;
    }
    let image = Image::open(&source).map_err(broken)?;
    let mut reader = Reader {
        context,
        image,
        offset: place.offset,
        builder: Builder::new(context.shown),
        total: 0,
    };
    for (path, root) in reader.roots()? {
        reader.tree(path, root)?;
    }
    reader.builder.finish()
}

/// The image's bytes, those at its start in memory.
struct InModule<'a> {
    bytes: &'a dyn ReadAt,
    place: Place,
    start: Vec<u8>,
}

impl Bytes for &InModule<'_> {
    fn size(&self) -> u32 {
        self.place.size
    }

    fn read(&self, offset: u32, out: &mut [u8]) -> Result<(), Corrupt> {
        if let Some(tail) = self.start.get(offset as usize..)
            && let Some(found) = tail.get(..out.len())
        {
            out.copy_from_slice(found);
            return Ok(());
        }
        let end = u64::from(offset) + out.len() as u64;
        if end > u64::from(self.place.size) {
            return Err(Corrupt);
        }
        let at = self.place.offset + u64::from(offset);
        self.bytes.read_exact_at(out, at).map_err(|_| Corrupt)
    }
}

impl InModule<'_> {
    fn read(&self, offset: u32, out: &mut [u8]) -> Result<(), Corrupt> {
        Bytes::read(&self, offset, out)
    }
}

struct Reader<'a> {
    context: &'a Context<'a>,
    image: Image<&'a InModule<'a>>,
    /// Where the image is in the module.
    offset: u64,
    builder: Builder<'a>,
    total: u64,
}

/// A directory on the way to the entry that is read.
struct Level {
    directory: Dir,
    next: u32,
    /// Bytes of its path.
    path: usize,
}

impl Reader<'_> {
    /// The directories that make up the source, with their paths in it: `/` and what else has an absolute path, parents
    /// first; or `.` when there is none. Other relative ones are not taken over.
    fn roots(&self) -> Result<Vec<(Vec<u8>, Dir)>, ArchiveError> {
        let mut roots = Vec::new();
        for index in 0..self.image.preopen_count() {
            let broken = |Corrupt| damaged(self.context, &format!("preopen {index}"));
            let preopen = self.image.preopen(index).map_err(broken)?;
            let name = self.text(preopen.name).map_err(broken)?;
            let node = self.image.node(preopen.node).map_err(broken)?;
            match (&name[..], node.kind) {
                // `/` is the first.
                ([b'/', path @ ..], NodeKind::Directory(root)) => roots.push((path.to_vec(), root)),
                (b".", NodeKind::Directory(root)) if roots.is_empty() => {
                    roots.push((Vec::new(), root));
                }
                _ => {}
            }
        }
        Ok(roots)
    }

    fn tree(&mut self, mut path: Vec<u8>, root: Dir) -> Result<(), ArchiveError> {
        // More names than there are: a directory with two of them, each level doubling.
        let mut left = self.image.dirent_count();
        let shown: &[u8] = if path.is_empty() { b"." } else { &path };
        self.add(shown, root.id())?;
        let mut levels = vec![Level {
            directory: root,
            next: 0,
            path: path.len(),
        }];
        while let Some(level) = levels.last_mut() {
            path.truncate(level.path);
            if level.next == level.directory.count() {
                levels.pop();
                continue;
            }
            let broken = |Corrupt| {
                let directory = name::shown(&path);
                damaged(self.context, &format!("the directory `{directory}`"))
            };
            left = left.checked_sub(1).ok_or(Corrupt).map_err(broken)?;
            let dirent = self.image.dirent(&level.directory, level.next);
            let dirent = dirent
                .and_then(|found| found.ok_or(Corrupt))
                .map_err(broken)?;
            level.next += 1;
            let name = self.text(dirent.name).map_err(broken)?;
            if name.is_empty() || name == b"." || name.contains(&b'/') {
                return Err(broken(Corrupt));
            }
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend(name);
            if let Some(directory) = self.add(&path, dirent.node)? {
                let path = path.len();
                levels.push(Level {
                    directory,
                    next: 0,
                    path,
                });
            }
        }
        Ok(())
    }

    /// Adds a node under one of its names. It is returned when it is a directory.
    fn add(&mut self, path: &[u8], id: vfs_image::NodeId) -> Result<Option<Dir>, ArchiveError> {
        let broken = |Corrupt| damaged(self.context, &format!("`{}`", name::shown(path)));
        let node = self.image.node(id).map_err(broken)?;
        let mut said = Said {
            kind: Kind::Directory,
            mode: node.mode & 0o7777,
            mtime_ns: i128::from(node.time_ns),
            size: 0,
            what: What::Directory(Default::default()),
            link_id: None,
            at: self.offset,
        };
        let mut directory = None;
        match node.kind {
            NodeKind::Directory(dir) => directory = Some(dir),
            NodeKind::File { offset } => {
                said.kind = Kind::File;
                said.size = u64::from(node.size);
                let offset = self.offset + u64::from(offset);
                said.what = What::File(Member::Plain { offset });
                said.link_id = (node.nlink > 1).then(|| (1, u64::from(id.get())));
                self.total += said.size;
            }
            NodeKind::Symlink { target } => {
                said.kind = Kind::Symlink;
                let target = self.text(target).map_err(broken)?;
                said.what = What::Symlink(name::os_string(&target));
            }
        }
        if self.total > self.context.limit {
            return Err(self.context.too_large());
        }
        self.builder.add(path, said)?;
        Ok(directory)
    }

    fn text(&self, string: Str) -> Result<Vec<u8>, Corrupt> {
        let mut text = vec![0; string.len() as usize];
        self.image.read_str(string, &mut text)?;
        Ok(text)
    }
}

fn damaged(context: &Context<'_>, part: &str) -> ArchiveError {
    context.corrupt(format!("in its image, {part} is not well formed"))
}
