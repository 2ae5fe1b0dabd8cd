//! The sliding region, run by an interpreter and compared with a model.
//!
//! The program sees what it would see unbundled: its own pages with what it wrote, zeros in fresh ones, the maximum that
//! it declared. The interposer finds in its region what it left there. Pages that an embedder adds stay where they are,
//! and come into the program's sight when it grows next, behind as many zeros as the region and its gap had bytes.

#[path = "slide/machine.rs"]
mod machine;
#[path = "slide/model.rs"]
mod model;

use wasi_vfs::link::Memory;

use machine::Machine;
use model::Model;

const PAGE: usize = 65536;
/// Pages of `slide.wat`.
const REGION: usize = 2;

/// A program and what it runs on.
#[derive(Clone, Copy)]
struct Setup {
    /// Pages that the program declares as its maximum.
    maximum: Option<usize>,
    /// Whether the region moves further than it has to.
    ahead: bool,
    /// Pages that the engine gives at most.
    engine: usize,
    /// Where the interposer's memory is.
    memory: Memory,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            maximum: None,
            ahead: false,
            engine: 65536,
            memory: Memory::Single,
        }
    }
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }

    fn pages(&mut self) -> usize {
        match self.roll(12) {
            0 => 65_536,
            1 => u32::MAX as usize - self.roll(3),
            2 => 65_536 - self.roll(10),
            n => n % 5,
        }
    }
}

/// An address in memory of this size, often at an end of it.
fn address(dice: &mut Dice, size: usize) -> usize {
    match dice.roll(4) {
        0 => size - 1,
        1 => size - 1 - dice.roll(PAGE.min(size)),
        2 => 0,
        _ => dice.roll(size),
    }
}

fn play(seed: u64, setup: Setup, steps: usize) {
    let mut dice = Dice(seed);
    let (mut machine, mut model) = (Machine::new(setup), Model::new(setup));
    let bounded = setup.engine < 65_536 || setup.maximum.is_some();
    for step in 0..steps {
        let large = model.real() > 60;
        match dice.roll(10) {
            0..=2 => {
                let pages = dice.pages();
                // What depends on how much an engine has to give is left out.
                if bounded || pages >= 65_536 || (pages < 100 && !large) {
                    assert_eq!(
                        machine.pages("grow", &[pages]),
                        model.grow(pages),
                        "{seed} {step}: grow {pages}"
                    );
                }
            }
            3 if !large => {
                let pages = dice.roll(3);
                assert_eq!(
                    machine.pages("more", &[pages]),
                    model.grow_region(pages),
                    "{seed} {step}: more {pages}"
                );
            }
            4 if !large && dice.roll(3) == 0 => {
                let pages = 1 + dice.roll(3);
                let grown = machine.grow_from_outside(pages);
                assert_eq!(
                    grown,
                    model.grow_from_outside(pages),
                    "{seed} {step}: foreign {pages}"
                );
            }
            5 if !model.foreign.is_empty() => {
                let (at, value) = (
                    address(&mut dice, model.foreign.len()),
                    dice.roll(256) as u8,
                );
                model.foreign[at] = value;
                machine.poke((model.real() * PAGE - model.foreign.len()) + at, value);
            }
            5 | 6 => {
                let (at, value) = (address(&mut dice, model.region.len()), dice.roll(256));
                model.region[at] = value as u8;
                machine.call("put", &[at, value]);
            }
            _ => {
                let (at, value) = (
                    address(&mut dice, model.program.len()),
                    dice.roll(256) as u8,
                );
                model.program[at] = value;
                machine.poke(at, value);
            }
        }
        let visible = model.program.len();
        assert_eq!(
            machine.pages("size", &[]),
            Some(visible / PAGE),
            "{seed} {step}"
        );
        assert_eq!(
            machine.pages("pages", &[]),
            Some(visible / PAGE),
            "{seed} {step}"
        );
        assert_eq!(
            machine.pages("room", &[]),
            Some(model.region.len() / PAGE),
            "{seed} {step}"
        );
        if step % 8 == 0 || step + 1 == steps {
            let (gap, rest) = machine.bytes()[visible..].split_at(model.gap * PAGE);
            let (region, foreign) = rest.split_at(model.region.len());
            assert!(gap.iter().all(|&byte| byte == 0), "{seed} {step}: the gap");
            assert!(
                machine.bytes()[..visible] == model.program,
                "{seed} {step}: the program's bytes"
            );
            assert!(region == model.region, "{seed} {step}: the region's bytes");
            assert!(foreign == model.foreign, "{seed} {step}: foreign bytes");
            let at = address(&mut dice, model.region.len());
            assert_eq!(
                machine.get(at),
                usize::from(model.region[at]),
                "{seed} {step}"
            );
        }
    }
}

/// Plays with a declared maximum, without one, and on an engine that gives little.
fn play_all(ahead: bool) {
    for seed in 1..=10u64 {
        let setup = Setup {
            ahead,
            ..Setup::default()
        };
        play(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), setup, 200);
        let setup = Setup {
            maximum: Some(1 + seed as usize * 2),
            ..setup
        };
        play(seed.wrapping_mul(0xd1b5_4a32_d192_ed03), setup, 120);
        let setup = Setup {
            maximum: None,
            engine: 10 + seed as usize * 5,
            ..setup
        };
        play(seed.wrapping_mul(0xbf58_476d_1ce4_e5b9), setup, 150);
    }
}

#[test]
fn random_histories_follow_the_model() {
    play_all(false);
}

#[test]
fn random_histories_of_a_region_that_moves_ahead_follow_the_model() {
    play_all(true);
}

/// Grows the program by a page until it can't be; returns how often the region moved, and the program's pages.
fn grow_page_by_page(machine: &mut Machine, until: usize) -> (usize, usize) {
    let (mut moves, mut real, mut pages) = (0, machine.bytes().len(), 1);
    while pages < until && machine.pages("grow", &[1]) == Some(pages) {
        pages += 1;
        // Only a move takes pages of the engine.
        moves += usize::from(machine.bytes().len() > real);
        real = machine.bytes().len();
    }
    (moves, pages)
}

#[test]
fn a_large_region_moves_rarely() {
    let mut machine = Machine::new(Setup {
        ahead: true,
        ..Setup::default()
    });
    assert_eq!(machine.pages("more", &[200 - REGION]), Some(REGION));
    machine.call("put", &[199 * PAGE, 42]);
    // Each of the moves, of 200 pages, leaves a gap of 100: four bytes at most are copied or cleared per byte grown.
    assert_eq!(grow_page_by_page(&mut machine, 1000), (10, 1000));
    assert_eq!(machine.get(199 * PAGE), 42);
    // A region that does not move ahead is meant to be small.
    let mut machine = Machine::new(Setup::default());
    assert_eq!(grow_page_by_page(&mut machine, 100), (99, 100));
}

#[test]
fn a_large_region_leaves_the_last_page_of_an_engine_to_the_program() {
    let mut machine = Machine::new(Setup {
        ahead: true,
        engine: 500,
        ..Setup::default()
    });
    assert_eq!(machine.pages("more", &[100 - REGION]), Some(REGION));
    machine.call("put", &[3, 42]);
    // Seven moves by 50 pages more than asked, then by what there is.
    let (moves, pages) = grow_page_by_page(&mut machine, 500);
    assert_eq!(pages, 400);
    assert!(moves < 16, "{moves} moves");
    assert_eq!(machine.pages("more", &[1]), None);
    assert_eq!(machine.get(3), 42);
}

#[test]
fn a_gap_beyond_the_programs_maximum_would_be_lost() {
    let mut machine = Machine::new(Setup {
        ahead: true,
        maximum: Some(20),
        ..Setup::default()
    });
    assert_eq!(machine.pages("more", &[100 - REGION]), Some(REGION));
    assert_eq!(machine.pages("grow", &[10]), Some(1));
    assert_eq!(machine.bytes().len(), (20 + 100) * PAGE);
    assert_eq!(machine.pages("grow", &[10]), None);
    assert_eq!(machine.pages("grow", &[9]), Some(11));
    assert_eq!(machine.bytes().len(), (20 + 100) * PAGE);
    // The region's own growth is not the program's.
    assert_eq!(machine.pages("more", &[50]), Some(100));
}

#[test]
fn a_gap_below_foreign_pages_comes_into_sight_with_them() {
    let mut machine = Machine::new(Setup {
        ahead: true,
        ..Setup::default()
    });
    assert_eq!(machine.pages("more", &[8 - REGION]), Some(REGION));
    assert_eq!(machine.pages("grow", &[1]), Some(1));
    // Two pages, a gap of four, eight of the region.
    assert_eq!(machine.grow_from_outside(1), Some(14));
    assert_eq!(machine.pages("grow", &[1]), Some(15));
    assert_eq!(machine.pages("size", &[]), Some(16));
}

#[test]
fn growing_by_nothing_tells_the_size() {
    let mut machine = Machine::new(Setup {
        maximum: Some(3),
        ..Setup::default()
    });
    assert_eq!(machine.pages("grow", &[0]), Some(1));
    assert_eq!(machine.pages("grow", &[2]), Some(1));
    assert_eq!(machine.pages("grow", &[0]), Some(3));
    assert_eq!(machine.bytes().len(), (3 + REGION) * PAGE);
}

#[test]
fn the_declared_maximum_is_the_programs() {
    let mut machine = Machine::new(Setup {
        maximum: Some(3),
        ..Setup::default()
    });
    assert_eq!(machine.pages("grow", &[3]), None);
    assert_eq!(machine.pages("grow", &[u32::MAX as usize]), None);
    assert_eq!(machine.pages("grow", &[2]), Some(1));
    assert_eq!(machine.pages("grow", &[1]), None);
    assert_eq!(machine.pages("size", &[]), Some(3));
    // The region has room of its own, also at the program's maximum.
    assert_eq!(machine.pages("more", &[REGION]), Some(REGION));
    assert_eq!(machine.pages("more", &[1]), None);
}

#[test]
fn vacated_pages_are_zero() {
    // By less than the region has, by as much, by more: the old place and the new one overlap or not.
    for pages in [1, REGION, REGION + 3] {
        let mut machine = Machine::new(Setup::default());
        for at in 0..REGION {
            machine.call("put", &[at * PAGE + 5, 77]);
        }
        assert_eq!(machine.pages("grow", &[pages]), Some(1));
        assert!(
            machine.bytes()[PAGE..(1 + pages) * PAGE]
                .iter()
                .all(|&byte| byte == 0),
            "{pages}"
        );
        for at in 0..REGION {
            assert_eq!(machine.get(at * PAGE + 5), 77, "{pages}");
        }
    }
}

#[test]
fn foreign_pages_stay_where_they_are() {
    let mut machine = Machine::new(Setup::default());
    machine.call("put", &[9, 42]);
    assert_eq!(machine.grow_from_outside(1), Some(1 + REGION));
    machine.poke((1 + REGION) * PAGE + 3, 99);
    // Not yet in sight, as the program has not asked.
    assert_eq!(machine.pages("size", &[]), Some(1));
    assert_eq!(machine.get(9), 42);
    assert_eq!(machine.pages("grow", &[1]), Some(2 + REGION));
    assert_eq!(machine.pages("size", &[]), Some(3 + REGION));
    assert_eq!(machine.bytes()[(1 + REGION) * PAGE + 3], 99);
    assert!(
        machine.bytes()[PAGE..(1 + REGION) * PAGE]
            .iter()
            .all(|&byte| byte == 0)
    );
    assert_eq!(machine.get(9), 42);
}

#[test]
fn a_host_may_grow_the_memory_during_a_call() {
    let mut machine = Machine::new(Setup::default());
    // The host answers with the old size; the interposer adds a 7 that it had in its memory meanwhile.
    assert_eq!(machine.call("ask", &[]), Some(1 + REGION + 7));
    assert_eq!(machine.call("ask", &[]), Some(2 + REGION + 7));
    assert_eq!(machine.pages("grow", &[1]), Some(3 + REGION));
    assert_eq!(machine.call("ask", &[]), Some(4 + 2 * REGION + 7));
}

#[test]
fn a_memory_of_its_own_is_out_of_everybodys_reach() {
    for ahead in [false, true] {
        let mut machine = Machine::new(Setup {
            memory: Memory::Isolated,
            maximum: Some(5),
            ahead,
            ..Setup::default()
        });
        assert_eq!(machine.bytes().len(), PAGE);
        machine.call("put", &[9, 42]);
        assert_eq!(machine.pages("more", &[3]), Some(REGION));
        machine.call("put", &[4 * PAGE, 43]);
        assert_eq!(machine.pages("grow", &[1]), Some(1));
        assert_eq!(machine.grow_from_outside(1), Some(2));
        for name in ["size", "pages"] {
            assert_eq!(machine.pages(name, &[]), Some(3), "{name}");
        }
        assert_eq!(machine.pages("grow", &[2]), Some(3));
        assert_eq!(machine.pages("grow", &[1]), None);
        for at in 0..machine.bytes().len() {
            machine.poke(at, 0xff);
        }
        assert_eq!((machine.get(9), machine.get(4 * PAGE)), (42, 43));
        assert_eq!(machine.get(REGION * PAGE - 1), 4, "its own data");
        assert_eq!(machine.pages("room", &[]), Some(REGION + 3));
        assert!(machine.bytes().iter().all(|&byte| byte == 0xff));
    }
}
