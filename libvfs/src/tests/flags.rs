//! Flags that preview1 does not know, or that exclude each other.

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

/// 3 is embedded, 4 the host's.
fn fixture() -> Fixture {
    let tree = Tree::new(&["/"]).file("/f", b"1");
    Fixture::beside(&tree, |host| {
        host.preopen("/h", "/h").file("/h/f", b"1");
    })
}

#[test]
fn unknown_bits_are_invalid() {
    let mut t = fixture();
    let (path, len) = t.put(PATH, "f");
    for fd in [3, 4, 99] {
        for (flags, oflags, fdflags) in [(2, 0, 0), (0, 16, 0), (0, 0, 32), (1 << 31, 0, 0)] {
            assert_eq!(
                t.vfs
                    .path_open(fd, flags, path, len, oflags, R_READ, 0, fdflags, OUT),
                Err(Errno::INVAL)
            );
        }
        let vfs = &mut t.vfs;
        let invalid = Err(Errno::INVAL);
        assert_eq!(vfs.path_filestat_get(fd, 2, path, len, OUT), invalid);
        assert_eq!(vfs.path_link(fd, 3, path, len, fd, path, len), invalid);
        assert_eq!(
            vfs.path_filestat_set_times(fd, 2, path, len, 0, 0, 1),
            invalid
        );
    }
}

#[test]
fn a_time_can_not_be_given_and_now() {
    let mut t = fixture();
    let (path, len) = t.put(PATH, "f");
    let file = t.open(3, "f").unwrap();
    for set in 0..32 {
        let both = set & 3 == 3 || set & 12 == 12 || set > 15;
        let answer = match set {
            _ if both => Err(Errno::INVAL),
            0 => Ok(()),
            _ => Err(Errno::ROFS),
        };
        assert_eq!(t.vfs.fd_filestat_set_times(file, 0, 0, set), answer);
        assert_eq!(
            t.vfs.path_filestat_set_times(3, 0, path, len, 0, 0, set),
            answer
        );
    }
}
