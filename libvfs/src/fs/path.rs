//! Calls on one path: reading a symlink, and every change a read-only tree refuses.

use super::stat::check_times;
use super::{Place, Vfs, World, known};
use crate::errno::{Errno, Result};
use crate::host::Host;
use crate::program::Program;
use crate::resolve::Follow;
use crate::rights::{
    CREATE_DIRECTORY, PATH_SET_TIMES, READLINK, REMOVE_DIRECTORY, SYMLINK, UNLINK_FILE,
};

/// What creating something at the host says, when the tree holds the directory (`parent`) the host lacks.
fn created(answer: Result<()>, parent: bool) -> Result<()> {
    match answer {
        Err(Errno::NOENT) if parent => Err(Errno::ROFS),
        answer => answer,
    }
}

impl<W: World> Vfs<W> {
    /// `path_readlink`: the target of a symlink, cut to the buffer.
    ///
    /// # Errors
    /// `EINVAL` when it is no symlink.
    pub fn path_readlink(
        &mut self,
        fd: u32,
        path: u32,
        path_len: u32,
        buf: u32,
        buf_len: u32,
        out: u32,
    ) -> Result<()> {
        self.locate(fd, path, path_len, Follow::Slash, READLINK)?;
        match self.place {
            Place::Tree => {
                if !self.found.is_symlink() {
                    return Err(Errno::INVAL);
                }
                let len = self.found.size.min(buf_len);
                self.answer_text(buf, len);
                self.program.answer32(out, len);
                Ok(())
            }
            Place::Host { fd, path, len, .. } => {
                self.host.path_readlink(fd, path, len, buf, buf_len, out)
            }
            Place::Free => Err(Errno::NOENT),
        }
    }

    /// `path_filestat_set_times`.
    ///
    /// # Errors
    /// `EINVAL` for flags that do not exist or exclude each other; `EROFS` for what is embedded.
    #[allow(clippy::too_many_arguments, reason = "preview1's own signature")]
    pub fn path_filestat_set_times(
        &mut self,
        fd: u32,
        flags: u32,
        path: u32,
        path_len: u32,
        atim: u64,
        mtim: u64,
        set: u32,
    ) -> Result<()> {
        known(flags, 1)?;
        check_times(set)?;
        self.locate(fd, path, path_len, Follow::new(flags), PATH_SET_TIMES)?;
        match self.place {
            Place::Tree => Err(Errno::ROFS),
            Place::Host { fd, path, len, .. } => self
                .host
                .path_filestat_set_times(fd, flags, path, len, atim, mtim, set),
            Place::Free => Err(Errno::NOENT),
        }
    }

    /// `path_create_directory`.
    ///
    /// # Errors
    /// `EEXIST` when the name is taken; `EROFS` when only the tree could hold it.
    pub fn path_create_directory(&mut self, fd: u32, path: u32, path_len: u32) -> Result<()> {
        self.locate(fd, path, path_len, Follow::Name, CREATE_DIRECTORY)?;
        match self.place {
            Place::Tree => Err(Errno::EXIST),
            Place::Host {
                fd,
                path,
                len,
                parent,
            } => created(self.host.path_create_directory(fd, path, len), parent),
            Place::Free => Err(Errno::ROFS),
        }
    }

    /// `path_symlink`.
    ///
    /// # Errors
    /// `EEXIST` when the name is taken; `EROFS` when only the tree could hold it.
    pub fn path_symlink(
        &mut self,
        target: u32,
        target_len: u32,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result<()> {
        self.locate(fd, path, path_len, Follow::Name, SYMLINK)?;
        match self.place {
            Place::Tree => Err(Errno::EXIST),
            Place::Host {
                fd,
                path,
                len,
                parent,
            } => created(
                self.host.path_symlink(target, target_len, fd, path, len),
                parent,
            ),
            Place::Free => Err(Errno::ROFS),
        }
    }

    /// `path_remove_directory`.
    ///
    /// # Errors
    /// `ENOTDIR` for what is none; `EROFS` for an embedded one.
    pub fn path_remove_directory(&mut self, fd: u32, path: u32, path_len: u32) -> Result<()> {
        self.locate(fd, path, path_len, Follow::Name, REMOVE_DIRECTORY)?;
        match self.place {
            Place::Tree if !self.found.is_dir() => Err(Errno::NOTDIR),
            Place::Tree => Err(Errno::ROFS),
            Place::Host { fd, path, len, .. } => self.host.path_remove_directory(fd, path, len),
            Place::Free => Err(Errno::NOENT),
        }
    }

    /// `path_unlink_file`.
    ///
    /// # Errors
    /// `EISDIR` for a directory; `EROFS` for anything else embedded.
    pub fn path_unlink_file(&mut self, fd: u32, path: u32, path_len: u32) -> Result<()> {
        self.locate(fd, path, path_len, Follow::Name, UNLINK_FILE)?;
        match self.place {
            Place::Tree if self.found.is_dir() => Err(Errno::ISDIR),
            Place::Tree if self.last.slash => Err(Errno::NOTDIR),
            Place::Tree => Err(Errno::ROFS),
            Place::Host { fd, path, len, .. } => self.host.path_unlink_file(fd, path, len),
            Place::Free => Err(Errno::NOENT),
        }
    }
}
