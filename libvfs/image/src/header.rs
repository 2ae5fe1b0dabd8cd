//! The opened [`Image`]: the header, checked once, and the sections it promises.

use crate::layout::{
    ArgumentRecord, DirentRecord, ENVIRONMENT_FIXED, HOST_POLICY, HeaderRecord, MAGIC, MountRecord,
    NodeRecord, PreopenRecord, SlotRecord, VERSION, VariableRecord, WINDOW, capacity,
};
use crate::{Bytes, Corrupt, NodeId, Str};

/// An image whose header holds: every record of every section lies inside the bytes.
///
/// The records themselves are checked when they are read, so opening costs the
/// same for 10 and for 100,000 files.
#[derive(Debug, Clone, Copy)]
pub struct Image<B> {
    pub(crate) bytes: B,
    pub(crate) flags: u32,
    pub(crate) preopen_count: u32,
    pub(crate) mount_count: u32,
    pub(crate) variable_count: u32,
    pub(crate) argument_count: u32,
    pub(crate) node_count: u32,
    pub(crate) dirent_count: u32,
    /// Where in the index hashes end that are looked for.
    pub(crate) capacity: u32,
    /// The last slot from which as many as a lookup reads at once are there.
    pub(crate) last_window: u32,
    pub(crate) strings_size: u32,
    pub(crate) nodes: u32,
    pub(crate) dirents: u32,
    pub(crate) slots: u32,
    pub(crate) strings: u32,
    pub(crate) contents: u32,
    pub(crate) size: u32,
}

/// A directory the program finds open when it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preopen {
    /// Its guest path: `/`, `.`, `data`.
    pub name: Str,
    /// Its node, a directory.
    pub node: NodeId,
}

impl<B: Bytes> Image<B> {
    /// Opens an image by its header, in constant time.
    ///
    /// # Errors
    /// [`Corrupt`] when these are not the bytes of a version 1 image of exactly this size.
    pub fn open(bytes: B) -> Result<Self, Corrupt> {
        let size = bytes.size();
        if (size as usize) < HeaderRecord::SIZE {
            return Err(Corrupt);
        }
        let header = HeaderRecord::decode(&bytes.read_array(0)?);
        if header.magic != MAGIC
            || header.version != VERSION
            || header.image_size != size
            || header.flags & !ENVIRONMENT_FIXED >= HOST_POLICY
            || header.reserved != [0; 8]
        {
            return Err(Corrupt);
        }

        let capacity = capacity(header.dirent_count);
        // In u64: eight 32-bit counts times at most 32 can't overflow it.
        let nodes = HeaderRecord::SIZE as u64
            + u64::from(header.preopen_count) * PreopenRecord::SIZE as u64
            + u64::from(header.mount_count) * MountRecord::SIZE as u64
            + u64::from(header.variable_count) * VariableRecord::SIZE as u64
            + u64::from(header.argument_count) * ArgumentRecord::SIZE as u64;
        let dirents = nodes + u64::from(header.node_count) * NodeRecord::SIZE as u64;
        let slots = dirents + u64::from(header.dirent_count) * DirentRecord::SIZE as u64;
        let strings = slots + u64::from(header.slot_count) * SlotRecord::SIZE as u64;
        let contents = strings + u64::from(header.strings_size);
        if contents != u64::from(header.contents_offset)
            || contents > u64::from(size)
            || header.preopen_count > header.node_count
            || header.mount_count > header.node_count
            || header.slot_count < capacity + WINDOW
        {
            return Err(Corrupt);
        }

        // Each is at most `contents`, which was just found to fit.
        Ok(Self {
            bytes,
            flags: header.flags,
            preopen_count: header.preopen_count,
            mount_count: header.mount_count,
            variable_count: header.variable_count,
            argument_count: header.argument_count,
            node_count: header.node_count,
            dirent_count: header.dirent_count,
            capacity,
            last_window: header.slot_count - WINDOW,
            strings_size: header.strings_size,
            nodes: nodes as u32,
            dirents: dirents as u32,
            slots: slots as u32,
            strings: strings as u32,
            contents: contents as u32,
            size,
        })
    }

    /// The bytes the image is read from.
    #[inline]
    pub fn bytes(&self) -> &B {
        &self.bytes
    }

    /// Number of preopens.
    #[inline]
    pub fn preopen_count(&self) -> u32 {
        self.preopen_count
    }

    /// Number of nodes; they are numbered from 0.
    #[inline]
    pub fn node_count(&self) -> u32 {
        self.node_count
    }

    /// Number of directory entries in the whole image.
    #[inline]
    pub fn dirent_count(&self) -> u32 {
        self.dirent_count
    }

    /// Where file contents start, counted from the start of the image; all before is metadata.
    #[inline]
    pub fn contents_offset(&self) -> u32 {
        self.contents
    }

    /// The name of the section a byte belongs to, for messages.
    pub fn section_of(&self, offset: u32) -> &'static str {
        let starts = [
            HeaderRecord::SIZE as u32,
            self.mounts(),
            self.variables(),
            self.arguments(),
            self.nodes,
            self.dirents,
            self.slots,
            self.strings,
            self.contents,
        ];
        match starts.iter().filter(|&&start| start <= offset).count() {
            0 => "the header",
            1 => "the preopens section",
            2 => "the mounts section",
            3 => "the variables section",
            4 => "the arguments section",
            5 => "the nodes section",
            6 => "the dirents section",
            7 => "the slots section",
            8 => "the strings section",
            _ => "the contents section",
        }
    }

    /// The preopen of this index, `/` first when there is one.
    ///
    /// # Errors
    /// [`Corrupt`] when there is no such preopen, or its name lies outside the strings.
    pub fn preopen(&self, index: u32) -> Result<Preopen, Corrupt> {
        if index >= self.preopen_count {
            return Err(Corrupt);
        }
        let record = PreopenRecord::decode(&self.record(HeaderRecord::SIZE as u32, index)?);
        let name = self.string(record.name_offset, record.name_size)?;
        Ok(Preopen {
            name,
            node: NodeId::new(index),
        })
    }

    /// Copies the start of a string, as much as fits, and returns how many bytes that was.
    ///
    /// # Errors
    /// [`Corrupt`] only for a string of another image.
    pub fn read_str(&self, string: Str, out: &mut [u8]) -> Result<usize, Corrupt> {
        let len = out.len().min(string.len as usize);
        self.bytes
            .read(string.offset, out.get_mut(..len).ok_or(Corrupt)?)?;
        Ok(len)
    }

    /// Reads the record of this index in a section; the caller has checked the index.
    #[inline(always)]
    pub(crate) fn record<const SIZE: usize>(
        &self,
        section: u32,
        index: u32,
    ) -> Result<[u8; SIZE], Corrupt> {
        // `open` found that the section of `count` records fits in u32.
        let offset = section.wrapping_add(index.wrapping_mul(SIZE as u32));
        self.bytes.read_array(offset)
    }

    /// A string by its place in the strings section; never empty.
    #[inline]
    pub(crate) fn string(&self, offset: u32, len: u32) -> Result<Str, Corrupt> {
        match len {
            0 => Err(Corrupt),
            _ => self.text(offset, len),
        }
    }

    /// The same, but it may be empty.
    #[inline]
    pub(crate) fn text(&self, offset: u32, len: u32) -> Result<Str, Corrupt> {
        if offset > self.strings_size || len > self.strings_size - offset {
            return Err(Corrupt);
        }
        Ok(Str {
            offset: self.strings.wrapping_add(offset),
            len,
        })
    }
}
