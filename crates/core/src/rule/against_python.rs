//! Verdicts of CPython (`tests-data/expressions/cases.txt`, written by `generate.py` beside it) against ours.

use std::collections::BTreeMap;

use super::*;
use crate::Timestamp;

const CASES: &str = include_str!("../../tests-data/expressions/cases.txt");
const MANUAL: &str = include_str!("../../../../docs/expressions.md");

#[derive(Debug, Default)]
struct Tally {
    /// Values that both judge alike.
    agreed: usize,
    /// Expressions that both refuse.
    errors: usize,
    /// Python gives an answer and we give none, by the reason.
    refused: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Tally {
    fn line(&mut self, line: &str) {
        let mut fields = line.split('\t');
        let (Some(kind), Some(text)) = (fields.next(), fields.next()) else { return };
        let text = String::from_utf8(decoded(text)).unwrap();
        let expression = match kind {
            "m" => format!("m/{text}/"),
            "i" => format!("m/{text}/i"),
            _ => format!("g/{text}/"),
        };
        let parsed = Expression::parse(&expression, "ann");
        for verdict in fields {
            self.verdict(line, &parsed, verdict);
        }
    }

    fn verdict(&mut self, line: &str, parsed: &Result<Expression, ExpressionError>, verdict: &str) {
        let value = verdict.strip_prefix(['+', '-']);
        let answer = parsed.as_ref().map(|expression| {
            let value = decoded(value.unwrap_or_default());
            expression.matches(&Subject::new(&value), Moment::utc(Timestamp(0)))
        });
        let reason = match (value, answer) {
            (None, Err(_)) => return self.errors += 1,
            (Some(_), Ok(Ok(found))) if found == verdict.starts_with('+') => return self.agreed += 1,
            (Some(_), Ok(Err(e))) => e.to_string(),
            (Some(_), Err(ExpressionError::Regex { error: RegexError::Difference(e), .. })) => e.to_string(),
            (Some(_), Err(e @ ExpressionError::Class)) => e.to_string(),
            _ => return self.wrong.push(format!("{verdict:?} of {line:?}: {parsed:?}")),
        };
        *self.refused.entry(reason).or_default() += 1;
    }
}

/// `%E9` is a byte.
fn decoded(text: &str) -> Vec<u8> {
    let mut pieces = text.split('%');
    let mut out = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at(2);
        out.push(u8::from_str_radix(code, 16).unwrap());
        out.extend_from_slice(rest.as_bytes());
    }
    out
}

#[test]
fn expressions_agree_with_python_or_are_refused_as_the_manual_says() {
    let mut tally = Tally::default();
    CASES.lines().for_each(|line| tally.line(line));
    let few: Vec<&String> = tally.wrong.iter().take(20).collect();
    assert!(few.is_empty(), "{} wrong, among them {few:#?}", tally.wrong.len());
    assert!(tally.agreed >= 10_000 && tally.errors >= 1_000, "{tally:#?}");
    for reason in tally.refused.keys() {
        assert!(MANUAL.contains(reason.as_str()), "docs/expressions.md does not say: {reason}");
    }
    let refused: usize = tally.refused.values().sum();
    assert!(refused * 10 < tally.agreed, "{refused} of {} have no answer", tally.agreed);
}

#[test]
fn every_difference_from_python_is_refused_and_in_the_manual() {
    for (expression, difference) in [
        (r"m/\N{EM DASH}/", Difference::NamedCharacter),
        (r"m/(?t)a/", Difference::TemplateFlag),
        (r"m/\ud800/", Difference::Surrogate),
        (r"m/(?P<größe>a)/", Difference::GroupName),
        (r"m/(a)(?(+1)b)/", Difference::GroupNumber),
        (r"m/(?:(a)?)*\1/", Difference::GroupInEmptyRepeat),
        (r"m/(?>(?:a?)*)/", Difference::EmptyRepeatInAtomic),
        (r"m/(?(1)a|b)(c)/", Difference::EarlyCondition),
        (r"m/𐐀/i", Difference::CaseBeyondPlane),
        (r"m/(?ai)(a)\1/", Difference::AsciiCaseReference),
        (r"m/[${USER}]/", Difference::UserInClass),
    ] {
        let parsed = Expression::parse(expression, "ann").unwrap_err();
        let ExpressionError::Regex { error, .. } = parsed else { panic!("{parsed}") };
        assert_eq!(error, RegexError::Difference(difference), "{expression}");
        let row = format!("| {difference} | `");
        assert!(MANUAL.contains(&row), "docs/expressions.md does not say: {difference}");
    }
    for (glob, error) in [("[${USER}]", ExpressionError::UserInClass), ("[z-a!b]", ExpressionError::Class)] {
        assert_eq!(Expression::parse(glob, "ann").unwrap_err(), error);
        assert!(MANUAL.contains(&error.to_string()) && MANUAL.contains(glob), "{error}");
    }
}

#[test]
fn patterns_beyond_the_limits_are_refused() {
    let size = |pattern: &str| match Expression::parse(&format!("m/{pattern}/"), "ann") {
        Err(ExpressionError::Regex { error: RegexError::TooLarge(size), .. }) => Some(size),
        Err(e) => panic!("{e}"),
        Ok(_) => None,
    };
    assert_eq!(size(&"a".repeat(4096)), None);
    assert_eq!(size(&"a".repeat(4097)), Some(Size::Length));
    assert_eq!(size(&format!("{}a{}", "(".repeat(50), ")".repeat(50))), None);
    assert_eq!(size(&format!("{}a{}", "(".repeat(51), ")".repeat(51))), Some(Size::Depth));
    assert_eq!(size(&"(a)".repeat(500)), None);
    assert_eq!(size(&"(a)".repeat(501)), Some(Size::Groups));
    assert_eq!(size(r"a{1000}"), None);
    assert_eq!(size(r"a{1001}"), Some(Size::Repeat));
    assert_eq!(size(r"a{8198552921648689608}"), Some(Size::Repeat));
    assert_eq!(size(r"(?:a{80}){80}"), None);
    assert_eq!(size(r"(?:\w{100}){100}"), Some(Size::Weight));

    assert!(Expression::parse(&"a".repeat(16_384), "ann").is_ok());
    let long = Expression::parse(&"a".repeat(16_385), "ann").unwrap_err();
    assert_eq!(long, ExpressionError::TooLong { most: 16_384 });
}
