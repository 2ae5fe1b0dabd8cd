//! The harness of the tests: guest programs, engines, a fixture tree, and ways to compare what they say.
//!
//! The statement behind most tests: *a program can't tell its bundle from a real directory*. So a
//! [`guest`] runs on an [`engine`] once with the [`fixture`] given by `--dir`, once as a [`bundle`] of
//! the same fixture, and the two [`transcript`]s must be equal, but for the lines that the file
//! `golden/differences` lists with a reason.
//!
//! `tests/setup.sh` puts in place what is needed; without it the tests fail and say so.

pub mod bundle;
pub mod cache;
pub mod command;
pub mod dwarf;
pub mod engine;
pub mod fixture;
pub mod glob;
pub mod golden;
pub mod guest;
pub mod listing;
pub mod manifest;
pub mod meaning;
pub mod project;
pub mod random;
pub mod session;
pub mod tool;
pub mod transcript;
pub mod tree;
pub mod variant;
pub mod wasmi_host;
