//! Text of the path buffer that outlives a call, in words.

use core::ops::Range;

use crate::resolve::{Text, word};

/// Keeps this part of the text; false when there is no room for it.
#[inline(never)]
pub(crate) fn keep(words: &mut [u64], path: &Text, part: &Range<usize>) -> bool {
    let mut at = part.start;
    if part.end.wrapping_sub(at) > words.len() * 8 {
        return false;
    }
    for place in words {
        *place = word(path, at);
        at += 8;
        if at >= part.end {
            break;
        }
    }
    true
}

/// Whether what was kept, which is as long, is this part of the text.
#[inline(never)]
pub(crate) fn kept(words: &[u64], path: &Text, part: &Range<usize>) -> bool {
    let mut at = part.start;
    for &kept in words {
        let odd = word(path, at) ^ kept;
        let left = part.end.wrapping_sub(at);
        if left <= 8 {
            // What is behind the text does not count.
            return odd << (((8 - left) * 8) & 63) == 0;
        }
        if odd != 0 {
            break;
        }
        at += 8;
    }
    false
}
