//! `path_open`.

use vfs_image::{Node, NodeKind};

use super::{Place, Vfs, World};
use crate::errno::{Errno, Result};
use crate::fd::{Directory, Entry, File, Preopen};
use crate::host::Host;
use crate::program::Program;
use crate::rights::{CREATE_FILE, OF_DIRECTORY, OF_FILE, OPEN, Rights, WRITE};

const CREAT: u32 = 1;
const DIRECTORY: u32 = 2;
const EXCL: u32 = 4;
const TRUNC: u32 = 8;

/// The owner's permission to read.
const MODE_READ: u32 = 0o400;

impl<W: World> Vfs<W> {
    /// `path_open`: opens a file or directory.
    ///
    /// # Errors
    /// As POSIX says for `openat` on a read-only file system; `ENOTCAPABLE` for
    /// rights that the directory does not pass on.
    #[allow(clippy::too_many_arguments, reason = "preview1's own signature")]
    pub fn path_open(
        &mut self,
        fd: u32,
        flags: u32,
        path: u32,
        path_len: u32,
        oflags: u32,
        base: u64,
        inheriting: u64,
        fdflags: u32,
        out: u32,
    ) -> Result<()> {
        self.program.check(out, 1, 4);
        let creates = oflags & CREAT != 0;
        let parent = match self.table.get(fd)? {
            Entry::File(_) => return Err(Errno::NOTDIR),
            Entry::Directory(directory) => Some(*directory),
            _ => None,
        };
        // A new file can't be opened through a symlink.
        let follow = flags & 1 != 0 && oflags & (CREAT | EXCL) != CREAT | EXCL;
        let right = OPEN | if creates { CREATE_FILE } else { 0 };
        match (self.locate(fd, path, path_len, follow, right)?, parent) {
            (Place::Tree(node), Some(parent)) => {
                let mut entry = open_node(&node, &parent, oflags, base, inheriting, fdflags)?;
                if let (Entry::Directory(directory), Some(host)) = (&mut entry, parent.host) {
                    // The host's directory of the same path, if there is one, is united with it.
                    let opened = self.host.path_open(
                        host, flags, path, path_len, DIRECTORY, base, inheriting, 0, out,
                    );
                    directory.host = opened.ok().map(|()| self.program.load32(out));
                }
                match self.table.insert(entry) {
                    Ok(fd) => {
                        self.program.store32(out, fd);
                        Ok(())
                    }
                    Err(errno) => {
                        if let Entry::Directory(Directory { host: Some(fd), .. }) = entry {
                            let _ = self.host.fd_close(fd);
                        }
                        Err(errno)
                    }
                }
            }
            (Place::Host { fd, parent }, _) => {
                let opened = self.host.path_open(
                    fd, flags, path, path_len, oflags, base, inheriting, fdflags, out,
                );
                match opened {
                    Ok(()) => self.adopt(out),
                    // The directory is there, but only in the tree.
                    Err(Errno::NOENT) if creates && parent => Err(Errno::ROFS),
                    Err(errno) => Err(errno),
                }
            }
            _ if creates => Err(Errno::ROFS),
            _ => Err(Errno::NOENT),
        }
    }
}

/// The descriptor of a node, if it may be opened like this.
fn open_node(
    node: &Node,
    parent: &Directory,
    oflags: u32,
    base: u64,
    inheriting: u64,
    fdflags: u32,
) -> Result<Entry> {
    if oflags & DIRECTORY != 0 && oflags & (CREAT | EXCL | TRUNC) != 0 {
        return Err(Errno::INVAL);
    }
    if oflags & (CREAT | EXCL) == CREAT | EXCL {
        return Err(Errno::EXIST);
    }
    let writes = base as u32 & WRITE != 0 || oflags & TRUNC != 0;
    let entry = match node.kind {
        NodeKind::Symlink { .. } => return Err(Errno::LOOP),
        NodeKind::Directory(_) => {
            // POSIX lets `O_CREAT` open a directory no more than writing does.
            if writes || oflags & CREAT != 0 {
                return Err(Errno::ISDIR);
            }
            Entry::Directory(Directory {
                node: node.id,
                host: None,
                rights: parent.rights.pass_on(base, inheriting, OF_DIRECTORY)?,
                preopen: Preopen::No,
            })
        }
        NodeKind::File { offset } => {
            if oflags & DIRECTORY != 0 {
                return Err(Errno::NOTDIR);
            }
            // All rights are passed on at first, so a libc's request to write arrives here.
            let rights: Rights = parent.rights.pass_on(base, inheriting, OF_FILE)?;
            if writes {
                return Err(Errno::ROFS);
            }
            Entry::File(File {
                node: node.id,
                offset,
                size: node.size,
                rights,
                flags: fdflags,
                position: 0,
            })
        }
    };
    if node.mode & MODE_READ == 0 {
        return Err(Errno::ACCES);
    }
    Ok(entry)
}
