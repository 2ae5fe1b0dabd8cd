//! The image format: its tree in canonical order, encoded, read back and checked.
//!
//! [`check()`] and [`list()`] read an image, [`mounts()`] and [`start()`] the rest of it; a tree becomes bytes in
//! `encode`. What goes into an image, and where contents come from, is [`embed`](crate::embed)'s.

mod check;
pub(crate) mod encode;
mod head;
pub(crate) mod mounts;
mod names;
mod print;
mod rows;
pub(crate) mod table;
pub(crate) mod tree;

pub(crate) use check::check_head;
pub use check::{Checked, ImageFlaw, check};
pub(crate) use head::Head;
pub use mounts::{MountRow, mounts, start};
pub(crate) use mounts::{mounts_of, start_of};
pub use print::{Row, RowKind, list, mode_text};
pub(crate) use print::{list_of, preopens_of, visit};
pub use rows::{Rows, RowsIter};
