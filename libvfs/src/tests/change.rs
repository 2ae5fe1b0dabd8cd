//! Changes: each is refused with the error that says most.

use std::boxed::Box;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;
use crate::fs::Vfs;

fn fixture() -> Fixture {
    let tree = Tree::new(&["/", "."])
        .file("/dir/file", b"x")
        .link("/link", "dir")
        .link("/dangling", "no")
        .file("./here", b"y");
    Fixture::beside(&tree, |host| {
        host.preopen("/data", "/h").file("/h/f", b"z");
    })
}

/// The host's `/data`, after `/` and `.`.
const DATA: u32 = 5;

#[test]
fn no_directory_is_made() {
    let mut t = fixture();
    let mkdir = Vfs::path_create_directory;
    for (path, errno) in [
        ("new", Errno::ROFS),
        ("new/", Errno::ROFS),
        ("dir/new", Errno::ROFS),
        ("dir", Errno::EXIST),
        ("dir/file", Errno::EXIST),
        ("dangling", Errno::EXIST),
        (".", Errno::EXIST),
        ("no/new", Errno::NOENT),
        ("dir/file/new", Errno::NOTDIR),
        ("", Errno::NOENT),
        ("/new", Errno::PERM),
    ] {
        assert_eq!(t.at(mkdir, 3, path), Err(errno), "{path}");
    }
    assert_eq!(t.at(mkdir, 99, "new"), Err(Errno::BADF));
}

#[test]
fn nothing_is_removed() {
    let mut t = fixture();
    for (path, unlink, rmdir) in [
        ("dir/file", Errno::ROFS, Errno::ROFS),
        ("dir/file/", Errno::ROFS, Errno::ROFS),
        ("link", Errno::ROFS, Errno::ROFS),
        ("dir", Errno::ROFS, Errno::ROFS),
        ("dir/.", Errno::ISDIR, Errno::INVAL),
        ("dir/..", Errno::ISDIR, Errno::NOTEMPTY),
        ("no", Errno::NOENT, Errno::NOENT),
        ("dir/file/x", Errno::NOTDIR, Errno::NOTDIR),
    ] {
        assert_eq!(t.at(Vfs::path_unlink_file, 3, path), Err(unlink), "{path}");
        assert_eq!(
            t.at(Vfs::path_remove_directory, 3, path),
            Err(rmdir),
            "{path}"
        );
    }
}

#[test]
fn no_symlink_is_made() {
    let mut t = fixture();
    assert_eq!(t.symlink("target", 3, "new"), Err(Errno::ROFS));
    assert_eq!(t.symlink("target", 3, "dir/file"), Err(Errno::EXIST));
    assert_eq!(t.symlink("target", 3, "dangling"), Err(Errno::EXIST));
    assert_eq!(t.symlink("target", 3, "no/new"), Err(Errno::NOENT));
}

#[test]
fn nothing_is_renamed() {
    let mut t = fixture();
    assert_eq!(t.rename((3, "dir/file"), (3, "new")), Err(Errno::ROFS));
    assert_eq!(t.rename((3, "dir/file"), (3, "link")), Err(Errno::ROFS));
    assert_eq!(t.rename((3, "dir/file"), (4, "new")), Err(Errno::ROFS));
    assert_eq!(t.rename((3, "no"), (3, "new")), Err(Errno::NOENT));
    assert_eq!(t.rename((3, "dir/file"), (3, "no/new")), Err(Errno::NOENT));
}

#[test]
fn nothing_is_hard_linked() {
    let mut t = fixture();
    assert_eq!(t.link((3, "dir/file"), (3, "new")), Err(Errno::ROFS));
    assert_eq!(t.link((3, "dir/file"), (3, "link")), Err(Errno::EXIST));
    assert_eq!(t.link((3, "no"), (3, "new")), Err(Errno::NOENT));
}

/// What calls on two names in a read-only place answer, the kernel's answers on a file system that is mounted read-only.
fn two_names<W: Faked>() {
    let tree = Tree::new(&["/"])
        .file("/dir/file", b"x")
        .link("/link", "dir");
    let image = Box::leak(tree.build().into_boxed_slice());
    let mut t = Fixture::<W>::with(image, 1, |_| {});
    for (old, new, rename, link) in [
        ("dir/file", "new", Errno::ROFS, Errno::ROFS),
        ("dir/file", "new/", Errno::ROFS, Errno::NOENT),
        ("dir/file", "dir", Errno::ROFS, Errno::EXIST),
        ("dir/file", "link/", Errno::ROFS, Errno::EXIST),
        ("dir/file", "dir/file/", Errno::ROFS, Errno::EXIST),
        ("dir/file", "no/new", Errno::NOENT, Errno::NOENT),
        ("dir/file", "dir/file/new", Errno::NOTDIR, Errno::NOTDIR),
        ("dir", "new", Errno::ROFS, Errno::ROFS),
        ("dir", "dir/new", Errno::ROFS, Errno::ROFS),
        ("dir", "new/", Errno::ROFS, Errno::NOENT),
        ("dir/.", "new", Errno::BUSY, Errno::ROFS),
        ("dir/..", "new", Errno::BUSY, Errno::ROFS),
        ("dir/file", "dir/.", Errno::BUSY, Errno::EXIST),
        ("dir/file", "dir/..", Errno::BUSY, Errno::EXIST),
        ("no/no", "new", Errno::NOENT, Errno::NOENT),
        // The kernel answers `EROFS` to the first, and does not look for it.
        ("no", "new", Errno::NOENT, Errno::NOENT),
    ] {
        assert_eq!(t.rename((3, old), (3, new)), Err(rename), "{old} {new}");
        assert_eq!(t.link((3, old), (3, new)), Err(link), "{old} {new}");
    }
}

#[test]
fn names_are_looked_at_before_a_read_only_place_is_refused() {
    two_names::<Reading>();
    two_names::<Fake>();
}

#[test]
fn between_tree_and_host_is_another_device() {
    let mut t = fixture();
    assert_eq!(t.rename((3, "dir/file"), (DATA, "new")), Err(Errno::XDEV));
    assert_eq!(t.rename((DATA, "f"), (3, "new")), Err(Errno::XDEV));
    assert_eq!(t.rename((DATA, "f"), (3, "dir/file")), Err(Errno::XDEV));
    assert_eq!(t.link((3, "dir/file"), (DATA, "new")), Err(Errno::XDEV));
    // Where nothing can be written that is told first, as by the kernel, and that a name is taken before that.
    assert_eq!(t.link((DATA, "f"), (3, "new")), Err(Errno::ROFS));
    assert_eq!(t.link((DATA, "f"), (3, "new/")), Err(Errno::NOENT));
    assert_eq!(t.link((DATA, "f"), (3, "link")), Err(Errno::EXIST));
    assert_eq!(t.link((3, "dir/file"), (DATA, "f")), Err(Errno::EXIST));
    assert_eq!(t.link((DATA, "no"), (3, "new")), Err(Errno::NOENT));
    // Inside the host it is the host's.
    t.rename((DATA, "f"), (DATA, "g")).unwrap();
    assert!(t.host.has("/h/g"));
    t.link((DATA, "g"), (DATA, "h")).unwrap();
    assert!(t.host.has("/h/h"));
}

#[test]
fn times_stay() {
    let mut t = fixture();
    let (path, len) = t.put(PATH, "dir/file");
    let set = t.vfs.path_filestat_set_times(3, 0, path, len, 1, 2, 5);
    assert_eq!(set, Err(Errno::ROFS));
    let set = t.vfs.path_filestat_set_times(3, 0, path, 2, 1, 2, 5);
    assert_eq!(set, Err(Errno::NOENT));
}

#[test]
fn a_path_too_long_to_be_lent_to_the_host_changes_no_memory() {
    let mut t = fixture();
    let long = "a/".repeat(2500);
    let before = t.memory.get::<0x3000>(1024);
    assert_eq!(t.rename((DATA, &long), (3, "new")), Err(Errno::NAMETOOLONG));
    assert_eq!(t.link((DATA, &long), (3, "new")), Err(Errno::NAMETOOLONG));
    assert!(t.memory.get(1024) == before);
}
