//! Programs of `wasi_unstable`, whose structures and numbers are others in places.

use super::fixture::*;
use super::tree::{TIME, Tree};
use crate::errno::Errno;

fn fixture() -> Fixture {
    let tree = Tree::new(&["/"])
        .file("/f", b"12345")
        .hard("/g", "/f")
        .dir("/d");
    Fixture::old(&tree, |host| {
        host.preopen("/", "/h").file("/h/mine", b"mine").dir("/h/d");
    })
}

/// Puts down what 56 bytes of a `filestat` are: dev, ino, type and nlink, size, times.
fn filestat(t: &Fixture, at: u32) -> [u64; 7] {
    [0, 8, 16, 24, 32, 40, 48].map(|offset| t.memory.load64_at(at + offset))
}

#[test]
fn a_filestat_has_56_bytes() {
    let mut t = fixture();
    let fd = t.open(3, "f").unwrap();
    t.memory.set(BUF, &[0x77; 80]);
    t.vfs.fd_filestat_get(fd, BUF).unwrap();
    let stat = filestat(&t, BUF);
    assert_eq!(stat[2..], [4 | 2 << 32, 5, TIME, TIME, TIME]);
    assert_eq!(t.memory.get::<24>(BUF + 56), [0x77; 24]);
    for (path, file_type, links, size) in [("d/../f", 4, 2, 5), ("d", 3, 2, 0), ("mine", 4, 1, 4)] {
        t.memory.set(BUF, &[0x77; 80]);
        let (path, len) = t.put(PATH, path);
        t.vfs.path_filestat_get(3, FOLLOW, path, len, BUF).unwrap();
        let stat = filestat(&t, BUF);
        assert_eq!(stat[2..4], [file_type | links << 32, size]);
        assert_eq!(t.memory.get::<24>(BUF + 56), [0x77; 24]);
    }
    t.vfs.fd_filestat_get(fd, MEMORY as u32 - 56).unwrap();
}

#[test]
fn whence_is_current_end_start() {
    let mut t = fixture();
    let fd = t.open(3, "f").unwrap();
    for (delta, whence, position) in [(3, 2, 3), (1, 0, 4), (-2, 1, 3), (0, 0, 3), (0, 2, 0)] {
        t.vfs.fd_seek(fd, delta, whence, OUT).unwrap();
        assert_eq!(t.out64(), position, "{delta} {whence}");
    }
    assert_eq!(t.vfs.fd_seek(fd, 0, 3, OUT), Err(Errno::INVAL));
}

#[test]
fn a_subscription_has_56_bytes() {
    let mut t = fixture();
    let fd = t.open(3, "f").unwrap();
    let subscribe = |t: &Fixture, index: u32, tag: u8, fd: u32| {
        let at = PATH + index * 56;
        t.memory.set(at, &[0x77; 56]);
        t.memory.set(at, &u64::from(500 + index).to_le_bytes());
        t.memory.set(at + 8, &[tag]);
        t.memory.set(at + 16, &fd.to_le_bytes());
    };
    subscribe(&t, 0, 2, 1);
    subscribe(&t, 1, 0, 0);
    subscribe(&t, 2, 1, fd);
    // A clock with nothing to wait for.
    subscribe(&t, 3, 0, 0);
    t.memory.set(PATH + 3 * 56 + 16, &[0; 40]);
    t.vfs.poll_oneoff(PATH, BUF, 4, OUT).unwrap();
    assert_eq!(t.out32(), 3);
    let event = |index: u32| {
        let at = BUF + index * 32;
        (t.memory.load64_at(at), t.memory.get::<3>(at + 8)[2])
    };
    assert_eq!(
        [event(0), event(1), event(2)],
        [(502, 1), (500, 2), (503, 0)]
    );
    // The host's own, by its own numbers.
    t.vfs.poll_oneoff(PATH, BUF, 2, OUT).unwrap();
    assert_eq!((t.out32(), event(0)), (1, (500, 2)));
    assert_eq!(*t.host.polled.borrow(), [1, 1]);
}
