//! Many names: lookups stay as cheap as among ten, and the overhead per entry is what FORMAT.md says.

use std::cell::Cell;

use vfs_image::{Bytes, Corrupt, Image, NodeId};

use super::build::{dir, file, image};
use crate::image::check;

/// Bytes that count their reads.
struct Counting<'a> {
    bytes: &'a [u8],
    reads: &'a Cell<u32>,
}

impl Bytes for Counting<'_> {
    fn size(&self) -> u32 {
        self.bytes.size()
    }

    fn read(&self, offset: u32, out: &mut [u8]) -> Result<(), Corrupt> {
        self.reads.set(self.reads.get() + 1);
        self.bytes.read(offset, out)
    }
}

/// Mean and most reads of a lookup, of names that are there and of names that are not.
fn reads(count: u32) -> [(f64, u32); 2] {
    let name = |number: u32| format!("file-{number}.txt");
    let mut entries = vec![dir("/"), dir("/dir")];
    entries.extend((0..count).map(|number| file(&format!("/dir/{}", name(number)), b"")));
    let bytes = image(entries);
    let reads = Cell::new(0);
    let image = Image::open(Counting {
        bytes: &bytes,
        reads: &reads,
    })
    .unwrap();
    let measure = |from: u32, there: bool| {
        let (mut sum, mut most) = (0, 0);
        for number in from..from + count {
            reads.set(0);
            let found = image
                .lookup(NodeId::new(1), name(number).as_bytes())
                .unwrap();
            assert_eq!(found.is_some(), there);
            sum += reads.get();
            most = most.max(reads.get());
        }
        (f64::from(sum) / f64::from(count), most)
    };
    [measure(0, true), measure(count, false)]
}

#[test]
fn a_lookup_costs_the_same_among_ten_and_among_100_000() {
    for count in [1, 10, 1000, 100_000] {
        let [hit, miss] = reads(count);
        println!("{count} names: hits {hit:?}, misses {miss:?} reads");
        // Index, entry, name; now and then a second part of the index or an entry of equal hash.
        assert!(hit.0 < 3.15 && hit.1 <= 10, "{count} names: {hit:?} reads");
        assert!(
            miss.0 < 1.15 && miss.1 <= 8,
            "{count} names: {miss:?} reads"
        );
    }
}

#[test]
fn an_entry_takes_60_bytes_and_its_name() {
    let mut entries = vec![dir("/")];
    entries.extend((0..10_000).map(|number| file(&format!("/{number:05}"), b"")));
    let bytes = image(entries);
    let overhead = (bytes.len() - 10_000 * 5) as f64 / 10_000.0;
    assert!((60.0..60.1).contains(&overhead), "{overhead} bytes");
    assert!(check(&bytes).is_ok());
}
