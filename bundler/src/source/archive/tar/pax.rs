//! Extended headers of POSIX: lines of `LENGTH KEY=VALUE` that say better what a header can't.

/// What extended headers said of an entry, as far as it matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) linkpath: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) mtime_ns: Option<i128>,
    /// GNU's way to leave out the holes of a file.
    pub(super) sparse: bool,
}

impl Records {
    /// Reads the lines of one extended header on top of what was said before.
    pub(super) fn read(&mut self, text: &[u8]) -> Result<(), &'static str> {
        let mut rest = text;
        while !rest.is_empty() {
            // Some writers pad with zeros.
            if rest.iter().all(|byte| *byte == 0) {
                return Ok(());
            }
            let broken = "an extended header is not made of `LENGTH KEY=VALUE`";
            let space = rest.iter().position(|byte| *byte == b' ').ok_or(broken)?;
            let length: usize = str::from_utf8(&rest[..space])
                .ok()
                .and_then(|digits| digits.parse().ok())
                .ok_or(broken)?;
            let record = rest.get(space + 1..length).ok_or(broken)?;
            let record = record.strip_suffix(b"\n").ok_or(broken)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or(broken)?;
            self.set(&record[..equals], &record[equals + 1..])?;
            rest = &rest[length..];
        }
        Ok(())
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        // An empty value takes back what a global header said.
        let text = (!value.is_empty()).then(|| value.to_vec());
        match key {
            b"path" => self.path = text,
            b"linkpath" => self.linkpath = text,
            b"size" => {
                let size = parsed(text, |text| text.parse().ok());
                self.size = size.ok_or("the size in an extended header is no number")?;
            }
            b"mtime" => {
                let time = parsed(text, nanoseconds);
                self.mtime_ns = time.ok_or("the time in an extended header is no number")?;
            }
            _ if key.starts_with(b"GNU.sparse.") => self.sparse = true,
            _ => {}
        }
        Ok(())
    }

    /// These with others on top.
    pub(super) fn overlaid(self, over: Self) -> Self {
        Self {
            path: over.path.or(self.path),
            linkpath: over.linkpath.or(self.linkpath),
            size: over.size.or(self.size),
            mtime_ns: over.mtime_ns.or(self.mtime_ns),
            sparse: over.sparse || self.sparse,
        }
    }
}

/// `None`: what is there does not parse. `Some(None)`: nothing is there.
#[allow(
    clippy::option_option,
    reason = "a value may be missing, and it may be wrong"
)]
fn parsed<T>(value: Option<Vec<u8>>, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match value {
        None => Some(None),
        Some(value) => Some(Some(parse(str::from_utf8(&value).ok()?)?)),
    }
}

/// Seconds with decimals as nanoseconds; what is finer is cut off, towards the past.
fn nanoseconds(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (seconds, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if seconds.is_empty()
        || ![seconds, fraction]
            .concat()
            .bytes()
            .all(|c| c.is_ascii_digit())
    {
        return None;
    }
    let seconds: i64 = seconds.parse().ok()?;
    let nine: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    let finer = fraction.bytes().skip(9).any(|digit| digit != b'0');
    let nanoseconds = i128::from(seconds) * 1_000_000_000 + nine.parse::<i128>().ok()?;
    Some(match negative {
        true => -nanoseconds - i128::from(finer),
        false => nanoseconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Records, &'static str> {
        let mut records = Records::default();
        records.read(text.as_bytes()).map(|()| records)
    }

    #[test]
    fn lines() {
        let records = read("10 path=a\n26 mtime=1700000000.000001\n12 size=12\n14 comment=x\n");
        let expected = Records {
            path: Some(b"a".to_vec()),
            size: Some(12),
            mtime_ns: Some(1_700_000_000_000_001_000),
            ..Records::default()
        };
        // `26` is a byte too many.
        assert!(records.is_err());
        let text = "10 path=a\n27 mtime=1700000000.000001\n11 size=12\n13 comment=x\n";
        assert_eq!(read(text), Ok(expected));
        // A value may contain anything, line ends too.
        assert_eq!(read("12 path=a\nb\n").unwrap().path.unwrap(), b"a\nb");
        assert_eq!(read("8 path=\n").unwrap(), Records::default());
        assert!(read("5 a").is_err());
        assert!(read("99999999999999999999 a=b\n").is_err());
        assert!(read("0 a=b\n").is_err());
        assert!(read("10 size=-1\n").is_err());
        assert!(read("28 GNU.sparse.realsize=1000\n").unwrap().sparse);
    }

    #[test]
    fn times() {
        assert_eq!(nanoseconds("1"), Some(1_000_000_000));
        assert_eq!(nanoseconds("1.5"), Some(1_500_000_000));
        assert_eq!(nanoseconds("1.1234567899"), Some(1_123_456_789));
        assert_eq!(nanoseconds("-1.5"), Some(-1_500_000_000));
        assert_eq!(nanoseconds("-0.0000000001"), Some(-1));
        assert_eq!(nanoseconds("0."), Some(0));
        for wrong in ["", "-", ".5", "1e5", "+1", "1.-5", "99999999999999999999"] {
            assert_eq!(nanoseconds(wrong), None, "{wrong}");
        }
    }
}
