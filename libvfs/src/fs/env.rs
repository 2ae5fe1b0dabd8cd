//! `environ_*` and `args_*`: what the manifest gives and the host gives, as one.

use super::{Vfs, World};
use crate::errno::Result;
use crate::host::Host;

impl<W: World> Vfs<W> {
    /// `environ_sizes_get`: number of variables and bytes of their text.
    ///
    /// # Errors
    /// What the host answers.
    pub fn environ_sizes_get(&mut self, count: u32, size: u32) -> Result<()> {
        self.host.environ_sizes_get(count, size)
    }

    /// `environ_get`: the variables.
    ///
    /// # Errors
    /// What the host answers.
    pub fn environ_get(&mut self, pointers: u32, text: u32) -> Result<()> {
        self.host.environ_get(pointers, text)
    }

    /// `args_sizes_get`: number of arguments and bytes of their text.
    ///
    /// # Errors
    /// What the host answers.
    pub fn args_sizes_get(&mut self, count: u32, size: u32) -> Result<()> {
        self.host.args_sizes_get(count, size)
    }

    /// `args_get`: the arguments.
    ///
    /// # Errors
    /// What the host answers.
    pub fn args_get(&mut self, pointers: u32, text: u32) -> Result<()> {
        self.host.args_get(pointers, text)
    }
}
