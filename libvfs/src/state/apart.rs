//! Memory of the interposer's own, which it has for itself.

unsafe extern "C" {
    /// Where the linker ends the statics; its address is what counts. `wasm-ld` aligns it to 16.
    static __heap_base: u64;
}

/// Where the memory starts that statics and stack leave.
#[inline(always)]
pub(super) fn base() -> *mut u8 {
    (&raw const __heap_base).cast::<u8>().cast_mut()
}

/// The end of the interposer's memory.
#[inline(always)]
pub(super) fn end() -> usize {
    core::arch::wasm32::memory_size::<0>() * super::PAGE
}

/// Makes the memory larger by so many pages; false when it can't be.
pub(super) fn grow(pages: usize) -> bool {
    core::arch::wasm32::memory_grow::<0>(pages) != usize::MAX
}
