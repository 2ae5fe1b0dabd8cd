//! What the linker is asked for.

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

/// Where the interposer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// From the program, when it was linked with `libwasi_vfs.a`; else from this release.
    #[default]
    Auto,
    /// From this release, whatever is in the program.
    PostLink,
    /// From the program, which must have been linked with `libwasi_vfs.a`.
    PreLinked,
}

/// Where the interposer keeps its own state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Memory {
    /// At the top of the program's memory, out of its sight; runs on every engine that runs the program.
    #[default]
    Single,
    /// In a memory of its own, which nothing in the program can reach; needs an engine with multi-memory.
    Isolated,
}

/// What the program may reach of the host's file system.
///
/// The image says the same to the interposer; the linker only has to know whether anything is left to be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Host {
    /// What is not in the image.
    #[default]
    Fallback,
    /// Everything that it has, before what is in the image.
    Override,
    /// Nothing but the standard streams.
    None,
}
