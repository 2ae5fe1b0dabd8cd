//! The world of a program that the interposer is linked into afterwards: it has memory of its own,
//! and reaches the program's and the image through intrinsics.

use vfs_image::{Bytes, Corrupt};

use crate::errno::Result;
use crate::program::Program;

/// Intrinsics: each call becomes one to three instructions in the bundle.
mod intrinsic {
    #[link(wasm_import_module = "wasi_vfs")]
    unsafe extern "C" {
        pub(super) safe fn program_load32(at: u32) -> u32;
        pub(super) safe fn program_load64(at: u32) -> u64;
        pub(super) safe fn program_store32(at: u32, value: u32);
        pub(super) safe fn program_store64(at: u32, value: u64);
        pub(super) safe fn program_pages() -> u32;
        pub(super) fn copy_in(own: *mut u8, program: u32, len: u32);
        pub(super) fn copy_out(program: u32, own: *const u8, len: u32);
        pub(super) safe fn image_to_program(program: u32, offset: u32, len: u32);
        pub(super) fn image_to_own(own: *mut u8, offset: u32, len: u32);
        pub(super) safe fn image_size() -> u32;
        pub(super) safe fn snapshot() -> u32;
        pub(super) safe fn host_policy() -> u32;
        pub(super) safe fn requires_host() -> u32;
        pub(super) safe fn is_saved() -> u32;
    }
}

/// The memory of the program.
pub(crate) struct Memory;

impl Memory {
    pub(crate) const NEW: Self = Self;
}

impl Program for Memory {
    #[inline(always)]
    fn size(&self) -> u64 {
        u64::from(intrinsic::program_pages()) << 16
    }
    #[inline(always)]
    fn snapshot(&self) -> u32 {
        intrinsic::snapshot()
    }
    #[inline(always)]
    fn host_policy(&self) -> u32 {
        intrinsic::host_policy()
    }
    #[inline(always)]
    fn is_saved(&self) -> bool {
        intrinsic::is_saved() != 0
    }
    #[inline(always)]
    fn requires_host(&self) -> bool {
        intrinsic::requires_host() != 0
    }
    #[inline(always)]
    fn trap(&self) -> ! {
        core::arch::wasm32::unreachable()
    }
    #[inline(always)]
    fn load32(&self, at: u32) -> u32 {
        intrinsic::program_load32(at)
    }
    #[inline(always)]
    fn load64(&self, at: u32) -> u64 {
        intrinsic::program_load64(at)
    }
    #[inline(always)]
    fn store32(&self, at: u32, value: u32) {
        intrinsic::program_store32(at, value);
    }
    #[inline(always)]
    fn store64(&self, at: u32, value: u64) {
        intrinsic::program_store64(at, value);
    }
    #[inline(always)]
    fn copy_in(&self, out: &mut [u8], from: u32) {
        // SAFETY: writes exactly the bytes of `out`; the source is in another
        // address space, where the worst that can happen is a trap.
        unsafe { intrinsic::copy_in(out.as_mut_ptr(), from, out.len() as u32) }
    }
    #[inline(always)]
    fn copy_out(&self, to: u32, bytes: &[u8]) {
        // SAFETY: reads exactly the bytes of `bytes`; the destination is the
        // program's memory, checked by the caller as `Program` demands.
        unsafe { intrinsic::copy_out(to, bytes.as_ptr(), bytes.len() as u32) }
    }
    #[inline(always)]
    fn copy_image(&self, to: u32, offset: u32, len: u32) {
        intrinsic::image_to_program(to, offset, len);
    }
}

/// The passive data segment that is the image.
#[derive(Clone, Copy)]
pub(crate) struct Segment;

impl Bytes for Segment {
    #[inline(always)]
    fn size(&self) -> u32 {
        intrinsic::image_size()
    }
    #[inline(always)]
    fn read(&self, offset: u32, out: &mut [u8]) -> Result<(), Corrupt> {
        // The reader asks for ranges that the image has and for no others: its mutation
        // test asserts that of every image, however damaged. Even so, the worst is a trap.
        // SAFETY: writes exactly the bytes of `out`; the source is not memory.
        unsafe { intrinsic::image_to_own(out.as_mut_ptr(), offset, out.len() as u32) };
        Ok(())
    }
    #[inline(always)]
    fn read_array<const SIZE: usize>(&self, offset: u32) -> Result<[u8; SIZE], Corrupt> {
        let mut out = core::mem::MaybeUninit::<[u8; SIZE]>::uninit();
        // SAFETY: as above; it writes all of `out`, which need not be zeroed before.
        unsafe {
            intrinsic::image_to_own(out.as_mut_ptr().cast(), offset, SIZE as u32);
            Ok(out.assume_init())
        }
    }
}
