//! The `target_features` section: which proposals the module needs. `wasm-opt` believes it.

use super::leb;

/// What the appended code needs beyond the first version of WebAssembly.
const NEEDED: [&[u8]; 2] = [b"bulk-memory", b"sign-ext"];

/// What it needs in addition when the interposer has a memory of its own.
const SECOND_MEMORY: &[u8] = b"multimemory";

/// The contents of the program's section with the interposer's features; `None` when it is malformed.
pub(super) fn extend(section: &[u8], isolated: bool) -> Option<Vec<u8>> {
    let mut at = 0;
    let count = leb::read(section, &mut at)?;
    let first = at;
    let mut missing = NEEDED.to_vec();
    missing.extend(isolated.then_some(SECOND_MEMORY));
    for _ in 0..count {
        let prefix = *section.get(at)?;
        at += 1;
        let length = leb::read(section, &mut at)? as usize;
        let name = section.get(at..at.checked_add(length)?)?;
        at += length;
        missing.retain(|needed| prefix != b'+' || *needed != name);
    }
    if at != section.len() {
        return None;
    }
    let mut contents = Vec::new();
    leb::write(&mut contents, count.checked_add(missing.len() as u32)?);
    contents.extend_from_slice(&section[first..]);
    for name in missing {
        contents.push(b'+');
        leb::write(&mut contents, name.len() as u32);
        contents.extend_from_slice(name);
    }
    Some(contents)
}
