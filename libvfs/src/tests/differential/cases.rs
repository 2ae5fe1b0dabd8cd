//! What random steps found, one case each.

use super::interposer::Interposer;
use super::start::{Mount, Start};
use super::step::Step::{self, *};
use super::step::{lens, text};
use super::{Pair, unprivileged};

/// The steps come to the same on both.
fn same(mount: Mount, steps: &[Step]) {
    unprivileged(|place| {
        let start = Start::new(mount);
        let pair = Pair::new(place, &start, Interposer::new(&start));
        if let Err(what) = pair.all(steps) {
            std::panic!("{what}");
        }
    });
}

/// All rights but the one to write.
const READING: u64 = (1 << 30) - 1 - (1 << 6);

#[test]
fn what_may_not_be_asked_for_tells_nothing_of_what_is_there() {
    same(
        Mount::ReadOnly,
        &[
            SetRights {
                fd: 3,
                base: READING & 0x731_0000 | 1 << 13,
                inheriting: 2,
            },
            Open {
                fd: 3,
                flags: 0,
                path: text(b"a"),
                oflags: 0,
                base: 6,
                inheriting: 0,
                fdflags: 0,
            },
            Open {
                fd: 3,
                flags: 0,
                path: text(b"x/b/w"),
                oflags: 2,
                base: READING,
                inheriting: 0,
                fdflags: 0,
            },
            Open {
                fd: 3,
                flags: 0,
                path: text(b"a"),
                oflags: 0,
                base: 2,
                inheriting: 0,
                fdflags: 0,
            },
            Read {
                fd: 5,
                lens: lens(&[3, 100]),
            },
        ],
    );
}

#[test]
fn contradicting_flags_are_refused_before_the_path() {
    same(
        Mount::ReadOnly,
        &[
            Open {
                fd: 3,
                flags: 1,
                path: text(b"no/b"),
                oflags: 3,
                base: 2,
                inheriting: 0,
                fdflags: 0,
            },
            Open {
                fd: 3,
                flags: 1,
                path: text(b"a"),
                oflags: 6,
                base: 2,
                inheriting: 0,
                fdflags: 0,
            },
        ],
    );
}

#[test]
fn writing_nothing_moves_no_position() {
    same(
        Mount::Writable,
        &[
            Open {
                fd: 3,
                flags: 0,
                path: text(b"a"),
                oflags: 0,
                base: 66,
                inheriting: 0,
                fdflags: 1,
            },
            Write {
                fd: 5,
                lens: lens(&[0]),
                seed: 0,
            },
            Tell { fd: 5 },
            Write {
                fd: 5,
                lens: lens(&[0, 1]),
                seed: 0,
            },
            Tell { fd: 5 },
        ],
    );
}

#[test]
fn an_empty_target_is_refused_before_the_name() {
    same(
        Mount::Writable,
        &[
            Symlink {
                target: text(b""),
                fd: 3,
                path: text(b"a"),
            },
            Symlink {
                target: text(b""),
                fd: 3,
                path: text(b"new"),
            },
        ],
    );
}

#[test]
fn positions_and_lengths_are_signed() {
    const END: u64 = i64::MAX as u64;
    same(
        Mount::Writable,
        &[
            Open {
                fd: 3,
                flags: 0,
                path: text(b"a"),
                oflags: 0,
                base: 66,
                inheriting: 0,
                fdflags: 0,
            },
            Allocate {
                fd: 5,
                offset: END + 1,
                len: 1,
            },
            Allocate {
                fd: 5,
                offset: 1,
                len: END + 1,
            },
            Allocate {
                fd: 5,
                offset: END,
                len: 1,
            },
            Advise {
                fd: 5,
                offset: 0,
                len: END + 1,
                advice: 0,
            },
            Advise {
                fd: 5,
                offset: 0,
                len: END,
                advice: 0,
            },
            Pread {
                fd: 5,
                lens: lens(&[1]),
                offset: END,
            },
            Pread {
                fd: 5,
                lens: lens(&[1]),
                offset: END - 1,
            },
            Pread {
                fd: 5,
                lens: lens(&[]),
                offset: END + 1,
            },
            Pwrite {
                fd: 5,
                lens: lens(&[1]),
                seed: 0,
                offset: END,
            },
            SetSize {
                fd: 5,
                size: END + 1,
            },
        ],
    );
}

#[test]
fn a_directory_gets_another_parent_only_when_it_may_be_written_to() {
    same(
        Mount::Writable,
        &[
            Rename {
                fd: 3,
                path: text(b"r"),
                new_fd: 3,
                new_path: text(b"c/a"),
            },
            Rename {
                fd: 3,
                path: text(b"r"),
                new_fd: 3,
                new_path: text(b"z"),
            },
            Rename {
                fd: 3,
                path: text(b"b/b"),
                new_fd: 3,
                new_path: text(b"c/a"),
            },
        ],
    );
}

/// What was above it is gone as well, and its memory something else's.
#[test]
fn nothing_moves_into_a_removed_directory() {
    let mkdir = |path: &[u8]| CreateDirectory {
        fd: 3,
        path: text(path),
    };
    let rmdir = |path: &[u8]| RemoveDirectory {
        fd: 3,
        path: text(path),
    };
    let rename = |path: &[u8], new_fd| Rename {
        fd: 3,
        path: text(path),
        new_fd,
        new_path: text(b"in"),
    };
    same(
        Mount::Tmpfs,
        &[
            mkdir(b"up"),
            mkdir(b"up/down"),
            Open {
                fd: 3,
                flags: 0,
                path: text(b"up/down"),
                oflags: 2,
                base: READING,
                inheriting: 0,
                fdflags: 0,
            },
            rmdir(b"up/down"),
            rename(b"up", 5),
            rmdir(b"up"),
            Symlink {
                target: text(&[b'x'; 90]),
                fd: 3,
                path: text(b"l"),
            },
            mkdir(b"a"),
            rename(b"a", 5),
            rename(b"l", 5),
            rename(b"l/", 5),
        ],
    );
}
