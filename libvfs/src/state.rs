//! The one static: the file system of the program this module holds.

use core::cell::UnsafeCell;

use crate::fd::{Entry, Storage};
use crate::fs::Vfs;
use crate::wasm::{Imports, Memory, Segment, Wasm};

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
    Heap { count: 0 },
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

/// The descriptor table's memory: from the end of the statics to the end of the interposer's memory.
pub(crate) struct Heap {
    /// Entries there is room for; 0 before the first use.
    count: usize,
}

/// The first entry.
#[inline(always)]
fn base() -> *mut Entry {
    (&raw const __heap_base).cast::<Entry>().cast_mut()
}

impl Storage for Heap {
    #[inline(always)]
    fn entries(&self) -> &[Entry] {
        // SAFETY: `grow` counted these in memory that nothing else uses, and zero
        // bytes are `Entry::Closed`.
        unsafe { core::slice::from_raw_parts(base(), self.count) }
    }

    #[inline(always)]
    fn entries_mut(&mut self) -> &mut [Entry] {
        // SAFETY: as above, and `self` is the only owner.
        unsafe { core::slice::from_raw_parts_mut(base(), self.count) }
    }

    fn grow(&mut self) -> bool {
        // The first time, the rest of the memory that is there already is room enough.
        if self.count > 0 && core::arch::wasm32::memory_grow::<0>(1) == usize::MAX {
            return false;
        }
        let end = core::arch::wasm32::memory_size::<0>() * PAGE;
        self.count = (end - base().addr()) / size_of::<Entry>();
        true
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
