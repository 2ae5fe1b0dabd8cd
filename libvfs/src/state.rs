//! The one static: the file system of the program this module holds.

use core::cell::UnsafeCell;

use crate::fs::Vfs;
use crate::wasm::{Imports, Memory, Segment, Wasm};

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
    Memory,
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

unsafe extern "C" {
    /// Where the linker ends the statics; its address is what counts. `wasm-ld` aligns it to 16.
    static __heap_base: u64;
}

/// Where the memory starts that statics and stack leave.
#[inline(always)]
fn base() -> *mut u8 {
    (&raw const __heap_base).cast::<u8>().cast_mut()
}

/// The end of the interposer's memory.
#[inline(always)]
fn end() -> usize {
    core::arch::wasm32::memory_size::<0>() * PAGE
}

/// Makes the memory larger by so many pages; false when it can't be.
fn grow(pages: usize) -> bool {
    core::arch::wasm32::memory_grow::<0>(pages) != usize::MAX
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
