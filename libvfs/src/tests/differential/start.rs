//! The tree that a program finds: once as files below a temporary directory, once as an image.

use std::format;
use std::path::{Path, PathBuf};
use std::prelude::v1::*;

use rustix::fd::OwnedFd;
use rustix::fs::{
    AtFlags, Mode, OFlags, Timespec, Timestamps, chmodat, linkat, mkdirat, open, openat, symlinkat,
    unlinkat, utimensat,
};
use tempfile::TempDir;

use super::step::content;
use crate::tests::fixture::{Faked, Fixture};
use crate::tests::tree::{TIME, Tree};

/// Which kind of mount the program's `/` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mount {
    /// Empty at first.
    Tmpfs,
    /// The embedded tree, as it is: no mount at all.
    ReadOnly,
    /// The embedded tree, which the program changes.
    Writable,
}

/// A tree to start from.
pub(super) struct Start {
    pub(super) mount: Mount,
    image: &'static [u8],
}

/// Something of the embedded tree.
enum Item {
    Dir(u32),
    File(u32, u32),
    Link(&'static str),
    Hard(&'static str),
}

/// The embedded tree: the names that steps use, every kind of file, contents that end inside and at
/// the end of blocks, and permissions that refuse.
const TREE: &[(&str, Item)] = &[
    ("a", Item::File(0o644, 5)),
    ("b", Item::Dir(0o755)),
    ("b/a", Item::File(0o644, 4096)),
    ("b/b", Item::Dir(0o755)),
    ("b/b/a", Item::File(0o644, 12_345)),
    ("b/b/b", Item::Link("../a")),
    ("b/b/c", Item::Dir(0o755)),
    ("b/c", Item::Hard("a")),
    ("b/d", Item::Link("/b/b")),
    ("b/e", Item::File(0o444, 100)),
    ("c", Item::Dir(0o755)),
    ("c/a", Item::Dir(0o755)),
    ("c/b", Item::Link("../../..")),
    ("c/c", Item::File(0o644, 0)),
    ("c/x", Item::Hard("b/b/a")),
    ("d", Item::Link("b")),
    ("e", Item::Link("missing")),
    ("l", Item::Link("l")),
    ("r", Item::Dir(0o555)),
    ("r/a", Item::File(0o644, 8192)),
    ("r/b", Item::Dir(0o755)),
    ("w", Item::Dir(0o333)),
    ("w/a", Item::File(0o200, 10)),
    ("w/b", Item::File(0o000, 10)),
    ("s", Item::Dir(0o644)),
    ("s/a", Item::File(0o644, 3)),
];

impl Start {
    /// The image is made once; programs start from it as often as needed.
    pub(super) fn new(mount: Mount) -> Self {
        let mut tree = Tree::new(&["/"]);
        if mount != Mount::Tmpfs {
            for (path, item) in TREE {
                let at = format!("/{path}");
                tree = match item {
                    Item::Dir(mode) => tree.dir(&at).mode(&at, *mode),
                    Item::File(mode, size) => tree
                        .file(&at, &content(path.len() as u8, *size))
                        .mode(&at, *mode),
                    Item::Link(target) => tree.link(&at, target),
                    Item::Hard(of) => tree.hard(&at, &format!("/{of}")),
                };
            }
        }
        let tree = match mount {
            Mount::ReadOnly => tree,
            Mount::Tmpfs => tree.tmpfs("/", None),
            Mount::Writable => tree.writable("/", None),
        };
        Self {
            mount,
            image: Box::leak(tree.build().into_boxed_slice()),
        }
    }

    /// A program that finds the image.
    pub(super) fn fixture<W: Faked>(&self) -> Fixture<W> {
        Fixture::with(self.image, 1, |host| {
            host.now_ns.set(super::interposer::CLOCK)
        })
    }

    /// The same tree as files, in a new directory below `place`.
    pub(super) fn files(&self, place: &Place) -> Below {
        let below = Below::new(place);
        if self.mount != Mount::Tmpfs {
            let fd = below.fd();
            for (path, item) in TREE {
                match item {
                    Item::Dir(_) => mkdirat(&fd, *path, Mode::from(0o755)).unwrap(),
                    Item::File(_, size) => {
                        let how = OFlags::CREATE | OFlags::WRONLY;
                        let file = openat(&fd, *path, how, Mode::from(0o644)).unwrap();
                        let bytes = content(path.len() as u8, *size);
                        assert_eq!(rustix::io::write(&file, &bytes).unwrap(), bytes.len());
                    }
                    Item::Link(target) => symlinkat(*target, &fd, *path).unwrap(),
                    Item::Hard(of) => linkat(&fd, *of, &fd, *path, AtFlags::empty()).unwrap(),
                }
            }
            // What is below first: permissions are in the way later, and new names change times.
            for (path, item) in TREE.iter().rev() {
                set_time(&fd, path);
                if let Item::Dir(mode) | Item::File(mode, _) = item {
                    chmodat(&fd, *path, Mode::from(*mode), AtFlags::empty()).unwrap();
                }
            }
            set_time(&fd, ".");
        } else {
            set_time(&below.fd(), ".");
        }
        below
    }
}

fn set_time(fd: &OwnedFd, path: &str) {
    let time = Timespec {
        tv_sec: (TIME / 1_000_000_000) as i64,
        tv_nsec: (TIME % 1_000_000_000) as _,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    utimensat(fd, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// Where files are kept: in memory when the machine has such a place, because inode numbers are never
/// used again there and directories count their subdirectories.
pub(super) struct Place(TempDir);

impl Place {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn new() -> Self {
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() {
            memory.to_owned()
        } else {
            std::env::temp_dir()
        };
        let dir = tempfile::Builder::new()
            .prefix("wasi-vfs-")
            .tempdir_in(place)
            .unwrap();
        let open = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o777);
        std::fs::set_permissions(dir.path(), open).unwrap();
        Self(dir)
    }
}

/// A directory of files, removed with all below it at the end.
pub(super) struct Below {
    path: PathBuf,
}

impl Below {
    fn new(place: &Place) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = place.0.path().join(number.to_string());
        std::fs::create_dir(&path).unwrap();
        Self { path }
    }

    /// The directory, opened.
    pub(super) fn fd(&self) -> OwnedFd {
        let how = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOATIME;
        open(&self.path, how, Mode::empty()).unwrap()
    }
}

impl Drop for Below {
    fn drop(&mut self) {
        wipe(&self.fd());
        std::fs::remove_dir(&self.path).unwrap();
    }
}

/// Removes all in a directory, whatever its permissions.
fn wipe(dir: &OwnedFd) {
    let entries = rustix::fs::Dir::read_from(dir).unwrap();
    for entry in entries.map(Result::unwrap) {
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        if unlinkat(dir, name, AtFlags::empty()).is_err() {
            chmodat(dir, name, Mode::from(0o700), AtFlags::empty()).unwrap();
            let how = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::NOFOLLOW;
            wipe(&openat(dir, name, how, Mode::empty()).unwrap());
            unlinkat(dir, name, AtFlags::REMOVEDIR).unwrap();
        }
    }
}
