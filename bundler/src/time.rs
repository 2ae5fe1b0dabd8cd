//! Times as text: RFC 3339 in UTC.

use jiff::Timestamp;

/// Nanoseconds since 1970, with as many decimals as the time has.
pub(crate) fn text(time_ns: u64) -> String {
    let time = Timestamp::from_nanosecond(i128::from(time_ns))
        .expect("64 bits of nanoseconds end in 2554");
    time.to_string()
}

/// The time that [`text`] writes so; `None` for everything else.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let time: Timestamp = text.parse().ok()?;
    let time_ns = u64::try_from(time.as_nanosecond()).ok()?;
    // One form for each time: no offset, no needless zero.
    (self::text(time_ns) == text).then_some(time_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for time_ns in [0, 1, 1_704_067_200_500_000_000, u64::MAX] {
            assert_eq!(parse(&text(time_ns)), Some(time_ns));
        }
        for wrong in [
            "",
            "1970-01-01",
            "1970-01-01T00:00:00.0Z",
            "1970-01-01T01:00:00+01:00",
            "1969-12-31T23:59:59Z",
            "3000-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
