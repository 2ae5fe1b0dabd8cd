//! The sliding region, run by an interpreter and compared with a model.
//!
//! The program sees what it would see unbundled: its own pages with what it wrote, zeros in fresh ones, the maximum that
//! it declared. The interposer finds in its region what it left there. Pages that an embedder adds stay where they are,
//! and come into the program's sight when it grows next, behind as many zeros as the region had bytes.

use wasmi::{AsContext, AsContextMut, Engine, Instance, Linker, Memory, Module, Store, Val};

use wasi_vfs::link::Options;

use crate::support::{interposer, link_with, wasm};

const PAGE: usize = 65536;
/// Pages of `slide.wat`.
const REGION: usize = 2;

/// A linked program at work.
struct Machine {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl Machine {
    /// A program with one page and a declared maximum.
    fn new(maximum: Option<usize>) -> Self {
        let maximum = maximum.map_or(String::new(), |pages| pages.to_string());
        let program = wasm(&format!(
            r#"(module
              (import "wasi_snapshot_preview1" "fd_put" (func $put (param i32 i32)))
              (import "wasi_snapshot_preview1" "fd_get" (func $get (param i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_more" (func $more (param i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_room" (func $room (result i32)))
              (import "wasi_snapshot_preview1" "fd_pages" (func $pages (result i32)))
              (import "wasi_snapshot_preview1" "fd_ask" (func $ask (result i32)))
              (memory (export "memory") 1 {maximum})
              (export "put" (func $put))
              (export "get" (func $get))
              (export "more" (func $more))
              (export "room" (func $room))
              (export "pages" (func $pages))
              (export "ask" (func $ask))
              (func (export "size") (result i32) (memory.size))
              (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#
        ));
        let linked =
            link_with(&program, &interposer("slide"), &Options::default()).expect("it links");
        let engine = Engine::default();
        let module = Module::new(&engine, linked.to_bytes()).expect("a valid module");
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::<()>::new(&engine);
        for import in module.imports() {
            let ty = import.ty().func().expect("functions only").clone();
            let asks = import.name() == "fd_ask";
            linker
                .func_new(
                    import.module(),
                    import.name(),
                    ty,
                    move |mut caller, _, results| {
                        assert!(asks, "only `fd_ask` is passed on");
                        let memory = caller.get_export("memory").and_then(|e| e.into_memory());
                        let memory = memory.expect("the exported memory");
                        let old = memory.grow(&mut caller, 1).expect("there is room");
                        results[0] = Val::I32(old as i32);
                        Ok(())
                    },
                )
                .expect("a name once");
        }
        let instance = linker
            .instantiate_and_start(&mut store, &module)
            .expect("it starts");
        let memory = instance
            .get_memory(&store, "memory")
            .expect("the exported memory");
        Machine {
            store,
            instance,
            memory,
        }
    }

    fn call(&mut self, name: &str, arguments: &[usize]) -> Option<usize> {
        let arguments: Vec<Val> = arguments
            .iter()
            .map(|&value| Val::I32(value as u32 as i32))
            .collect();
        let function = self
            .instance
            .get_func(&self.store, name)
            .expect("an export");
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function
            .call(&mut self.store, &arguments, &mut results)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let result = results.first()?;
        Some(result.i32().expect("an i32") as u32 as usize)
    }

    fn get(&mut self, address: usize) -> usize {
        self.call("get", &[address]).expect("a result")
    }

    /// Calls `size` or `grow`; `None` for -1.
    fn pages(&mut self, name: &str, arguments: &[usize]) -> Option<usize> {
        self.call(name, arguments)
            .filter(|&pages| pages != u32::MAX as usize)
    }

    fn bytes(&self) -> &[u8] {
        self.memory.data(self.store.as_context())
    }

    /// What an embedder does with the exported memory.
    fn grow_from_outside(&mut self, pages: usize) -> Option<usize> {
        let old = self
            .memory
            .grow(self.store.as_context_mut(), pages as u64)
            .ok()?;
        Some(old as usize)
    }

    fn poke(&mut self, address: usize, value: u8) {
        self.memory.data_mut(self.store.as_context_mut())[address] = value;
    }
}

/// What should be in memory.
struct Model {
    program: Vec<u8>,
    region: Vec<u8>,
    foreign: Vec<u8>,
    maximum: Option<usize>,
}

impl Model {
    fn new(maximum: Option<usize>) -> Self {
        let mut region = vec![0; REGION * PAGE];
        region[131_068..].copy_from_slice(&[1, 2, 3, 4]);
        Model {
            program: vec![0; PAGE],
            region,
            foreign: Vec::new(),
            maximum,
        }
    }

    fn real(&self) -> usize {
        (self.program.len() + self.region.len() + self.foreign.len()) / PAGE
    }

    fn real_limit(&self) -> usize {
        self.maximum.map_or(65536, |pages| pages + 2 * REGION)
    }

    /// Where fresh pages would begin, and the pages that growing takes besides.
    fn next(&self) -> (usize, usize) {
        match self.foreign.is_empty() {
            true => (self.program.len() / PAGE, 0),
            false => (self.real(), self.region.len() / PAGE),
        }
    }

    /// Puts the region on top: what is below comes into the program's sight.
    fn surface(&mut self) {
        if !self.foreign.is_empty() {
            self.program
                .resize(self.program.len() + self.region.len(), 0);
            self.program.append(&mut self.foreign);
        }
    }

    fn grow(&mut self, pages: usize) -> Option<usize> {
        if pages == 0 {
            return Some(self.program.len() / PAGE);
        }
        let (old, extra) = self.next();
        if old + pages > self.maximum.unwrap_or(65536)
            || self.real() + pages + extra > self.real_limit()
        {
            return None;
        }
        self.surface();
        self.program.resize(self.program.len() + pages * PAGE, 0);
        Some(old)
    }

    fn grow_region(&mut self, pages: usize) -> Option<usize> {
        let (_, extra) = self.next();
        if self.real() + pages + extra > self.real_limit() {
            return None;
        }
        self.surface();
        let old = self.region.len() / PAGE;
        self.region.resize(self.region.len() + pages * PAGE, 0);
        Some(old)
    }

    fn grow_from_outside(&mut self, pages: usize) -> Option<usize> {
        let real = self.real();
        if real + pages > self.real_limit() {
            return None;
        }
        self.foreign.resize(self.foreign.len() + pages * PAGE, 0);
        Some(real)
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

fn play(seed: u64, maximum: Option<usize>, steps: usize) {
    let mut dice = Dice(seed);
    let (mut machine, mut model) = (Machine::new(maximum), Model::new(maximum));
    for step in 0..steps {
        let large = model.real() > 60;
        match dice.roll(10) {
            0..=2 => {
                let pages = dice.pages();
                // What depends on how much an engine has to give is left out.
                if maximum.is_some() || pages >= 65_536 || (pages < 100 && !large) {
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
                machine.poke(model.program.len() + model.region.len() + at, value);
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
            let (region, foreign) = machine.bytes()[visible..].split_at(model.region.len());
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

#[test]
fn random_histories_follow_the_model() {
    for seed in 1..=12u64 {
        play(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), None, 200);
        play(
            seed.wrapping_mul(0xd1b5_4a32_d192_ed03),
            Some(1 + seed as usize * 2),
            120,
        );
    }
}

#[test]
fn growing_by_nothing_tells_the_size() {
    let mut machine = Machine::new(Some(3));
    assert_eq!(machine.pages("grow", &[0]), Some(1));
    assert_eq!(machine.pages("grow", &[2]), Some(1));
    assert_eq!(machine.pages("grow", &[0]), Some(3));
    assert_eq!(machine.bytes().len(), (3 + REGION) * PAGE);
}

#[test]
fn the_declared_maximum_is_the_programs() {
    let mut machine = Machine::new(Some(3));
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
        let mut machine = Machine::new(None);
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
    let mut machine = Machine::new(None);
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
    let mut machine = Machine::new(None);
    // The host answers with the old size; the interposer adds a 7 that it had in its memory meanwhile.
    assert_eq!(machine.call("ask", &[]), Some(1 + REGION + 7));
    assert_eq!(machine.call("ask", &[]), Some(2 + REGION + 7));
    assert_eq!(machine.pages("grow", &[1]), Some(3 + REGION));
    assert_eq!(machine.call("ask", &[]), Some(4 + 2 * REGION + 7));
}
