//! The surface of the artifact: one exported function per interposed call.

use crate::errno::Errno;
use crate::host::preview1;
use crate::state;

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
preview1!(exports);
