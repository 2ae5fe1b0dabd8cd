//! A world that watches: memory in which every range must have been checked, and little of everything.

use std::cell::RefCell;
use std::ops::Range;
use std::prelude::v1::*;
use std::rc::Rc;

use vfs_image::{Bytes, Corrupt};

use super::host::WildHost;
use crate::fd::{Entry, Storage};
use crate::fs::World;
use crate::program::Program;
use crate::ram::{BLOCK, Pages};

/// What the program's end for a pointer outside of its memory carries.
pub(super) struct Trap;

/// The program's memory.
#[derive(Clone)]
pub(super) struct Wild {
    pub(super) bytes: Rc<RefCell<Vec<u8>>>,
    pub(super) image: &'static [u8],
    pub(super) snapshot: u32,
    pub(super) policy: u32,
}

impl Wild {
    pub(super) fn len(&self) -> u64 {
        self.bytes.borrow().len() as u64
    }

    /// The 64-bit integer there, if it lies inside.
    pub(super) fn word(&self, at: u64) -> Option<u64> {
        let bytes = self.bytes.borrow();
        let word = bytes.get(at as usize..)?.first_chunk()?;
        Some(u64::from_le_bytes(*word))
    }

    pub(super) fn set(&self, at: u32, bytes: &[u8]) {
        self.bytes.borrow_mut()[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }
}

impl Program for Wild {
    fn size(&self) -> u64 {
        self.len()
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
        self.policy
    }
    fn trap(&self) -> ! {
        std::panic::panic_any(Trap)
    }
    // Whatever is outside here was not checked before: that is a mistake of the interposer's.
    fn load32(&self, at: u32) -> u32 {
        let mut word = [0; 4];
        self.copy_in(&mut word, at);
        u32::from_le_bytes(word)
    }
    fn load64(&self, at: u32) -> u64 {
        let mut word = [0; 8];
        self.copy_in(&mut word, at);
        u64::from_le_bytes(word)
    }
    fn store32(&self, at: u32, value: u32) {
        self.set(at, &value.to_le_bytes());
    }
    fn store64(&self, at: u32, value: u64) {
        self.set(at, &value.to_le_bytes());
    }
    fn copy_in(&self, out: &mut [u8], from: u32) {
        out.copy_from_slice(&self.bytes.borrow()[from as usize..][..out.len()]);
    }
    fn copy_out(&self, to: u32, bytes: &[u8]) {
        self.set(to, bytes);
    }
    fn copy_image(&self, to: u32, offset: u32, len: u32) {
        self.set(to, &self.image[offset as usize..][..len as usize]);
    }
}

/// An image as it may be: corrupt.
#[derive(Clone, Copy)]
pub(super) struct Given(pub(super) &'static [u8]);

impl Bytes for Given {
    fn size(&self) -> u32 {
        self.0.len() as u32
    }
    fn read(&self, offset: u32, out: &mut [u8]) -> Result<(), Corrupt> {
        self.0.read(offset, out)
    }
}

/// Room for descriptors, for as long as there is more.
pub(super) struct Few {
    entries: Vec<Entry>,
    growths: u32,
    spare: Vec<u8>,
}

impl Few {
    pub(super) fn new(growths: u32) -> Self {
        Self {
            entries: Vec::new(),
            growths,
            spare: Vec::new(),
        }
    }
}

impl Storage for Few {
    fn entry(&mut self, number: u32) -> Option<&mut Entry> {
        self.entries.get_mut(number as usize)
    }
    fn grow(&mut self) -> bool {
        let more = self.growths.checked_sub(1);
        self.growths = more.unwrap_or_default();
        if more.is_some() {
            self.entries.resize(self.entries.len() + 8, Entry::Closed);
        }
        more.is_some()
    }
    fn spare(&mut self, size: usize) -> Option<&mut [u8]> {
        assert!(
            self.spare.iter().all(|&byte| byte == 0),
            "spare memory is left dirty"
        );
        if size > 1 << 16 {
            return None;
        }
        self.spare.resize(size, 0);
        Some(&mut self.spare)
    }
}

/// Memory for what is written, for as long as there is more; each piece by itself, so that
/// none is taken for the continuation of another.
pub(super) struct Scarce {
    bytes: Vec<u8>,
    growths: u32,
}

/// Blocks that one growth gives.
const BLOCKS: u32 = 4;

impl Scarce {
    pub(super) fn new(growths: u32) -> Self {
        Self {
            bytes: std::vec![0xdb; BLOCK as usize],
            growths,
        }
    }
}

impl Pages for Scarce {
    fn grow(&mut self) -> Option<Range<u32>> {
        self.growths = self.growths.checked_sub(1)?;
        let start = self.bytes.len();
        // What is in it does not matter, so it is nothing sensible.
        self.bytes.resize(start + (BLOCKS * BLOCK) as usize, 0xdb);
        Some(start as u32..self.bytes.len() as u32)
    }
    fn bytes(&self, at: u32, len: u32) -> &[u8] {
        assert!(at >= BLOCK, "address {at}");
        &self.bytes[at as usize..][..len as usize]
    }
    fn bytes_mut(&mut self, at: u32, len: u32) -> &mut [u8] {
        assert!(at >= BLOCK, "address {at}");
        &mut self.bytes[at as usize..][..len as usize]
    }
}

/// The world of the artifact that reads (`false`) or of the one that writes, too.
pub(super) struct Hostile<const WRITABLE: bool>;

impl<const WRITABLE: bool> World for Hostile<WRITABLE> {
    type Program = Wild;
    type Host = Rc<WildHost>;
    type Bytes = Given;
    type Storage = Few;
    type Pages = Scarce;
    const WRITABLE: bool = WRITABLE;
}
