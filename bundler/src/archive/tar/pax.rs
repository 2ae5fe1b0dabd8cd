//! Extended headers of POSIX: lines of `LENGTH KEY=VALUE` that say better what a header can't.

use super::sparse::parsed as digits;

/// What extended headers said of an entry, as far as it matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) linkpath: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) mtime_ns: Option<i128>,
    /// Where the holes are that GNU tar left out of a file.
    pub(super) sparse: Option<SparseRecords>,
}

/// What was said of a sparse file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SparseRecords {
    /// The form that its map has.
    pub(super) major: Option<u64>,
    pub(super) minor: Option<u64>,
    /// The file's name; its header has another.
    pub(super) name: Option<Vec<u8>>,
    /// Bytes of the file, with its holes.
    pub(super) size: Option<u64>,
    /// How many pieces it has.
    pub(super) count: Option<u64>,
    /// Where each piece belongs and how long it is, one number after the other.
    pub(super) pairs: Vec<u64>,
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
                self.size = size.ok_or("the size in an extended header is not a number")?;
            }
            b"mtime" => {
                let time = parsed(text, nanoseconds);
                self.mtime_ns = time.ok_or("the time in an extended header is not a number")?;
            }
            _ => {
                if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
                    let sparse = self.sparse.get_or_insert_default();
                    let set = sparse.set(key, value);
                    set.ok_or("what an extended header says of a sparse file is broken")?;
                }
            }
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
            sparse: over.sparse.or(self.sparse),
        }
    }
}

impl SparseRecords {
    /// `None`: the value should be a number, or numbers, or another one should have been before.
    fn set(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"major" => self.major = Some(digits(value)?),
            b"minor" => self.minor = Some(digits(value)?),
            b"size" | b"realsize" => self.size = Some(digits(value)?),
            b"numblocks" => self.count = Some(digits(value)?),
            b"name" => self.name = Some(value.to_vec()),
            b"map" => {
                let numbers = value.split(|byte| *byte == b',').map(digits);
                self.pairs = numbers.collect::<Option<_>>()?;
            }
            // One after the other, as often as there are pieces.
            b"offset" if self.pairs.len().is_multiple_of(2) => {
                self.pairs.push(digits(value)?);
            }
            b"numbytes" if !self.pairs.len().is_multiple_of(2) => {
                self.pairs.push(digits(value)?);
            }
            b"offset" | b"numbytes" => return None,
            _ => {}
        }
        Some(())
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
    }

    #[test]
    fn sparse_files() {
        let lines = |lines: &[&str]| {
            let mut records = Records::default();
            for line in lines {
                let line = format!(" GNU.sparse.{line}\n");
                // Two digits, which it counts, too.
                let line = format!("{}{line}", line.len() + 2);
                records.read(line.as_bytes()).ok()?;
            }
            records.sparse
        };
        let pairs = vec![0, 512, 4096, 7];
        let oldest = [
            "size=5000",
            "numblocks=2",
            "offset=0",
            "numbytes=512",
            "offset=4096",
            "numbytes=7",
        ];
        let expected = SparseRecords {
            size: Some(5000),
            count: Some(2),
            pairs,
            ..SparseRecords::default()
        };
        assert_eq!(lines(&oldest).as_ref(), Some(&expected));
        assert_eq!(
            lines(&["size=5000", "numblocks=2", "map=0,512,4096,7"]),
            Some(expected)
        );
        let form = SparseRecords {
            major: Some(1),
            minor: Some(0),
            name: Some(b"a=\nb".to_vec()),
            size: Some(7),
            ..SparseRecords::default()
        };
        assert_eq!(
            lines(&["major=1", "minor=0", "name=a=\nb", "realsize=7"]),
            Some(form)
        );
        for wrong in [
            "map=",
            "map=0,",
            "map=0,-1",
            "map=+1,1",
            "numbytes=1",
            "major=",
            "size=1e9",
        ] {
            assert_eq!(lines(&[wrong]), None, "{wrong}");
        }
        assert_eq!(lines(&["offset=1", "offset=2"]), None);
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
