//! Room for a whole module.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// Bytes in memory. Many of them lie in large pages where the system has such: most of the time that it takes to read a module
/// goes into making room for it, a page at a time.
pub(crate) struct Bytes(Room);

enum Room {
    Heap(Vec<u8>),
    #[cfg(target_os = "linux")]
    Pages(memmap2::MmapMut),
}

/// What is smaller has no large page of its own.
#[cfg(target_os = "linux")]
const LARGE: usize = 2 << 20;

impl Bytes {
    /// So many zeros.
    pub(crate) fn zeros(size: usize) -> Self {
        #[cfg(target_os = "linux")]
        if size >= LARGE
            && let Ok(pages) = memmap2::MmapMut::map_anon(size)
        {
            // A wish: without it the pages are small.
            let _ = pages.advise(memmap2::Advice::HugePage);
            return Self(Room::Pages(pages));
        }
        Self(Room::Heap(vec![0; size]))
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Room::Heap(bytes))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Room::Heap(bytes) => bytes,
            #[cfg(target_os = "linux")]
            Room::Pages(pages) => pages,
        }
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Room::Heap(bytes) => bytes,
            #[cfg(target_os = "linux")]
            Room::Pages(pages) => pages,
        }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_of_any_size_is_zero_and_can_be_written() {
        for size in [0, 1, 4096, (2 << 20) - 1, 2 << 20, (5 << 20) + 3] {
            let mut bytes = Bytes::zeros(size);
            assert_eq!(bytes.len(), size);
            assert!(bytes.iter().all(|&byte| byte == 0));
            bytes.fill(7);
            assert!(bytes.iter().all(|&byte| byte == 7));
        }
    }
}
