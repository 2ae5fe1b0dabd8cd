//! Mounts: parts of the tree that follow other rules than the read-only one around them.

use crate::layout::{
    HOST_NONE, HOST_OVERRIDE, HOST_POLICY, HeaderRecord, MOUNT_HOST, MOUNT_TMPFS, MOUNT_WRITABLE,
    MountRecord, PreopenRecord,
};
use crate::{Bytes, Corrupt, Image, NodeId, Str};

/// How directories of the host meet the embedded tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostPolicy {
    /// Where both have a name, the embedded one is seen.
    Fallback,
    /// Where both have a name, the host's is seen.
    Override,
    /// The host's directories are not looked at.
    None,
}

/// What a [`Mount`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum MountKind {
    /// Embedded entries that the program may change, in memory.
    Writable = MOUNT_WRITABLE,
    /// Empty at first, in memory.
    Tmpfs = MOUNT_TMPFS,
    /// A directory that the host gives.
    Host = MOUNT_HOST,
}

/// A directory whose tree follows other rules than the read-only one around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mount {
    /// The directory it is rooted at; whether it is one, only [`Image::node`] says.
    pub node: NodeId,
    /// What it is.
    pub kind: MountKind,
    /// Bytes it may hold in memory; [`NO_LIMIT`](crate::layout::NO_LIMIT) for no limit.
    pub size_limit: u64,
    /// What to tell when the host gives no directory for it; `None` when it can do without.
    pub message: Option<Str>,
}

impl<B: Bytes> Image<B> {
    /// The header's flags; all others than [`HOST_POLICY`] and
    /// [`ENVIRONMENT_FIXED`](crate::layout::ENVIRONMENT_FIXED) are zero.
    #[inline]
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// How directories of the host meet the embedded tree.
    #[inline]
    pub fn host_policy(&self) -> HostPolicy {
        match self.flags & HOST_POLICY {
            HOST_OVERRIDE => HostPolicy::Override,
            HOST_NONE => HostPolicy::None,
            // `open` has refused the fourth value.
            _ => HostPolicy::Fallback,
        }
    }

    /// Number of mounts; they are numbered from 1.
    #[inline]
    pub fn mount_count(&self) -> u32 {
        self.mount_count
    }

    /// The mount of this number, from 1 on.
    ///
    /// # Errors
    /// [`Corrupt`] when there is no such mount, or what it says can't be.
    pub fn mount(&self, number: u32) -> Result<Mount, Corrupt> {
        let index = number.wrapping_sub(1);
        if index >= self.mount_count {
            return Err(Corrupt);
        }
        let record = MountRecord::decode(&self.record(self.mounts(), index)?);
        let kind = match record.kind {
            MOUNT_WRITABLE => MountKind::Writable,
            MOUNT_TMPFS => MountKind::Tmpfs,
            MOUNT_HOST => MountKind::Host,
            _ => return Err(Corrupt),
        };
        if record.node >= self.node_count {
            return Err(Corrupt);
        }
        let message = match record.text_size {
            0 => None,
            size => Some(self.string(record.text_offset, size)?),
        };
        Ok(Mount {
            node: NodeId::new(record.node),
            kind,
            size_limit: record.size_limit,
            message,
        })
    }

    /// Where the mounts start.
    #[inline]
    pub(crate) fn mounts(&self) -> u32 {
        // Here and in `process`: the sections end before the nodes, whose place `open` found to fit.
        (HeaderRecord::SIZE as u32)
            .wrapping_add(self.preopen_count.wrapping_mul(PreopenRecord::SIZE as u32))
    }
}
