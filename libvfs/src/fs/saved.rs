//! A program whose memory was saved while it was bundled, and the host that runs it then.
//!
//! All of this is asked for behind [`Program::is_saved`], so that the linker leaves it out of other programs.

use vfs_image::{Image, NodeId};

use super::preopen::{FIRST, HOST_FDS_MAX};
use super::{Place, Run, Vfs, World};
use crate::fd::{Entry, Preopen};
use crate::host::Host;
use crate::program::Program;
use crate::resolve::{PATH_BUFFER, PATH_MAX};

impl<W: World> Vfs<W> {
    /// Begins a run of the program that has nothing of the host but its streams; called again, ends it. The memory is
    /// saved then, and what runs the program next looks at its host with the first call.
    pub fn preinit(&mut self) {
        self.started = !self.started;
        if self.started {
            self.run = Run::Saved;
            self.open_preopens(self.bytes);
        } else {
            self.run = Run::AfterSaved;
            self.prefix.forget();
        }
    }

    /// Whether the tree is opened in this run.
    #[inline(never)]
    pub(super) fn opens_tree(&self) -> bool {
        self.run != Run::AfterSaved
    }

    /// Whether there is a host in this run.
    #[inline(never)]
    pub(super) fn opens_host(&self) -> bool {
        self.run != Run::Saved
    }

    /// Programs that were saved do not ask for their preopens again: those that they know lead to the host, whatever it
    /// calls its own.
    #[inline(never)]
    pub(super) fn lead_preopens_on(&mut self) {
        if self.run != Run::AfterSaved {
            return;
        }
        let count = self.image.as_ref().map_or(0, Image::preopen_count);
        for index in 0..count {
            let host = self.seam.attachment(NodeId::new(index));
            if let Some(Entry::Directory(directory)) = self.table.entry(FIRST + index) {
                // It may be closed by now, and another in its place.
                let same = directory.preopen == Preopen::Embedded(index);
                directory.host = if same { host } else { 0 };
            }
        }
    }

    /// Remembers the directories of the host that have no place in the tree, for a program that does not ask for them.
    ///
    /// What is in the program's memory where the host's answers go is lost.
    #[inline(never)]
    pub(super) fn look_elsewhere(&mut self) {
        if self.run != Run::AfterSaved {
            return;
        }
        let at = self.program.borrowed();
        for fd in FIRST..HOST_FDS_MAX {
            if self.host.fd_prestat_get(fd, at).is_ok() {
                // `pr_name_len`, behind the tag and its padding.
                let name_len = self.program.load32(at + 4);
                if !self.seam.is_attached(fd + 1) {
                    self.add_elsewhere(fd, name_len);
                }
            } else if self.host.fd_fdstat_get(fd, at).is_err() {
                return;
            }
        }
    }

    fn add_elsewhere(&mut self, fd: u32, name_len: u32) {
        let at = self.program.borrowed();
        let start = PATH_BUFFER.saturating_sub(name_len as usize);
        let place = self.path.get_mut(start..PATH_BUFFER).unwrap_or_default();
        if name_len > PATH_MAX || self.host.fd_prestat_dir_name(fd, at, name_len).is_err() {
            return;
        }
        self.program.copy_in(place, at);
        let mut end = PATH_BUFFER;
        while end > start && self.path.get(end - 1) == Some(&b'/') {
            end -= 1;
        }
        let start = self.caught(start, PATH_BUFFER);
        // The tree's preopen that the program starts from: the one whose name is the longest beginning of this.
        let mut longest = None;
        let count = self.image.as_ref().map_or(0, Image::preopen_count);
        for index in 0..count {
            let Ok(size) = self.load_preopen_name(index) else {
                return;
            };
            let own = self.caught(0, size);
            let name = self.path.get(own..size).unwrap_or_default();
            let rest = self.path.get(start..end).unwrap_or_default();
            let same = name.iter().zip(rest).take_while(|(a, b)| a == b).count();
            if same == name.len()
                && (same == 0 || rest.get(same) == Some(&b'/'))
                && longest.is_none_or(|(_, before)| same >= before)
            {
                longest = Some((index, same));
            }
        }
        if let Some((index, size)) = longest {
            let rest = self.slashes_end(start + size);
            let name = self.path.get(rest..end).unwrap_or_default();
            self.elsewhere.add(index, fd + 1, name);
        }
    }

    /// Whether a path from the descriptor `fd`, from `begin` to the end of the path buffer, begins with the name of a directory
    /// of the host's that the program would start from if it had asked; it leads there then.
    #[inline(never)]
    pub(super) fn leads_elsewhere(&mut self, fd: u32, begin: usize) -> bool {
        if self.elsewhere.is_empty() {
            return false;
        }
        let Some(Entry::Directory(directory)) = self.table.entry(fd) else {
            return false;
        };
        let Preopen::Embedded(index) = directory.preopen else {
            return false;
        };
        let start = self.caught(begin, PATH_BUFFER);
        let path = self.path.get(start..PATH_BUFFER).unwrap_or_default();
        let (host, size) = self.elsewhere.find(index, path);
        if host == 0 {
            return false;
        }
        let rest = self.slashes_end(start + size);
        self.leave(host, rest, PATH_BUFFER);
        self.outside.parent = false;
        self.place = Place::Host;
        true
    }
}
