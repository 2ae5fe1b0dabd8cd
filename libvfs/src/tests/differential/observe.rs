//! The whole state that a program can see, compared on two systems.

use std::format;
use std::prelude::v1::*;

use super::compare::Comparison;
use super::step::{Lens, Step, Text};
use super::system::{Answer, System};

/// The descriptor that is only for looking: the sandbox's root. No random step names it.
pub(super) const OBSERVER: u32 = 4;

/// Numbers of descriptors that steps come to use.
pub(super) const NUMBERS: u32 = 40;

/// Bytes read at once.
const CHUNK: u32 = 60_000;

/// Opens [`OBSERVER`] on a system that was just started.
pub(super) fn prepare(system: &mut impl System) {
    let opened = system.call(&open(3, b".", 2));
    assert_eq!(opened, Answer::Number(OBSERVER.into()));
}

fn open(fd: u32, path: &[u8], oflags: u32) -> Step {
    let rights = if oflags == 2 {
        (1 << 30) - 1 - (1 << 6)
    } else {
        0b10_0110
    };
    Step::Open {
        fd,
        flags: 0,
        path: Text(path.to_vec()),
        oflags,
        base: rights,
        inheriting: if oflags == 2 { (1 << 30) - 1 } else { 0 },
        fdflags: 0,
    }
}

/// Compares everything below the root, and what every descriptor stands for.
pub(super) fn observe(
    comparison: &mut Comparison,
    one: &mut impl System,
    other: &mut impl System,
) -> Result<(), String> {
    let mut look = Look {
        comparison,
        one,
        other,
    };
    for fd in 3..NUMBERS {
        look.step(&Step::Fdstat { fd })?;
        look.step(&Step::Filestat { fd })?;
        look.step(&Step::Tell { fd })?;
    }
    look.directory(OBSERVER, &mut Vec::new())
}

struct Look<'a, A, B> {
    comparison: &'a mut Comparison,
    one: &'a mut A,
    other: &'a mut B,
}

impl<A: System, B: System> Look<'_, A, B> {
    fn step(&mut self, step: &Step) -> Result<Answer, String> {
        self.comparison
            .step(step, self.one, self.other)
            .map_err(|what| format!("looking, {step:?}: {what}"))
    }

    fn directory(&mut self, fd: u32, path: &mut Vec<u8>) -> Result<(), String> {
        let Answer::Names(names) = self.step(&Step::List { fd, size: 4096 })? else {
            return Ok(());
        };
        for name in names.into_keys() {
            if name == b"." || name == b".." {
                continue;
            }
            let len = path.len();
            path.push(b'/');
            path.extend_from_slice(&name);
            let looked = self.name(fd, &name, path);
            looked.map_err(|what| format!("`{}`: {what}", path.escape_ascii()))?;
            path.truncate(len);
        }
        Ok(())
    }

    fn name(&mut self, fd: u32, name: &[u8], path: &mut Vec<u8>) -> Result<(), String> {
        let text = Text(name.to_vec());
        let told = self.step(&Step::PathFilestat {
            fd,
            flags: 0,
            path: text.clone(),
        })?;
        let Answer::Stat(stat) = told else {
            return Ok(());
        };
        match stat.file_type {
            3 => {
                if let Answer::Number(below) = self.step(&open(fd, name, 2))? {
                    let below = below as u32;
                    self.directory(below, path)?;
                    self.step(&Step::Close { fd: below })?;
                }
            }
            4 => {
                if let Answer::Number(file) = self.step(&open(fd, name, 0))? {
                    self.content(file as u32, stat.size)?;
                    self.step(&Step::Close { fd: file as u32 })?;
                }
            }
            _ => {
                self.step(&Step::Readlink {
                    fd,
                    path: text,
                    size: 5000,
                })?;
            }
        }
        Ok(())
    }

    /// Compares the bytes of a file; of one with a large hole the start and the end.
    fn content(&mut self, fd: u32, size: u64) -> Result<(), String> {
        let mut offset = 0;
        while offset < size {
            let lens = Lens(Vec::from([CHUNK]));
            self.step(&Step::Pread { fd, lens, offset })?;
            offset += u64::from(CHUNK);
            if size > 1 << 20 && offset == CHUNK.into() {
                offset = size - u64::from(CHUNK);
            }
        }
        Ok(())
    }
}
