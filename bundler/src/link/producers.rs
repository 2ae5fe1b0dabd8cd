//! The `producers` section: which tools made the module.

use super::leb;

const FIELD: &[u8] = b"processed-by";
const TOOL: &[u8] = b"wasi-vfs";
const VERSION: &[u8] = env!("CARGO_PKG_VERSION").as_bytes();

/// The contents of a section that names this tool alone.
pub(super) fn section() -> Vec<u8> {
    extend(&[0]).expect("no fields are well formed")
}

/// The contents of the program's section with this tool in `processed-by`; `None` when it is malformed.
///
/// Every other field and value keeps its place; an earlier entry of this tool gets the new version.
pub(super) fn extend(section: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0;
    let fields = leb::read(section, &mut at)?;
    let mut out = Vec::new();
    let mut found = false;
    for _ in 0..fields {
        let name = string(section, &mut at)?;
        let count = leb::read(section, &mut at)?;
        let mut values = Vec::new();
        for _ in 0..count {
            values.push((string(section, &mut at)?, string(section, &mut at)?));
        }
        if name == FIELD && !found {
            found = true;
            values.retain(|(tool, _)| *tool != TOOL);
            values.push((TOOL, VERSION));
        }
        field(&mut out, name, &values);
    }
    if at != section.len() {
        return None;
    }
    if !found {
        field(&mut out, FIELD, &[(TOOL, VERSION)]);
    }
    let mut contents = Vec::new();
    leb::write(&mut contents, fields.checked_add(u32::from(!found))?);
    contents.extend(out);
    Some(contents)
}

fn field(out: &mut Vec<u8>, name: &[u8], values: &[(&[u8], &[u8])]) {
    put(out, name);
    leb::write(out, values.len() as u32);
    for (tool, version) in values {
        put(out, tool);
        put(out, version);
    }
}

fn put(out: &mut Vec<u8>, text: &[u8]) {
    leb::write(out, text.len() as u32);
    out.extend_from_slice(text);
}

fn string<'a>(section: &'a [u8], at: &mut usize) -> Option<&'a [u8]> {
    let length = leb::read(section, at)? as usize;
    let text = section.get(*at..at.checked_add(length)?)?;
    *at += length;
    std::str::from_utf8(text).ok()?;
    Some(text)
}
