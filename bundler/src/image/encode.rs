//! The metadata of an image as bytes: [`Metadata`].

use sha2::{Digest, Sha256};
use vfs_image::FileType;
use vfs_image::layout::{
    ArgumentRecord, DIGEST_OFFSET, DirentRecord, HeaderRecord, MAGIC, MODE_DIRECTORY, MODE_REGULAR,
    MODE_SYMLINK, MountRecord, NodeRecord, PreopenRecord, SlotRecord, VERSION, VariableRecord,
    WINDOW, capacity, hash, ideal_slot,
};

use super::mounts::Mount;
use super::table::Table;
use super::tree::{Node, Thing, ThingKind, Things, Tree};

/// Everything of an image that stands before its contents.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    /// The bytes; image size, digest and places of contents are zero until they are known.
    bytes: Vec<u8>,
    /// Where the nodes start.
    nodes: usize,
}

impl Metadata {
    /// Encodes a tree; `Err` is the size when it is 4 GiB or more.
    ///
    /// Every record is written once, in its place: what is held besides the bytes is the hashes of the names, and a table of strings.
    pub(crate) fn of(tree: &Tree, things: &impl Things) -> Result<Self, u64> {
        let keys = keys(tree, things);
        let slot_count = slots(&keys, |_, _| {});
        let nodes = HeaderRecord::SIZE
            + tree.preopens.len() * PreopenRecord::SIZE
            + tree.mounts.len() * MountRecord::SIZE
            + tree.start.variables.len() * VariableRecord::SIZE
            + tree.start.arguments.len() * ArgumentRecord::SIZE;
        let slots_at =
            nodes + tree.nodes.len() * NodeRecord::SIZE + tree.names.len() * DirentRecord::SIZE;
        let strings_at = slots_at + slot_count * SlotRecord::SIZE;
        u32::try_from(strings_at).map_err(|_| strings_at as u64)?;

        let mut strings = Strings::new(strings_at, most(tree, things));
        let mut at = HeaderRecord::SIZE;
        for name in &tree.preopens {
            let record = PreopenRecord {
                name_offset: strings.add(name),
                name_size: name.len() as u32,
            };
            strings.put(&mut at, &record.encode());
        }
        start(tree, &mut strings, &mut at);
        // Names come before targets among the strings, and behind the nodes.
        let mut dirents = nodes + tree.nodes.len() * NodeRecord::SIZE;
        for name in &tree.names {
            let text = things.name(&name.link);
            let record = DirentRecord {
                node: name.node,
                directory: name.directory,
                name_offset: strings.add(text),
                name_size: u8::try_from(text.len()).expect("BUG: a name of over 255 bytes"),
                file_type: file_type(things.thing(name.link.thing).kind) as u8,
                reserved: 0,
            };
            strings.put(&mut dirents, &record.encode());
        }
        for node in &tree.nodes {
            let record = node_record(node, things.thing(node.thing), &mut strings);
            strings.put(&mut at, &record.encode());
        }
        let mut written = 0;
        slots(&keys, |place, record| {
            written = slots_at + place * SlotRecord::SIZE;
            strings.put(&mut written, &record.encode());
        });

        let mut bytes = strings.bytes;
        let size = bytes.len() as u64;
        let contents_offset = u32::try_from(size).map_err(|_| size)?;
        // Counts are smaller than the section sizes, which were just found to fit.
        let header = HeaderRecord {
            magic: MAGIC,
            version: VERSION,
            image_size: 0,
            preopen_count: tree.preopens.len() as u32,
            node_count: tree.nodes.len() as u32,
            dirent_count: tree.names.len() as u32,
            slot_count: slot_count as u32,
            strings_size: (bytes.len() - strings_at) as u32,
            contents_offset,
            mount_count: tree.mounts.len() as u32,
            flags: tree.start.flags,
            variable_count: tree.start.variables.len() as u32,
            argument_count: tree.start.arguments.len() as u32,
            reserved: [0; 8],
            digest: [0; 32],
        };
        bytes[..HeaderRecord::SIZE].copy_from_slice(&header.encode());
        bytes.shrink_to_fit();
        Ok(Self { bytes, nodes })
    }

    /// Number of bytes.
    pub(crate) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Says where the content of a file starts.
    pub(crate) fn place(&mut self, node: u32, offset: u32) {
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
    pub(crate) fn seal<'a>(
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

/// The bytes while they are made: the strings section grows behind the others, each string once, in the order of first use.
struct Strings {
    bytes: Vec<u8>,
    /// Where the section begins.
    start: usize,
    /// Where each string ends, counted from there.
    ends: Vec<u32>,
    /// The strings by their hashes.
    table: Table,
}

impl Strings {
    /// Zeros up to `start`, and room for `most` bytes of strings.
    fn new(start: usize, most: usize) -> Self {
        let mut bytes = Vec::with_capacity(start + most);
        bytes.resize(start, 0);
        Self {
            bytes,
            start,
            ends: Vec::new(),
            table: Table::default(),
        }
    }

    /// Adds a string unless it is there, and returns its offset.
    fn add(&mut self, string: &str) -> u32 {
        if string.is_empty() {
            return 0;
        }
        let Self {
            bytes,
            start,
            ends,
            table,
        } = self;
        let range = |number: u32| {
            let before = (number as usize).checked_sub(1);
            let from = before.map_or(0, |before| ends[before]) as usize;
            *start + from..*start + ends[number as usize] as usize
        };
        let text = |number: u32| &bytes[range(number)];
        let key = hash(0, string.as_bytes());
        if let Some(number) = table.find(key, |number| text(number) == string.as_bytes()) {
            return (range(number).start - *start) as u32;
        }
        // What does not fit means a section that does not fit; the caller finds that.
        let Ok(end) = u32::try_from(bytes.len() - *start + string.len()) else {
            bytes.extend_from_slice(string.as_bytes());
            return 0;
        };
        table.insert(key, ends.len() as u32, |number| hash(0, text(number)));
        let offset = bytes.len() - *start;
        ends.push(end);
        bytes.extend_from_slice(string.as_bytes());
        offset as u32
    }

    /// Writes a record at `at`, and goes behind it.
    fn put(&mut self, at: &mut usize, record: &[u8]) {
        self.bytes[*at..][..record.len()].copy_from_slice(record);
        *at += record.len();
    }
}

/// How many bytes the strings have at most.
fn most(tree: &Tree, things: &impl Things) -> usize {
    let start = tree.start.variables.iter().chain(&tree.start.arguments);
    let messages = tree
        .mounts
        .iter()
        .filter_map(|(_, mount)| mount.message.as_ref());
    let few = tree.preopens.iter().chain(start).chain(messages);
    let names = tree.names.iter().map(|name| things.name(&name.link).len());
    let targets = tree
        .nodes
        .iter()
        .map(|node| match things.thing(node.thing).kind {
            ThingKind::Symlink { target } => target.len(),
            _ => 0,
        });
    few.map(String::len).chain(names).chain(targets).sum()
}

/// The sections between preopens and nodes: mounts, variables, arguments.
fn start(tree: &Tree, strings: &mut Strings, at: &mut usize) {
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
        strings.put(at, &record.encode());
    }
    for text in &tree.start.variables {
        let (offset, size) = (strings.add(text), size(text));
        strings.put(at, &VariableRecord { offset, size }.encode());
    }
    for text in &tree.start.arguments {
        let (offset, size) = (strings.add(text), size(text));
        strings.put(at, &ArgumentRecord { offset, size }.encode());
    }
}

fn node_record(node: &Node, thing: Thing<'_>, strings: &mut Strings) -> NodeRecord {
    let (type_bits, data, size) = match thing.kind {
        ThingKind::Directory => (MODE_DIRECTORY, node.first, node.count),
        ThingKind::File { size } => (MODE_REGULAR, 0, size),
        ThingKind::Symlink { target } => (MODE_SYMLINK, strings.add(target), target.len() as u32),
    };
    NodeRecord {
        mode: type_bits | thing.permissions,
        nlink: node.nlink,
        time_ns: thing.time_ns,
        data,
        size,
        parent: node.parent,
        mount: node.mount,
    }
}

fn file_type(kind: ThingKind<'_>) -> FileType {
    match kind {
        ThingKind::Directory => FileType::Directory,
        ThingKind::File { .. } => FileType::Regular,
        ThingKind::Symlink { .. } => FileType::Symlink,
    }
}

/// The hash of each name and its number from 1, sorted.
fn keys(tree: &Tree, things: &impl Things) -> Vec<(u32, u32)> {
    let mut keys: Vec<(u32, u32)> = Vec::with_capacity(tree.names.len());
    keys.extend(tree.names.iter().zip(1..).map(|(name, number)| {
        let text = things.name(&name.link).as_bytes();
        (hash(name.directory, text), number)
    }));
    keys.sort_unstable();
    keys
}

/// The hash index: by hash, then by number, each at its ideal place or behind the one before. Shows what is in it with its place,
/// and returns how many slots there are; the others are zeros.
fn slots(keys: &[(u32, u32)], mut show: impl FnMut(usize, SlotRecord)) -> usize {
    let capacity = capacity(keys.len() as u32);
    let mut next = 0;
    for &(hash, dirent) in keys {
        // Never backwards: when the ideal place is taken, the slot goes to the end.
        let place = next.max(ideal_slot(hash, capacity) as usize);
        show(place, SlotRecord { hash, dirent });
        next = place + 1;
    }
    next.max(capacity as usize) + WINDOW as usize
}
