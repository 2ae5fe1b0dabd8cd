//! `environ_*` and `args_*`: the image's and the host's.

use std::format;
use std::prelude::v1::*;
use std::vec;

use super::fixture::*;
use super::host::FakeHost;
use super::tree::Tree;
use crate::errno::{Errno, Result};
use crate::fs::Vfs;

type Call = fn(&mut Vfs<Fake>, u32, u32) -> Result<()>;

/// What a libc finds; asserts that the sizes are those of the texts, and that nothing else is touched.
fn texts(t: &mut Fixture, sizes: Call, get: Call) -> Result<Vec<String>> {
    let before = t.memory.bytes.borrow().clone();
    sizes(&mut t.vfs, OUT, OUT + 8)?;
    let (count, size) = (t.out32(), t.memory.get::<4>(OUT + 8));
    let size = u32::from_le_bytes(size);
    get(&mut t.vfs, BUF, IOVS)?;
    let mut at = IOVS;
    let mut texts = Vec::new();
    for index in 0..count {
        let pointer = u32::from_le_bytes(t.memory.get(BUF + index * 4));
        assert_eq!(pointer, at, "one after the other");
        let bytes = t.memory.bytes.borrow()[at as usize..].to_vec();
        let len = bytes.iter().position(|&byte| byte == 0).unwrap();
        texts.push(String::from_utf8(bytes[..len].to_vec()).unwrap());
        at += len as u32 + 1;
    }
    assert_eq!(at, IOVS + size);
    let mut after = t.memory.bytes.borrow().clone();
    for (start, len) in [(OUT, 4), (OUT + 8, 4), (BUF, count * 4), (IOVS, size)] {
        let range = start as usize..(start + len) as usize;
        after[range.clone()].copy_from_slice(&before[range]);
    }
    assert!(before == after, "borrowed memory is as the program left it");
    Ok(texts)
}

fn environment(t: &mut Fixture) -> Result<Vec<String>> {
    texts(t, Vfs::environ_sizes_get, Vfs::environ_get)
}

fn arguments(t: &mut Fixture) -> Result<Vec<String>> {
    texts(t, Vfs::args_sizes_get, Vfs::args_get)
}

fn tree() -> Tree {
    Tree::new(&["/"])
        .variable("HOME", "/home")
        .variable("HOMER", "")
        .variable("X", "a=b")
}

fn fixture(host: &[&str]) -> Fixture {
    Fixture::beside(&tree(), |fake: &mut FakeHost| {
        fake.environment = host.iter().map(|text| (*text).to_owned()).collect();
    })
}

#[test]
fn variables_of_the_image_are_defaults() {
    assert_eq!(
        environment(&mut fixture(&[])).unwrap(),
        ["HOME=/home", "HOMER=", "X=a=b"]
    );
    assert_eq!(
        environment(&mut fixture(&["A=1", "HOME=/host"])).unwrap(),
        ["A=1", "HOME=/host", "HOMER=", "X=a=b"]
    );
    assert_eq!(
        environment(&mut fixture(&["X=", "HOMER=h", "HOME=/home"])).unwrap(),
        ["X=", "HOMER=h", "HOME=/home"]
    );
}

#[test]
fn a_variable_is_another_unless_the_whole_name_is_the_same() {
    let host = ["HOM=1", "HOME", "HOMERS=2", "x=3", "", "=", "X"];
    let all = environment(&mut fixture(&host)).unwrap();
    assert_eq!(all[..7], host);
    assert_eq!(all[7..], ["HOME=/home", "HOMER=", "X=a=b"]);
}

#[test]
fn a_fixed_environment_asks_no_host() {
    let tree = tree().environment_fixed();
    let mut t = Fixture::beside(&tree, |host| {
        host.environment = vec!["A=1".to_owned(), "X=host".to_owned()];
    });
    t.host.calls();
    assert_eq!(
        environment(&mut t).unwrap(),
        ["HOME=/home", "HOMER=", "X=a=b"]
    );
    assert_eq!(t.host.calls(), Vec::<String>::new());
    let mut t = Fixture::new(&Tree::new(&["/"]).environment_fixed());
    assert_eq!(environment(&mut t).unwrap(), Vec::<String>::new());
}

#[test]
fn a_large_environment_of_the_host_is_read_whole() {
    let large: Vec<String> = (0..300)
        .map(|index| format!("NAME{index}={index:0100}"))
        .collect();
    let mut host: Vec<&str> = large.iter().map(String::as_str).collect();
    host.push("HOME=last");
    let mut t = fixture(&host);
    let all = environment(&mut t).unwrap();
    assert_eq!(all[..301], host);
    assert_eq!(all[301..], ["HOMER=", "X=a=b"]);
    // Twice: what was borrowed is whole again.
    assert_eq!(environment(&mut t).unwrap(), all);
    // No memory is an error, never a wrong answer.
    t.vfs.table.storage_mut().spare_max = 0;
    assert_eq!(environment(&mut t), Err(Errno::NOMEM));
    host.extend(host.clone());
    host.extend(host.clone());
    let mut t = fixture(&host);
    assert_eq!(t.vfs.environ_sizes_get(OUT, OUT), Err(Errno::NOMEM));
}

#[test]
fn a_bundle_without_variables_passes_the_host_s_on() {
    let mut t = Fixture::beside(&Tree::new(&["/"]), |host| {
        host.environment = vec!["A=1".to_owned()];
        host.arguments = vec!["name".to_owned(), "x".to_owned()];
    });
    assert_eq!(environment(&mut t).unwrap(), ["A=1"]);
    assert_eq!(arguments(&mut t).unwrap(), ["name", "x"]);
}

#[test]
fn default_arguments_are_for_a_host_that_passes_none() {
    let tree = Tree::new(&["/"])
        .argument("program")
        .argument("-m")
        .argument("");
    for (host, all) in [
        (vec![], vec!["program", "-m", ""]),
        (vec!["name"], vec!["name", "-m", ""]),
        (vec!["name", "x"], vec!["name", "x"]),
        (vec!["name", ""], vec!["name", ""]),
    ] {
        let mut t = Fixture::beside(&tree, |fake| {
            fake.arguments = host.iter().map(|text| (*text).to_owned()).collect();
        });
        assert_eq!(arguments(&mut t).unwrap(), all, "{host:?}");
    }
}

#[test]
fn errors_of_the_host_are_told() {
    let mut t = Fixture::beside(&tree().argument("a"), |host| {
        host.missing = vec!["environ_sizes_get", "args_sizes_get"];
    });
    assert_eq!(environment(&mut t), Errno::check(52).map(|()| Vec::new()));
    assert_eq!(arguments(&mut t), Errno::check(52).map(|()| Vec::new()));
}

#[test]
#[should_panic(expected = "trap")]
fn variables_that_do_not_fit_into_memory_trap() {
    let mut t = fixture(&[]);
    let _ = t.vfs.environ_get(BUF, MEMORY as u32 - 20);
}

#[test]
#[should_panic(expected = "trap")]
fn pointers_that_do_not_fit_into_memory_trap() {
    let mut t = fixture(&["A=1"]);
    let _ = t.vfs.environ_get(MEMORY as u32 - 12, BUF);
}

#[test]
fn variables_fit_into_the_last_bytes_of_memory() {
    let mut t = fixture(&[]);
    let size = "HOME=/home".len() + "HOMER=".len() + "X=a=b".len() + 3;
    t.vfs.environ_get(BUF, (MEMORY - size) as u32).unwrap();
    t.vfs.environ_get(MEMORY as u32 - 12, BUF).unwrap();
}

#[test]
fn texts_that_overwrite_their_pointers_do_not_lead_out_of_memory() {
    let mut t = fixture(&["A=1", "\u{7f}\u{7f}\u{7f}\u{7f}=far"]);
    // The second text comes to be where the first pointer is.
    for distance in 0..16 {
        t.vfs.environ_get(BUF + distance, BUF).unwrap();
    }
}
