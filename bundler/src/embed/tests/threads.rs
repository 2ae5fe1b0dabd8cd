//! Reading ahead in parallel changes neither the bytes nor which error is told.

use super::build::{dir, file, sourced, write};
use crate::embed::{ImageError, describe};
use crate::image::check;
use crate::plan::Plan;
use crate::source::MemorySource;

/// More files than are read ahead at once, with large ones and inline ones between them.
fn many() -> (Plan, MemorySource) {
    let mut source = MemorySource::new();
    let mut entries = vec![dir("/")];
    for number in 0..3000_usize {
        let path = format!("/{number:04}");
        let size = if number % 700 == 3 {
            300_000
        } else {
            number % 50
        };
        let content = vec![number as u8; size];
        if number % 10 == 1 {
            entries.push(file(&path, &content));
            continue;
        }
        source = source.file(&path, content);
        entries.push(sourced(&path, &path, size as u64));
    }
    (Plan::assemble(entries), source)
}

/// Does something with so many threads.
fn with<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap()
        .install(work)
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let (plan, source) = many();
    let one = with(1, || write(&plan, &source));
    assert!(check(&one.0).is_ok());
    assert!(with(7, || write(&plan, &source)) == one);
}

#[test]
fn the_first_error_is_told() {
    let (plan, source) = many();
    let source = source
        .unreadable("/0040")
        .unreadable("/0900")
        .unreadable("/0007");
    for threads in [1, 7] {
        let image = describe(&plan).unwrap();
        let mut out = std::io::Cursor::new(Vec::new());
        let error = with(threads, || image.write(&source, &mut out, &())).unwrap_err();
        assert!(
            matches!(&error, ImageError::Unreadable { path, .. } if path == "/0007"),
            "{error}"
        );
    }
}
