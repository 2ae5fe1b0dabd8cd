//! `filestat` and `fdstat`.

use super::fixture::*;
use super::tree::{TIME, Tree};
use crate::errno::Errno;

fn tree() -> Tree {
    Tree::new(&["/"])
        .file("/dir/file", b"12345")
        .time("/dir/file", 42)
        .hard("/dir/other", "/dir/file")
        .dir("/dir/sub")
        .link("/link", "dir/file")
}

#[test]
fn every_field_is_there() {
    let mut t = Fixture::new(&tree());
    let file = t.stat(3, "dir/file").unwrap();
    assert_eq!((file.file_type, file.size, file.nlink), (4, 5, 2));
    assert_eq!(file.times, [42; 3]);
    assert_eq!(file.dev, 0x7666_7300);
    let dir = t.stat(3, "dir").unwrap();
    assert_eq!((dir.file_type, dir.nlink, dir.times), (3, 3, [TIME; 3]));
    let link = t.lstat(3, "link").unwrap();
    assert_eq!((link.file_type, link.size, link.nlink), (7, 8, 1));
}

#[test]
fn names_of_one_file_have_its_inode() {
    let mut t = Fixture::new(&tree());
    let file = t.stat(3, "dir/file").unwrap();
    assert_eq!(t.stat(3, "dir/other"), Ok(file));
    assert_eq!(t.stat(3, "link"), Ok(file));
    assert_ne!(t.lstat(3, "link").unwrap().ino, file.ino);
    assert_ne!(t.fstat(3).unwrap().ino, 0);
}

#[test]
fn open_or_by_path_is_the_same() {
    let mut t = Fixture::new(&tree());
    for path in ["dir", "dir/file", "."] {
        let fd = t.open(3, path).unwrap();
        assert_eq!(t.fstat(fd), t.stat(3, path));
    }
}

#[test]
fn fdstat_tells_what_a_preopen_is() {
    let mut t = Fixture::new(&tree());
    t.vfs.fd_fdstat_get(3, OUT).unwrap();
    assert_eq!(t.memory.get::<4>(OUT), [3, 0, 0, 0]);
}

#[test]
fn fdstat_tells_what_a_file_is_and_its_flags() {
    let mut t = Fixture::new(&tree());
    // Append and nonblock.
    let fd = t.open_with(3, "dir/file", 0, 0, R_READ, 1 | 4).unwrap();
    t.vfs.fd_fdstat_get(fd, OUT).unwrap();
    assert_eq!(t.memory.get::<4>(OUT), [4, 0, 5, 0]);
}

#[test]
fn flags_of_a_file_can_be_changed() {
    let mut t = Fixture::new(&tree());
    let fd = t.open(3, "dir/file").unwrap();
    t.vfs.fd_fdstat_set_flags(fd, 4).unwrap();
    t.vfs.fd_fdstat_get(fd, OUT).unwrap();
    assert_eq!(t.memory.get::<4>(OUT), [4, 0, 4, 0]);
    assert_eq!(t.vfs.fd_fdstat_set_flags(fd, 32), Err(Errno::INVAL));
    assert_eq!(t.vfs.fd_fdstat_set_flags(3, 4), Err(Errno::BADF));
}

#[test]
fn readlink_gives_the_target_or_as_much_as_fits() {
    let mut t = Fixture::new(&tree());
    assert_eq!(t.readlink(3, "link", 100), Ok("dir/file".into()));
    assert_eq!(t.readlink(3, "link", 8), Ok("dir/file".into()));
    assert_eq!(t.readlink(3, "link", 3), Ok("dir".into()));
    assert_eq!(t.readlink(3, "link", 0), Ok("".into()));
    assert_eq!(t.readlink(3, "dir", 9), Err(Errno::INVAL));
    assert_eq!(t.readlink(3, "dir/file", 9), Err(Errno::INVAL));
    assert_eq!(t.readlink(3, "no", 9), Err(Errno::NOENT));
}

#[test]
#[should_panic(expected = "trap")]
fn a_result_outside_memory_traps() {
    let mut t = Fixture::new(&tree());
    let _ = t.vfs.fd_filestat_get(3, MEMORY as u32 - 63);
}

#[test]
fn a_result_at_the_end_of_memory_fits() {
    let mut t = Fixture::new(&tree());
    t.vfs.fd_filestat_get(3, MEMORY as u32 - 64).unwrap();
    t.vfs.fd_fdstat_get(3, MEMORY as u32 - 24).unwrap();
}
