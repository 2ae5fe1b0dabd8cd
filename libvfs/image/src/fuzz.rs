//! Driving the reader over damaged images, for tests and fuzzers; no part of any artifact.
//!
//! The properties, in words: whatever the bytes, no call panics, none tries to read outside the bytes,
//! every range handed out lies inside the image, and each call ends.

use core::cell::Cell;

use crate::{Bytes, Corrupt, Image, Node, NodeId, NodeKind, Str};

/// What one run over an image came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Observed {
    /// Whether the header was accepted.
    pub opened: bool,
    /// Calls of the reader that answered.
    pub answers: u64,
    /// Calls of the reader that found the image corrupt.
    pub refusals: u64,
    /// Reads of the bytes.
    pub reads: u64,
}

/// Most nodes, and most entries of a directory, that one run visits; keeps a run short when a count is damaged.
const VISITS: u32 = 48;

/// Calls everything the reader can do on an image, well formed or not.
///
/// # Panics
/// When one of the properties above is broken.
pub fn exercise(bytes: &[u8]) -> Observed {
    let watched = Watched {
        bytes,
        reads: Cell::new(0),
    };
    let mut run = Run {
        observed: Observed::default(),
        size: bytes.len() as u64,
    };
    if let Ok(image) = Image::open(&watched) {
        run.observed.opened = true;
        run.image(&image);
    }
    run.observed.reads = watched.reads.get();
    run.observed
}

/// Bytes that panic when they are read out of range.
struct Watched<'a> {
    bytes: &'a [u8],
    reads: Cell<u64>,
}

impl Bytes for &Watched<'_> {
    fn size(&self) -> u32 {
        self.bytes.size()
    }

    fn read(&self, offset: u32, out: &mut [u8]) -> Result<(), Corrupt> {
        self.reads.set(self.reads.get() + 1);
        let result = self.bytes.read(offset, out);
        assert!(
            result.is_ok(),
            "{} bytes at {offset} of an image of {} were read",
            out.len(),
            self.bytes.len()
        );
        result
    }
}

struct Run {
    observed: Observed,
    size: u64,
}

impl Run {
    /// Counts a call, and passes its answer on.
    fn call<T>(&mut self, result: Result<T, Corrupt>) -> Option<T> {
        match result {
            Ok(_) => self.observed.answers += 1,
            Err(Corrupt) => self.observed.refusals += 1,
        }
        result.ok()
    }

    fn inside(&self, offset: u32, len: u32) {
        assert!(
            u64::from(offset) + u64::from(len) <= self.size,
            "{len} bytes at {offset}"
        );
    }

    fn image<B: Bytes>(&mut self, image: &Image<B>) {
        for index in 0..image.preopen_count().min(VISITS) {
            if let Some(preopen) = self.call(image.preopen(index)) {
                self.string(image, preopen.name);
                assert!(!preopen.name.is_empty());
                assert!(preopen.node.get() < image.node_count());
            }
        }
        for number in 0..image.node_count().min(VISITS) {
            if let Some(node) = self.call(image.node(NodeId::new(number))) {
                self.node(image, &node);
            }
        }
        for number in [image.preopen_count(), image.node_count(), u32::MAX] {
            assert!(image.node(NodeId::new(number)).is_err() || number < image.node_count());
            self.call(image.lookup(NodeId::new(number), b"x"));
        }
        assert!(image.preopen(image.preopen_count()).is_err());
        self.start(image);
    }

    /// Mounts, variables and arguments.
    fn start<B: Bytes>(&mut self, image: &Image<B>) {
        let policy = image.host_policy() as u32;
        assert_eq!(
            image.flags(),
            policy | u32::from(image.environment_fixed()) << 2
        );
        for number in 1..=image.mount_count().min(VISITS) {
            if let Some(mount) = self.call(image.mount(number)) {
                assert!(mount.node.get() < image.node_count());
                if let Some(message) = mount.message {
                    assert!(!message.is_empty());
                    self.string(image, message);
                }
            }
        }
        assert!(image.mount(0).is_err());
        assert!(image.mount(image.mount_count().saturating_add(1)).is_err());
        for index in 0..image.variable_count().min(VISITS) {
            if let Some(variable) = self.call(image.variable(index)) {
                assert!(!variable.is_empty());
                self.string(image, variable);
            }
        }
        assert!(image.variable(image.variable_count()).is_err());
        for index in 0..image.argument_count().min(VISITS) {
            if let Some(argument) = self.call(image.argument(index)) {
                self.string(image, argument);
            }
        }
        assert!(image.argument(image.argument_count()).is_err());
    }

    fn node<B: Bytes>(&mut self, image: &Image<B>, node: &Node) {
        assert!(node.mount <= image.mount_count());
        match node.kind {
            NodeKind::Directory(dir) => {
                let preopen = dir.id().get() < image.preopen_count();
                assert!(dir.parent() < dir.id() || preopen);
                assert!(dir.parent().get() < image.node_count());
                for index in (0..dir.count().min(VISITS)).chain([dir.count(), u32::MAX]) {
                    let Some(Some(dirent)) = self.call(image.dirent(&dir, index)) else {
                        continue;
                    };
                    assert!(index < dir.count() && dirent.node.get() < image.node_count());
                    assert!(!dirent.name.is_empty());
                    let mut name = [0; 256];
                    let name = self.string(image, dirent.name).and_then(|len| {
                        image.read_str(dirent.name, &mut name).ok()?;
                        name.get(..len)
                    });
                    if let Some(Some(found)) =
                        name.and_then(|n| self.call(image.lookup(node.id, n)))
                    {
                        assert!(found.get() < image.node_count());
                    }
                }
                for missing in [&b""[..], b"missing", b"..", &[b'x'; 300]] {
                    self.call(image.lookup(node.id, missing));
                }
            }
            NodeKind::File { offset } => {
                if node.size > 0 {
                    self.inside(offset, node.size);
                }
                let mut buffer = [0; 40];
                let end = u64::from(node.size);
                for position in [
                    0,
                    end / 2,
                    end.saturating_sub(1),
                    end,
                    u64::from(u32::MAX),
                    u64::MAX,
                ] {
                    if let Some(read) = self.call(image.read_file(node, position, &mut buffer)) {
                        let left = end.saturating_sub(position).min(buffer.len() as u64);
                        assert_eq!(read as u64, left);
                    }
                }
            }
            NodeKind::Symlink { target } => {
                assert!(!target.is_empty());
                self.string(image, target);
            }
        }
    }

    /// Reads a string, and returns its length if that is at most 256.
    fn string<B: Bytes>(&mut self, image: &Image<B>, string: Str) -> Option<usize> {
        self.inside(string.offset(), string.len());
        let mut buffer = [0; 256];
        let len = self.call(image.read_str(string, &mut buffer))?;
        assert_eq!(len, buffer.len().min(string.len() as usize));
        (len == string.len() as usize).then_some(len)
    }
}

/// A small deterministic random number generator (xorshift64*), so that a failure can be had again.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator; equal seeds give equal numbers.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // Zero is the one state it would never leave.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`; 0 when that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        match end {
            0 => 0,
            end => (self.number() >> 16) as usize % end,
        }
    }
}

/// Damages one to four places of an image, mostly in its metadata, where counts and offsets are.
pub fn mutate(bytes: &mut [u8], metadata: usize, rng: &mut Rng) {
    let metadata = metadata.min(bytes.len());
    for _ in 0..=rng.below(4) {
        // Small records at the start are the interesting ones, so half the places are among them.
        let area = match rng.below(4) {
            0 => bytes.len(),
            1 | 2 => metadata,
            _ => metadata.min(512),
        };
        let at = rng.below(area);
        let word = match rng.below(8) {
            0 => 0,
            1 => 1,
            2 => u32::MAX,
            3 => bytes.len() as u32,
            4 => metadata as u32,
            5 => 1 << rng.below(32),
            6 => rng.below(64) as u32,
            _ => rng.number() as u32,
        };
        match rng.below(4) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << rng.below(8);
                }
            }
            1 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = word as u8;
                }
            }
            2 => {
                if let Some(place) = bytes.get_mut(at & !3..).and_then(<[u8]>::first_chunk_mut) {
                    *place = word.to_le_bytes();
                }
            }
            _ => {
                // One field over another: sizes become offsets, nodes become names.
                let from = rng.below(metadata) & !3;
                let word = bytes
                    .get(from..)
                    .and_then(<[u8]>::first_chunk::<4>)
                    .copied();
                let place = bytes.get_mut(at & !3..).and_then(<[u8]>::first_chunk_mut);
                if let (Some(word), Some(place)) = (word, place) {
                    *place = word;
                }
            }
        }
    }
}
