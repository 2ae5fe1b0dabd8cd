//! The index: finds items by their hash, however many there are.
//!
//! Linear hashing: two buckets more with each item more, so that no insertion takes long, and two less with
//! each one less. Items are chained, so inserting one takes no memory; when there is none for a bucket,
//! chains become longer.

use super::map::Map;
use super::{Pages, Ram};
use crate::errno::Result;

/// An item starts with the next of its bucket, its hash, and a key of two words, which its kind decides.
pub(super) const NEXT: u32 = 0;
pub(super) const HASH: u32 = 4;
/// Of a name, its directory; of other items what they are.
pub(super) const KEY: u32 = 8;
/// What it stands for: a node, a mount.
pub(super) const ID: u32 = 12;

/// The key of the record of an embedded node; no directory has this number.
pub(super) const RECORD: u32 = 0x7fff_fffe;
/// The key of the account of a mount.
pub(super) const ACCOUNT: u32 = 0x7fff_ffff;

/// Bits of a bucket's number that tell its place in a block.
const IN_BLOCK: u32 = 10;

/// Where the index is.
pub(super) struct Index {
    buckets: Map,
    /// Buckets in use.
    count: u32,
    /// Items.
    pub(super) items: u32,
}

impl Index {
    pub(super) const fn new() -> Self {
        Self {
            buckets: Map::EMPTY,
            count: 0,
            items: 0,
        }
    }
}

/// The hash of an item that is no name.
pub(super) fn hash(key: u32, id: u32) -> u32 {
    // As in the image: 2^64 divided by the golden ratio, of which the upper half is well mixed.
    let mixed = (u64::from(key) << 32 | u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}

/// The number of the bucket of a hash.
#[inline(always)]
fn number(hash: u32, count: u32) -> u32 {
    // The highest bit that a number of a bucket can have.
    let top = 1 << (31 - (count | 1).leading_zeros());
    let number = hash & (top * 2 - 1);
    if number < count {
        number
    } else {
        hash & (top - 1)
    }
}

impl<P: Pages> Ram<P> {
    /// Where the first item of a bucket stands.
    #[inline(always)]
    fn bucket(&self, number: u32) -> u32 {
        let (block, _) = self.mapped(self.index.buckets, u64::from(number >> IN_BLOCK));
        block + (number & ((1 << IN_BLOCK) - 1)) * 4
    }

    /// The first item that may be of this hash, for [`next_item`](Self::next_item); 0 when there is none.
    #[inline(always)]
    pub(super) fn first_item(&self, hash: u32) -> u32 {
        if self.index.items == 0 {
            return 0;
        }
        self.get32(self.bucket(number(hash, self.index.count)))
    }

    /// The item of this key that is no name; 0 when there is none.
    pub(super) fn item(&self, key: u32, id: u32) -> u32 {
        let mut item = self.first_item(hash(key, id));
        while item != 0 && (self.get32(item + ID) != id || self.get32(item + KEY) != key) {
            item = self.get32(item + NEXT);
        }
        item
    }

    /// Makes sure that there is a bucket, so that [`insert`](Self::insert) can't fail.
    ///
    /// # Errors
    /// `ENOSPC`.
    pub(super) fn ready(&mut self) -> Result<()> {
        if self.index.count == 0 {
            self.add_bucket()?;
        }
        Ok(())
    }

    /// Adds an empty bucket.
    fn add_bucket(&mut self) -> Result<()> {
        let count = self.index.count;
        let mut map = self.index.buckets;
        let in_block = count & ((1 << IN_BLOCK) - 1);
        let place = self.reach(
            &mut map,
            u64::from(count >> IN_BLOCK),
            // Doubled, as long as it is not a whole block.
            (in_block + 1).next_power_of_two().max(8) * 4,
            0,
        );
        // Also when it fails: what it did before stays.
        self.index.buckets = map;
        let place = place?;
        self.put32(place.at + in_block * 4, 0);
        self.index.count += 1;
        Ok(())
    }

    /// Adds an item, whose hash and key are set.
    pub(super) fn insert(&mut self, item: u32) {
        self.index.items += 1;
        for _ in 0..2 {
            if self.index.items.saturating_mul(2) > self.index.count && self.add_bucket().is_ok() {
                let new = self.index.count - 1;
                // Its items were in the bucket of which it is the other half.
                let half = new & !(1 << (31 - (new | 1).leading_zeros()));
                if half != new {
                    self.rehash(half);
                }
            }
        }
        self.chain(item);
    }

    /// Puts an item into its bucket.
    fn chain(&mut self, item: u32) {
        let bucket = self.bucket(number(self.get32(item + HASH), self.index.count));
        let next = self.get32(bucket);
        self.put32(item + NEXT, next);
        self.put32(bucket, item);
    }

    /// Puts the items of a bucket where they belong by now.
    fn rehash(&mut self, number: u32) {
        let bucket = self.bucket(number);
        let mut item = self.get32(bucket);
        self.put32(bucket, 0);
        while item != 0 {
            let next = self.get32(item + NEXT);
            self.chain(item);
            item = next;
        }
    }

    /// Takes an item out.
    pub(super) fn remove(&mut self, item: u32) {
        let mut link = self.bucket(number(self.get32(item + HASH), self.index.count));
        // `NEXT` is where an item starts, so a link looks the same in a bucket and in an item.
        loop {
            let other = self.get32(link);
            if other == item {
                break;
            }
            if other == 0 {
                return;
            }
            link = other + NEXT;
        }
        let next = self.get32(item + NEXT);
        self.put32(link, next);
        self.index.items -= 1;
        for _ in 0..2 {
            if self.index.items.saturating_mul(3) < self.index.count && self.index.count > 1 {
                self.drop_bucket();
            }
        }
    }

    /// Gives the last bucket up.
    fn drop_bucket(&mut self) {
        self.index.count -= 1;
        let last = self.index.count;
        let mut item = self.get32(self.bucket(last));
        while item != 0 {
            let next = self.get32(item + NEXT);
            self.chain(item);
            item = next;
        }
        if last & ((1 << IN_BLOCK) - 1) == 0 {
            let mut map = self.index.buckets;
            self.cut(&mut map, u64::from(last >> IN_BLOCK), 0);
            self.index.buckets = map;
        }
    }
}
