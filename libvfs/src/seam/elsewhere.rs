//! Directories of the host under names that the tree does not have, for a program that can't ask for them.
//!
//! A C library asks for the preopens once, and then starts each path from the one whose name is its longest beginning. When
//! that was while the program was bundled, it knows those of the tree only. What it would have chosen is chosen here.

/// Directories that are known; more than that are not found.
const KNOWN_MAX: usize = 16;

/// Bytes of all their names.
const TEXT: usize = 2048;

/// The host's directories that have no place in the tree.
#[repr(C)]
pub(crate) struct Elsewhere {
    directories: [Directory; KNOWN_MAX],
    count: usize,
    /// Their names, one after the other.
    text: [u8; TEXT],
}

/// One of them.
#[derive(Clone, Copy)]
struct Directory {
    /// The tree's preopen below whose name its own would be.
    preopen: u32,
    /// Its number at the host plus one; 0 when it was closed.
    host: u32,
    /// Where the rest of its name ends in the text; it starts where the one before ends.
    end: usize,
}

impl Elsewhere {
    /// None yet.
    pub(crate) const fn new() -> Self {
        let none = Directory {
            preopen: 0,
            host: 0,
            end: 0,
        };
        Self {
            directories: [none; KNOWN_MAX],
            count: 0,
            text: [0; TEXT],
        }
    }

    /// Whether there is one at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Remembers a directory; `name` is what comes behind the name of the preopen, without slashes around it.
    pub(crate) fn add(&mut self, preopen: u32, host: u32, name: &[u8]) {
        let before = self.directories.get(self.count.wrapping_sub(1));
        let start = before.map_or(0, |before| before.end);
        let end = start + name.len();
        if let Some(place) = self.directories.get_mut(self.count)
            && let Some(text) = self.text.get_mut(start..end)
        {
            text.copy_from_slice(name);
            *place = Directory { preopen, host, end };
            self.count += 1;
        }
    }

    /// The host's directory is closed.
    pub(crate) fn close(&mut self, host: u32) {
        for directory in &mut self.directories {
            if directory.host == host {
                directory.host = 0;
            }
        }
    }

    /// The directory whose name is the longest beginning of a path from this preopen: its number plus one, and bytes of its
    /// name. A number of 0 is none.
    pub(crate) fn find(&self, preopen: u32, path: &[u8]) -> (u32, usize) {
        let (mut found, mut longest, mut start) = (0, 0, 0);
        for directory in self.directories.get(..self.count).unwrap_or_default() {
            let name = self.text.get(start..directory.end).unwrap_or_default();
            start = directory.end;
            let same = name.iter().zip(path).take_while(|(a, b)| a == b).count();
            let whole = same == name.len() && matches!(path.get(same), None | Some(b'/'));
            if whole && same > longest && directory.preopen == preopen && directory.host != 0 {
                (found, longest) = (directory.host, same);
            }
        }
        (found, longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_is_found() {
        let mut known = Elsewhere::new();
        for (preopen, host, name) in [(0, 5, "a"), (0, 6, "a/b"), (1, 7, "c"), (0, 8, "ab")] {
            known.add(preopen, host, name.as_bytes());
        }
        for (preopen, path, found) in [
            (0, "a", (5, 1)),
            (0, "a/", (5, 1)),
            (0, "a/x/b", (5, 1)),
            (0, "a/b", (6, 3)),
            (0, "a/bc", (5, 1)),
            (0, "ab/b", (8, 2)),
            (0, "abc", (0, 0)),
            (0, "c", (0, 0)),
            (1, "c/d", (7, 1)),
            (1, "", (0, 0)),
        ] {
            assert_eq!(known.find(preopen, path.as_bytes()), found, "{path}");
        }
        known.close(6);
        assert_eq!(known.find(0, b"a/b"), (5, 1));
    }

    #[test]
    fn names_without_room_are_left_out() {
        let mut known = Elsewhere::new();
        known.add(0, 1, &[b'x'; TEXT - 1]);
        known.add(0, 2, b"yy");
        known.add(0, 3, b"z");
        assert_eq!(known.find(0, b"yy"), (0, 0));
        assert_eq!(known.find(0, b"z"), (3, 1));
        for _ in 0..KNOWN_MAX {
            known.add(0, 4, b"");
        }
        assert_eq!(known.count, KNOWN_MAX);
    }
}
