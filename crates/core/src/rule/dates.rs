//! Date expressions, at moments of the tests' own.

use jiff::tz::TimeZone;

use super::*;
use crate::Timestamp;
use crate::date::DateField;

/// Central Europe: an hour more than UTC, two from the last Sunday of March to that of October.
fn central_europe() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
}

/// A time in UTC.
fn utc(text: &str) -> Timestamp {
    let seconds = text.parse::<jiff::Timestamp>().unwrap().as_second();
    Timestamp::from_seconds(u64::try_from(seconds).unwrap())
}

fn tried(expression: &str, value: &str, moment: Moment<'_>) -> Result<bool, MatchError> {
    Expression::parse(expression, "ann").unwrap().matches(&Subject::new(value.as_bytes()), moment)
}

fn matches(expression: &str, value: &str, at: &str) -> bool {
    tried(expression, value, Moment::utc(utc(at))).unwrap()
}

#[test]
fn every_field_stands_for_its_part_of_the_local_time() {
    let expected = [
        ("year_decimal", "2026", "2027"),
        ("year_no_century", "26", "27"),
        ("month_decimal", "3", "11"),
        ("month_padded", "03", "11"),
        ("month_name", "March", "November"),
        ("month_abbreviated", "Mar", "Nov"),
        ("day_decimal", "9", "24"),
        ("day_padded", "09", "24"),
        ("day_of_year_padded", "068", "328"),
        ("day_name", "Monday", "Wednesday"),
        ("day_abbreviated", "Mon", "Wed"),
        ("hour_decimal_24", "5", "17"),
        ("hour_padded_24", "05", "17"),
        ("hour_decimal_12", "5", "5"),
        ("hour_padded_12", "05", "05"),
        ("hour_am_pm", "AM", "PM"),
        ("minute_decimal", "6", "36"),
        ("minute_padded", "06", "36"),
        ("second_decimal", "7", "37"),
        ("second_padded", "07", "37"),
    ];
    assert!(DateField::ALL.iter().map(|(_, name)| *name).eq(expected.map(|(name, ..)| name)));
    let zone = central_europe();
    for (name, early, late) in expected {
        // `_` and `.` mean the same between the part and its form.
        let dotted = format!("t/[[]{{{}}}[]]/", name.replacen('_', ".", 1));
        for (time, part) in [("2026-03-09T04:06:07Z", early), ("2027-11-24T16:36:37Z", late)] {
            let moment = Moment { time: utc(time), zone: &zone };
            assert_eq!(tried(&dotted, &format!("[{part}]"), moment), Ok(true), "{dotted} at {time}");
            assert_eq!(tried(&dotted, &format!("[{part}0]"), moment), Ok(false), "{dotted} at {time}");
        }
    }
    assert!(matches("t/{hour.decimal_12}{HOUR.AM_PM}/", "12am", "2026-03-09T00:00:00Z"));
    assert!(matches("t/{hour.decimal_12}{hour_am_pm}/", "12pm", "2026-03-09T12:00:00Z"));
}

#[test]
fn the_rest_of_a_date_expression_is_a_glob() {
    let at = "2026-11-24T05:06:07Z";
    for (expression, value) in [
        ("t/report-{year.decimal}{month.padded}??.CSV/", "Report-20261124.csv"),
        ("t/*-{month.name}-[0-9]* | *.tmp/", "/in/x-NOVEMBER-1"),
        ("t/*-{month.name}-[0-9]* | *.tmp/", "/in/y.tmp"),
        ("t/! {year.decimal}* | {month.abbreviated}*/", "2025"),
        ("t//home/${USER}/{day.padded}/*/", "/home/ann/24/x"),
        ("t//home/${USER}/{day.padded}/*", "/home/ann/24/x"),
        ("t/[{]{day.padded}[}]/", "{24}"),
        ("t/plain/", "plain"),
    ] {
        assert!(matches(expression, value, at), "{expression} {value}");
    }
    assert!(!matches("t/! {year.decimal}* | {month.abbreviated}*/", "nov.txt", at));
    assert!(!matches("t/{year.decimal}/", "x2026", at), "over the whole value");
    // Nothing but `t/` has fields.
    assert!(matches("g/{year.decimal}/", "{year.decimal}", at));
}

#[test]
fn an_offset_moves_the_time_by_days_on_the_calendar_or_by_what_a_clock_counts() {
    let at = "2026-03-01T00:30:05Z";
    for (offset, expected) in [
        ("", "2026-03-01 00:30:05"),
        ("-1d", "2026-02-28 00:30:05"),
        ("+1d", "2026-03-02 00:30:05"),
        ("1d", "2026-03-02 00:30:05"),
        ("-1w", "2026-02-22 00:30:05"),
        ("-2h", "2026-02-28 22:30:05"),
        ("+31m", "2026-03-01 01:01:05"),
        ("-10s", "2026-03-01 00:29:55"),
        ("-36500d", "1926-03-26 00:30:05"),
    ] {
        let fields =
            "{year.decimal}-{month.padded}-{day.padded} {hour.padded_24}:{minute.padded}:{second.padded}";
        assert!(matches(&format!("t/{fields}/{offset}"), expected, at), "{offset}");
    }
    // The night in which clocks are put forward has 23 hours.
    let zone = central_europe();
    let moment = Moment { time: utc("2026-03-29T22:30:00Z"), zone: &zone };
    assert_eq!(tried("t/{day.padded} {hour.padded_24}/", "30 00", moment), Ok(true));
    assert_eq!(tried("t/{day.padded} {hour.padded_24}/-1d", "29 00", moment), Ok(true));
    assert_eq!(tried("t/{day.padded} {hour.padded_24}/-24h", "28 23", moment), Ok(true));
}

#[test]
fn what_is_no_field_and_no_offset_is_an_error() {
    let error = |text| Expression::parse(text, "ann").unwrap_err();
    assert_eq!(error("t/{year.roman}/"), ExpressionError::Field("year.roman".into()));
    assert_eq!(error("t/{year.decimal/"), ExpressionError::Field("year.decimal".into()));
    assert_eq!(error("t/{year.decimal}/-1y"), ExpressionError::Offset("-1y".into()));
    assert_eq!(error("t/{year.decimal}/-d"), ExpressionError::Offset("-d".into()));
    assert_eq!(error("t/{year.decimal}/-36501d"), ExpressionError::Offset("-36501d".into()));
    assert_eq!(
        error("t/{year.decimal}/+99999999999999999999s"),
        ExpressionError::Offset("+99999999999999999999s".into())
    );
    assert_eq!(error("t//"), ExpressionError::Empty);
    assert_eq!(error("t//-1d"), ExpressionError::Empty);
}

#[test]
fn without_a_local_time_there_is_no_answer_negated_or_not() {
    let unknown = TimeZone::unknown();
    let moment = Moment { time: Timestamp(0), zone: &unknown };
    assert_eq!(tried("t/*/", "x", moment), Err(MatchError::Time));
    assert_eq!(tried("t/!x/", "y", moment), Err(MatchError::Time));
    let source = RuleSource::parse("allow-full-control\nt/{year.decimal}/, allow-read").unwrap();
    let rules = source.for_user("ann").unwrap();
    let path = VPath::absolute(b"/other").unwrap();
    assert_eq!(rules.at(&path, moment), (PermissionSet::DENIED, Decider::Broken(0)));
    assert_eq!(rules.at(&path, Moment::utc(Timestamp(0))).1, Decider::Global);
}

#[test]
fn a_rule_gives_its_rights_from_midnight_to_midnight_local_time() {
    let day = "{year.decimal}-{month.padded}-{day.padded}";
    let source = RuleSource::parse(&format!("allow-list\nt//in/{day}/*/, allow-write")).unwrap();
    let rules = source.for_user("ann").unwrap();
    let zone = central_europe();
    let may_write = |time| {
        let path = VPath::absolute(b"/in/2026-11-24/x").unwrap();
        rules.allow(Right::Write, &path, Moment { time: utc(time), zone: &zone })
    };
    assert!(!may_write("2026-11-23T22:59:59Z") && may_write("2026-11-23T23:00:00Z"));
    assert!(may_write("2026-11-24T22:59:59Z") && !may_write("2026-11-24T23:00:00Z"));
}
