//! The world of a program that was linked with the interposer among its own objects: one memory for both.
//!
//! Such a module runs as it is: nothing in it says that there is an image, and every call goes straight to the
//! host. The bundler finds it by the [`MARK`] in its data, and adds the image.

use core::cell::Cell;
use core::ptr::{read_volatile, with_exposed_provenance_mut, write_volatile};

use vfs_image::{Bytes, Corrupt, layout};

use crate::program::Program;
use crate::seam::BORROWED_MAX;

/// What the bundler looks for in the program's data; `bundler/src/link/inside.rs` has the same.
///
/// It has to be found after the program was optimized as a whole, which removes, copies and renames functions, but
/// leaves data and what is in a table. Hardly a byte is zero: what makes initial memories smaller leaves out zeros, and
/// would cut it into pieces.
#[repr(C)]
struct Mark {
    /// Says what this is, and which bundlers understand it.
    magic: [u8; 28],
    /// Reads the image: the bundler looks the function up in the table, and writes a `memory.init` into it.
    read: ReadImage,
    /// Bytes of the image, which the bundler writes; [`NO_IMAGE`] until then.
    image_size: u32,
}

/// Copies so many bytes of the image from an offset to memory.
type ReadImage = unsafe extern "C" fn(to: *mut u8, offset: u32, len: u32);

/// Before the module is bundled. No image has that many bytes.
const NO_IMAGE: u32 = u32::MAX;

static MARK: Mark = Mark {
    magic: *b"\xffwasi-vfs pre-linked form 1\xff",
    read: copy_from_image,
    image_size: NO_IMAGE,
};

/// A number that is in no other function, so that no optimizer takes this one for the same as another.
const NOT_YET: u32 = 0x7666_7331;

/// What becomes the reading of the image, with room for it. Until then nobody calls it.
unsafe extern "C" fn copy_from_image(to: *mut u8, offset: u32, len: u32) {
    for index in 0..len as usize {
        // SAFETY: the bytes from `to` on are the caller's.
        unsafe { write_volatile(to.add(index), offset as u8) };
    }
    // SAFETY: nothing else is done with these bytes that would last.
    unsafe { write_volatile((&raw mut SCRATCH).cast(), NOT_YET) };
}

/// Copies so many bytes of the image from an offset to memory.
///
/// # Safety
/// The bytes from `to` on are the caller's.
#[inline(always)]
unsafe fn read_image(to: *mut u8, offset: u32, len: u32) {
    // SAFETY: a static, and what is expected of the caller. Volatile, lest the compiler knows who is called.
    unsafe { read_volatile(&raw const MARK.read)(to, offset, len) }
}

#[inline(always)]
fn image_size() -> u32 {
    // SAFETY: a static. Volatile because the bundler writes it, of which no compiler knows.
    unsafe { read_volatile(&raw const MARK.image_size) }
}

/// Whether there is an image; without one, nothing is to be done but to ask the host.
#[inline(always)]
pub(crate) fn is_bundled() -> bool {
    image_size() != NO_IMAGE
}

/// The memory of the program, which is the interposer's, too.
///
/// Holds the host policy of the image, once it was asked for, and above it [`KNOWN`].
pub(crate) struct Memory(Cell<u32>);

/// Set when the policy is known.
const KNOWN: u32 = 1 << 8;

impl Memory {
    pub(crate) const NEW: Self = Self(Cell::new(0));
}

/// For answers of the host. On the program's stack there may be no room.
#[repr(align(8))]
struct Scratch(
    #[expect(dead_code, reason = "read and written by address only")] [u8; BORROWED_MAX as usize],
);

static mut SCRATCH: Scratch = Scratch([0; BORROWED_MAX as usize]);

/// The byte at an address that the program gave.
fn at<T>(address: u32) -> *mut T {
    with_exposed_provenance_mut(address as usize)
}

impl Program for Memory {
    #[inline(always)]
    fn size(&self) -> u64 {
        (core::arch::wasm32::memory_size::<0>() as u64) << 16
    }
    #[inline(always)]
    fn snapshot(&self) -> u32 {
        1 // The symbols that the archive defines are preview1's.
    }
    #[inline]
    fn host_policy(&self) -> u32 {
        if self.0.get() == 0 {
            let mut flags = [0; 4];
            if image_size() as usize >= layout::HeaderRecord::SIZE {
                // It has a header.
                let _ = Segment.read(layout::FLAGS_OFFSET, &mut flags);
            }
            self.0
                .set(u32::from_le_bytes(flags) & layout::HOST_POLICY | KNOWN);
        }
        self.0.get() & layout::HOST_POLICY
    }
    #[inline(always)]
    fn is_saved(&self) -> bool {
        // Such a program is not run while it is bundled.
        false
    }
    #[inline(always)]
    fn requires_host(&self) -> bool {
        true // Not known before the image is looked at.
    }
    #[inline(always)]
    fn borrowed(&self) -> u32 {
        (&raw mut SCRATCH).expose_provenance() as u32
    }
    #[inline(always)]
    fn lend(&self, own: &mut [u8]) -> Option<u32> {
        Some(own.as_mut_ptr().expose_provenance() as u32)
    }
    #[inline(always)]
    fn give_back(&self, _: &[u8]) {}
    #[inline(always)]
    fn trap(&self) -> ! {
        core::arch::wasm32::unreachable()
    }
    #[inline(always)]
    fn load32(&self, from: u32) -> u32 {
        // SAFETY: the program asked for this read of its memory; what is outside traps.
        unsafe { at::<u32>(from).read_unaligned() }
    }
    #[inline(always)]
    fn load64(&self, from: u32) -> u64 {
        // SAFETY: as above.
        unsafe { at::<u64>(from).read_unaligned() }
    }
    #[inline(always)]
    fn store32(&self, to: u32, value: u32) {
        // SAFETY: the program asked for this to be written to its memory; what is outside traps.
        unsafe { at::<u32>(to).write_unaligned(value) }
    }
    #[inline(always)]
    fn store64(&self, to: u32, value: u64) {
        // SAFETY: as above.
        unsafe { at::<u64>(to).write_unaligned(value) }
    }
    #[inline(always)]
    fn copy_in(&self, out: &mut [u8], from: u32) {
        // SAFETY: as the loads; `copy` lets the two overlap.
        unsafe { core::ptr::copy(at::<u8>(from), out.as_mut_ptr(), out.len()) }
    }
    #[inline(always)]
    fn copy_out(&self, to: u32, bytes: &[u8]) {
        // SAFETY: as the stores.
        unsafe { core::ptr::copy(bytes.as_ptr(), at::<u8>(to), bytes.len()) }
    }
    #[inline(always)]
    fn copy_image(&self, to: u32, offset: u32, len: u32) {
        // SAFETY: as the stores.
        unsafe { read_image(at(to), offset, len) }
    }
}

/// The passive data segment that is the image, once the module is bundled.
#[derive(Clone, Copy)]
pub(crate) struct Segment;

impl Bytes for Segment {
    #[inline(always)]
    fn size(&self) -> u32 {
        image_size()
    }
    #[inline(always)]
    fn read(&self, offset: u32, out: &mut [u8]) -> core::result::Result<(), Corrupt> {
        // SAFETY: writes exactly the bytes of `out`.
        unsafe { read_image(out.as_mut_ptr(), offset, out.len() as u32) };
        Ok(())
    }
    #[inline(always)]
    fn read_array<const SIZE: usize>(
        &self,
        offset: u32,
    ) -> core::result::Result<[u8; SIZE], Corrupt> {
        let mut out = core::mem::MaybeUninit::<[u8; SIZE]>::uninit();
        // SAFETY: as above; it writes all of `out`, which need not be zeroed before.
        unsafe {
            read_image(out.as_mut_ptr().cast(), offset, SIZE as u32);
            Ok(out.assume_init())
        }
    }
}
