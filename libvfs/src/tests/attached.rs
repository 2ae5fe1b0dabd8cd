//! Host directories at, above and below each kind of mount, one and several of them: which names are whose.
//!
//! In the tree everything reads `tree`, in the host's directories `a`, `b`, …: the directory's name.

use std::format;
use std::prelude::v1::*;

use vfs_image::layout::{HOST_NONE, HOST_OVERRIDE};

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

const FALLBACK: u32 = 0;

fn tree() -> Tree {
    Tree::new(&["/"])
        .file("/data/both", b"tree")
        .file("/data/tree", b"tree")
        .file("/data/sub/both", b"tree")
        .file("/data/sub/tree", b"tree")
        .file("/data/alone/tree", b"tree")
        .link("/data/to-host", "host")
        .link("/to-sub", "data/sub")
        .file("/top", b"tree")
}

/// The three kinds of tree at `/data`.
fn kinds() -> [(&'static str, Tree); 2] {
    [
        ("embedded", tree()),
        ("writable", tree().writable("/data", None)),
    ]
}

/// Each preopen of the host has a directory of its own: `a`, `b`, …, with the same names as `/data` has.
fn given(tree: &Tree, names: &[&str]) -> Fixture {
    Fixture::beside(tree, |host| {
        for (name, letter) in names.iter().zip(["a", "b", "c"]) {
            let root = format!("/{letter}");
            host.preopen(name, &root);
            host.dir(&root).dir(&format!("{root}/sub"));
            for file in ["both", "host", "sub/both", "sub/host"] {
                host.file(&format!("{root}/{file}"), letter.as_bytes());
            }
            // As it would be seen from `/`.
            host.dir(&format!("{root}/data"));
            host.dir(&format!("{root}/data/sub"));
            for file in ["data/both", "data/host", "data/sub/both", "data/sub/host"] {
                host.file(&format!("{root}/{file}"), letter.as_bytes());
            }
        }
    })
}

/// What the file reads, or `-` when it is not there.
fn cat(t: &mut Fixture, fd: u32, path: &str) -> String {
    match t.open(fd, path) {
        Ok(file) => {
            let text = t.read(file, 9).unwrap();
            t.vfs.fd_close(file).unwrap();
            text
        }
        Err(Errno::NOENT) => "-".into(),
        Err(errno) => format!("{errno:?}"),
    }
}

/// What these files below `/data` read, by a path from `/` and through the directories opened on the way.
fn cats(t: &mut Fixture, files: &[&str]) -> String {
    let read: Vec<_> = files
        .iter()
        .map(|file| {
            let text = cat(t, 3, &format!("data/{file}"));
            let dotted = format!("data/alone/../{file}");
            assert_eq!(cat(t, 3, &dotted), text, "{dotted}");
            let dir = t.open_dir(3, "data").unwrap();
            assert_eq!(cat(t, dir, file), text, "{file} from /data");
            if let Some(name) = file.strip_prefix("sub/") {
                let sub = t.open_dir(dir, "sub").unwrap();
                assert_eq!(cat(t, sub, name), text, "{file} from /data/sub");
                t.vfs.fd_close(sub).unwrap();
                assert_eq!(cat(t, 3, &format!("to-sub/{name}")), text, "by a symlink");
            }
            t.vfs.fd_close(dir).unwrap();
            text
        })
        .collect();
    read.join(" ")
}

const FILES: [&str; 6] = ["both", "tree", "host", "sub/both", "sub/tree", "sub/host"];

fn names(t: &mut Fixture, path: &str) -> String {
    let mut names = t.names(3, path).unwrap();
    names.sort();
    names.join(" ")
}

/// Of several directories of the host on the way to a file, the innermost counts; a mount is left alone by those above it.
#[test]
fn whose_a_name_is() {
    for (policy, host, embedded, writable) in [
        // At `/`, at the mount, below it, both names of it, and nested in each other.
        (
            FALLBACK,
            &["/"][..],
            "tree tree a tree tree a",
            "tree tree - tree tree -",
        ),
        (FALLBACK, &["/data"], "tree tree a tree tree a", "="),
        (FALLBACK, &["data"], "tree tree a tree tree a", "="),
        (FALLBACK, &["./data/"], "tree tree a tree tree a", "="),
        (FALLBACK, &["/data/sub"], "tree tree - tree tree a", "="),
        (FALLBACK, &["/", "/data"], "tree tree b tree tree b", "="),
        (FALLBACK, &["/data", "/"], "tree tree a tree tree a", "="),
        (
            FALLBACK,
            &["/", "/data/sub"],
            "tree tree a tree tree b",
            "tree tree - tree tree b",
        ),
        (
            FALLBACK,
            &["/data", "/data/sub"],
            "tree tree a tree tree b",
            "=",
        ),
        (
            FALLBACK,
            &["/data/sub", "/data", "/"],
            "tree tree b tree tree a",
            "=",
        ),
        (
            FALLBACK,
            &["/data", "/data"],
            "tree tree b tree tree b",
            "=",
        ),
        (FALLBACK, &["/other"], "tree tree - tree tree -", "="),
        (
            HOST_OVERRIDE,
            &["/"],
            "a tree a a tree a",
            "tree tree - tree tree -",
        ),
        (HOST_OVERRIDE, &["/data"], "a tree a a tree a", "="),
        (HOST_OVERRIDE, &["data"], "a tree a a tree a", "="),
        (HOST_OVERRIDE, &["/data/sub"], "tree tree - a tree a", "="),
        (HOST_OVERRIDE, &["/", "/data"], "b tree b b tree b", "="),
        (
            HOST_OVERRIDE,
            &["/", "/data/sub"],
            "a tree a b tree b",
            "tree tree - b tree b",
        ),
        (
            HOST_OVERRIDE,
            &["/data", "/data/sub"],
            "a tree a b tree b",
            "=",
        ),
        (
            HOST_NONE,
            &["/", "/data", "/data/sub"],
            "tree tree - tree tree -",
            "=",
        ),
    ] {
        for (kind, tree) in kinds() {
            let mut t = given(&tree.policy(policy), host);
            let expected = match (kind, writable) {
                ("writable", "=") | ("embedded", _) => embedded,
                _ => writable,
            };
            let said = cats(&mut t, &FILES);
            assert_eq!(said, expected, "{kind}, policy {policy}, {host:?}");
            // A listing has each name once, and just those that are there.
            for (path, own) in [
                ("data", "alone both sub to-host tree"),
                ("data/sub", "both tree"),
            ] {
                let mut expected: Vec<_> = own.split(' ').collect();
                if cat(&mut t, 3, &format!("{path}/host")) != "-" {
                    expected.push("host");
                }
                expected.sort_unstable();
                let mut listed = names(&mut t, path).replace(" data", "");
                if path == "data/sub" {
                    listed = listed.replace(" sub", "");
                }
                assert_eq!(listed, expected.join(" "), "{kind}, {policy}, {host:?}");
            }
        }
    }
}

/// A host mount is the host's directory and nothing else, and so is what the tree has below it, whatever the policy.
#[test]
fn a_host_mount_hides_what_is_embedded_there() {
    for policy in [FALLBACK, HOST_OVERRIDE] {
        let tree = tree().host("/data", "").policy(policy);
        let mut t = given(&tree, &["/data"]);
        let said = FILES
            .map(|file| cat(&mut t, 3, &format!("data/{file}")))
            .join(" ");
        assert_eq!(said, "a - a a - a");
        // Without it, what is embedded is there.
        let mut t = given(&tree, &["/other"]);
        assert_eq!(cats(&mut t, &FILES), "tree tree - tree tree -");
    }
}

/// In a tmpfs, which begins without a name, all are the host's that is given there.
#[test]
fn a_tmpfs_keeps_its_files_where_the_host_gives_a_directory() {
    for policy in [FALLBACK, HOST_OVERRIDE] {
        let tree = Tree::new(&["/"]).tmpfs("/data", None).policy(policy);
        let mut t = given(&tree, &["/data"]);
        assert_eq!(cat(&mut t, 3, "data/both"), "a");
        t.create(3, "data/new", "new").unwrap();
        assert!(t.host.has("/a/new"));
        t.mkdir(3, "data/made").unwrap();
        t.create(3, "data/made/new", "new").unwrap();
        assert!(t.host.has("/a/made/new"));
        t.rename((3, "data/new"), (3, "data/sub/moved")).unwrap();
        assert!(t.host.has("/a/sub/moved"));
        // From above, nothing is seen, and nothing kept.
        let mut t = given(&tree, &["/"]);
        assert_eq!(cat(&mut t, 3, "data/both"), "-");
        t.create(3, "data/new", "new").unwrap();
        assert!(!t.host.has("/a/data/new"));
    }
}

/// New names are the host's, whichever preopen and directory they are made through.
#[test]
fn what_is_new_is_the_host_s() {
    for policy in [FALLBACK, HOST_OVERRIDE] {
        for (kind, tree) in kinds() {
            let mut t = given(&tree.policy(policy), &["/data"]);
            t.create(3, "data/new", "new").unwrap();
            t.create(4, "other", "new").unwrap();
            let sub = t.open_dir(3, "data/sub").unwrap();
            t.create(sub, "new", "new").unwrap();
            t.mkdir(3, "to-sub/made").unwrap();
            t.symlink("both", 4, "link").unwrap();
            for path in ["new", "other", "sub/new", "sub/made", "link"] {
                assert!(t.host.has(&format!("/a/{path}")), "{kind}: {path}");
            }
            t.rename((3, "data/new"), (4, "sub/moved")).unwrap();
            t.link((3, "data/other"), (3, "data/again")).unwrap();
            assert!(t.host.has("/a/sub/moved") && t.host.has("/a/again"));
            t.unlink(3, "data/again").unwrap();
            t.rmdir(3, "data/sub/made").unwrap();
            assert!(!t.host.has("/a/again") && !t.host.has("/a/sub/made"));
            // To another place there is no way.
            assert_eq!(t.rename((3, "data/other"), (3, "new")), Err(Errno::XDEV));
        }
    }
}

#[test]
fn embedded_names_are_read_only_beside_a_host_s() {
    let mut t = given(&tree(), &["/data"]);
    for fd in [3, 4] {
        let path = |name: &str| {
            if fd == 3 {
                format!("data/{name}")
            } else {
                name.into()
            }
        };
        assert_eq!(errno(t.open_rw(fd, &path("both"), 0)), Errno::ROFS);
        assert_eq!(t.unlink(fd, &path("both")), Err(Errno::ROFS));
        assert_eq!(
            t.rename((fd, &path("tree")), (fd, &path("new"))),
            Err(Errno::XDEV)
        );
        assert_eq!(
            t.rename((fd, &path("host")), (fd, &path("tree"))),
            Err(Errno::XDEV)
        );
        assert_eq!(
            t.link((fd, &path("tree")), (fd, &path("new"))),
            Err(Errno::XDEV)
        );
        assert_eq!(
            t.link((fd, &path("tree")), (fd, &path("host"))),
            Err(Errno::EXIST)
        );
        assert_eq!(t.rmdir(fd, &path("sub")), Err(Errno::ROFS));
        assert_eq!(t.mkdir(fd, &path("sub")), Err(Errno::EXIST));
        // Only the tree has the directory.
        assert_eq!(t.create(fd, &path("alone/new"), ""), Err(Errno::ROFS));
        assert_eq!(t.mkdir(fd, &path("alone/new")), Err(Errno::ROFS));
        assert_eq!(t.symlink("x", fd, &path("alone/new")), Err(Errno::ROFS));
        assert_eq!(
            t.rename((fd, &path("host")), (fd, &path("alone/new"))),
            Err(Errno::ROFS)
        );
    }
}

/// In a writable mount, embedded names can be changed all the same, in memory; the host's files stay as they are.
#[test]
fn embedded_names_of_a_writable_mount_are_changed_in_memory() {
    for policy in [FALLBACK, HOST_OVERRIDE] {
        let tree = tree().writable("/data", None).policy(policy);
        let mut t = given(&tree, &["/data"]);
        let fd = t.open_rw(3, "data/tree", 0).unwrap();
        t.write(fd, "TREE").unwrap();
        t.vfs.fd_close(fd).unwrap();
        assert_eq!(cat(&mut t, 4, "tree"), "TREE");
        // To a name that the host does not have.
        t.rename((3, "data/tree"), (4, "moved")).unwrap();
        assert_eq!(cat(&mut t, 3, "data/moved"), "TREE");
        assert_eq!(cat(&mut t, 3, "data/tree"), "-");
        t.link((3, "data/moved"), (3, "data/sub/linked")).unwrap();
        assert_eq!(cat(&mut t, 3, "data/sub/linked"), "TREE");
        assert!(!t.host.has("/a/moved") && !t.host.has("/a/sub/linked"));
        // To one that it has, and back, is another file system.
        assert_eq!(
            t.rename((3, "data/moved"), (3, "data/host")),
            Err(Errno::XDEV)
        );
        assert_eq!(
            t.rename((3, "data/host"), (3, "data/moved")),
            Err(Errno::XDEV)
        );
        assert_eq!(
            t.link((3, "data/moved"), (3, "data/host")),
            Err(Errno::EXIST)
        );
        // Where only the tree has the directory, what is new is the tree's.
        t.create(3, "data/alone/new", "new").unwrap();
        t.mkdir(3, "data/alone/made").unwrap();
        t.create(3, "data/alone/made/new", "new").unwrap();
        t.symlink("new", 3, "data/alone/link").unwrap();
        assert_eq!(
            cat(&mut t, 4, "alone/link"),
            "NOENT".replace("NOENT", "new")
        );
        assert_eq!(names(&mut t, "data/alone"), "link made new tree");
        assert_eq!(t.symlink("", 3, "data/alone/empty"), Err(Errno::NOENT));
        assert_eq!(
            t.rename((3, "data/host"), (3, "data/alone/host")),
            Err(Errno::XDEV)
        );
        assert!(!t.host.has("/a/alone"));
        // What is removed is gone.
        t.unlink(3, "data/both").unwrap();
        let (shown, made) = match policy {
            FALLBACK => ("-", "memory"),
            // It was the host's; the embedded one comes to light.
            _ => ("tree", "tree"),
        };
        assert_eq!(cat(&mut t, 3, "data/both"), shown);
        assert_eq!(names(&mut t, "data").contains("both"), shown != "-");
        if policy == FALLBACK {
            assert!(t.host.has("/a/both"));
            t.create(3, "data/both", made).unwrap();
        }
        assert_eq!(cat(&mut t, 3, "data/both"), made);
    }
}

/// A directory of both is removed when both are empty, and is not moved.
#[test]
fn a_directory_of_both_is_one() {
    let tree = tree().writable("/data", None);
    let mut t = given(&tree, &["/data"]);
    assert_eq!(
        t.rename((3, "data/sub"), (3, "data/moved")),
        Err(Errno::XDEV)
    );
    assert_eq!(t.rmdir(3, "data/sub"), Err(Errno::NOTEMPTY));
    for name in ["both", "tree"] {
        t.unlink(3, &format!("data/sub/{name}")).unwrap();
    }
    assert_eq!(names(&mut t, "data/sub"), "host");
    assert_eq!(t.rmdir(3, "data/sub"), Err(Errno::NOTEMPTY));
    assert_eq!(cat(&mut t, 3, "data/sub/host"), "a");
    // One of the tree alone can be moved.
    t.rename((3, "data/alone"), (3, "data/moved")).unwrap();
    assert_eq!(cat(&mut t, 3, "data/moved/tree"), "tree");
    assert_eq!(cat(&mut t, 3, "data/alone/tree"), "-");
}

/// Where a host directory is attached, the name can't be moved or removed.
#[test]
fn a_place_of_a_host_directory_is_busy() {
    let tree = Tree::new(&["/"])
        .dir("/data/sub")
        .dir("/data/other")
        .writable("/data", None);
    let mut t = given(&tree, &["/data/sub"]);
    assert_eq!(t.rmdir(3, "data/sub"), Err(Errno::BUSY));
    assert_eq!(t.rename((3, "data/sub"), (3, "data/new")), Err(Errno::BUSY));
    assert_eq!(
        t.rename((3, "data/other"), (3, "data/sub")),
        Err(Errno::BUSY)
    );
    t.vfs.fd_close(4).unwrap();
    t.rename((3, "data/sub"), (3, "data/new")).unwrap();
}

/// Of two with one name the later counts, as for wasi-libc, until it is closed.
#[test]
fn of_two_host_directories_with_one_name_the_later_counts() {
    let mut t = given(&tree(), &["/data", "/data"]);
    assert_eq!(t.preopens(), ["/", "/data", "/data"]);
    assert_eq!(cat(&mut t, 3, "data/host"), "b");
    assert_eq!(
        (cat(&mut t, 4, "host"), cat(&mut t, 5, "host")),
        ("a".into(), "b".into())
    );
    t.vfs.fd_close(5).unwrap();
    assert_eq!(cat(&mut t, 3, "data/host"), "a");
}

/// Symlinks lead across: of the tree to the host's names; of the host where the host leads them.
#[test]
fn symlinks_lead_across() {
    for (kind, tree) in kinds() {
        let mut t = given(&tree, &["/data"]);
        t.symlink("tree", 4, "to-tree").unwrap();
        t.symlink("both", 3, "data/to-both").unwrap();
        for (fd, path, text) in [
            (3, "data/to-host", "a"),
            (4, "to-host", "a"),
            (3, "data/to-both", "a"),
            (3, "data/to-tree", "-"),
            (3, "data/sub/../to-host", "a"),
            (4, "sub/../sub/host", "a"),
        ] {
            assert_eq!(cat(&mut t, fd, path), text, "{kind}: {path}");
        }
        assert_eq!(t.stat(4, "../top"), Err(Errno::PERM));
    }
}

/// An embedded preopen inside the tree, and one beside `/`: the host's directory goes to the one with its name.
#[test]
fn the_preopen_of_the_same_name_comes_first() {
    let tree = Tree::new(&["/", ".", "x"])
        .file("/etc/tree", b"root")
        .file("/x/tree", b"root")
        .file("./tree", b"dot")
        .file("x/tree", b"x");
    for (name, tree_of, host_of, other) in [(".", "dot", 4, 3), ("/", "root", 3, 4)] {
        let mut t = given(&tree, &[name]);
        assert_eq!(t.preopens(), ["/", ".", "x"], "{name}");
        let path = if tree_of == "dot" { "tree" } else { "etc/tree" };
        assert_eq!(cat(&mut t, host_of, path), tree_of);
        assert_eq!(cat(&mut t, host_of, "host"), "a");
        assert_eq!(cat(&mut t, other, "host"), "-");
    }
    for (name, fd, text) in [("x", 5, "x"), ("/x", 6, "root"), ("./x", 6, "x")] {
        let mut t = given(&tree, &[name]);
        assert_eq!(cat(&mut t, fd, "tree"), text, "{name}");
        assert_eq!(cat(&mut t, fd, "host"), "a", "{name}");
    }
}
