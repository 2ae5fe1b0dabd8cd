//! Where the tree and the host's directories meet: which are attached where, and paths for the host.

mod elsewhere;
mod lend;

use core::ops::Range;

use vfs_image::NodeId;
use vfs_image::layout::HOST_OVERRIDE;

use crate::errno::Result;
use crate::fs::{Vfs, World};
use crate::program::Program;
use crate::resolve::PATH_MAX;

pub(crate) use elsewhere::Elsewhere;

/// Directories of the host that can be attached inside the tree.
///
/// More than that many are preopens all the same, found by their own names.
const ATTACHED_MAX: usize = 16;

/// Bytes of the larger witx `filestat`.
const FILESTAT: u32 = 64;

/// The largest answer: a symlink's target and, before it, its length.
const ANSWER_MAX: u32 = PATH_MAX + 8;

/// Bytes of the program's memory that are borrowed at most.
pub(crate) const BORROWED_MAX: u32 = PATH_MAX + ANSWER_MAX;

/// `filetype` of a directory.
pub(crate) const DIRECTORY: u32 = 3;

/// `filetype` of a symlink.
pub(crate) const SYMLINK: u32 = 7;

/// The number of no directory of the host.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// A path for the host.
#[derive(Clone, Copy)]
pub(crate) struct Outside {
    /// The host's number of the directory it starts from, or [`NOWHERE`].
    pub(crate) fd: u32,
    /// Where it starts, in the program's memory, or in [`Vfs::path`] when it was made here.
    pub(crate) path: u32,
    /// Bytes of it.
    pub(crate) len: u32,
    /// Whether it was made here, so that it has to be lent to the host.
    pub(crate) made: bool,
    /// Whether the tree holds the directory that its last name would be in.
    pub(crate) parent: bool,
}

/// What the seams need to know.
#[repr(C)] // As in `Vfs`.
pub(crate) struct Seam {
    /// Nodes, and the numbers plus one of the host's directories attached there; a 0 for none.
    attached: [(NodeId, u32); ATTACHED_MAX],
    /// How many there have been.
    count: usize,
    /// The first path of a call that has two.
    other: [u8; PATH_MAX as usize],
    /// What is in the program's memory where something is lent to the host: a place for an answer, then text.
    pub(crate) saved: [u8; BORROWED_MAX as usize],
}

impl Seam {
    /// Nothing attached.
    pub(crate) const fn new() -> Self {
        Self {
            attached: [(NodeId::new(0), 0); ATTACHED_MAX],
            count: 0,
            other: [0; PATH_MAX as usize],
            saved: [0; BORROWED_MAX as usize],
        }
    }

    /// Attaches a directory of the host to one of the tree.
    pub(crate) fn attach(&mut self, node: NodeId, host: u32) {
        if let Some(place) = self.attached.get_mut(self.count) {
            *place = (node, host);
            self.count += 1;
        }
    }

    /// The host's directory is closed.
    pub(crate) fn detach(&mut self, host: u32) {
        for place in &mut self.attached {
            if place.1 == host {
                place.1 = 0;
            }
        }
    }

    /// Whether the directory of the host with this number, plus one, is attached somewhere.
    pub(crate) fn is_attached(&self, host: u32) -> bool {
        self.attached.iter().any(|place| place.1 == host)
    }

    /// The directory of the host that is attached here: its number plus one; 0 for none. Of two it is the later: of two
    /// preopens with one name, that is the one wasi-libc takes.
    #[inline(never)]
    pub(crate) fn attachment(&self, node: NodeId) -> u32 {
        // Most programs have none, and this is asked for every directory on a path.
        let attached = self.attached.get(..self.count).unwrap_or_default();
        let place = attached
            .iter()
            .rfind(|place| place.0 == node && place.1 != 0);
        place.map_or(0, |place| place.1)
    }
}

impl<W: World> Vfs<W> {
    /// Whether the host's names come before the tree's.
    #[inline(always)]
    pub(crate) fn host_first(&self) -> bool {
        self.program.host_policy() == HOST_OVERRIDE
    }

    /// Whether a directory of the host takes the place of the one that was found, instead of being united with it: that is what
    /// a host mount is for.
    #[inline(always)]
    pub(crate) fn is_replaced(&self) -> bool {
        // Without writable mounts there are only host mounts.
        self.found.mount != 0 && self.require_writable(self.found.mount).is_err()
    }

    /// Whether what was found, which is in a mount, is the directory that it is rooted at.
    #[inline(always)]
    pub(crate) fn is_mount_root(&self) -> Result<bool> {
        Ok(self.image()?.mount(self.found.mount)?.node == self.found.id)
    }

    /// Whether the program has removed this name, so that the host's of the same name must not come to light.
    #[inline(always)]
    pub(crate) fn is_removed(&self, dir: NodeId, name: Range<usize>) -> bool {
        W::WRITABLE && !self.host_first() && {
            let name = self.path.get(name).unwrap_or_default();
            self.ram
                .find(dir, name)
                .is_some_and(|slot| self.ram.named(slot).is_none())
        }
    }
}
