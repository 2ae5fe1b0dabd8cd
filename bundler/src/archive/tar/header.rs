//! One header: 512 bytes, of which no two writers agree on all.
//!
//! Where its fields are, the crate `tar` says. It is not asked what is in them: it takes a negative time for a huge one, cuts
//! numbers that are too large, and refuses empty fields and checksums over signed bytes, which old archives have.

use std::ops::Range;

/// Bytes of a header; contents are padded to a multiple of it.
pub(super) const BLOCK: usize = 512;

/// What POSIX has begin with `ustar` and a zero, and where it has what comes before the name and a slash.
const MAGIC: Range<usize> = 257..263;
const PREFIX: Range<usize> = 345..500;

/// A header whose sum is right.
pub(super) struct Header(tar::Header);

impl Header {
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(block: &[u8; BLOCK]) -> Result<Self, &'static str> {
        let header = tar::Header::from_byte_slice(block).clone();
        // The sum is over all bytes but its own, which are taken for spaces.
        let own = header.as_old().cksum;
        let sum = |of: fn(u8) -> i64| {
            let all: i64 = block.iter().map(|byte| of(*byte)).sum();
            all - own.iter().map(|byte| of(*byte)).sum::<i64>() + 8 * i64::from(b' ')
        };
        let said = number(&own);
        // Some writers took bytes for signed numbers.
        match said == Some(sum(i64::from)) || said == Some(sum(|byte| i64::from(byte as i8))) {
            true => Ok(Self(header)),
            false => Err("the checksum is wrong"),
        }
    }

    /// The header as GNU's own format has it; `None`: it is in another.
    pub(super) fn gnu(&self) -> Option<&tar::GnuHeader> {
        self.0.as_gnu()
    }

    pub(super) fn kind(&self) -> u8 {
        self.0.as_old().linkflag[0]
    }

    pub(super) fn name(&self) -> Vec<u8> {
        let name = text(&self.0.as_old().name);
        let block = self.0.as_bytes();
        let is_posix = block[MAGIC] == *b"ustar\0";
        let mut prefix = &block[PREFIX];
        // Its writer, `star`, has times behind byte 476.
        if block.ends_with(b"tar\0") {
            prefix = &prefix[..131];
        }
        match text(prefix) {
            prefix if is_posix && !prefix.is_empty() => [prefix, name].join(&b'/'),
            _ => name.to_vec(),
        }
    }

    pub(super) fn link(&self) -> Vec<u8> {
        text(&self.0.as_old().linkname).to_vec()
    }

    pub(super) fn mode(&self) -> Option<u64> {
        u64::try_from(number(&self.0.as_old().mode)?).ok()
    }

    pub(super) fn size(&self) -> Option<u64> {
        u64::try_from(number(&self.0.as_old().size)?).ok()
    }

    pub(super) fn mtime(&self) -> Option<i64> {
        number(&self.0.as_old().mtime)
    }
}

/// Octal digits, or, where the first bit is set, a binary number with sign.
pub(super) fn number(field: &[u8]) -> Option<i64> {
    if field[0] & 0x80 == 0 {
        let text = text(field).trim_ascii();
        // Fields that do not matter are often left empty: they are 0.
        return text.iter().try_fold(0_i64, |number, digit| match digit {
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

/// What is before the first zero byte.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &[u8]) -> Option<i64> {
        let mut field = [0; 12];
        field[..text.len()].copy_from_slice(text);
        number(&field)
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
