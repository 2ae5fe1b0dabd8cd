//! A world of vectors: the program's memory, the image, numbers, and memory for what is written.

use std::cell::RefCell;
use std::ops::Range;
use std::prelude::v1::*;
use std::rc::Rc;
use std::vec;

use vfs_image::layout::HOST_POLICY;
use vfs_image::{Bytes, Corrupt};

use super::host::FakeHost;
use crate::errno::Result;
use crate::fd::{Entry, Storage};
use crate::fs::World;
use crate::program::Program;
use crate::ram::{BLOCK, Pages};

#[derive(Clone)]
pub(super) struct Memory {
    pub(super) bytes: Rc<RefCell<Vec<u8>>>,
    pub(super) image: &'static [u8],
    /// 1, or 0 for a program of `wasi_unstable`.
    pub(super) snapshot: u32,
}

impl Memory {
    pub(super) fn get<const N: usize>(&self, at: u32) -> [u8; N] {
        let at = at as usize;
        self.bytes.borrow()[at..at + N].try_into().unwrap()
    }

    pub(super) fn load64_at(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.get(at))
    }

    pub(super) fn set(&self, at: u32, bytes: &[u8]) {
        let at = at as usize;
        self.bytes.borrow_mut()[at..at + bytes.len()].copy_from_slice(bytes);
    }
}

impl Program for Memory {
    fn size(&self) -> u64 {
        self.bytes.borrow().len() as u64
    }
    fn snapshot(&self) -> u32 {
        self.snapshot
    }
    fn is_saved(&self) -> bool {
        true
    }
    fn requires_host(&self) -> bool {
        true
    }
    fn host_policy(&self) -> u32 {
        // In the header's flags; a corrupt image may have none.
        let flags = self.image.get(44).copied().unwrap_or_default();
        u32::from(flags) & HOST_POLICY
    }
    fn trap(&self) -> ! {
        std::panic!("trap")
    }
    fn load32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.get(at))
    }
    fn load64(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.get(at))
    }
    fn store32(&self, at: u32, value: u32) {
        self.set(at, &value.to_le_bytes());
    }
    fn store64(&self, at: u32, value: u64) {
        self.set(at, &value.to_le_bytes());
    }
    fn copy_in(&self, out: &mut [u8], from: u32) {
        let from = from as usize;
        out.copy_from_slice(&self.bytes.borrow()[from..from + out.len()]);
    }
    fn copy_out(&self, to: u32, bytes: &[u8]) {
        self.set(to, bytes);
    }
    fn copy_image(&self, to: u32, offset: u32, len: u32) {
        self.set(to, &self.image[offset as usize..][..len as usize]);
    }
}

/// The image, as `Copy` as the real one.
#[derive(Clone, Copy)]
pub(super) struct Leaked(pub(super) &'static [u8]);

impl Bytes for Leaked {
    fn size(&self) -> u32 {
        self.0.len() as u32
    }
    fn read(&self, offset: u32, out: &mut [u8]) -> Result<(), Corrupt> {
        self.0.read(offset, out)
    }
}

/// Room for so many descriptors at first, doubled at most so often.
pub(super) struct Numbers {
    pub(super) entries: Vec<Entry>,
    pub(super) growths: u32,
    pub(super) spare: Vec<u8>,
    /// Bytes of spare memory there may be.
    pub(super) spare_max: usize,
}

impl Storage for Numbers {
    fn entry(&mut self, number: u32) -> Option<&mut Entry> {
        self.entries.get_mut(number as usize)
    }
    fn grow(&mut self) -> bool {
        if self.growths == 0 {
            return false;
        }
        self.growths -= 1;
        let size = (self.entries.len() * 2).max(8);
        self.entries.resize(size, Entry::Closed);
        true
    }
    fn spare(&mut self, size: usize) -> Option<&mut [u8]> {
        assert!(self.spare.iter().all(|&byte| byte == 0), "left dirty");
        if size > self.spare_max {
            return None;
        }
        self.spare.resize(size, 0);
        Some(&mut self.spare)
    }
}

/// Memory for what is written: as much as a test allows.
pub(super) struct Plenty {
    bytes: Vec<u8>,
    /// How often there is more.
    pub(super) growths: u32,
    /// How much more.
    pub(super) range: usize,
}

impl Plenty {
    /// Bytes there are.
    pub(super) fn bytes_given(&self) -> u32 {
        self.bytes.len() as u32 - BLOCK
    }
}

impl Default for Plenty {
    fn default() -> Self {
        Self {
            // Nothing lies at address zero.
            bytes: vec![0; BLOCK as usize],
            growths: u32::MAX,
            range: 16 * BLOCK as usize,
        }
    }
}

impl Pages for Plenty {
    fn grow(&mut self) -> Option<Range<u32>> {
        self.growths = self.growths.checked_sub(1)?;
        let start = self.bytes.len();
        self.bytes.resize(start + self.range, 0xa5);
        Some(start as u32..self.bytes.len() as u32)
    }
    fn bytes(&self, at: u32, len: u32) -> &[u8] {
        assert!(at >= BLOCK);
        &self.bytes[at as usize..][..len as usize]
    }
    fn bytes_mut(&mut self, at: u32, len: u32) -> &mut [u8] {
        assert!(at >= BLOCK);
        &mut self.bytes[at as usize..][..len as usize]
    }
}

/// A world of vectors; what it can do is in its type.
pub(super) trait Faked:
    World<Program = Memory, Host = Rc<FakeHost>, Bytes = Leaked, Storage = Numbers, Pages = Plenty>
{
}

/// The interposer that writes.
pub(super) type Fake = Either<true>;

/// The interposer that only reads.
pub(super) type Reading = Either<false>;

pub(super) struct Either<const WRITABLE: bool>;

impl<const WRITABLE: bool> Faked for Either<WRITABLE> {}

impl<const WRITABLE: bool> World for Either<WRITABLE> {
    type Program = Memory;
    type Host = Rc<FakeHost>;
    type Bytes = Leaked;
    type Storage = Numbers;
    type Pages = Plenty;
    const WRITABLE: bool = WRITABLE;
}
