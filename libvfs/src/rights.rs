//! Rights: what a descriptor is said to be good for (witx `rights`).
//!
//! As on the hosts of today, they are reported and never checked. A directory passes everything on; what can be done with
//! a file follows from how it was opened and from what its mount allows.

/// `fd_read`; asking for it opens a file for reading.
pub const READ: u32 = 1 << 1;

/// `fd_write`; asking for it opens a file for writing.
pub const WRITE: u32 = 1 << 6;

/// `fd_allocate` and `fd_filestat_set_size`, which need a file that is open for writing.
pub const RESIZE: u32 = 1 << 8 | 1 << 22;

/// What applies to a file: `fd_datasync` to `fd_allocate`, `fd_filestat_*` and `poll_fd_readwrite`.
pub const OF_FILE: u32 = 0x1ff | 7 << 21 | 1 << 27;

/// What applies to a directory: `path_*` and `fd_readdir`, `fd_filestat_get` and `fd_filestat_set_times`.
///
/// Not `path_filestat_set_size`, as on wasmtime: a program that sees it may insist on giving it up.
pub const OF_DIRECTORY: u32 = ((1 << 27) - (1 << 9)) & !(1 << 19 | 1 << 22);

/// What a directory passes on, whatever it was opened with: a libc asks for a file only what its directory reports here.
///
/// Not the rights to sockets: a host that is strict refuses a libc that asks for all it was told.
pub const PASSED_ON: u32 = OF_DIRECTORY | OF_FILE;

/// The rights of a file or directory that was opened with these: those that apply, and never more than were asked for.
#[inline(always)]
#[must_use]
pub fn granted(asked: u64, is_dir: bool) -> u32 {
    let asked = asked as u32;
    if is_dir {
        asked & OF_DIRECTORY
    } else if writes(asked) {
        asked & OF_FILE
    } else {
        asked & OF_FILE & !RESIZE
    }
}

/// Whether a file that was opened with these rights is open for reading: also when neither reading nor writing was
/// asked for, as on wasmtime.
#[inline(always)]
#[must_use]
pub fn reads(rights: u32) -> bool {
    rights & (READ | WRITE) != WRITE
}

/// Whether a file that was opened with these rights is open for writing.
#[inline(always)]
#[must_use]
pub fn writes(rights: u32) -> bool {
    rights & WRITE != 0
}
