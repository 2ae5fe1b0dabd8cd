//! `fd_readdir` of embedded directories.

use std::collections::BTreeSet;
use std::format;
use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

fn tree() -> Tree {
    Tree::new(&["/"])
        .file("/dir/b", b"1")
        .file("/dir/a", b"2")
        .dir("/dir/sub")
        .link("/dir/link", "a")
        .dir("/empty")
}

#[test]
fn names_come_in_order_after_the_dots() {
    let mut t = Fixture::new(&tree());
    let fd = t.open_dir(3, "dir").unwrap();
    assert_eq!(t.list(fd).unwrap(), [".", "..", "a", "b", "link", "sub"]);
    assert_eq!(t.list(3).unwrap(), [".", "..", "dir", "empty"]);
    let fd = t.open_dir(3, "empty").unwrap();
    assert_eq!(t.list(fd).unwrap(), [".", ".."]);
}

#[test]
fn entries_tell_inode_and_type() {
    let mut t = Fixture::new(&tree());
    let fd = t.open_dir(3, "dir").unwrap();
    let entries = t.list_with(fd, 4096).unwrap();
    for (_, ino, file_type, name) in &entries {
        let path = if name == ".." {
            ".".into()
        } else {
            format!("dir/{name}")
        };
        let stat = t.lstat(3, path).unwrap();
        assert_eq!((*ino, *file_type), (stat.ino, stat.file_type), "{name}");
    }
    // The root is its own parent.
    let root = t.list_with(3, 4096).unwrap();
    assert_eq!(root[0].1, root[1].1);
}

#[test]
fn any_buffer_that_holds_an_entry_lists_everything() {
    let mut t = Fixture::new(&tree());
    let fd = t.open_dir(3, "dir").unwrap();
    let all = t.list_with(fd, 4096).unwrap();
    for size in 28..300 {
        assert_eq!(t.list_with(fd, size).unwrap(), all, "{size}");
    }
}

#[test]
fn an_entry_that_does_not_fit_is_cut() {
    let mut t = Fixture::new(&tree());
    let fd = t.open_dir(3, "dir").unwrap();
    t.vfs.fd_readdir(fd, BUF, 200, 0, OUT).unwrap();
    let whole = t.memory.get::<200>(BUF);
    let total = t.out32();
    for size in 0..total {
        t.memory.set(BUF, &[0xa5; 200]);
        t.vfs.fd_readdir(fd, BUF, size, 0, OUT).unwrap();
        assert_eq!(t.out32(), size);
        let got = t.memory.get::<200>(BUF);
        assert_eq!(got[..size as usize], whole[..size as usize], "{size}");
        assert_eq!(got[size as usize], 0xa5, "beyond the buffer");
    }
}

#[test]
fn a_cookie_goes_on_where_it_came_from() {
    let mut t = Fixture::new(&tree());
    let fd = t.open_dir(3, "dir").unwrap();
    let all = t.list_with(fd, 4096).unwrap();
    assert_eq!(
        all.iter().map(|entry| entry.0).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6]
    );
    // Through another descriptor too: cookies belong to the directory.
    let other = t.open_dir(3, "dir").unwrap();
    t.vfs.fd_readdir(other, BUF, 4096, 3, OUT).unwrap();
    assert_eq!(t.text(BUF + 24, 1), "b");
}

#[test]
fn a_cookie_past_the_end_lists_nothing() {
    let mut t = Fixture::new(&tree());
    let fd = t.open_dir(3, "dir").unwrap();
    for cookie in [
        6,
        7,
        1 << 20,
        u64::from(u32::MAX),
        1 << 32,
        (1 << 32) + 2,
        u64::MAX,
    ] {
        t.vfs.fd_readdir(fd, BUF, 4096, cookie, OUT).unwrap();
        assert_eq!(t.out32(), 0, "{cookie}");
    }
}

#[test]
fn a_large_directory_lists_every_name_once() {
    let mut tree = Tree::new(&["/"]);
    for index in 0..3000 {
        tree = tree.file(&format!("/f{index:04}"), b"");
    }
    let mut t = Fixture::new(&tree);
    let names = t.list(3).unwrap();
    assert_eq!(names.len(), 3002);
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 3002);
    assert_eq!(t.stat(3, "f2999").unwrap().size, 0);
    assert_eq!(t.stat(3, "f3000"), Err(Errno::NOENT));
}

#[test]
fn only_directories_are_listed() {
    let mut t = Fixture::new(&tree());
    let fd = t.open(3, "dir/a").unwrap();
    assert_eq!(t.list(fd), Err(Errno::BADF));
    assert_eq!(t.list(77), Err(Errno::BADF));
}

#[test]
#[should_panic(expected = "trap")]
fn a_buffer_outside_memory_traps() {
    let mut t = Fixture::new(&tree());
    let _ = t.vfs.fd_readdir(3, MEMORY as u32 - 10, 11, 0, OUT);
}
