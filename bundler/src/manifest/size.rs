//! Sizes as the manifest writes them.

use super::raw::Size;

const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
    ("", 1),
];

impl Size {
    /// The number of bytes.
    pub(super) fn bytes(&self) -> Result<u64, &'static str> {
        match self {
            Self::Bytes(bytes) => u64::try_from(*bytes).map_err(|_| "it is negative"),
            Self::Text(text) => parse(text.trim()),
        }
    }
}

fn parse(text: &str) -> Result<u64, &'static str> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim());
    let &(_, unit) = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or(match number {
            "" => "it does not start with a number",
            _ => "the unit is unknown",
        })?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    // Up to nine decimals, in integers: no float can round differently anywhere.
    if whole.is_empty() || number.ends_with('.') || fraction.contains('.') || fraction.len() > 9 {
        return Err("the number is invalid");
    }
    let whole = whole
        .parse::<u64>()
        .ok()
        .and_then(|whole| whole.checked_mul(unit))
        .ok_or("it is too large")?;
    let part = format!("{fraction:0<9}")
        .parse::<u64>()
        .map_err(|_| "the number is invalid")?;
    let part = u128::from(part) * u128::from(unit) / 1_000_000_000;
    whole.checked_add(part as u64).ok_or("it is too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", Ok(0)),
            ("12", Ok(12)),
            ("12 B", Ok(12)),
            ("1KiB", Ok(1024)),
            ("64 MiB", Ok(64 << 20)),
            ("1.5 GiB", Ok(3 << 29)),
            ("2 kB", Ok(2000)),
            ("2KB", Ok(2000)),
            (" 3 MB ", Ok(3_000_000)),
            ("0.001 kB", Ok(1)),
            ("", Err("the number is invalid")),
            ("MiB", Err("the number is invalid")),
            ("many", Err("it does not start with a number")),
            ("1.", Err("the number is invalid")),
            ("1..5 MB", Err("the number is invalid")),
            ("-1", Err("it does not start with a number")),
            ("5 mib", Err("the unit is unknown")),
            ("99999999999999999999", Err("it is too large")),
            ("99999999999 GiB", Err("it is too large")),
        ] {
            assert_eq!(Size::Text(text.to_owned()).bytes(), bytes, "{text}");
        }
        assert_eq!(Size::Bytes(-1).bytes(), Err("it is negative"));
        assert_eq!(Size::Bytes(9).bytes(), Ok(9));
    }
}
