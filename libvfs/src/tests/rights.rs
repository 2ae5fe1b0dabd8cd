//! Rights: what descriptors pass on, and what using one without the right says.

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;
use crate::rights::{self, Rights};

fn tree() -> Tree {
    Tree::new(&["/"]).file("/dir/file", b"12345")
}

/// `path_open` with all of its rights said.
fn open(t: &mut Fixture, fd: u32, path: &str, base: u64, inheriting: u64) -> Result<u32, Errno> {
    let (path, len) = t.put(PATH, path);
    t.vfs
        .path_open(fd, 0, path, len, 0, base, inheriting, 0, OUT)?;
    Ok(t.out32())
}

fn fdstat(t: &mut Fixture, fd: u32) -> (u64, u64) {
    t.vfs.fd_fdstat_get(fd, OUT).unwrap();
    (t.memory.load64_at(OUT + 8), t.memory.load64_at(OUT + 16))
}

#[test]
fn a_directory_passes_on_no_more_than_was_asked_for_it() {
    let mut t = Fixture::new(&tree());
    let given = rights::OPEN
        | rights::READDIR
        | rights::READLINK
        | rights::PATH_FILESTAT_GET
        | rights::FILESTAT_GET
        | rights::SET_TIMES;
    let passed_on = R_READ | u64::from(rights::SEEK);
    let dir = open(&mut t, 3, "dir", 0, passed_on).unwrap();
    assert_eq!(fdstat(&mut t, dir), (given.into(), passed_on));
    let file = open(&mut t, dir, "file", R_READ, 0).unwrap();
    assert_eq!(fdstat(&mut t, file), (passed_on, 0));
    for (base, inheriting) in [(R_WRITE, 0), (0, R_WRITE), (u64::from(rights::TELL), 0)] {
        let refused = open(&mut t, dir, "file", base, inheriting);
        assert_eq!(refused, Err(Errno::NOTCAPABLE));
    }
    // What a directory can be used for is asked for, or was not.
    assert_eq!(
        t.at(crate::fs::Vfs::path_unlink_file, dir, "file"),
        Err(Errno::NOTCAPABLE)
    );
    assert_eq!(
        t.at(crate::fs::Vfs::path_unlink_file, 3, "dir/file"),
        Err(Errno::ROFS)
    );
}

#[test]
fn a_host_file_is_opened_within_what_its_directory_passes_on() {
    let mut t = Fixture::beside(&tree(), |host| {
        host.preopen("/", "/h")
            .file("/h/dir/mine", b"m")
            .dir("/h/dir");
    });
    let dir = open(&mut t, 3, "dir", R_READ, R_READ).unwrap();
    assert_eq!(
        open(&mut t, dir, "mine", R_WRITE, 0),
        Err(Errno::NOTCAPABLE)
    );
    open(&mut t, dir, "mine", R_READ, 0).unwrap();
}

#[test]
fn a_mode_that_was_not_opened_is_a_bad_descriptor_and_a_right_given_up_is_not() {
    let all = u64::from(rights::ALL);
    let both = Rights::pass_on(rights::ALL, R_READ | R_WRITE, 0, false);
    let mut read = Rights::pass_on(rights::ALL, R_READ, 0, false);
    let write = Rights::pass_on(rights::ALL, R_WRITE, 0, false);
    for right in [
        rights::READ,
        rights::WRITE,
        rights::ALLOCATE,
        rights::SET_SIZE,
    ] {
        assert_eq!(both.require(right), Ok(()));
    }
    assert_eq!(write.require(rights::READ), Err(Errno::BADF));
    assert_eq!(read.require(rights::WRITE), Err(Errno::BADF));
    assert_eq!(read.require(rights::ALLOCATE), Err(Errno::BADF));
    assert_eq!(read.require(rights::SET_SIZE), Err(Errno::INVAL));
    read.shrink(0, 0).unwrap();
    assert_eq!(read.require(rights::READ), Err(Errno::NOTCAPABLE));
    assert_eq!(read.require(rights::WRITE), Err(Errno::BADF));
    assert_eq!((read.base(), read.inheriting()), (0, 0));
    // Neither mode is asked for: reading.
    let none = Rights::pass_on(rights::ALL, all & !R_READ & !R_WRITE, 0, false);
    assert_eq!(none.require(rights::READ), Ok(()));
    assert_eq!(none.require(rights::WRITE), Err(Errno::BADF));
    // But not when reading is not passed on.
    let none = Rights::pass_on(rights::ALL & !rights::READ, 0, 0, false);
    assert_eq!(none.require(rights::READ), Err(Errno::NOTCAPABLE));
}

#[test]
fn a_preopen_passes_on_nothing_of_sockets_which_strict_hosts_refuse() {
    let mut t = Fixture::new(&tree());
    assert_eq!(fdstat(&mut t, 3).1, (1 << 28) - 1);
    // To ask for all there is stays possible.
    open(&mut t, 3, "dir/file", !R_WRITE, !0).unwrap();
}
