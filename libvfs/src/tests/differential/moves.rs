//! Whether a step moves the times of modification and change of the files it has to do with: on both systems or on none.
//!
//! What the times are can't be compared, as each system has its own clock. Linux's stands still between two ticks of the timer, so
//! a step that changes something waits for the next.

use std::collections::BTreeMap;
use std::format;
use std::prelude::v1::*;
use std::thread;
use std::time::Duration;

use super::observe::{NUMBERS, OBSERVER};
use super::step::{Step, Text};
use super::system::{Answer, System};

/// Longer than from one tick of the kernel's timer to the next, of which there are at least a hundred in a second.
const TICK: Duration = Duration::from_millis(11);

/// Times of modification and change of a file on two systems, by its inode number on the first.
pub(super) type Times = BTreeMap<u64, [[u64; 2]; 2]>;

/// Those before a step, when its own will be others.
pub(super) fn before(step: &Step, one: &mut impl System, other: &mut impl System) -> Times {
    if step.changes() {
        thread::sleep(TICK);
    }
    times(step, one, other)
}

/// The times of what is open and of what the step's paths name: files and the directories they are in.
pub(super) fn times(step: &Step, one: &mut impl System, other: &mut impl System) -> Times {
    let mut times = Times::new();
    let mut look = |look: &Step| {
        if let (Answer::Stat(one), Answer::Stat(other)) = (one.call(look), other.call(look)) {
            times.insert(one.inode, [one.clock, other.clock]);
        }
    };
    for fd in (3..NUMBERS).filter(|&fd| fd != OBSERVER) {
        look(&Step::Filestat { fd });
    }
    look(&Step::Filestat { fd: OBSERVER });
    for (fd, path) in step.places() {
        let slashes = path.iter().rev().take_while(|&&byte| byte == b'/').count();
        let name = &path[..path.len() - slashes];
        let parent = name.iter().rposition(|&byte| byte == b'/');
        let parent = parent.map_or(&b"."[..], |at| &path[..=at]);
        for (flags, path) in [(0, path), (1, path), (0, name), (1, parent)] {
            look(&Step::PathFilestat {
                fd,
                flags,
                path: Text(path.to_vec()),
            });
        }
    }
    times
}

/// Compares which times have moved.
pub(super) fn compare(before: &Times, after: &Times) -> Result<(), String> {
    for (inode, before) in before {
        let Some(after) = after.get(inode) else {
            continue;
        };
        for (index, what) in [(0, "modification"), (1, "change")] {
            let [kernel, other] =
                [0, 1].map(|system: usize| before[system][index] != after[system][index]);
            if kernel != other {
                let [kernel, other] =
                    [kernel, other].map(|moves| if moves { "moves" } else { "stays" });
                return Err(format!(
                    "the time of {what} of inode {inode} of the kernel {kernel}, of the other it {other}"
                ));
            }
        }
    }
    Ok(())
}
