//! Times as people and programs want to read them: the renderings of `{timestamp.X}`.

use std::fmt::{self, Write};

use causeway_core::Timestamp;
use causeway_core::date::DateField;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A rendering of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Local: `2020-06-06 01:21:29`
    Cwa,
    /// UTC: `2020-06-06T00:21:29Z`
    Iso,
    /// UTC with nanoseconds: `2020-06-06T00:21:29.056312084Z`
    IsoFractional,
    /// Local with offset: `2020-06-06T01:21:29+01:00`
    IsoLocal,
    /// UTC: `20200606T002129Z`
    IsoBasic,
    /// Local, fit for the name of a file: `20200606T012129`
    IsoCompact,
    /// Seconds since 1970 with microseconds: `1591402889.056312`
    Unix,
    /// A part of the local time.
    Field(DateField),
}

const WHOLE: [(Form, &str); 7] = [
    (Form::Cwa, "cwa_14051"),
    (Form::Iso, "iso_8601"),
    (Form::IsoFractional, "iso_8601_fractional"),
    (Form::IsoLocal, "iso_8601_local"),
    (Form::IsoBasic, "iso_8601_basic"),
    (Form::IsoCompact, "iso_8601_compact"),
    (Form::Unix, "timestamp"),
];

impl Form {
    /// Every rendering with its name.
    pub fn all() -> impl Iterator<Item = (Form, &'static str)> {
        let fields = DateField::ALL.iter().map(|(field, name)| (Form::Field(*field), *name));
        WHOLE.into_iter().chain(fields)
    }

    /// The rendering of that name; dotted names (`year.decimal`) mean the same, case does not matter.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('.', "_");
        Self::all().find(|(_, text)| *text == name).map(|(form, _)| form)
    }
}

/// Renders times in one time zone; the second last asked for is remembered, because events come in crowds.
#[derive(Debug)]
pub struct Times {
    zone: TimeZone,
    second: u64,
    local: DateTime,
    iso_local: String,
}

impl Times {
    pub fn new(zone: TimeZone) -> Self {
        let mut times = Self { zone, second: 0, local: DateTime::default(), iso_local: String::new() };
        times.work_out(0);
        times
    }

    /// The date and time that a clock on the wall shows.
    pub fn local(&mut self, time: Timestamp) -> DateTime {
        self.turn_to(time.seconds());
        self.local
    }

    /// The first moment at which a clock on the wall shows `local` (or, where it is skipped, the moment of the
    /// skip).
    pub fn moment(&self, local: DateTime) -> Option<Timestamp> {
        let zoned = self.zone.to_ambiguous_zoned(local).compatible().ok()?;
        u64::try_from(zoned.timestamp().as_second()).ok().map(Timestamp::from_seconds)
    }

    fn turn_to(&mut self, second: u64) {
        if second != self.second {
            self.work_out(second);
        }
    }

    fn work_out(&mut self, second: u64) {
        let instant =
            i64::try_from(second).ok().and_then(|s| jiff::Timestamp::from_second(s).ok()).unwrap_or_default();
        let offset = self.zone.to_offset(instant);
        self.second = second;
        self.local = offset.to_datetime(instant);
        self.iso_local.clear();
        let minutes = offset.seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let (h, m) = (minutes.abs() / 60, minutes.abs() % 60);
        // Writing to a String cannot fail.
        let _ = date_time(&mut self.iso_local, self.local, "-", "T", ":");
        let _ = write!(self.iso_local, "{sign}{h:02}:{m:02}");
    }

    /// Appends a rendering.
    pub fn render(&mut self, out: &mut String, time: Timestamp, form: Form) {
        self.turn_to(time.seconds());
        let t = self.local;
        // Writing to a String cannot fail.
        let _ = match form {
            Form::IsoLocal => out.write_str(&self.iso_local),
            Form::Cwa => date_time(out, t, "-", " ", ":"),
            Form::IsoCompact => date_time(out, t, "", "T", ""),
            Form::Iso | Form::IsoBasic | Form::IsoFractional => utc(out, time, form),
            Form::Unix => write!(out, "{}.{:06}", time.seconds(), time.subsec_nanos() / 1000),
            Form::Field(field) => {
                field.render(out, t);
                Ok(())
            }
        };
    }
}

fn utc(out: &mut String, time: Timestamp, form: Form) -> fmt::Result {
    let instant = i64::try_from(time.seconds()).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    let t = TimeZone::UTC.to_datetime(instant.unwrap_or_default());
    match form {
        Form::IsoBasic => date_time(out, t, "", "T", "")?,
        _ => date_time(out, t, "-", "T", ":")?,
    }
    if form == Form::IsoFractional {
        write!(out, ".{:09}", time.subsec_nanos())?;
    }
    out.write_char('Z')
}

fn date_time(out: &mut String, t: DateTime, date: &str, between: &str, time: &str) -> fmt::Result {
    write!(
        out,
        "{:04}{date}{:02}{date}{:02}{between}{:02}{time}{:02}{time}{:02}",
        t.year(),
        t.month(),
        t.day(),
        t.hour(),
        t.minute(),
        t.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(zone: &str, time: Timestamp) -> Vec<(&'static str, String)> {
        let mut times = Times::new(TimeZone::posix(zone).unwrap());
        let render = |(form, name)| {
            let mut out = String::new();
            times.render(&mut out, time, form);
            (name, out)
        };
        Form::all().map(render).collect()
    }

    #[test]
    fn every_rendering_has_its_form() {
        let time = Timestamp(1_591_402_889_056_312_084);
        let expected = [
            ("cwa_14051", "2020-06-06 01:21:29"),
            ("iso_8601", "2020-06-06T00:21:29Z"),
            ("iso_8601_fractional", "2020-06-06T00:21:29.056312084Z"),
            ("iso_8601_local", "2020-06-06T01:21:29+01:00"),
            ("iso_8601_basic", "20200606T002129Z"),
            ("iso_8601_compact", "20200606T012129"),
            ("timestamp", "1591402889.056312"),
            ("year_decimal", "2020"),
            ("year_no_century", "20"),
            ("month_decimal", "6"),
            ("month_padded", "06"),
            ("month_name", "June"),
            ("month_abbreviated", "Jun"),
            ("day_decimal", "6"),
            ("day_padded", "06"),
            ("day_of_year_padded", "158"),
            ("day_name", "Saturday"),
            ("day_abbreviated", "Sat"),
            ("hour_decimal_24", "1"),
            ("hour_padded_24", "01"),
            ("hour_decimal_12", "1"),
            ("hour_padded_12", "01"),
            ("hour_am_pm", "AM"),
            ("minute_decimal", "21"),
            ("minute_padded", "21"),
            ("second_decimal", "29"),
            ("second_padded", "29"),
        ];
        let found = all("GMT0BST,M3.5.0/1,M10.5.0", time);
        assert!(found.iter().map(|(n, t)| (*n, t.as_str())).eq(expected), "{found:?}");
    }

    #[test]
    fn offsets_west_of_greenwich_and_by_the_half_hour_are_right() {
        let at = |zone, second| all(zone, Timestamp::from_seconds(second))[3].1.clone();
        assert_eq!(at("NST3:30NDT,M3.2.0,M11.1.0", 1_700_000_000), "2023-11-14T18:43:20-03:30");
        assert_eq!(at("IST-5:30", 1_700_000_000), "2023-11-15T03:43:20+05:30");
    }

    #[test]
    fn a_change_to_summer_time_is_seen_at_its_second() {
        let mut times = Times::new(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap());
        let mut render = |second| {
            let mut out = String::new();
            times.render(&mut out, Timestamp::from_seconds(second), Form::IsoLocal);
            out
        };
        assert_eq!(render(1_774_745_999), "2026-03-29T01:59:59+01:00");
        assert_eq!(render(1_774_746_000), "2026-03-29T03:00:00+02:00");
    }

    #[test]
    fn dotted_and_underscored_names_mean_the_same() {
        assert_eq!(Form::named("Year.Decimal"), Some(Form::Field(DateField::Year)));
        assert_eq!(Form::named("hour.padded_24"), Some(Form::Field(DateField::HourPadded)));
        assert_eq!(Form::named("ISO_8601_LOCAL"), Some(Form::IsoLocal));
        assert_eq!(Form::named("iso"), None);
    }
}
