//! Without memory an operation is not done at all: tried at every place that takes memory, in
//! every state that random operations come to.

use std::format;
use std::prelude::v1::*;
use std::vec;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::{Errno, Result};

/// Names that operations use; few, so that they meet.
const NAMES: [&str; 8] = [
    "a",
    "b",
    "c",
    "dir",
    "dir/a",
    "dir/b",
    "dir/sub",
    "dir/sub/a",
];

#[derive(Debug, Clone, Copy)]
enum Step {
    Create(usize),
    Write(usize, u64, u32),
    Resize(usize, u64),
    Allocate(usize, u64, u32),
    Mkdir(usize),
    Rmdir(usize),
    Unlink(usize),
    Symlink(usize),
    Link(usize, usize),
    Rename(usize, usize),
    Open(usize),
    Times(usize),
}

/// A sequence of numbers that looks random.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % limit
    }

    fn name(&mut self) -> usize {
        self.below(NAMES.len() as u64) as usize
    }

    fn step(&mut self) -> Step {
        let (one, two) = (self.name(), self.name());
        let reach = [50, 3000, 30_000][self.below(3) as usize];
        let (offset, len) = (self.below(reach), 1 + self.below(9000) as u32);
        match self.below(13) {
            0 | 1 => Step::Create(one),
            2 => Step::Write(one, offset, len),
            3 => Step::Resize(one, offset),
            4 => Step::Allocate(one, offset, len),
            5 => Step::Mkdir(one),
            6 => Step::Rmdir(one),
            7 => Step::Unlink(one),
            8 => Step::Symlink(one),
            9 => Step::Link(one, two),
            10 => Step::Rename(one, two),
            11 => Step::Open(one),
            _ => Step::Times(one),
        }
    }
}

/// Does a step below the mount that is open at `root`; what it opens stays so when that is its purpose.
fn run(t: &mut Fixture, root: u32, step: Step) -> Result<()> {
    let mut with = |name: usize, oflags: u32, then: &dyn Fn(&mut Fixture, u32) -> Result<()>| {
        let fd = t.open_with(root, NAMES[name], 0, oflags, R_READ | R_WRITE, 0)?;
        let done = then(t, fd);
        t.vfs.fd_close(fd).unwrap();
        done
    };
    match step {
        Step::Create(name) => with(name, CREAT, &|_, _| Ok(())),
        Step::Write(name, offset, len) => with(name, 0, &|t, fd| {
            match t.pwrite(fd, vec![len as u8; len as usize], offset)? {
                // A part may be written; the rest is what there is no memory for.
                written if written < len => Err(Errno::FBIG),
                _ => Ok(()),
            }
        }),
        Step::Resize(name, size) => with(name, 0, &|t, fd| t.vfs.fd_filestat_set_size(fd, size)),
        Step::Allocate(name, offset, len) => {
            with(name, 0, &|t, fd| t.vfs.fd_allocate(fd, offset, len.into()))
        }
        Step::Mkdir(name) => t.mkdir(root, NAMES[name]),
        Step::Rmdir(name) => t.rmdir(root, NAMES[name]),
        Step::Unlink(name) => t.unlink(root, NAMES[name]),
        Step::Symlink(name) => t.symlink("somewhere else", root, NAMES[name]),
        Step::Link(old, new) => t.link((root, NAMES[old]), (root, NAMES[new])),
        Step::Rename(old, new) => t.rename((root, NAMES[old]), (root, NAMES[new])),
        Step::Open(name) => t.open(root, NAMES[name]).map(|_| ()),
        Step::Times(name) => {
            let (path, len) = t.put(PATH, NAMES[name]);
            t.vfs.path_filestat_set_times(root, 0, path, len, 1, 2, 5)
        }
    }
}

/// All there is to see below a directory, and the order of its names.
fn dump(t: &mut Fixture, dir: u32, prefix: &str, out: &mut Vec<String>) {
    for (_, ino, file_type, name) in t.list_with(dir, 4096).unwrap() {
        if name == ".." {
            continue;
        }
        let stat = t.lstat(dir, &name).unwrap();
        assert_eq!(stat.ino, ino);
        out.push(format!("{prefix}{name} {stat:?}"));
        match file_type {
            3 if !name.starts_with('.') => {
                let fd = t.open_dir(dir, &name).unwrap();
                dump(t, fd, &format!("{prefix}{name}/"), out);
                t.vfs.fd_close(fd).unwrap();
            }
            4 => {
                let fd = t.open(dir, &name).unwrap();
                let mut hash = 0u64;
                for byte in t.pread(fd, 0, 40_000).unwrap() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
                }
                out.push(format!("{hash:x}"));
                t.vfs.fd_close(fd).unwrap();
            }
            7 => out.push(t.readlink(dir, &name, 100).unwrap()),
            _ => {}
        }
    }
}

fn seen(t: &mut Fixture, root: u32) -> Vec<String> {
    let mut out = Vec::new();
    dump(t, root, "", &mut out);
    out
}

fn fixture(limit: Option<u64>) -> (Fixture, u32) {
    let tree = Tree::new(&["/"])
        .file("/w/a", b"embedded")
        .file("/w/dir/a", &[3; 10_000])
        .hard("/w/dir/b", "/w/a")
        .link("/w/b", "dir/a")
        .file("/w/dir/sub/a", b"")
        .writable("/w", limit);
    let mut t = Fixture::new(&tree);
    let root = t.open_dir(3, "w").unwrap();
    (t, root)
}

#[test]
fn a_step_is_done_whole_or_not_at_all() {
    let mut failures = 0;
    for seed in 0..12 {
        let (mut t, root) = fixture(None);
        let mut random = Random(seed);
        for index in 0..250 {
            let step = random.step();
            let before = seen(&mut t, root);
            for allocations in 0.. {
                t.vfs.ram.allocations = Some(allocations);
                let done = run(&mut t, root, step);
                t.vfs.ram.allocations = None;
                let partly = matches!(step, Step::Write(..)) && done == Err(Errno::FBIG);
                if done == Err(Errno::NOSPC) {
                    failures += 1;
                    assert_eq!(seen(&mut t, root), before, "{seed} {index} {step:?}");
                } else if !partly {
                    break;
                }
            }
            // What is open stays so for a while.
            if index % 50 == 49 {
                for fd in root + 1..root + 40 {
                    let _ = t.vfs.fd_close(fd);
                }
            }
        }
        wipe(&mut t, root);
    }
    assert!(failures > 500, "{failures}");
}

#[test]
fn a_limited_mount_counts_right() {
    for seed in 100..106 {
        let (mut t, root) = fixture(Some(40_000));
        let mut random = Random(seed);
        for _ in 0..2000 {
            let step = random.step();
            let _ = run(&mut t, root, step);
            assert!(t.vfs.ram.used(1) <= 40_000 + 2000);
        }
        wipe(&mut t, root);
    }
}

/// Removes everything below a directory.
fn empty(t: &mut Fixture, dir: u32) {
    for (_, _, file_type, name) in t.list_with(dir, 4096).unwrap() {
        if file_type != 3 {
            t.unlink(dir, &name).unwrap();
        } else if !name.starts_with('.') {
            let fd = t.open_dir(dir, &name).unwrap();
            empty(t, fd);
            t.vfs.fd_close(fd).unwrap();
            t.rmdir(dir, &name).unwrap();
        }
    }
}

/// Removes everything, after which only what hides the image's names counts.
fn wipe(t: &mut Fixture, root: u32) {
    for fd in root + 1..root + 3000 {
        let _ = t.vfs.fd_close(fd);
    }
    empty(t, root);
    assert_eq!(seen(t, root).len(), 1, "{:?}", seen(t, root));
    // The record of the root, and three hidden names.
    assert_eq!(t.vfs.ram.used(1), 96 + 3 * 48);
}
