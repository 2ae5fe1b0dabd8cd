//! Mutated modules: the linker never panics, and what it makes of a module that it accepts is always valid.
//!
//! A few thousand here. `VFS_FUZZ_EXECUTIONS=1000000 cargo test --release -p wasi-vfs --test link fuzz` for more, with
//! `VFS_FUZZ_MODULE=app.wasm` on a real module.

use std::collections::BTreeSet;

use wasi_vfs::link::{Host, Interposer, LinkError, Memory, Options};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use crate::support::{folder, interposer, link_with, padded};

#[expect(
    clippy::disallowed_methods,
    reason = "a test takes its length from its environment"
)]
fn wish(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }
}

/// Numbers that mean something in a module: section numbers, operators, flags, ends of ranges.
const TELLING: [u8; 24] = [
    0x00, 0x01, 0x02, 0x0b, 0x10, 0x12, 0x23, 0x3f, 0x40, 0x41, 0x60, 0x6a, 0x70, 0x71, 0x7f, 0x80,
    0x81, 0xc0, 0xd2, 0xfc, 0xfd, 0xfe, 0xff, 0x24,
];

fn mutate(module: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    for _ in 0..1 + dice.roll(4) {
        let at = 8 + dice.roll(module.len().saturating_sub(8).max(1));
        let Some(byte) = module.get_mut(at) else {
            return;
        };
        match dice.roll(9) {
            0 => *byte ^= 1 << dice.roll(8),
            1 => *byte = TELLING[dice.roll(TELLING.len())],
            2 => *byte = byte.wrapping_add(1),
            3 => *byte = byte.wrapping_sub(1),
            4 => *byte = dice.roll(256) as u8,
            5 => {
                let from = dice.roll(other.len());
                let length = (1 + dice.roll(24))
                    .min(other.len() - from)
                    .min(module.len() - at);
                module[at..at + length].copy_from_slice(&other[from..from + length]);
            }
            6 => {
                let length = (1 + dice.roll(4)).min(module.len() - at);
                module.drain(at..at + length);
            }
            7 => module.insert(at, TELLING[dice.roll(TELLING.len())]),
            _ if dice.roll(20) == 0 => module.truncate(at),
            _ => {}
        }
    }
}

/// Links `module`; tells whether it was accepted.
fn execute(module: &[u8], interposer: &Interposer, options: &Options) -> bool {
    match link_with(module, interposer, options) {
        Ok(linked) => {
            // Checked by the linker as well, but that check is under test too.
            let bytes = linked.to_bytes();
            let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(&bytes);
            assert!(valid.is_ok(), "{:?}", valid.err());
            assert!(
                imported(&bytes).is_subset(&imported(module)),
                "an import more"
            );
            true
        }
        Err(LinkError::Bug { offset, message }) => panic!("at {offset:#x}: {message}"),
        Err(_) => false,
    }
}

/// The functions that a module imports, by name.
fn imported(module: &[u8]) -> BTreeSet<(String, String)> {
    let mut names = BTreeSet::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Ok(Payload::ImportSection(imports)) = payload {
            for import in imports.into_imports() {
                let import = import.expect("validated before");
                names.insert((import.module.to_owned(), import.name.to_owned()));
            }
        }
    }
    names
}

fn options(dice: &mut Dice) -> Options {
    Options {
        memory: [Memory::Single, Memory::Isolated][dice.roll(2)],
        host: [Host::Fallback, Host::Override, Host::None][dice.roll(3)],
        requires_host: dice.roll(2) == 0,
        writable: dice.roll(2) == 0,
        environment: dice.roll(2) == 0,
        arguments: dice.roll(2) == 0,
        preinit: dice.roll(4) == 0,
        ..Options::default()
    }
}

fn seeds() -> Vec<Vec<u8>> {
    if let Some(path) = wish("VFS_FUZZ_MODULE") {
        return vec![std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))];
    }
    let mut paths: Vec<_> = std::fs::read_dir(folder().join("cases"))
        .expect("the cases")
        .map(|entry| entry.expect("an entry").path())
        // A program with several memories is refused, which needs no thousand tries.
        .filter(|path| !path.to_string_lossy().contains(".isolated."))
        .collect();
    paths.sort();
    let modules = paths
        .iter()
        .map(|path| wat::parse_file(path).expect("a module"));
    modules
        .flat_map(|module| [padded(&module), module])
        .collect()
}

#[test]
fn mutated_modules() {
    let executions =
        wish("VFS_FUZZ_EXECUTIONS").map_or(3000, |text| text.parse().expect("a number"));
    let start = wish("VFS_FUZZ_SEED").map_or(0x5eed, |text| text.parse().expect("a number"));
    let (seeds, interposers) = (
        seeds(),
        ["interposer", "rewriting", "interposer", "fold"].map(interposer),
    );
    let mut dice = Dice(start);
    let mut accepted = 0;
    for execution in 0..executions {
        let mut module = seeds[dice.roll(seeds.len())].clone();
        let other = &seeds[dice.roll(seeds.len())];
        mutate(&mut module, other, &mut dice);
        let interposer = &interposers[dice.roll(interposers.len())];
        let options = options(&mut dice);
        let result = std::panic::catch_unwind(|| execute(&module, interposer, &options));
        match result {
            Ok(linked) => accepted += usize::from(linked),
            Err(_) => {
                let path = std::env::temp_dir().join("wasi-vfs-fuzz.wasm");
                std::fs::write(&path, &module).expect("a place for the module");
                panic!(
                    "execution {execution} from {start}: the module is in {}",
                    path.display()
                );
            }
        }
    }
    println!("{executions} executions, {accepted} accepted");
    assert!(
        accepted > executions / 50,
        "only {accepted} of {executions} were accepted: too wild to find anything"
    );
}
