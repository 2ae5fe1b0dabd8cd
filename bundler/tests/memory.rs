//! What a file costs in memory, while a bundle with it is made and while it is looked at.
//!
//! A bundle may have a million files, and the budget is some hundred bytes for each of them, of which its metadata in the image alone
//! is 60 and its name. What is easily lost is a path that is held whole for each file, a copy of one list while the
//! next is made, or a report that is collected before it is printed: each costs a hundred bytes or more. So the allocator counts
//! here. The same is done with two numbers of files, and the difference of the peaks is what the further files cost: what a
//! run needs in any case (buffers, the program) is not in it.
//!
//! Bounds are a little above what was measured; who gets below one lowers it, and who has to raise one says why.
#![allow(unsafe_code, reason = "an allocator is unsafe by its nature")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use wasi_vfs::listing::Listing;
use wasi_vfs::{Job, inspect};

/// The system's allocator, and how many bytes are allocated.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn more(size: usize) {
    let now = NOW.fetch_add(size, Ordering::Relaxed) + size;
    PEAK.fetch_max(now, Ordering::Relaxed);
}

// SAFETY: all is done by the system's allocator; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        more(layout.size());
        // SAFETY: as our caller has promised us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: likewise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Large blocks are moved by moving their pages, so the old and the new one are not there at once.
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        more(size);
        // SAFETY: likewise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that were allocated at once while `work` ran, beyond those before.
fn peak<T>(work: impl FnOnce() -> T) -> usize {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let done = work();
    let peak = PEAK.load(Ordering::Relaxed) - before;
    drop(done);
    peak
}

/// The two numbers of files.
const FEW: usize = 2_000;
const MANY: usize = 22_000;

/// Bytes for each file: what the image says of it takes 75 of them, the digest of its content 32.
const BUNDLE: usize = 270;
const INSPECT: usize = 250;
/// Of two listings and two images.
const COMPARE: usize = 465;

/// A manifest that mounts a tree of so many files, 500 in a directory.
fn folder(files: usize) -> TempDir {
    let folder = TempDir::new().unwrap();
    for number in 0..files {
        let directory = folder.path().join(format!("tree/dir{:05}", number / 500));
        if number % 500 == 0 {
            fs::create_dir_all(&directory).unwrap();
        }
        let path = directory.join(format!("file{number:05}.txt"));
        fs::write(path, format!("{number}")).unwrap();
    }
    fs::write(
        folder.path().join("in.wat"),
        r#"(module (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32))) (memory (export "memory") 1))"#,
    )
    .unwrap();
    let text = "manifest-version = 1\n[module]\ninput = \"in.wat\"\noutput = \"out.wasm\"\n\
                [[mount]]\nguest = \"/data\"\nsource = \"tree\"\n";
    fs::write(folder.path().join("wasi-vfs.toml"), text).unwrap();
    folder
}

fn bundle(folder: &Path) {
    Job::new(folder.join("wasi-vfs.toml")).run().unwrap();
}

/// The bundle's image, checked, and its names.
fn inspect(folder: &Path) {
    let found = inspect::open(&folder.join("out.wasm")).unwrap();
    let checked = found.check().unwrap();
    let rows = found.rows().unwrap();
    assert!(
        rows.iter()
            .all(|row| (row.node as usize) < checked.contents.len())
    );
}

/// The bundle's listing twice, each with the module it is from.
fn compare(folder: &Path) {
    let [one, other] = [(), ()].map(|()| {
        let found = inspect::open(&folder.join("out.wasm")).unwrap();
        (Listing::of_module(&found).unwrap(), found)
    });
    assert!(one.0 == other.0);
}

/// What is done with a folder.
type Work = fn(&Path);

/// All of it, and the most bytes that each may take for a file.
const WORK: [(&str, Work, usize); 4] = [
    ("bundle, with a lock that is new", bundle, BUNDLE),
    ("bundle, with a lock that is there", bundle, BUNDLE),
    ("inspect", inspect, INSPECT),
    ("compare", compare, COMPARE),
];

/// One test: what runs beside it would be counted.
#[test]
fn a_file_takes_few_bytes() {
    let [few, many] = [FEW, MANY].map(|files| {
        let folder = folder(files);
        WORK.map(|(_, work, _)| peak(|| work(folder.path())))
    });
    let mut wrong = Vec::new();
    for ((few, many), (what, _, bound)) in few.into_iter().zip(many).zip(WORK) {
        let found = many.saturating_sub(few) / (MANY - FEW);
        // Too little is a bound that was forgotten.
        if found > bound || found * 2 < bound {
            wrong.push(format!(
                "{what}: {found} bytes for each file, and the bound is {bound}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
