//! The surface of the artifact: one function per interposed call.

use crate::errno::Errno;
use crate::host::preview1;
use crate::state;
#[cfg(feature = "pre-linked")]
use crate::wasm::{ask, is_bundled};

#[cfg(not(feature = "pre-linked"))]
macro_rules! exports {
    ($($name:ident($($arg:ident: $type:ty),* $(,)?);)*) => {
        $(
            // SAFETY: the linker sends the program's calls of this import here; nothing
            // else in the module has the name.
            #[unsafe(export_name = stringify!($name))]
            extern "C" fn $name($($arg: $type),*) -> u32 {
                Errno::answer(state::vfs().$name($($arg),*))
            }
        )*
    };
}
#[cfg(feature = "pre-linked")]
macro_rules! exports {
    ($($name:ident($($arg:ident: $type:ty),* $(,)?);)*) => {
        $(
            // SAFETY: the name that wasi-libc has for the import. Where it is defined, `wasm-ld` takes the
            // definition; programs do not define it.
            #[inline(never)]
            #[unsafe(export_name = concat!("__imported_wasi_snapshot_preview1_", stringify!($name)))]
            extern "C" fn $name($($arg: $type),*) -> u32 {
                if is_bundled() {
                    Errno::answer(state::vfs().$name($($arg),*))
                } else {
                    ask::$name($($arg),*)
                }
            }
        )*

        /// The names that Zig's compiler gives its imports. Some of Zig's libc is in Zig.
        mod zig {
            $(
                // SAFETY: as above.
                #[unsafe(export_name = concat!(stringify!($name), "|wasi_snapshot_preview1"))]
                extern "C" fn $name($($arg: $type),*) -> u32 {
                    super::$name($($arg),*)
                }
            )*
        }
    };
}
preview1!(exports);

// SAFETY: nothing else in the artifact has the name; the linker takes it when the program is to be run while it is bundled.
#[cfg(not(feature = "pre-linked"))]
#[unsafe(export_name = "preinit")]
extern "C" fn preinit() {
    state::preinit();
}
