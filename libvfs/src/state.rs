//! The one static: the file system of the program this module holds.

use core::cell::UnsafeCell;

use crate::fs::Vfs;
use crate::wasm::{Imports, Memory, Segment, Wasm};

#[cfg(not(feature = "pre-linked"))]
mod apart;
#[cfg(not(feature = "pre-linked"))]
use apart::{base, end, grow};
#[cfg(feature = "pre-linked")]
mod inside;
#[cfg(feature = "pre-linked")]
use inside::{base, end, grow};
#[cfg(feature = "writable")]
mod shared;
#[cfg(feature = "writable")]
pub(crate) use shared::{Heap, Own};
#[cfg(not(feature = "writable"))]
mod whole;
#[cfg(not(feature = "writable"))]
pub(crate) use whole::{Heap, Own};

/// Bytes of a wasm page.
const PAGE: usize = 65_536;

struct State(UnsafeCell<Vfs<Wasm>>);

// SAFETY: a bundled module has no shared memory (the linker refuses those), so there is one thread.
unsafe impl Sync for State {}

/// All zero, so that it takes no data segment.
static STATE: State = State(UnsafeCell::new(Vfs::new(
    Memory::NEW,
    Imports,
    Segment,
    Heap::NEW,
    Own::NEW,
)));

/// The file system, started.
#[inline(always)]
pub(crate) fn vfs() -> &'static mut Vfs<Wasm> {
    // SAFETY: one thread, and no call of preview1 calls another: a host that
    // calls back into the program during one does so to allocate memory only.
    let vfs = unsafe { &mut *STATE.0.get() };
    vfs.start();
    vfs
}

/// Begins and ends a run that is saved, see [`Vfs::preinit`].
#[cfg(not(feature = "pre-linked"))]
pub(crate) fn preinit() {
    // SAFETY: as above; it is called between calls of the program.
    unsafe { &mut *STATE.0.get() }.preinit();
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
