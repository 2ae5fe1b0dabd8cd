//! Descriptors: the table that maps the program's numbers to what they stand for.

use vfs_image::NodeId;

/// What a descriptor number stands for.
///
/// A closed one is all zero bytes, so fresh memory is a table of closed descriptors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Entry {
    /// Nothing: the number is free.
    Closed = 0,
    /// A descriptor of the host, by the host's number.
    Host(u32) = 1,
    /// An embedded file.
    File(File) = 2,
    /// An embedded directory.
    Directory(Directory) = 3,
}

/// An open embedded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)] // Starts like a directory, so that code for what both have is the same code.
pub struct File {
    /// Its node.
    pub node: NodeId,
    /// What it is said to be good for: its [`rights`](crate::rights).
    pub rights: u32,
    /// Its `fdflags`.
    pub flags: u32,
    /// Where its content starts in the image; of a file in memory, where its record is.
    pub offset: u32,
    /// Bytes of its content; [`IN_MEMORY`] for a file in memory.
    pub size: u32,
    /// Where the next read starts, in bytes; may lie past the end.
    pub position: u64,
}

/// The size of an open file whose record has to be asked for it; no file of an image is that large.
pub const IN_MEMORY: u32 = u32::MAX;

/// An open embedded directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(8))] // Starts like a file, and where a file starts.
pub struct Directory {
    /// Its node.
    pub node: NodeId,
    /// What it is said to be good for: its [`rights`](crate::rights).
    pub rights: u32,
    /// Its POSIX mode.
    pub mode: u32,
    /// The host's directory united with it, where what the tree does not hold is looked up: its number plus one; 0 for none.
    pub host: u32,
    /// Whether the program finds it open at its start.
    pub preopen: Preopen,
}

/// Whether, and under whose name, the program finds a directory open at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preopen {
    /// It was opened by the program.
    No,
    /// It is the preopen of this index in the image.
    Embedded(u32),
    /// It is a preopen of the host, whose name it has.
    Host,
}

/// Memory for the table.
pub trait Storage {
    /// The entry of this number, if there is room for it; `Closed` at first.
    fn entry(&mut self, number: u32) -> Option<&mut Entry>;
    /// Makes room for more, keeping what is there; false when there is no memory.
    fn grow(&mut self) -> bool;
    /// Memory beside the table for the length of a call: so many zero bytes, to be zero again afterwards.
    fn spare(&mut self, size: usize) -> Option<&mut [u8]>;
}

/// The descriptor table.
#[derive(Debug)]
pub struct Table<S> {
    storage: S,
    /// No number below is free.
    lowest: u32,
}

impl<S: Storage> Table<S> {
    /// A table without descriptors.
    pub const fn new(storage: S) -> Self {
        Self { storage, lowest: 0 }
    }

    /// Memory for the length of a call: see [`Storage::spare`].
    pub fn spare(&mut self, size: usize) -> Option<&mut [u8]> {
        self.storage.spare(size)
    }

    /// The memory behind the table.
    #[cfg(test)]
    pub(crate) fn storage_mut(&mut self) -> &mut S {
        &mut self.storage
    }

    /// What a number stands for; `None` when it is closed. Must stay open when changed.
    #[inline(never)]
    pub fn entry(&mut self, fd: u32) -> Option<&mut Entry> {
        match self.storage.entry(fd) {
            Some(Entry::Closed) => None,
            entry => entry,
        }
    }

    /// The place of the lowest free number, which is then [`newest`](Self::newest); the caller fills it.
    ///
    /// `None` when there is no memory for one more.
    #[inline(never)]
    pub fn allot(&mut self) -> Option<&mut Entry> {
        if !self.reserve() {
            return None;
        }
        self.lowest += 1;
        self.storage.entry(self.lowest - 1)
    }

    /// Makes sure that the next [`allot`](Self::allot) succeeds; false when there is no memory for that.
    #[inline(always)]
    pub fn reserve(&mut self) -> bool {
        loop {
            match self.storage.entry(self.lowest) {
                Some(Entry::Closed) => return true,
                Some(_) => {
                    self.lowest += 1;
                    continue;
                }
                None => {}
            }
            if !self.storage.grow() {
                return false;
            }
        }
    }

    /// The number [`allot`](Self::allot) gave last, as long as none was freed since.
    pub fn newest(&self) -> u32 {
        self.lowest - 1
    }

    /// Frees a number; nothing happens when it is free already.
    #[inline(never)]
    pub fn free(&mut self, fd: u32) {
        if let Some(entry) = self.storage.entry(fd) {
            *entry = Entry::Closed;
            self.lowest = self.lowest.min(fd);
        }
    }

    /// Lets the free number `to` stand for what `from` stands for, and frees that.
    pub fn rename(&mut self, from: u32, to: u32) {
        if let Some(&mut entry) = self.storage.entry(from)
            && let Some(place) = self.storage.entry(to)
        {
            *place = entry;
        }
        self.free(from);
    }

    /// The number that stands for the host's `fd`.
    pub fn of_host(&mut self, fd: u32) -> Option<u32> {
        let mut number = 0;
        while let Some(entry) = self.storage.entry(number) {
            if *entry == Entry::Host(fd) {
                return Some(number);
            }
            number += 1;
        }
        None
    }
}
