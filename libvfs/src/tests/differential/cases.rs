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

#[test]
fn a_directory_opened_without_rights_passes_everything_on() {
    let open = |fd, path, oflags, base| Open {
        fd,
        flags: 0,
        path: text(path),
        oflags,
        base,
        inheriting: 0,
        fdflags: 0,
    };
    let (read, write, read_write) = (1 << 1, 1 << 6, 1 << 1 | 1 << 6);
    same(
        Mount::Writable,
        &[
            open(3, b"x", 2, 0),
            Fdstat { fd: 5 },
            open(5, b"new", 1, read_write),
            Fdstat { fd: 6 },
            Write {
                fd: 6,
                lens: lens(&[7]),
                seed: 1,
            },
            // What is created or truncated is not written to unless that was asked for.
            open(5, b"new", 9, read),
            Write {
                fd: 7,
                lens: lens(&[7]),
                seed: 1,
            },
            SetSize { fd: 7, size: 3 },
            open(5, b"new", 0, write),
            Read {
                fd: 8,
                lens: lens(&[7]),
            },
            CreateDirectory {
                fd: 5,
                path: text(b"dir"),
            },
            Rename {
                fd: 5,
                path: text(b"new"),
                new_fd: 3,
                new_path: text(b"x/dir/new"),
            },
            SetRights {
                fd: 5,
                base: 0,
                inheriting: 0,
            },
            Unlink {
                fd: 5,
                path: text(b"dir/new"),
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
                base: 0,
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
