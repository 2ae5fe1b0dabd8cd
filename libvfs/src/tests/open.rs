//! `path_open`.

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;
use crate::rights;

fn tree() -> Tree {
    Tree::new(&["/"])
        .file("/dir/file", b"12345")
        .file("/secret", b"x")
        .mode("/secret", 0o044)
        .dir("/closed")
        .mode("/closed", 0o300)
        .link("/link", "dir/file")
        .link("/dirlink", "dir")
}

#[test]
fn numbers_are_the_lowest_free() {
    let mut t = Fixture::new(&tree());
    assert_eq!(t.open(3, "dir/file"), Ok(4));
    assert_eq!(t.open(3, "dir"), Ok(5));
    assert_eq!(t.open(5, "file"), Ok(6));
    t.vfs.fd_close(4).unwrap();
    assert_eq!(t.open(3, "link"), Ok(4));
    assert_eq!(t.open(3, "link"), Ok(7));
}

#[test]
fn asking_for_no_rights_opens_for_reading() {
    let mut t = Fixture::new(&tree());
    let fd = t.open_with(3, "dir/file", 0, 0, 0, 0).unwrap();
    assert_eq!(t.read(fd, 9), Ok("12345".into()));
    assert_eq!(t.vfs.fd_seek(fd, 0, 0, OUT), Ok(()));
}

#[test]
fn asking_for_everything_but_writing_opens_for_reading() {
    let mut t = Fixture::new(&tree());
    let all = u64::from(rights::PASSED_ON) & !R_WRITE;
    t.open_with(3, "dir/file", 0, 0, all, 0).unwrap();
    t.open_with(3, "dir", 0, DIRECTORY, all, 0).unwrap();
    t.open_with(3, "dir", 0, DIRECTORY, !R_WRITE, 0).unwrap();
}

#[test]
fn writing_is_refused_when_opening() {
    let mut t = Fixture::new(&tree());
    assert_eq!(
        t.open_with(3, "dir/file", 0, 0, R_WRITE, 0),
        Err(Errno::ROFS)
    );
    assert_eq!(
        t.open_with(3, "dir/file", 0, 0, R_READ | R_WRITE, 0),
        Err(Errno::ROFS)
    );
    assert_eq!(t.open_with(3, "dir", 0, 0, R_WRITE, 0), Err(Errno::ISDIR));
    assert_eq!(t.open_with(3, "no", 0, 0, R_WRITE, 0), Err(Errno::NOENT));
}

#[test]
fn truncating_is_refused() {
    let mut t = Fixture::new(&tree());
    assert_eq!(
        t.open_with(3, "dir/file", 0, TRUNC, R_READ, 0),
        Err(Errno::ROFS)
    );
    assert_eq!(
        t.open_with(3, "dir", 0, TRUNC, R_READ, 0),
        Err(Errno::ISDIR)
    );
    assert_eq!(t.open_with(3, "no", 0, TRUNC, R_READ, 0), Err(Errno::NOENT));
}

#[test]
fn creating_opens_what_is_there_and_nothing_else() {
    let mut t = Fixture::new(&tree());
    t.open_with(3, "dir/file", 0, CREAT, R_READ, 0).unwrap();
    assert_eq!(t.open_with(3, "new", 0, CREAT, R_READ, 0), Err(Errno::ROFS));
    assert_eq!(
        t.open_with(3, "no/new", 0, CREAT, R_READ, 0),
        Err(Errno::NOENT)
    );
    assert_eq!(
        t.open_with(3, "dir/file/new", 0, CREAT, R_READ, 0),
        Err(Errno::NOTDIR)
    );
    assert_eq!(
        t.open_with(3, "dir", 0, CREAT, R_READ, 0),
        Err(Errno::ISDIR)
    );
}

#[test]
fn creating_exclusively_finds_what_is_there() {
    let mut t = Fixture::new(&tree());
    for path in ["dir/file", "dir", "link"] {
        assert_eq!(
            t.open_with(3, path, FOLLOW, CREAT | EXCL, R_READ, 0),
            Err(Errno::EXIST),
            "{path}"
        );
    }
    assert_eq!(
        t.open_with(3, "new", 0, CREAT | EXCL, R_READ, 0),
        Err(Errno::ROFS)
    );
    // Alone the flag means nothing.
    t.open_with(3, "dir/file", 0, EXCL, R_READ, 0).unwrap();
}

#[test]
fn a_directory_can_be_asked_for() {
    let mut t = Fixture::new(&tree());
    t.open_dir(3, "dir").unwrap();
    t.open_dir(3, "dir/").unwrap();
    t.open_dir(3, "dirlink").unwrap();
    assert_eq!(t.open_dir(3, "dir/file"), Err(Errno::NOTDIR));
    assert_eq!(t.open_dir(3, "no"), Err(Errno::NOENT));
    for other in [CREAT, EXCL, TRUNC] {
        assert_eq!(
            t.open_with(3, "dir", 0, DIRECTORY | other, R_READ, 0),
            Err(Errno::INVAL)
        );
    }
}

#[test]
fn a_symlink_is_not_opened_itself() {
    let mut t = Fixture::new(&tree());
    assert_eq!(t.open_with(3, "link", 0, 0, R_READ, 0), Err(Errno::LOOP));
    assert_eq!(
        t.open_with(3, "dirlink", 0, DIRECTORY, 0, 0),
        Err(Errno::LOOP)
    );
    t.open_with(3, "dirlink/", 0, DIRECTORY, 0, 0).unwrap();
    t.open_with(3, "dirlink/file", 0, 0, R_READ, 0).unwrap();
}

#[test]
fn what_its_owner_may_not_read_is_not_opened() {
    let mut t = Fixture::new(&tree());
    assert_eq!(t.open(3, "secret"), Err(Errno::ACCES));
    assert_eq!(t.open_dir(3, "closed"), Err(Errno::ACCES));
    // Read-only comes before permission, as on Linux.
    assert_eq!(t.open_with(3, "secret", 0, 0, R_WRITE, 0), Err(Errno::ROFS));
    assert_eq!(t.stat(3, "secret").unwrap().size, 1);
}

#[test]
fn flags_for_writing_do_no_harm() {
    let mut t = Fixture::new(&tree());
    t.open_with(3, "dir/file", 0, 0, R_READ, 0x1f).unwrap();
}

#[test]
fn only_a_directory_has_paths() {
    let mut t = Fixture::new(&tree());
    let file = t.open(3, "dir/file").unwrap();
    assert_eq!(t.open(file, "x"), Err(Errno::NOTDIR));
    assert_eq!(t.stat(file, "x"), Err(Errno::BADF));
    assert_eq!(t.open(99, "x"), Err(Errno::BADF));
    assert_eq!(t.open(u32::MAX, "x"), Err(Errno::BADF));
}

#[test]
fn the_table_grows_until_memory_ends() {
    let mut t = Fixture::new(&tree());
    // Eight entries at first, doubled 19 times at most: stop well before that.
    for fd in 4..3000 {
        assert_eq!(t.open(3, "dir/file"), Ok(fd));
    }
    let mut t = Fixture::on(&tree().build(), |_| {});
    t.vfs.table.storage_mut().growths = 0;
    for fd in 4..8 {
        assert_eq!(t.open(3, "dir/file"), Ok(fd));
    }
    assert_eq!(t.open(3, "dir/file"), Err(Errno::MFILE));
    t.vfs.fd_close(6).unwrap();
    assert_eq!(t.open(3, "dir/file"), Ok(6));
}
