//! Random steps: mostly sensible, sometimes hostile.

mod paths;

use std::prelude::v1::*;

use super::kernel::Kernel;
use super::observe::{NUMBERS, OBSERVER};
use super::step::{Lens, Step};
use crate::tests::random::Rng;

/// Every right there is.
const ALL: u64 = (1 << 30) - 1;
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 6;

/// More descriptors than this are seldom open.
const MANY: usize = 10;

/// What a step is made from: random numbers, and what is there now.
pub(super) struct Generator<'a> {
    rng: &'a mut Rng,
    kernel: &'a Kernel,
    files: Vec<u32>,
    directories: Vec<u32>,
}

/// How often each kind of step comes, in the order of [`Generator::of_kind`].
const WEIGHTS: [u32; 31] = [
    12, 8, 6, 2, 6, 4, 10, 5, 4, 1, 1, 2, 4, 1, 1, 1, 2, 1, 2, 2, 4, 6, 6, 3, 3, 6, 4, 5, 5, 8, 5,
];

impl<'a> Generator<'a> {
    /// Looks at what is open.
    pub(super) fn new(rng: &'a mut Rng, kernel: &'a Kernel) -> Self {
        let (files, mut directories) = kernel.open_below(NUMBERS);
        directories.retain(|&fd| fd != OBSERVER);
        Self {
            rng,
            kernel,
            files,
            directories,
        }
    }

    /// The next step.
    pub(super) fn step(&mut self) -> Step {
        if self.files.len() + self.directories.len() > MANY && self.rng.once_in(3) {
            return Step::Close { fd: self.any() };
        }
        if self.files.len() < 3 && self.rng.once_in(4) {
            return self.open_file();
        }
        let mut left = self.rng.below(WEIGHTS.iter().sum());
        for (kind, weight) in (0..).zip(WEIGHTS) {
            if left < weight {
                return self.of_kind(kind);
            }
            left -= weight;
        }
        std::unreachable!("the number is below the sum of the weights")
    }

    fn of_kind(&mut self, kind: u32) -> Step {
        match kind {
            0 => self.open_file(),
            1 => self.open_directory(),
            2 => Step::Close { fd: self.any() },
            3 => Step::Renumber {
                from: self.any(),
                to: self.any(),
            },
            4 => Step::Read {
                fd: self.file(),
                lens: self.lens(),
            },
            5 => Step::Pread {
                fd: self.file(),
                lens: self.lens(),
                offset: self.offset(),
            },
            6 => Step::Write {
                fd: self.file(),
                lens: self.lens(),
                seed: self.seed(),
            },
            7 => Step::Pwrite {
                fd: self.file(),
                lens: self.lens(),
                seed: self.seed(),
                offset: self.offset(),
            },
            8 => self.seek(),
            9 => Step::Tell { fd: self.file() },
            10 => Step::Advise {
                fd: self.file(),
                offset: self.offset(),
                len: self.offset(),
                advice: self.rng.below(7),
            },
            11 => self.allocate(),
            12 => Step::SetSize {
                fd: self.file(),
                size: self.offset(),
            },
            13 => Step::Sync { fd: self.file() },
            14 => Step::Datasync { fd: self.file() },
            15 => Step::Fdstat { fd: self.any() },
            16 => Step::SetFlags {
                fd: self.file(),
                flags: self.fdflags(),
            },
            17 => Step::SetRights {
                fd: self.any(),
                base: self.rights(),
                inheriting: self.rights(),
            },
            18 => Step::Filestat { fd: self.any() },
            19 => Step::SetTimes {
                fd: self.any(),
                atim: self.time(),
                mtim: self.time(),
                set: self.times_set(),
            },
            20 => Step::List {
                fd: self.directory(),
                size: self.room(),
            },
            21 => Step::ListOn {
                fd: self.directory(),
                size: self.room(),
                listing: self.rng.below(2),
                back: if self.rng.once_in(6) {
                    self.rng.below(5)
                } else {
                    0
                },
            },
            22 => {
                let (fd, path) = self.there();
                Step::PathFilestat {
                    fd,
                    flags: self.lookup(),
                    path,
                }
            }
            23 => {
                let (fd, path) = self.there();
                Step::PathSetTimes {
                    fd,
                    flags: self.lookup(),
                    path,
                    atim: self.time(),
                    mtim: self.time(),
                    set: self.times_set(),
                }
            }
            24 => {
                let (fd, path) = self.there();
                Step::Readlink {
                    fd,
                    path,
                    size: self.rng.pick(&[0, 1, 3, 100, 5000]),
                }
            }
            25 => {
                let (fd, path) = self.new_name();
                Step::CreateDirectory { fd, path }
            }
            26 => {
                let (fd, path) = self.there();
                Step::RemoveDirectory { fd, path }
            }
            27 => {
                let (fd, path) = self.there();
                Step::Unlink { fd, path }
            }
            28 => {
                let (fd, path) = self.new_name();
                Step::Symlink {
                    target: self.target(),
                    fd,
                    path,
                }
            }
            29 => {
                let ((fd, path), (new_fd, new_path)) = (self.there(), self.new_name());
                Step::Rename {
                    fd,
                    path,
                    new_fd,
                    new_path,
                }
            }
            _ => {
                let ((fd, path), (new_fd, new_path)) = (self.there(), self.new_name());
                Step::Link {
                    fd,
                    flags: self.lookup(),
                    path,
                    new_fd,
                    new_path,
                }
            }
        }
    }

    fn open_file(&mut self) -> Step {
        let oflags = self
            .rng
            .pick(&[0, 0, 0, 1, 1, 1, 1, 5, 8, 8, 9, 9, 13, 4, 12]);
        let base = match self.rng.below(10) {
            0..6 => READ | WRITE,
            6 => READ,
            7 => WRITE,
            8 => 0,
            _ => self.rights(),
        };
        let (fd, path) = if oflags & 1 != 0 {
            self.new_name()
        } else {
            self.there()
        };
        Step::Open {
            fd,
            flags: self.lookup(),
            path,
            oflags,
            base,
            inheriting: if self.rng.once_in(10) {
                self.rights()
            } else {
                0
            },
            fdflags: self.fdflags(),
        }
    }

    fn open_directory(&mut self) -> Step {
        let few = self.rng.once_in(8);
        let (fd, path) = self.there();
        Step::Open {
            fd,
            flags: self.lookup(),
            path,
            oflags: if self.rng.once_in(20) {
                self.rng.below(17)
            } else {
                self.rng.pick(&[2, 2, 0])
            },
            base: if few { self.rights() } else { ALL & !WRITE },
            inheriting: if few { self.rights() } else { ALL },
            fdflags: 0,
        }
    }

    fn seek(&mut self) -> Step {
        let far = self.offset() as i64;
        Step::Seek {
            fd: self.file(),
            delta: if self.rng.once_in(3) {
                far.wrapping_neg()
            } else {
                far
            },
            whence: if self.rng.once_in(30) {
                3
            } else {
                self.rng.below(3)
            },
        }
    }

    /// What is allocated is there: no hole is as large as this may get.
    fn allocate(&mut self) -> Step {
        let (offset, len) = if self.rng.once_in(10) {
            self.rng.pick(&[
                (0, 0),
                (u64::MAX, 1),
                (1, u64::MAX),
                (0, 1 << 63),
                (i64::MAX as u64, 1),
            ])
        } else {
            (self.near(), self.near())
        };
        Step::Allocate {
            fd: self.file(),
            offset,
            len,
        }
    }

    /// An open directory, most of the time.
    fn directory(&mut self) -> u32 {
        match self.rng.below(40) {
            0 => self.any(),
            1 => self.closed(),
            2..16 => 3,
            _ if self.directories.is_empty() => 3,
            _ => self.rng.pick(&self.directories),
        }
    }

    /// An open file, most of the time.
    fn file(&mut self) -> u32 {
        match self.rng.below(40) {
            0 => self.any(),
            1 => self.closed(),
            _ if self.files.is_empty() => self.any(),
            _ => self.rng.pick(&self.files),
        }
    }

    /// Any open descriptor; the first directory seldom, as everything else is reached from there.
    fn any(&mut self) -> u32 {
        let mut all = self.files.clone();
        all.extend(self.directories.iter().filter(|&&fd| fd != 3));
        match self.rng.below(40) {
            0 => self.closed(),
            1 => 3,
            _ if all.is_empty() => self.closed(),
            _ => self.rng.pick(&all),
        }
    }

    fn closed(&mut self) -> u32 {
        self.rng.pick(&[NUMBERS - 1, 1000, 1 << 20, u32::MAX])
    }

    fn lookup(&mut self) -> u32 {
        if self.rng.once_in(60) {
            self.rng.pick(&[2, 3, 1 << 31])
        } else {
            self.rng.below(2)
        }
    }

    fn fdflags(&mut self) -> u32 {
        match self.rng.below(20) {
            0..14 => 0,
            14..18 => 1,
            18 => self.rng.below(32),
            _ => self.rng.pick(&[32, 1 << 16]),
        }
    }

    fn rights(&mut self) -> u64 {
        match self.rng.below(4) {
            0 => ALL,
            // Bits that are no rights among them.
            1 => self.rng.next() >> self.rng.below(64),
            2 => ALL & self.rng.next() & self.rng.next(),
            _ => ALL & (self.rng.next() | self.rng.next() | self.rng.next()),
        }
    }

    fn time(&mut self) -> u64 {
        self.rng.pick(&[
            0,
            1,
            999_999_999,
            1_000_000_000_000_000_000,
            1_234_567_890_123_456_789,
            4_000_000_000_999_999_999,
        ])
    }

    fn times_set(&mut self) -> u32 {
        if self.rng.once_in(10) {
            self.rng.below(33)
        } else {
            self.rng.pick(&[0, 1, 4, 5, 5, 5, 2, 8, 10, 6, 9])
        }
    }

    fn seed(&mut self) -> u8 {
        self.rng.next() as u8
    }

    /// Room for entries of a directory.
    fn room(&mut self) -> u32 {
        self.rng
            .pick(&[0, 10, 24, 25, 26, 50, 51, 60, 100, 290, 4096])
    }

    fn lens(&mut self) -> Lens {
        let count = self.rng.pick(&[1, 1, 1, 1, 2, 3, 0]);
        Lens(
            (0..count)
                .map(|_| {
                    self.rng
                        .pick(&[0, 1, 7, 100, 511, 4095, 4096, 4097, 8192, 15_000])
                })
                .collect(),
        )
    }

    /// Somewhere near the end of a block.
    fn near(&mut self) -> u64 {
        let block = u64::from(self.rng.pick(&[0u32, 0, 0, 1, 1, 2, 3, 7])) * 4096;
        (block + u64::from(self.rng.below(300))).saturating_sub(self.rng.below(150).into())
    }

    /// Somewhere in a file, seldom far behind everything.
    fn offset(&mut self) -> u64 {
        match self.rng.below(60) {
            0 => self.rng.pick(&[
                1 << 20,
                1 << 31,
                u64::from(u32::MAX),
                1 << 32,
                (1 << 33) + 5,
            ]),
            1 => self.rng.pick(&[i64::MAX as u64, 1 << 63, u64::MAX]),
            _ => self.near(),
        }
    }
}
