//! `path_rename` in mounts that can be written to.

use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

fn fixture() -> Fixture {
    Fixture::new(
        &Tree::new(&["/"])
            .file("/w/a/file", b"embedded")
            .file("/w/a/deep/er/leaf", b"leaf")
            .file("/w/other", b"other")
            .hard("/w/same", "/w/other")
            .dir("/w/empty")
            .link("/w/link", "a")
            .dir("/w/locked")
            .mode("/w/locked", 0o555)
            .writable("/w", None)
            .tmpfs("/w/tmp", None)
            .file("/fixed", b"x"),
    )
}

#[test]
fn files_move() {
    let mut t = fixture();
    let ino = t.stat(3, "w/a/file").unwrap().ino;
    t.rename((3, "w/a/file"), (3, "w/moved")).unwrap();
    assert_eq!(t.stat(3, "w/a/file"), Err(Errno::NOENT));
    assert_eq!(t.content(3, "w/moved"), Ok("embedded".into()));
    assert_eq!(t.stat(3, "w/moved").unwrap().ino, ino);
    // Over another one, which is gone then; and back.
    t.rename((3, "w/moved"), (3, "w/other")).unwrap();
    assert_eq!(t.content(3, "w/other"), Ok("embedded".into()));
    assert_eq!(t.stat(3, "w/same").unwrap().nlink, 1);
    t.rename((3, "w/other"), (3, "w/a/file")).unwrap();
    assert_eq!(
        t.names(3, "w/a"),
        Ok(["deep", "file"].map(String::from).into())
    );
    assert_eq!(t.content(3, "w/a/file"), Ok("embedded".into()));
    assert_eq!(t.stat(3, "w/other"), Err(Errno::NOENT));
}

#[test]
fn directories_move_with_all_that_is_in_them() {
    let mut t = fixture();
    t.create(3, "w/a/new", "new").unwrap();
    t.unlink(3, "w/a/file").unwrap();
    let open = t.open_dir(3, "w/a/deep").unwrap();
    t.rename((3, "w/a"), (3, "w/empty/b")).unwrap();
    assert_eq!(t.content(3, "w/empty/b/new"), Ok("new".into()));
    assert_eq!(t.content(3, "w/empty/b/deep/er/leaf"), Ok("leaf".into()));
    assert_eq!(t.stat(3, "w/empty/b/file"), Err(Errno::NOENT));
    assert_eq!(t.stat(3, "w/a"), Err(Errno::NOENT));
    assert_eq!(t.content(open, "er/leaf"), Ok("leaf".into()));
    // Its way up is another one.
    let empty = t.stat(3, "w/empty").unwrap();
    assert_eq!(t.stat(3, "w/empty/b/..").unwrap(), empty);
    assert_eq!(empty.nlink, 3);
    assert_eq!(t.stat(3, "w").unwrap().nlink, 2 + 3);
}

#[test]
fn moving_a_directory_changes_what_paths_lead_to() {
    // A path's directory is remembered from call to call, unless directories move.
    let mut t = fixture();
    t.mkdir(3, "w/b").unwrap();
    t.create(3, "w/b/file", "b").unwrap();
    t.stat(3, "w/a/file").unwrap();
    t.rename((3, "w/a"), (3, "w/c")).unwrap();
    assert_eq!(t.stat(3, "w/a/file"), Err(Errno::NOENT));
    t.rename((3, "w/b"), (3, "w/a")).unwrap();
    assert_eq!(t.content(3, "w/a/file"), Ok("b".into()));
}

#[test]
fn a_directory_replaces_an_empty_one() {
    let mut t = fixture();
    t.mkdir(3, "w/void").unwrap();
    t.rename((3, "w/a"), (3, "w/void")).unwrap();
    assert_eq!(t.content(3, "w/void/file"), Ok("embedded".into()));
    assert_eq!(t.stat(3, "w").unwrap().nlink, 2 + 4);
    t.rename((3, "w/void"), (3, "w/empty/")).unwrap();
    assert_eq!(t.content(3, "w/empty/file"), Ok("embedded".into()));
    t.mkdir(3, "w/void").unwrap();
    assert_eq!(
        t.rename((3, "w/void"), (3, "w/empty")),
        Err(Errno::NOTEMPTY)
    );
    assert_eq!(t.stat(3, "w").unwrap().nlink, 2 + 4);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut t = fixture();
    for (old, new, errno) in [
        ("w/a", "w/a/deep/x", Errno::INVAL),
        ("w/a", "w/a/x", Errno::INVAL),
        ("w/a/deep", "w/a", Errno::NOTEMPTY),
        ("w/a", "w/other", Errno::NOTDIR),
        ("w/other", "w/empty", Errno::ISDIR),
        ("w/other", "w/x/", Errno::NOTDIR),
        ("w/other/", "w/x", Errno::NOTDIR),
        ("w/link/", "w/x", Errno::NOTDIR),
        ("w/no", "w/x", Errno::NOENT),
        ("w/other", "w/no/x", Errno::NOENT),
        ("w/a/.", "w/x", Errno::BUSY),
        ("w/a/deep/..", "w/x", Errno::BUSY),
        ("w/a", "w/empty/.", Errno::BUSY),
        ("w/tmp", "w/x", Errno::BUSY),
        ("w/empty", "w/tmp", Errno::BUSY),
        ("w/other", "w/tmp/x", Errno::XDEV),
        ("fixed", "w/x", Errno::XDEV),
        ("w/other", "x", Errno::XDEV),
        ("fixed", "x", Errno::ROFS),
        ("w/other", "w/locked/x", Errno::ACCES),
    ] {
        assert_eq!(t.rename((3, old), (3, new)), Err(errno), "{old} {new}");
    }
    assert_eq!(t.content(3, "w/other"), Ok("other".into()));
}

#[test]
fn into_a_removed_directory_nothing_moves() {
    // Before anything else that is wrong: a slash after a file, a directory that may not be changed.
    let mut t = fixture();
    let removed = t.open_dir(3, "w/empty").unwrap();
    t.rmdir(3, "w/empty").unwrap();
    for (old, new) in [("w/other", "x"), ("w/other", "x/"), ("w/a", "x")] {
        let moved = t.rename((3, old), (removed, new));
        assert_eq!(moved, Err(Errno::NOENT), "{old} {new}");
    }
}

#[test]
fn onto_itself_nothing_happens() {
    let mut t = fixture();
    let names = t.names(3, "w").unwrap();
    for (old, new) in [
        ("w/other", "w/other"),
        ("w/other", "w/same"),
        ("w/a", "w/a"),
    ] {
        t.rename((3, old), (3, new)).unwrap();
    }
    t.rename((3, "w/a/"), (3, "w/a/")).unwrap();
    assert_eq!(t.names(3, "w"), Ok(names));
    assert_eq!(t.stat(3, "w/other").unwrap().nlink, 2);
}

#[test]
fn an_open_file_is_not_bothered() {
    let mut t = fixture();
    let fd = t.open_rw(3, "w/other", 0).unwrap();
    t.unlink(3, "w/same").unwrap();
    t.create(3, "w/new", "new").unwrap();
    t.rename((3, "w/new"), (3, "w/other")).unwrap();
    assert_eq!(t.read(fd, 9), Ok("other".into()));
    assert_eq!(t.fstat(fd).unwrap().nlink, 0);
    assert_eq!(t.content(3, "w/other"), Ok("new".into()));
}

#[test]
fn a_symlink_itself_moves() {
    let mut t = fixture();
    t.rename((3, "w/link"), (3, "w/empty/link")).unwrap();
    assert_eq!(t.readlink(3, "w/empty/link", 9), Ok("a".into()));
    t.rename((3, "w/other"), (3, "w/empty/link")).unwrap();
    assert_eq!(t.content(3, "w/empty/link"), Ok("other".into()));
}
