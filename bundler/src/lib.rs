//! The bundler: a manifest and a program's module in, one `.wasm` out.
//!
//! Data goes forward only, one module per stage:
//!
//! * [`manifest`]: TOML as written becomes a [`Manifest`](manifest::Manifest) as meant; no file is looked at.
//! * [`plan`]: the manifest becomes a sorted list of entries, each knowing who asked for it; listings and metadata are
//!   read from a [`source`].
//! * [`image`]: the entries become the bytes that the program will read; contents stream, they are never all in memory.
//! * [`link`]: the interposer goes into the program's module, with a hole where the image will be.
//! * [`output`]: module and image together, sealed with a section that says what they are, put in place in one step.
//!
//! [`inspect`] goes the other way, from a bundle to what is in it.

pub mod image;
pub mod inspect;
pub mod link;
pub mod manifest;
pub mod output;
pub mod path;
pub mod plan;
pub mod program;
pub mod report;
pub mod source;
