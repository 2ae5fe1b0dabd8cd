//! Memory among the program's: a static of it, and pages that the memory grows by.
//!
//! A program's allocator takes what it grew the memory by, and nothing else: others may grow it, too. But wasi-libc's
//! of 2022 and before begins with all the memory that there is when it is first called, so it is called first.

use core::ptr::NonNull;

use super::shared::FIRST;
use crate::fd::Entry;

/// Where the first piece of the descriptor table is.
static mut TABLE: [Entry; FIRST as usize] = [Entry::Closed; FIRST as usize];

/// Where the first piece of the descriptor table is.
#[inline(always)]
pub(super) fn base() -> *mut u8 {
    (&raw mut TABLE).cast()
}

unsafe extern "C" {
    /// The program's allocator, if it has one: a weak symbol does not put it there.
    #[linkage = "extern_weak"]
    #[link_name = "malloc"]
    static MALLOC: Option<unsafe extern "C" fn(usize) -> Option<NonNull<u8>>>;
    #[linkage = "extern_weak"]
    #[link_name = "free"]
    static FREE: Option<unsafe extern "C" fn(Option<NonNull<u8>>)>;
}

/// Whether the program's allocator was called.
static mut BEGUN: bool = false;

/// The end of the memory, where it is about to grow.
pub(super) fn end() -> usize {
    // SAFETY: one thread, and libc's functions, called as C would. They may make the memory larger
    // themselves, so they are not called again between this and `grow`.
    unsafe {
        if !BEGUN && let (Some(malloc), Some(free)) = (MALLOC, FREE) {
            BEGUN = true;
            // The compiler knows what these two do, and that nothing comes of it.
            free(core::hint::black_box(malloc(1)));
        }
    }
    core::arch::wasm32::memory_size::<0>() * super::PAGE
}

/// Makes the memory larger by so many pages; false when it can't be.
pub(super) fn grow(pages: usize) -> bool {
    core::arch::wasm32::memory_grow::<0>(pages) != usize::MAX
}
