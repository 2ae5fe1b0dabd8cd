//! The byte layout: constants, records, the hash. Nothing else in the project
//! knows an offset of the format.
//!
//! Records are encoded and decoded whole, as arrays of their exact size, so that
//! neither direction can go out of bounds. Decoding judges nothing: the reader does.

/// The first eight bytes of an image. The leading NUL keeps text from looking like an image.
pub const MAGIC: [u8; 8] = *b"\0wasivfs";

/// The format version this crate reads and the bundler writes.
pub const VERSION: u32 = 1;

/// Longest name of a directory entry, in bytes (POSIX `NAME_MAX` on every common system).
pub const NAME_MAX: usize = 255;

/// Longest symlink target, in bytes (POSIX `PATH_MAX` without its NUL).
pub const TARGET_MAX: u32 = 4095;

/// Slots read at once by a lookup; an image has at least as many empty slots at the end of its index.
///
/// One 32-byte read costs what an 8-byte read costs and nearly always holds the
/// whole probe: at most two thirds of the slots are taken.
pub const WINDOW: u32 = 4;

/// The bits of a mode that tell what a node is (POSIX `S_IFMT`).
pub const MODE_TYPE: u32 = 0o170_000;
/// A directory (POSIX `S_IFDIR`).
pub const MODE_DIRECTORY: u32 = 0o040_000;
/// A regular file (POSIX `S_IFREG`).
pub const MODE_REGULAR: u32 = 0o100_000;
/// A symbolic link (POSIX `S_IFLNK`).
pub const MODE_SYMLINK: u32 = 0o120_000;
/// The permission bits of a mode.
pub const MODE_PERMISSIONS: u32 = 0o7777;

/// The bits of a header's flags that say how directories of the host meet the embedded tree.
pub const HOST_POLICY: u32 = 0b11;
/// [`HOST_POLICY`]: where both have a name, the embedded one is seen.
pub const HOST_FALLBACK: u32 = 0;
/// [`HOST_POLICY`]: where both have a name, the host's is seen.
pub const HOST_OVERRIDE: u32 = 1;
/// [`HOST_POLICY`]: the host's directories are not looked at.
pub const HOST_NONE: u32 = 2;
/// The bit of a header's flags that says that the variables are all the program sees.
pub const ENVIRONMENT_FIXED: u32 = 0b100;

/// A mount of the embedded tree that the program may write to, in memory.
pub const MOUNT_WRITABLE: u32 = 1;
/// A mount that starts empty and lives in memory.
pub const MOUNT_TMPFS: u32 = 2;
/// A mount whose files are in a directory that the host gives.
pub const MOUNT_HOST: u32 = 3;

/// The size limit of a mount that has none.
pub const NO_LIMIT: u64 = u64::MAX;

/// Number of ideal places in the hash index of an image with so many dirents.
#[inline]
#[must_use]
pub const fn capacity(dirent_count: u32) -> u32 {
    // Half as many again keeps the index at most two thirds full. A dirent
    // takes 16 of fewer than 2^32 bytes, so the sum stays below 2^29.
    dirent_count.saturating_add(dirent_count / 2)
}

/// Where a key of this hash belongs in an index of this capacity, if nobody is there before.
#[inline]
#[must_use]
pub const fn ideal_slot(hash: u32, capacity: u32) -> u32 {
    // A multiplication instead of a remainder: cheaper, and it keeps the order
    // of the hashes, so the index is sorted.
    ((hash as u64 * capacity as u64) >> 32) as u32
}

/// The key of the hash index: a name in a directory.
///
/// Eight bytes a step: xor into the state, multiply by an odd constant, fold the
/// high half into the low half. The state starts from the directory and the
/// name's length, which makes the zero padding of the last step unambiguous.
/// Collisions cost time, never correctness.
#[inline]
#[must_use]
pub fn hash(directory: u32, name: &[u8]) -> u32 {
    hash_words(directory, name.len(), |at| word(name, at))
}

/// The same of a name with `len` bytes, whose eight from `at` on are what `word` says, little-endian and padded with zeros.
#[inline(always)]
#[must_use]
pub fn hash_words(directory: u32, len: usize, word: impl Fn(usize) -> u64) -> u32 {
    // 2^64 divided by the golden ratio, made odd.
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = (directory as u64) << 32 | len as u64;
    let mut at = 0;
    loop {
        let mixed = state.wrapping_mul(MULTIPLIER);
        state = mixed ^ (mixed >> 32);
        if at > len {
            return (state.wrapping_mul(MULTIPLIER) >> 32) as u32;
        }
        state ^= word(at);
        at += 8;
    }
}

/// The eight bytes of a name from `at` on, little-endian and padded with zeros.
#[inline]
#[must_use]
pub fn word(name: &[u8], at: usize) -> u64 {
    let rest = name.get(at..).unwrap_or_default();
    match rest.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => rest
            .iter()
            .rev()
            .fold(0, |word, &byte| word << 8 | byte as u64),
    }
}

/// Takes `LEN` bytes at a constant place of a record; after inlining no check is left.
#[inline(always)]
fn take<const LEN: usize>(record: &[u8], at: usize) -> [u8; LEN] {
    match record.get(at..).and_then(<[u8]>::first_chunk::<LEN>) {
        Some(field) => *field,
        None => [0; LEN],
    }
}

/// Puts bytes at a constant place of a record.
#[inline(always)]
fn put<const LEN: usize>(record: &mut [u8], at: usize, field: [u8; LEN]) {
    if let Some(place) = record
        .get_mut(at..)
        .and_then(<[u8]>::first_chunk_mut::<LEN>)
    {
        *place = field;
    }
}

/// A field as its little-endian bytes.
trait Field<const LEN: usize> {
    fn from_bytes(bytes: [u8; LEN]) -> Self;
    fn to_bytes(self) -> [u8; LEN];
}

macro_rules! integer_field {
    ($($int:ty)*) => {$(
        impl Field<{ size_of::<$int>() }> for $int {
            #[inline(always)]
            fn from_bytes(bytes: [u8; size_of::<$int>()]) -> Self {
                Self::from_le_bytes(bytes)
            }
            #[inline(always)]
            fn to_bytes(self) -> [u8; size_of::<$int>()] {
                self.to_le_bytes()
            }
        }
    )*};
}
integer_field!(u8 u16 u32 u64);

impl<const LEN: usize> Field<LEN> for [u8; LEN] {
    #[inline(always)]
    fn from_bytes(bytes: [u8; LEN]) -> Self {
        bytes
    }
    #[inline(always)]
    fn to_bytes(self) -> [u8; LEN] {
        self
    }
}

/// A record: its fields, each with its offset, encoded and decoded from this one list.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident, $size:literal bytes {
        $($(#[$field_doc:meta])* $at:literal $field:ident: $type:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $name {
            /// Bytes a record takes.
            pub const SIZE: usize = $size;

            /// The fields as they stand in the bytes.
            #[inline(always)]
            #[must_use]
            pub fn decode(record: &[u8; $size]) -> Self {
                Self { $($field: Field::from_bytes(take::<{ size_of::<$type>() }>(record, $at)),)* }
            }

            /// The bytes of these fields.
            #[must_use]
            pub fn encode(&self) -> [u8; $size] {
                let mut record = [0; $size];
                $(put::<{ size_of::<$type>() }>(&mut record, $at, Field::to_bytes(self.$field));)*
                record
            }
        }
    };
}

record! {
    /// The start of an image.
    HeaderRecord, 96 bytes {
        /// [`MAGIC`].
        0 magic: [u8; 8],
        /// [`VERSION`].
        8 version: u32,
        /// Bytes of the whole image.
        12 image_size: u32,
        /// Number of preopen records.
        16 preopen_count: u32,
        /// Number of node records.
        20 node_count: u32,
        /// Number of dirent records.
        24 dirent_count: u32,
        /// Number of slot records.
        28 slot_count: u32,
        /// Bytes of the strings section.
        32 strings_size: u32,
        /// Where the contents section starts, counted from the start of the image.
        36 contents_offset: u32,
        /// Number of mount records.
        40 mount_count: u32,
        /// [`HOST_POLICY`] and [`ENVIRONMENT_FIXED`]; other bits are zero.
        44 flags: u32,
        /// Number of variable records.
        48 variable_count: u32,
        /// Number of argument records.
        52 argument_count: u32,
        /// Zero in version 1.
        56 reserved: [u8; 8],
        /// SHA-256 over the metadata and the digests of the contents.
        64 digest: [u8; 32],
    }
}

/// Where the flags stand in an image.
pub const FLAGS_OFFSET: u32 = 44;

/// Where the digest stands in an image; it is computed with these bytes zero.
pub const DIGEST_OFFSET: usize = 64;

record! {
    /// A directory the program finds open when it starts; the n-th is node n.
    PreopenRecord, 8 bytes {
        /// Offset of its name in the strings section.
        0 name_offset: u32,
        /// Bytes of its name.
        4 name_size: u32,
    }
}

record! {
    /// A directory whose tree follows other rules than the read-only one around it; the n-th is mount n + 1.
    MountRecord, 24 bytes {
        /// The directory it is rooted at.
        0 node: u32,
        /// [`MOUNT_WRITABLE`], [`MOUNT_TMPFS`] or [`MOUNT_HOST`].
        4 kind: u32,
        /// Bytes it may hold in memory; [`NO_LIMIT`] for no limit.
        8 size_limit: u64,
        /// Offset of its text in the strings section, 0 when it has none.
        16 text_offset: u32,
        /// Bytes of its text: what to tell when the host gives no directory.
        20 text_size: u32,
    }
}

record! {
    /// A variable of the environment that the program gets unless the host sets it.
    VariableRecord, 8 bytes {
        /// Offset of `NAME=VALUE` in the strings section.
        0 offset: u32,
        /// Bytes of it.
        4 size: u32,
    }
}

record! {
    /// An argument that the program gets unless the host passes some; the first is the program's name.
    ArgumentRecord, 8 bytes {
        /// Offset of the text in the strings section, 0 when it is empty.
        0 offset: u32,
        /// Bytes of it.
        4 size: u32,
    }
}

record! {
    /// A directory, file or symlink, apart from its names.
    NodeRecord, 32 bytes {
        /// Type ([`MODE_TYPE`]) and permissions ([`MODE_PERMISSIONS`]).
        0 mode: u32,
        /// Number of names; for a directory 2 + its subdirectories.
        4 nlink: u32,
        /// Time of last modification, access and change; nanoseconds since the Unix epoch.
        8 time_ns: u64,
        /// Directory: index of its first dirent. File: where its content starts in the image, 0 when empty.
        /// Symlink: offset of its target in the strings section.
        16 data: u32,
        /// Directory: number of dirents. File: bytes of content. Symlink: bytes of its target.
        20 size: u32,
        /// Directory: the node of its parent, its own for a preopen. Else 0.
        24 parent: u32,
        /// 0 for the read-only tree, else one more than the index of the mount it is in.
        28 mount: u32,
    }
}

record! {
    /// A name in a directory.
    DirentRecord, 16 bytes {
        /// The node it names.
        0 node: u32,
        /// The directory it is in.
        4 directory: u32,
        /// Offset of the name in the strings section.
        8 name_offset: u32,
        /// Bytes of the name, 1 to 255.
        12 name_size: u8,
        /// Type of the node, as preview1's `filetype`.
        13 file_type: u8,
        /// Zero.
        14 reserved: u16,
    }
}

record! {
    /// A place in the hash index.
    SlotRecord, 8 bytes {
        /// [`hash`] of the dirent's directory and name; 0 when the slot is empty.
        0 hash: u32,
        /// Index of the dirent plus one; 0 when the slot is empty.
        4 dirent: u32,
    }
}
