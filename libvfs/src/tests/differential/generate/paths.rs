//! Paths: of what is there, of what is not, and of what should not be.

use std::prelude::v1::*;
use std::vec;

use super::Generator;
use crate::tests::differential::step::Text;

/// Names that paths are made of: few, so that they meet.
const NAMES: &[&[u8]] = &[
    b"a",
    b"a",
    b"a",
    b"b",
    b"b",
    b"b",
    b"c",
    b"c",
    b"d",
    b"e",
    b"l",
    b"r",
    b"w",
    b"s",
    b"x",
    "\u{fc}\u{4e2d}".as_bytes(),
];

impl Generator<'_> {
    pub(super) fn target(&mut self) -> Text {
        match self.rng.below(12) {
            0 => Text(Vec::new()),
            1 => Text([b"/".to_vec(), self.path().0].concat()),
            2 => Text(b"/".to_vec()),
            3 => Text([b"../".to_vec(), self.path().0].concat()),
            _ => self.path(),
        }
    }

    /// A directory and a path from it that leads to something, most of the time.
    pub(super) fn there(&mut self) -> (u32, Text) {
        let fd = self.directory();
        if self.rng.once_in(5) {
            return (fd, self.path());
        }
        let mut path = Vec::new();
        loop {
            let names = self.kernel.names(fd, &path);
            if names.is_empty() {
                break;
            }
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(&self.rng.pick(&names));
            if self.rng.once_in(2) {
                break;
            }
        }
        if path.is_empty() {
            return (fd, self.path());
        }
        if self.rng.once_in(15) {
            path.push(b'/');
        }
        (fd, Text(path))
    }

    /// A directory and a path from it to a name in a directory that is there, most of the time.
    pub(super) fn new_name(&mut self) -> (u32, Text) {
        if self.rng.once_in(5) {
            return self.there();
        }
        let (fd, Text(mut path)) = self.there();
        let keep = path
            .iter()
            .rposition(|&byte| byte == b'/')
            .map_or(0, |at| at + 1);
        path.truncate(keep);
        path.extend_from_slice(self.rng.pick(NAMES));
        if self.rng.once_in(20) {
            path.push(b'/');
        }
        (fd, Text(path))
    }

    pub(super) fn path(&mut self) -> Text {
        if self.rng.once_in(25) {
            return self.odd_path();
        }
        let mut path = Vec::new();
        let depth = self.rng.pick(&[1, 1, 1, 2, 2, 3, 4]);
        for at in 0..depth {
            if at > 0 {
                path.extend_from_slice(if self.rng.once_in(30) { b"//" } else { b"/" });
            }
            match self.rng.below(30) {
                0 => path.extend_from_slice(b"."),
                1 | 2 => path.extend_from_slice(b".."),
                _ => path.extend_from_slice(self.rng.pick(NAMES)),
            }
        }
        if self.rng.once_in(12) {
            path.push(b'/');
        }
        Text(path)
    }

    fn odd_path(&mut self) -> Text {
        let odd: Vec<&[u8]> = vec![
            b"",
            b"/",
            b"//",
            b".",
            b"..",
            b"./",
            b"../",
            b"a//b/",
            b"./../x",
            b"./a",
            b"a/.",
            b"a/..",
            b"a/./b",
            b"/a",
            b"a\0",
            b"\0",
            b"a\0b",
            b"\xff",
            b"a/\xc3",
            b"b/\xe4\xb8",
            b"b/../b/../b/../a",
            b"d/..",
            b"d/../a",
            b"b/d/../..",
            b"l/",
            b"e/",
            b"b/b/b/",
            b"./.",
            b"a/../a",
            b" ",
            b"*",
        ];
        match self.rng.below(12) {
            0 => Text(vec![b'n'; 255]),
            1 => Text(vec![b'n'; 256]),
            2 => Text([vec![b'm'; 255], b"/a".to_vec()].concat()),
            3 => Text([b"a/".to_vec(), vec![b'm'; 256]].concat()),
            4 => Text(b"./".repeat(2047)),
            5 => Text(vec![b'/'; 5000]),
            6 => Text([b"b/".to_vec(), b"./".repeat(2046), b"aaa".to_vec()].concat()),
            _ => Text(self.rng.pick(&odd).to_vec()),
        }
    }
}
