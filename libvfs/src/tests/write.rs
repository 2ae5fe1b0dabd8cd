//! Contents of files in mounts that can be written to.

use std::prelude::v1::*;
use std::vec;

use super::fixture::*;
use super::tree::{TIME, Tree};
use crate::errno::Errno;

/// A mount over `old` (10 bytes) and `large` (three blocks and a bit), and a tmpfs.
fn fixture() -> Fixture {
    let large: Vec<u8> = (0..13_000u32).map(|at| (at % 251) as u8).collect();
    Fixture::new(
        &Tree::new(&["/"])
            .file("/w/old", b"0123456789")
            .file("/w/large", &large)
            .file("/w/readonly", b"x")
            .mode("/w/readonly", 0o444)
            .file("/w/writeonly", b"x")
            .mode("/w/writeonly", 0o200)
            .file("/fixed", b"fixed")
            .writable("/w", None)
            .tmpfs("/tmp", None),
    )
}

#[test]
fn a_new_file_holds_what_is_written() {
    let mut t = fixture();
    for path in ["tmp/new", "w/new"] {
        let fd = t.open_rw(3, path, CREAT).unwrap();
        assert_eq!(t.read(fd, 10), Ok("".into()));
        assert_eq!(t.write(fd, "hello"), Ok(5));
        assert_eq!(t.write(fd, " world"), Ok(6));
        assert_eq!(t.read(fd, 10), Ok("".into()));
        assert_eq!(t.content(3, path), Ok("hello world".into()));
        let stat = t.stat(3, path).unwrap();
        assert_eq!((stat.file_type, stat.nlink, stat.size), (4, 1, 11));
        assert_eq!(t.fstat(fd), Ok(stat));
    }
}

#[test]
fn a_file_that_is_open_shows_what_another_descriptor_writes() {
    let mut t = fixture();
    let reader = t.open(3, "w/old").unwrap();
    assert_eq!(t.read(reader, 4), Ok("0123".into()));
    let writer = t.open_rw(3, "w/old", 0).unwrap();
    assert_eq!(t.pwrite(writer, "abc", 5), Ok(3));
    assert_eq!(t.read(reader, 10), Ok("4abc89".into()));
    t.pwrite(writer, "END", 10).unwrap();
    assert_eq!(t.read(reader, 10), Ok("END".into()));
    assert_eq!(t.fstat(reader).unwrap().size, 13);
    t.vfs.fd_filestat_set_size(writer, 2).unwrap();
    assert_eq!(t.pread(reader, 0, 10), Ok(b"01".to_vec()));
    assert_eq!(t.content(3, "w/old"), Ok("01".into()));
}

#[test]
fn a_large_file_is_copied_block_by_block() {
    let mut t = fixture();
    let before = t.vfs.ram.pages.bytes_given() - t.vfs.ram.unused();
    let fd = t.open_rw(3, "w/large", 0).unwrap();
    t.pwrite(fd, "XY", 8191).unwrap();
    for (offset, len) in [(0, 4000), (4090, 20), (8185, 20), (12_990, 50)] {
        let expected: Vec<u8> = (offset..(offset + len).min(13_000))
            .map(|at| match at {
                8191 => b'X',
                8192 => b'Y',
                at => (at % 251) as u8,
            })
            .collect();
        assert_eq!(t.pread(fd, offset, len as u32), Ok(expected), "{offset}");
    }
    // Two blocks of four, a slab of records, one of buckets and one of addresses.
    let after = t.vfs.ram.pages.bytes_given() - t.vfs.ram.unused();
    assert!(after - before <= 7 * 4096, "{}", after - before);
}

#[test]
fn any_write_anywhere_leaves_the_rest() {
    // Against a vector, over files from nothing to some blocks.
    let mut t = fixture();
    let mut seed = 1u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    for path in ["tmp/f", "w/old", "w/large"] {
        let fd = t.open_rw(3, path, CREAT).unwrap();
        let size = t.fstat(fd).unwrap().size;
        let mut model = t.pread(fd, 0, size as u32).unwrap();
        for step in 0..3000 {
            let reach = [40, 5000, 30_000][next(3) as usize];
            let offset = next(reach);
            match next(8) {
                0 => {
                    t.vfs.fd_filestat_set_size(fd, offset).unwrap();
                    model.resize(offset as usize, 0);
                }
                1 => {
                    let len = 1 + next(6000);
                    t.vfs.fd_allocate(fd, offset, len).unwrap();
                    let end = model.len().max((offset + len) as usize);
                    model.resize(end, 0);
                }
                2 if step % 16 == 0 => {
                    t.vfs.fd_filestat_set_size(fd, 0).unwrap();
                    model.clear();
                }
                2..5 => {
                    let most = [10, 3000, 9000][next(3) as usize];
                    let len = 1 + next(most);
                    let text = vec![step as u8; len as usize];
                    assert_eq!(t.pwrite(fd, &text, offset), Ok(len as u32));
                    let end = (offset + len) as usize;
                    model.resize(model.len().max(end), 0);
                    model[offset as usize..end].copy_from_slice(&text);
                }
                _ => {
                    let len = 1 + next(20_000);
                    let start = (offset as usize).min(model.len());
                    let end = (offset + len).min(model.len() as u64) as usize;
                    let expected = &model[start..end.max(start)];
                    assert_eq!(
                        t.pread(fd, offset, len as u32).unwrap(),
                        expected,
                        "{path} {step}"
                    );
                }
            }
            assert_eq!(t.fstat(fd).unwrap().size, model.len() as u64);
        }
    }
}

#[test]
fn holes_cost_nothing_and_read_as_zeros() {
    let mut t = fixture();
    let fd = t.open_rw(3, "tmp/sparse", CREAT).unwrap();
    let far = 1 << 40;
    t.pwrite(fd, "end", far).unwrap();
    assert_eq!(t.fstat(fd).unwrap().size, far + 3);
    assert_eq!(t.pread(fd, far - 5, 10), Ok(b"\0\0\0\0\0end".to_vec()));
    assert_eq!(t.pread(fd, 12_345, 3), Ok(vec![0; 3]));
    t.pwrite(fd, "near", 1).unwrap();
    assert_eq!(t.pread(fd, 0, 6), Ok(b"\0near\0".to_vec()));
    assert!(t.vfs.ram.pages.bytes_given() < 1 << 20);
    t.vfs.fd_filestat_set_size(fd, i64::MAX as u64).unwrap();
    assert_eq!(t.pread(fd, far, 4), Ok(b"end\0".to_vec()));
    assert_eq!(t.vfs.fd_filestat_set_size(fd, 1 << 63), Err(Errno::INVAL));
    assert_eq!(t.pwrite(fd, "x", i64::MAX as u64), Err(Errno::INVAL));
}

#[test]
fn appending_goes_to_the_end() {
    let mut t = fixture();
    let fd = t.open_with(3, "w/old", 0, 0, R_READ | R_WRITE, 1).unwrap();
    t.write(fd, "ab").unwrap();
    t.vfs.fd_tell(fd, OUT).unwrap();
    assert_eq!(t.out64(), 12);
    t.vfs.fd_seek(fd, 0, 0, OUT).unwrap();
    t.write(fd, "cd").unwrap();
    // As on Linux.
    t.pwrite(fd, "ef", 0).unwrap();
    assert_eq!(t.content(3, "w/old"), Ok("0123456789abcdef".into()));
    t.vfs.fd_fdstat_set_flags(fd, 0).unwrap();
    t.pwrite(fd, "X", 0).unwrap();
    assert_eq!(t.content(3, "w/old"), Ok("X123456789abcdef".into()));
}

#[test]
fn opening_says_what_may_be_done() {
    let mut t = fixture();
    assert_eq!(t.open_rw(3, "w/readonly", 0), Err(Errno::ACCES));
    let trunc = t.open_with(3, "w/readonly", 0, TRUNC, R_READ, 0);
    assert_eq!(trunc, Err(Errno::ACCES));
    assert_eq!(t.open(3, "w/writeonly"), Err(Errno::ACCES));
    let fd = t.open_with(3, "w/writeonly", 0, 0, R_WRITE, 0).unwrap();
    t.write(fd, "yz").unwrap();
    assert_eq!(t.read(fd, 1), Err(Errno::BADF));
    let fd = t.open(3, "w/old").unwrap();
    assert_eq!(t.write(fd, "no"), Err(Errno::BADF));
    assert_eq!(t.pwrite(fd, "no", 0), Err(Errno::BADF));
    assert_eq!(t.vfs.fd_allocate(fd, 0, 1), Err(Errno::BADF));
    assert_eq!(t.vfs.fd_filestat_set_size(fd, 0), Err(Errno::INVAL));
    assert_eq!(t.open_rw(3, "fixed", 0), Err(Errno::ROFS));
    assert_eq!(t.open_rw(3, "new", CREAT), Err(Errno::ROFS));
    assert_eq!(t.open_rw(3, "w", 0), Err(Errno::ISDIR));
    assert_eq!(t.open_rw(3, "w/old", CREAT | EXCL), Err(Errno::EXIST));
    assert_eq!(t.open_rw(3, "w/new/", CREAT), Err(Errno::ISDIR));
    assert_eq!(t.open_rw(3, "w/no/new", CREAT), Err(Errno::NOENT));
    assert_eq!(t.open_rw(3, "w/old/new", CREAT), Err(Errno::NOTDIR));
}

#[test]
fn truncating_empties_a_file() {
    let mut t = fixture();
    let fd = t.open_rw(3, "w/large", TRUNC).unwrap();
    assert_eq!(t.fstat(fd).unwrap().size, 0);
    t.vfs.fd_filestat_set_size(fd, 5).unwrap();
    assert_eq!(t.pread(fd, 0, 10), Ok(vec![0; 5]));
}

#[test]
fn an_unlinked_file_lives_as_long_as_it_is_open() {
    let mut t = fixture();
    t.create(3, "tmp/gone", "made").unwrap();
    for (path, text) in [("tmp/gone", "made"), ("w/old", "0123456789")] {
        let fd = t.open_rw(3, path, 0).unwrap();
        let ino = t.fstat(fd).unwrap().ino;
        t.unlink(3, path).unwrap();
        assert_eq!(t.stat(3, path), Err(Errno::NOENT));
        assert_eq!(t.read(fd, 20), Ok(text.into()));
        t.write(fd, "+").unwrap();
        let stat = t.fstat(fd).unwrap();
        assert_eq!((stat.nlink, stat.size), (0, text.len() as u64 + 1));
        // A new one of the same name is another one.
        t.create(3, path, "new").unwrap();
        assert_ne!(t.stat(3, path).unwrap().ino, ino);
        assert_eq!(t.pread(fd, 0, 3), Ok(text.as_bytes()[..3].to_vec()));
        t.vfs.fd_close(fd).unwrap();
        assert_eq!(t.content(3, path), Ok("new".into()));
    }
}

#[test]
fn changes_set_times() {
    let mut t = fixture();
    assert_eq!(t.stat(3, "w/old").unwrap().times, [TIME; 3]);
    let ino = t.stat(3, "w/old").unwrap().ino;
    let fd = t.open_rw(3, "w/old", 0).unwrap();
    t.read(fd, 1).unwrap();
    assert_eq!(t.fstat(fd).unwrap().times, [TIME; 3]);
    t.write(fd, "x").unwrap();
    let now = t.host.now_ns.get();
    assert_eq!(t.fstat(fd).unwrap().times, [TIME, now, now]);
    t.vfs.fd_filestat_set_times(fd, 7, 8, 1 | 4).unwrap();
    let now = t.host.now_ns.get();
    assert_eq!(t.fstat(fd).unwrap().times, [7, 8, now]);
    let (path, len) = t.put(PATH, "w/old");
    t.vfs
        .path_filestat_set_times(3, 0, path, len, 0, 0, 2)
        .unwrap();
    let now = t.host.now_ns.get();
    assert_eq!(t.stat(3, "w/old").unwrap().times, [now, 8, now]);
    // Its number stays, too.
    assert_eq!(t.stat(3, "w/old").unwrap().ino, ino);
    t.create(3, "w/new", "").unwrap();
    let now = t.host.now_ns.get();
    assert_eq!(
        t.stat(3, "w").unwrap().times[1],
        t.stat(3, "w/new").unwrap().times[0]
    );
    assert!(t.stat(3, "w").unwrap().times[1] <= now);
}

#[test]
fn without_a_clock_times_stay() {
    let tree = Tree::new(&["/"]).file("/w/old", b"x").writable("/w", None);
    let mut t = Fixture::beside(&tree, |host| host.missing = vec!["clock_time_get"]);
    t.create(3, "w/new", "x").unwrap();
    assert_eq!(t.stat(3, "w/new").unwrap().times, [TIME; 3]);
    t.create(3, "w/old", "y").unwrap();
    assert_eq!(t.stat(3, "w/old").unwrap().times, [TIME; 3]);
}

#[test]
fn without_a_clock_what_is_new_has_the_time_of_its_mount() {
    let tree = Tree::new(&["/"])
        .dir("/w/dir")
        .time("/w", 5)
        .time("/w/dir", 6)
        .writable("/w", None)
        .tmpfs("/tmp", None)
        .time("/tmp", 0);
    let mut t = Fixture::beside(&tree, |host| host.missing = vec!["clock_time_get"]);
    t.create(3, "w/dir/new", "x").unwrap();
    t.mkdir(3, "w/dir/below").unwrap();
    t.symlink("x", 3, "w/dir/below/link").unwrap();
    for path in ["w/dir/new", "w/dir/below", "w/dir/below/link"] {
        assert_eq!(t.lstat(3, path).unwrap().times, [5; 3], "{path}");
    }
    // Not the epoch, before which there is no time.
    let year_1980 = 315_532_800_000_000_000;
    t.create(3, "tmp/new", "x").unwrap();
    assert_eq!(t.stat(3, "tmp/new").unwrap().times, [year_1980; 3]);
    assert_eq!(t.stat(3, "tmp").unwrap().times, [0; 3]);
}

#[test]
fn no_write_leaves_a_trace_in_the_program_s_memory() {
    let mut t = fixture();
    let before = t.memory.bytes.borrow()[..0x2000].to_vec();
    t.create(3, "w/new", "x").unwrap();
    t.rename((3, "w/new"), (3, "w/newer")).unwrap();
    assert_eq!(t.memory.bytes.borrow()[..0x2000], before);
}

#[test]
fn mounts_are_devices_of_their_own() {
    let mut t = fixture();
    let devices: Vec<u64> = ["fixed", "w/old", "tmp"]
        .map(|path| t.stat(3, path).unwrap().dev)
        .to_vec();
    assert!(devices[0] < devices[1] && devices[1] != devices[2]);
    t.create(3, "tmp/new", "").unwrap();
    assert_eq!(t.stat(3, "tmp/new").unwrap().dev, devices[2]);
}
