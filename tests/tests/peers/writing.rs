//! Writing: the first thing that users of today's tools ask for, and that none of them answers.

use super::check;

/// Asserts lines of the golden transcript of `guests/change`, which `change.rs` holds equal to a real directory.
#[track_caller]
fn change(section: &str, lines: &[(&str, &str)]) {
    check("change", section, lines);
}

/// Writing was refused with `ENOTSUP` everywhere, wherever the program asked.
#[test]
fn files_can_be_written() {
    change(
        "change write",
        &[
            ("write new", "5"),
            ("writev new", "9"),
            ("pwrite in the middle new", "2"),
            ("pwrite behind the end new", "1"),
            ("hole is zero", "1"),
        ],
    );
    change(
        "mount allocate",
        &[
            ("posix_fallocate in the file", "success"),
            ("posix_fallocate behind it", "success"),
            ("posix_fallocate of nothing", "inval"),
        ],
    );
    change(
        "change raw",
        &[
            ("fd_filestat_set_size", "success"),
            ("fd_filestat_set_times", "success"),
            ("path_filestat_set_times", "success"),
            ("fd_sync", "success"),
            ("fd_datasync", "success"),
            ("fd_advise", "success"),
        ],
    );
}

#[test]
fn names_can_be_changed() {
    change(
        "change raw",
        &[
            ("path_link", "success"),
            ("path_rename", "success"),
            ("path_unlink_file", "success"),
            ("path_create_directory", "success"),
            ("path_remove_directory", "success"),
            ("path_symlink", "success"),
            ("path_readlink", "success"),
        ],
    );
    change(
        "change rename",
        &[
            ("rename r/full to r/full/new", "inval"),
            ("rename r/full to r/empty2", "done"),
            ("rename r/empty to r/full", "notempty"),
            ("the inode stays", "1"),
        ],
    );
    change(
        "change hard links",
        &[
            ("link file to third", "done"),
            ("link dir to dir-link", "perm"),
        ],
    );
}

#[test]
fn new_files_can_be_polled_and_renumbered() {
    change("mount poll", &[("a file", "1, readable 1, writable 1")]);
    change(
        "change numbers",
        &[("renumber one to two", "0"), ("write one", "badf")],
    );
}

/// What is open stays, whatever happens to its name; a number that was closed leads nowhere.
#[test]
fn open_files_outlive_their_names() {
    change(
        "change unlinked while open",
        &[
            ("nlink gone", "0"),
            ("text", "STILL"),
            ("size after one close gone", "100000"),
            ("another file of that name", "1"),
            ("create in it x", "noent"),
        ],
    );
}

#[test]
fn times_move_with_changes() {
    change(
        "change times",
        &[
            ("write", "mtime of file changed 1, ctime not older 1"),
            ("read", "mtime of file changed 0, ctime not older 1"),
            ("create in it", "mtime of dir changed 1, ctime not older 1"),
        ],
    );
}

#[test]
fn listings_hold_while_names_come_and_go() {
    change(
        "mount listings that change",
        &[
            (
                "deleted while reading",
                "500 seen, 0 twice, 2 dots, 0 failed",
            ),
            ("names that stay", "400 seen once, 0 twice"),
            ("a position is kept", "1"),
        ],
    );
}
