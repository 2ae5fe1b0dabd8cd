//! The read-only tree beside a file system that is mounted read-only: calls that change something are refused with the same error,
//! by the interposer that only reads and by the one that writes elsewhere.
//!
//! Only the superuser can mount, and the mount must not be seen outside:
//!
//!     unshare -m cargo test -p libvfs read_only -- --ignored

use std::mem::ManuallyDrop;
use std::prelude::v1::*;
use std::process::Command;
use std::string::ToString;

use super::interposer::Interposer;
use super::kernel::Kernel;
use super::start::{Mount, Place, Start};
use super::{Pair, search, unprivileged};
use crate::tests::fixture::{Fake, Faked, Reading};
use crate::tests::random::setting;

fn run(program: &str, args: &[&str]) {
    let status = Command::new(program).args(args).status().unwrap();
    assert!(status.success(), "{program} {args:?}: {status}");
}

/// Compares with one interposer; the place is a file system of its own, which is made read-only.
fn compared<W: Faked>() {
    let operations = setting("VFS_DIFFERENTIAL_OPERATIONS", 20_000);
    let seed = setting("VFS_DIFFERENTIAL_SEED", 1) << 32;
    let place = Place::new();
    let path = place.path().to_str().unwrap().to_string();
    run("mount", &["-t", "tmpfs", "-o", "noatime", "tmpfs", &path]);
    let start = Start::new(Mount::ReadOnly);
    // What is in it goes with the mount.
    let files = ManuallyDrop::new(start.files(&place));
    run("chmod", &["0755", &path]);
    run("chown", &["-Rh", "65534:65534", &path]);
    run("mount", &["-o", "remount,ro,noatime", &path]);
    unprivileged(|_| {
        super::report(search(seed, operations, || {
            Pair::of(Kernel::new(files.fd()), Interposer::<W>::of(&start))
        }));
    });
    run("umount", &[&path]);
}

#[test]
#[ignore = "mounts: run as root with `unshare -m`"]
fn a_read_only_tree_refuses_as_a_read_only_mount() {
    compared::<Reading>();
}

#[test]
#[ignore = "mounts: run as root with `unshare -m`"]
fn a_read_only_tree_beside_mounts_refuses_as_a_read_only_mount() {
    compared::<Fake>();
}
