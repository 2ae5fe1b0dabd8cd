//! Times as the manifest writes them.

use jiff::Timestamp;

/// Nanoseconds in a second.
const NANOS: u64 = 1_000_000_000;

/// How an entry gets its time; all times are nanoseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timestamps {
    /// This one.
    Fixed(u64),
    /// The source's time of last modification.
    Source,
    /// The source's, but not later than this; this where there is no source.
    AtMost(u64),
}

/// A time that a bundle can't hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeRange {
    /// Before 1970.
    Before,
    /// After 2554: more nanoseconds than 64 bits count.
    After,
}

/// A text that is no time.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TimestampsError {
    Syntax(Option<String>),
    Range(TimeRange),
    /// It asks for `SOURCE_DATE_EPOCH`, which is not set or holds something else than seconds.
    SourceDateEpoch(String),
}

impl Timestamps {
    /// Reads the manifest's text; `source_date_epoch` is the variable of that name.
    pub(super) fn parse(
        text: &str,
        source_date_epoch: Option<&str>,
    ) -> Result<Self, TimestampsError> {
        match text {
            "epoch" => Ok(Self::Fixed(0)),
            "source" => Ok(Self::Source),
            "source-date-epoch" => seconds(source_date_epoch)
                .map(Self::AtMost)
                .map_err(TimestampsError::SourceDateEpoch),
            // The parser of times takes more than RFC 3339; the first character tells a time from a misspelt word.
            _ if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                let time: Timestamp = text.parse().map_err(|error: jiff::Error| {
                    TimestampsError::Syntax(Some(error.to_string()))
                })?;
                in_range(time.as_nanosecond())
                    .map(Self::Fixed)
                    .map_err(TimestampsError::Range)
            }
            _ => Err(TimestampsError::Syntax(None)),
        }
    }

    /// The time of an entry whose source was last modified then; `None`: it has no source.
    pub(crate) fn apply(self, source: Option<i128>) -> Result<u64, TimeRange> {
        match (self, source) {
            (Self::Fixed(time), _) | (Self::AtMost(time), None) => Ok(time),
            (Self::Source, None) => Ok(0),
            (Self::Source, Some(source)) => in_range(source),
            (Self::AtMost(latest), Some(source)) if source > i128::from(latest) => Ok(latest),
            (Self::AtMost(_), Some(source)) => in_range(source),
        }
    }
}

fn in_range(time_ns: i128) -> Result<u64, TimeRange> {
    u64::try_from(time_ns).map_err(|_| {
        if time_ns < 0 {
            TimeRange::Before
        } else {
            TimeRange::After
        }
    })
}

/// The nanoseconds since 1970 that `SOURCE_DATE_EPOCH` says; else what is wrong with it.
pub(super) fn seconds(variable: Option<&str>) -> Result<u64, String> {
    let text = variable.ok_or("is not set")?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let nanos = text
        .parse::<u64>()
        .ok()
        .filter(|_| digits)
        .and_then(|seconds| seconds.checked_mul(NANOS));
    nanos.ok_or_else(|| format!("is `{text}`, not seconds since 1970"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let parse = |text| Timestamps::parse(text, Some("1700000000"));
        assert_eq!(parse("epoch"), Ok(Timestamps::Fixed(0)));
        assert_eq!(parse("source"), Ok(Timestamps::Source));
        assert_eq!(
            parse("source-date-epoch"),
            Ok(Timestamps::AtMost(1_700_000_000 * NANOS))
        );
        assert_eq!(parse("1970-01-01T00:00:01Z"), Ok(Timestamps::Fixed(NANOS)));
        assert_eq!(
            parse("1970-01-01T02:00:01.5+02:00"),
            Ok(Timestamps::Fixed(1_500_000_000))
        );
        assert_eq!(
            parse("1969-12-31T23:59:59Z"),
            Err(TimestampsError::Range(TimeRange::Before))
        );
        assert_eq!(
            parse("2999-01-01T00:00:00Z"),
            Err(TimestampsError::Range(TimeRange::After))
        );
        assert_eq!(parse("yesterday"), Err(TimestampsError::Syntax(None)));
        assert!(matches!(
            parse("2024-01-01"),
            Err(TimestampsError::Syntax(Some(_)))
        ));
        assert!(matches!(
            parse("2024-13-01T00:00:00Z"),
            Err(TimestampsError::Syntax(Some(_)))
        ));
    }

    #[test]
    fn source_date_epoch() {
        let problem = |value| match Timestamps::parse("source-date-epoch", value) {
            Err(TimestampsError::SourceDateEpoch(problem)) => problem,
            other => panic!("{other:?}"),
        };
        assert_eq!(problem(None), "is not set");
        assert_eq!(problem(Some("")), "is ``, not seconds since 1970");
        assert_eq!(problem(Some("+5")), "is `+5`, not seconds since 1970");
        assert_eq!(problem(Some("-5")), "is `-5`, not seconds since 1970");
        assert_eq!(problem(Some("soon")), "is `soon`, not seconds since 1970");
        assert_eq!(
            problem(Some("99999999999")),
            "is `99999999999`, not seconds since 1970"
        );
        // Nobody asked for it: nobody looks at it.
        assert_eq!(
            Timestamps::parse("epoch", Some("soon")),
            Ok(Timestamps::Fixed(0))
        );
    }

    #[test]
    fn times() {
        let second = i128::from(NANOS);
        assert_eq!(Timestamps::Fixed(7).apply(Some(-1)), Ok(7));
        assert_eq!(Timestamps::Source.apply(Some(second)), Ok(NANOS));
        assert_eq!(Timestamps::Source.apply(Some(-1)), Err(TimeRange::Before));
        assert_eq!(
            Timestamps::Source.apply(Some(i128::from(u64::MAX) + 1)),
            Err(TimeRange::After)
        );
        assert_eq!(Timestamps::Source.apply(None), Ok(0));
        assert_eq!(Timestamps::AtMost(NANOS).apply(Some(second * 2)), Ok(NANOS));
        assert_eq!(
            Timestamps::AtMost(NANOS).apply(Some(second / 2)),
            Ok(NANOS / 2)
        );
        assert_eq!(
            Timestamps::AtMost(NANOS).apply(Some(-1)),
            Err(TimeRange::Before)
        );
        assert_eq!(Timestamps::AtMost(NANOS).apply(None), Ok(NANOS));
    }
}
