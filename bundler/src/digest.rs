//! SHA-256 digests as text.

/// A SHA-256 as records, locks and reports write it: `sha256:` and 64 lowercase hexadecimal digits.
#[must_use]
pub fn hex_digest(digest: &[u8; 32]) -> String {
    format!("sha256:{}", hex(digest))
}

/// Parses what [`hex_digest`] writes; `None` for anything else.
pub(crate) fn parse_digest(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("sha256:")?;
    let mut digest = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (byte, at) in digest.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
    }
    Some(digest)
}

/// Two lowercase hexadecimal digits per byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a String can't fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let digest = [0xa5; 32];
        assert_eq!(parse_digest(&hex_digest(&digest)), Some(digest));
        for wrong in ["", "sha256:", "sha256:é", &hex(&digest)] {
            assert_eq!(parse_digest(wrong), None, "{wrong}");
        }
    }
}
