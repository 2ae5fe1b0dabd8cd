//! Memory: it follows what is kept, comes back, and may end anywhere.

use std::format;
use std::prelude::v1::*;
use std::vec;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::{Errno, Result};

fn tree(limit: Option<u64>) -> Tree {
    Tree::new(&["/"])
        .file("/w/dir/a", b"a")
        .file("/w/dir/b", &[7; 9000])
        .dir("/w/empty")
        .writable("/w", limit)
        .tmpfs("/tmp", limit)
}

/// Bytes in use.
fn used(t: &Fixture) -> u32 {
    t.vfs.ram.pages.bytes_given() - t.vfs.ram.unused()
}

/// Some of everything; stops at the first error, and cleans up in any case.
fn busy(t: &mut Fixture) -> Result<()> {
    let done = try_busy(t);
    for fd in 4..12 {
        let _ = t.vfs.fd_close(fd);
    }
    for path in [
        "tmp/d/sub/f",
        "tmp/d/f",
        "tmp/d/l",
        "tmp/f",
        "tmp/g",
        "tmp/big",
    ] {
        let _ = t.unlink(3, path);
    }
    for path in ["tmp/d/sub", "tmp/e", "tmp/d"] {
        let _ = t.rmdir(3, path);
    }
    assert_eq!(t.names(3, "tmp"), Ok(Vec::new()));
    done
}

fn try_busy(t: &mut Fixture) -> Result<()> {
    t.mkdir(3, "tmp/d")?;
    t.create(3, "tmp/d/f", "small")?;
    t.link((3, "tmp/d/f"), (3, "tmp/f"))?;
    t.symlink(&"long/".repeat(300), 3, "tmp/d/l")?;
    t.mkdir(3, "tmp/d/sub")?;
    t.rename((3, "tmp/f"), (3, "tmp/d/sub/f"))?;
    t.rename((3, "tmp/d/sub"), (3, "tmp/e"))?;
    t.rename((3, "tmp/e"), (3, "tmp/d/sub"))?;
    let fd = t.open_rw(3, "tmp/big", CREAT)?;
    for block in 0..40 {
        t.pwrite(fd, vec![block as u8; 3000], block * 4096 + 17)?;
    }
    let dir = t.open_dir(3, "tmp/d")?;
    t.unlink(3, "tmp/big")?;
    t.pwrite(fd, "x", 1 << 33)?;
    t.vfs.fd_allocate(fd, 1000, 50_000)?;
    assert_eq!(t.list(dir)?.len(), 5);
    t.create(3, "tmp/g", vec![1; 2500])?;
    Ok(())
}

#[test]
fn memory_comes_back() {
    let mut t = Fixture::new(&tree(None));
    busy(&mut t).unwrap();
    let (before, given) = (used(&t), t.vfs.ram.pages.bytes_given());
    for _ in 0..1000 {
        busy(&mut t).unwrap();
        assert_eq!(used(&t), before);
        assert_eq!(t.vfs.ram.used(2), 0);
    }
    assert_eq!(t.vfs.ram.pages.bytes_given(), given);
}

#[test]
fn many_names_come_and_go() {
    let mut t = Fixture::new(&tree(None));
    busy(&mut t).unwrap();
    let before = used(&t);
    for round in 0..3 {
        for index in 0..5000 {
            t.create(3, &format!("tmp/{index}-{round}"), "").unwrap();
        }
        assert_eq!(t.names(3, "tmp").unwrap().len(), 5000);
        for index in (0..5000).rev() {
            let index = (index * 7919) % 5000;
            t.unlink(3, &format!("tmp/{index}-{round}")).unwrap();
        }
        assert!(used(&t) <= before + 4 * 4096, "{} {before}", used(&t));
    }
}

#[test]
fn small_files_take_little() {
    let mut t = Fixture::new(&tree(None));
    busy(&mut t).unwrap();
    let before = used(&t);
    for index in 0..1000 {
        t.create(3, &format!("tmp/{index}"), "twenty bytes of text")
            .unwrap();
    }
    // A record of 96 bytes, a name of 48, 32 of content, a bucket.
    let each = (used(&t) - before) / 1000;
    assert!(each < 200, "{each}");
}

#[test]
fn embedded_ones_that_were_only_read_leave_nothing() {
    let mut t = Fixture::new(&tree(None));
    t.content(3, "w/dir/a").unwrap();
    t.names(3, "w/dir").unwrap();
    let before = used(&t);
    for _ in 0..100 {
        let open = t.open(3, "w/dir/a").unwrap();
        t.content(3, "w/dir/b").unwrap();
        assert_eq!(t.names(3, "w/dir").unwrap().len(), 2);
        t.vfs.fd_close(open).unwrap();
        assert_eq!(t.rmdir(3, "w/dir"), Err(Errno::NOTEMPTY));
        assert_eq!(t.rename((3, "w/dir/a"), (3, "w/empty")), Err(Errno::ISDIR));
    }
    assert_eq!(used(&t), before);
}

#[test]
fn a_limit_is_kept_and_says_enospc() {
    let mut t = Fixture::new(&tree(Some(100_000)));
    let fd = t.open_rw(3, "tmp/f", CREAT).unwrap();
    let mut total = 0;
    let short = loop {
        match t.write(fd, [1; 5000]) {
            Ok(5000) => total += 5000,
            other => break other,
        }
    };
    // What still fit was written.
    let (written, errno) = match short {
        Ok(written) => (written, t.write(fd, [1; 5000]).map(|_| ())),
        Err(errno) => (0, Err(errno)),
    };
    assert_eq!(errno, Err(Errno::NOSPC));
    let size = u64::from(total + written);
    assert_eq!(t.fstat(fd).unwrap().size, size);
    assert!((90_000..100_000).contains(&size), "{size}");
    let mut many = 0;
    while t.mkdir(3, &format!("tmp/{many}")).is_ok() {
        many += 1;
    }
    assert!(many < 60);
    // The other mount has its own; removing makes room.
    t.create(3, "w/new", "x").unwrap();
    t.unlink(3, "tmp/f").unwrap();
    assert_eq!(t.mkdir(3, "tmp/f"), Err(Errno::NOSPC));
    t.vfs.fd_close(fd).unwrap();
    t.mkdir(3, "tmp/f").unwrap();
}

#[test]
fn a_full_mount_can_be_read_and_emptied() {
    let mut t = Fixture::new(&tree(Some(0)));
    assert_eq!(t.mkdir(3, "w/new"), Err(Errno::NOSPC));
    assert_eq!(t.content(3, "w/dir/a"), Ok("a".into()));
    let fd = t.open_rw(3, "w/dir/b", 0).unwrap();
    assert_eq!(t.write(fd, "x"), Err(Errno::NOSPC));
    t.unlink(3, "w/dir/a").unwrap();
    t.unlink(3, "w/dir/b").unwrap();
    t.rmdir(3, "w/dir").unwrap();
    assert_eq!(t.names(3, "w"), Ok(vec!["empty".into()]));
}

#[test]
fn memory_may_end_anywhere() {
    // With one range more each time, until all of it succeeds.
    for growths in 0..100 {
        let mut t = Fixture::new(&tree(None));
        t.vfs.ram.pages.growths = growths;
        t.vfs.ram.pages.range = 4096;
        match overlay(&mut t).and_then(|()| busy(&mut t)) {
            Ok(()) => {
                assert!(growths > 20, "{growths}");
                return;
            }
            Err(errno) => assert_eq!(errno, Errno::NOSPC),
        }
        // Nothing was lost: all of it works as soon as there is memory again.
        t.vfs.ram.pages.growths = u32::MAX;
        busy(&mut t).unwrap();
        let before = used(&t);
        busy(&mut t).unwrap();
        assert_eq!(used(&t), before, "{growths}");
        let dir = t.names(3, "w/dir").unwrap();
        for name in dir {
            t.unlink(3, &format!("w/dir/{name}")).unwrap();
        }
        t.rmdir(3, "w/dir").unwrap();
    }
    std::panic!("never enough");
}

/// Changes of embedded ones; what fails leaves them as they were.
fn overlay(t: &mut Fixture) -> Result<()> {
    let fd = t.open_rw(3, "w/dir/b", 0)?;
    t.pwrite(fd, "xyz", 5000)?;
    t.vfs.fd_close(fd)?;
    t.rename((3, "w/dir/b"), (3, "w/dir/c"))?;
    t.link((3, "w/dir/c"), (3, "w/dir/d"))?;
    t.unlink(3, "w/dir/a")?;
    t.rename((3, "w/empty"), (3, "w/full"))?;
    Ok(())
}

#[test]
fn a_full_file_is_not_cut_or_torn() {
    let mut t = Fixture::new(&tree(None));
    t.create(3, "tmp/f", [9; 2000]).unwrap();
    let fd = t.open_rw(3, "tmp/f", 0).unwrap();
    t.vfs.ram.pages.growths = 0;
    // Fill what is left.
    let mut at = 1 << 20;
    while t.pwrite(fd, [1; 4096], at).is_ok() {
        at += 4096;
    }
    assert_eq!(
        t.pread(fd, 0, 2001).unwrap(),
        [vec![9; 2000], vec![0]].concat()
    );
    assert_eq!(t.vfs.fd_allocate(fd, 0, 1 << 30), Err(Errno::NOSPC));
    assert_eq!(t.vfs.fd_allocate(fd, 0, 1 << 40), Err(Errno::NOSPC));
    let before = t.fstat(fd).unwrap().size;
    assert_eq!(t.vfs.fd_allocate(fd, at, 1 << 20), Err(Errno::NOSPC));
    assert_eq!(t.fstat(fd).unwrap().size, before);
}
