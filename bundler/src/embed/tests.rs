//! What holds of images, in words:
//!
//! * Reading back what was written gives the tree that was planned; the full check accepts it.
//! * Equal trees give equal bytes, in whatever order the plan's entries came.
//! * Equal contents are stored once, hard links are one node, empty files take no bytes.
//! * The number of threads changes nothing.
//! * A lookup finds every name and no other, and takes few reads however many names there are.
//! * Every change of a byte is found by the full check.
//! * A damaged image never makes the reader or the check panic.

pub(crate) mod build;
mod damage;
mod errors;
mod furnished;
mod opened;
pub(crate) mod random;
mod scale;
mod threads;
mod worked;
