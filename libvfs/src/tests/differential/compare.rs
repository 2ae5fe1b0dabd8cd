//! Whether two systems say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::prelude::v1::*;

use super::justified;
use super::step::Step;
use super::system::{Answer, Entry, Stat, System};

/// Two systems side by side: what is known of one beside what is known of the other.
#[derive(Default)]
pub(super) struct Comparison {
    /// The inode numbers of the one by those of the other, and back.
    inodes: (BTreeMap<u64, u64>, BTreeMap<u64, u64>),
    /// Listings under way, by descriptor and number.
    listings: BTreeMap<(u32, u32), Listing>,
}

/// A listing that goes on while entries change.
struct Listing {
    /// Names that were there all the time, as the same file.
    stable: BTreeSet<(Vec<u8>, u64)>,
    /// Names that were there at some time.
    ever: BTreeSet<Vec<u8>>,
    /// What each system has told so far.
    told: [Told; 2],
}

#[derive(Default)]
struct Told {
    names: Vec<Vec<u8>>,
    ended: bool,
}

impl Comparison {
    /// Runs a step on both; the difference, if there is one.
    pub(super) fn step(
        &mut self,
        step: &Step,
        one: &mut impl System,
        other: &mut impl System,
    ) -> Result<Answer, String> {
        if let Step::ListOn { fd, listing, .. } = *step {
            self.begin(one, fd, listing);
        }
        let expected = one.call(step);
        let got = other.call(step);
        let steady = [one.is_steady(), other.is_steady()];
        self.answers(step, &expected, &got, steady)
            .map_err(|what| format!("{what}\n  the kernel: {expected:?}\n  the other:  {got:?}"))?;
        self.forget(step, &expected);
        self.watch(one);
        Ok(expected)
    }

    fn answers(
        &mut self,
        step: &Step,
        expected: &Answer,
        got: &Answer,
        steady: [bool; 2],
    ) -> Result<(), String> {
        match (expected, got) {
            (Answer::Stat(expected), Answer::Stat(got)) => self.stats(expected, got),
            (Answer::Names(expected), Answer::Names(got)) => self.names(expected, got),
            (Answer::Part { .. }, Answer::Part { .. }) => {
                let &Step::ListOn {
                    fd, listing, back, ..
                } = step
                else {
                    std::unreachable!("only going on with a listing tells a part");
                };
                let key = (fd, listing);
                self.part(key, back, (0, steady[0]), expected)
                    .map_err(|what| format!("the kernel: {what}"))?;
                self.part(key, back, (1, steady[1]), got)
            }
            _ if expected == got => Ok(()),
            (Answer::Refused(expected), Answer::Refused(got))
                if justified::refusal(step, *expected, *got) =>
            {
                Ok(())
            }
            _ => Err("the answers differ".into()),
        }
    }

    /// The same file must have the same inode number every time, and no other file that number.
    fn same_inode(&mut self, one: u64, other: u64) -> Result<(), String> {
        let there = *self.inodes.0.entry(one).or_insert(other);
        let back = *self.inodes.1.entry(other).or_insert(one);
        if (there, back) == (other, one) {
            Ok(())
        } else {
            Err(format!(
                "inode {one} beside {other}: before, {one} was beside {there} and {other} beside {back}"
            ))
        }
    }

    fn stats(&mut self, expected: &Stat, got: &Stat) -> Result<(), String> {
        self.same_inode(expected.inode, got.inode)?;
        let (mut expected, got) = (*expected, *got);
        expected.inode = got.inode;
        // Whether these move is looked at in `moves`.
        expected.clock = got.clock;
        // A directory is as large as its file system likes.
        if expected.file_type == 3 {
            expected.size = got.size;
        }
        // Following a symlink is reading it, and no flag keeps the kernel from noting the time.
        if expected.file_type == 7 {
            expected.atim = got.atim;
        }
        if expected == got {
            Ok(())
        } else {
            Err("the files differ".into())
        }
    }

    fn names(
        &mut self,
        expected: &BTreeMap<Vec<u8>, Entry>,
        got: &BTreeMap<Vec<u8>, Entry>,
    ) -> Result<(), String> {
        if !expected.keys().eq(got.keys()) {
            return Err("the names differ".into());
        }
        for (name, expected) in expected {
            let got = got[name];
            if expected.file_type != got.file_type {
                return Err(format!("`{}` is of another type", name.escape_ascii()));
            }
            // Above the sandbox is another directory on each side.
            if name != b".." {
                self.same_inode(expected.inode, got.inode)?;
            }
        }
        Ok(())
    }

    /// Takes note of what is there when a listing begins.
    fn begin(&mut self, one: &mut impl System, fd: u32, listing: u32) {
        let again = self
            .listings
            .get(&(fd, listing))
            .is_none_or(|listing| listing.told.iter().all(|told| told.ended));
        if again && let Some(names) = there(one, fd) {
            let listing_now = Listing {
                ever: names.iter().map(|(name, _)| name.clone()).collect(),
                stable: names,
                told: Default::default(),
            };
            self.listings.insert((fd, listing), listing_now);
        }
    }

    /// What a system says in one go on with a listing: nothing twice, nothing that never was, and
    /// at the end everything that was there all the time.
    fn part(
        &mut self,
        key: (u32, u32),
        back: u32,
        (which, steady): (usize, bool),
        said: &Answer,
    ) -> Result<(), String> {
        if !steady {
            return Ok(());
        }
        let (Some(listing), Answer::Part { names, end }) = (self.listings.get_mut(&key), said)
        else {
            return Ok(());
        };
        let told = &mut listing.told[which];
        // One of the systems may come to the end before the other; it starts anew then.
        if std::mem::take(&mut told.ended) {
            told.names.clear();
        }
        let keep = told.names.len().saturating_sub(back as usize);
        told.names.truncate(keep);
        for (name, _) in names {
            if !is_dots(name) && !listing.ever.contains(name) {
                return Err(format!("`{}` was never there", name.escape_ascii()));
            }
            let stable = listing.stable.iter().any(|(stable, _)| stable == name);
            if (stable || is_dots(name)) && told.names.contains(name) {
                return Err(format!("`{}` is told twice", name.escape_ascii()));
            }
            told.names.push(name.clone());
        }
        if *end {
            told.ended = true;
            for (name, _) in &listing.stable {
                if !told.names.contains(name) {
                    return Err(format!("`{}` was left out", name.escape_ascii()));
                }
            }
        }
        Ok(())
    }

    /// Listings end with their descriptor, and go where it goes.
    fn forget(&mut self, step: &Step, answer: &Answer) {
        match (step, answer) {
            (Step::Close { fd }, Answer::Done) => self.listings.retain(|(of, _), _| of != fd),
            (Step::Renumber { from, to }, Answer::Done) if from != to => {
                let listings = std::mem::take(&mut self.listings).into_iter();
                self.listings = listings
                    .filter(|((of, _), _)| of != to)
                    .map(|((of, number), listing)| {
                        ((if of == *from { *to } else { of }, number), listing)
                    })
                    .collect();
            }
            _ => {}
        }
    }

    /// Looks again at the directories whose listings are under way.
    fn watch(&mut self, one: &mut impl System) {
        for (&(fd, _), listing) in &mut self.listings {
            let Some(names) = there(one, fd) else {
                continue;
            };
            listing.stable.retain(|name| names.contains(name));
            listing.ever.extend(names.into_iter().map(|(name, _)| name));
        }
    }
}

/// The names in a directory, each with the file it is of, without the dots.
fn there(system: &mut impl System, fd: u32) -> Option<BTreeSet<(Vec<u8>, u64)>> {
    match system.call(&Step::List { fd, size: 4096 }) {
        Answer::Names(names) => Some(
            names
                .into_iter()
                .filter(|(name, _)| !is_dots(name))
                .map(|(name, entry)| (name, entry.inode))
                .collect(),
        ),
        _ => None,
    }
}

fn is_dots(name: &[u8]) -> bool {
    matches!(name, b"." | b"..")
}
