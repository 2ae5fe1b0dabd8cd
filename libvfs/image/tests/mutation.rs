//! The worked example damaged in every way: the reader answers or refuses, and never leaves its bytes.

#[path = "common/dump.rs"]
mod dump;

use dump::worked_example;
use vfs_image::fuzz::{Rng, exercise, mutate};

/// Executions of the reader in a normal test run; `VFS_FUZZ_EXECUTIONS` asks for more.
const EXECUTIONS: u64 = 50_000;

fn executions() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests only; a number of turns reaches no output"
    )]
    let asked = std::env::var("VFS_FUZZ_EXECUTIONS");
    asked.map_or(EXECUTIONS, |number| {
        number.parse().expect("VFS_FUZZ_EXECUTIONS is a number")
    })
}

#[test]
fn an_undamaged_image_is_never_refused() {
    let observed = exercise(&worked_example());
    assert!(observed.opened && observed.refusals == 0, "{observed:?}");
}

#[test]
fn every_value_of_every_byte() {
    let good = worked_example();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        for value in 0..=255 {
            bytes[at] = value;
            exercise(&bytes);
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    let good = worked_example();
    for len in 0..good.len() {
        assert!(!exercise(&good[..len]).opened, "{len} bytes");
    }
    let longer = [&good[..], &[0]].concat();
    assert!(!exercise(&longer).opened);
}

#[test]
fn several_damages_at_once() {
    let good = worked_example();
    let mut rng = Rng::new(2);
    let mut opened = 0;
    for _ in 0..executions() {
        let mut bytes = good.clone();
        mutate(&mut bytes, 0x1ee, &mut rng);
        // A damaged magic, version or size would only show again that `open` looks at them.
        if rng.below(8) > 0 {
            bytes[..16].copy_from_slice(&good[..16]);
        }
        opened += u64::from(exercise(&bytes).opened);
    }
    assert!(
        opened > executions() / 4,
        "only {opened} got past the header"
    );
}
