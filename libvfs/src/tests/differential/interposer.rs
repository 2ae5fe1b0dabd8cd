//! The interposer's core as a system: each step is a call with arguments in a program's memory.

use std::collections::BTreeMap;
use std::prelude::v1::*;

use super::start::Start;
use super::step::{Lens, Step, content};
use super::system::{Answer, NOW, Stat, System, dirents};
use crate::errno::Errno;
use crate::fd::Entry;
use crate::tests::caught::caught;
use crate::tests::fixture::*;

/// Where buffers of data start, and bytes of room for them.
const DATA: u32 = BUF;
const ROOM: u32 = IOVS - BUF;

/// Times from here on were taken from the fake host's clock.
pub(super) const CLOCK: u64 = 3_000_000_000_000_000_000;

/// A program on the interposer.
pub(super) struct Interposer<'a, W: Faked = Fake> {
    pub(super) t: Fixture<W>,
    /// What it started from; `None` after its end.
    start: Option<&'a Start>,
    /// The cookies of the entries told so far, by descriptor and listing, and whether the end was reached.
    listings: BTreeMap<(u32, u32), (Vec<u64>, bool)>,
}

type Result<T = Answer> = crate::errno::Result<T>;

impl<'a> Interposer<'a> {
    /// A program whose tree is this.
    pub(super) fn new(start: &'a Start) -> Self {
        Self::of(start)
    }
}

impl<'a, W: Faked> Interposer<'a, W> {
    /// The same on any of the interposers.
    pub(super) fn of(start: &'a Start) -> Self {
        Self {
            t: start.fixture(),
            start: Some(start),
            listings: BTreeMap::new(),
        }
    }

    fn answer(&mut self, step: &Step) -> Result {
        if let Some(result) = self.path_call(step) {
            return result;
        }
        let vfs = &mut self.t.vfs;
        let done = match step {
            Step::Close { fd } => {
                self.t.vfs.fd_close(*fd)?;
                self.listings.retain(|(of, _), _| of != fd);
                return Ok(Answer::Done);
            }
            Step::Renumber { from, to } => {
                self.t.vfs.fd_renumber(*from, *to)?;
                self.renumber(*from, *to);
                return Ok(Answer::Done);
            }
            Step::Read { fd, lens } => {
                self.buffers(lens, None);
                self.t.vfs.fd_read(*fd, IOVS, lens.0.len() as u32, OUT)?;
                return Ok(self.data());
            }
            Step::Pread { fd, lens, offset } => {
                self.buffers(lens, None);
                let count = lens.0.len() as u32;
                self.t.vfs.fd_pread(*fd, IOVS, count, *offset, OUT)?;
                return Ok(self.data());
            }
            Step::Write { fd, lens, seed } => {
                self.buffers(lens, Some(*seed));
                self.t.vfs.fd_write(*fd, IOVS, lens.0.len() as u32, OUT)?;
                return Ok(Answer::Number(self.t.out32().into()));
            }
            Step::Pwrite {
                fd,
                lens,
                seed,
                offset,
            } => {
                self.buffers(lens, Some(*seed));
                let count = lens.0.len() as u32;
                self.t.vfs.fd_pwrite(*fd, IOVS, count, *offset, OUT)?;
                return Ok(Answer::Number(self.t.out32().into()));
            }
            Step::Seek { fd, delta, whence } => {
                vfs.fd_seek(*fd, *delta, *whence, OUT)?;
                return Ok(Answer::Number(self.t.out64()));
            }
            Step::Tell { fd } => {
                vfs.fd_tell(*fd, OUT)?;
                return Ok(Answer::Number(self.t.out64()));
            }
            Step::Advise {
                fd,
                offset,
                len,
                advice,
            } => vfs.fd_advise(*fd, *offset, *len, *advice),
            Step::Allocate { fd, offset, len } => vfs.fd_allocate(*fd, *offset, *len),
            Step::SetSize { fd, size } => vfs.fd_filestat_set_size(*fd, *size),
            Step::Sync { fd } => vfs.fd_sync(*fd),
            Step::Datasync { fd } => vfs.fd_datasync(*fd),
            Step::Fdstat { fd } => {
                vfs.fd_fdstat_get(*fd, OUT)?;
                let first = self.t.out64();
                return Ok(Answer::Fdstat {
                    file_type: first as u8,
                    flags: (first >> 16) as u32,
                    base: self.t.memory.load64_at(OUT + 8),
                    inheriting: self.t.memory.load64_at(OUT + 16),
                });
            }
            Step::SetFlags { fd, flags } => vfs.fd_fdstat_set_flags(*fd, *flags),
            Step::SetRights {
                fd,
                base,
                inheriting,
            } => vfs.fd_fdstat_set_rights(*fd, *base, *inheriting),
            Step::Filestat { fd } => {
                let stat = self.t.fstat(*fd)?;
                return Ok(told(&stat));
            }
            Step::SetTimes {
                fd,
                atim,
                mtim,
                set,
            } => vfs.fd_filestat_set_times(*fd, *atim, *mtim, *set),
            Step::List { fd, size } => return self.list(*fd, *size),
            Step::ListOn {
                fd,
                size,
                listing,
                back,
            } => {
                return self.list_on((*fd, *listing), *size, *back);
            }
            _ => std::unreachable!("{step:?} is a call on a path"),
        };
        done.map(|()| Answer::Done)
    }

    fn path_call(&mut self, step: &Step) -> Option<Result> {
        let t = &mut self.t;
        let done = match step {
            Step::Open {
                fd,
                flags,
                path,
                oflags,
                base,
                inheriting,
                fdflags,
            } => {
                let (at, len) = t.put(PATH, &path.0);
                let opened = t.vfs.path_open(
                    *fd,
                    *flags,
                    at,
                    len,
                    *oflags,
                    *base,
                    *inheriting,
                    *fdflags,
                    OUT,
                );
                return Some(opened.map(|()| Answer::Number(t.out32().into())));
            }
            Step::PathFilestat { fd, flags, path } => {
                let (at, len) = t.put(PATH, &path.0);
                let got = t.vfs.path_filestat_get(*fd, *flags, at, len, BUF);
                return Some(got.map(|()| told(&t.stat_at(BUF))));
            }
            Step::PathSetTimes {
                fd,
                flags,
                path,
                atim,
                mtim,
                set,
            } => {
                let (at, len) = t.put(PATH, &path.0);
                t.vfs
                    .path_filestat_set_times(*fd, *flags, at, len, *atim, *mtim, *set)
            }
            Step::Readlink { fd, path, size } => {
                let (at, len) = t.put(PATH, &path.0);
                let read = t.vfs.path_readlink(*fd, at, len, BUF, *size, OUT);
                return Some(read.map(|()| self.data()));
            }
            Step::CreateDirectory { fd, path } => {
                let (at, len) = t.put(PATH, &path.0);
                t.vfs.path_create_directory(*fd, at, len)
            }
            Step::RemoveDirectory { fd, path } => {
                let (at, len) = t.put(PATH, &path.0);
                t.vfs.path_remove_directory(*fd, at, len)
            }
            Step::Unlink { fd, path } => {
                let (at, len) = t.put(PATH, &path.0);
                t.vfs.path_unlink_file(*fd, at, len)
            }
            Step::Symlink { target, fd, path } => {
                let (other, other_len) = t.put(OTHER, &target.0);
                let (at, len) = t.put(PATH, &path.0);
                t.vfs.path_symlink(other, other_len, *fd, at, len)
            }
            Step::Rename {
                fd,
                path,
                new_fd,
                new_path,
            } => {
                let (at, len) = t.put(PATH, &path.0);
                let (new, new_len) = t.put(OTHER, &new_path.0);
                t.vfs.path_rename(*fd, at, len, *new_fd, new, new_len)
            }
            Step::Link {
                fd,
                flags,
                path,
                new_fd,
                new_path,
            } => {
                let (at, len) = t.put(PATH, &path.0);
                let (new, new_len) = t.put(OTHER, &new_path.0);
                t.vfs.path_link(*fd, *flags, at, len, *new_fd, new, new_len)
            }
            _ => return None,
        };
        Some(done.map(|()| Answer::Done))
    }

    /// Lays the buffers out one after the other, filled with what is to be written or with rubbish.
    fn buffers(&mut self, lens: &Lens, seed: Option<u8>) {
        let total = lens.total();
        assert!(
            total <= ROOM,
            "steps of this size have no room in the program"
        );
        let mut at = DATA;
        for (index, &len) in (0..).zip(&lens.0) {
            self.t.memory.set(IOVS + index * 8, &at.to_le_bytes());
            self.t.memory.set(IOVS + index * 8 + 4, &len.to_le_bytes());
            at += len;
        }
        match seed {
            Some(seed) => self.t.memory.set(DATA, &content(seed, total)),
            None => self.t.memory.set(DATA, &std::vec![0xee; total as usize]),
        }
    }

    /// As many bytes of the buffers as the call says it filled.
    fn data(&self) -> Answer {
        Answer::Bytes(self.t.bytes(DATA, self.t.out32()))
    }

    fn list(&mut self, fd: u32, size: u32) -> Result {
        let (mut names, mut cookie, mut size) = (BTreeMap::new(), 0, size);
        loop {
            let listed = self.read_dir(fd, size, cookie)?;
            for (next, name, entry) in listed.0.names {
                cookie = next;
                let twice = names.insert(name.clone(), entry);
                assert!(twice.is_none(), "`{}` is listed twice", name.escape_ascii());
            }
            if listed.1 {
                return Ok(Answer::Names(names));
            }
            // The next entry may not fit at all.
            size = (size + 100).min(ROOM);
        }
    }

    fn list_on(&mut self, key: (u32, u32), size: u32, back: u32) -> Result {
        // Only a directory is listed, and only then is there something to go on from.
        let (mut cookies, ended) = self.listings.get(&key).cloned().unwrap_or_default();
        if ended {
            cookies.clear();
        }
        cookies.truncate(cookies.len().saturating_sub(back as usize));
        let cookie = cookies.last().copied().unwrap_or(0);
        let (listed, end) = self.read_dir(key.0, size, cookie)?;
        cookies.extend(listed.names.iter().map(|(cookie, ..)| *cookie));
        self.listings.insert(key, (cookies, end));
        let names = listed.names.into_iter();
        Ok(Answer::Part {
            names: names.map(|(_, name, entry)| (name, entry)).collect(),
            end,
        })
    }

    /// One buffer of entries, and whether the directory has no more.
    fn read_dir(
        &mut self,
        fd: u32,
        size: u32,
        cookie: u64,
    ) -> Result<(super::system::Listed, bool)> {
        self.t.memory.set(DATA, &std::vec![0xee; size as usize + 1]);
        self.t.vfs.fd_readdir(fd, DATA, size, cookie, OUT)?;
        let used = self.t.out32();
        assert!(used <= size, "{used} of {size} bytes are filled");
        let bytes = self.t.bytes(DATA, size + 1);
        assert_eq!(bytes[size as usize], 0xee, "the buffer's end was not kept");
        let listed = dirents(&bytes[..used as usize]);
        assert!(
            !listed.cut || used == size,
            "an entry is cut before the buffer's end"
        );
        Ok((listed, used < size))
    }

    fn renumber(&mut self, from: u32, to: u32) {
        if from == to {
            return;
        }
        self.listings.retain(|(of, _), _| *of != to);
        let listings = std::mem::take(&mut self.listings);
        let renamed = listings
            .into_iter()
            .map(|((of, listing), told)| ((if of == from { to } else { of }, listing), told));
        self.listings = renamed.collect();
    }
}

impl<W: Faked> System for Interposer<'_, W> {
    fn call(&mut self, step: &Step) -> Answer {
        match caught(|| self.answer(step)) {
            Ok(answer) => {
                answer.unwrap_or_else(|failed| Answer::Refused(Errno::answer(Err(failed))))
            }
            Err(panic) => Answer::Panicked(panic.said),
        }
    }

    fn end(&mut self) -> std::result::Result<(), String> {
        let start = self.start.take();
        start.map_or(Ok(()), |start| self.drained(start))
    }

    fn is_steady(&self) -> bool {
        true
    }

    fn kind(&mut self, fd: u32) -> u8 {
        match self.t.vfs.table.entry(fd) {
            None => 0,
            Some(Entry::Directory(_)) => 3,
            Some(_) => 4,
        }
    }
}

fn told(stat: &crate::tests::fixture::Stat) -> Answer {
    let time = |ns: u64| {
        if (CLOCK..CLOCK + CLOCK / 30).contains(&ns) {
            NOW
        } else {
            ns
        }
    };
    Answer::Stat(Stat {
        inode: stat.ino,
        file_type: stat.file_type,
        nlink: stat.nlink,
        size: stat.size,
        atim: time(stat.times[0]),
        mtim: time(stat.times[1]),
        clock: [stat.times[1], stat.times[2]],
    })
}
