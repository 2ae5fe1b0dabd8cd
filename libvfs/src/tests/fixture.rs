//! A program with 128 KiB of memory, and short forms of its calls.

use std::cell::RefCell;
use std::prelude::v1::*;
use std::rc::Rc;
use std::vec;

use super::host::FakeHost;
use super::tree::Tree;
pub(super) use super::world::*;
use crate::errno::{Errno, Result};
use crate::fs::Vfs;
use crate::program::Program;
use crate::rights::PASSED_ON;

/// Bytes of the program's memory.
pub(super) const MEMORY: usize = 128 << 10;

/// Where the short forms put paths, the second path, results and buffers.
pub(super) const PATH: u32 = 0x4000;
pub(super) const OTHER: u32 = 0x6000;
pub(super) const OUT: u32 = 0x8000;
pub(super) const BUF: u32 = 0x9000;
pub(super) const IOVS: u32 = 0x1_8000;

pub(super) const FOLLOW: u32 = 1;
pub(super) const CREAT: u32 = 1;
pub(super) const DIRECTORY: u32 = 2;
pub(super) const EXCL: u32 = 4;
pub(super) const TRUNC: u32 = 8;
pub(super) const R_READ: u64 = 1 << 1;
pub(super) const R_WRITE: u64 = 1 << 6;

pub(super) struct Fixture<W: Faked = Fake> {
    pub(super) vfs: Vfs<W>,
    pub(super) memory: Memory,
    pub(super) host: Rc<FakeHost>,
}

/// What `filestat` says.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) struct Stat {
    pub(super) dev: u64,
    pub(super) ino: u64,
    pub(super) file_type: u8,
    pub(super) nlink: u64,
    pub(super) size: u64,
    pub(super) times: [u64; 3],
}

impl Fixture {
    /// A program bundled with this tree, on a host with nothing but standard streams.
    pub(super) fn new(tree: &Tree) -> Self {
        Self::on(&tree.build(), |_| {})
    }

    /// A program bundled with this tree, on a host that is prepared first.
    pub(super) fn beside(tree: &Tree, prepare: impl FnOnce(&mut FakeHost)) -> Self {
        Self::on(&tree.build(), prepare)
    }

    /// A program of `wasi_unstable` bundled with this tree.
    pub(super) fn old(tree: &Tree, prepare: impl FnOnce(&mut FakeHost)) -> Self {
        Self::of(&tree.build(), 0, prepare)
    }

    pub(super) fn on(image: &[u8], prepare: impl FnOnce(&mut FakeHost)) -> Self {
        Self::of(image, 1, prepare)
    }

    fn of(image: &[u8], snapshot: u32, prepare: impl FnOnce(&mut FakeHost)) -> Self {
        Self::with(
            Box::leak(image.to_vec().into_boxed_slice()),
            snapshot,
            prepare,
        )
    }
}

impl<W: Faked> Fixture<W> {
    /// The same with an image that stays for ever, as many programs may start from it.
    pub(super) fn with(
        image: &'static [u8],
        snapshot: u32,
        prepare: impl FnOnce(&mut FakeHost),
    ) -> Self {
        let mut fixture = Self::before_start(image, snapshot, prepare);
        fixture.vfs.start();
        fixture
    }

    /// The same, before its first call.
    pub(super) fn before_start(
        image: &'static [u8],
        snapshot: u32,
        prepare: impl FnOnce(&mut FakeHost),
    ) -> Self {
        let memory = Memory {
            bytes: Rc::new(RefCell::new(vec![0xa5; MEMORY])),
            image,
            snapshot,
        };
        let mut host = FakeHost::new(memory.clone());
        prepare(&mut host);
        let host = Rc::new(host);
        let storage = Numbers {
            entries: Vec::new(),
            growths: 20,
            spare: Vec::new(),
            spare_max: 1 << 20,
        };
        let bytes = Leaked(image);
        let vfs = Vfs::new(
            memory.clone(),
            host.clone(),
            bytes,
            storage,
            Plenty::default(),
        );
        Self { vfs, memory, host }
    }

    pub(super) fn put(&self, at: u32, text: impl AsRef<[u8]>) -> (u32, u32) {
        self.memory.set(at, text.as_ref());
        (at, text.as_ref().len() as u32)
    }

    pub(super) fn out32(&self) -> u32 {
        self.memory.load32(OUT)
    }

    pub(super) fn out64(&self) -> u64 {
        self.memory.load64(OUT)
    }

    pub(super) fn bytes(&self, at: u32, len: u32) -> Vec<u8> {
        self.memory.bytes.borrow()[at as usize..][..len as usize].to_vec()
    }

    pub(super) fn text(&self, at: u32, len: u32) -> String {
        let bytes = self.memory.bytes.borrow();
        String::from_utf8_lossy(&bytes[at as usize..][..len as usize]).into_owned()
    }

    /// Opens for reading, following symlinks.
    pub(super) fn open(&mut self, fd: u32, path: &str) -> Result<u32> {
        self.open_with(fd, path, FOLLOW, 0, R_READ, 0)
    }

    pub(super) fn open_dir(&mut self, fd: u32, path: &str) -> Result<u32> {
        // A libc asks for all that it is told it may ask for.
        let base = u64::from(PASSED_ON) & !R_WRITE;
        self.open_with(fd, path, FOLLOW, DIRECTORY, base, 0)
    }

    pub(super) fn open_with(
        &mut self,
        fd: u32,
        path: impl AsRef<[u8]>,
        flags: u32,
        oflags: u32,
        base: u64,
        fdflags: u32,
    ) -> Result<u32> {
        let (path, len) = self.put(PATH, path);
        let inheriting = PASSED_ON.into();
        self.vfs
            .path_open(fd, flags, path, len, oflags, base, inheriting, fdflags, OUT)?;
        Ok(self.out32())
    }

    /// Reads up to `len` bytes.
    pub(super) fn read(&mut self, fd: u32, len: u32) -> Result<String> {
        self.iovs(&[(BUF, len)]);
        self.vfs.fd_read(fd, IOVS, 1, OUT)?;
        Ok(self.text(BUF, self.out32()))
    }

    /// Opens for reading and writing.
    pub(super) fn open_rw(&mut self, fd: u32, path: &str, oflags: u32) -> Result<u32> {
        self.open_with(fd, path, FOLLOW, oflags, R_READ | R_WRITE, 0)
    }

    /// Writes at the position.
    pub(super) fn write(&mut self, fd: u32, text: impl AsRef<[u8]>) -> Result<u32> {
        let (at, len) = self.put(BUF, text);
        self.iovs(&[(at, len)]);
        self.vfs.fd_write(fd, IOVS, 1, OUT)?;
        Ok(self.out32())
    }

    /// Writes from an offset on.
    pub(super) fn pwrite(&mut self, fd: u32, text: impl AsRef<[u8]>, offset: u64) -> Result<u32> {
        let (at, len) = self.put(BUF, text);
        self.iovs(&[(at, len)]);
        self.vfs.fd_pwrite(fd, IOVS, 1, offset, OUT)?;
        Ok(self.out32())
    }

    /// Reads up to `len` bytes from an offset on.
    pub(super) fn pread(&mut self, fd: u32, offset: u64, len: u32) -> Result<Vec<u8>> {
        self.iovs(&[(BUF, len)]);
        self.vfs.fd_pread(fd, IOVS, 1, offset, OUT)?;
        let bytes = self.memory.bytes.borrow();
        Ok(bytes[BUF as usize..][..self.out32() as usize].to_vec())
    }

    /// Makes a file with this content, or replaces it.
    pub(super) fn create(&mut self, fd: u32, path: &str, text: impl AsRef<[u8]>) -> Result<()> {
        let fd = self.open_with(fd, path, FOLLOW, CREAT | TRUNC, R_WRITE, 0)?;
        let written = if text.as_ref().is_empty() {
            Ok(0)
        } else {
            self.write(fd, text)
        };
        self.vfs.fd_close(fd).unwrap();
        written.map(|_| ())
    }

    /// The content of a small file.
    pub(super) fn content(&mut self, fd: u32, path: &str) -> Result<String> {
        let fd = self.open(fd, path)?;
        let text = self.read(fd, 4096);
        self.vfs.fd_close(fd).unwrap();
        text
    }

    pub(super) fn mkdir(&mut self, fd: u32, path: &str) -> Result<()> {
        self.at(Vfs::path_create_directory, fd, path)
    }

    pub(super) fn rmdir(&mut self, fd: u32, path: &str) -> Result<()> {
        self.at(Vfs::path_remove_directory, fd, path)
    }

    pub(super) fn unlink(&mut self, fd: u32, path: &str) -> Result<()> {
        self.at(Vfs::path_unlink_file, fd, path)
    }

    /// The names in the directory of this path, without the dots.
    pub(super) fn names(&mut self, fd: u32, path: &str) -> Result<Vec<String>> {
        let dir = self.open_dir(fd, path)?;
        let mut names = self.list(dir)?;
        self.vfs.fd_close(dir).unwrap();
        names.retain(|name| name != "." && name != "..");
        Ok(names)
    }

    pub(super) fn iovs(&self, iovs: &[(u32, u32)]) {
        for (index, (buf, len)) in iovs.iter().enumerate() {
            let at = IOVS + index as u32 * 8;
            self.memory.store32(at, *buf);
            self.memory.store32(at + 4, *len);
        }
    }

    pub(super) fn stat_at(&self, at: u32) -> Stat {
        let field = |index: u32| self.memory.load64(at + index * 8);
        // The seven bytes after the type are padding.
        Stat {
            dev: field(0),
            ino: field(1),
            file_type: field(2) as u8,
            nlink: field(3),
            size: field(4),
            times: [field(5), field(6), field(7)],
        }
    }

    pub(super) fn stat(&mut self, fd: u32, path: impl AsRef<[u8]>) -> Result<Stat> {
        let (path, len) = self.put(PATH, path);
        self.vfs.path_filestat_get(fd, FOLLOW, path, len, BUF)?;
        Ok(self.stat_at(BUF))
    }

    pub(super) fn lstat(&mut self, fd: u32, path: impl AsRef<[u8]>) -> Result<Stat> {
        let (path, len) = self.put(PATH, path);
        self.vfs.path_filestat_get(fd, 0, path, len, BUF)?;
        Ok(self.stat_at(BUF))
    }

    pub(super) fn fstat(&mut self, fd: u32) -> Result<Stat> {
        self.vfs.fd_filestat_get(fd, BUF)?;
        Ok(self.stat_at(BUF))
    }

    pub(super) fn readlink(&mut self, fd: u32, path: &str, buf_len: u32) -> Result<String> {
        let (path, len) = self.put(PATH, path);
        self.vfs.path_readlink(fd, path, len, BUF, buf_len, OUT)?;
        Ok(self.text(BUF, self.out32()))
    }

    /// One call on a path that takes nothing else.
    pub(super) fn at(
        &mut self,
        call: fn(&mut Vfs<W>, u32, u32, u32) -> Result<()>,
        fd: u32,
        path: &str,
    ) -> Result<()> {
        let (path, len) = self.put(PATH, path);
        call(&mut self.vfs, fd, path, len)
    }

    pub(super) fn symlink(&mut self, target: &str, fd: u32, path: &str) -> Result<()> {
        let (target, target_len) = self.put(OTHER, target);
        let (path, len) = self.put(PATH, path);
        self.vfs.path_symlink(target, target_len, fd, path, len)
    }

    pub(super) fn rename(&mut self, old: (u32, &str), new: (u32, &str)) -> Result<()> {
        let (old_path, old_len) = self.put(PATH, old.1);
        let (new_path, new_len) = self.put(OTHER, new.1);
        self.vfs
            .path_rename(old.0, old_path, old_len, new.0, new_path, new_len)
    }

    pub(super) fn link(&mut self, old: (u32, &str), new: (u32, &str)) -> Result<()> {
        let (old_path, old_len) = self.put(PATH, old.1);
        let (new_path, new_len) = self.put(OTHER, new.1);
        self.vfs
            .path_link(old.0, 0, old_path, old_len, new.0, new_path, new_len)
    }

    /// The names of the program's preopens from 3 on, as a libc finds them.
    pub(super) fn preopens(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        for fd in 3.. {
            if self.vfs.fd_prestat_get(fd, OUT) != Ok(()) {
                break;
            }
            assert_eq!(self.memory.load32(OUT), 0, "tag");
            let len = self.memory.load32(OUT + 4);
            self.vfs.fd_prestat_dir_name(fd, BUF, len).unwrap();
            names.push(self.text(BUF, len));
        }
        names
    }

    /// All entries of a directory, read with a buffer of this size: next cookie, inode, type, name.
    pub(super) fn list_with(&mut self, fd: u32, size: u32) -> Result<Vec<(u64, u64, u8, String)>> {
        let mut entries = Vec::new();
        let mut cookie = 0;
        loop {
            self.vfs.fd_readdir(fd, BUF, size, cookie, OUT)?;
            let used = self.out32();
            assert!(used <= size);
            let mut at = BUF;
            let mut left = used;
            let before = entries.len();
            while left >= 24 {
                let len = self.memory.load32(at + 16);
                if left < 24 + len {
                    break;
                }
                cookie = self.memory.load64(at);
                entries.push((
                    cookie,
                    self.memory.load64(at + 8),
                    self.memory.get::<1>(at + 20)[0],
                    self.text(at + 24, len),
                ));
                at += 24 + len;
                left -= 24 + len;
            }
            if used < size {
                return Ok(entries);
            }
            assert!(entries.len() > before, "no entry fits into {size} bytes");
        }
    }

    /// The names in a directory.
    pub(super) fn list(&mut self, fd: u32) -> Result<Vec<String>> {
        let entries = self.list_with(fd, 4096)?;
        Ok(entries.into_iter().map(|(.., name)| name).collect())
    }
}

/// What an attempt that must fail says.
pub(super) fn errno<T>(result: Result<T>) -> Errno {
    match result {
        Ok(_) => std::panic!("succeeded"),
        Err(errno) => errno,
    }
}
