//! The file system the program sees: [`Vfs`].
//!
//! One method per preview1 call, in the files below this one; here is what they share.

mod file;
mod link;
mod open;
mod path;
mod poll;
mod preopen;
mod socket;
mod stat;

use vfs_image::{Bytes, Image, Node, NodeId};

pub(crate) use stat::inode;

use crate::errno::{Errno, Result};
use crate::fd::{Entry, File, Storage, Table};
use crate::host::Host;
use crate::program::Program;
use crate::resolve::PATH_BUFFER;

/// Everything outside the file system, bundled to keep signatures short.
pub trait World {
    /// The program's memory.
    type Program: Program;
    /// What runs the module.
    type Host: Host;
    /// Where the image is read from.
    type Bytes: Bytes + Copy;
    /// Where the descriptor table lives.
    type Storage: Storage;
}

/// The file system of one program: the embedded tree, the host's directories, the descriptors.
pub struct Vfs<W: World> {
    pub(crate) program: W::Program,
    pub(crate) host: W::Host,
    bytes: W::Bytes,
    /// `None` when the header is corrupt, or before [`start`](Self::start).
    pub(crate) image: Option<Image<W::Bytes>>,
    pub(crate) table: Table<W::Storage>,
    /// Paths are resolved here; nothing in it outlives a call.
    pub(crate) path: [u8; PATH_BUFFER],
    started: bool,
}

/// Where a path leads.
pub(crate) enum Place {
    /// To this node of the embedded tree.
    Tree(Node),
    /// To the host, below this descriptor of its, by the same path.
    Host {
        /// The host's number of the directory.
        fd: u32,
        /// Whether the tree holds the directory that the name would be in.
        parent: bool,
    },
    /// To a name that a directory of the tree does not hold, and no host beside it.
    Free,
}

/// What a descriptor used as a file is.
pub(crate) enum Target<'a> {
    Host(u32),
    File(&'a mut File),
}

impl<W: World> Vfs<W> {
    /// A file system that has not looked at its world yet.
    pub const fn new(
        program: W::Program,
        host: W::Host,
        bytes: W::Bytes,
        storage: W::Storage,
    ) -> Self {
        Self {
            program,
            host,
            bytes,
            image: None,
            table: Table::new(storage),
            path: [0; PATH_BUFFER],
            started: false,
        }
    }

    /// Looks at image and host when that has not happened yet; every call starts with it.
    #[inline(always)]
    pub fn start(&mut self) -> &mut Self {
        if !self.started {
            self.started = true;
            self.open_preopens(self.bytes);
        }
        self
    }

    /// A node of the image.
    pub(crate) fn node(&self, id: NodeId) -> Result<Node> {
        let image = self.image.as_ref().ok_or(Errno::IO)?;
        Ok(image.node(id)?)
    }

    /// A descriptor for a call on files: a directory is none to wasmtime's host either.
    #[inline]
    pub(crate) fn file(&mut self, fd: u32) -> Result<Target<'_>> {
        match self.table.get_mut(fd)? {
            Entry::Host(fd) => Ok(Target::Host(*fd)),
            Entry::File(file) => Ok(Target::File(file)),
            _ => Err(Errno::BADF),
        }
    }

    /// Where a path leads from the directory `fd`, which must have `right`.
    ///
    /// The embedded tree comes first; what it does not hold is the host's, when
    /// one is united with the directory.
    pub(crate) fn locate(
        &mut self,
        fd: u32,
        path: u32,
        path_len: u32,
        follow: bool,
        right: u32,
    ) -> Result<Place> {
        let directory = match self.table.get(fd)? {
            Entry::Host(fd) => {
                return Ok(Place::Host {
                    fd: *fd,
                    parent: false,
                });
            }
            Entry::Directory(directory) => directory,
            _ => return Err(Errno::BADF),
        };
        directory.rights.require(right)?;
        let host = directory.host;
        let found = self.resolve(directory.node, path, path_len, follow);
        match (found, host) {
            (Ok(Some(node)), _) => Ok(Place::Tree(node)),
            (Ok(None), None) => Ok(Place::Free),
            (Ok(None), Some(fd)) => Ok(Place::Host { fd, parent: true }),
            (Err(Errno::NOENT), Some(fd)) => Ok(Place::Host { fd, parent: false }),
            (Err(errno), _) => Err(errno),
        }
    }

    /// Gives the host's descriptor that a call left at `out` a number of the program's.
    pub(crate) fn adopt(&mut self, out: u32) -> Result<()> {
        let host = self.program.load32(out);
        match self.table.insert(Entry::Host(host)) {
            Ok(fd) => {
                self.program.store32(out, fd);
                Ok(())
            }
            Err(errno) => {
                // The call fails all the same when closing fails too.
                let _ = self.host.fd_close(host);
                Err(errno)
            }
        }
    }
}
