//! Rights: what is reported of them, and that nothing depends on them but how a file is opened.

use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

/// What wasmtime 49 reports of a preopened directory.
const WASMTIME: (u64, u64) = (0x07b7_fe00, 0x0ff7_ffff);

const FILESTAT_GET: u64 = 1 << 21;
const SET_SIZE: u64 = 1 << 22;
const ALLOCATE: u64 = 1 << 8;
const SEEK: u64 = 1 << 2;

fn tree() -> Tree {
    Tree::new(&["/"])
        .file("/dir/file", b"12345")
        .tmpfs("/tmp", None)
        .file("/w/dir/file", b"12345")
        .writable("/w", None)
}

/// Opens with all rights said; the descriptor, and the rights reported of it.
fn open(
    t: &mut Fixture,
    fd: u32,
    path: &str,
    oflags: u32,
    base: u64,
) -> Result<(u32, (u64, u64)), Errno> {
    let (path, len) = t.put(PATH, path);
    t.vfs.path_open(fd, 0, path, len, oflags, base, 0, 0, OUT)?;
    let fd = t.out32();
    Ok((fd, fdstat(t, fd)))
}

fn fdstat(t: &mut Fixture, fd: u32) -> (u64, u64) {
    t.vfs.fd_fdstat_get(fd, OUT).unwrap();
    (t.memory.load64_at(OUT + 8), t.memory.load64_at(OUT + 16))
}

#[test]
fn a_preopen_has_the_rights_that_it_has_on_wasmtime() {
    let mut t = Fixture::new(&tree());
    assert_eq!(fdstat(&mut t, 3), WASMTIME);
}

#[test]
fn a_directory_has_what_was_asked_for_and_passes_everything_on() {
    let mut t = Fixture::new(&tree());
    for (asked, told) in [
        (0, 0),
        (!R_WRITE, WASMTIME.0),
        (R_READ | SEEK | FILESTAT_GET, FILESTAT_GET),
    ] {
        let (_, rights) = open(&mut t, 3, "dir", DIRECTORY, asked).unwrap();
        assert_eq!(rights, (told, WASMTIME.1), "{asked:#x}");
    }
}

#[test]
fn a_file_has_what_was_asked_for_through_whichever_directory() {
    let mut t = Fixture::new(&tree());
    let (dir, _) = open(&mut t, 3, "w/dir", DIRECTORY, 0).unwrap();
    for (asked, told) in [
        (0, 0),
        (R_READ | FILESTAT_GET, R_READ | FILESTAT_GET),
        // What applies to no file, and what needs it open for writing.
        (!R_WRITE, 0x08a0_00bf),
        (R_WRITE | ALLOCATE | SET_SIZE, R_WRITE | ALLOCATE | SET_SIZE),
        (!0, 0x08e0_01ff),
    ] {
        for (dir, path) in [(3, "w/dir/file"), (dir, "file")] {
            let (_, rights) = open(&mut t, dir, path, 0, asked).unwrap();
            assert_eq!(rights, (told, 0), "{path}, {asked:#x}");
        }
    }
}

#[test]
fn a_directory_opened_without_rights_is_good_for_everything() {
    let mut t = Fixture::new(&tree());
    for path in ["tmp", "w"] {
        let (dir, _) = open(&mut t, 3, path, DIRECTORY, 0).unwrap();
        let (file, _) = open(&mut t, dir, "f", CREAT | TRUNC, R_READ | R_WRITE).unwrap();
        assert_eq!(t.write(file, "text"), Ok(4));
        assert_eq!(t.mkdir(dir, "d"), Ok(()));
        assert_eq!(t.symlink("f", dir, "s"), Ok(()));
        assert_eq!(t.link((dir, "f"), (dir, "d/l")), Ok(()));
        assert_eq!(t.rename((dir, "d/l"), (dir, "m")), Ok(()));
        assert_eq!(t.readlink(dir, "s", 9), Ok("f".into()));
        assert!(t.list(dir).unwrap().contains(&"m".to_owned()));
        assert_eq!(t.unlink(dir, "m"), Ok(()));
        assert_eq!(t.rmdir(dir, "d"), Ok(()));
    }
    let (dir, _) = open(&mut t, 3, "dir", DIRECTORY, 0).unwrap();
    assert_eq!(t.content(dir, "file"), Ok("12345".into()));
    // What its mount does not allow stays refused.
    assert_eq!(t.unlink(dir, "file"), Err(Errno::ROFS));
    let written = open(&mut t, dir, "file", 0, R_WRITE);
    assert_eq!(written, Err(Errno::ROFS));
}

#[test]
fn a_file_is_used_as_it_was_opened_whatever_else_was_asked_for() {
    let mut t = Fixture::new(&tree());
    let path = "w/dir/file";
    let (reader, _) = open(&mut t, 3, path, 0, R_READ | ALLOCATE | SET_SIZE).unwrap();
    // Only made or cut: not open for writing.
    let (maker, _) = open(&mut t, 3, "w/new", CREAT, 0).unwrap();
    let (cutter, _) = open(&mut t, 3, "w/new", TRUNC, R_READ).unwrap();
    for fd in [reader, maker, cutter] {
        t.read(fd, 9).unwrap();
        assert_eq!(t.write(fd, "x"), Err(Errno::BADF));
        assert_eq!(t.pwrite(fd, "x", 0), Err(Errno::BADF));
        assert_eq!(t.vfs.fd_allocate(fd, 0, 9), Err(Errno::BADF));
        assert_eq!(t.vfs.fd_filestat_set_size(fd, 9), Err(Errno::INVAL));
        // None of it was asked for.
        assert_eq!(t.vfs.fd_seek(fd, 0, 0, OUT), Ok(()));
        assert_eq!(t.vfs.fd_sync(fd), Ok(()));
        assert_eq!(t.vfs.fd_advise(fd, 0, 0, 0), Ok(()));
        t.fstat(fd).unwrap();
    }
    let (writer, _) = open(&mut t, 3, path, 0, R_WRITE).unwrap();
    assert_eq!(t.read(writer, 9), Err(Errno::BADF));
    assert_eq!(t.pread(writer, 0, 9), Err(Errno::BADF));
    assert_eq!(t.pwrite(writer, "x", 0), Ok(1));
    assert_eq!(t.vfs.fd_allocate(writer, 0, 9), Ok(()));
    assert_eq!(t.vfs.fd_filestat_set_size(writer, 2), Ok(()));
}

#[test]
fn no_right_is_ever_given_up() {
    let mut t = Fixture::new(&tree());
    let file = t.open(3, "dir/file").unwrap();
    for fd in [3, file] {
        let before = fdstat(&mut t, fd);
        for (base, inheriting) in [before, (0, 0), (!0, !0)] {
            let refused = t.vfs.fd_fdstat_set_rights(fd, base, inheriting);
            assert_eq!(refused, Err(Errno::NOTSUP));
        }
        assert_eq!(fdstat(&mut t, fd), before);
    }
    assert_eq!(t.vfs.fd_fdstat_set_rights(99, 0, 0), Err(Errno::BADF));
}

#[test]
fn a_host_file_is_opened_with_what_was_asked_for_in_a_directory_opened_without_rights() {
    let mut t = Fixture::beside(&tree(), |host| {
        host.preopen("/", "/h")
            .file("/h/dir/mine", b"m")
            .dir("/h/dir");
    });
    let (dir, _) = open(&mut t, 3, "dir", DIRECTORY, 0).unwrap();
    t.open(dir, "mine").unwrap();
}
