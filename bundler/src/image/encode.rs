//! The metadata of an image as bytes: [`Metadata`].

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use vfs_image::FileType;
use vfs_image::layout::{
    ArgumentRecord, DIGEST_OFFSET, DirentRecord, HeaderRecord, MAGIC, MODE_DIRECTORY, MODE_REGULAR,
    MODE_SYMLINK, MountRecord, NodeRecord, PreopenRecord, SlotRecord, VERSION, VariableRecord,
    WINDOW, capacity, hash, ideal_slot,
};

use super::mounts::Mount;
use super::tree::{Node, ThingKind, Tree};

/// Everything of an image that stands before its contents.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    /// The bytes; image size, digest and places of contents are zero until they are known.
    bytes: Vec<u8>,
    /// Where the nodes start.
    nodes: usize,
}

impl Metadata {
    /// Encodes a tree; `Err` is the size when it is 4 GiB or more.
    pub(super) fn of(tree: &Tree) -> Result<Self, u64> {
        let mut strings = Strings::default();
        let preopens: Vec<u32> = tree.preopens.iter().map(|name| strings.add(name)).collect();
        let start = start(tree, &mut strings);
        let names: Vec<u32> = tree
            .names
            .iter()
            .map(|name| strings.add(&name.name))
            .collect();
        let targets: Vec<u32> = tree
            .nodes
            .iter()
            .map(|node| strings.add_target(node))
            .collect();
        let slots = slots(tree);

        let nodes = HeaderRecord::SIZE + tree.preopens.len() * PreopenRecord::SIZE + start.len();
        let strings_at = nodes
            + tree.nodes.len() * NodeRecord::SIZE
            + tree.names.len() * DirentRecord::SIZE
            + slots.len() * SlotRecord::SIZE;
        let size = strings_at as u64 + strings.size;
        let contents_offset = u32::try_from(size).map_err(|_| size)?;

        let mut bytes = Vec::with_capacity(contents_offset as usize);
        // Counts are smaller than the section sizes, which were just found to fit.
        let header = HeaderRecord {
            magic: MAGIC,
            version: VERSION,
            image_size: 0,
            preopen_count: tree.preopens.len() as u32,
            node_count: tree.nodes.len() as u32,
            dirent_count: tree.names.len() as u32,
            slot_count: slots.len() as u32,
            strings_size: strings.size as u32,
            contents_offset,
            mount_count: tree.mounts.len() as u32,
            flags: tree.start.flags,
            variable_count: tree.start.variables.len() as u32,
            argument_count: tree.start.arguments.len() as u32,
            reserved: [0; 8],
            digest: [0; 32],
        };
        bytes.extend(header.encode());
        for (name, &name_offset) in tree.preopens.iter().zip(&preopens) {
            let name_size = name.len() as u32;
            bytes.extend(
                PreopenRecord {
                    name_offset,
                    name_size,
                }
                .encode(),
            );
        }
        bytes.extend(start);
        for (node, &target) in tree.nodes.iter().zip(&targets) {
            bytes.extend(node_record(node, target).encode());
        }
        for (name, &name_offset) in tree.names.iter().zip(&names) {
            let record = DirentRecord {
                node: name.node,
                directory: name.directory,
                name_offset,
                name_size: u8::try_from(name.name.len()).expect("BUG: a name of over 255 bytes"),
                file_type: file_type(&tree.nodes[name.node as usize]) as u8,
                reserved: 0,
            };
            bytes.extend(record.encode());
        }
        for slot in &slots {
            bytes.extend(slot.encode());
        }
        for string in &strings.in_order {
            bytes.extend(string.as_bytes());
        }
        Ok(Self { bytes, nodes })
    }

    /// Number of bytes.
    pub(super) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Says where the content of a file starts.
    pub(super) fn place(&mut self, node: u32, offset: u32) {
        let at = self.nodes + node as usize * NodeRecord::SIZE;
        let place = self.bytes[at..]
            .first_chunk_mut()
            .expect("BUG: no such node");
        let mut record = NodeRecord::decode(place);
        record.data = offset;
        *place = record.encode();
    }

    /// Fills in the size of the whole image and the digest, which it returns.
    ///
    /// `contents` are the digests of the contents section's parts, in order.
    pub(super) fn seal<'a>(
        &mut self,
        image_size: u32,
        contents: impl Iterator<Item = &'a [u8; 32]>,
    ) -> [u8; 32] {
        let place = self
            .bytes
            .first_chunk_mut()
            .expect("BUG: metadata without a header");
        let mut header = HeaderRecord::decode(place);
        (header.image_size, header.digest) = (image_size, [0; 32]);
        *place = header.encode();
        let mut hasher = Sha256::new();
        hasher.update(&self.bytes);
        contents.for_each(|digest| hasher.update(digest));
        let digest: [u8; 32] = hasher.finalize().into();
        self.bytes[DIGEST_OFFSET..DIGEST_OFFSET + 32].copy_from_slice(&digest);
        digest
    }
}

/// The strings section: each string once, in the order of first use.
#[derive(Default)]
struct Strings<'a> {
    offsets: BTreeMap<&'a str, u32>,
    in_order: Vec<&'a str>,
    size: u64,
}

impl<'a> Strings<'a> {
    /// Adds a string unless it is there, and returns its offset.
    fn add(&mut self, string: &'a str) -> u32 {
        if string.is_empty() {
            return 0;
        }
        *self.offsets.entry(string).or_insert_with(|| {
            // An offset that does not fit means a section that does not fit; the caller finds that.
            let offset = self.size as u32;
            self.in_order.push(string);
            self.size += string.len() as u64;
            offset
        })
    }

    /// Adds the target of a symlink.
    fn add_target(&mut self, node: &'a Node) -> u32 {
        match &node.thing.kind {
            ThingKind::Symlink { target } => self.add(target),
            _ => 0,
        }
    }
}

/// The sections between preopens and nodes: mounts, variables, arguments.
fn start<'a>(tree: &'a Tree, strings: &mut Strings<'a>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A size that does not fit means strings that do not fit; the caller finds that.
    let size = |text: &str| text.len() as u32;
    for (
        node,
        Mount {
            kind,
            size_limit,
            message,
        },
    ) in &tree.mounts
    {
        let text = message.as_deref().unwrap_or_default();
        let record = MountRecord {
            node: *node,
            kind: *kind as u32,
            size_limit: *size_limit,
            text_offset: strings.add(text),
            text_size: size(text),
        };
        bytes.extend(record.encode());
    }
    for text in &tree.start.variables {
        let (offset, size) = (strings.add(text), size(text));
        bytes.extend(VariableRecord { offset, size }.encode());
    }
    for text in &tree.start.arguments {
        let (offset, size) = (strings.add(text), size(text));
        bytes.extend(ArgumentRecord { offset, size }.encode());
    }
    bytes
}

fn node_record(node: &Node, target_offset: u32) -> NodeRecord {
    let (type_bits, data, size) = match &node.thing.kind {
        ThingKind::Directory => (MODE_DIRECTORY, node.first, node.count),
        ThingKind::File { size } => (MODE_REGULAR, 0, *size),
        ThingKind::Symlink { target } => (MODE_SYMLINK, target_offset, target.len() as u32),
    };
    NodeRecord {
        mode: type_bits | node.thing.permissions,
        nlink: node.nlink,
        time_ns: node.thing.time_ns,
        data,
        size,
        parent: node.parent,
        mount: node.mount,
    }
}

fn file_type(node: &Node) -> FileType {
    match node.thing.kind {
        ThingKind::Directory => FileType::Directory,
        ThingKind::File { .. } => FileType::Regular,
        ThingKind::Symlink { .. } => FileType::Symlink,
    }
}

/// The hash index: by hash, then by number, each at its ideal place or behind the one before.
fn slots(tree: &Tree) -> Vec<SlotRecord> {
    let mut keys: Vec<(u32, u32)> = (tree.names.iter().zip(1..))
        .map(|(name, number)| (hash(name.directory, name.name.as_bytes()), number))
        .collect();
    keys.sort_unstable();
    let capacity = capacity(keys.len() as u32);
    let empty = SlotRecord { hash: 0, dirent: 0 };
    let mut slots = Vec::with_capacity(capacity as usize + WINDOW as usize);
    for (hash, dirent) in keys {
        // Never backwards: when the ideal place is taken, the slot goes to the end.
        slots.resize(slots.len().max(ideal_slot(hash, capacity) as usize), empty);
        slots.push(SlotRecord { hash, dirent });
    }
    slots.resize(slots.len().max(capacity as usize) + WINDOW as usize, empty);
    slots
}
