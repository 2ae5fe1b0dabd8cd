//! Archives as sources, from outside: the same trees as from a folder, and nothing from hostile ones.

#[path = "archives/again.rs"]
mod again;
#[path = "archives/build.rs"]
mod build;
#[path = "archives/crates.rs"]
mod crates;
#[path = "archives/disagree.rs"]
mod disagree;
#[cfg(unix)]
#[path = "archives/fuzz.rs"]
mod fuzz;
#[path = "archives/hostile.rs"]
mod hostile;
#[path = "archives/layers.rs"]
mod layers;
#[cfg(unix)]
#[path = "archives/random.rs"]
mod random;
#[cfg(unix)]
#[path = "archives/same.rs"]
mod same;
#[path = "archives/support.rs"]
mod support;
#[path = "archives/wrong.rs"]
mod wrong;
