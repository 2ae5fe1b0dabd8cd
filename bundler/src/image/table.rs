//! Numbers found again by what they stand for: a [`Table`].

/// A set of numbers, each found by the hash of what it stands for; what that is only the owner knows.
///
/// So a text or a digest that the owner has anyway is not held a second time: a number takes eight bytes here.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Each number plus one, at the place that its hash says or behind it; 0 where there is none.
    slots: Vec<u32>,
    count: usize,
}

impl Table {
    /// The number with this hash for which `is` holds.
    pub(crate) fn find(&self, hash: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut at = self.place(hash);
        while let Some(number) = self.slots[at].checked_sub(1) {
            if is(number) {
                return Some(number);
            }
            at = self.next(at);
        }
        None
    }

    /// Adds a number that is not there; `hash_of` tells the hash of one that is.
    pub(crate) fn insert(&mut self, hash: u32, number: u32, hash_of: impl Fn(u32) -> u32) {
        // Two thirds full at most.
        if (self.count + 1) * 3 > self.slots.len() * 2 {
            let larger = vec![0; (self.slots.len() * 2).max(64)];
            let old = std::mem::replace(&mut self.slots, larger);
            for number in old.into_iter().filter_map(|slot| slot.checked_sub(1)) {
                self.put(hash_of(number), number);
            }
        }
        self.count += 1;
        self.put(hash, number);
    }

    fn put(&mut self, hash: u32, number: u32) {
        let mut at = self.place(hash);
        while self.slots[at] != 0 {
            at = self.next(at);
        }
        self.slots[at] = number + 1;
    }

    fn place(&self, hash: u32) -> usize {
        // The number of slots is a power of two; so that every bit of the hash counts.
        let mixed = hash.wrapping_mul(0x9e37_79b9);
        (mixed ^ mixed >> 16) as usize & (self.slots.len() - 1)
    }

    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_whatever_hashes_are_alike() {
        for hash in [|number: u32| number, |number| number % 7, |_| 5] {
            let mut table = Table::default();
            for number in 0..1000 {
                assert_eq!(table.find(hash(number), |found| found == number), None);
                table.insert(hash(number), number, hash);
            }
            for number in 0..1000 {
                let found = table.find(hash(number), |found| found == number);
                assert_eq!(found, Some(number));
            }
        }
    }
}
