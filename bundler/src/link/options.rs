//! What the linker is asked for.

pub use crate::settings::{Host, Memory, Mode};

/// How a program and the interposer are put together.
///
/// The default is what a manifest without a `[link]` table and with read-only mounts asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Where the interposer comes from.
    pub mode: Mode,
    /// Where the interposer keeps its own state.
    pub memory: Memory,
    /// What the program may reach of the host's file system.
    pub host: Host,
    /// Whether the image has a mount that needs a directory of the host's, so that the program has to end without one.
    pub requires_host: bool,
    /// Whether the image has a mount that can be written to, so that [`link`](super::link()) takes the interposer that
    /// can do so. It adds more code.
    pub writable: bool,
    /// Whether the image decides about environment variables: `environ_get` and `environ_sizes_get` are interposed.
    pub environment: bool,
    /// Whether the image has arguments: `args_get` and `args_sizes_get` are interposed.
    pub arguments: bool,
    /// Whether the bundle leaves out how to get its program back, so that nobody can bundle it again.
    pub once: bool,
    /// Whether the program is to be run at bundle time and what it then has in memory is kept ([`preinit`](crate::preinit)).
    pub preinit: bool,
}
