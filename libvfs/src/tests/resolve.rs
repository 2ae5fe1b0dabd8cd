//! Paths.

use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

fn tree() -> Tree {
    Tree::new(&["/"])
        .file("/a/b/file", b"deep")
        .file("/top", b"t")
        .dir("/empty")
        .link("/rel", "a/b/file")
        .link("/a/up", "../top")
        .link("/abs", "/a/b/file")
        .link("/root", "/")
        .link("/slashes", "///a//b")
        .link("/dirlink", "a/b")
        .link("/dirlink-slash", "a/b/")
        .link("/filelink-slash", "top/")
        .link("/dangling", "nowhere")
        .link("/self", "self")
        .link("/ping", "pong")
        .link("/pong", "ping")
        .link("/out", "../outside")
        .link("/a/chain", "up")
}

#[test]
fn a_path_leads_down() {
    let mut t = Fixture::new(&tree());
    assert_eq!(t.stat(3, "a/b/file").unwrap().size, 4);
    assert_eq!(t.stat(3, "top").unwrap().size, 1);
}

#[test]
fn dots_and_repeated_slashes_change_nothing() {
    let mut t = Fixture::new(&tree());
    let plain = t.stat(3, "a/b/file").unwrap();
    for path in [
        "./a/b/file",
        "a//b///file",
        "a/./b/./file",
        "a/b/../b/file",
        "a/../a/b/file",
    ] {
        assert_eq!(t.stat(3, path), Ok(plain), "{path}");
    }
    let root = t.fstat(3).unwrap();
    for path in [".", "./", "./.", "a/..", "a/b/../..", "empty/../"] {
        assert_eq!(t.stat(3, path), Ok(root), "{path}");
    }
}

#[test]
fn nothing_is_no_path() {
    let mut t = Fixture::new(&tree());
    assert_eq!(t.stat(3, ""), Err(Errno::NOENT));
    assert_eq!(t.open(3, ""), Err(Errno::NOENT));
}

#[test]
fn what_is_missing_is_missing() {
    let mut t = Fixture::new(&tree());
    for path in ["no", "a/no", "no/file", "no/", "empty/x", "no/.."] {
        assert_eq!(t.stat(3, path), Err(Errno::NOENT), "{path}");
    }
}

#[test]
fn a_file_has_nothing_inside() {
    let mut t = Fixture::new(&tree());
    for path in [
        "top/x",
        "top/.",
        "top/..",
        "top/",
        "top//",
        "a/b/file/",
        "rel/",
        "filelink-slash",
    ] {
        assert_eq!(t.stat(3, path), Err(Errno::NOTDIR), "{path}");
    }
}

#[test]
fn a_slash_at_the_end_means_a_directory() {
    let mut t = Fixture::new(&tree());
    for path in ["a/", "a//", "dirlink/", "dirlink-slash", "root/"] {
        assert_eq!(t.stat(3, path).unwrap().file_type, 3, "{path}");
    }
    // It follows a symlink that would not be followed without it.
    assert_eq!(t.lstat(3, "dirlink").unwrap().file_type, 7);
    assert_eq!(t.lstat(3, "dirlink/").unwrap().file_type, 3);
}

#[test]
fn absolute_paths_and_dots_above_the_start_are_refused() {
    let mut t = Fixture::new(&tree());
    for path in [
        "/",
        "/a",
        "//a",
        "..",
        "../a",
        "a/../..",
        "./..",
        "a/b/../../../top",
    ] {
        assert_eq!(t.stat(3, path), Err(Errno::PERM), "{path}");
    }
    // A directory the program opened is a start like a preopen.
    let fd = t.open_dir(3, "a").unwrap();
    assert_eq!(t.stat(fd, "b/file").unwrap().size, 4);
    assert_eq!(t.stat(fd, ".."), Err(Errno::PERM));
    assert_eq!(t.stat(fd, "b/../../top"), Err(Errno::PERM));
}

#[test]
fn symlinks_lead_on() {
    let mut t = Fixture::new(&tree());
    let file = t.stat(3, "a/b/file").unwrap();
    assert_eq!(t.stat(3, "rel"), Ok(file));
    assert_eq!(t.stat(3, "dirlink/file"), Ok(file));
    assert_eq!(t.stat(3, "a/up").unwrap().size, 1);
    assert_eq!(t.stat(3, "a/chain").unwrap().size, 1);
    assert_eq!(t.lstat(3, "rel").unwrap().file_type, 7);
    assert_eq!(t.lstat(3, "a/../rel").unwrap().size, 8);
}

#[test]
fn absolute_symlinks_lead_to_the_embedded_root() {
    let mut t = Fixture::new(&tree());
    let file = t.stat(3, "a/b/file").unwrap();
    assert_eq!(t.stat(3, "abs"), Ok(file));
    assert_eq!(t.stat(3, "slashes/file"), Ok(file));
    assert_eq!(t.stat(3, "root/a/b/file"), Ok(file));
    assert_eq!(t.stat(3, "root").unwrap(), t.fstat(3).unwrap());
    assert_eq!(t.stat(3, "root/.."), Err(Errno::PERM));
    // Also from a directory below, which they may leave.
    let tree = tree().link("/a/b/far", "/top");
    let mut t = Fixture::new(&tree);
    let fd = t.open_dir(3, "a/b").unwrap();
    assert_eq!(t.stat(fd, "far").unwrap().size, 1);
}

#[test]
fn absolute_symlinks_without_an_embedded_root_lead_out() {
    let tree = Tree::new(&["."]).file("./x", b"").link("./abs", "/x");
    let mut t = Fixture::new(&tree);
    assert_eq!(t.stat(3, "abs"), Err(Errno::PERM));
}

#[test]
fn symlinks_may_not_leave_their_start_by_dots() {
    let mut t = Fixture::new(&tree());
    assert_eq!(t.stat(3, "out"), Err(Errno::PERM));
    let fd = t.open_dir(3, "a").unwrap();
    assert_eq!(t.stat(fd, "up"), Err(Errno::PERM));
}

#[test]
fn dangling_symlinks_are_missing() {
    let mut t = Fixture::new(&tree());
    assert_eq!(t.stat(3, "dangling"), Err(Errno::NOENT));
    assert_eq!(t.lstat(3, "dangling").unwrap().size, 7);
    assert_eq!(t.lstat(3, "dangling/"), Err(Errno::NOENT));
}

#[test]
fn symlinks_in_a_circle_end() {
    let mut t = Fixture::new(&tree());
    for path in ["self", "ping", "pong/x", "self/"] {
        assert_eq!(t.stat(3, path), Err(Errno::LOOP), "{path}");
    }
}

#[test]
fn forty_symlinks_are_followed_and_no_more() {
    let mut tree = Tree::new(&["/"]).file("/0", b"end");
    for index in 1..=41 {
        tree = tree.link(&std::format!("/{index}"), &(index - 1).to_string());
    }
    let mut t = Fixture::new(&tree);
    assert_eq!(t.stat(3, "40").unwrap().size, 3);
    assert_eq!(t.stat(3, "41"), Err(Errno::LOOP));
}

#[test]
fn names_and_paths_have_a_longest() {
    let name = "n".repeat(255);
    let mut t = Fixture::new(&Tree::new(&["/"]).file(&std::format!("/{name}"), b"x"));
    assert_eq!(t.stat(3, &name).unwrap().size, 1);
    assert_eq!(t.stat(3, "n".repeat(256)), Err(Errno::NAMETOOLONG));
    assert_eq!(t.stat(3, "./".repeat(2047) + "."), t.fstat(3));
    assert_eq!(t.stat(3, "./".repeat(2048)), t.fstat(3));
    assert_eq!(t.stat(3, "./".repeat(2048) + "."), Err(Errno::NAMETOOLONG));
}

#[test]
fn symlinks_that_grow_a_path_beyond_the_buffer_are_too_long() {
    let target = "d/".repeat(2000);
    let tree = Tree::new(&["/"]).link("/d", "loop").link("/loop", &target);
    let mut t = Fixture::new(&tree);
    // Either limit is right; what counts is that it ends.
    let errno = errno(t.stat(3, "d/".repeat(2000)));
    assert!(
        matches!(errno, Errno::NAMETOOLONG | Errno::LOOP),
        "{errno:?}"
    );
}

#[test]
fn text_is_judged_as_wasmtime_does() {
    let mut t = Fixture::new(&Tree::new(&["/"]).file("/grüße/日本/🦀", b"x"));
    assert_eq!(t.stat(3, "grüße/日本/🦀").unwrap().size, 1);
    assert_eq!(t.stat(3, b"a\0b"), Err(Errno::INVAL));
    assert_eq!(t.stat(3, b"\0"), Err(Errno::INVAL));
    assert_eq!(t.stat(3, b"a/12345678\0"), Err(Errno::INVAL));
}

#[test]
fn only_utf8_is_text() {
    let mut t = Fixture::new(&Tree::new(&["/"]));
    // Every lead byte with every kind of next byte, as Rust's own check decides.
    for first in 0x80..=0xff_u8 {
        for second in [
            0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff,
        ] {
            for rest in [
                &b""[..],
                b"\x80",
                b"\x80\x80",
                b"\x80\x80\x80",
                b"\xbf\xbf",
                b"\x80A",
            ] {
                let text = [&b"abc"[..], &[first, second], rest].concat();
                let expected = match core::str::from_utf8(&text) {
                    Ok(text) if text.contains('\0') => Errno::INVAL,
                    Ok(_) => Errno::NOENT,
                    Err(_) => Errno::ILSEQ,
                };
                let got = errno(t.stat(3, &text));
                // A NUL after an error is not reached, one before is.
                assert_eq!(got, expected, "{text:x?}");
            }
        }
    }
}

#[test]
fn a_path_need_not_end_with_nul() {
    let mut t = Fixture::new(&tree());
    t.put(PATH, "topping");
    t.vfs.path_filestat_get(3, 0, PATH, 3, BUF).unwrap();
    // At the very end of memory.
    let end = MEMORY as u32;
    t.put(end - 3, "top");
    t.vfs.path_filestat_get(3, 0, end - 3, 3, BUF).unwrap();
}

#[test]
#[should_panic(expected = "trap")]
fn a_path_outside_memory_traps() {
    let mut t = Fixture::new(&tree());
    let _ = t.vfs.path_filestat_get(3, 0, MEMORY as u32 - 2, 3, BUF);
}

#[test]
#[should_panic(expected = "trap")]
fn a_path_that_wraps_around_traps() {
    let mut t = Fixture::new(&tree());
    let _ = t.vfs.path_filestat_get(3, 0, u32::MAX, 2, BUF);
}

#[test]
fn a_directory_without_x_can_not_be_searched() {
    let tree = tree().mode("/a/b", 0o644).mode("/empty", 0o677);
    let mut t = Fixture::new(&tree);
    assert_eq!(t.stat(3, "a/b").unwrap().file_type, 3);
    for path in [
        "a/b/file",
        "a/b/no",
        "a/b/.",
        "a/b/..",
        "empty/x",
        "dirlink/file",
        "rel",
    ] {
        assert_eq!(t.stat(3, path), Err(Errno::ACCES), "{path}");
    }
}

#[test]
fn what_was_looked_up_before_makes_no_difference() {
    let long = "long-directory-name/".repeat(8);
    let tree = tree()
        .file("/ab/b/file", b"other")
        .file("/a/bb/file", b"bb")
        .file(&std::format!("/{long}x"), b"1")
        .file("/closed/file", b"2")
        .mode("/closed", 0o600)
        .file("/12345678/12345678/x", b"12")
        .file("/12345678/1234567/x", b"123");
    let mut paths: Vec<String> = [
        "a/b/file",
        "a/b/no",
        "a//b/file",
        "a/b//file",
        "a/b/",
        "a/b",
        "a/",
        "a//",
        "a",
        "./a/b/file",
        "a/../a/b/file",
        "a/b/../b/file",
        "a/b/..",
        "a/b/../..",
        "a/b/../../..",
        "ab/b/file",
        "b/file",
        "a/bb/file",
        "rel",
        "dirlink/file",
        "dirlink/../b/file",
        "dirlink/../../top",
        "a/up",
        "abs",
        "slashes/file",
        "top",
        "top/",
        "top/x",
        "closed/file",
        "closed/no",
        "no/file",
        "self/x",
        ".",
        "..",
        "",
        "12345678/12345678/x",
        "12345678/1234567/x",
        "12345678/x",
        "12345678/12345678//x",
    ]
    .map(String::from)
    .into();
    paths.push(std::format!("{long}x"));
    paths.push(std::format!("{long}y"));
    paths.push(std::format!("{}x", &long[..120]));
    let fresh = |dir: &str, path: &str| {
        let mut t = Fixture::new(&tree);
        let fd = if dir.is_empty() {
            3
        } else {
            t.open_dir(3, dir).unwrap()
        };
        t.stat(fd, path)
    };
    let starts = ["", "a", "ab"];
    let mut t = Fixture::new(&tree);
    let fds = [3, t.open_dir(3, "a").unwrap(), t.open_dir(3, "ab").unwrap()];
    for (dir, fd) in starts.into_iter().zip(fds) {
        let expected: Vec<_> = paths.iter().map(|path| fresh(dir, path)).collect();
        for (before, other) in paths.iter().zip([3, fd].into_iter().cycle()) {
            for (path, expected) in paths.iter().zip(&expected) {
                let _ = t.stat(other, before);
                assert_eq!(t.stat(fd, path), *expected, "{dir}: {path} after {before}");
            }
        }
    }
}
