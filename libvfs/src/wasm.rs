//! The world inside a bundled module.
//!
//! One of two: `apart` from the program, in an artifact that the bundler links into finished modules, or
//! `inside` it, in the archive that is linked with the program's own objects.

use crate::fs::World;
use crate::state::{Heap, Own};

#[cfg(not(feature = "pre-linked"))]
mod apart;
mod host;
#[cfg(feature = "pre-linked")]
mod inside;

#[cfg(not(feature = "pre-linked"))]
pub(crate) use apart::{Memory, Segment};
pub(crate) use host::Imports;
#[cfg(feature = "pre-linked")]
pub(crate) use host::ask;
#[cfg(feature = "pre-linked")]
pub(crate) use inside::{Memory, Segment, is_bundled};

/// The world inside a bundled module.
pub(crate) struct Wasm;

impl World for Wasm {
    type Program = Memory;
    type Host = Imports;
    type Bytes = Segment;
    type Storage = Heap;
    type Pages = Own;
    const WRITABLE: bool = cfg!(feature = "writable");
}
