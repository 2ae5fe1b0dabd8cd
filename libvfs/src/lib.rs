//! The interposer: a preview1 file system inside the program's own module.
//!
//! It answers every `fd_*` and `path_*` call of preview1 for an embedded image
//! ([`vfs_image`]), and passes the rest on to the host with the descriptors
//! translated. All of it is safe Rust, generic over the [`World`](fs::World) around it:
//!
//! * [`program::Program`]: the memory of the program that calls,
//! * [`host::Host`]: the preview1 functions of what runs the module,
//! * [`vfs_image::Bytes`]: the image,
//! * [`fd::Storage`]: memory for the descriptor table,
//! * [`ram::Pages`]: memory for what the program writes.
//!
//! Only `abi` and `state`, which exist on wasm32 alone, are `unsafe`: they are that
//! world inside a bundled module. Elsewhere this crate is a library for tests.
#![no_std]
#![cfg_attr(feature = "pre-linked", feature(linkage))]

#[cfg(test)]
extern crate std;

pub mod errno;
pub mod fd;
pub mod fs;
pub mod host;
mod kept;
mod known;
mod prefix;
pub mod program;
pub mod ram;
mod readdir;
mod resolve;
pub mod rights;
mod seam;
mod tree;
mod walk;

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "exports under preview1's names")]
mod abi;
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the one static, and the table behind it")]
mod state;
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "imports that take pointers into our own memory")]
mod wasm;

#[cfg(test)]
mod tests;
