//! Preopens that are in the tree of `/` as well.

use vfs_image::{Image, NodeId, NodeKind};

use super::build::{dir, file, mount, write};
use super::damage::resealed;
use crate::image::Head;
use crate::image::{ImageFlaw, check, list, preopens_of};
use crate::path::GuestPath;
use crate::plan::{MountKind, Plan};
use crate::source::MemorySource;

fn plan(open: &[&str]) -> Plan {
    let mut plan = Plan::assemble(vec![
        dir("/"),
        dir("/a"),
        dir("/a/b"),
        file("/a/b/f", b"x"),
        dir("/c"),
        dir("/w"),
        dir("/w/in"),
    ])
    .with_mounts(vec![mount("/w", MountKind::Writable, None)]);
    let paths = open.iter().map(|path| GuestPath::parse(path).unwrap());
    plan.open(paths.collect());
    plan
}

pub(super) fn image(open: &[&str]) -> Vec<u8> {
    write(&plan(open), &MemorySource::new()).0
}

#[test]
fn they_are_listed_once_and_where_they_are() {
    let open = [
        "/w", "/a/b", "/c", "/c", "/a/b/f", "/none", "/w/in", "/", "x",
    ];
    let bytes = image(&open);
    assert!(check(&bytes).is_ok());
    let names = preopens_of(Head::whole(&bytes)).unwrap();
    assert_eq!(names, ["/", "/a/b", "/c", "/w"]);
    let paths = |bytes: &[u8]| -> Vec<_> {
        let rows = list(bytes).unwrap();
        let rows = rows.iter();
        rows.map(|row| (row.path, row.nlink, row.mode)).collect()
    };
    assert_eq!(paths(&bytes), paths(&image(&[])));

    let image = Image::open(Head::whole(&bytes)).unwrap();
    let directory = |number| match image.node(NodeId::new(number)).unwrap().kind {
        NodeKind::Directory(directory) => directory,
        kind => panic!("{kind:?}"),
    };
    let a = image.lookup(NodeId::new(0), b"a").unwrap().unwrap();
    assert_eq!(image.lookup(a, b"b"), Ok(Some(NodeId::new(1))));
    assert_eq!(directory(1).parent(), a);
    assert_eq!(directory(2).parent(), NodeId::new(0));
    assert_eq!(directory(0).parent(), NodeId::new(0));
}

/// What a preopen is called is where it is.
#[test]
fn one_that_is_elsewhere_is_refused() {
    let good = image(&["/a/b"]);
    assert!(check(&resealed(good.clone())).is_ok());
    let at = good.windows(4).position(|text| text == b"/a/b").unwrap();
    for (byte, other) in [(0, b'a'), (1, b'c'), (2, b'a'), (3, b'c'), (3, b'f')] {
        let mut bytes = good.clone();
        bytes[at + byte] = other;
        let part = "preopen 1".to_owned();
        assert_eq!(check(&resealed(bytes)), Err(ImageFlaw::Corrupt { part }));
    }
}
