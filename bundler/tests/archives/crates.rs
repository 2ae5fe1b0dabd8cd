//! Why archives are read by readers of our own: what those of the crates make of some. Where one of these changes, think again.

use std::io::{Cursor, Read as _};

use crate::build::{Header, Zipped, extended, file, tar, zip};
use crate::wrong::{pax_sparse, wrong};

/// A name, the size that it should have, and the content.
type Entry = (String, u64, Vec<u8>);

/// What the crate `tar` finds, and how it ends.
fn by_tar(bytes: &[u8]) -> (Vec<Entry>, Result<(), String>) {
    let mut archive = ::tar::Archive::new(Cursor::new(bytes));
    let mut found = Vec::new();
    for entry in archive.entries_with_seek().unwrap() {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => return (found, Err(error.to_string())),
        };
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut content = Vec::new();
        // What is behind the end is nothing, not an error.
        entry.read_to_end(&mut content).unwrap();
        found.push((name, entry.size(), content));
    }
    (found, Ok(()))
}

#[test]
fn tar_makes_other_files_of_these() {
    // A name of two lines: the header has the place for one only.
    let lines = tar(&[extended(&[("path", b"a\nb")]), file(b"short", b"1")]);
    assert_eq!(by_tar(&lines).0[0].0, "short");
    // A file that is cut short.
    let (found, end) = by_tar(&wrong("cut-in-content"));
    assert_eq!((found[0].1, found[0].2.len(), end), (2000, 988, Ok(())));
    let (found, end) = by_tar(&wrong("huge-size"));
    assert_eq!((found.len(), end), (1, Ok(())));
    // A size that is none is that of the header.
    let (found, end) = by_tar(&wrong("pax-size"));
    assert_eq!((found.len(), end), (1, Ok(())));
    // A time before 1970.
    let before = Header::new(b"a", b'0').with(136, &[0xff; 12]).done();
    let header = ::tar::Header::from_byte_slice(&before).clone();
    assert_eq!(header.mtime().unwrap(), u64::MAX);
    // A file with a hole in front.
    let sparse = pax_sparse(&[("size", "1024"), ("map", "512,512")], &[1; 512]);
    assert_eq!(by_tar(&sparse).0[0].2, [1; 512]);
}

#[test]
fn zip_makes_other_files_of_these() {
    let names = |bytes: Vec<u8>| {
        let archive = ::zip::ZipArchive::new(Cursor::new(bytes));
        archive.map(|archive| archive.file_names().count())
    };
    assert_eq!(names(wrong("zip-twice")).unwrap(), 1);
    assert_eq!(names(wrong("zip-more")).unwrap(), 1);
    assert_eq!(names(wrong("zip-overlap")).unwrap(), 2);
    assert_eq!(names(wrong("zip-outside")).unwrap(), 1);
    // The reader that keeps both knows no more of where the directory ends, and nothing of the fields.
    let each = |bytes: Vec<u8>| {
        let mut archive = ::zip::unstable::read::ZipIterable::try_new(
            Cursor::new(bytes),
            ::zip::read::Config::default(),
        );
        let files = archive.as_mut().unwrap().files().unwrap();
        files.filter_map(Result::ok).count()
    };
    assert_eq!(each(wrong("zip-twice")), 2);
    assert_eq!(each(wrong("zip-more")), 1);
    // A field that says that it is longer than it can be, which tools leave alone.
    let broken = Zipped::stored(b"a", b"hello").change(|entry| {
        entry.extra = vec![0x99, 0x99, 200, 0, 1];
    });
    assert!(names(zip(&[broken])).is_err());
}
