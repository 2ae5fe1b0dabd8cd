//! Whether a text is the one that a file has, while it is made: [`Compared`].

use std::io::{self, BufRead, Write};

/// Takes a text, and fails where the file it is compared with has another. Lines may end there as on Windows.
pub(super) struct Compared<R> {
    file: R,
}

impl<R: BufRead> Compared<R> {
    pub(super) fn with(file: R) -> Self {
        Self { file }
    }

    /// Whether the file ends where the text does.
    pub(super) fn ended(mut self) -> bool {
        self.file.fill_buf().is_ok_and(<[u8]>::is_empty)
    }
}

impl<R: BufRead> Write for Compared<R> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let file = self.file.fill_buf()?;
        let pairs = text.iter().zip(file);
        let common = match text.len().min(file.len()) {
            common if text[..common] == file[..common] => common,
            _ => pairs.take_while(|(a, b)| a == b).count(),
        };
        let windows = (text.get(common), file.get(common)) == (Some(&b'\n'), Some(&b'\r'));
        self.file.consume(common + usize::from(windows));
        match common {
            0 if !windows => Err(io::ErrorKind::InvalidData.into()),
            // So that nobody takes it for the end: the line's own end is compared next.
            0 => self.write(text),
            common => Ok(common),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn only_ends_of_lines_may_differ() {
        for (text, file, same) in [
            ("", "", true),
            ("a\nb\n", "a\nb\n", true),
            ("a\nb\n", "a\r\nb\r\n", true),
            ("a\nb\n", "a\r\nb\n", true),
            ("a\nb\n", "a\nb", false),
            ("a\nb\n", "a\nb\nc", false),
            ("a\nb\n", "a\nc\n", false),
            ("a\nb\n", "a\rb\n", false),
            ("a\n", "a\r", false),
            ("a\n", "", false),
        ] {
            for capacity in 1..5 {
                let reader = BufReader::with_capacity(capacity, file.as_bytes());
                let mut compared = Compared::with(reader);
                let written = compared.write_all(text.as_bytes()).is_ok();
                assert_eq!(written && compared.ended(), same, "{text:?} {file:?}");
            }
        }
    }
}
