//! The full check of an image: every rule of `FORMAT.md`, for `inspect` and `verify`.
//!
//! The reader checks what it touches; this checks that the bytes are *the* encoding of the tree they
//! hold. It reads the tree, encodes it again and compares: what `describe` and `write` would not have
//! written is a flaw.

use miette::Diagnostic;
use sha2::{Digest, Sha256};
use thiserror::Error;
use vfs_image::layout::{HeaderRecord, MAGIC, VERSION};
use vfs_image::{Bytes, Corrupt, Dir, Image, Node, NodeId, NodeKind, Str};

use super::encode::Metadata;
use super::head::Head;
use super::mounts::{self, Start};
use super::names::Names;
use super::tree::{Graph, Link, Thing, ThingKind, Things, Tree};

/// What is wrong with the bytes of an image.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum ImageFlaw {
    /// The bytes do not start like an image.
    #[error("not an image: the magic number is missing")]
    #[diagnostic(
        code(wasi_vfs::image::not_an_image),
        help("give a module that `wasi-vfs bundle` made")
    )]
    NotAnImage,

    /// The image has a format version this build does not know.
    #[error("the image has format version {version}; this release supports version {VERSION}")]
    #[diagnostic(
        code(wasi_vfs::image::version),
        help("use the wasi-vfs that made the module, or bundle it again with this one")
    )]
    Version {
        /// The version in its header.
        version: u32,
    },

    /// A part of the image breaks a rule that every reader enforces.
    #[error("the image is corrupt: {part} is malformed")]
    #[diagnostic(code(wasi_vfs::image::corrupt), help("bundle the module again"))]
    Corrupt {
        /// The part.
        part: String,
    },

    /// The image is readable, but not as this tool writes the same tree.
    #[error(
        "the image is not canonical: {part} differs from what its tree encodes to, first at byte {offset}"
    )]
    #[diagnostic(code(wasi_vfs::image::not_canonical), help("bundle the module again"))]
    NotCanonical {
        /// The section.
        part: &'static str,
        /// The first differing byte, counted from the start of the image.
        offset: u64,
    },

    /// Something in the image was changed after its digest was computed.
    #[error("the image's digest does not match its content")]
    #[diagnostic(code(wasi_vfs::image::digest), help("bundle the module again"))]
    Digest,
}

/// What a full check found out about an image that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The digest in its header, which matches.
    pub digest: [u8; 32],
    /// For each node the SHA-256 of its content; `None` unless a file.
    pub contents: Vec<Option<[u8; 32]>>,
}

/// Checks every rule of the format.
///
/// # Errors
/// The first [`ImageFlaw`] found.
pub fn check(bytes: &[u8]) -> Result<Checked, ImageFlaw> {
    check_head(Head::whole(bytes), |offset, size| {
        // The reader found that the content lies inside the image.
        Ok(Sha256::digest(&bytes[offset as usize..][..size as usize]).into())
    })
}

/// The same for an image whose contents are elsewhere: `hash` gives the SHA-256 of so many bytes from an offset on.
pub(crate) fn check_head<E: From<ImageFlaw>>(
    head: Head<'_>,
    mut hash: impl FnMut(u32, u32) -> Result<[u8; 32], E>,
) -> Result<Checked, E> {
    let image = open(head)?;
    let things = Nodes::of(&image)?;
    let tree = Tree::number(graph(&image)?, &things);
    let mut metadata = Metadata::of(&tree, &things).map_err(|_| corrupt("the whole"))?;

    // Contents: in node order, each once, nothing between them. No byte is hashed twice.
    let mut contents = vec![None; tree.nodes.len()];
    // Place, size and node of each: the places rise.
    let mut stored: Vec<(u32, u32, u32)> = Vec::new();
    let mut end = image.contents_offset();
    for (node, thing, size) in tree.files(&things) {
        let offset = things.content(thing);
        metadata.place(node, offset);
        let digest = if size > 0 && offset == end {
            end += size;
            stored.push((offset, size, node));
            hash(offset, size)?
        } else if size == 0 && offset == 0 {
            Sha256::digest([]).into()
        } else {
            let part = || corrupt(format!("the content of node {thing}"));
            let at = stored.binary_search_by_key(&offset, |stored| stored.0);
            let (_, stored_size, first) = stored[at.map_err(|_| part())?];
            contents[first as usize]
                .filter(|_| stored_size == size)
                .ok_or_else(part)?
        };
        contents[node as usize] = Some(digest);
    }
    let mut by_digest: Vec<u32> = (0..stored.len() as u32).collect();
    let key = |at: &u32| {
        let (_, size, node) = stored[*at as usize];
        (contents[node as usize], size)
    };
    by_digest.sort_unstable_by_key(key);
    if by_digest.windows(2).any(|two| key(&two[0]) == key(&two[1])) {
        return Err(corrupt("the contents section, which holds a content twice,").into());
    }
    drop(by_digest);
    if end != head.size() {
        let (part, offset) = ("the contents section", u64::from(end));
        return Err(ImageFlaw::NotCanonical { part, offset }.into());
    }
    let in_order = stored
        .iter()
        .filter_map(|stored| contents[stored.2 as usize].as_ref());
    let digest = metadata.seal(end, in_order);
    compare(&image, head.bytes(), metadata.bytes())?;
    Ok(Checked { digest, contents })
}

/// Opens an image, saying why when that fails.
pub(super) fn open(head: Head<'_>) -> Result<Image<Head<'_>>, ImageFlaw> {
    header(head.bytes().first_chunk())?;
    Image::open(head).map_err(|Corrupt| corrupt("the header"))
}

/// The header, if it is one of an image in a format that this build reads.
pub(super) fn header(bytes: Option<&[u8; HeaderRecord::SIZE]>) -> Result<HeaderRecord, ImageFlaw> {
    let header = bytes
        .map(HeaderRecord::decode)
        .filter(|header| header.magic == MAGIC)
        .ok_or(ImageFlaw::NotAnImage)?;
    match header.version {
        VERSION => Ok(header),
        version => Err(ImageFlaw::Version { version }),
    }
}

pub(super) fn corrupt(part: impl Into<String>) -> ImageFlaw {
    ImageFlaw::Corrupt { part: part.into() }
}

/// Compares the metadata with what it should be; the digest last, since any other difference explains it.
fn compare(image: &Image<Head<'_>>, bytes: &[u8], expected: &[u8]) -> Result<(), ImageFlaw> {
    let found = &bytes[..image.contents_offset() as usize];
    let digest = vfs_image::layout::DIGEST_OFFSET..HeaderRecord::SIZE;
    let differs = |&at: &usize| found.get(at) != expected.get(at) && !digest.contains(&at);
    let Some(at) = (0..found.len().max(expected.len())).find(differs) else {
        return if found[digest.clone()] == expected[digest] {
            Ok(())
        } else {
            Err(ImageFlaw::Digest)
        };
    };
    let part = image.section_of(at as u32);
    Err(ImageFlaw::NotCanonical {
        part,
        offset: at as u64,
    })
}

/// The nodes of an image, in its own numbering, which [`graph`] has found to be well formed.
struct Nodes<'i, 'a> {
    image: &'i Image<Head<'a>>,
    names: Names<'a>,
}

impl<'i, 'a> Nodes<'i, 'a> {
    fn of(image: &'i Image<Head<'a>>) -> Result<Self, ImageFlaw> {
        let names = Names::of(image)?;
        Ok(Self { image, names })
    }

    fn node(&self, number: u32) -> Node {
        let node = self.image.node(NodeId::new(number));
        node.expect("BUG: a node that was read can't be read")
    }

    /// Where a file's content lies.
    fn content(&self, number: u32) -> u32 {
        match self.node(number).kind {
            NodeKind::File { offset } => offset,
            _ => 0,
        }
    }
}

impl Things for Nodes<'_, '_> {
    fn thing(&self, number: u32) -> Thing<'_> {
        let node = self.node(number);
        Thing {
            permissions: node.permissions(),
            time_ns: node.time_ns,
            kind: match node.kind {
                NodeKind::Directory(_) => ThingKind::Directory,
                NodeKind::File { .. } => ThingKind::File { size: node.size },
                NodeKind::Symlink { target } => ThingKind::Symlink {
                    target: text(self.image, target)
                        .expect("BUG: a target that was read can't be read"),
                },
            },
        }
    }

    /// A link is called as the dirent with its number is.
    fn name(&self, link: &Link) -> &str {
        self.names.get(link.name)
    }
}

/// How the nodes of an image are linked, in its own numbering.
fn graph(image: &Image<Head<'_>>) -> Result<Graph, ImageFlaw> {
    let count = image.node_count() as usize;
    let mut graph = Graph {
        preopens: Vec::new(),
        ends: Vec::with_capacity(count),
        links: Vec::with_capacity(image.dirent_count() as usize),
        mounts: mounts::read(image)?,
        start: Start::read(image)?,
    };
    // How many names a node has.
    let mut named = vec![0u32; count];
    for number in 0..image.node_count() {
        let node = image
            .node(NodeId::new(number))
            .map_err(|Corrupt| corrupt(format!("node {number}")))?;
        match &node.kind {
            NodeKind::Symlink { target } => {
                text(image, *target)
                    .ok_or_else(|| corrupt(format!("the target of node {number}")))?;
            }
            NodeKind::Directory(dir) => {
                links(image, dir, node.mount, &mut named, &mut graph.links)?;
            }
            NodeKind::File { .. } => {}
        }
        graph.ends.push(graph.links.len() as u32);
    }
    let things = Nodes::of(image)?;
    let directory = |number: u32| matches!(things.node(number).kind, NodeKind::Directory(_));
    for index in 0..image.preopen_count() {
        let part = || corrupt(format!("preopen {index}"));
        let preopen = image.preopen(index).map_err(|Corrupt| part())?;
        let name = text(image, preopen.name)
            .filter(|name| is_path(name))
            .ok_or_else(part)?
            .to_owned();
        // `/` first, the others by their bytes (`.` sorts before `/`).
        let after = |last: &String| (last != "/", last.as_str()) < (name != "/", name.as_str());
        let thing = preopen.node.get();
        if !directory(thing) || !graph.preopens.last().is_none_or(|(last, _)| after(last)) {
            return Err(part());
        }
        let times = &mut named[thing as usize];
        if *times == 0 {
            *times = 1;
        } else if find(&graph, &things, &name) != Some(thing) {
            return Err(part());
        }
        graph.preopens.push((name, thing));
    }
    for (number, &times) in (0..).zip(&named) {
        let file = || matches!(things.node(number).kind, NodeKind::File { .. });
        if times == 0 || (times > 1 && !file()) {
            return Err(corrupt(format!("node {number}, which has {times} names,")));
        }
    }
    Ok(graph)
}

/// What an absolute path leads to, from `/` through read-only directories.
fn find(graph: &Graph, things: &impl Things, path: &str) -> Option<u32> {
    let &(ref root, mut at) = graph.preopens.first()?;
    for name in path.strip_prefix('/').filter(|_| root == "/")?.split('/') {
        if graph
            .mounts
            .binary_search_by_key(&at, |mount| mount.0)
            .is_ok()
        {
            return None;
        }
        let links = graph.links_of(at);
        let found = links.binary_search_by(|link| things.name(link).cmp(name));
        at = links[found.ok()?].thing;
    }
    Some(at)
}

/// Adds the names in a directory to `links`; each node named is counted.
fn links(
    image: &Image<Head<'_>>,
    dir: &Dir,
    mount: u32,
    named: &mut [u32],
    links: &mut Vec<Link>,
) -> Result<(), ImageFlaw> {
    let mut last = None;
    for index in 0..dir.count() {
        let part = || corrupt(format!("entry {index} of directory {}", dir.id().get()));
        let dirent = image.dirent(dir, index).ok().flatten().ok_or_else(part)?;
        let node = image.node(dirent.node).map_err(|Corrupt| part())?;
        let name = text(image, dirent.name)
            .filter(|name| is_name(name))
            .ok_or_else(part)?;
        let sorted = last.is_none_or(|last| last < name);
        // A directory may begin another mount; that of a file is told by each of its names.
        let inside = node.mount == mount || matches!(node.kind, NodeKind::Directory(_));
        if !sorted || !inside || dirent.file_type != node.file_type() {
            let directory = dir.id().get();
            return Err(corrupt(format!(
                "entry {index} of directory {directory}, {name:?},"
            )));
        }
        last = Some(name);
        named[dirent.node.get() as usize] += 1;
        links.push(Link {
            thing: dirent.node.get(),
            name: dir.first() + index,
        });
    }
    Ok(())
}

/// A string of the image as text; `None` when it is not UTF-8 or contains NUL.
pub(super) fn text<'a>(image: &Image<Head<'a>>, string: Str) -> Option<&'a str> {
    let start = string.offset() as usize;
    let bytes = image.bytes().bytes().get(start..)?;
    let text = std::str::from_utf8(bytes.get(..string.len() as usize)?).ok()?;
    (!text.as_bytes().contains(&0)).then_some(text)
}

/// Whether this can be the name of a directory entry.
pub(super) fn is_name(name: &str) -> bool {
    name != "." && name != ".." && !name.contains('/')
}

/// Whether this can be the name of a preopen: a normalised guest path.
fn is_path(path: &str) -> bool {
    let relative = path.strip_prefix('/').unwrap_or(path);
    matches!(path, "/" | ".")
        || relative
            .split('/')
            .all(|name| !name.is_empty() && is_name(name))
}
