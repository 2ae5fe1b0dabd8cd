#![doc = include_str!("../FORMAT.md")]
#![no_std]
#![forbid(unsafe_code)]

pub mod fuzz;
pub mod layout;

mod bytes;
mod directory;
mod header;
mod lookup;
mod mount;
mod node;
mod process;

pub use bytes::{Bytes, Corrupt, Str};
pub use directory::{Dirent, FileType};
pub use header::{Image, Preopen};
pub use lookup::SCRATCH;
pub use mount::{HostPolicy, Mount, MountKind};
pub use node::{Dir, Node, NodeId, NodeKind};
