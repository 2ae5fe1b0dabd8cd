//! A host with directories and files of its own, and a log of the calls it got.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::format;
use std::prelude::v1::*;
use std::rc::Rc;

use super::fixture::Memory;
use crate::errno::{Errno, Result};
use crate::host::{Host, preview1};
use crate::program::Program;

/// What a number of the host stands for.
#[derive(Clone)]
enum Open {
    Stream,
    Dir {
        path: String,
        preopen: Option<String>,
    },
    File {
        path: String,
        position: usize,
    },
}

std::thread_local! {
    /// What was written to the host's standard error by this test.
    pub(super) static TOLD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

pub(super) struct FakeHost {
    memory: Memory,
    fds: RefCell<Vec<Option<Open>>>,
    /// Files by path; directories have no content.
    files: RefCell<BTreeMap<String, Option<Vec<u8>>>>,
    /// Symlinks by path.
    links: RefCell<BTreeMap<String, String>>,
    pub(super) log: RefCell<Vec<String>>,
    /// Functions the program does not import.
    pub(super) missing: Vec<&'static str>,
    /// The descriptors `poll_oneoff` saw.
    pub(super) polled: RefCell<Vec<u32>>,
    /// What cookies of directories start from.
    pub(super) first_cookie: Cell<u64>,
    /// What its clock says; it moves with every look.
    pub(super) now_ns: Cell<u64>,
    /// `NAME=VALUE`.
    pub(super) environment: Vec<String>,
    /// The program's name first.
    pub(super) arguments: Vec<String>,
}

impl FakeHost {
    pub(super) fn new(memory: Memory) -> Self {
        Self {
            memory,
            fds: RefCell::new((0..3).map(|_| Some(Open::Stream)).collect()),
            files: RefCell::default(),
            links: RefCell::default(),
            log: RefCell::default(),
            missing: Vec::new(),
            polled: RefCell::default(),
            first_cookie: Cell::new(0),
            now_ns: Cell::new(2_000_000_000_000_000_000),
            environment: Vec::new(),
            arguments: Vec::new(),
        }
    }

    /// A preopen of this name, showing the host's directory `path`.
    pub(super) fn preopen(&mut self, name: &str, path: &str) -> &mut Self {
        self.file_or_dir(path, None);
        self.fds.get_mut().push(Some(Open::Dir {
            path: path.to_owned(),
            preopen: Some(name.to_owned()),
        }));
        self
    }

    /// An inherited socket.
    pub(super) fn socket(&mut self) -> &mut Self {
        self.fds.get_mut().push(Some(Open::Stream));
        self
    }

    pub(super) fn file(&mut self, path: &str, bytes: &[u8]) -> &mut Self {
        self.file_or_dir(path, Some(bytes.to_vec()));
        self
    }

    pub(super) fn link(&mut self, path: &str, target: &str) -> &mut Self {
        let links = self.links.get_mut();
        links.insert(path.to_owned(), target.to_owned());
        self
    }

    pub(super) fn dir(&mut self, path: &str) -> &mut Self {
        self.file_or_dir(path, None);
        self
    }

    fn file_or_dir(&self, path: &str, bytes: Option<Vec<u8>>) {
        self.files.borrow_mut().insert(path.to_owned(), bytes);
    }

    /// The calls since the last look, without those of finding preopens.
    pub(super) fn calls(&self) -> Vec<String> {
        self.log.take()
    }

    pub(super) fn is_open(&self, fd: u32) -> bool {
        matches!(self.fds.borrow().get(fd as usize), Some(Some(_)))
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.files.borrow().contains_key(path) || self.links.borrow().contains_key(path)
    }

    fn get(&self, fd: u64) -> Result<Open> {
        let fds = self.fds.borrow();
        fds.get(fd as usize).cloned().flatten().ok_or(Errno::BADF)
    }

    fn add(&self, open: Open) -> u32 {
        // Never reused, and far from the program's numbers: what is mixed up shows.
        let mut fds = self.fds.borrow_mut();
        if fds.len() < 100 {
            fds.resize(100, None);
        }
        fds.push(Some(open));
        fds.len() as u32 - 1
    }

    /// The path without symlinks, `.` and `..`; a symlink at its end stays unless it is followed.
    fn path(&self, fd: u64, at: u64, len: u64) -> Result<String> {
        self.resolve(fd, at, len, false)
    }

    fn resolve(&self, fd: u64, at: u64, len: u64, follow: bool) -> Result<String> {
        let Open::Dir { path: dir, .. } = self.get(fd)? else {
            return Err(Errno::NOTDIR);
        };
        let mut bytes = std::vec![0; len as usize];
        self.memory.copy_in(&mut bytes, at as u32);
        let path = String::from_utf8(bytes).map_err(|_| Errno::ILSEQ)?;
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        if path.starts_with('/') {
            return Err(Errno::PERM);
        }
        let mut left: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        let mut at = dir.clone();
        let mut links = 0;
        while let Some(part) = left.pop() {
            let last = left.is_empty();
            match &*part {
                "" | "." => {}
                ".." if at == dir => return Err(Errno::PERM),
                ".." => at.truncate(at.rfind('/').unwrap()),
                name => {
                    let next = format!("{at}/{name}");
                    let target = self.links.borrow().get(&next).cloned();
                    match target {
                        Some(target) if !last || follow => {
                            links += 1;
                            if links > 40 {
                                return Err(Errno::LOOP);
                            }
                            if target.starts_with('/') {
                                return Err(Errno::PERM);
                            }
                            left.extend(target.split('/').rev().map(str::to_owned));
                        }
                        _ => {
                            at = next;
                            // A slash may come after the name of a directory that is to be made.
                            if !left.iter().all(String::is_empty) || !last && self.has(&at) {
                                match self.exists(&at)? {
                                    None => {}
                                    // Nothing but slashes may come after a file.
                                    Some(_) => return Err(Errno::NOTDIR),
                                }
                            }
                        }
                    }
                }
            }
        }
        Ok(at)
    }

    fn exists(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.files.borrow().get(path).cloned().ok_or(Errno::NOENT)
    }

    /// The directory something new would be in must be there.
    fn parent(&self, path: &str) -> Result<()> {
        let (parent, _) = path.rsplit_once('/').unwrap();
        if self.has(path) {
            return Err(Errno::EXIST);
        }
        match self.exists(parent)? {
            None => Ok(()),
            Some(_) => Err(Errno::NOTDIR),
        }
    }

    fn list(&self, dir: &str) -> Vec<(u8, String)> {
        let files = self.files.borrow();
        let mut names: Vec<(u8, String)> = [".", ".."].map(|name| (3, name.to_owned())).into();
        names.extend(files.iter().filter_map(|(path, bytes)| {
            let (parent, name) = path.rsplit_once('/')?;
            let file_type = if bytes.is_some() { 4 } else { 3 };
            (parent == dir).then(|| (file_type, name.to_owned()))
        }));
        let links = self.links.borrow();
        names.extend(links.keys().filter_map(|path| {
            let (parent, name) = path.rsplit_once('/')?;
            (parent == dir).then(|| (7, name.to_owned()))
        }));
        names
    }

    fn sizes(&self, texts: &[String], count: u32, size: u32) -> Result<()> {
        self.memory.store32(count, texts.len() as u32);
        let bytes: usize = texts.iter().map(|text| text.len() + 1).sum();
        self.memory.store32(size, bytes as u32);
        Ok(())
    }

    fn texts(&self, texts: &[String], mut pointers: u32, mut at: u32) -> Result<()> {
        for text in texts {
            self.memory.store32(pointers, at);
            self.memory.copy_out(at, text.as_bytes());
            self.memory.copy_out(at + text.len() as u32, &[0]);
            pointers += 4;
            at += text.len() as u32 + 1;
        }
        Ok(())
    }

    fn call(&self, name: &'static str, args: &[u64]) -> Result<()> {
        if self.missing.contains(&name) {
            return Errno::check(52);
        }
        let arg = |index: usize| args[index] as u32;
        let out = |value: u32| {
            self.memory.store32(*args.last().unwrap() as u32, value);
            Ok(())
        };
        if !name.starts_with("fd_prestat") {
            self.log.borrow_mut().push(format!("{name} {}", args[0]));
        }
        match name {
            "fd_prestat_get" => match self.get(args[0])? {
                Open::Dir {
                    preopen: Some(name),
                    ..
                } => {
                    self.memory.store32(arg(1), 0);
                    self.memory.store32(arg(1) + 4, name.len() as u32);
                    Ok(())
                }
                _ => Err(Errno::BADF),
            },
            "fd_prestat_dir_name" => match self.get(args[0])? {
                Open::Dir {
                    preopen: Some(name),
                    ..
                } if name.len() as u32 <= arg(2) => {
                    self.memory.copy_out(arg(1), name.as_bytes());
                    Ok(())
                }
                _ => Err(Errno::NAMETOOLONG),
            },
            "fd_close" => {
                self.get(args[0])?;
                self.fds.borrow_mut()[args[0] as usize] = None;
                Ok(())
            }
            "fd_fdstat_get" => {
                self.get(args[0])?;
                self.memory.copy_out(arg(1), &[6; 24]);
                Ok(())
            }
            "path_open" => {
                let path = self.resolve(args[0], args[2], args[3], arg(1) & 1 != 0)?;
                let oflags = arg(4);
                if oflags & 5 == 5 && self.has(&path) {
                    return Err(Errno::EXIST);
                }
                if self.links.borrow().contains_key(&path) {
                    return Err(Errno::LOOP);
                }
                let found = self.exists(&path);
                if found == Err(Errno::NOENT) && oflags & 1 != 0 {
                    self.parent(&path)?;
                    self.file_or_dir(&path, Some(Vec::new()));
                    return out(self.add(Open::File { path, position: 0 }));
                }
                match found? {
                    Some(_) if oflags & 2 != 0 => Err(Errno::NOTDIR),
                    Some(_) => out(self.add(Open::File { path, position: 0 })),
                    None => out(self.add(Open::Dir {
                        path,
                        preopen: None,
                    })),
                }
            }
            "fd_read" => {
                let Open::File { path, position } = self.get(args[0])? else {
                    return out(0);
                };
                let bytes = self.exists(&path)?.unwrap();
                let size = (self.memory.load32(arg(1) + 4) as usize).min(bytes.len() - position);
                self.memory
                    .copy_out(self.memory.load32(arg(1)), &bytes[position..][..size]);
                self.fds.borrow_mut()[args[0] as usize] = Some(Open::File {
                    path,
                    position: position + size,
                });
                out(size as u32)
            }
            "path_filestat_get" => {
                let path = self.resolve(args[0], args[2], args[3], arg(1) & 1 != 0)?;
                let (file_type, size) = if self.links.borrow().contains_key(&path) {
                    (7, 0)
                } else {
                    match self.exists(&path)? {
                        Some(bytes) => (4, bytes.len() as u64),
                        None => (3, 0),
                    }
                };
                let fields = if self.memory.snapshot == 0 {
                    std::vec![1, 999, file_type | 1 << 32, size, 5, 6, 7]
                } else {
                    std::vec![1, 999, file_type, 1, size, 5, 6, 7]
                };
                for (index, field) in (0..).zip(fields) {
                    self.memory.store64(arg(4) + index * 8, field);
                }
                Ok(())
            }
            "path_create_directory" => {
                let path = self.path(args[0], args[1], args[2])?;
                self.parent(&path)?;
                self.file_or_dir(&path, None);
                Ok(())
            }
            "path_symlink" => {
                let path = self.path(args[2], args[3], args[4])?;
                self.parent(&path)?;
                let mut target = std::vec![0; args[1] as usize];
                self.memory.copy_in(&mut target, arg(0));
                let target = String::from_utf8(target).unwrap();
                self.links.borrow_mut().insert(path, target);
                Ok(())
            }
            "path_unlink_file" | "path_remove_directory" => {
                let path = self.path(args[0], args[1], args[2])?;
                if self.links.borrow_mut().remove(&path).is_none() {
                    self.exists(&path)?;
                }
                let below = std::format!("{path}/");
                if self
                    .files
                    .borrow()
                    .keys()
                    .any(|name| name.starts_with(&below))
                {
                    return Err(Errno::NOTEMPTY);
                }
                self.files.borrow_mut().remove(&path);
                Ok(())
            }
            "path_readlink" => {
                let path = self.path(args[0], args[1], args[2])?;
                let Some(target) = self.links.borrow().get(&path).cloned() else {
                    self.exists(&path)?;
                    return Err(Errno::INVAL);
                };
                let size = target.len().min(arg(4) as usize);
                self.memory.copy_out(arg(3), &target.as_bytes()[..size]);
                out(size as u32)
            }
            "path_filestat_set_times" => {
                let path = self.path(args[0], args[2], args[3])?;
                self.exists(&path).map(|_| ())
            }
            "path_rename" => {
                let old = self.path(args[0], args[1], args[2])?;
                let new = self.path(args[3], args[4], args[5])?;
                let bytes = self.exists(&old)?;
                self.parent(&new)?;
                self.files.borrow_mut().remove(&old);
                self.file_or_dir(&new, bytes);
                Ok(())
            }
            "path_link" => {
                let old = self.path(args[0], args[2], args[3])?;
                let new = self.path(args[4], args[5], args[6])?;
                let bytes = self.exists(&old)?;
                self.parent(&new)?;
                self.file_or_dir(&new, bytes);
                Ok(())
            }
            "fd_readdir" => {
                let Open::Dir { path, .. } = self.get(args[0])? else {
                    return Err(Errno::BADF);
                };
                let mut bytes = Vec::new();
                let first = self.first_cookie.get();
                let skip = args[3].saturating_sub(first) as usize;
                for (index, (file_type, name)) in (first + 1..).zip(self.list(&path)).skip(skip) {
                    bytes.extend(index.to_le_bytes());
                    bytes.extend((1000 + index).to_le_bytes());
                    bytes.extend((name.len() as u32).to_le_bytes());
                    bytes.extend(u32::from(file_type).to_le_bytes());
                    bytes.extend(name.as_bytes());
                }
                bytes.truncate(arg(2) as usize);
                self.memory.copy_out(arg(1), &bytes);
                out(bytes.len() as u32)
            }
            // Standard output is ready, and so is a clock without a timeout; nothing else ever is.
            "poll_oneoff" => {
                let mut ready = 0;
                let old = self.memory.snapshot == 0;
                for index in 0..arg(2) {
                    let at = arg(0) + index * if old { 56 } else { 48 };
                    let tag = self.memory.load32(at + 8) & 0xff;
                    let fd = self.memory.load32(at + 16);
                    let timeout = self.memory.load64_at(at + if old { 32 } else { 24 });
                    if tag != 0 {
                        self.polled.borrow_mut().push(fd);
                    }
                    if (tag, fd) == (2, 1) || (tag, timeout) == (0, 0) {
                        let event = arg(1) + ready * 32;
                        self.memory.set(event, &self.memory.get::<8>(at));
                        self.memory
                            .set(event + 8, &u64::from(tag << 16).to_le_bytes());
                        self.memory.set(event + 16, &[0; 16]);
                        ready += 1;
                    }
                }
                out(ready)
            }
            // A nanosecond later each time it is asked.
            "clock_time_get" => {
                let now = self.now_ns.get() + 1;
                self.now_ns.set(now);
                self.memory.store64(arg(2), now);
                Ok(())
            }
            "proc_exit" => Ok(()),
            "fd_write" if args[0] == 2 => {
                // At most 1000 bytes at once.
                let mut text = std::vec![0; self.memory.load32(arg(1) + 4).min(1000) as usize];
                self.memory.copy_in(&mut text, self.memory.load32(arg(1)));
                TOLD.with_borrow_mut(|told| told.extend(&text));
                out(text.len() as u32)
            }
            "environ_sizes_get" => self.sizes(&self.environment, arg(0), arg(1)),
            "environ_get" => self.texts(&self.environment, arg(0), arg(1)),
            "args_sizes_get" => self.sizes(&self.arguments, arg(0), arg(1)),
            "args_get" => self.texts(&self.arguments, arg(0), arg(1)),
            "sock_accept" => {
                self.get(args[0])?;
                out(self.add(Open::Stream))
            }
            _ => self.get(args[0]).map(|_| ()),
        }
    }
}

macro_rules! calls {
    ($($name:ident($($arg:ident: $type:ty),* $(,)?);)*) => {
        impl Host for Rc<FakeHost> {
            $(
                fn $name(&self, $($arg: $type),*) -> Result<()> {
                    self.call(stringify!($name), &[$($arg as u64),*])
                }
            )*
            fn clock_time_get(&self, clock: u32, precision: u64, out: u32) -> Result<()> {
                self.call("clock_time_get", &[clock.into(), precision, out.into()])
            }
            fn proc_exit(&self, code: u32) {
                if self.call("proc_exit", &[code.into()]).is_ok() {
                    std::panic!("exit {code}");
                }
            }
        }
    };
}
preview1!(calls);
