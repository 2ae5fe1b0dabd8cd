//! One header: 512 bytes, of which no two writers agree on all.
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 100 | name |
//! | 100 | 8 | mode |
//! | 124 | 12 | size |
//! | 136 | 12 | time of last modification, seconds since 1970 |
//! | 148 | 8 | sum of all bytes, these eight taken as spaces |
//! | 156 | 1 | type |
//! | 157 | 100 | target of a link |
//! | 257 | 6 | `ustar` and a zero (POSIX) or a space (GNU) |
//! | 345 | 155 | what comes before the name and a slash (POSIX; GNU has other things here) |

/// Bytes of a header; contents are padded to a multiple of it.
pub(super) const BLOCK: usize = 512;

/// A header whose sum is right.
pub(super) struct Header([u8; BLOCK]);

impl Header {
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(block: [u8; BLOCK]) -> Result<Self, &'static str> {
        let header = Self(block);
        let bytes = || {
            let sum = 148..156;
            (0..BLOCK).map(move |at| if sum.contains(&at) { b' ' } else { block[at] })
        };
        let unsigned: u64 = bytes().map(u64::from).sum();
        // Some writers took bytes for signed numbers.
        let signed: i64 = bytes().map(|byte| i64::from(byte as i8)).sum();
        match header.unsigned(148..156) {
            Some(sum) if sum == unsigned || i64::try_from(sum) == Ok(signed) => Ok(header),
            _ => Err("the checksum is wrong"),
        }
    }

    pub(super) fn kind(&self) -> u8 {
        self.0[156]
    }

    pub(super) fn name(&self) -> Vec<u8> {
        let name = self.text(0..100);
        let is_posix = self.0[257..263] == *b"ustar\0";
        // Its writer, `star`, has times behind byte 476.
        let end = if self.0[508..] == *b"tar\0" { 476 } else { 500 };
        match self.text(345..end) {
            prefix if is_posix && !prefix.is_empty() => [prefix, name].join(&b'/'),
            _ => name.to_vec(),
        }
    }

    pub(super) fn link(&self) -> Vec<u8> {
        self.text(157..257).to_vec()
    }

    pub(super) fn mode(&self) -> Option<u64> {
        self.unsigned(100..108)
    }

    pub(super) fn size(&self) -> Option<u64> {
        self.unsigned(124..136)
    }

    pub(super) fn mtime(&self) -> Option<i64> {
        self.number(136..148)
    }

    /// A field up to its zero byte.
    fn text(&self, field: std::ops::Range<usize>) -> &[u8] {
        let field = &self.0[field];
        let end = field.iter().position(|byte| *byte == 0);
        &field[..end.unwrap_or(field.len())]
    }

    fn unsigned(&self, field: std::ops::Range<usize>) -> Option<u64> {
        u64::try_from(self.number(field)?).ok()
    }

    /// Octal digits, or, where the first bit is set, a binary number with sign.
    fn number(&self, field: std::ops::Range<usize>) -> Option<i64> {
        let field = &self.0[field];
        if field[0] & 0x80 == 0 {
            let text = self::text(field);
            let text = text.trim_ascii();
            let digits = match text.is_empty() {
                // Fields that do not matter are often left empty.
                true => return Some(0),
                false => text,
            };
            return digits.iter().try_fold(0_i64, |number, digit| match digit {
                b'0'..=b'7' => number.checked_mul(8)?.checked_add(i64::from(digit - b'0')),
                _ => None,
            });
        }
        // The second bit is the sign; the first is none of the number's.
        let first = i64::from((field[0] as i8) << 1 >> 1);
        field[1..].iter().try_fold(first, |number, byte| {
            number.checked_mul(256)?.checked_add(i64::from(*byte))
        })
    }
}

/// What is before the first zero byte.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(field: &[u8]) -> Option<i64> {
        let mut block = [0; BLOCK];
        block[124..124 + field.len()].copy_from_slice(field);
        Header(block).number(124..136)
    }

    #[test]
    fn numbers() {
        assert_eq!(size(b"00000000644\0"), Some(0o644));
        assert_eq!(size(b"   644 \0"), Some(0o644));
        assert_eq!(size(b"777777777777"), Some(0o777_777_777_777));
        assert_eq!(size(b""), Some(0));
        assert_eq!(size(b"0o644"), None);
        assert_eq!(size(b"-1"), None);
        assert_eq!(
            size(&[0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1]),
            Some((2 << 32) + 1)
        );
        assert_eq!(size(&[0xff; 12]), Some(-1));
        assert_eq!(
            size(&[0xff, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0]),
            Some(-256)
        );
        assert_eq!(size(&[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }
}
