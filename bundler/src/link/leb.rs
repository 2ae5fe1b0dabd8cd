//! LEB128, the integer encoding of WebAssembly, at a chosen width.
//!
//! Linkers pad operands to five bytes so that they can be patched in place;
//! [`write_padded`] keeps such a width, so that nothing behind a patched operand moves.

use std::ops::Range;

/// The width of a padded 32-bit operand: room for every value.
pub(crate) const PADDED: usize = 5;

/// Reads an unsigned 32-bit value at `at` and moves `at` behind it.
///
/// `None` when the bytes end or the value does not fit.
pub(super) fn read(bytes: &[u8], at: &mut usize) -> Option<u32> {
    let mut value = 0u64;
    for shift in [0, 7, 14, 21, 28] {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(value).ok();
        }
    }
    None
}

/// The byte range of the operand that starts at `at`.
pub(super) fn range(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let mut end = at;
    read(bytes, &mut end)?;
    Some(at..end)
}

/// Appends `value` in as few bytes as it takes.
pub(super) fn write(out: &mut Vec<u8>, value: u32) {
    write_padded(out, value, 1);
}

/// Appends `value` in at least `width` bytes (more when it needs more).
pub(super) fn write_padded(out: &mut Vec<u8>, mut value: u32, width: usize) {
    let mut written = 1;
    while value >= 0x80 || written < width {
        out.push(value as u8 | 0x80);
        value >>= 7;
        written += 1;
    }
    out.push(value as u8);
}

/// How many bytes [`write`] takes for `value`.
pub(super) fn width(value: u32) -> usize {
    ((32 - value.leading_zeros()).max(1) as usize).div_ceil(7)
}

/// The five bytes of an unsigned value, for a place reserved earlier.
pub(super) fn padded(value: u32) -> [u8; PADDED] {
    let mut bytes = Vec::with_capacity(PADDED);
    write_padded(&mut bytes, value, PADDED);
    bytes
        .try_into()
        .expect("a 32-bit value takes at most five bytes")
}

/// The five bytes of the signed `i32.const` immediate that pushes the bits of `value`.
pub(crate) fn padded_signed(value: u32) -> [u8; PADDED] {
    let mut rest = i64::from(value as i32);
    let mut bytes = [0; PADDED];
    for byte in &mut bytes {
        *byte = (rest & 0x7f) as u8 | 0x80;
        rest >>= 7; // keeps the sign
    }
    bytes[PADDED - 1] &= 0x7f;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths() {
        for (value, expected) in [
            (0, 1),
            (127, 1),
            (128, 2),
            (16383, 2),
            (16384, 3),
            (u32::MAX, 5),
        ] {
            let mut out = Vec::new();
            write(&mut out, value);
            assert_eq!((out.len(), width(value)), (expected, expected), "{value}");
            let mut at = 0;
            assert_eq!((read(&out, &mut at), at), (Some(value), expected));
        }
    }

    #[test]
    fn padding_keeps_the_value() {
        assert_eq!(padded(3), [0x83, 0x80, 0x80, 0x80, 0]);
        assert_eq!(padded(u32::MAX), [0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(read(&padded(300), &mut 0), Some(300));
    }

    #[test]
    fn signed_constants_keep_the_bits() {
        for value in [0, 1, 63, 64, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let bytes = padded_signed(value);
            let mut reader = wasmparser::BinaryReader::new(&bytes, 0);
            assert_eq!(reader.read_var_i32().map(|v| v as u32).ok(), Some(value));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x1f], &mut 0), None);
        assert_eq!(read(&[0x80], &mut 0), None);
        assert_eq!(range(&[0, 0x81, 0x00], 1), Some(1..3));
    }
}
