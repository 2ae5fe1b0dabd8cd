//! Paths that are not the program's own text are lent to the host: put where the host can
//! read them, in the program's memory, for the length of a call.

use super::{ANSWER_MAX, DIRECTORY, FILESTAT, Outside, SYMLINK};
use crate::errno::{Errno, Result};
use crate::fs::{Vfs, World};
use crate::host::Host;
use crate::program::Program;
use crate::resolve::PATH_MAX;

impl<W: World> Vfs<W> {
    /// What the host has where the path for it leads: its `filetype`.
    #[inline(never)]
    pub(crate) fn look(&mut self) -> Result<Option<u32>> {
        let out = self.lend(0, FILESTAT);
        let Outside { fd, path, len, .. } = self.outside;
        let mut result = self.host.path_filestat_get(fd, 0, path, len, out);
        let mut file_type = self.program.load32(out + 16) & 0xff;
        // The program does not look at files, but it may open some.
        if result == Err(Errno::NOSYS) {
            file_type = DIRECTORY;
            result = self.host.path_open(fd, 0, path, len, 2, 0, 0, 0, out);
            match result {
                Ok(()) => {
                    let _ = self.host.fd_close(self.program.load32(out));
                }
                Err(Errno::LOOP) => (file_type, result) = (SYMLINK, Ok(())),
                Err(Errno::NOTDIR) => (file_type, result) = (0, Ok(())),
                Err(_) => {}
            }
        }
        self.put_back(FILESTAT);
        match result {
            Ok(()) => Ok(Some(file_type)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// What the host has where a path [kept](Self::keep) for it leads.
    pub(crate) fn look_at(&mut self, kept: Outside) -> Result<Option<u32>> {
        // What is lent is saved first, and there is room for so much.
        if kept.len > PATH_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let place = self.path.get_mut(..kept.len as usize);
        let place = place.unwrap_or_default();
        if kept.made {
            let text = self.seam.other.get(..place.len()).unwrap_or_default();
            place.copy_from_slice(text);
        } else {
            self.program.check(kept.path, kept.len.into());
            self.program.copy_in(place, kept.path);
        }
        self.outside = Outside {
            path: 0,
            made: true,
            ..kept
        };
        self.look()
    }

    /// Calls the host with the path for it: descriptor, path, its length, and where to put an answer of `size` bytes.
    #[inline(always)]
    pub(crate) fn on_host(
        &mut self,
        out: u32,
        size: u32,
        call: impl FnOnce(&W::Host, u32, u32, u32, u32) -> Result<()>,
    ) -> Result<()> {
        let mut result = Err(Errno::BADF);
        if self.sees_host() {
            let lent_out = self.lend(out, size);
            let Outside { fd, path, len, .. } = self.outside;
            result = call(&self.host, fd, path, len, lent_out);
            self.take_back(out, size);
        }
        result
    }

    /// `path_readlink` with the path for the host; the target is then at the start of the path buffer, cut to this size.
    #[inline(always)]
    pub(crate) fn read_host_link(&mut self, room: u32) -> Result<u32> {
        let out = self.lend(0, ANSWER_MAX);
        let Outside { fd, path, len, .. } = self.outside;
        let result = self
            .host
            .path_readlink(fd, path, len, out + 8, PATH_MAX, out);
        let size = self.program.load32(out).min(room).min(PATH_MAX);
        let target = self.path.get_mut(..size as usize).unwrap_or_default();
        self.program.copy_in(target, out + 8);
        self.put_back(ANSWER_MAX);
        result.map(|()| size)
    }

    /// Calls the host with two texts: one of the program's or of an earlier [`keep`](Self::keep), and the path for it.
    #[inline(always)]
    pub(crate) fn on_host_with(
        &mut self,
        first: Outside,
        call: impl FnOnce(&W::Host, u32, u32, u32, u32, u32) -> Result<()>,
    ) -> Result<()> {
        let mut result = Err(Errno::BADF);
        if self.sees_host() {
            let first_path = self.lend_both(first)?;
            let Outside { fd, path, len, .. } = self.outside;
            result = call(&self.host, first_path, first.len, fd, path, len);
            if self.outside.made {
                self.put_back(first.len);
            }
        }
        result
    }

    /// Keeps the path for the host while another is looked up.
    #[inline(never)]
    pub(crate) fn keep(&mut self) -> Outside {
        let kept = self.outside;
        if kept.made {
            let text = self.path.get(kept.path as usize..).unwrap_or_default();
            let text = text.get(..kept.len as usize).unwrap_or_default();
            if let Some(place) = self.seam.other.get_mut(..text.len()) {
                place.copy_from_slice(text);
            }
        }
        kept
    }

    /// Lends the host the first of two texts, unless both are the program's own; where it is then.
    ///
    /// When one is lent, so is the other: it might lie where that one goes.
    #[inline(never)]
    fn lend_both(&mut self, first: Outside) -> Result<u32> {
        let second = self.outside;
        if !first.made && !second.made {
            return Ok(first.path);
        }
        self.program
            .check(first.path, if first.made { 0 } else { first.len.into() });
        self.program
            .check(second.path, if second.made { 0 } else { second.len.into() });
        if first.len.max(second.len) > PATH_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let len = first.len as usize;
        let text = self.seam.other.get_mut(..len).unwrap_or_default();
        if !first.made {
            self.program.copy_in(text, first.path);
        }
        if !second.made {
            let place = self.path.get_mut(..second.len as usize);
            self.program.copy_in(place.unwrap_or_default(), second.path);
            self.outside.path = 0;
            self.outside.made = true;
        }
        let at = self.lend(0, first.len);
        let text = self.seam.other.get(..len).unwrap_or_default();
        self.program.copy_out(at, text);
        Ok(at)
    }

    /// Lends the path to the host when it was made here, and a place for an answer, which it returns.
    #[inline(never)]
    fn lend(&mut self, out: u32, size: u32) -> u32 {
        let Outside {
            path, len, made, ..
        } = self.outside;
        if !made {
            return out;
        }
        let saved = self.seam.saved.get_mut(..(size + len) as usize);
        self.program
            .copy_in(saved.unwrap_or_default(), self.program.borrowed());
        let path = self.path.get(path as usize..).unwrap_or_default();
        let path = path.get(..len as usize).unwrap_or_default();
        self.outside.path = self.program.borrowed() + size;
        self.program.copy_out(self.program.borrowed() + size, path);
        self.program.borrowed()
    }

    /// Puts back what was where something was lent.
    #[inline(never)]
    fn put_back(&mut self, size: u32) {
        let size = size + self.outside.len;
        let saved = self.seam.saved.get(..size as usize).unwrap_or_default();
        self.program.copy_out(self.program.borrowed(), saved);
    }

    /// The same, and hands the program the answer that was there meanwhile.
    #[inline(never)]
    fn take_back(&mut self, out: u32, size: u32) {
        if self.outside.made {
            self.program.check(out, size.into());
            // The path buffer has served.
            let answer = self.path.get_mut(..size as usize).unwrap_or_default();
            self.program.copy_in(answer, self.program.borrowed());
            self.put_back(size);
            let answer = self.path.get(..size as usize).unwrap_or_default();
            self.program.copy_out(out, answer);
        }
    }
}
