//! A corrupt image is a device that can't be read: `EIO`, nothing worse.

use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;
use crate::fs::Vfs;

fn tree() -> Tree {
    Tree::new(&["/"])
        .file("/dir/file", b"content")
        .link("/link", "dir/file")
        .link("/abs", "/dir")
}

#[test]
fn a_bad_header_shows_as_one_preopen_that_can_not_be_read() {
    let mut image = tree().build();
    image[0] ^= 1;
    let mut t = Fixture::on(&image, |host| {
        host.preopen("/h", "/h").file("/h/f", b"host");
    });
    assert_eq!(t.vfs.fd_prestat_get(3, OUT), Err(Errno::IO));
    assert_eq!(t.vfs.fd_prestat_dir_name(3, BUF, 9), Err(Errno::IO));
    assert_eq!(t.open(3, "dir"), Err(Errno::IO));
    assert_eq!(t.stat(3, "dir"), Err(Errno::IO));
    assert_eq!(t.fstat(3), Err(Errno::IO));
    assert_eq!(t.list(3), Err(Errno::IO));
    assert_eq!(t.at(Vfs::path_unlink_file, 3, "dir"), Err(Errno::IO));
    // The host's are not affected.
    let fd = t.open(4, "f").unwrap();
    assert_eq!(t.read(fd, 4), Ok("host".into()));
}

#[test]
fn any_flipped_byte_leaves_every_call_with_an_answer() {
    let image = tree().build();
    let end = image.len() - "content".len();
    for at in 0..end {
        for flip in [1, 0x80, 0xff] {
            let mut image = image.clone();
            image[at] ^= flip;
            let mut t = Fixture::on(&image, |_| {});
            let mut open = Vec::new();
            for path in ["dir/file", "link", "abs/file", "dir/../link", "dir"] {
                let _ = t.stat(3, path);
                let _ = t.readlink(3, path, 100);
                open.extend(t.open(3, path));
            }
            for fd in open.into_iter().chain([3]) {
                let _ = t.fstat(fd);
                // A file may be larger now, as far as the image reaches.
                let _ = t.read(fd, 1000);
                let _ = t.list(fd);
            }
            let _ = t.vfs.fd_prestat_dir_name(3, BUF, 1000);
        }
    }
}

#[test]
fn a_cut_image_can_not_be_read() {
    let image = tree().build();
    for len in 1..image.len() {
        let mut t = Fixture::on(&image[..len], |_| {});
        assert_eq!(t.stat(3, "dir/file"), Err(Errno::IO));
    }
}
