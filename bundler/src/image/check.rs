//! The full check of an image: every rule of `FORMAT.md`, for `inspect` and `verify`.
//!
//! The reader checks what it touches; this checks that the bytes are *the* encoding of the tree they
//! hold. It reads the tree, encodes it again and compares: what `describe` and `write` would not have
//! written is a flaw.

use std::collections::{BTreeMap, BTreeSet};

use miette::Diagnostic;
use sha2::{Digest, Sha256};
use thiserror::Error;
use vfs_image::layout::{HeaderRecord, MAGIC, VERSION};
use vfs_image::{Bytes, Corrupt, Dir, Image, NodeId, NodeKind, Str};

use super::encode::Metadata;
use super::head::Head;
use super::mounts::{self, Start};
use super::tree::{Graph, Thing, ThingKind, Tree};

/// What is wrong with the bytes of an image.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum ImageFlaw {
    /// The bytes do not start like an image.
    #[error("this is no image: it does not start with the bytes of one")]
    #[diagnostic(
        code(wasi_vfs::image::not_an_image),
        help("give a module that `wasi-vfs bundle` made")
    )]
    NotAnImage,

    /// The image has a format version this build does not know.
    #[error("the image has format version {version}; this build reads version {VERSION}")]
    #[diagnostic(
        code(wasi_vfs::image::version),
        help("use the wasi-vfs that made the module, or bundle it again with this one")
    )]
    Version {
        /// The version in its header.
        version: u32,
    },

    /// A part of the image breaks a rule that every reader enforces.
    #[error("the image is corrupt: {part} is not well formed")]
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
    #[error("the image's digest does not match its bytes")]
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
    let (graph, offsets) = graph(&image)?;
    let tree = Tree::number(graph);
    let mut metadata = Metadata::of(&tree).map_err(|_| corrupt("the whole"))?;

    // Contents: in node order, each once, nothing between them. No byte is hashed twice.
    let mut contents = vec![None; tree.nodes.len()];
    let mut stored = BTreeMap::new();
    let mut in_order = Vec::new();
    let mut end = image.contents_offset();
    for &(node, thing) in &tree.files {
        let ThingKind::File { size } = tree.nodes[node as usize].thing.kind else {
            unreachable!("BUG: only files are files");
        };
        let offset = offsets[thing];
        metadata.place(node, offset);
        if size > 0 && offset == end {
            let digest = hash(offset, size)?;
            end += size;
            stored.insert(offset, (size, digest));
            in_order.push(digest);
        }
        let digest = match stored.get(&offset) {
            _ if size == 0 && offset == 0 => Sha256::digest([]).into(),
            Some((stored_size, digest)) if *stored_size == size => *digest,
            _ => return Err(corrupt(format!("the content of node {thing}")).into()),
        };
        contents[node as usize] = Some(digest);
    }
    let distinct: BTreeSet<_> = stored.values().collect();
    if distinct.len() < stored.len() {
        return Err(corrupt("the contents section, which holds a content twice,").into());
    }
    if end != head.size() {
        let (part, offset) = ("the contents section", u64::from(end));
        return Err(ImageFlaw::NotCanonical { part, offset }.into());
    }
    let digest = metadata.seal(end, in_order.iter());
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

/// Everything the image says, in its own numbering, and where each file's content lies.
fn graph(image: &Image<Head<'_>>) -> Result<(Graph, Vec<u32>), ImageFlaw> {
    let count = image.node_count() as usize;
    let mut graph = Graph {
        preopens: Vec::new(),
        things: Vec::with_capacity(count),
        children: Vec::with_capacity(count),
        mounts: mounts::read(image)?,
        start: Start::read(image)?,
    };
    let mut offsets = Vec::with_capacity(count);
    // How many names a node has.
    let mut named = vec![0u32; count];
    for number in 0..image.node_count() {
        let id = NodeId::new(number);
        let node = image
            .node(id)
            .map_err(|Corrupt| corrupt(format!("node {number}")))?;
        let kind = match node.kind {
            NodeKind::Directory(_) => ThingKind::Directory,
            NodeKind::File { .. } => ThingKind::File { size: node.size },
            NodeKind::Symlink { target } => ThingKind::Symlink {
                target: text(image, target)
                    .ok_or_else(|| corrupt(format!("the target of node {number}")))?,
            },
        };
        offsets.push(if let NodeKind::File { offset } = node.kind {
            offset
        } else {
            0
        });
        let permissions = node.permissions();
        graph.things.push(Thing {
            permissions,
            time_ns: node.time_ns,
            kind,
        });
        graph.children.push(match &node.kind {
            NodeKind::Directory(dir) => children(image, dir, node.mount, &mut named)?,
            _ => Vec::new(),
        });
    }
    for index in 0..image.preopen_count() {
        let part = || corrupt(format!("preopen {index}"));
        let preopen = image.preopen(index).map_err(|Corrupt| part())?;
        let name = text(image, preopen.name)
            .filter(|name| is_path(name))
            .ok_or_else(part)?;
        // `/` first, the others by their bytes (`.` sorts before `/`).
        let after = |last: &String| (last != "/", last.as_str()) < (name != "/", name.as_str());
        let thing = preopen.node.get() as usize;
        let directory = matches!(graph.things[thing].kind, ThingKind::Directory);
        if !directory || !graph.preopens.last().is_none_or(|(last, _)| after(last)) {
            return Err(part());
        }
        if named[thing] == 0 {
            named[thing] = 1;
        } else if find(&graph, &name) != Some(thing) {
            return Err(part());
        }
        graph.preopens.push((name, thing));
    }
    for (number, (&times, thing)) in named.iter().zip(&graph.things).enumerate() {
        if times == 0 || (times > 1 && !matches!(thing.kind, ThingKind::File { .. })) {
            return Err(corrupt(format!("node {number}, which has {times} names,")));
        }
    }
    Ok((graph, offsets))
}

/// What an absolute path leads to, from `/` through read-only directories.
fn find(graph: &Graph, path: &str) -> Option<usize> {
    let &(ref root, mut at) = graph.preopens.first()?;
    for name in path.strip_prefix('/').filter(|_| root == "/")?.split('/') {
        if graph
            .mounts
            .binary_search_by_key(&at, |mount| mount.0)
            .is_ok()
        {
            return None;
        }
        let names = &graph.children[at];
        let found = names.binary_search_by(|(other, _)| other.as_str().cmp(name));
        at = names[found.ok()?].1;
    }
    Some(at)
}

/// The names in a directory; each node named is counted.
fn children(
    image: &Image<Head<'_>>,
    dir: &Dir,
    mount: u32,
    named: &mut [u32],
) -> Result<Vec<(String, usize)>, ImageFlaw> {
    let mut children: Vec<(String, usize)> = Vec::new();
    for index in 0..dir.count() {
        let part = || corrupt(format!("entry {index} of directory {}", dir.id().get()));
        let dirent = image.dirent(dir, index).ok().flatten().ok_or_else(part)?;
        let node = image.node(dirent.node).map_err(|Corrupt| part())?;
        let name = text(image, dirent.name)
            .filter(|name| is_name(name))
            .ok_or_else(part)?;
        let sorted = children.last().is_none_or(|(last, _)| *last < name);
        // A directory may begin another mount; that of a file is told by each of its names.
        let inside = node.mount == mount || matches!(node.kind, NodeKind::Directory(_));
        if !sorted || !inside || dirent.file_type != node.file_type() {
            let directory = dir.id().get();
            return Err(corrupt(format!(
                "entry {index} of directory {directory}, {name:?},"
            )));
        }
        named[dirent.node.get() as usize] += 1;
        children.push((name, dirent.node.get() as usize));
    }
    Ok(children)
}

/// A string of the image as text; `None` when it is not UTF-8 or contains NUL.
pub(super) fn text<B: Bytes>(image: &Image<B>, string: Str) -> Option<String> {
    let mut bytes = vec![0; string.len() as usize];
    image.read_str(string, &mut bytes).ok()?;
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
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
