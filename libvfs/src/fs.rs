//! The file system the program sees: [`Vfs`].
//!
//! One method per preview1 call, in the files below this one; here is what they share.

mod change;
mod env;
mod file;
mod link;
mod open;
mod path;
mod poll;
mod preopen;
mod rename;
mod saved;
mod socket;
mod stat;
mod write;

use vfs_image::layout::HOST_NONE;
use vfs_image::{Bytes, Image, NodeId, SCRATCH};

use crate::errno::{Errno, Result};
use crate::fd::{Entry, Storage, Table};
use crate::host::Host;
use crate::known::Known;
use crate::prefix::Prefix;
use crate::program::Program;
use crate::ram::{Pages, Ram};
use crate::resolve::{Follow, PATH_BUFFER, PATH_END, Text};
use crate::seam::{Elsewhere, Outside, Seam};
use crate::tree::Found;

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
    /// Where what the program writes lives.
    type Pages: Pages;
    /// Whether mounts can be written to; without it, all that writing needs is not even there.
    const WRITABLE: bool;
}

/// The file system of one program: the embedded tree, the host's directories, the descriptors.
#[repr(C)] // What is large comes last: small addresses take fewer bytes of code.
pub struct Vfs<W: World> {
    pub(crate) program: W::Program,
    pub(crate) host: W::Host,
    bytes: W::Bytes,
    /// `None` when the header is corrupt, or before [`start`](Self::start).
    pub(crate) image: Option<Image<W::Bytes>>,
    pub(crate) table: Table<W::Storage>,
    /// What the program has written.
    pub(crate) ram: Ram<W::Pages>,
    /// The node last read by [`load`](Self::load): an answer too large to hand around.
    pub(crate) found: Found,
    /// Where the path last given to [`locate`](Self::locate) leads.
    pub(crate) place: Place,
    /// The path to it at the host, if it is or may be there too.
    pub(crate) outside: Outside,
    /// Its last name.
    pub(crate) last: Last,
    /// The directory the last path led through.
    pub(crate) prefix: Prefix,
    /// Names of the image that were found.
    pub(crate) known: Known,
    pub(crate) started: bool,
    run: Run,
    /// Names of the image are compared here.
    pub(crate) scratch: [u8; SCRATCH],
    /// Where the host's directories meet the tree.
    pub(crate) seam: Seam,
    /// Paths are walked here; nothing in it outlives a call.
    pub(crate) path: Text,
    /// What of the host a program that was saved can't know.
    pub(crate) elsewhere: Elsewhere,
}

/// Which run of the program this is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    /// From its start to its end.
    Whole = 0,
    /// One whose memory is going to be saved: see [`Vfs::preinit`].
    Saved = 1,
    /// One that begins with what another has left.
    AfterSaved = 2,
}

/// Where a path leads.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)] // Takes no code to widen.
pub(crate) enum Place {
    /// To the host, by [`Vfs::outside`].
    ///
    /// (The first, because it is all zero, and a static of zeros takes no data segment.)
    Host,
    /// To the node of the embedded tree that is now [`Vfs::found`]; when that is a
    /// directory which the host may have too, [`Vfs::outside`] leads there.
    Tree,
    /// To a name that a directory of the tree does not hold, and no host beside it: see [`Vfs::last`].
    Free,
}

/// The last name of the path last given to [`locate`](Vfs::locate), unless it leads to the host.
#[derive(Clone, Copy)]
pub(crate) struct Last {
    /// The directory that holds the name, or would.
    pub(crate) dir: NodeId,
    /// Where in [`Vfs::path`] the name is; it may be `.` or `..`.
    pub(crate) start: usize,
    /// Bytes of it; 0 when the path was an absolute symlink to `/`.
    pub(crate) len: usize,
    /// Whether a slash came after it.
    pub(crate) slash: bool,
}

impl<W: World> Vfs<W> {
    /// A file system that has not looked at its world yet.
    pub const fn new(
        program: W::Program,
        host: W::Host,
        bytes: W::Bytes,
        storage: W::Storage,
        pages: W::Pages,
    ) -> Self {
        Self {
            program,
            host,
            bytes,
            image: None,
            table: Table::new(storage),
            ram: Ram::new(pages),
            found: Found {
                id: NodeId::new(0),
                mode: 0,
                nlink: 0,
                size: 0,
                time_ns: 0,
                offset: 0,
                parent: NodeId::new(0),
                mount: 0,
                record: None,
            },
            place: Place::Host,
            outside: Outside {
                fd: 0,
                path: 0,
                len: 0,
                made: false,
                parent: false,
            },
            last: Last {
                dir: NodeId::new(0),
                start: 0,
                len: 0,
                slash: false,
            },
            path: [0; PATH_BUFFER + PATH_END],
            elsewhere: Elsewhere::new(),
            scratch: [0; SCRATCH],
            prefix: Prefix::new(),
            known: Known::new(),
            seam: Seam::new(),
            started: false,
            run: Run::Whole,
        }
    }

    /// Looks at image and host when that has not happened yet; every call starts with it.
    #[inline(never)]
    pub fn start(&mut self) {
        if !self.started {
            self.open_preopens(self.bytes);
        }
    }

    /// Finds out where a path leads from the directory `fd`: see [`place`](Self::place).
    ///
    /// # Errors
    /// Those of [`walk`](Self::walk); `EBADF` when `fd` is no directory.
    #[inline(never)]
    pub(crate) fn locate(&mut self, fd: u32, path: u32, path_len: u32, how: Follow) -> Result<()> {
        match self.table.entry(fd) {
            Some(&mut Entry::Host(fd)) => {
                self.place = Place::Host;
                self.outside = Outside {
                    fd,
                    path,
                    len: path_len,
                    made: false,
                    parent: false,
                };
                Ok(())
            }
            Some(Entry::Directory(directory)) => {
                let (node, mode, host) = (directory.node, directory.mode, directory.host);
                let begin = self.begin(path, path_len)?;
                // Decided when the program is linked.
                if self.program.is_saved() && self.leads_elsewhere(fd, begin) {
                    return Ok(());
                }
                self.walk(node, mode, host, begin, how)
            }
            _ => Err(Errno::BADF),
        }
    }

    /// Whether the program can see anything of the host's file system: decided when it is linked.
    #[inline(always)]
    pub(crate) fn sees_host(&self) -> bool {
        self.program.host_policy() != HOST_NONE
    }

    /// Copies the first `len` bytes of the text that `found` points at to the program.
    #[inline(never)]
    fn answer_text(&self, to: u32, len: u32) {
        self.program.check(to, len.into());
        self.program.copy_image(to, self.found.offset, len);
    }

    /// Gives the host's descriptor that a call left at `out` a number of the program's.
    #[inline(never)]
    pub(crate) fn adopt(&mut self, out: u32) -> Result<()> {
        let host = self.program.load32(out);
        match self.table.allot() {
            Some(place) => *place = Entry::Host(host),
            None => return self.no_number(host.wrapping_add(1)),
        }
        self.program.store32(out, self.table.newest());
        Ok(())
    }

    /// There is no number for something opened: the host's descriptor behind it is closed again; `host` is its number plus one,
    /// or 0.
    pub(crate) fn no_number(&mut self, host: u32) -> Result<()> {
        if host != 0 {
            // The call fails all the same when closing fails too.
            let _ = self.host.fd_close(host.wrapping_sub(1));
        }
        Err(Errno::MFILE)
    }
}

/// Refuses flags that preview1 does not know, as hosts do.
#[inline(always)]
fn known(given: u32, known: u32) -> Result<()> {
    if given & !known == 0 {
        Ok(())
    } else {
        Err(Errno::INVAL)
    }
}
