//! Calls on two paths: `path_rename` and `path_link`.

use super::{Place, Vfs, World, known};
use crate::errno::{Errno, Result};
use crate::host::Host;
use crate::resolve::Follow;
use crate::seam::Outside;

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
                self.arrived(answer, outside, self.outside.parent)
            }
            (Place::Host, _) => self.unless_missing(outside, Errno::XDEV),
            (_, Place::Host) => Err(Errno::XDEV),
            (Place::Tree, _) if W::WRITABLE => self.rename_name(&source),
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
        self.locate(new_fd, new_path, new_len, Follow::Name)?;
        let new = self.place;
        match (old, new) {
            (Place::Free, _) => Err(Errno::NOENT),
            (_, Place::Tree) => Err(Errno::EXIST),
            (Place::Host, Place::Host) => {
                let answer = self.on_host_with(outside, |host, path, len, fd, new, size| {
                    host.path_link(outside.fd, old_flags, path, len, fd, new, size)
                });
                self.arrived(answer, outside, self.outside.parent)
            }
            (Place::Host, _) => {
                let errno = self.linkable().err().unwrap_or(Errno::XDEV);
                self.unless_missing(outside, errno)
            }
            (_, Place::Host) => {
                let new = self.keep();
                match self.look_at(new)? {
                    Some(_) => Err(Errno::EXIST),
                    None => Err(Errno::XDEV),
                }
            }
            (Place::Tree, Place::Free) => self.link_name(node),
        }
    }

    /// What the host says of something of its own that was to get a new name, when the tree holds
    /// the directory (`parent`) that the host may lack.
    fn arrived(&mut self, answer: Result<()>, old: Outside, parent: bool) -> Result<()> {
        match answer {
            Err(Errno::NOENT | Errno::NOTDIR) if parent => self.unless_missing(old, Errno::ROFS),
            answer => answer,
        }
    }

    /// Why something of the host can't go where it should: for `errno`, or because it is not there at all.
    fn unless_missing(&mut self, old: Outside, errno: Errno) -> Result<()> {
        match self.look_at(old)? {
            Some(_) => Err(errno),
            None => Err(Errno::NOENT),
        }
    }
}
