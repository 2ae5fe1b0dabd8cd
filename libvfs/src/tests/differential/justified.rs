//! Where the interposer may answer otherwise than the kernel, and why. The list is in `libvfs/tests/README.md`, too.

use super::step::Step;

const BUSY: u32 = 10;
const EXIST: u32 = 20;
const ISDIR: u32 = 31;
const NAMETOOLONG: u32 = 37;
const NOENT: u32 = 44;
const NOTDIR: u32 = 54;
const ROFS: u32 = 69;

/// Both refuse, with different errors.
pub(super) fn refusal(step: &Step, kernel: u32, other: u32) -> bool {
    // Two things are wrong. The kernel looks at last names last, and at none in a directory that was removed;
    // here a name that is too long is told when it is seen.
    if other == NAMETOOLONG && step.paths().iter().any(|path| is_too_long(path)) {
        return true;
    }
    match step {
        // What is not there is missing. In a place mounted read-only Linux does not look; POSIX has `EROFS` for an entry that
        // is there, and `rm -f` looks again because of it.
        Step::Unlink { .. } | Step::RemoveDirectory { .. } => (kernel, other) == (ROFS, NOENT),
        // Linux says of every name with a slash after it that is to be made that it is a directory, whatever is
        // there. POSIX says `ENOTDIR` of a file, and `EEXIST` of anything that is to be made by this call.
        Step::Open { oflags, .. } => {
            oflags & 1 != 0 && kernel == ISDIR && matches!(other, NOTDIR | EXIST)
        }
        // Neither the target nor the name will do. Here the name is looked at first.
        Step::Symlink { target, .. } => is_no_target(&target.0),
        // What is renamed is missing, and the one name or the other is `.` or `..`, or nothing can be changed there.
        Step::Rename { .. } => matches!(kernel, BUSY | ROFS) && other == NOENT,
        _ => false,
    }
}

/// Whether a name in a path is longer than names may be.
fn is_too_long(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/')
        .any(|name| name.len() > 255)
}

/// Whether no symlink can have this target.
fn is_no_target(target: &[u8]) -> bool {
    target.len() >= 4096 || target.contains(&0) || std::str::from_utf8(target).is_err()
}
