//! The image of FORMAT.md's hex dump.

/// Reads the dump: offset, bytes, note, each two spaces from the next.
pub(crate) fn worked_example() -> Vec<u8> {
    let text = include_str!("../../FORMAT.md");
    let dump = text
        .split("```hexdump\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let mut bytes = Vec::new();
    for line in dump.expect("FORMAT.md has a hex dump").lines() {
        let mut columns = line.split("  ");
        let offset = columns
            .next()
            .and_then(|offset| usize::from_str_radix(offset, 16).ok());
        assert_eq!(offset, Some(bytes.len()), "{line}");
        let hex = columns.next().expect("a line has bytes").split(' ');
        bytes.extend(hex.map(|byte| u8::from_str_radix(byte, 16).expect("a byte is hexadecimal")));
    }
    bytes
}
