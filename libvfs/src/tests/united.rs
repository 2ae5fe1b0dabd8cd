//! A host directory united with the embedded tree.

use std::format;
use std::prelude::v1::*;

use super::fixture::*;
use super::host::FakeHost;
use super::tree::Tree;
use crate::errno::Errno;
use crate::fs::Vfs;

fn tree() -> Tree {
    Tree::new(&["/"])
        .file("/both/x", b"tree")
        .file("/both/only-tree", b"t")
        .file("/only/file", b"t")
        .file("/name", b"tree")
        .link("/dangling", "no")
}

fn prepare(host: &mut FakeHost) {
    host.file("/h/both/x", b"host!")
        .dir("/h/both")
        .file("/h/both/only-host", b"hh")
        .file("/h/name", b"host!")
        .file("/h/mine", b"mine!")
        .dir("/h/empty");
}

/// The host's `/` beside the embedded one.
fn root() -> Fixture {
    Fixture::beside(&tree(), |host| {
        host.preopen("/", "/h");
        prepare(host);
    })
}

/// The host's `.` beside the embedded `/`: 4.
fn dot() -> Fixture {
    Fixture::beside(&tree(), |host| {
        host.preopen(".", "/h");
        prepare(host);
    })
}

#[test]
fn a_host_root_shares_the_embedded_one() {
    let mut t = root();
    assert_eq!(t.preopens(), ["/"]);
    assert_eq!(t.stat(3, "name").unwrap().size, 4);
    assert_eq!(t.stat(3, "mine").unwrap().size, 5);
    assert_eq!(t.open(3, "name"), Ok(4));
}

#[test]
fn a_host_dot_keeps_its_name_and_leads_to_the_same_tree() {
    let mut t = dot();
    assert_eq!(t.preopens(), ["/", "."]);
    assert_eq!(t.stat(4, "name").unwrap().size, 4);
    assert_eq!(t.stat(4, "mine").unwrap().size, 5);
    // The embedded one is as it was.
    assert_eq!(t.stat(3, "mine"), Err(Errno::NOENT));
}

#[test]
fn every_spelling_of_a_root_is_one() {
    for name in [".", "./", "", "/", "//", "/.", "./.", "/./"] {
        let mut t = Fixture::beside(&tree(), |host| {
            host.preopen(name, "/h");
            prepare(host);
        });
        let fd = if name == "/" { 3 } else { 4 };
        assert_eq!(t.stat(fd, "name").unwrap().size, 4, "{name}");
        assert_eq!(t.stat(fd, "mine").unwrap().size, 5, "{name}");
    }
    for name in ["..", "/h", ".h", "..."] {
        let mut t = Fixture::beside(&tree(), |host| {
            host.preopen(name, "/h");
            prepare(host);
        });
        assert_eq!(t.stat(4, "name").unwrap().size, 5, "{name}");
    }
}

#[test]
fn the_same_name_elsewhere_is_united_too() {
    let tree = Tree::new(&["data"]).file("data/a", b"t");
    let mut t = Fixture::beside(&tree, |host| {
        host.preopen("/data", "/h").preopen("data", "/h");
        prepare(host);
    });
    assert_eq!(t.preopens(), ["data", "/data"]);
    for fd in [3, 4] {
        assert_eq!(t.stat(fd, "a").unwrap().size, 1);
        assert_eq!(t.stat(fd, "mine").unwrap().size, 5);
    }
}

#[test]
fn other_host_directories_are_the_host_s_alone() {
    let mut t = Fixture::beside(&tree(), |host| {
        host.preopen("/other", "/h/both");
        prepare(host);
    });
    assert_eq!(t.preopens(), ["/", "/other"]);
    assert_eq!(t.stat(4, "x").unwrap().size, 5);
    assert_eq!(t.stat(4, "only-tree"), Err(Errno::NOENT));
    assert_eq!(t.stat(3, "other/x"), Err(Errno::NOENT));
}

#[test]
fn what_the_tree_holds_wins_and_the_rest_is_the_host_s() {
    let mut t = root();
    let fd = t.open(3, "both/x").unwrap();
    assert_eq!(t.read(fd, 9), Ok("tree".into()));
    let fd = t.open(3, "both/only-host").unwrap();
    assert_eq!(t.read(fd, 9), Ok("hh".into()));
    assert_eq!(t.open(3, "both/no"), Err(Errno::NOENT));
    assert_eq!(t.open(3, "no/no"), Err(Errno::NOENT));
    assert_eq!(t.stat(3, "name/x"), Err(Errno::NOTDIR));
    assert_eq!(t.stat(3, "../x"), Err(Errno::PERM));
}

#[test]
fn directories_in_both_are_listed_as_one() {
    for mut t in [root(), dot()] {
        let root = t.preopens().len() as u32 + 2;
        assert_eq!(
            t.list(root).unwrap(),
            [
                ".", "..", "both", "dangling", "name", "only", "empty", "mine"
            ]
        );
        let fd = t.open_dir(root, "both").unwrap();
        assert_eq!(
            t.list(fd).unwrap(),
            [".", "..", "only-tree", "x", "only-host"]
        );
        assert_eq!(t.stat(fd, "only-host").unwrap().size, 2);
        assert_eq!(t.stat(fd, "x").unwrap().size, 4);
        let fd = t.open_dir(root, "only").unwrap();
        assert_eq!(t.list(fd).unwrap(), [".", "..", "file"]);
        // A directory of the host alone is listed by the host.
        let fd = t.open_dir(root, "empty").unwrap();
        assert_eq!(t.list(fd).unwrap(), [".", ".."]);
    }
}

#[test]
fn closing_a_united_directory_closes_both() {
    let mut t = root();
    let fd = t.open_dir(3, "both").unwrap();
    assert!(t.host.is_open(100));
    t.vfs.fd_close(fd).unwrap();
    assert!(!t.host.is_open(100));
    t.vfs.fd_close(3).unwrap();
    assert!(!t.host.is_open(3));
}

#[test]
fn any_buffer_lists_a_united_directory_whole() {
    let mut tree = Tree::new(&["/"]);
    for index in 0..20 {
        tree = tree.file(&format!("/t{index}"), b"");
    }
    for first_cookie in [0, 0x1234_5678_9abc_def0] {
        let mut t = Fixture::beside(&tree, |host| {
            host.first_cookie.set(first_cookie);
            host.preopen("/", "/h");
            for index in 0..40 {
                // Runs of names to take out, and longer names between.
                let name = if index % 7 == 0 { "longer-name" } else { "t" };
                host.file(&format!("/h/{name}{index}"), b"");
            }
        });
        // The fake host takes the cookie 0 for its first entry as all hosts do.
        let all: Vec<_> = t.list(3).unwrap();
        assert_eq!(all.len(), 2 + 20 + 6 + 17, "{all:?}");
        for size in 37..400 {
            assert_eq!(
                t.list_with(3, size)
                    .unwrap()
                    .into_iter()
                    .map(|(.., name)| name)
                    .collect::<Vec<_>>(),
                all,
                "{size}"
            );
        }
    }
}

#[test]
fn something_new_is_the_host_s() {
    let mut t = root();
    let fd = t.open_with(3, "new", 0, CREAT, R_WRITE, 0).unwrap();
    assert!(t.host.has("/h/new"));
    assert_eq!(t.vfs.fd_write(fd, IOVS, 0, OUT), Ok(()));
    t.at(Vfs::path_create_directory, 3, "both/new").unwrap();
    assert!(t.host.has("/h/both/new"));
    t.symlink("x", 3, "both/link").unwrap();
    assert!(t.host.has("/h/both/link"));
    t.rename((3, "mine"), (3, "both/moved")).unwrap();
    assert!(t.host.has("/h/both/moved"));
    t.link((3, "both/moved"), (3, "again")).unwrap();
    assert!(t.host.has("/h/again"));
    t.at(Vfs::path_unlink_file, 3, "again").unwrap();
    assert!(!t.host.has("/h/again"));
    t.at(Vfs::path_remove_directory, 3, "empty").unwrap();
    assert!(!t.host.has("/h/empty"));
}

#[test]
fn something_new_in_a_directory_of_the_tree_alone_is_refused() {
    let mut t = root();
    assert_eq!(
        t.open_with(3, "only/new", 0, CREAT, R_WRITE, 0),
        Err(Errno::ROFS)
    );
    assert_eq!(
        t.at(Vfs::path_create_directory, 3, "only/new"),
        Err(Errno::ROFS)
    );
    assert_eq!(t.symlink("x", 3, "only/new"), Err(Errno::ROFS));
    assert_eq!(
        t.open_with(3, "no/new", 0, CREAT, R_WRITE, 0),
        Err(Errno::NOENT)
    );
    assert_eq!(
        t.at(Vfs::path_create_directory, 3, "no/new"),
        Err(Errno::NOENT)
    );
}

#[test]
fn names_of_the_tree_are_read_only_beside_a_host_too() {
    let mut t = root();
    assert_eq!(t.open_with(3, "name", 0, 0, R_WRITE, 0), Err(Errno::ROFS));
    assert_eq!(t.at(Vfs::path_unlink_file, 3, "name"), Err(Errno::ROFS));
    assert_eq!(
        t.at(Vfs::path_create_directory, 3, "name"),
        Err(Errno::EXIST)
    );
    assert_eq!(t.rename((3, "name"), (3, "new")), Err(Errno::XDEV));
    assert_eq!(t.rename((3, "mine"), (3, "name")), Err(Errno::XDEV));
    assert_eq!(t.rename((3, "no"), (3, "new")), Err(Errno::NOENT));
    assert_eq!(t.readlink(3, "dangling", 9), Ok("no".into()));
    assert!(t.host.has("/h/name"));
}
