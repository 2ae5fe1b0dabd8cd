//! Names of things in zip archives.

/// The upper half of the character set that names have where nothing else is said: IBM's code page 437.
const CP437: &str = "\
    ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ\
    áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
    αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// A name in code page 437 as UTF-8.
pub(super) fn cp437(name: &[u8]) -> String {
    let upper: Vec<char> = CP437.chars().collect();
    let character = |byte: &u8| match byte.checked_sub(128) {
        None => char::from(*byte),
        Some(upper_half) => upper[usize::from(upper_half)],
    };
    name.iter().map(character).collect()
}

/// The name of a compression method.
pub(super) fn method(number: u16) -> String {
    let name = match number {
        1 => "shrink",
        2..=5 => "reduce",
        6 => "implode",
        9 => "deflate64",
        12 => "bzip2",
        14 => "lzma",
        93 => "zstd",
        95 => "xz",
        97 => "wavpack",
        98 => "ppmd",
        other => return format!("method {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names() {
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!(cp437(b"na\x8bve\xe1.txt"), "na\u{ef}ve\u{df}.txt");
        assert_eq!(cp437(&[0xff]), "\u{a0}");
    }

    #[test]
    fn methods() {
        assert_eq!(method(12), "bzip2");
        assert_eq!(method(77), "method 77");
    }
}
