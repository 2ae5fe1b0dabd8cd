//! Numbers, times and names as text.

/// A number of bytes for people: `812 B`, `1.2 KiB`, `20.0 MiB`.
pub(crate) fn human_size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut unit = 0;
    // Not 1024: what would be printed as 1024.0 is 1.0 of the next unit.
    while size >= 1023.95 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// A count with its noun: `1 file`, `2 directories`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Nanoseconds since the Unix epoch as RFC 3339 in UTC.
pub(crate) fn time_text(time_ns: u64) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(time_ns)) {
        Ok(time) => time.to_string(),
        // 2^64 ns end in the year 2554, and jiff's range in 9999.
        Err(_) => unreachable!("BUG: {time_ns} ns are no time"),
    }
}

/// Permission bits as the manifest writes them: `0644`.
pub(crate) fn octal(mode: u32) -> String {
    format!("{:04o}", mode & 0o7777)
}

/// A name that may hold anything, on one line of a terminal: control characters are escaped.
pub(crate) fn printable(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    push_printable(&mut text, name);
    text
}

/// [`printable`] at the end of a text.
pub(crate) fn push_printable(text: &mut String, name: &str) {
    // Nearly all names are such.
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\';
    if name.bytes().all(plain) {
        return text.push_str(name);
    }
    for char in name.chars() {
        match char {
            '\\' => text.push_str("\\\\"),
            char if char.is_control() => text.extend(char.escape_default()),
            char => text.push(char),
        }
    }
}

/// Rows of cells in columns: all but the last padded, numbers to the right.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]], right: [bool; N]) -> String {
    let mut columns = Columns::new(right);
    rows.iter().for_each(|row| columns.measure(row));
    let all: usize = rows.iter().flatten().map(|cell| cell.len() + 8).sum();
    let mut text = String::with_capacity(all);
    rows.iter().for_each(|row| columns.push(&mut text, row));
    text
}

/// How wide columns are, for rows that are gone through twice: measured, then printed.
pub(crate) struct Columns<const N: usize> {
    right: [bool; N],
    widths: [usize; N],
}

impl<const N: usize> Columns<N> {
    /// Columns without rows, and which of them stand to the right.
    pub(crate) fn new(right: [bool; N]) -> Self {
        Self {
            right,
            widths: [0; N],
        }
    }

    /// Nothing is behind the last column, so there is nothing to fill up.
    fn is_filled(&self, column: usize) -> bool {
        column + 1 < N || self.right[column]
    }

    /// Makes room for a row.
    pub(crate) fn measure(&mut self, row: &[String; N]) {
        for (column, cell) in row.iter().enumerate() {
            if self.is_filled(column) {
                self.widths[column] = self.widths[column].max(width(cell));
            }
        }
    }

    /// Adds the line of a row that was measured.
    pub(crate) fn push(&self, text: &mut String, row: &[String; N]) {
        let start = text.len();
        for (column, cell) in row.iter().enumerate() {
            if column > 0 {
                text.push_str("  ");
            }
            let pad = match self.is_filled(column) {
                true => self.widths[column] - width(cell),
                false => 0,
            };
            let fill = std::iter::repeat_n(' ', pad);
            if self.right[column] {
                text.extend(fill);
                text.push_str(cell);
            } else {
                text.push_str(cell);
                text.extend(fill);
            }
        }
        text.truncate(start + text[start..].trim_end().len());
        text.push('\n');
    }
}

/// How many characters a cell has.
fn width(cell: &str) -> usize {
    match cell.is_ascii() {
        true => cell.len(),
        false => cell.chars().count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (bytes, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_524, "1023.9 KiB"),
            (1_048_575, "1.0 MiB"),
            (20 << 20, "20.0 MiB"),
            (u64::from(u32::MAX), "4.0 GiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(human_size(bytes), text);
        }
    }

    #[test]
    fn times() {
        assert_eq!(time_text(0), "1970-01-01T00:00:00Z");
        assert_eq!(
            time_text(1_704_067_200_500_000_000),
            "2024-01-01T00:00:00.5Z"
        );
        assert_eq!(time_text(u64::MAX), "2554-07-21T23:34:33.709551615Z");
    }

    #[test]
    fn names_stay_on_their_line() {
        assert_eq!(printable("a b\u{e9}"), "a b\u{e9}");
        assert_eq!(printable("a\nb\x1b[2Jc\\d"), "a\\nb\\u{1b}[2Jc\\\\d");
    }

    #[test]
    fn columns_line_up() {
        let rows = [
            ["a".to_owned(), "1".to_owned(), "x".to_owned()],
            ["bcd".to_owned(), "22".to_owned(), String::new()],
        ];
        assert_eq!(
            columns(&rows, [false, true, false]),
            "a     1  x\nbcd  22\n"
        );
    }
}
