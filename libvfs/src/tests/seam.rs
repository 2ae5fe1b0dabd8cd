//! Paths that lead from the tree into the host's directories, and back.

use std::prelude::v1::*;
use std::vec;

use vfs_image::layout::{HOST_NONE, HOST_OVERRIDE};

use super::fixture::*;
use super::host::FakeHost;
use super::tree::Tree;
use crate::errno::Errno;
use crate::fs::Vfs;

fn tree() -> Tree {
    Tree::new(&["/"])
        .file("/etc/conf", b"tree")
        .file("/etc/only-tree", b"t")
        .file("/both/x", b"tree")
        .file("/only/file", b"t")
        .file("/name", b"tree")
        .link("/out", "theirs/deep/file")
        .link("/absolute", "/theirs/deep/file")
        .link("/up", "only/../theirs/deep")
        .link("/conf", "etc/conf")
}

fn prepare(host: &mut FakeHost) {
    host.dir("/h/theirs")
        .dir("/h/theirs/deep")
        .file("/h/theirs/deep/file", b"deep!")
        .dir("/h/both")
        .file("/h/both/y", b"yy")
        .file("/h/mine", b"mine!")
        .link("/h/in", "name")
        .link("/h/theirs/in", "../only/file")
        .link("/h/theirs/absolute", "/only/file")
        .link("/h/theirs/there", "deep/file")
        .link("/h/theirs/dir", "../only")
        .link("/h/loop", "loop")
        .link("/h/dangling", "no")
        .dir("/c")
        .file("/c/conf", b"host!")
        .file("/c/mine", b"m")
        .link("/c/out", "../only/file");
}

/// The host's `/h` beside the embedded `/`.
fn united(tree: &Tree) -> Fixture {
    Fixture::beside(tree, |host| {
        host.preopen("/", "/h");
        prepare(host);
    })
}

/// The host's `/c` at the tree's `/etc`: 4.
fn attached(tree: &Tree, name: &str) -> Fixture {
    Fixture::beside(tree, |host| {
        host.preopen(name, "/c");
        prepare(host);
    })
}

/// What a file holds, opened by this path; the program's memory is as it was.
fn cat(t: &mut Fixture, fd: u32, path: &str) -> Result<String, Errno> {
    t.put(PATH, path);
    let before = t.memory.bytes.borrow().clone();
    let file = t.open(fd, path);
    let after = t.memory.bytes.borrow().clone();
    assert!(before[..OUT as usize] == after[..OUT as usize], "{path}");
    assert!(
        before[OUT as usize + 4..] == after[OUT as usize + 4..],
        "{path}"
    );
    let file = file?;
    let text = t.read(file, 99);
    t.vfs.fd_close(file).unwrap();
    // `stat` agrees.
    let size = t.stat(fd, path).unwrap().size;
    text.inspect(|text| assert_eq!(size, text.len() as u64, "{path}"))
}

#[test]
fn dots_lead_across_the_seam_both_ways() {
    let mut t = united(&tree());
    for (path, text) in [
        ("theirs/../name", "tree"),
        ("theirs/deep/../../only/file", "t"),
        ("only/../mine", "mine!"),
        ("only/../theirs/deep/file", "deep!"),
        ("both/../both/y", "yy"),
        ("theirs/../both/../theirs/./deep//file", "deep!"),
        ("theirs/deep/../deep/file", "deep!"),
    ] {
        assert_eq!(cat(&mut t, 3, path), Ok(text.into()), "{path}");
    }
    for (path, errno) in [
        ("theirs/../no", Errno::NOENT),
        ("no/../name", Errno::NOENT),
        ("mine/../name", Errno::NOTDIR),
        ("name/../mine", Errno::NOTDIR),
        ("theirs/../../name", Errno::PERM),
        ("only/../../mine", Errno::PERM),
    ] {
        assert_eq!(cat(&mut t, 3, path), Err(errno), "{path}");
    }
}

#[test]
fn symlinks_of_the_tree_lead_to_the_host_and_its_own_stay_there() {
    let mut t = united(&tree());
    for (path, text) in [
        ("out", "deep!"),
        ("absolute", "deep!"),
        ("up/file", "deep!"),
        ("theirs/there", "deep!"),
    ] {
        assert_eq!(cat(&mut t, 3, path), Ok(text.into()), "{path}");
    }
    // Where a symlink of the host leads, it leads at the host: these names are the tree's alone.
    for path in ["in", "theirs/in", "theirs/dir/file", "theirs/dir/../name"] {
        assert_eq!(cat(&mut t, 3, path), Err(Errno::NOENT), "{path}");
    }
    assert_eq!(t.stat(3, "loop"), Err(Errno::LOOP));
    assert_eq!(t.open(3, "loop"), Err(Errno::LOOP));
    assert_eq!(t.stat(3, "dangling"), Err(Errno::NOENT));
    assert_eq!(t.lstat(3, "in").unwrap().file_type, 7);
    assert_eq!(t.lstat(3, "theirs/deep/../../in").unwrap().file_type, 7);
    assert_eq!(t.open_with(3, "in", 0, 0, R_READ, 0), Err(Errno::LOOP));
    assert_eq!(t.readlink(3, "in", 99), Ok("name".into()));
    assert_eq!(t.readlink(3, "theirs/in", 4), Ok("../o".into()));
    assert_eq!(t.readlink(3, "only/../in", 99), Ok("name".into()));
    assert_eq!(t.readlink(3, "only/../mine", 99), Err(Errno::INVAL));
    assert_eq!(
        t.readlink(3, "only/../out", 99),
        Ok("theirs/deep/file".into())
    );
}

#[test]
fn the_host_is_called_once_for_what_is_plainly_its_own() {
    let mut t = united(&tree());
    t.host.calls();
    for path in ["mine", "theirs/deep/file", "both/y"] {
        t.stat(3, path).unwrap();
        assert_eq!(t.host.calls().len(), 1, "{path}");
        t.open(3, path).unwrap();
        assert_eq!(t.host.calls().len(), 1, "{path}");
    }
    for path in ["no", "both/no"] {
        assert_eq!(t.stat(3, path), Err(Errno::NOENT));
        assert_eq!(t.open(3, path), Err(Errno::NOENT));
        assert_eq!(t.host.calls().len(), 2, "{path}");
    }
    t.stat(3, "name").unwrap();
    t.stat(3, "only").unwrap();
    assert_eq!(t.host.calls().len(), 0, "the tree's own");
}

#[test]
fn changes_find_the_same_places() {
    let mut t = united(&tree());
    t.at(Vfs::path_create_directory, 3, "only/../both/new")
        .unwrap();
    assert!(t.host.has("/h/both/new"));
    t.at(Vfs::path_create_directory, 3, "up/new/").unwrap();
    assert!(t.host.has("/h/theirs/deep/new"));
    t.symlink("some target", 3, "only/../both/link").unwrap();
    assert_eq!(t.readlink(3, "both/link", 99), Ok("some target".into()));
    t.rename((3, "only/../mine"), (3, "up/moved")).unwrap();
    assert!(t.host.has("/h/theirs/deep/moved"));
    t.rename((3, "up/moved"), (3, "mine")).unwrap();
    assert!(t.host.has("/h/mine"));
    t.link((3, "mine"), (3, "only/../both/again")).unwrap();
    assert!(t.host.has("/h/both/again"));
    t.at(Vfs::path_unlink_file, 3, "up/../../both/again")
        .unwrap();
    assert!(!t.host.has("/h/both/again"));
    let fd = t.open_with(3, "up/made", 0, CREAT, R_WRITE, 0).unwrap();
    assert!(t.host.has("/h/theirs/deep/made"));
    t.vfs.fd_close(fd).unwrap();
    let (path, len) = t.put(PATH, "up/made");
    t.vfs
        .path_filestat_set_times(3, 0, path, len, 0, 0, 1)
        .unwrap();
    // A symlink of the host is followed at the host, whatever the tree has.
    let fd = t.open_with(3, "in", FOLLOW, CREAT, R_WRITE, 0).unwrap();
    assert!(t.host.has("/h/name"));
    t.vfs.fd_close(fd).unwrap();
}

#[test]
fn something_of_the_host_can_not_go_where_only_the_tree_has_a_directory() {
    let mut t = united(&tree());
    for new in ["only/new", "theirs/../only/new"] {
        assert_eq!(t.rename((3, "mine"), (3, new)), Err(Errno::ROFS), "{new}");
        assert_eq!(t.link((3, "mine"), (3, new)), Err(Errno::ROFS), "{new}");
        assert_eq!(t.symlink("x", 3, new), Err(Errno::ROFS), "{new}");
        assert_eq!(
            t.at(Vfs::path_create_directory, 3, new),
            Err(Errno::ROFS),
            "{new}"
        );
        assert_eq!(
            t.open_with(3, new, 0, CREAT, R_WRITE, 0),
            Err(Errno::ROFS),
            "{new}"
        );
        // What is not there is missing before it is anything else.
        assert_eq!(t.rename((3, "no"), (3, new)), Err(Errno::NOENT), "{new}");
        assert_eq!(t.link((3, "no"), (3, new)), Err(Errno::NOENT), "{new}");
    }
    assert_eq!(t.rename((3, "mine"), (3, "no/new")), Err(Errno::NOENT));
    assert_eq!(t.rename((3, "name"), (3, "new")), Err(Errno::XDEV));
    assert_eq!(t.rename((3, "no"), (3, "name")), Err(Errno::NOENT));
    assert!(t.host.has("/h/mine"));
}

#[test]
fn a_host_directory_is_attached_where_the_tree_has_one() {
    for name in ["/etc", "etc", "./etc", "/etc/", "//etc"] {
        let mut t = attached(&tree(), name);
        assert_eq!(t.preopens(), ["/", name]);
        for (fd, path, text) in [
            (4, "conf", "tree"),
            (4, "only-tree", "t"),
            (4, "mine", "m"),
            (3, "etc/conf", "tree"),
            (3, "conf", "tree"),
            (3, "etc/only-tree", "t"),
            (3, "etc/mine", "m"),
            (3, "etc/../name", "tree"),
            (3, "etc/../etc/./mine", "m"),
            (3, "only/../etc/mine", "m"),
        ] {
            assert_eq!(cat(&mut t, fd, path), Ok(text.into()), "{name} {path}");
        }
        // It leads out of what the host gives, and the host follows it.
        assert_eq!(t.stat(3, "etc/out"), Err(Errno::PERM));
        assert_eq!(t.stat(3, "etc/no"), Err(Errno::NOENT));
        assert_eq!(t.stat(3, "etc"), t.stat(4, "."));
        assert_eq!(t.stat(3, "etc/"), t.stat(4, "."));
        assert_eq!(t.stat(3, "only/../etc"), t.stat(4, "."));
        let dir = t.open_dir(3, "etc").unwrap();
        for fd in [4, dir] {
            let names = [".", "..", "conf", "only-tree", "mine", "out"];
            assert_eq!(t.list(fd).unwrap(), names);
        }
        assert_eq!(cat(&mut t, dir, "mine"), Ok("m".into()));
        t.open_with(3, "etc/new", 0, CREAT, R_WRITE, 0).unwrap();
        assert!(t.host.has("/c/new"));
        // It is a mount point.
        assert_eq!(
            t.at(Vfs::path_create_directory, 3, "etc"),
            Err(Errno::EXIST)
        );
        assert!(t.at(Vfs::path_remove_directory, 3, "etc").is_err());
        // Closed, it is gone, and the host's number may stand for something else.
        t.vfs.fd_close(4).unwrap();
        assert_eq!(cat(&mut t, 3, "etc/conf"), Ok("tree".into()));
        assert_eq!(cat(&mut t, 3, "etc/mine"), Err(Errno::NOENT));
    }
}

#[test]
fn other_host_directories_stay_beside_the_tree() {
    for name in ["/name", "/no", "/etc/no", "..", "/only/../etc", "/conf"] {
        let mut t = attached(&tree(), name);
        assert_eq!(t.preopens(), ["/", name]);
        assert_eq!(cat(&mut t, 4, "conf"), Ok("host!".into()), "{name}");
        assert_eq!(cat(&mut t, 3, "etc/conf"), Ok("tree".into()), "{name}");
    }
}

#[test]
fn with_override_names_of_the_host_come_first() {
    let mut t = attached(&tree().policy(HOST_OVERRIDE), "/etc");
    assert_eq!(t.preopens(), ["/", "/etc"]);
    for (fd, path, text) in [
        (4, "conf", "host!"),
        (4, "only-tree", "t"),
        (4, "mine", "m"),
        (3, "etc/conf", "host!"),
        (3, "etc/only-tree", "t"),
        (3, "etc/mine", "m"),
        (3, "conf", "host!"),
        (3, "etc/../name", "tree"),
    ] {
        assert_eq!(cat(&mut t, fd, path), Ok(text.into()), "{path}");
    }
    assert_eq!(t.stat(3, "etc/no"), Err(Errno::NOENT));
    let dir = t.open_dir(3, "etc").unwrap();
    for fd in [4, dir] {
        let mut names = t.list(fd).unwrap();
        names.sort();
        assert_eq!(names, [".", "..", "conf", "mine", "only-tree", "out"]);
        assert_eq!(cat(&mut t, fd, "conf"), Ok("host!".into()));
        assert_eq!(cat(&mut t, fd, "only-tree"), Ok("t".into()));
    }
    // New names are the host's, and what only the tree has stays as it is.
    t.open_with(3, "etc/new", 0, CREAT, R_WRITE, 0).unwrap();
    assert!(t.host.has("/c/new"));
    assert_eq!(
        t.open_with(3, "etc/only-tree", 0, 0, R_WRITE, 0),
        Err(Errno::ROFS)
    );
    assert_eq!(t.at(Vfs::path_unlink_file, 3, "etc/conf"), Ok(()));
    assert_eq!(cat(&mut t, 3, "etc/conf"), Ok("tree".into()));
}

#[test]
fn override_works_for_a_root_and_by_component() {
    let mut t = Fixture::beside(&tree().policy(HOST_OVERRIDE), |host| {
        host.preopen("/", "/h")
            .file("/h/name", b"host!")
            .file("/h/both/x", b"xx")
            .link("/h/only", "both")
            .file("/h/etc", b"a file");
        prepare(host);
    });
    for (path, text) in [
        ("name", "host!"),
        ("both/x", "xx"),
        ("both/y", "yy"),
        ("only/y", "yy"),
        ("only/x", "xx"),
        ("in", "host!"),
        ("etc", "a file"),
    ] {
        assert_eq!(cat(&mut t, 3, path), Ok(text.into()), "{path}");
    }
    assert_eq!(t.stat(3, "only/file"), Err(Errno::NOENT));
    assert_eq!(t.stat(3, "etc/conf"), Err(Errno::NOTDIR));
    let mut names = t.list(3).unwrap();
    names.sort();
    assert_eq!(
        names,
        [
            ".", "..", "absolute", "both", "conf", "dangling", "etc", "in", "loop", "mine", "name",
            "only", "out", "theirs", "up"
        ]
    );
    // Small buffers list the same.
    for size in [48, 64, 100, 300] {
        let mut few: Vec<_> = t.list_with(3, size).unwrap();
        few.sort_by(|one, other| one.3.cmp(&other.3));
        let few: Vec<_> = few.into_iter().map(|entry| entry.3).collect();
        assert_eq!(few, names, "{size}");
    }
    // The types are those of what the names lead to.
    let types: Vec<_> = t.list_with(3, 4096).unwrap();
    let file_type = |name: &str| types.iter().find(|entry| entry.3 == name).unwrap().2;
    assert_eq!((file_type("etc"), file_type("only")), (4, 7));
    assert_eq!((file_type("both"), file_type("out")), (3, 7));
}

#[test]
fn with_none_no_descriptor_of_the_host_is_looked_at() {
    let mut t = Fixture::beside(&tree().policy(HOST_NONE), |host| {
        host.preopen("/", "/h").preopen("/etc", "/c").socket();
        prepare(host);
    });
    assert_eq!(t.host.calls(), Vec::<String>::new());
    assert_eq!(t.preopens(), ["/"]);
    assert_eq!(t.open(3, "name"), Ok(4));
    assert_eq!(t.stat(3, "mine"), Err(Errno::NOENT));
    assert_eq!(t.stat(3, "etc/mine"), Err(Errno::NOENT));
    assert_eq!(t.host.calls(), Vec::<String>::new());
    t.vfs.fd_write(1, IOVS, 0, OUT).unwrap();
    assert_eq!(t.host.calls(), ["fd_write 1"]);
}

#[test]
fn a_host_mount_is_the_host_s_directory_or_empty() {
    let tree = tree().host("/data", "");
    let mut t = united(&tree);
    assert_eq!(t.stat(3, "data").unwrap().file_type, 3);
    assert_eq!(t.stat(3, "data/mine"), Err(Errno::NOENT));
    let dir = t.open_dir(3, "data").unwrap();
    assert_eq!(t.list(dir).unwrap(), [".", ".."]);
    assert_eq!(
        t.open_with(3, "data/new", 0, CREAT, R_WRITE, 0),
        Err(Errno::ROFS)
    );
    for policy in [0, HOST_OVERRIDE] {
        let mut t = attached(&tree.clone().policy(policy), "/data");
        assert_eq!(cat(&mut t, 3, "data/conf"), Ok("host!".into()));
        assert_eq!(cat(&mut t, 3, "data/../name"), Ok("tree".into()));
    }
}

#[test]
fn nothing_of_the_host_shows_below_a_mount() {
    for tree in [tree().tmpfs("/both", None), tree().writable("/both", None)] {
        let mut t = united(&tree);
        assert_eq!(t.stat(3, "both/y"), Err(Errno::NOENT));
        assert_eq!(t.stat(3, "theirs/../both/y"), Err(Errno::NOENT));
        let dir = t.open_dir(3, "both").unwrap();
        assert!(!t.list(dir).unwrap().contains(&"y".into()));
        assert_eq!(cat(&mut t, 3, "both/../mine"), Ok("mine!".into()));
    }
}

#[test]
fn a_required_host_mount_ends_the_program_with_its_message() {
    let message = "no directory for `/data`\n".repeat(300);
    let tree = tree().host("/data", &message);
    attached(&tree, "/data");
    let ended = std::panic::catch_unwind(|| attached(&tree, "/other"));
    let panic = ended.err().unwrap();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "exit 1");
    assert_eq!(super::host::TOLD.take(), message.as_bytes());
    // A program that can't exit traps.
    let ended = std::panic::catch_unwind(|| {
        Fixture::beside(&tree, |host| {
            host.missing = vec!["proc_exit", "fd_write"];
        })
    });
    let panic = ended.err().unwrap();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"trap"));
    assert_eq!(super::host::TOLD.take(), b"");
}

#[test]
fn a_program_without_calls_to_look_still_finds_the_host_s_files() {
    let prepared = |policy: u32| {
        Fixture::beside(&tree().policy(policy), |host| {
            host.preopen("/", "/h").file("/h/name", b"host!");
            prepare(host);
            host.missing = vec!["path_filestat_get", "path_readlink"];
        })
    };
    let open = |t: &mut Fixture, path: &str| {
        let fd = t.open(3, path)?;
        t.read(fd, 9)
    };
    let mut t = prepared(0);
    for (path, text) in [
        ("mine", "mine!"),
        ("name", "tree"),
        ("theirs/deep/file", "deep!"),
        ("theirs/../name", "tree"),
        ("theirs/there", "deep!"),
    ] {
        assert_eq!(open(&mut t, path), Ok(text.into()), "{path}");
    }
    let mut t = prepared(HOST_OVERRIDE);
    for (path, text) in [("name", "host!"), ("only/file", "t"), ("mine", "mine!")] {
        assert_eq!(open(&mut t, path), Ok(text.into()), "{path}");
    }
}

#[test]
fn answers_reach_the_program_wherever_it_wants_them() {
    let mut t = united(&tree());
    let (path, len) = t.put(PATH, "only/../mine");
    // Where paths are lent to the host, and around it.
    for out in (900..9400).step_by(50) {
        let before = t.memory.bytes.borrow().clone();
        t.vfs.path_filestat_get(3, 0, path, len, out).unwrap();
        assert_eq!(t.memory.load64_at(out + 32), 5, "{out}");
        let mut after = t.memory.bytes.borrow().clone();
        let range = out as usize..out as usize + 64;
        after[range.clone()].copy_from_slice(&before[range]);
        assert!(before == after, "{out}");
        t.vfs
            .path_open(3, 0, path, len, 0, R_READ, 0, 0, out)
            .unwrap();
        t.vfs
            .fd_close(u32::from_le_bytes(t.memory.get(out)))
            .unwrap();
    }
    // So are paths: two of them, each in the other's way.
    for at in (900..9400).step_by(50) {
        t.memory.set(at, b"only/../mine");
        t.memory.set(0x8000, b"up/moved");
        t.vfs.path_rename(3, at, 12, 3, 0x8000, 8).unwrap();
        assert!(t.host.has("/h/theirs/deep/moved"), "{at}");
        t.vfs.path_rename(3, 0x8000, 8, 3, at, 12).unwrap();
        assert!(t.host.has("/h/mine"), "{at}");
        t.memory.set(at, b"target");
        t.memory.set(0x8000, b"up/link");
        t.vfs.path_symlink(at, 6, 3, 0x8000, 7).unwrap();
        assert_eq!(t.readlink(3, "up/link", 99), Ok("target".into()));
        t.at(Vfs::path_unlink_file, 3, "up/link").unwrap();
    }
}
