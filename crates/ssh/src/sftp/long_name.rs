//! The `longname` of a listing: the line that `ls -l` prints, as OpenSSH's server writes it. The draft leaves its
//! form open (section 7); clients show it and some read it, so OpenSSH's form is the form.

use causeway_core::Timestamp;

/// What is the same for all lines of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListingContext {
    pub now: Timestamp,
    /// Seconds that local time is ahead of UTC. One offset for all lines: a file from the other half of the
    /// year is shown with today's.
    pub offset: i32,
}

/// One line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongName<'a> {
    /// Bytes, written as they are.
    pub name: &'a [u8],
    /// `st_mode` with the bits of the type.
    pub mode: u32,
    pub links: u64,
    pub user: &'a [u8],
    pub group: &'a [u8],
    /// Bytes.
    pub size: u64,
    /// Seconds since 1970, in UTC.
    pub modified: i64,
}

const HALF_A_YEAR: i64 = 365 * 24 * 60 * 60 / 2;
const DAY: i64 = 24 * 60 * 60;
const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

impl LongName<'_> {
    /// Appends the line, such as
    /// `-rw-r--r--    1 ann      staff      348911 Mar 25 14:29 report.pdf`.
    pub fn write(&self, context: &ListingContext, out: &mut Vec<u8>) {
        out.extend_from_slice(&mode_string(self.mode));
        out.extend_from_slice(b"  ");
        number(out, self.links, 3, b' ');
        out.push(b' ');
        left(out, self.user);
        out.push(b' ');
        left(out, self.group);
        out.push(b' ');
        number(out, self.size, 8, b' ');
        out.push(b' ');
        date(out, self.modified, context);
        out.push(b' ');
        out.extend_from_slice(self.name);
    }
}

/// The ten characters of type and permissions (POSIX `ls`).
fn mode_string(mode: u32) -> [u8; 10] {
    let kind = match mode & 0o170_000 {
        0o010_000 => b'p',
        0o020_000 => b'c',
        0o040_000 => b'd',
        0o060_000 => b'b',
        0o100_000 => b'-',
        0o120_000 => b'l',
        0o140_000 => b's',
        _ => b'?',
    };
    let bit = |bit, letter| if mode & bit != 0 { letter } else { b'-' };
    let execute = |bit, special, both, alone| match (mode & bit != 0, mode & special != 0) {
        (true, true) => both,
        (false, true) => alone,
        (true, false) => b'x',
        (false, false) => b'-',
    };
    [
        kind,
        bit(0o400, b'r'),
        bit(0o200, b'w'),
        execute(0o100, 0o4000, b's', b'S'),
        bit(0o040, b'r'),
        bit(0o020, b'w'),
        execute(0o010, 0o2000, b's', b'S'),
        bit(0o004, b'r'),
        bit(0o002, b'w'),
        execute(0o001, 0o1000, b't', b'T'),
    ]
}

/// `Mar 25 14:29`, or `Mar 25  2019` for what is older than half a year.
fn date(out: &mut Vec<u8>, seconds: i64, context: &ListingContext) {
    let now = i64::try_from(context.now.seconds()).unwrap_or(i64::MAX);
    let local = seconds.saturating_add(i64::from(context.offset));
    let (year, month, day) = civil(local.div_euclid(DAY));
    out.extend_from_slice(month);
    out.push(b' ');
    number(out, day, 2, b' ');
    out.push(b' ');
    if now.saturating_sub(HALF_A_YEAR) < seconds {
        let minute = local.rem_euclid(DAY).unsigned_abs() / 60;
        number(out, minute / 60, 2, b'0');
        out.push(b':');
        number(out, minute % 60, 2, b'0');
    } else {
        if year < 0 {
            out.push(b'-');
        }
        number(out, year.unsigned_abs(), 5, b' ');
    }
}

/// The year, the month and the day of the month (from 1) of a day counted from 1970-01-01, by the Gregorian
/// calendar.
///
/// Years are taken to begin in March, so that the leap day is the last day of one, and are counted in cycles of
/// 400, which all have the same number of days.
fn civil(day: i64) -> (i64, &'static [u8; 3], u64) {
    const CYCLE: i64 = 146_097;
    /// From 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    let day = day.saturating_add(EPOCH);
    let (cycle, day) = (day.div_euclid(CYCLE), day.rem_euclid(CYCLE));
    // Leap days before this one in the cycle: one in 4 years, not in 100, but in 400.
    let year = (day - day / 1_460 + day / 36_524 - day / (CYCLE - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // From March on, months alternate so that the first day of month m is (153 m + 2) / 5.
    let month = (5 * day + 2) / 153;
    let day_of_month = day - (153 * month + 2) / 5 + 1;
    let from_january = (month + 2) % 12;
    let year = 400 * cycle + year + i64::from(month >= 10);
    let name = usize::try_from(from_january).ok().and_then(|m| MONTHS.get(m)).copied().unwrap_or(b"Jan");
    (year, name, day_of_month.unsigned_abs())
}

/// Digits, filled to `width` on the left.
fn number(out: &mut Vec<u8>, mut value: u64, width: usize, fill: u8) {
    let mut digits = [fill; 20];
    let mut used = 0;
    for (i, d) in digits.iter_mut().rev().enumerate() {
        if value == 0 && i > 0 {
            break;
        }
        *d = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
        used = i + 1;
    }
    let from = digits.len() - used.max(width.min(digits.len()));
    out.extend_from_slice(digits.get(from..).unwrap_or_default());
}

/// A name of at least eight columns.
fn left(out: &mut Vec<u8>, name: &[u8]) {
    out.extend_from_slice(name);
    out.resize(out.len() + 8_usize.saturating_sub(name.len()), b' ');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-03-31T12:00:00Z.
    const NOW: u64 = 1_774_958_400;

    fn line(l: LongName<'_>, offset: i32) -> Vec<u8> {
        let mut out = Vec::new();
        l.write(&ListingContext { now: Timestamp::from_seconds(NOW), offset }, &mut out);
        out
    }

    fn report() -> LongName<'static> {
        LongName {
            name: b"report.pdf",
            mode: 0o100_644,
            links: 1,
            user: b"ann",
            group: b"staff",
            size: 348_911,
            modified: 1_774_448_940, // 2026-03-25T14:29:00Z
        }
    }

    #[test]
    fn a_line_looks_as_openssh_writes_it() {
        assert_eq!(line(report(), 0), b"-rw-r--r--    1 ann      staff      348911 Mar 25 14:29 report.pdf");
        let folder =
            LongName { name: b"..", mode: 0o041_777, links: 1234, size: 4096, modified: 0, ..report() };
        assert_eq!(line(folder, 0), b"drwxrwxrwt  1234 ann      staff        4096 Jan  1  1970 ..");
        let long = LongName { user: b"administrator", group: b"123456789", size: u64::MAX, ..report() };
        assert_eq!(
            line(long, 0),
            b"-rw-r--r--    1 administrator 123456789 18446744073709551615 Mar 25 14:29 report.pdf"
        );
    }

    #[test]
    fn times_are_local_and_old_ones_have_a_year() {
        let shown = |modified, offset| {
            let l = line(LongName { modified, name: b"", ..report() }, offset);
            String::from_utf8(l[l.len() - 13..l.len() - 1].to_vec()).unwrap()
        };
        let now = i64::try_from(NOW).unwrap();
        assert_eq!(shown(now, 0), "Mar 31 12:00");
        assert_eq!(shown(now, 14 * 3600), "Apr  1 02:00");
        assert_eq!(shown(now, -(3600 * 12 + 60)), "Mar 30 23:59");
        assert_eq!(shown(now - HALF_A_YEAR + 1, 0), "Sep 30 00:00");
        assert_eq!(shown(now - HALF_A_YEAR, 0), "Sep 30  2025");
        assert_eq!(shown(now + 400 * DAY, 0), "May  5 12:00");
        assert_eq!(shown(-1, 0), "Dec 31  1969");
    }

    #[test]
    fn names_are_written_byte_for_byte() {
        for name in [&b"caf\xe9"[..], b"two\nlines", b"\x1b[31m", &[0xff; 255]] {
            let l = line(LongName { name, ..report() }, 0);
            assert!(l.ends_with(name));
        }
    }

    #[test]
    fn modes_are_spelt_as_ls_spells_them() {
        let shown = |mode| String::from_utf8(mode_string(mode).to_vec()).unwrap();
        assert_eq!(shown(0o100_755), "-rwxr-xr-x");
        assert_eq!(shown(0o104_755), "-rwsr-xr-x");
        assert_eq!(shown(0o106_644), "-rwSr-Sr--");
        assert_eq!(shown(0o041_776), "drwxrwxrwT");
        assert_eq!(shown(0o120_777), "lrwxrwxrwx");
        assert_eq!(shown(0o010_000), "p---------");
        assert_eq!(shown(0o644), "?rw-r--r--");
    }

    #[test]
    fn days_become_dates() {
        let shown = |day| {
            let (y, m, d) = civil(day);
            format!("{y} {} {d}", std::str::from_utf8(m).unwrap())
        };
        assert_eq!(shown(0), "1970 Jan 1");
        assert_eq!(shown(-1), "1969 Dec 31");
        assert_eq!(shown(11_016), "2000 Feb 29");
        assert_eq!(shown(11_017), "2000 Mar 1");
        assert_eq!(shown(47_540), "2100 Feb 28");
        assert_eq!(shown(47_541), "2100 Mar 1");
        assert_eq!(shown(-719_528), "0 Jan 1");
    }

    #[test]
    fn every_day_of_800_years_follows_the_one_before() {
        let leap = |y: i64| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
        let mut date = (1600, 0, 1);
        for day in -135_140..-135_140 + 2 * 146_097 {
            let (y, m, d) = civil(day);
            assert_eq!((y, m, d), (date.0, MONTHS[date.1], date.2), "{day}");
            let length = match date.1 {
                1 if leap(y) => 29,
                1 => 28,
                3 | 5 | 8 | 10 => 30,
                _ => 31,
            };
            date.2 += 1;
            if date.2 > length {
                date = (date.0, date.1 + 1, 1);
            }
            if date.1 == 12 {
                date = (date.0 + 1, 0, 1);
            }
        }
    }

    proptest! {
        #[test]
        fn no_numbers_make_a_line_panic(mode: u32, links: u64, size: u64, modified: i64, offset: i32, now: u64) {
            let mut out = Vec::new();
            LongName { mode, links, size, modified, ..report() }.write(&ListingContext { now: Timestamp(now), offset }, &mut out);
            prop_assert!(out.ends_with(b" report.pdf"));
        }
    }
}
