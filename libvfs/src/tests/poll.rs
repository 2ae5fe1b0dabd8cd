//! `poll_oneoff`.

use std::prelude::v1::*;
use std::vec;

use super::fixture::*;
use super::tree::Tree;
use crate::errno::Errno;
use crate::program::Program;

const CLOCK: u32 = 0;
const READ: u32 = 1;
const WRITE: u32 = 2;

/// Userdata, errno, type, bytes, flags.
type Event = (u64, u16, u8, u64, u16);

/// Puts subscriptions at `PATH`; the answer are the events.
fn poll(t: &mut Fixture, subscriptions: &[(u32, u32)]) -> Result<Vec<Event>, Errno> {
    for (index, (tag, fd)) in (0..).zip(subscriptions) {
        let at = PATH + index * 48;
        t.memory.set(at, &[0x77; 48]);
        t.memory.set(at, &(500 + u64::from(index)).to_le_bytes());
        t.memory.set(at + 8, &[*tag as u8]);
        t.memory.set(at + 16, &fd.to_le_bytes());
    }
    let before = t.memory.bytes.borrow()[PATH as usize..][..subscriptions.len() * 48].to_vec();
    let count = subscriptions.len() as u32;
    t.vfs.poll_oneoff(PATH, BUF, count, OUT)?;
    let after = t.memory.bytes.borrow()[PATH as usize..][..subscriptions.len() * 48].to_vec();
    assert_eq!(before, after, "subscriptions are as the program left them");
    let event = |index: u32| {
        let at = BUF + index * 32;
        (
            t.memory.load64_at(at),
            u16::from_le_bytes(t.memory.get(at + 8)),
            t.memory.get::<1>(at + 10)[0],
            t.memory.load64_at(at + 16),
            u16::from_le_bytes(t.memory.get(at + 24)),
        )
    };
    Ok((0..t.out32()).map(event).collect())
}

fn fixture() -> Fixture {
    let tree = Tree::new(&["/"]).file("/f", b"12345");
    Fixture::beside(&tree, |host| {
        host.preopen("/h", "/h").file("/h/f", b"x").socket();
    })
}

#[test]
fn an_embedded_file_is_always_ready() {
    let mut t = fixture();
    let fd = t.open(3, "f").unwrap();
    t.read(fd, 2).unwrap();
    t.host.calls();
    let events = poll(&mut t, &[(READ, fd), (WRITE, fd), (CLOCK, 9)]).unwrap();
    assert_eq!(events, [(500, 0, 1, 3, 0), (501, 0, 2, 3, 0)]);
    t.read(fd, 9).unwrap();
    let events = poll(&mut t, &[(READ, fd)]).unwrap();
    assert_eq!(
        events,
        [(500, 0, 1, 0, 0)],
        "at the end: ready, not hung up"
    );
}

#[test]
fn a_ready_embedded_file_does_not_keep_the_host_from_telling() {
    let mut t = fixture();
    let fd = t.open(3, "f").unwrap();
    let events = poll(&mut t, &[(WRITE, 1), (READ, fd), (READ, 0), (CLOCK, 9)]).unwrap();
    assert_eq!(events, [(501, 0, 1, 5, 0), (500, 0, 2, 0, 0)]);
    assert_eq!(*t.host.polled.borrow(), [1, 0]);
    assert_eq!(
        t.memory.get::<64>(1024),
        [0xa5; 64],
        "what was borrowed is given back"
    );
}

#[test]
fn a_bad_descriptor_is_told_in_its_event() {
    let mut t = fixture();
    let fd = t.open(3, "f").unwrap();
    let events = poll(&mut t, &[(READ, 99), (READ, fd), (WRITE, 3)]).unwrap();
    assert_eq!(
        events,
        [(500, 8, 1, 0, 0), (501, 0, 1, 5, 0), (502, 8, 2, 0, 0)]
    );
}

#[test]
fn the_host_waits_for_its_own_by_its_own_numbers() {
    let mut t = fixture();
    let file = t.open(4, "f").unwrap();
    assert_eq!((file, t.open(3, "f").unwrap()), (6, 7));
    t.host.calls();
    let events = poll(
        &mut t,
        &[(CLOCK, 4), (READ, 0), (READ, 5), (WRITE, file), (READ, 4)],
    );
    assert_eq!(events, Ok(Vec::new()));
    assert_eq!(*t.host.polled.borrow(), [0, 4, 100, 3]);
}

#[test]
fn a_clock_alone_is_the_host_s() {
    let mut t = fixture();
    t.host.calls();
    poll(&mut t, &[(CLOCK, 0x7777)]).unwrap();
    assert_eq!(t.host.calls().len(), 1);
}

#[test]
#[should_panic(expected = "trap")]
fn subscriptions_outside_memory_trap() {
    let mut t = fixture();
    let _ = t.vfs.poll_oneoff(MEMORY as u32 - 47, BUF, 1, OUT);
}

/// Puts a clock at the place of a subscription: its number, what to wait for, and whether that is a time.
fn clock(t: &Fixture, index: u32, id: u32, timeout: u64, absolute: bool) {
    let at = PATH + index * 48;
    t.memory.set(at, &(500 + u64::from(index)).to_le_bytes());
    t.memory.set(at + 8, &[0; 40]);
    t.memory.store32(at + 16, id);
    t.memory.store64(at + 24, timeout);
    t.memory.store32(at + 40, absolute.into());
}

#[test]
fn clocks_that_ring_are_told_beside_a_ready_file() {
    let mut t = fixture();
    let fd = t.open(3, "f").unwrap();
    // Subscriptions are put down by hand: of several clocks, those that ring.
    let now = t.host.now_ns.get();
    clock(&t, 0, 1, 0, false);
    clock(&t, 1, 0, 1, false);
    clock(&t, 2, 0, now, true);
    clock(&t, 3, 0, now + 1_000_000, true);
    t.memory.set(PATH + 4 * 48 + 8, &[1]);
    t.memory.store64(PATH + 4 * 48, 504);
    t.memory.store32(PATH + 4 * 48 + 16, fd);
    let before = t.memory.bytes.borrow()[..OUT as usize].to_vec();
    t.vfs.poll_oneoff(PATH, BUF, 5, OUT).unwrap();
    let told: Vec<u64> = (0..t.out32())
        .map(|index| t.memory.load64_at(BUF + index * 32))
        .collect();
    assert_eq!(told, [504, 500, 502]);
    assert_eq!(t.memory.get::<1>(BUF + 32 + 10), [0]);
    let after = t.memory.bytes.borrow()[..OUT as usize].to_vec();
    assert!(before == after, "what was borrowed is given back");
}

#[test]
fn several_clocks_alone_are_the_host_s() {
    let mut t = fixture();
    clock(&t, 0, 0, 5, false);
    clock(&t, 1, 1, 0, false);
    clock(&t, 2, 0, 7, true);
    t.host.calls();
    t.vfs.poll_oneoff(PATH, BUF, 3, OUT).unwrap();
    assert_eq!(t.host.calls().len(), 1);
    assert_eq!((t.out32(), t.memory.load64_at(BUF)), (1, 501));
}

#[test]
fn a_host_that_can_do_no_more_than_one_clock_keeps_nobody_waiting() {
    let tree = Tree::new(&["/"]).file("/f", b"12345");
    let mut t = Fixture::beside(&tree, |host| {
        host.missing = vec!["poll_oneoff", "clock_time_get"]
    });
    let fd = t.open(3, "f").unwrap();
    clock(&t, 0, 0, 5, true);
    let events = poll(&mut t, &[(WRITE, 1), (READ, fd), (READ, 0)]).unwrap();
    assert_eq!(events, [(501, 0, 1, 5, 0)]);
}

#[test]
fn an_unknown_subscription_is_invalid() {
    let mut t = fixture();
    let fd = t.open(3, "f").unwrap();
    assert_eq!(poll(&mut t, &[(READ, fd), (3, fd)]), Err(Errno::INVAL));
    assert_eq!(poll(&mut t, &[(200, 1)]), Err(Errno::INVAL));
}
