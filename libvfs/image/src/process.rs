//! What the program is started with: variables of its environment, arguments.

use crate::layout::{ArgumentRecord, ENVIRONMENT_FIXED, MountRecord, VariableRecord};
use crate::{Bytes, Corrupt, Image, Str};

impl<B: Bytes> Image<B> {
    /// Whether the variables here are all that the program sees, whatever the host has.
    #[inline]
    pub fn environment_fixed(&self) -> bool {
        self.flags & ENVIRONMENT_FIXED != 0
    }

    /// Number of variables.
    #[inline]
    pub fn variable_count(&self) -> u32 {
        self.variable_count
    }

    /// The variable of this index: `NAME=VALUE`, sorted by name.
    ///
    /// # Errors
    /// [`Corrupt`] when there is no such variable, or it lies outside the strings.
    pub fn variable(&self, index: u32) -> Result<Str, Corrupt> {
        if index >= self.variable_count {
            return Err(Corrupt);
        }
        let record = VariableRecord::decode(&self.record(self.variables(), index)?);
        self.string(record.offset, record.size)
    }

    /// Number of arguments, the program's name included; 0 when there are no defaults.
    #[inline]
    pub fn argument_count(&self) -> u32 {
        self.argument_count
    }

    /// The argument of this index. The first is the program's name for a host that passes no argument at all,
    /// the others are the defaults.
    ///
    /// # Errors
    /// [`Corrupt`] when there is no such argument, or it lies outside the strings.
    pub fn argument(&self, index: u32) -> Result<Str, Corrupt> {
        if index >= self.argument_count {
            return Err(Corrupt);
        }
        let record = ArgumentRecord::decode(&self.record(self.arguments(), index)?);
        self.text(record.offset, record.size)
    }

    /// Where the variables start.
    #[inline]
    pub(crate) fn variables(&self) -> u32 {
        self.mounts()
            .wrapping_add(self.mount_count.wrapping_mul(MountRecord::SIZE as u32))
    }

    /// Where the arguments start.
    #[inline]
    pub(crate) fn arguments(&self) -> u32 {
        self.variables().wrapping_add(
            self.variable_count
                .wrapping_mul(VariableRecord::SIZE as u32),
        )
    }
}
