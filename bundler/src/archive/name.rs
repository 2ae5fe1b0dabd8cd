//! Names of entries: bytes of an archive that become a path below its root.

use std::ffi::OsString;

/// The most bytes a name between slashes may have; what no image could hold.
const NAME_MAX: usize = 255;
/// The most bytes a whole name may have.
const PATH_MAX: usize = 4096;

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameError {
    Absolute,
    Escapes,
    Other(&'static str),
}

/// The parts of a name, without `.`; none: it is the root.
pub(super) fn parts(name: &[u8]) -> Result<Vec<&[u8]>, NameError> {
    if name.is_empty() {
        return Err(NameError::Other("it is empty"));
    }
    if name[0] == b'/' {
        return Err(NameError::Absolute);
    }
    if name.contains(&0) {
        return Err(NameError::Other("it has a zero byte"));
    }
    if name.len() > PATH_MAX {
        return Err(NameError::Other("it is longer than 4096 bytes"));
    }
    let mut parts = Vec::new();
    for part in name.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => return Err(NameError::Escapes),
            _ if part.len() > NAME_MAX => {
                return Err(NameError::Other("a part of it is longer than 255 bytes"));
            }
            _ => parts.push(part),
        }
    }
    Ok(parts)
}

/// A name as the system's strings hold it. What is not UTF-8 stays what it is, so that the plan can tell it.
#[cfg(unix)]
pub(super) fn os_string(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

/// A name as the system's strings hold it. A byte that is not UTF-8 becomes half of a surrogate pair, which is not Unicode
/// either, so that the plan can tell it.
#[cfg(not(unix))]
pub(super) fn os_string(bytes: &[u8]) -> OsString {
    let mut units: Vec<u16> = Vec::new();
    for chunk in bytes.utf8_chunks() {
        units.extend(chunk.valid().encode_utf16());
        units.extend(chunk.invalid().iter().map(|byte| 0xdc00 | u16::from(*byte)));
    }
    std::os::windows::ffi::OsStringExt::from_wide(&units)
}

/// A name for messages: what is not UTF-8 as `\xNN`, control characters escaped, long ones cut.
pub(super) fn shown(name: &[u8]) -> String {
    const LONGEST: usize = 200;
    let mut text = String::new();
    for chunk in name[..name.len().min(LONGEST)].utf8_chunks() {
        for c in chunk.valid().chars() {
            match c.is_control() {
                true => text.extend(c.escape_default()),
                false => text.push(c),
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    if name.len() > LONGEST {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_parts() {
        let parts = |name: &str| {
            super::parts(name.as_bytes()).map(|parts| {
                let parts = parts.into_iter().map(|part| str::from_utf8(part).unwrap());
                parts.collect::<Vec<_>>().join("|")
            })
        };
        assert_eq!(parts("a/b").as_deref(), Ok("a|b"));
        assert_eq!(parts("./a//b/").as_deref(), Ok("a|b"));
        assert_eq!(parts("./").as_deref(), Ok(""));
        assert_eq!(parts("..a/b..").as_deref(), Ok("..a|b.."));
        assert_eq!(parts("/a"), Err(NameError::Absolute));
        assert_eq!(parts("a/../b"), Err(NameError::Escapes));
        assert_eq!(parts(""), Err(NameError::Other("it is empty")));
        assert_eq!(parts("a\0b"), Err(NameError::Other("it has a zero byte")));
        assert!(parts(&"a".repeat(255)).is_ok());
        assert!(parts(&"a".repeat(256)).is_err());
        assert!(parts(&"a/".repeat(2049)).is_err());
    }

    #[test]
    fn names_are_shown() {
        assert_eq!(shown(b"a\xffb\n"), "a\\xffb\\n");
        assert_eq!(shown(&[b'a'; 300]).chars().count(), 201);
    }
}
