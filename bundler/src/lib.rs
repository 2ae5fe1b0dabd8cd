//! The bundler: a manifest and a program's module in, one `.wasm` out.
//!
//! Data goes forward only: [`manifest`] → [`plan`] → [`image`] → [`link`] → [`output`].

pub mod path;
pub mod plan;
pub mod source;
