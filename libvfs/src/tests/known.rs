//! What is kept from one call to the next about paths, and how they are read from the program's memory.

use std::format;
use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

#[test]
fn names_that_begin_alike_are_told_apart() {
    let sizes = [1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 64, 65];
    let mut tree = Tree::new(&["/"]);
    for size in sizes {
        // The same names, in another directory.
        for directory in ["a", "b"] {
            let path = format!("/{directory}/{}", "n".repeat(size));
            tree = tree.file(&path, format!("{directory}{size}").as_bytes());
        }
    }
    let mut t = Fixture::new(&tree);
    let mut about = |directory: &str, size: usize| {
        let path = format!("{directory}/{}", "n".repeat(size));
        let stat = t.stat(3, &path).unwrap();
        let fd = t.open(3, &path).unwrap();
        assert_eq!(t.fstat(fd).unwrap(), stat);
        assert_eq!(t.read(fd, 9).unwrap(), format!("{directory}{size}"));
        t.vfs.fd_close(fd).unwrap();
        for other in [format!("{path}x"), format!("{directory}/{}x", &path[3..])] {
            assert_eq!(t.stat(3, &other), Err(Errno::NOENT), "{other}");
        }
        stat.ino
    };
    let first = sizes.map(|size| [about("a", size), about("b", size)]);
    let again = sizes.map(|size| [about("a", size), about("b", size)]);
    assert_eq!(first, again);
    let mut inodes = first.as_flattened().to_vec();
    inodes.sort_unstable();
    inodes.dedup();
    assert_eq!(inodes.len(), 2 * sizes.len());
}

#[test]
fn a_name_leads_to_what_has_it_now() {
    let tree = Tree::new(&["/"])
        .file("/w/name", b"image")
        .file("/w/other", b"the other")
        .writable("/w", None);
    let mut t = Fixture::new(&tree);
    let (name, other) = (
        t.stat(3, "w/name").unwrap().ino,
        t.stat(3, "w/other").unwrap().ino,
    );
    assert_eq!(t.content(3, "w/name").unwrap(), "image");
    t.unlink(3, "w/name").unwrap();
    assert_eq!(t.stat(3, "w/name"), Err(Errno::NOENT));
    t.create(3, "w/name", "made").unwrap();
    assert_eq!(t.content(3, "w/name").unwrap(), "made");
    assert_ne!(t.stat(3, "w/name").unwrap().ino, name);
    let (from, from_len) = t.put(PATH, "w/other");
    let (to, to_len) = t.put(OTHER, "w/name");
    t.vfs.path_rename(3, from, from_len, 3, to, to_len).unwrap();
    assert_eq!(t.stat(3, "w/name").unwrap().ino, other);
    assert_eq!(t.stat(3, "w/other"), Err(Errno::NOENT));
}

#[test]
fn a_path_may_end_where_the_memory_does() {
    let name = "n".repeat(20);
    let mut tree = Tree::new(&["/"]);
    for size in 1..=20 {
        tree = tree.file(&format!("/{}", &name[..size]), &vec![b'x'; size]);
    }
    let mut t = Fixture::new(&tree);
    for size in 1..=20 {
        for before_end in [0, 1, 7, 8] {
            let at = (MEMORY - size - before_end) as u32;
            let (path, len) = t.put(at, &name[..size]);
            t.vfs.path_filestat_get(3, 0, path, len, OUT).unwrap();
            assert_eq!(t.stat_at(OUT).size, size as u64, "{before_end}");
        }
        // A byte that is no text is seen in each place.
        for odd in 0..size {
            let mut text = name.as_bytes()[..size].to_vec();
            for (byte, errno) in [(0, Errno::INVAL), (0xff, Errno::ILSEQ)] {
                text[odd] = byte;
                let (path, len) = t.put((MEMORY - size) as u32, &text);
                let answer = t.vfs.path_filestat_get(3, 0, path, len, OUT);
                assert_eq!(answer, Err(errno), "{odd} of {size}");
            }
        }
    }
}
