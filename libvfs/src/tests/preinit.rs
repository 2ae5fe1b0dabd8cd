//! A run that is saved, and the next one on another host.

use std::boxed::Box;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

fn tree() -> Tree {
    Tree::new(&["/", "rel"])
        .file("/file", b"tree")
        .file("/given/x", b"tree")
        .file("rel/r", b"rel")
}

/// What a program finds at run time whose memory was saved after `init`, on a host with these preopens.
fn resumed(preopens: &[(&str, &str)], init: impl FnOnce(&mut Fixture)) -> Fixture {
    let image = Box::leak(tree().build().into_boxed_slice());
    let mut fixture = Fixture::before_start(image, 1, |host| {
        for (name, folder) in preopens {
            host.preopen(name, folder);
        }
        host.dir("/h")
            .file("/h/mine", b"mine!")
            .file("/h/x", b"host!");
    });
    fixture.vfs.preinit();
    init(&mut fixture);
    fixture.vfs.preinit();
    // The first call of the next run.
    fixture.vfs.start();
    fixture
}

#[test]
fn nothing_of_the_host_is_seen_before() {
    resumed(&[("/", "/h")], |t| {
        assert_eq!(t.preopens(), ["/", "rel"]);
        assert_eq!(t.stat(3, "mine"), Err(Errno::NOENT));
    });
}

#[test]
fn the_host_is_found_afterwards() {
    let mut t = resumed(&[("/", "/h"), ("/given", "/h")], |t| {
        assert_eq!(t.stat(3, "file").unwrap().size, 4);
    });
    assert_eq!(t.preopens(), ["/", "rel", "/given"]);
    assert_eq!(t.stat(3, "mine").unwrap().size, 5);
    assert_eq!(t.stat(3, "file").unwrap().size, 4);
    // A prefix of a path that was remembered leads elsewhere now.
    assert_eq!(t.stat(3, "given/mine").unwrap().size, 5);
}

/// A C library has asked for the preopens once and does not ask again: what it knows leads to the host.
#[test]
fn the_preopens_of_before_lead_to_the_host() {
    let mut t = resumed(&[(".", "/h")], |t| {
        assert_eq!(t.preopens(), ["/", "rel"]);
    });
    assert_eq!(t.stat(3, "mine").unwrap().size, 5);
    assert_eq!(t.stat(5, "mine").unwrap().size, 5);
}

/// Nor does it for those that the tree has no name for.
#[test]
fn names_that_the_tree_does_not_have_lead_to_the_host() {
    let mut t = resumed(
        &[("/new", "/h"), ("other/deep/", "/h"), ("/rel/x", "/h")],
        |t| {
            assert_eq!(t.stat(3, "new/mine"), Err(Errno::NOENT));
        },
    );
    for path in [
        "new/mine",
        "./new/mine",
        "new//mine",
        "other/deep/mine",
        "new/./x",
    ] {
        assert_eq!(t.stat(3, path).unwrap().size, 5, "{path}");
    }
    for path in ["newer/mine", "other/mine", "other", "mine", "rel/mine"] {
        assert_eq!(t.stat(3, path), Err(Errno::NOENT), "{path}");
    }
    // The longest name: that of the tree's `rel` is a beginning of this one.
    assert_eq!(t.stat(4, "x/mine").unwrap().size, 5);
    assert_eq!(t.stat(3, "rel/x/mine"), Err(Errno::NOENT));
    assert_eq!(t.stat(3, "new").unwrap().file_type, 3);
    assert_eq!(t.stat(3, "new/").unwrap().file_type, 3);
    assert_eq!(t.stat(3, "file").unwrap().size, 4);
    assert_eq!(t.preopens(), ["/", "rel", "/new", "other/deep/", "/rel/x"]);
    // The path is that of a preopen only.
    let given = t.open_dir(3, "given").unwrap();
    assert_eq!(t.stat(given, "new/mine"), Err(Errno::NOENT));
}

#[test]
fn a_directory_of_the_host_that_was_closed_is_not_found_any_more() {
    let mut t = resumed(&[("/new", "/h")], |_| {});
    assert_eq!(t.stat(3, "new/mine").unwrap().size, 5);
    assert_eq!(t.vfs.fd_close(5), Ok(()));
    assert_eq!(t.stat(3, "new/mine"), Err(Errno::NOENT));
}

#[test]
fn descriptors_stay_as_they_were() {
    let mut t = resumed(&[("/", "/h")], |t| {
        assert_eq!(t.open(3, "file"), Ok(5));
        assert_eq!(t.read(5, 2), Ok("tr".into()));
        assert_eq!(t.vfs.fd_close(4), Ok(()));
    });
    assert_eq!(t.read(5, 9), Ok("ee".into()));
    // The lowest number that is free; the host's `/` is the embedded one and takes none.
    assert_eq!(t.open(3, "mine"), Ok(4));
}

/// The number of a preopen that was closed may be that of another directory by now.
#[test]
fn a_preopen_that_was_closed_is_not_mistaken() {
    let mut t = resumed(&[("/", "/h")], |t| {
        assert_eq!(t.open_dir(3, "given"), Ok(5));
        assert_eq!(t.vfs.fd_renumber(5, 3), Ok(()));
    });
    assert_eq!(t.stat(3, "x").unwrap().size, 4);
    assert_eq!(t.stat(3, "mine"), Err(Errno::NOENT));
}
