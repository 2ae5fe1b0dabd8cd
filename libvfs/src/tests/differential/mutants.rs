//! The test is tested: the kernel agrees with itself, and each of these lies is found out.

use std::prelude::v1::*;

use super::kernel::Kernel;
use super::start::{Below, Mount, Place, Start};
use super::step::Step;
use super::system::{Answer, Stat, System};
use super::{Pair, search, unprivileged};

/// A kernel that answers wrongly now and then.
struct Liar {
    kernel: Kernel,
    lie: fn(&mut Kernel, &Step) -> Option<Answer>,
    /// Whether its listings are looked at, too.
    steady: bool,
    _files: Below,
}

impl System for Liar {
    fn call(&mut self, step: &Step) -> Answer {
        let lie = (self.lie)(&mut self.kernel, step);
        lie.unwrap_or_else(|| self.kernel.call(step))
    }

    fn is_steady(&self) -> bool {
        self.steady
    }

    fn kind(&mut self, fd: u32) -> u8 {
        self.kernel.kind(fd)
    }
}

fn beside(
    place: &Place,
    start: &Start,
    lie: fn(&mut Kernel, &Step) -> Option<Answer>,
    steady: bool,
) -> Pair<Liar> {
    let files = start.files(place);
    let liar = Liar {
        kernel: Kernel::new(files.fd()),
        lie,
        steady,
        _files: files,
    };
    Pair::new(place, start, liar)
}

#[test]
fn the_kernel_is_as_itself() {
    unprivileged(|place| {
        for mount in [Mount::Tmpfs, Mount::Writable] {
            let start = Start::new(mount);
            super::report(search(7, 5_000, || {
                beside(place, &start, |_, _| None, false)
            }));
        }
    });
}

/// What each lie is, and the lie: an answer in place of the kernel's.
type Lie = (&'static str, fn(&mut Kernel, &Step) -> Option<Answer>);

const LIES: &[Lie] = &[
    ("a read gives a byte too few", |kernel, step| match step {
        Step::Pread { .. } => match kernel.call(step) {
            Answer::Bytes(mut bytes) => {
                bytes.pop();
                Some(Answer::Bytes(bytes))
            }
            other => Some(other),
        },
        _ => None,
    }),
    (
        "renaming over a directory that is not empty succeeds",
        |kernel, step| match step {
            Step::Rename { .. } => match kernel.call(step) {
                Answer::Refused(55) => Some(Answer::Done),
                other => Some(other),
            },
            _ => None,
        },
    ),
    (
        "a file is not truncated when it is opened",
        |kernel, step| match step {
            Step::Open { oflags, .. } if oflags & 8 != 0 => {
                let mut step = step.clone();
                if let Step::Open { oflags, .. } = &mut step {
                    *oflags &= !8;
                }
                Some(kernel.call(&step))
            }
            _ => None,
        },
    ),
    ("a name that is removed stays", |_, step| match step {
        Step::Unlink { path, .. } if path.0 == b"b" => Some(Answer::Done),
        _ => None,
    }),
    ("links are not counted", |kernel, step| match step {
        Step::Filestat { .. } | Step::PathFilestat { .. } => match kernel.call(step) {
            Answer::Stat(stat) if stat.file_type == 4 => {
                Some(Answer::Stat(Stat { nlink: 1, ..stat }))
            }
            other => Some(other),
        },
        _ => None,
    }),
    (
        "a file changes when it is modified, and not otherwise",
        |kernel, step| match step {
            Step::Filestat { .. } | Step::PathFilestat { .. } => match kernel.call(step) {
                Answer::Stat(stat) => Some(Answer::Stat(Stat {
                    clock: [stat.clock[0]; 2],
                    ..stat
                })),
                other => Some(other),
            },
            _ => None,
        },
    ),
    ("a time that is set is lost", |kernel, step| match step {
        Step::SetTimes {
            fd,
            atim,
            mtim,
            set: 4,
        } => {
            let step = Step::SetTimes {
                fd: *fd,
                atim: *atim,
                mtim: *mtim,
                set: 0,
            };
            Some(kernel.call(&step))
        }
        _ => None,
    }),
    (
        "going on with a listing forgets an entry",
        |kernel, step| match step {
            Step::ListOn { .. } => match kernel.call(step) {
                Answer::Part { mut names, end } => {
                    names.retain(|(name, _)| name != b"a");
                    Some(Answer::Part { names, end })
                }
                other => Some(other),
            },
            _ => None,
        },
    ),
    (
        "a file has a right that nobody asked for",
        |kernel, step| match step {
            Step::Fdstat { fd } if kernel.kind(*fd) == 4 => match kernel.call(step) {
                Answer::Fdstat {
                    file_type,
                    flags,
                    base,
                    inheriting,
                } => Some(Answer::Fdstat {
                    file_type,
                    flags,
                    base: base | 1 << 21,
                    inheriting,
                }),
                other => Some(other),
            },
            _ => None,
        },
    ),
];

/// A lie takes no more steps than this to show.
const SHORT: usize = 8;

#[test]
fn every_lie_is_found_and_made_short() {
    unprivileged(|place| {
        let start = Start::new(Mount::Writable);
        for (what, lie) in LIES {
            let steady = what.contains("listing");
            let found = search(3, 50_000, || beside(place, &start, *lie, steady));
            let Err(found) = found else {
                std::panic!("{what}: not found");
            };
            let steps = super::shrink::print(&found.steps);
            assert!(
                found.steps.len() <= SHORT,
                "{what}: {}\n{steps}",
                found.what
            );
        }
    });
}
