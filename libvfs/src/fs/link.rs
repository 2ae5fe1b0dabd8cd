//! Calls on two paths: `path_rename` and `path_link`.

use super::{Place, Vfs, World, known};
use crate::errno::{Errno, Result};
use crate::host::Host;
use crate::resolve::Follow;
use crate::rights::{LINK_SOURCE, LINK_TARGET, RENAME_SOURCE, RENAME_TARGET};

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
        self.locate(old_fd, old_path, old_len, Follow::Name, RENAME_SOURCE)?;
        let old = self.place;
        let source = self.source();
        self.locate(new_fd, new_path, new_len, Follow::Name, RENAME_TARGET)?;
        let new = self.place;
        match (old, new) {
            (Place::Free, _) => Err(Errno::NOENT),
            (
                Place::Host {
                    fd: old,
                    path: old_path,
                    len: old_len,
                    ..
                },
                Place::Host {
                    fd: new,
                    path: new_path,
                    len: new_len,
                    ..
                },
            ) => self
                .host
                .path_rename(old, old_path, old_len, new, new_path, new_len),
            (Place::Host { .. }, _) | (_, Place::Host { .. }) => Err(Errno::XDEV),
            (Place::Tree, _) if W::WRITABLE => self.rename_name(&source),
            (Place::Tree, _) => Err(Errno::ROFS),
        }
    }

    /// `path_link`.
    ///
    /// # Errors
    /// `EEXIST` when the new name is taken, `EXDEV` from the tree to the host or back, `EROFS` inside the tree.
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
        self.locate(old_fd, old_path, old_len, follow, LINK_SOURCE)?;
        let (old, node) = (self.place, self.found.id);
        self.locate(new_fd, new_path, new_len, Follow::Name, LINK_TARGET)?;
        let new = self.place;
        match (old, new) {
            (Place::Free, _) => Err(Errno::NOENT),
            (_, Place::Tree) => Err(Errno::EXIST),
            (
                Place::Host {
                    fd: old,
                    path: old_path,
                    len: old_len,
                    ..
                },
                Place::Host {
                    fd: new,
                    path: new_path,
                    len: new_len,
                    ..
                },
            ) => self
                .host
                .path_link(old, old_flags, old_path, old_len, new, new_path, new_len),
            (Place::Host { .. }, _) | (_, Place::Host { .. }) => Err(Errno::XDEV),
            (Place::Tree, Place::Free) => self.link_name(node),
        }
    }
}
