//! What the program sees, call by call: the file system over a `Vec<u8>` as the
//! program's memory, an image built here, and a host that keeps a log.

mod attached;
mod caught;
mod change;
mod corrupt;
mod descriptors;
#[cfg(target_os = "linux")]
mod differential;
mod env;
mod failure;
mod fixture;
mod flags;
mod host;
mod hostile;
mod known;
mod list;
mod names;
mod old;
mod open;
mod peer;
mod poll;
mod preinit;
mod random;
mod read;
mod rename;
mod resolve;
mod rights;
mod seam;
mod space;
mod stat;
mod tree;
mod united;
mod whiteout;
mod world;
mod write;
