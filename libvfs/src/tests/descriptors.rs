//! Numbers: preopens, closing, renumbering, the host's.

use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

fn tree() -> Tree {
    Tree::new(&["/"]).file("/a", b"aaaa").file("/b", b"bbbb")
}

#[test]
fn embedded_preopens_come_first() {
    let tree = Tree::new(&["/", ".", "data"])
        .file("./x", b"1")
        .file("data/y", b"22");
    let mut t = Fixture::beside(&tree, |host| {
        host.preopen("/host", "/h").preopen("/more", "/m");
    });
    assert_eq!(t.preopens(), ["/", ".", "data", "/host", "/more"]);
    assert_eq!(t.stat(4, "x").unwrap().size, 1);
    assert_eq!(t.stat(5, "y").unwrap().size, 2);
    assert_eq!(t.stat(3, "x"), Err(Errno::NOENT));
    assert_eq!(t.stat(4, "../x"), Err(Errno::PERM));
}

#[test]
fn finding_preopens_leaves_no_trace_in_memory() {
    let t = Fixture::beside(&tree(), |host| {
        host.preopen("/host", "/h")
            .preopen("a name that is rather long", "/m")
            .socket();
    });
    assert!(t.memory.bytes.borrow().iter().all(|&byte| byte == 0xa5));
}

#[test]
fn names_of_preopens_need_room() {
    let mut t = Fixture::new(&Tree::new(&["/", "data"]));
    assert_eq!(
        t.vfs.fd_prestat_dir_name(4, BUF, 3),
        Err(Errno::NAMETOOLONG)
    );
    assert_eq!(
        t.vfs.fd_prestat_dir_name(4, BUF, 0),
        Err(Errno::NAMETOOLONG)
    );
    t.vfs.fd_prestat_dir_name(4, BUF, 100).unwrap();
    assert_eq!(t.text(BUF, 4), "data");
    assert_eq!(t.memory.get::<1>(BUF + 4), [0xa5]);
}

#[test]
fn what_is_no_preopen_has_no_name() {
    let mut t = Fixture::new(&tree());
    let fd = t.open(3, "a").unwrap();
    let dir = t.open_dir(3, ".").unwrap();
    for fd in [fd, dir] {
        assert_eq!(t.vfs.fd_prestat_get(fd, OUT), Err(Errno::BADF));
        assert_eq!(t.vfs.fd_prestat_dir_name(fd, BUF, 9), Err(Errno::NOTDIR));
    }
    assert_eq!(t.vfs.fd_prestat_get(0, OUT), Err(Errno::BADF));
    assert_eq!(t.vfs.fd_prestat_get(99, OUT), Err(Errno::BADF));
    assert_eq!(t.vfs.fd_prestat_dir_name(99, BUF, 9), Err(Errno::BADF));
}

#[test]
fn standard_streams_are_the_host_s() {
    let mut t = Fixture::new(&tree());
    t.host.calls();
    t.iovs(&[(BUF, 1)]);
    t.vfs.fd_write(1, IOVS, 1, OUT).unwrap();
    t.vfs.fd_fdstat_get(2, OUT).unwrap();
    assert_eq!(t.host.calls(), ["fd_write 1", "fd_fdstat_get 2"]);
}

#[test]
fn inherited_descriptors_stay_usable() {
    let mut t = Fixture::beside(&tree(), |host| {
        host.preopen("/h", "/h").socket();
    });
    t.host.calls();
    // The embedded `/` is 3, the host's 3 and 4 follow.
    t.vfs.sock_shutdown(5, 0).unwrap();
    assert_eq!(t.host.calls(), ["sock_shutdown 4"]);
    t.vfs.sock_accept(5, 0, OUT).unwrap();
    assert_eq!(t.out32(), 6);
    t.host.calls();
    t.vfs.sock_send(6, IOVS, 0, 0, OUT).unwrap();
    t.vfs.sock_recv(6, IOVS, 0, 0, OUT, OUT).unwrap();
    assert_eq!(t.host.calls(), ["sock_send 100", "sock_recv 100"]);
}

#[test]
fn what_is_embedded_is_no_socket() {
    let mut t = Fixture::new(&tree());
    assert_eq!(t.vfs.sock_shutdown(3, 0), Err(Errno::NOTSOCK));
    assert_eq!(t.vfs.sock_accept(3, 0, OUT), Err(Errno::NOTSOCK));
    assert_eq!(t.vfs.sock_recv(3, 0, 0, 0, OUT, OUT), Err(Errno::NOTSOCK));
    assert_eq!(t.vfs.sock_send(3, 0, 0, 0, OUT), Err(Errno::NOTSOCK));
    assert_eq!(t.vfs.sock_shutdown(50, 0), Err(Errno::BADF));
}

#[test]
fn files_of_the_host_get_numbers_of_the_program_s() {
    let mut t = Fixture::beside(&tree(), |host| {
        host.preopen("/h", "/h").file("/h/f", b"host");
    });
    let fd = t.open(4, "f").unwrap();
    assert_eq!(fd, 5);
    assert_eq!(t.read(fd, 9), Ok("host".into()));
    t.host.calls();
    t.vfs.fd_close(fd).unwrap();
    assert_eq!(t.host.calls(), ["fd_close 100"]);
    assert_eq!(t.open(3, "a"), Ok(5));
}

#[test]
fn a_closed_number_is_bad() {
    let mut t = Fixture::beside(&tree(), |host| {
        host.preopen("/h", "/h").file("/h/f", b"host");
    });
    for fd in [t.open(3, "a").unwrap(), t.open(4, "f").unwrap()] {
        t.vfs.fd_close(fd).unwrap();
        assert_eq!(t.vfs.fd_close(fd), Err(Errno::BADF));
        assert_eq!(t.read(fd, 1), Err(Errno::BADF));
        assert_eq!(t.fstat(fd), Err(Errno::BADF));
        assert_eq!(t.vfs.fd_fdstat_get(fd, OUT), Err(Errno::BADF));
    }
    // A number of the host's is none of the program's.
    assert_eq!(t.read(100, 1), Err(Errno::BADF));
}

#[test]
fn preopens_can_be_closed() {
    let mut t = Fixture::new(&tree());
    t.vfs.fd_close(3).unwrap();
    assert_eq!(t.open(3, "a"), Err(Errno::BADF));
    assert_eq!(t.vfs.fd_prestat_get(3, OUT), Err(Errno::BADF));
}

#[test]
fn descriptors_can_be_renumbered_over_any_mix() {
    let setup = || {
        let mut t = Fixture::beside(&tree(), |host| {
            host.preopen("/h", "/h")
                .file("/h/f", b"ffff")
                .file("/h/g", b"gggg");
        });
        let fds = [("a", 3), ("b", 3), ("f", 4), ("g", 4)];
        assert_eq!(
            fds.map(|(path, fd)| t.open(fd, path).unwrap()),
            [5, 6, 7, 8]
        );
        t.host.calls();
        t
    };
    let names = ["aaaa", "bbbb", "ffff", "gggg"];
    for from in 0..4_u32 {
        for to in 0..4_u32 {
            let mut t = setup();
            t.vfs.fd_renumber(5 + from, 5 + to).unwrap();
            assert_eq!(t.read(5 + to, 4), Ok(names[from as usize].into()));
            if from == to {
                continue;
            }
            assert_eq!(t.read(5 + from, 4), Err(Errno::BADF), "{from} {to}");
            // What stood there before is closed, and nothing else of the host's.
            assert_eq!(t.host.is_open(100), to != 2, "{from} {to}");
            assert_eq!(t.host.is_open(101), to != 3, "{from} {to}");
            assert_eq!(t.open(3, "a"), Ok(5 + from));
        }
    }
}

#[test]
fn renumbering_needs_two_open_descriptors() {
    let mut t = Fixture::new(&tree());
    let fd = t.open(3, "a").unwrap();
    assert_eq!(t.vfs.fd_renumber(fd, 50), Err(Errno::BADF));
    assert_eq!(t.vfs.fd_renumber(50, fd), Err(Errno::BADF));
    assert_eq!(t.read(fd, 4), Ok("aaaa".into()));
}

#[test]
fn a_file_can_become_standard_input() {
    let mut t = Fixture::new(&tree());
    let fd = t.open(3, "a").unwrap();
    t.vfs.fd_renumber(fd, 0).unwrap();
    assert_eq!(t.read(0, 4), Ok("aaaa".into()));
    assert!(!t.host.is_open(0));
}

#[test]
fn a_program_without_the_imports_has_no_host_descriptors() {
    let mut t = Fixture::beside(&tree(), |host| {
        host.preopen("/h", "/h");
        host.missing = ["fd_prestat_get", "fd_fdstat_get"].into();
    });
    assert_eq!(t.preopens(), ["/"]);
    assert_eq!(t.open(3, "a"), Ok(4));
}

#[test]
fn a_module_without_image_passes_everything_on() {
    let mut t = Fixture::on(&[], |host| {
        host.preopen("/h", "/h").file("/h/f", b"ffff");
    });
    assert_eq!(t.preopens(), ["/h"]);
    let fd = t.open(3, "f").unwrap();
    assert_eq!((fd, t.read(fd, 9)), (4, Ok("ffff".into())));
}
