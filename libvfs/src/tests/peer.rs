//! What wasi-vfs 0.3–0.6 got wrong about reading, one case each.

use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

fn fixture() -> Fixture {
    let tree = Tree::new(&["/"])
        .file("/usr/lib/a", b"0123456789")
        .file("/usr/lib/b", b"b")
        .file("/usr/lib/c", b"c")
        .hard("/usr/lib/hard", "/usr/lib/a")
        .link("/usr/lib/link", "a");
    Fixture::beside(&tree, |host| {
        host.preopen("/h", "/h").file("/h/f", b"host");
    })
}

#[test]
fn peer_calls_that_were_not_supported_are_answered() {
    let mut t = fixture();
    let fd = t.open(3, "usr/lib/a").unwrap();
    let other = t.open(3, "usr/lib/b").unwrap();
    t.iovs(&[(BUF, 4)]);
    assert_eq!(t.vfs.fd_pread(fd, IOVS, 1, 2, OUT), Ok(()));
    assert_eq!(t.text(BUF, 4), "2345");
    assert_eq!(t.vfs.fd_advise(fd, 0, 0, 0), Ok(()));
    assert_eq!(t.vfs.fd_sync(fd), Ok(()));
    assert_eq!(t.vfs.fd_datasync(fd), Ok(()));
    assert_eq!(t.vfs.fd_renumber(fd, other), Ok(()));
    assert_eq!(t.read(other, 2), Ok("01".into()));
}

#[test]
fn peer_polling_an_embedded_descriptor_does_not_fail() {
    let mut t = fixture();
    let fd = t.open(3, "usr/lib/a").unwrap();
    t.memory.set(PATH, &[0; 48]);
    t.memory.set(PATH + 8, &[1]);
    t.memory.set(PATH + 16, &fd.to_le_bytes());
    assert_eq!(t.vfs.poll_oneoff(PATH, BUF, 1, OUT), Ok(()));
    assert_eq!(t.out32(), 1);
}

#[test]
fn peer_readlink_works() {
    let mut t = fixture();
    assert_eq!(t.readlink(3, "usr/lib/link", 10), Ok("a".into()));
}

#[test]
fn peer_sockets_get_their_own_descriptor() {
    let tree = Tree::new(&["/"]);
    let mut t = Fixture::beside(&tree, |host| {
        host.socket();
    });
    t.host.calls();
    t.vfs.sock_shutdown(4, 0).unwrap();
    assert_eq!(t.host.calls(), ["sock_shutdown 3"]);
}

#[test]
fn peer_a_slash_after_a_directory_is_allowed() {
    let mut t = fixture();
    assert_eq!(t.stat(3, "usr/lib/").unwrap().file_type, 3);
    t.open_dir(3, "usr/").unwrap();
}

#[test]
fn peer_an_empty_path_is_missing() {
    assert_eq!(fixture().stat(3, ""), Err(Errno::NOENT));
}

#[test]
fn peer_absolute_paths_are_not_relative() {
    assert_eq!(fixture().stat(3, "/usr"), Err(Errno::PERM));
}

#[test]
fn peer_dots_above_the_root_are_not_permitted() {
    assert_eq!(fixture().stat(3, ".."), Err(Errno::PERM));
}

#[test]
fn peer_paths_end_where_their_length_says() {
    let mut t = fixture();
    t.put(PATH, "usr/lib/abc");
    t.vfs.path_filestat_get(3, 0, PATH, 9, BUF).unwrap();
    assert_eq!(t.stat(3, b"usr/lib/a\0b"), Err(Errno::INVAL));
}

#[test]
fn peer_seeking_is_checked_and_64_bits_wide() {
    let mut t = fixture();
    let fd = t.open(3, "usr/lib/a").unwrap();
    assert_eq!(t.vfs.fd_seek(fd, -1, 0, OUT), Err(Errno::INVAL));
    t.vfs.fd_seek(fd, 1 << 32, 0, OUT).unwrap();
    assert_eq!(t.out64(), 1 << 32);
    assert_eq!(t.read(fd, 1), Ok("".into()));
    assert_eq!(t.vfs.fd_seek(3, 0, 0, OUT), Err(Errno::BADF));
}

#[test]
fn peer_listings_have_dots_and_order() {
    let mut t = fixture();
    let fd = t.open_dir(3, "usr/lib").unwrap();
    assert_eq!(
        t.list(fd).unwrap(),
        [".", "..", "a", "b", "c", "hard", "link"]
    );
}

#[test]
fn peer_open_flags_are_obeyed() {
    let mut t = fixture();
    let file = "usr/lib/a";
    assert_eq!(t.open_dir(3, file), Err(Errno::NOTDIR));
    assert_eq!(
        t.open_with(3, file, 0, CREAT | EXCL, R_READ, 0),
        Err(Errno::EXIST)
    );
    assert_eq!(t.open_with(3, file, 0, TRUNC, R_READ, 0), Err(Errno::ROFS));
    assert_eq!(t.open_with(3, file, 0, 0, R_WRITE, 0), Err(Errno::ROFS));
}

#[test]
fn peer_a_closed_directory_is_bad_and_no_trap() {
    let mut t = fixture();
    let fd = t.open_dir(3, "usr").unwrap();
    t.vfs.fd_close(fd).unwrap();
    assert_eq!(t.open(fd, "lib"), Err(Errno::BADF));
}

#[test]
fn peer_descriptors_are_reused() {
    let mut t = fixture();
    for _ in 0..300_000 {
        let fd = t.open(3, "usr/lib/a").unwrap();
        assert_eq!(fd, 5);
        t.vfs.fd_close(fd).unwrap();
    }
}

#[test]
fn peer_a_stale_descriptor_reaches_no_file_of_the_host() {
    let mut t = fixture();
    let stale = t.open(4, "f").unwrap();
    t.vfs.fd_close(stale).unwrap();
    let embedded = t.open(3, "usr/lib/b").unwrap();
    assert_eq!(embedded, stale);
    let host = t.open(4, "f").unwrap();
    assert_eq!(t.read(stale, 9), Ok("b".into()));
    assert_eq!(t.read(host, 9), Ok("host".into()));
    for fd in 100..110 {
        assert_eq!(t.read(fd, 1), Err(Errno::BADF));
    }
}

#[test]
fn peer_stat_tells_links_device_and_times() {
    let mut t = fixture();
    let a = t.stat(3, "usr/lib/a").unwrap();
    assert_eq!((a.nlink, a.size), (2, 10));
    assert_ne!(a.dev, 0);
    assert!(a.times.iter().all(|&time| time != 0));
    assert_eq!(t.stat(3, "usr/lib/hard"), Ok(a));
}

#[test]
fn peer_a_parent_of_a_mount_is_listed() {
    let mut t = fixture();
    assert_eq!(t.list(3).unwrap(), [".", "..", "usr"]);
}

#[test]
fn peer_a_second_mount_on_a_directory_hides_nothing() {
    let tree = Tree::new(&["data"]).file("data/first", b"1");
    let mut t = Fixture::beside(&tree, |host| {
        host.preopen("data", "/h").file("/h/second", b"22");
    });
    assert_eq!(t.list(3).unwrap(), [".", "..", "first", "second"]);
    for (name, size) in [("first", 1), ("second", 2)] {
        assert_eq!(t.stat(3, name).unwrap().size, size, "{name}");
    }
}
