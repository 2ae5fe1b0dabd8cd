//! Embedded names that are gone.

use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

fn fixture() -> Fixture {
    Fixture::new(
        &Tree::new(&["/"])
            .file("/w/dir/a", b"a")
            .file("/w/dir/b", b"b")
            .file("/w/dir/c", b"c")
            .writable("/w", None),
    )
}

fn names(t: &mut Fixture) -> String {
    t.names(3, "w/dir").unwrap().concat()
}

#[test]
fn a_removed_name_is_neither_found_nor_listed() {
    let mut t = fixture();
    t.unlink(3, "w/dir/b").unwrap();
    assert_eq!(t.open(3, "w/dir/b"), Err(Errno::NOENT));
    assert_eq!(t.unlink(3, "w/dir/b"), Err(Errno::NOENT));
    assert_eq!(names(&mut t), "ac");
    assert_eq!(t.stat(3, "w/dir").unwrap().size, 2);
}

#[test]
fn a_name_comes_and_goes_as_often_as_one_likes() {
    let mut t = fixture();
    for _ in 0..3 {
        t.unlink(3, "w/dir/b").unwrap();
        assert_eq!(names(&mut t), "ac");
        t.create(3, "w/dir/b", "new").unwrap();
        assert_eq!(names(&mut t), "acb");
        assert_eq!(t.content(3, "w/dir/b"), Ok("new".into()));
        t.create(3, "w/dir/d", "").unwrap();
        assert_eq!(names(&mut t), "acbd");
        t.unlink(3, "w/dir/d").unwrap();
    }
}

#[test]
fn an_emptied_directory_can_be_removed_and_made_anew() {
    let mut t = fixture();
    for name in ["a", "b", "c"] {
        assert_eq!(t.rmdir(3, "w/dir"), Err(Errno::NOTEMPTY));
        t.unlink(3, &["w/dir/", name].concat()).unwrap();
    }
    t.rmdir(3, "w/dir").unwrap();
    t.mkdir(3, "w/dir").unwrap();
    assert_eq!(names(&mut t), "");
    assert_eq!(t.open(3, "w/dir/a"), Err(Errno::NOENT));
    t.create(3, "w/dir/a", "new").unwrap();
    assert_eq!(names(&mut t), "a");
    t.unlink(3, "w/dir/a").unwrap();
    t.rmdir(3, "w/dir").unwrap();
    assert_eq!(t.stat(3, "w/dir"), Err(Errno::NOENT));
}

#[test]
fn cookies_of_embedded_names_stay() {
    let mut t = fixture();
    let fd = t.open_dir(3, "w/dir").unwrap();
    let before = t.list_with(fd, 4096).unwrap();
    t.unlink(3, "w/dir/a").unwrap();
    t.create(3, "w/dir/a", "").unwrap();
    let after = t.list_with(fd, 4096).unwrap();
    assert_eq!(before[3..], after[2..4]);
    // From before the removed one, the next is listed; from the last on, the new one.
    t.vfs.fd_readdir(fd, BUF, 25, before[1].0, OUT).unwrap();
    assert_eq!(t.text(BUF + 24, 1), "b");
    t.vfs.fd_readdir(fd, BUF, 25, before[4].0, OUT).unwrap();
    assert_eq!(t.text(BUF + 24, 1), "a");
}

#[test]
fn the_other_names_of_an_embedded_file_stay() {
    let tree = Tree::new(&["/"])
        .file("/w/one", b"x")
        .hard("/w/two", "/w/one")
        .writable("/w", None);
    let mut t = Fixture::new(&tree);
    t.unlink(3, "w/one").unwrap();
    assert_eq!(t.content(3, "w/two"), Ok("x".into()));
    assert_eq!(t.stat(3, "w/two").unwrap().nlink, 1);
    t.unlink(3, "w/two").unwrap();
    assert_eq!(t.names(3, "w"), Ok(Vec::new()));
}
