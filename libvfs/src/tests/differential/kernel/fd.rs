//! Calls on descriptors.

use std::collections::BTreeMap;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::prelude::v1::*;
use std::vec;

use rustix::fs::{
    Advice, FallocateFlags, RawDir, SeekFrom, fadvise, fallocate, fdatasync, fsync, ftruncate,
    futimens, seek,
};
use rustix::io::{preadv, pwritev};

use super::path::done;
use super::table::{OF_DIRECTORY, OF_FILE, Open, What};
use super::{Kernel, Result, errno, file_type, number, times};
use crate::errno::Errno;
use crate::tests::differential::step::{Lens, Step, content};
use crate::tests::differential::system::{Answer, Entry};

impl Kernel {
    /// The answer of a call on a descriptor.
    pub(super) fn fd_call(&mut self, step: &Step) -> Result {
        match step {
            Step::Close { fd } => self.table.remove(*fd).map(|_| Answer::Done),
            Step::Renumber { from, to } => {
                self.table.renumber(*from, *to)?;
                Ok(Answer::Done)
            }
            Step::Read { fd, lens } => {
                let open = self.readable(*fd)?;
                let from = open.position();
                let bytes = open.read(lens, from)?;
                open.set_position(from + bytes.len() as u64);
                Ok(Answer::Bytes(bytes))
            }
            Step::Pread { fd, lens, offset } => {
                let open = self.readable(*fd)?;
                open.read(lens, *offset).map(Answer::Bytes)
            }
            Step::Write { fd, lens, seed } => {
                let open = self.writable(*fd, Errno::BADF)?;
                let from = if open.appends() {
                    open.end()?
                } else {
                    open.position()
                };
                let count = open.write(lens, *seed, from)?;
                // Nothing to write leaves the position where it is.
                if lens.total() > 0 {
                    open.set_position(from + count);
                }
                Ok(Answer::Number(count))
            }
            Step::Pwrite {
                fd,
                lens,
                seed,
                offset,
            } => {
                let open = self.writable(*fd, Errno::BADF)?;
                // As on Linux, which wasmtime imitates, the offset does not matter when appending; but it is looked at.
                let from = if open.appends() && *offset <= i64::MAX as u64 {
                    open.end()?
                } else {
                    *offset
                };
                open.write(lens, *seed, from).map(Answer::Number)
            }
            Step::Seek { fd, delta, whence } => {
                let open = self.file(*fd)?;
                let from = match whence {
                    0 => 0,
                    1 => open.position(),
                    2 => open.end()?,
                    _ => return Err(number(Errno::INVAL)),
                };
                let to = from.checked_add_signed(*delta);
                let to = to.ok_or(number(Errno::INVAL))?;
                open.set_position(to);
                Ok(Answer::Number(to))
            }
            Step::Tell { fd } => {
                let open = self.file(*fd)?;
                Ok(Answer::Number(open.position()))
            }
            Step::Advise {
                fd,
                offset,
                len,
                advice,
            } => {
                let advice = match advice {
                    0 => Advice::Normal,
                    1 => Advice::Sequential,
                    2 => Advice::Random,
                    3 => Advice::WillNeed,
                    4 => Advice::DontNeed,
                    5 => Advice::NoReuse,
                    _ => {
                        self.file(*fd)?;
                        return Err(number(Errno::INVAL));
                    }
                };
                let open = self.file(*fd)?;
                done(fadvise(
                    &open.fd,
                    *offset,
                    std::num::NonZeroU64::new(*len),
                    advice,
                ))
            }
            Step::Allocate { fd, offset, len } => {
                let open = self.writable(*fd, Errno::BADF)?;
                done(fallocate(&open.fd, FallocateFlags::empty(), *offset, *len))
            }
            Step::SetSize { fd, size } => {
                let open = self.writable(*fd, Errno::INVAL)?;
                done(ftruncate(&open.fd, *size))
            }
            Step::Sync { fd } => done(fsync(&self.file(*fd)?.fd)),
            Step::Datasync { fd } => done(fdatasync(&self.file(*fd)?.fd)),
            Step::Fdstat { fd } => {
                let open = self.table.get(*fd)?;
                Ok(Answer::Fdstat {
                    file_type: open.file_type(),
                    flags: open.flags,
                    base: open.rights,
                    // A directory passes everything on, whatever it was opened with.
                    inheriting: match open.what {
                        What::Directory { .. } => OF_DIRECTORY | OF_FILE,
                        What::File { .. } => 0,
                    },
                })
            }
            Step::SetFlags { fd, flags } => {
                let open = self.file(*fd)?;
                if *flags > 31 {
                    return Err(number(Errno::INVAL));
                }
                open.flags = *flags;
                Ok(Answer::Done)
            }
            // As wasmtime answers: no right is ever given up.
            Step::SetRights { fd, .. } => {
                self.table.get(*fd)?;
                Err(number(Errno::NOTSUP))
            }
            Step::Filestat { fd } => {
                let open = self.table.get(*fd)?;
                let fd = open.fd.clone();
                self.stat(&fd, b"").map(Answer::Stat)
            }
            Step::SetTimes {
                fd,
                atim,
                mtim,
                set,
            } => {
                let times = times(*atim, *mtim, *set)?;
                let open = self.table.get(*fd)?;
                done(futimens(&open.fd, &times))
            }
            Step::List { fd, .. } => {
                let (names, _) = self.directory(*fd)?.list(0, u32::MAX)?;
                let names = names.into_iter().map(|(_, name, entry)| (name, entry));
                Ok(Answer::Names(names.collect()))
            }
            Step::ListOn {
                fd,
                size,
                listing,
                back,
            } => self.list_on(*fd, *size, *listing, *back),
            _ => std::unreachable!("{step:?} is a call on a path"),
        }
    }

    /// An open file.
    fn file(&mut self, fd: u32) -> Result<&mut Open> {
        match self.table.get(fd)? {
            Open {
                what: What::Directory { .. },
                ..
            } => Err(number(Errno::BADF)),
            open => Ok(open),
        }
    }

    /// A file open for reading.
    fn readable(&mut self, fd: u32) -> Result<&mut Open> {
        match self.file(fd)? {
            Open {
                what: What::File { reads: false, .. },
                ..
            } => Err(number(Errno::BADF)),
            open => Ok(open),
        }
    }

    /// A file open for writing; what is said of one that is not.
    fn writable(&mut self, fd: u32, not: Errno) -> Result<&mut Open> {
        match self.file(fd)? {
            Open {
                what: What::File { writes: false, .. },
                ..
            } => Err(number(not)),
            open => Ok(open),
        }
    }

    fn directory(&mut self, fd: u32) -> Result<&mut Open> {
        let open = self.table.get(fd)?;
        if !matches!(open.what, What::Directory { .. }) {
            return Err(number(Errno::BADF));
        }
        Ok(open)
    }

    fn list_on(&mut self, fd: u32, size: u32, listing: u32, back: u32) -> Result {
        let open = self.directory(fd)?;
        let cookie = {
            let listing = open.listings().entry(listing).or_default();
            if std::mem::take(&mut listing.ended) {
                listing.cookies.clear();
            }
            let keep = listing.cookies.len().saturating_sub(back as usize);
            listing.cookies.truncate(keep);
            listing.cookies.last().copied().unwrap_or(0)
        };
        let (names, end) = open.list(cookie, size)?;
        let listing = open.listings().entry(listing).or_default();
        listing.ended = end;
        listing
            .cookies
            .extend(names.iter().map(|(cookie, ..)| *cookie));
        let names = names
            .into_iter()
            .map(|(_, name, entry)| (name, entry))
            .collect();
        Ok(Answer::Part { names, end })
    }
}

impl Open {
    fn file_type(&self) -> u8 {
        match self.what {
            What::Directory { .. } => 3,
            What::File { .. } => 4,
        }
    }

    fn appends(&self) -> bool {
        self.flags & 1 != 0
    }

    fn position(&self) -> u64 {
        match self.what {
            What::File { position, .. } => position,
            What::Directory { .. } => 0,
        }
    }

    fn set_position(&mut self, to: u64) {
        if let What::File { position, .. } = &mut self.what {
            *position = to;
        }
    }

    fn listings(&mut self) -> &mut BTreeMap<u32, super::table::Listing> {
        match &mut self.what {
            What::Directory { listings } => listings,
            What::File { .. } => std::unreachable!("only directories are listed"),
        }
    }

    fn end(&self) -> Result<u64> {
        seek(&self.fd, SeekFrom::End(0)).map_err(errno)
    }

    fn read(&self, lens: &Lens, offset: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![0; lens.total() as usize];
        let mut rest = &mut *bytes;
        let mut slices = Vec::new();
        for &len in &lens.0 {
            let (slice, after) = std::mem::take(&mut rest).split_at_mut(len as usize);
            slices.push(IoSliceMut::new(slice));
            rest = after;
        }
        let count = preadv(&self.fd, &mut slices, offset).map_err(errno)?;
        bytes.truncate(count);
        Ok(bytes)
    }

    fn write(&self, lens: &Lens, seed: u8, offset: u64) -> Result<u64> {
        let bytes = content(seed, lens.total());
        let mut rest = &*bytes;
        let mut slices = Vec::new();
        for &len in &lens.0 {
            let (slice, after) = rest.split_at(len as usize);
            slices.push(IoSlice::new(slice));
            rest = after;
        }
        let count = pwritev(&self.fd, &slices, offset).map_err(errno)?;
        Ok(count as u64)
    }

    /// Entries from the kernel's cookie on that fit into so many bytes as witx `dirent`s; whether that is all.
    #[allow(clippy::type_complexity, reason = "as in `Listed`")]
    fn list(&self, cookie: u64, size: u32) -> Result<(Vec<(u64, Vec<u8>, Entry)>, bool)> {
        seek(&self.fd, SeekFrom::Start(cookie)).map_err(errno)?;
        let mut buffer = [const { MaybeUninit::uninit() }; 4096];
        let mut entries = RawDir::new(&self.fd, &mut buffer);
        let (mut names, mut left) = (Vec::new(), size);
        while let Some(entry) = entries.next() {
            let entry = match entry {
                // The kernel lists nothing of a directory that was removed.
                Err(rustix::io::Errno::NOENT) => break,
                entry => entry.map_err(errno)?,
            };
            let name = entry.file_name().to_bytes();
            let len = 24 + name.len() as u32;
            if len > left {
                return Ok((names, false));
            }
            left -= len;
            let told = Entry {
                inode: entry.ino(),
                file_type: file_type(entry.file_type()),
            };
            names.push((entry.next_entry_cookie(), name.to_vec(), told));
        }
        Ok((names, left > 0))
    }
}
