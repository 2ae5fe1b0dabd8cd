//! What the program wrote, laid over the image.

use vfs_image::layout::MODE_DIRECTORY;
use vfs_image::{MountKind, NodeId};

use super::Node;
use crate::errno::{Errno, Result};
use crate::fs::{Vfs, World};
use crate::host::Host;
use crate::program::Program;
use crate::tree::Found;

/// The owner's permission to write.
pub(crate) const MODE_WRITE: u32 = 0o200;

/// The clock that tells the time of day (witx `clockid`).
const REALTIME: u32 = 0;

/// 1980-01-01T00:00:00Z, in nanoseconds since the epoch.
const YEAR_1980: u64 = 315_532_800 * 1_000_000_000;

/// Times of a node by their index.
pub(crate) const MODIFIED: u32 = 0;
pub(crate) const CHANGED: u32 = 1;
pub(crate) const ACCESSED: u32 = 2;

impl<W: World> Vfs<W> {
    /// Reads a record into [`found`](Self::found).
    pub(crate) fn load_record(&mut self, node: Node) {
        let mode = self.ram.mode(node);
        let is_dir = mode & MODE_DIRECTORY != 0;
        let size = if is_dir {
            self.ram.count(node).into()
        } else {
            self.ram.size(node)
        };
        self.found = Found {
            id: self.ram.id(node),
            mode,
            nlink: self.ram.nlink(node),
            // Who needs more asks the record.
            size: u32::try_from(size).unwrap_or(u32::MAX),
            time_ns: self.ram.time(node, MODIFIED),
            offset: if is_dir { 0 } else { self.ram.offset(node) },
            parent: if is_dir {
                self.ram.parent(node)
            } else {
                self.ram.id(node)
            },
            mount: self.ram.mount(node),
            record: Some(node),
        };
    }

    /// The inode number of a node: stable, the same for hard links, never zero and never used again.
    pub(crate) fn inode(&self, id: NodeId) -> u64 {
        match self.ram.made(id) {
            Some(node) if W::WRITABLE => self.ram.inode(node),
            _ => u64::from(id.get()) + 1,
        }
    }

    /// The account of a mount that can be written to.
    ///
    /// # Errors
    /// `EROFS` when it can't; `ENOSPC`.
    fn account(&mut self, mount: u32) -> Result<u32> {
        if let Some(account) = self.ram.account_of(mount) {
            return Ok(account);
        }
        self.require_writable(mount)?;
        let limit = self.image()?.mount(mount)?.size_limit;
        self.ram.open_account(mount, limit)
    }

    /// Whether a mount can be written to.
    ///
    /// # Errors
    /// `EROFS` when not.
    pub(crate) fn require_writable(&self, mount: u32) -> Result<()> {
        if W::WRITABLE
            && mount != 0
            && matches!(
                self.image()?.mount(mount)?.kind,
                MountKind::Writable | MountKind::Tmpfs
            )
        {
            Ok(())
        } else {
            Err(Errno::ROFS)
        }
    }

    /// The record of a node of a mount that can be written to; it gets one when it has none.
    ///
    /// Whoever asks for it has to [`settle`](super::Ram::settle) it in the end.
    ///
    /// # Errors
    /// `EROFS` elsewhere; `ENOSPC`.
    pub(crate) fn record(&mut self, id: NodeId) -> Result<Node> {
        if let Some(node) = self.ram.record(id) {
            return Ok(node);
        }
        let embedded = self.image()?.node(id)?;
        let account = self.account(embedded.mount)?;
        self.ram.adopt(&embedded, account)
    }

    /// The record of a directory in which a name is about to be made or removed: see [`record`](Self::record).
    ///
    /// # Errors
    /// `EROFS`; `EACCES` without permission to write; `ENOENT` when it was removed; `ENOSPC`.
    pub(crate) fn changing(&mut self, dir: NodeId) -> Result<Node> {
        self.load(dir)?;
        self.require_writable(self.found.mount)?;
        if self.found.mode & MODE_WRITE == 0 {
            return Err(Errno::ACCES);
        }
        if self.found.nlink == 0 {
            return Err(Errno::NOENT);
        }
        self.record(dir)
    }

    /// What time it is, when the host tells: the program has to import that call.
    pub(crate) fn now(&self) -> Option<u64> {
        let at = self.program.borrowed();
        if self.program.size() < u64::from(at) + 8 {
            return None;
        }
        let saved = self.program.load64(at);
        let told = self.host.clock_time_get(REALTIME, 1, at);
        let now = self.program.load64(at);
        self.program.store64(at, saved);
        told.ok().map(|()| now)
    }

    /// The time of something new in a mount when the host does not tell the time: what the manifest gives the mount.
    ///
    /// The epoch gives way to 1980, where zip archives start: programs subtract from the times of files, and before the
    /// epoch there is none.
    pub(crate) fn time_without_clock(&self, mount: u32) -> Result<u64> {
        let image = self.image()?;
        let time_ns = image.node(image.mount(mount)?.node)?.time_ns;
        Ok(if time_ns == 0 { YEAR_1980 } else { time_ns })
    }

    /// Notes that a node changed now: what is known of it, and what is in it as well.
    pub(crate) fn touch(&mut self, node: Node, now: Option<u64>, inside: bool) {
        self.ram.change(node);
        if let Some(now) = now {
            self.ram.set_time(node, CHANGED, now);
            if inside {
                self.ram.set_time(node, MODIFIED, now);
            }
        }
    }
}
