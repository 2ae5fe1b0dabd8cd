//! Calls on two paths: `path_rename` and `path_link`.

use super::{Place, Vfs, World, known};
use crate::errno::{Errno, Result};
use crate::host::Host;
use crate::resolve::Follow;
use crate::seam::{NOWHERE, Outside};

impl<W: World> Vfs<W> {
    /// `path_rename`.
    ///
    /// # Errors
    /// `EXDEV` from the tree to the host or back, `EROFS` inside the tree.
    pub fn path_rename(
        &mut self,
        old_fd: u32,
        old_path: u32,
        old_len: u32,
        new_fd: u32,
        new_path: u32,
        new_len: u32,
    ) -> Result<()> {
        self.locate(old_fd, old_path, old_len, Follow::Name)?;
        let (old, outside) = (self.place, self.keep());
        let source = self.source();
        self.locate(new_fd, new_path, new_len, Follow::Name)?;
        let new = self.place;
        match (old, new) {
            (Place::Free, _) => Err(Errno::NOENT),
            (Place::Host, Place::Host) => {
                let answer = self.on_host_with(outside, |host, path, len, fd, new, size| {
                    host.path_rename(outside.fd, path, len, fd, new, size)
                });
                self.arrived(answer, outside)
            }
            (Place::Host, _) => self.unless_missing(outside, Errno::XDEV),
            (_, Place::Host) if !self.can_stay(source.mount()) || self.look()?.is_some() => {
                Err(Errno::XDEV)
            }
            (Place::Tree, _) if W::WRITABLE => {
                // What is one directory of both can't be moved as one.
                if source.is_dir() && outside.fd != NOWHERE && self.look_at(outside)?.is_some() {
                    return Err(Errno::XDEV);
                }
                self.rename_name(&source)
            }
            // As the kernel looks: at the names themselves first.
            (Place::Tree, _) if source.dots() || self.last_is_dots() => Err(Errno::BUSY),
            (Place::Tree, _) => Err(Errno::ROFS),
        }
    }

    /// `path_link`.
    ///
    /// # Errors
    /// `EEXIST` when the new name is taken, `EROFS` inside the tree, `EXDEV` from the tree to the host, or back to where it
    /// can be written to.
    #[allow(clippy::too_many_arguments, reason = "preview1's own signature")]
    pub fn path_link(
        &mut self,
        old_fd: u32,
        old_flags: u32,
        old_path: u32,
        old_len: u32,
        new_fd: u32,
        new_path: u32,
        new_len: u32,
    ) -> Result<()> {
        known(old_flags, 1)?;
        let follow = Follow::new(old_flags);
        self.locate(old_fd, old_path, old_len, follow)?;
        let (old, node, outside) = (self.place, self.found.id, self.keep());
        let mount = self.found.mount;
        self.locate(new_fd, new_path, new_len, Follow::Name)?;
        let new = self.place;
        match (old, new) {
            (Place::Free, _) => Err(Errno::NOENT),
            (_, Place::Tree) => Err(Errno::EXIST),
            (Place::Host, Place::Host) => {
                let answer = self.on_host_with(outside, |host, path, len, fd, new, size| {
                    host.path_link(outside.fd, old_flags, path, len, fd, new, size)
                });
                self.arrived(answer, outside)
            }
            (Place::Host, _) => {
                let errno = self.linkable().err().unwrap_or(Errno::XDEV);
                self.unless_missing(outside, errno)
            }
            (_, Place::Host) => {
                let new = self.keep();
                match self.look_at(new)? {
                    Some(_) => Err(Errno::EXIST),
                    None if self.can_stay(mount) => self.link_name(node),
                    None => Err(Errno::XDEV),
                }
            }
            (Place::Tree, Place::Free) => self.link_name(node),
        }
    }

    /// What the host says of something of its own that was to get a new name, when the tree may hold the directory that the
    /// host lacks.
    fn arrived(&mut self, answer: Result<()>, old: Outside) -> Result<()> {
        match answer {
            Err(Errno::NOENT | Errno::NOTDIR) if self.outside.parent => {
                let errno = self.takes_names().err().unwrap_or(Errno::XDEV);
                self.unless_missing(old, errno)
            }
            answer => answer,
        }
    }

    /// Whether the directory of the last name is of a mount that can be written to.
    fn takes_names(&mut self) -> Result<()> {
        if !W::WRITABLE {
            return Err(Errno::ROFS);
        }
        let mount = self.mount_of(self.last.dir)?;
        self.require_writable(mount)
    }

    /// Whether the new name, which would be the host's, can be the tree's when the host does not have it: what gets it is of
    /// this mount, which can be written to.
    fn can_stay(&self, mount: u32) -> bool {
        W::WRITABLE && self.outside.parent && self.require_writable(mount).is_ok()
    }

    /// Why something of the host can't go where it should: for `errno`, or because it is not there at all.
    fn unless_missing(&mut self, old: Outside, errno: Errno) -> Result<()> {
        match self.look_at(old)? {
            Some(_) => Err(errno),
            None => Err(Errno::NOENT),
        }
    }
}
