//! Reading and seeking, and what a read-only file refuses.

use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

fn fixture() -> (Fixture, u32) {
    let tree = Tree::new(&["/"])
        .file("/file", b"0123456789")
        .file("/none", b"")
        .dir("/dir");
    let mut t = Fixture::new(&tree);
    let fd = t.open(3, "file").unwrap();
    (t, fd)
}

#[test]
fn reading_goes_on_to_the_end() {
    let (mut t, fd) = fixture();
    assert_eq!(t.read(fd, 4), Ok("0123".into()));
    assert_eq!(t.read(fd, 4), Ok("4567".into()));
    assert_eq!(t.read(fd, 4), Ok("89".into()));
    assert_eq!(t.read(fd, 4), Ok("".into()));
    let none = t.open(3, "none").unwrap();
    assert_eq!(t.read(none, 4), Ok("".into()));
}

#[test]
fn all_buffers_are_filled_in_order() {
    let (mut t, fd) = fixture();
    t.iovs(&[
        (BUF, 3),
        (0, 0),
        (BUF + 100, 1),
        (BUF + 200, 100),
        (BUF + 400, 5),
    ]);
    t.vfs.fd_read(fd, IOVS, 5, OUT).unwrap();
    assert_eq!(t.out32(), 10);
    assert_eq!(t.text(BUF, 3), "012");
    assert_eq!(t.text(BUF + 100, 1), "3");
    assert_eq!(t.text(BUF + 200, 6), "456789");
    // What was not read is not touched.
    assert_eq!(t.memory.get::<1>(BUF + 206), [0xa5]);
    assert_eq!(t.memory.get::<1>(BUF + 400), [0xa5]);
}

#[test]
fn no_buffer_reads_nothing() {
    let (mut t, fd) = fixture();
    t.vfs.fd_read(fd, 0, 0, OUT).unwrap();
    assert_eq!(t.out32(), 0);
    // An empty buffer may point anywhere.
    t.iovs(&[(u32::MAX, 0)]);
    t.vfs.fd_read(fd, IOVS, 1, OUT).unwrap();
    assert_eq!(t.out32(), 0);
    assert_eq!(t.read(fd, 1), Ok("0".into()));
}

#[test]
fn pread_reads_anywhere_and_moves_nothing() {
    let (mut t, fd) = fixture();
    t.iovs(&[(BUF, 4)]);
    for (offset, expected) in [
        (0, "0123"),
        (8, "89"),
        (10, ""),
        (1 << 40, ""),
        (i64::MAX as u64 - 4, ""),
    ] {
        t.vfs.fd_pread(fd, IOVS, 1, offset, OUT).unwrap();
        assert_eq!(t.text(BUF, t.out32()), expected, "{offset}");
    }
    // Positions are not negative for hosts either.
    for offset in [i64::MAX as u64 - 3, u64::MAX] {
        let read = t.vfs.fd_pread(fd, IOVS, 1, offset, OUT);
        assert_eq!(read, Err(Errno::INVAL), "{offset}");
    }
    assert_eq!(t.read(fd, 2), Ok("01".into()));
}

#[test]
fn buffers_of_more_than_4_gib_are_invalid() {
    let (mut t, fd) = fixture();
    t.iovs(&[(0, MEMORY as u32); 3]);
    t.vfs.fd_read(fd, IOVS, 3, OUT).unwrap();
    // A module can't hold two buffers of 2 GiB, but it can name one twice.
    let count = 32769;
    let (mut t, fd) = fixture();
    let mut memory = t.memory.bytes.borrow_mut();
    memory.resize(count * 8 + MEMORY, 0);
    for index in 0..count {
        let at = MEMORY + index * 8;
        memory[at..at + 4].copy_from_slice(&0u32.to_le_bytes());
        memory[at + 4..at + 8].copy_from_slice(&(MEMORY as u32).to_le_bytes());
    }
    drop(memory);
    let iovs = MEMORY as u32;
    assert_eq!(
        t.vfs.fd_pread(fd, iovs, count as u32, 10, OUT),
        Err(Errno::INVAL)
    );
}

#[test]
#[should_panic(expected = "trap")]
fn a_buffer_outside_memory_traps() {
    let (mut t, fd) = fixture();
    t.iovs(&[(MEMORY as u32 - 3, 4)]);
    let _ = t.vfs.fd_read(fd, IOVS, 1, OUT);
}

#[test]
#[should_panic(expected = "trap")]
fn more_buffers_than_memory_holds_trap() {
    let (mut t, fd) = fixture();
    let _ = t.vfs.fd_read(fd, IOVS, u32::MAX, OUT);
}

#[test]
fn seeking_is_64_bits_wide() {
    let (mut t, fd) = fixture();
    for (delta, whence, expected) in [
        (4, 0, 4),
        (-1, 1, 3),
        (3, 1, 6),
        (-10, 2, 0),
        (5, 2, 15),
        (1 << 40, 0, 1 << 40),
        (1 << 40, 1, 1 << 41),
        (i64::MAX - 9, 0, i64::MAX as u64 - 9),
    ] {
        t.vfs.fd_seek(fd, delta, whence, OUT).unwrap();
        assert_eq!(t.out64(), expected, "{delta} {whence}");
        t.vfs.fd_tell(fd, OUT).unwrap();
        assert_eq!(t.out64(), expected);
    }
    // Nothing is read past the end, and no 32-bit position is mistaken for a larger one.
    assert_eq!(t.read(fd, 4), Ok("".into()));
    t.vfs.fd_seek(fd, (1 << 32) + 2, 0, OUT).unwrap();
    assert_eq!(t.read(fd, 4), Ok("".into()));
    t.vfs.fd_seek(fd, 2, 0, OUT).unwrap();
    assert_eq!(t.read(fd, 4), Ok("2345".into()));
}

#[test]
fn seeking_before_the_start_changes_nothing() {
    let (mut t, fd) = fixture();
    t.vfs.fd_seek(fd, 4, 0, OUT).unwrap();
    for (delta, whence) in [
        (-1, 0),
        (-5, 1),
        (-11, 2),
        (i64::MIN, 0),
        (i64::MIN, 1),
        (0, 3),
    ] {
        assert_eq!(
            t.vfs.fd_seek(fd, delta, whence, OUT),
            Err(Errno::INVAL),
            "{delta} {whence}"
        );
    }
    assert_eq!(t.read(fd, 1), Ok("4".into()));
}

#[test]
fn nothing_needs_syncing_or_advice() {
    let (mut t, fd) = fixture();
    t.vfs.fd_sync(fd).unwrap();
    t.vfs.fd_datasync(fd).unwrap();
    for advice in 0..6 {
        t.vfs.fd_advise(fd, 1, 2, advice).unwrap();
    }
    assert_eq!(t.vfs.fd_advise(fd, 1, 2, 6), Err(Errno::INVAL));
}

#[test]
fn a_file_open_for_reading_can_not_be_changed() {
    let (mut t, fd) = fixture();
    t.iovs(&[(BUF, 1)]);
    assert_eq!(t.vfs.fd_write(fd, IOVS, 1, OUT), Err(Errno::BADF));
    assert_eq!(t.vfs.fd_pwrite(fd, IOVS, 1, 0, OUT), Err(Errno::BADF));
    assert_eq!(t.vfs.fd_allocate(fd, 0, 1), Err(Errno::BADF));
    // As `ftruncate` on Linux, and so wasmtime.
    assert_eq!(t.vfs.fd_filestat_set_size(fd, 0), Err(Errno::INVAL));
    for fd in [fd, 3] {
        assert_eq!(t.vfs.fd_filestat_set_times(fd, 0, 0, 2), Err(Errno::ROFS));
        assert_eq!(t.vfs.fd_filestat_set_times(fd, 0, 0, 0), Ok(()));
    }
}

#[test]
fn a_directory_is_no_file() {
    let (mut t, _) = fixture();
    let dir = t.open_dir(3, "dir").unwrap();
    t.iovs(&[(BUF, 1)]);
    let calls = [
        t.vfs.fd_read(dir, IOVS, 1, OUT),
        t.vfs.fd_pread(dir, IOVS, 1, 0, OUT),
        t.vfs.fd_write(dir, IOVS, 1, OUT),
        t.vfs.fd_pwrite(dir, IOVS, 1, 0, OUT),
        t.vfs.fd_seek(dir, 0, 0, OUT),
        t.vfs.fd_seek(dir, 0, 1, OUT),
        t.vfs.fd_tell(dir, OUT),
        t.vfs.fd_advise(dir, 0, 0, 0),
        t.vfs.fd_allocate(dir, 0, 0),
        t.vfs.fd_datasync(dir),
        t.vfs.fd_sync(dir),
        t.vfs.fd_filestat_set_size(dir, 0),
        t.vfs.fd_fdstat_set_flags(dir, 0),
    ];
    for (index, call) in calls.into_iter().enumerate() {
        // What wasmtime's host says, and its own tests ask for.
        assert_eq!(call, Err(Errno::BADF), "call {index}");
    }
}
