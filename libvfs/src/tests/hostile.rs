//! Random calls with random arguments, on images that may be corrupt, beside a host that says anything.
//!
//! The properties, in words: no call panics or overflows; none looks at memory of the program that it did not check;
//! a call traps only when a range that it was given really lies outside; what it writes of the program's memory is what
//! it was given to write to; the host is asked about nothing but what it has open, and about nothing at all that the image
//! keeps from the program.
//!
//! `VFS_HOSTILE_CALLS` says how many calls each of the tests makes (some hundred thousand when it is not set),
//! `VFS_HOSTILE_SEED` where its random numbers start.

mod call;
mod choose;
mod host;
mod world;

use std::cell::RefCell;
use std::prelude::v1::*;
use std::rc::Rc;
use std::{eprintln, vec};

use vfs_image::fuzz;
use vfs_image::layout::{HOST_FALLBACK, HOST_NONE, HOST_OVERRIDE};

use self::call::Call;
use self::choose::{Chooser, Open};
use self::host::{Exit, WildHost};
use self::world::{Few, Given, Hostile, Scarce, Trap, Wild};
use super::caught::caught;
use super::random::{Rng, setting};
use super::tree::Tree;
use crate::fd::Entry;
use crate::fs::Vfs;

/// Calls of one program.
const CALLS: u64 = 2000;

/// Numbers of descriptors that programs come to use; a few more are open at times.
const NUMBERS: u32 = 24;

/// Bytes of the contents of files, which are at the end of the images.
const CONTENTS: usize = 7000 + 1 + 5000 + 10_000 + 4 + 4;

/// Images with everything that an image can have; how the host meets the tree is the parameter, and whether
/// all of the tree can be written to.
fn image(policy: u32, writable: bool) -> Vec<u8> {
    let tree = tree().policy(policy);
    let tree = if writable {
        tree.writable("/", Some(400_000))
    } else {
        tree
    };
    tree.build()
}

fn tree() -> Tree {
    Tree::new(&["/", ".", "rel"])
        .file("/a", &b"content".repeat(1000))
        .file("/b/a", b"x")
        .file("/b/b/a", &[7; 5000])
        .link("/d", "b")
        .link("/e", "missing")
        .link("/l", "l")
        .link("/abs", "/b/b")
        .link("/up", "b/../b")
        .hard("/c", "/a")
        .file("/m/a", &[1; 10_000])
        .file("/m/n/o", b"deep")
        .hard("/m/h", "/m/a")
        .link("/m/l", "../t/a")
        .writable("/m", Some(100_000))
        .tmpfs("/t", Some(60_000))
        .tmpfs("/t/b", None)
        .host("/h", "")
        .file("/r/a", b"no")
        .mode("/r", 0o500)
        .file("/s/a", b"no")
        .mode("/s", 0o600)
        .dir("/w/x")
        .mode("/w", 0o300)
        .file("./here", b"here")
        .variable("A", "own")
        .variable("Z", "own")
        .argument("program")
        .argument("-x")
}

/// What happened over many programs.
#[derive(Default, Debug)]
struct Tally {
    calls: u64,
    succeeded: u64,
    trapped: u64,
    /// Calls that came to the host.
    hosts: u64,
}

/// One program: calls until they are enough or one traps.
fn program<const WRITABLE: bool>(
    mut rng: Rng,
    image: &'static [u8],
    policy: u32,
    tally: &mut Tally,
) -> Result<(), String> {
    let pages = rng.pick(&[2usize, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 0]);
    let memory = Wild {
        bytes: Rc::new(RefCell::new(vec![0xa5; pages << 16])),
        image,
        snapshot: u32::from(!rng.once_in(5)),
        policy,
    };
    let mut host = WildHost::new(memory.clone(), Rng::new(rng.next()));
    host.untouchable = policy == HOST_NONE;
    let host = Rc::new(host);
    let storage = Few::new(rng.pick(&[100, 100, 100, 100, 100, 100, 100, 3, 2, 1, 0]));
    let scarce = Scarce::new(rng.pick(&[200, 200, 200, 200, 20, 3, 1, 0]));
    let mut vfs: Vfs<Hostile<WRITABLE>> =
        Vfs::new(memory.clone(), host.clone(), Given(image), storage, scarce);
    match caught(|| vfs.start()) {
        Err(end) if end.what.is::<Exit>() => return Ok(()),
        started => started.map_err(|panic| panic.said)?,
    }
    let mut chooser = Chooser::new(rng, memory.clone());
    for _ in 0..CALLS {
        let mut open = Open::default();
        for fd in 0..NUMBERS {
            match vfs.table.entry(fd) {
                Some(Entry::Directory(_)) => open.directories.push(fd),
                Some(_) => open.rest.push(fd),
                None => {}
            }
        }
        let call = chooser.call(open);
        tally.calls += 1;
        let done = check(&call, &memory, &mut vfs, tally);
        if !done.map_err(|what| std::format!("{call:?}: {what}"))? {
            break;
        }
    }
    tally.hosts += host.calls.get();
    Ok(())
}

/// One call; false when it trapped, as it had to.
fn check<const WRITABLE: bool>(
    call: &Call,
    memory: &Wild,
    vfs: &mut Vfs<Hostile<WRITABLE>>,
    tally: &mut Tally,
) -> Result<bool, String> {
    let parts = call.parts(memory);
    let outside = (parts.iter()).any(|part| part.len > 0 && part.at + part.len > memory.len());
    let before = memory.bytes.borrow().clone();
    match caught(|| call.make(vfs)) {
        Ok(result) => tally.succeeded += u64::from(result.is_ok()),
        Err(panic) if panic.what.is::<Trap>() => {
            tally.trapped += 1;
            if outside {
                return Ok(false);
            }
            return Err("a trap, and all of the program's pointers are good".into());
        }
        Err(panic) => return Err(panic.said),
    }
    let mut after = memory.bytes.borrow().clone();
    for part in parts.iter().filter(|part| part.written) {
        let end = (part.at + part.len).min(after.len() as u64) as usize;
        let start = (part.at as usize).min(end);
        after[start..end].copy_from_slice(&before[start..end]);
    }
    if before == after {
        return Ok(true);
    }
    let mut pairs = before.iter().zip(&after);
    let at = pairs.position(|(before, after)| before != after);
    Err(std::format!(
        "byte {at:x?} of the program's memory is changed"
    ))
}

fn run<const WRITABLE: bool>(corrupt: bool) {
    let enough = setting("VFS_HOSTILE_CALLS", 100_000);
    let mut seed = setting("VFS_HOSTILE_SEED", 1) << 32;
    let policies = [HOST_FALLBACK, HOST_OVERRIDE, HOST_NONE];
    let images = [0, 1, 2, 3, 4, 5].map(|number| {
        let policy = policies[number % 3];
        (&*image(policy, number > 2).leak(), policy)
    });
    let mut mutation = fuzz::Rng::new(seed);
    let mut tally = Tally::default();
    let mut damaged = images[0].0;
    while tally.calls < enough {
        let (mut image, policy) = images[(seed % 6) as usize];
        if corrupt {
            // Images are there for ever, so several programs find the same.
            if seed.is_multiple_of(8) {
                let mut bytes = image.to_vec();
                let metadata = bytes.len() - CONTENTS;
                fuzz::mutate(&mut bytes, metadata, &mut mutation);
                damaged = bytes.leak();
            }
            image = damaged;
        }
        if let Err(what) = program::<WRITABLE>(Rng::new(seed), image, policy, &mut tally) {
            std::panic!("seed {seed:#x}: {what}");
        }
        seed += 1;
        // An image that nothing can be asked of must not keep this going for ever.
        tally.calls += 1;
    }
    eprintln!("{tally:?}");
}

#[test]
fn hostile_calls_find_nothing_in_the_reading_world() {
    run::<false>(false);
}

#[test]
fn hostile_calls_find_nothing_in_the_writing_world() {
    run::<true>(false);
}

#[test]
fn hostile_calls_find_nothing_with_corrupt_images() {
    run::<false>(true);
    run::<true>(true);
}
