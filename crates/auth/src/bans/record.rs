//! How the state has an entry: a line. When it ends, the state knows.

use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Record {
    Failing {
        failures: u32,
    },
    Banned {
        failures: u32,
        /// How long the ban was meant to last.
        interval: Duration,
    },
}

impl Record {
    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Record::Failing { failures } => format!("failing {failures}"),
            Record::Banned { failures, interval } => format!("banned {failures} {}", interval.as_secs()),
        }
        .into_bytes()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(bytes).ok()?.split(' ');
        let (kind, failures) = (words.next()?, words.next()?.parse().ok()?);
        let record = match kind {
            "failing" => Record::Failing { failures },
            "banned" => {
                Record::Banned { failures, interval: Duration::from_secs(words.next()?.parse().ok()?) }
            }
            _ => return None,
        };
        words.next().is_none().then_some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_and_what_is_none_is_no_record() {
        for record in [
            Record::Failing { failures: 4 },
            Record::Banned { failures: 5, interval: Duration::from_secs(3600) },
        ] {
            assert_eq!(Record::decode(&record.encode()), Some(record));
        }
        for bad in [&b""[..], b"failing", b"failing x", b"failing 1 2", b"banned 5", b"else 1", b"\xff"] {
            assert_eq!(Record::decode(bad), None);
        }
    }
}
