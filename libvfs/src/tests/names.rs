//! Names made and removed in mounts that can be written to: directories, symlinks, hard links.

use std::format;
use std::prelude::v1::*;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;

fn fixture() -> Fixture {
    Fixture::new(
        &Tree::new(&["/"])
            .file("/w/dir/file", b"x")
            .hard("/w/dir/same", "/w/dir/file")
            .link("/w/link", "dir")
            .link("/w/dangling", "nowhere")
            .dir("/w/locked")
            .mode("/w/locked", 0o555)
            .writable("/w", None)
            .tmpfs("/w/tmp", None)
            .dir("/fixed"),
    )
}

#[test]
fn directories_are_made_and_removed() {
    let mut t = fixture();
    t.mkdir(3, "w/new").unwrap();
    t.mkdir(3, "w/new/sub/").unwrap();
    let stat = t.stat(3, "w/new").unwrap();
    assert_eq!((stat.file_type, stat.nlink), (3, 3));
    assert_eq!(t.stat(3, "w/new/sub/..").unwrap().ino, stat.ino);
    assert_eq!(t.rmdir(3, "w/new"), Err(Errno::NOTEMPTY));
    t.rmdir(3, "w/new/sub").unwrap();
    assert_eq!(t.stat(3, "w/new").unwrap().nlink, 2);
    t.rmdir(3, "w/new/").unwrap();
    assert_eq!(t.stat(3, "w/new"), Err(Errno::NOENT));
    for (path, errno) in [
        ("w/dir", Errno::EXIST),
        ("w/dir/file", Errno::EXIST),
        ("w/dir/file/", Errno::EXIST),
        ("w/dangling", Errno::EXIST),
        ("w/dangling/", Errno::EXIST),
        ("w/.", Errno::EXIST),
        ("w/no/new", Errno::NOENT),
        ("w/locked/new", Errno::ACCES),
        ("fixed/new", Errno::ROFS),
    ] {
        assert_eq!(t.mkdir(3, path), Err(errno), "{path}");
    }
}

#[test]
fn what_can_t_be_removed_stays() {
    let mut t = fixture();
    for (path, unlink, rmdir) in [
        // The mount's own name is in the read-only tree.
        ("w", Errno::ROFS, Errno::ROFS),
        ("w/tmp", Errno::ISDIR, Errno::BUSY),
        ("w/dir", Errno::ISDIR, Errno::NOTEMPTY),
        ("w/dir/.", Errno::ISDIR, Errno::INVAL),
        ("w/dir/..", Errno::ISDIR, Errno::NOTEMPTY),
        ("w/dir/file/", Errno::NOTDIR, Errno::NOTDIR),
        ("w/link/", Errno::NOTDIR, Errno::NOTDIR),
        ("fixed", Errno::ROFS, Errno::ROFS),
        ("w/no", Errno::NOENT, Errno::NOENT),
    ] {
        assert_eq!(t.unlink(3, path), Err(unlink), "{path}");
        assert_eq!(t.rmdir(3, path), Err(rmdir), "{path}");
    }
    assert_eq!(t.rmdir(3, "w/dir/file"), Err(Errno::NOTDIR));
}

#[test]
fn a_removed_directory_that_is_open_is_empty_for_ever() {
    let mut t = fixture();
    t.mkdir(3, "w/new").unwrap();
    t.unlink(3, "w/dir/file").unwrap();
    t.unlink(3, "w/dir/same").unwrap();
    for path in ["w/new", "w/dir"] {
        let fd = t.open_dir(3, path).unwrap();
        assert_eq!(t.list(fd).unwrap().len(), 2);
        t.rmdir(3, path).unwrap();
        assert_eq!(t.list(fd), Ok(Vec::new()));
        assert_eq!(t.fstat(fd).unwrap().nlink, 0);
        assert_eq!(t.mkdir(fd, "sub"), Err(Errno::NOENT));
        assert_eq!(t.open_rw(fd, "f", CREAT), Err(Errno::NOENT));
        assert_eq!(t.stat(fd, "file"), Err(Errno::NOENT));
        t.stat(fd, ".").unwrap();
        t.mkdir(3, path).unwrap();
        assert_eq!(t.list(fd), Ok(Vec::new()));
        t.vfs.fd_close(fd).unwrap();
        assert_eq!(t.names(3, path), Ok(Vec::new()));
    }
}

#[test]
fn symlinks_are_made() {
    let mut t = fixture();
    t.symlink("dir/file", 3, "w/new").unwrap();
    assert_eq!(t.readlink(3, "w/new", 100), Ok("dir/file".into()));
    assert_eq!(t.readlink(3, "w/new", 3), Ok("dir".into()));
    assert_eq!(t.content(3, "w/new"), Ok("x".into()));
    let stat = t.lstat(3, "w/new").unwrap();
    assert_eq!((stat.file_type, stat.size, stat.nlink), (7, 8, 1));
    t.symlink("/w/dir", 3, "w/abs").unwrap();
    assert_eq!(t.content(3, "w/abs/file"), Ok("x".into()));
    for (target, path, errno) in [
        ("", "w/x", Errno::NOENT),
        ("t", "w/x/", Errno::NOENT),
        ("t", "w/dir", Errno::EXIST),
        ("t", "w/dir/", Errno::EXIST),
        ("t", "w/dangling/", Errno::EXIST),
        ("t\0", "w/x", Errno::INVAL),
        ("t", "w/locked/x", Errno::ACCES),
        ("t", "fixed/x", Errno::ROFS),
    ] {
        assert_eq!(t.symlink(target, 3, path), Err(errno), "{target} {path}");
    }
    assert_eq!(
        t.symlink(&"x".repeat(4096), 3, "w/x"),
        Err(Errno::NAMETOOLONG)
    );
    for path in ["w/x/", "w/dir"] {
        let answer = t.symlink(&"x".repeat(4096), 3, path);
        assert_eq!(answer, Err(Errno::NAMETOOLONG), "{path}");
    }
    t.symlink(&"x".repeat(4095), 3, "w/x").unwrap();
    // A file is made where a dangling symlink leads to.
    t.create(3, "w/dangling", "here").unwrap();
    assert_eq!(t.content(3, "w/nowhere"), Ok("here".into()));
    t.unlink(3, "w/new").unwrap();
    t.stat(3, "w/dir/file").unwrap();
}

#[test]
fn hard_links_are_names_of_one_file() {
    let mut t = fixture();
    assert_eq!(t.stat(3, "w/dir/file").unwrap().nlink, 2);
    t.link((3, "w/dir/file"), (3, "w/third")).unwrap();
    let stat = t.stat(3, "w/third").unwrap();
    assert_eq!(stat.nlink, 3);
    assert_eq!(t.stat(3, "w/dir/same"), Ok(stat));
    t.create(3, "w/third", "changed").unwrap();
    assert_eq!(t.content(3, "w/dir/same"), Ok("changed".into()));
    t.unlink(3, "w/dir/file").unwrap();
    t.unlink(3, "w/dir/same").unwrap();
    assert_eq!(t.stat(3, "w/third").unwrap().nlink, 1);
    assert_eq!(t.content(3, "w/third"), Ok("changed".into()));
    for (old, new, errno) in [
        ("w/dir", "w/x", Errno::PERM),
        ("w/third", "w/third", Errno::EXIST),
        ("w/third", "w/x/", Errno::NOENT),
        ("w/no", "w/x", Errno::NOENT),
        ("w/third", "w/tmp/x", Errno::XDEV),
        ("w/third", "fixed/x", Errno::ROFS),
        ("w/third", "w/locked/x", Errno::ACCES),
    ] {
        assert_eq!(t.link((3, old), (3, new)), Err(errno), "{old} {new}");
    }
    // A symlink is linked itself, unless it is to be followed.
    t.link((3, "w/link"), (3, "w/link2")).unwrap();
    assert_eq!(t.readlink(3, "w/link2", 9), Ok("dir".into()));
    assert_eq!(t.lstat(3, "w/link").unwrap().nlink, 2);
}

#[test]
fn a_listing_goes_on_while_names_come_and_go() {
    let mut t = fixture();
    t.mkdir(3, "w/many").unwrap();
    for index in 0..300 {
        t.create(3, &format!("w/many/f{index:03}"), "").unwrap();
    }
    let dir = t.open_dir(3, "w/many").unwrap();
    let (mut cookie, mut seen) = (0, Vec::new());
    let mut round = 0;
    loop {
        t.vfs.fd_readdir(dir, BUF, 200, cookie, OUT).unwrap();
        let (mut at, end) = (BUF, BUF + t.out32());
        let full = end == BUF + 200;
        while at + 24 <= end {
            let len = t.memory.load64_at(at + 16) as u32;
            if at + 24 + len > end {
                break;
            }
            cookie = t.memory.load64_at(at);
            seen.push(t.text(at + 24, len));
            at += 24 + len;
        }
        if !full {
            break;
        }
        // Every name that was seen goes, and some that were not; one comes.
        for name in seen.drain(..).filter(|name| name.starts_with('f')) {
            t.unlink(3, &format!("w/many/{name}")).unwrap();
        }
        if round % 4 == 0 {
            let _ = t.unlink(3, &format!("w/many/f{:03}", 299 - round));
        }
        if round < 30 {
            t.create(3, &format!("w/many/g{round}"), "").unwrap();
        }
        round += 1;
    }
    assert!(seen.iter().all(|name| !name.starts_with('f')) || seen.len() < 8);
    let left = t.names(3, "w/many").unwrap();
    assert_eq!(left.iter().filter(|name| name.starts_with('g')).count(), 30);
    assert!(left.iter().filter(|name| name.starts_with('f')).count() < 8);
}

#[test]
fn every_buffer_lists_made_names_once() {
    let mut t = fixture();
    for index in 0..40 {
        t.create(3, &format!("w/dir/{}", "n".repeat(1 + index * 5)), "")
            .unwrap();
    }
    t.unlink(3, "w/dir/same").unwrap();
    let fd = t.open_dir(3, "w/dir").unwrap();
    let all = t.list_with(fd, 30_000).unwrap();
    assert_eq!(all.len(), 2 + 1 + 40);
    for size in [232, 233, 300, 1000, 4096] {
        assert_eq!(t.list_with(fd, size).unwrap(), all, "{size}");
    }
    // Each entry tells the number that stat tells.
    for (_, ino, file_type, name) in &all[2..] {
        let stat = t.stat(3, format!("w/dir/{name}")).unwrap();
        assert_eq!((stat.ino, stat.file_type), (*ino, *file_type));
    }
}
