//! Archives as sources, from outside: the same trees as from a folder, and nothing from hostile ones.

#[path = "archives/build.rs"]
mod build;
#[path = "archives/hostile.rs"]
mod hostile;
#[path = "archives/support.rs"]
mod support;
#[path = "archives/wrong.rs"]
mod wrong;
