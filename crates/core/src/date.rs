//! The parts of a date and time as people write them: the fields of date expressions and of templates.

use std::fmt::{self, Write};

use jiff::civil::DateTime;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

macro_rules! fields {
    ($($name:ident = $text:literal,)*) => {
        /// A part of a date and time. Names of months and days are English.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum DateField { $($name,)* }

        impl DateField {
            /// Every part with its name.
            pub const ALL: &[(DateField, &str)] = &[$((DateField::$name, $text),)*];
        }
    };
}

fields! {
    Year = "year_decimal",
    YearShort = "year_no_century",
    Month = "month_decimal",
    MonthPadded = "month_padded",
    MonthName = "month_name",
    MonthShort = "month_abbreviated",
    Day = "day_decimal",
    DayPadded = "day_padded",
    DayOfYear = "day_of_year_padded",
    DayName = "day_name",
    DayShort = "day_abbreviated",
    Hour = "hour_decimal_24",
    HourPadded = "hour_padded_24",
    Hour12 = "hour_decimal_12",
    Hour12Padded = "hour_padded_12",
    AmPm = "hour_am_pm",
    Minute = "minute_decimal",
    MinutePadded = "minute_padded",
    Second = "second_decimal",
    SecondPadded = "second_padded",
}

impl DateField {
    /// The part of that name; dotted names (`year.decimal`) mean the same, case does not matter.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace('.', "_");
        Self::ALL.iter().find(|(_, text)| *text == name).map(|(field, _)| *field)
    }

    /// Appends the part of a time that a clock on the wall shows.
    pub fn render(self, out: &mut String, local: DateTime) {
        // Writing to a String cannot fail.
        let _ = self.write(out, local);
    }

    fn write(self, out: &mut String, t: DateTime) -> fmt::Result {
        let hour12 = (t.hour() + 11) % 12 + 1;
        match self {
            DateField::Year => write!(out, "{}", t.year()),
            DateField::YearShort => write!(out, "{:02}", t.year().rem_euclid(100)),
            DateField::Month => write!(out, "{}", t.month()),
            DateField::MonthPadded => write!(out, "{:02}", t.month()),
            DateField::MonthName => out.write_str(month(t)),
            DateField::MonthShort => out.write_str(month(t).get(..3).unwrap_or_default()),
            DateField::Day => write!(out, "{}", t.day()),
            DateField::DayPadded => write!(out, "{:02}", t.day()),
            DateField::DayOfYear => write!(out, "{:03}", t.date().day_of_year()),
            DateField::DayName => out.write_str(day(t)),
            DateField::DayShort => out.write_str(day(t).get(..3).unwrap_or_default()),
            DateField::Hour => write!(out, "{}", t.hour()),
            DateField::HourPadded => write!(out, "{:02}", t.hour()),
            DateField::Hour12 => write!(out, "{hour12}"),
            DateField::Hour12Padded => write!(out, "{hour12:02}"),
            DateField::AmPm => out.write_str(if t.hour() < 12 { "AM" } else { "PM" }),
            DateField::Minute => write!(out, "{}", t.minute()),
            DateField::MinutePadded => write!(out, "{:02}", t.minute()),
            DateField::Second => write!(out, "{}", t.second()),
            DateField::SecondPadded => write!(out, "{:02}", t.second()),
        }
    }
}

fn month(t: DateTime) -> &'static str {
    usize::try_from(t.month() - 1).ok().and_then(|m| MONTHS.get(m)).copied().unwrap_or_default()
}

fn day(t: DateTime) -> &'static str {
    let day = usize::try_from(t.weekday().to_monday_zero_offset()).unwrap_or_default();
    DAYS.get(day).copied().unwrap_or_default()
}
