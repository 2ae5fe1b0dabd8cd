//! A module whose imports come from another module.

/// The module with `from` in place of `to` in each import; it imports functions only.
///
/// # Panics
/// When that is not so.
pub(super) fn imports(module: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (mut out, mut rest) = (module[..8].to_vec(), &module[8..]);
    while let Some((&id, after)) = rest.split_first() {
        rest = after;
        let size = number(&mut rest) as usize;
        let (body, after) = rest.split_at(size);
        rest = after;
        let body = if id == 2 {
            section(body, from, to)
        } else {
            body.to_vec()
        };
        out.push(id);
        put(&mut out, body.len() as u32);
        out.extend(body);
    }
    out
}

/// The same of an import section.
fn section(mut rest: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let count = number(&mut rest);
    put(&mut out, count);
    for _ in 0..count {
        let module = text(&mut rest);
        let name = text(&mut rest);
        assert_eq!(rest[0], 0, "the program imports functions only");
        rest = &rest[1..];
        let module = if module == from.as_bytes() {
            to.as_bytes()
        } else {
            module
        };
        for part in [module, name] {
            put(&mut out, part.len() as u32);
            out.extend(part);
        }
        out.push(0);
        put(&mut out, number(&mut rest));
    }
    out
}

fn text<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let size = number(rest) as usize;
    let (text, after) = rest.split_at(size);
    *rest = after;
    text
}

/// A LEB128 number.
fn number(rest: &mut &[u8]) -> u32 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = rest[0];
        *rest = &rest[1..];
        value |= u32::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return value;
        }
    }
}

fn put(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
