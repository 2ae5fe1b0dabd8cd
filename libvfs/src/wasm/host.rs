//! What runs the module, by the program's own imports.

use crate::errno::{Errno, Result};
use crate::host::{Host, preview1};

/// The program's own imports of preview1.
pub(crate) struct Imports;

macro_rules! imports {
    ($($name:ident($($arg:ident: $type:ty),* $(,)?);)*) => {
        mod import {
            #[link(wasm_import_module = "wasi_snapshot_preview1")]
            unsafe extern "C" {
                // All pointers go into the program's memory, where the host checks
                // them as it does for the program itself.
                $(pub(super) safe fn $name($($arg: $type),*) -> u32;)*
                pub(super) safe fn clock_time_get(clock: u32, precision: u64, out: u32) -> u32;
                pub(super) safe fn proc_exit(code: u32);
            }
        }

        impl Host for Imports {
            $(
                #[inline(always)]
                fn $name(&self, $($arg: $type),*) -> Result<()> {
                    Errno::check(ask::$name($($arg),*))
                }
            )*
            #[inline(always)]
            fn clock_time_get(&self, clock: u32, precision: u64, out: u32) -> Result<()> {
                Errno::check(import::clock_time_get(clock, precision, out))
            }
            #[inline(always)]
            fn proc_exit(&self, code: u32) {
                import::proc_exit(code);
            }
        }

        /// The calls, by way of the table. Among the program's own objects the linker makes one import of the
        /// interposer's and of those that the program declares itself; this way, whoever calls an import in
        /// the code is the program. The bundler has to know: the interposer never hears of such calls.
        #[cfg(feature = "pre-linked")]
        pub(crate) mod ask {
            $(
                #[inline(always)]
                pub(crate) fn $name($($arg: $type),*) -> u32 {
                    static CALL: extern "C" fn($($type),*) -> u32 = super::import::$name;
                    // SAFETY: a static. Volatile, lest the compiler knows who is called.
                    unsafe { core::ptr::read_volatile(&raw const CALL)($($arg),*) }
                }
            )*
        }
    };
}
preview1!(imports);

#[cfg(not(feature = "pre-linked"))]
use import as ask;
