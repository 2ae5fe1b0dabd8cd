//! Random programs, run on the interposer and on the real kernel: every answer and everything that can be
//! seen is the same on both, but for the differences that [`compare`] knows and gives reasons for.
//!
//! `VFS_DIFFERENTIAL_OPERATIONS` says how many steps each of the tests makes (some ten thousand when it is not
//! set), `VFS_DIFFERENTIAL_SEED` where its random numbers start. A failure prints the steps left after all that
//! could go was left out: they become a case in [`cases`].

mod cases;
mod compare;
mod drain;
mod generate;
mod interposer;
mod justified;
mod kernel;
mod moves;
mod mutants;
mod observe;
mod read_only;
mod shrink;
mod start;
mod step;
mod system;

use std::prelude::v1::*;
use std::{eprintln, format, panic, thread};

use self::compare::Comparison;
use self::generate::Generator;
use self::interposer::Interposer;
use self::kernel::Kernel;
use self::start::{Below, Mount, Place, Start};
use self::step::Step;
use self::system::System;
use super::random::{Rng, setting};

/// Steps of one program; then another one starts from the beginning.
const STEPS: u32 = 150;

/// So often everything that can be seen is compared.
const OBSERVED: u32 = 25;

/// In one of so many programs it is looked which times each step moves.
const WATCHED: u64 = 16;

/// Runs a test in a thread of its own that is no superuser's, whom no permission stops.
fn unprivileged(body: impl FnOnce(&Place) + Send) {
    let place = Place::new();
    let place = &place;
    let ended = thread::scope(|scope| {
        let run = move || {
            if rustix::process::geteuid().is_root() {
                let nobody = rustix::process::Uid::from_raw(65_534);
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            body(place);
        };
        scope.spawn(run).join()
    });
    if let Err(panic) = ended {
        panic::resume_unwind(panic);
    }
}

/// Two fresh systems, and what the files of the first are in.
struct Pair<B> {
    kernel: Kernel,
    other: B,
    comparison: Comparison,
    /// Whether steps may change anything.
    changes: bool,
    /// Whether times are looked at before and after each step.
    watches: bool,
    _files: Option<Below>,
}

impl<B: System> Pair<B> {
    fn new(place: &Place, start: &Start, other: B) -> Self {
        let files = start.files(place);
        let mut pair = Self::of(Kernel::new(files.fd()), other);
        pair.changes = start.mount != Mount::ReadOnly;
        pair._files = Some(files);
        pair
    }

    fn of(kernel: Kernel, other: B) -> Self {
        let mut pair = Self {
            kernel,
            other,
            comparison: Comparison::default(),
            changes: true,
            watches: false,
            _files: None,
        };
        observe::prepare(&mut pair.kernel);
        observe::prepare(&mut pair.other);
        pair
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let before = if self.watches {
            moves::before(step, &mut self.kernel, &mut self.other)
        } else {
            moves::Times::new()
        };
        let answer = self
            .comparison
            .step(step, &mut self.kernel, &mut self.other);
        let compared = answer.and_then(|_| {
            if self.watches {
                let after = moves::times(step, &mut self.kernel, &mut self.other);
                moves::compare(&before, &after)?;
            }
            Ok(())
        });
        compared.map_err(|what| format!("{step:?}: {what}"))
    }

    fn observe(&mut self) -> Result<(), String> {
        observe::observe(&mut self.comparison, &mut self.kernel, &mut self.other)
    }

    fn all(mut self, steps: &[Step]) -> Result<(), String> {
        steps.iter().try_for_each(|step| self.step(step))?;
        self.observe()?;
        self.other.end()
    }
}

/// What was found: the steps that show it, and what it is.
struct Difference {
    steps: Vec<Step>,
    what: String,
}

/// Runs random programs until so many steps are made or a difference is found, which is then made short.
fn search<B: System>(
    seed: u64,
    operations: u64,
    fresh: impl Fn() -> Pair<B>,
) -> Result<(), Difference> {
    let mut left = operations;
    let mut seed = seed;
    while left > 0 {
        let count = left.min(STEPS.into()) as u32;
        left -= u64::from(count);
        // Looking takes time, and is walking paths as well.
        let fresh = || {
            let mut pair = fresh();
            pair.watches = seed.is_multiple_of(WATCHED);
            pair
        };
        if let Err(steps) = program(seed, count, fresh()) {
            eprintln!("seed {seed}: a difference after {} steps", steps.len());
            let steps = shrink::shrink(steps, |steps| fresh().all(steps).is_err());
            let what = fresh().all(&steps).err().unwrap_or_default();
            return Err(Difference { steps, what });
        }
        seed += 1;
    }
    Ok(())
}

/// One random program; the steps up to the one that showed a difference.
fn program<B: System>(seed: u64, count: u32, mut pair: Pair<B>) -> Result<(), Vec<Step>> {
    let mut rng = Rng::new(seed);
    let mut steps = Vec::new();
    for number in 1..=count {
        let mut generator = Generator::new(&mut rng, &pair.kernel);
        let mut step = generator.step();
        while !pair.changes && step.changes() {
            step = generator.step();
        }
        steps.push(step.clone());
        let observed = number % OBSERVED == 0 || number == count;
        if pair.step(&step).is_err() || observed && pair.observe().is_err() {
            return Err(steps);
        }
    }
    pair.other.end().map_err(|_| steps)
}

fn report(found: Result<(), Difference>) {
    if let Err(Difference { steps, what }) = found {
        panic!("a difference, {what}\n{}", shrink::print(&steps));
    }
}

/// The interposer beside the kernel.
fn compared(mount: Mount) {
    let operations = setting("VFS_DIFFERENTIAL_OPERATIONS", 20_000);
    let seed = setting("VFS_DIFFERENTIAL_SEED", 1) << 32;
    unprivileged(|place| {
        let start = Start::new(mount);
        report(search(seed, operations, || {
            Pair::new(place, &start, Interposer::new(&start))
        }));
    });
}

#[test]
fn a_read_only_tree_is_as_the_kernels() {
    compared(Mount::ReadOnly);
}

#[test]
fn an_empty_file_system_is_as_the_kernels() {
    compared(Mount::Tmpfs);
}

#[test]
fn an_embedded_tree_changes_as_on_the_kernel() {
    compared(Mount::Writable);
}
