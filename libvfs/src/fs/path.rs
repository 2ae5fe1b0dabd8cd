//! Calls on one path: reading a symlink, times, and names made or removed.

use vfs_image::layout::TARGET_MAX;

use super::stat::check_times;
use super::{Place, Vfs, World, known};
use crate::errno::{Errno, Result};
use crate::host::Host;
use crate::program::Program;
use crate::resolve::Follow;
use crate::seam::Outside;

impl<W: World> Vfs<W> {
    /// What creating something at the host says; where the tree holds the directory that the host lacks, the tree is asked.
    fn created(
        &mut self,
        answer: Result<()>,
        make: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        match answer {
            Err(Errno::NOENT | Errno::NOTDIR) if self.outside.parent => make(self),
            answer => answer,
        }
    }

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
        self.locate(fd, path, path_len, Follow::Slash)?;
        match self.place {
            Place::Tree => {
                if !self.found.is_symlink() {
                    return Err(Errno::INVAL);
                }
                let len = self.found.size.min(buf_len);
                match self.found.record.map(|node| self.ram.target(node)) {
                    Some(Ok(text)) if W::WRITABLE => {
                        self.program.check(buf, len.into());
                        let text = text.get(..len as usize).unwrap_or_default();
                        self.program.copy_out(buf, text);
                    }
                    _ => self.answer_text(buf, len),
                }
                self.program.answer32(out, len);
                Ok(())
            }
            Place::Host if self.sees_host() && self.outside.made => {
                let len = self.read_host_link(buf_len)?;
                self.program.check(buf, len.into());
                let target = self.path.get(..len as usize).unwrap_or_default();
                self.program.copy_out(buf, target);
                self.program.answer32(out, len);
                Ok(())
            }
            Place::Host => {
                let Outside { fd, path, len, .. } = self.outside;
                self.host.path_readlink(fd, path, len, buf, buf_len, out)
            }
            Place::Free => Err(Errno::NOENT),
        }
    }

    /// `path_filestat_set_times`.
    ///
    /// # Errors
    /// `EINVAL` for flags that do not exist or exclude each other; `EROFS` in the read-only tree.
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
        self.locate(fd, path, path_len, Follow::new(flags))?;
        match self.place {
            Place::Tree => self.set_times(self.found.id, atim, mtim, set),
            Place::Host => self.on_host(0, 0, |host, fd, path, len, _| {
                host.path_filestat_set_times(fd, flags, path, len, atim, mtim, set)
            }),
            Place::Free => Err(Errno::NOENT),
        }
    }

    /// `path_create_directory`.
    ///
    /// # Errors
    /// `EEXIST` when the name is taken; `EROFS` when only the read-only tree could hold it.
    pub fn path_create_directory(&mut self, fd: u32, path: u32, path_len: u32) -> Result<()> {
        self.locate(fd, path, path_len, Follow::Name)?;
        match self.place {
            Place::Tree => Err(Errno::EXIST),
            Place::Host => {
                let answer = self.on_host(0, 0, |host, fd, path, len, _| {
                    host.path_create_directory(fd, path, len)
                });
                self.created(answer, Self::make_directory)
            }
            Place::Free => self.make_directory(),
        }
    }

    /// `path_symlink`.
    ///
    /// # Errors
    /// `EEXIST` when the name is taken; `EROFS` when only the read-only tree could hold it.
    pub fn path_symlink(
        &mut self,
        text: u32,
        text_len: u32,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result<()> {
        self.locate(fd, path, path_len, Follow::Name)?;
        let tree = self.place != Place::Host || self.outside.parent;
        match self.place {
            // The target is looked at before the name is, as on Linux.
            _ if tree && text_len == 0 => Err(Errno::NOENT),
            _ if tree && text_len > TARGET_MAX => Err(Errno::NAMETOOLONG),
            Place::Tree => Err(Errno::EXIST),
            Place::Host => {
                let target = Outside {
                    path: text,
                    len: text_len,
                    made: false,
                    ..self.outside
                };
                let answer = self.on_host_with(target, |host, target, size, fd, path, len| {
                    host.path_symlink(target, size, fd, path, len)
                });
                self.created(answer, |vfs| vfs.make_symlink(text, text_len))
            }
            Place::Free => self.make_symlink(text, text_len),
        }
    }

    /// `path_remove_directory`.
    ///
    /// # Errors
    /// `EROFS` in the read-only tree, whatever has the name; `ENOTDIR` for what is none, `ENOTEMPTY` when there is a name
    /// in it, `EBUSY` when a mount is rooted there.
    pub fn path_remove_directory(&mut self, fd: u32, path: u32, path_len: u32) -> Result<()> {
        self.locate(fd, path, path_len, Follow::Name)?;
        match self.place {
            Place::Tree => match self.last_name() {
                b"." => Err(Errno::INVAL),
                b".." => Err(Errno::NOTEMPTY),
                _ => self.remove_name(true),
            },
            Place::Host => self.on_host(0, 0, |host, fd, path, len, _| {
                host.path_remove_directory(fd, path, len)
            }),
            Place::Free => Err(Errno::NOENT),
        }
    }

    /// `path_unlink_file`.
    ///
    /// # Errors
    /// `EROFS` in the read-only tree, whatever has the name; `EISDIR` for a directory.
    pub fn path_unlink_file(&mut self, fd: u32, path: u32, path_len: u32) -> Result<()> {
        self.locate(fd, path, path_len, Follow::Name)?;
        match self.place {
            Place::Tree if self.last_is_dots() => Err(Errno::ISDIR),
            Place::Tree => self.remove_name(false),
            Place::Host => self.on_host(0, 0, |host, fd, path, len, _| {
                host.path_unlink_file(fd, path, len)
            }),
            Place::Free => Err(Errno::NOENT),
        }
    }
}
