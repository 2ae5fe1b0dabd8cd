//! The program's memory: [`Program`].
//!
//! Pointers of the program are plain `u32`, so they can't be mixed up with the
//! interposer's own, which are Rust references.

/// The memory of the program that calls.
///
/// The methods that take a pointer and are not provided here are only called after
/// [`check`](Program::check) accepted the range; implementations need not check again.
pub trait Program {
    /// Bytes of memory the program sees; more than `u32` holds when it has all 65,536 pages.
    fn size(&self) -> u64;
    /// Which WASI it calls: 1 is `wasi_snapshot_preview1`, 0 the older `wasi_unstable`, where
    /// some structures and numbers are others.
    fn snapshot(&self) -> u32;
    /// How the host's directories meet the tree, as in the image's flags: see [`vfs_image::layout::HOST_POLICY`].
    fn host_policy(&self) -> u32;
    /// Whether the image has a mount that needs a directory of the host's.
    fn requires_host(&self) -> bool;
    /// Where memory is borrowed for answers of the host: saved before, restored after. `BORROWED_MAX` bytes at most.
    #[inline(always)]
    fn borrowed(&self) -> u32 {
        1024
    }
    /// Lends memory of the interposer's to the host: the address at which it finds so many bytes, until they are
    /// [`given back`](Self::give_back). `None` when the program has not as much memory.
    ///
    /// The program's bytes that are in the way are kept in it meanwhile.
    #[inline(always)]
    fn lend(&self, own: &mut [u8]) -> Option<u32> {
        let at = self.borrowed();
        if u64::from(at) + own.len() as u64 > self.size() {
            return None;
        }
        self.copy_in(own, at);
        Some(at)
    }
    /// Ends what [`lend`](Self::lend) began, with the same memory.
    #[inline(always)]
    fn give_back(&self, own: &[u8]) {
        self.copy_out(self.borrowed(), own);
    }
    /// Whether this memory may be that of a run that was [saved](crate::fs::Vfs::preinit): decided when the program is
    /// linked.
    fn is_saved(&self) -> bool;
    /// Ends the program: it passed a pointer outside its memory.
    fn trap(&self) -> !;
    /// Loads a little-endian 32-bit integer.
    fn load32(&self, at: u32) -> u32;
    /// Loads a little-endian 64-bit integer.
    fn load64(&self, at: u32) -> u64;
    /// Stores a little-endian 32-bit integer.
    fn store32(&self, at: u32, value: u32);
    /// Stores a little-endian 64-bit integer.
    fn store64(&self, at: u32, value: u64);
    /// Copies from the program's memory.
    fn copy_in(&self, out: &mut [u8], from: u32);
    /// Copies to the program's memory.
    fn copy_out(&self, to: u32, bytes: &[u8]);
    /// Copies bytes of the image to the program's memory; the caller knows that the image has them.
    fn copy_image(&self, to: u32, offset: u32, len: u32);

    /// Traps unless so many bytes from `at` on lie inside the program's memory.
    ///
    /// Preview1 says that an out-of-bounds pointer that has to be dereferenced traps.
    /// No bytes need no dereferencing.
    #[inline(never)]
    fn check(&self, at: u32, bytes: u64) {
        self.check_here(at, bytes);
    }

    /// The same without a call of a function, for what programs do most.
    #[inline(always)]
    fn check_here(&self, at: u32, bytes: u64) {
        if bytes != 0 && u64::from(at) + bytes > self.size() {
            self.trap()
        }
    }

    /// Stores the 32-bit result of a call.
    #[inline(never)]
    fn answer32(&self, at: u32, value: u32) {
        self.check_here(at, 4);
        self.store32(at, value);
    }

    /// Stores the 64-bit result of a call.
    #[inline(never)]
    fn answer64(&self, at: u32, value: u64) {
        self.check(at, 8);
        self.store64(at, value);
    }
}
