use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use causeway_core::{EventId, Moment, Secret, Timestamp};
use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;

use super::*;

fn read<T: FromStr<Err = BadValue>>(text: &str) -> T {
    text.parse().unwrap_or_else(|e: BadValue| panic!("{text}: {e}"))
}

fn refused<T: FromStr<Err = BadValue>>(text: &str) -> String {
    match text.parse::<T>() {
        Ok(_) => panic!("'{text}' was taken"),
        Err(e) => e.0,
    }
}

/// UTC+02:00 without summer time.
fn plus_two() -> TimeZone {
    TimeZone::fixed(Offset::constant(2))
}

fn seconds(text: &str) -> u64 {
    read::<RelaxedDateTime>(text).timestamp(&plus_two()).unwrap().seconds()
}

#[test]
fn appendix_b_3_lists_are_split_at_commas_outside_quotes() {
    let list: TextList = read(r#"a, "b,c", "d,""e""""#);
    assert_eq!(list.iter().map(|m| &**m).collect::<Vec<_>>(), ["a", "b,c", r#"d,"e""#]);
    assert_eq!(read::<TextList>(&list.to_string()), list);
    assert!(refused::<TextList>(r#""a"#).contains("not closed"));
    assert!(refused::<IdList>("a, b, a").contains("twice"));
}

#[test]
fn appendix_b_6_a_date_alone_is_local_midnight() {
    // 2024-12-12T00:00:00+02:00
    assert_eq!(seconds("2024-12-12"), 1_733_954_400);
    assert_eq!(seconds("2024-12-12"), seconds("2024-12-12T00:00:00+02"));
}

#[test]
fn moments_are_read_with_and_without_zone() {
    assert_eq!(seconds("2030-01-31 12:00:00Z"), seconds("2030-01-31T14:00:00+02:00"));
    assert_eq!(seconds("2030-01-31 12:00:00"), seconds("2030-01-31 12:00:00 +0200"));
    assert_eq!(seconds("2030-01-31 12:00"), seconds("2030-01-31 11:30:00.5 +01:30"));
    for bad in [
        "",
        "2030",
        "2030-02-30",
        "2030-01-31T",
        "2030-01-31 25:00",
        "2030-01-31 12",
        "2030-01-31 12:00 +2",
        "2030-01-31 12:00:00+02:",
        "2030-01-31 12:00:00 CET",
        "2030-01-31x",
        "31.01.2030",
        "2030-01-31 12:00:00+02:99",
    ] {
        refused::<RelaxedDateTime>(bad);
    }
    assert!(read::<RelaxedDateTime>("1950-01-01").timestamp(&plus_two()).is_err());
    for never in ["2600-01-01", "9999-12-31", "9999-12-31 23:59:59 -12"] {
        assert_eq!(read::<RelaxedDateTime>(never).timestamp(&plus_two()), Ok(Timestamp(u64::MAX)), "{never}");
    }
    let text = "2030-01-31 12:00:00+02";
    assert_eq!(seconds(&read::<RelaxedDateTime>(text).to_string()), seconds(text));
}

#[test]
fn numbers_have_their_bounds() {
    assert_eq!(read::<Umask>("027"), Umask(0o027));
    assert_eq!(read::<Umask>("0022").to_string(), "022");
    refused::<Umask>("8");
    refused::<Umask>("1777");
    assert_eq!(read::<ByteSize>("64 MiB"), ByteSize(64 << 20));
    assert_eq!(read::<ByteSize>("1024"), ByteSize(1024));
    refused::<ByteSize>("1 MB");
    refused::<ByteSize>("20000000 TiB");
    refused::<ByteSize>("-1");
    assert_eq!(read::<IdleTimeout>("-5"), IdleTimeout::default());
    assert_eq!(read::<IdleTimeout>("60").duration().as_secs(), 60);
    refused::<IdleTimeout>("99999999999");
    refused::<PositiveSeconds>("0");
    refused::<RekeyBytes>("1024");
    assert_eq!(read::<RekeyBytes>("64MiB").get(), 64 << 20);
    refused::<Port>("0");
    refused::<Port>("65536");
    assert_eq!(read::<Port>("10022"), Port(10022));
}

#[test]
fn addresses_are_literals_or_names() {
    assert_eq!(read::<ListenAddress>("::"), ListenAddress::Literal("::".parse().unwrap()));
    assert!(matches!(read::<ListenAddress>("files.example.net"), ListenAddress::Name(_)));
    for bad in ["", "300.1.1.1", "a b", "host:22", "[::1]", "a..b"] {
        refused::<ListenAddress>(bad);
    }
}

fn for_user(path: &str, user: &str) -> (PathBuf, PathBuf) {
    let subject = Subject { root: Path::new("/root"), user };
    let template: PathTemplate = read(path);
    (template.of_account(&subject).unwrap(), template.of_group(&subject).unwrap())
}

fn path(text: &str) -> PathBuf {
    PathBuf::from(text)
}

#[test]
fn appendix_b_21_a_group_path_gets_the_users_name() {
    assert_eq!(for_user("/srv/mft", "ben").1, path("/srv/mft/ben"));
    assert_eq!(for_user("/srv/${USER}/in", "ben").1, path("/srv/ben/in"));
    assert_eq!(for_user("${SHARED}/srv/vpn", "ben").1, path("/srv/vpn"));
    assert_eq!(for_user("/srv", "a:b").1, path("/srv/a.b"));
    assert_eq!(for_user("/srv", "ben@dc.tld").1, path("/srv/ben@dc.tld"));
    // An account's own path is what it says.
    assert_eq!(for_user("/srv/mft", "ben").0, path("/srv/mft"));
}

#[test]
fn v06_path_traversal_by_a_login_name_stays_in_its_folder() {
    for user in ["..", ".", "../../etc", "/etc", "a/../b", "..\\x", "a\u{0}b"] {
        for template in ["/srv/mft", "/srv/mft/${USER}", "/srv/mft/${USER}/in"] {
            let (_, path) = for_user(template, user);
            let normal = path.components().all(|c| !matches!(c, std::path::Component::ParentDir));
            assert!(
                normal && path.starts_with("/srv/mft") && path != Path::new("/srv/mft"),
                "{user}: {path:?}"
            );
        }
    }
}

#[test]
fn a_path_with_two_meanings_is_refused() {
    refused::<PathTemplate>("${SHARED}/srv/${USER}");
    refused::<PathTemplate>("/srv/${SHARED}");
    refused::<PathTemplate>("/srv/${user}");
    refused::<PathTemplate>("/srv/../etc");
    refused::<PathTemplate>("${OS_HOME}x");
    refused::<HomePath>("files");
    refused::<HomePath>("");
    refused::<HomePath>("${SHARED}srv");
}

#[test]
fn virtual_folders_map_a_path_to_an_absolute_folder() {
    let folders: VirtualFolders = read("/team, /srv/shared\nprivate-${USER}, \"/srv/odd,name/${USER}\"");
    let subject = Subject { root: Path::new("/root"), user: "a:b" };
    let all: Vec<_> = folders
        .iter()
        .map(|f| (f.at("a:b").unwrap().to_string(), f.real(&subject).unwrap(), f.is_personal()))
        .collect();
    let expected = [
        ("/team".to_owned(), path("/srv/shared"), false),
        ("/private-a.b".to_owned(), path("/srv/odd,name/a.b"), true),
    ];
    assert_eq!(all, expected);
    assert_eq!(read::<VirtualFolders>(&folders.to_string()), folders);
    for bad in ["/team", "/team, srv", "/, /srv", "/a/../b, /srv", "/a, /srv/../etc", "/a, /b, /c"] {
        refused::<VirtualFolders>(bad);
    }
    refused::<FolderList>("/in\n/../out");
    refused::<PathList>("relative");
}

#[test]
fn stored_passwords_are_recognised_by_their_form() {
    let recognise = |t: &str| StoredPassword::recognise(Secret::new(t));
    for (text, scheme) in [
        ("$5$rounds=80000$salt$hash", PasswordScheme::Sha256Crypt),
        ("$6$salt$hash", PasswordScheme::Sha512Crypt),
        ("$5$$hash", PasswordScheme::Sha256Crypt),
        ("$6$rounds=5000$$hash", PasswordScheme::Sha512Crypt),
        ("$pbkdf2-sha256$80000$c2FsdA$aGFzaA", PasswordScheme::Pbkdf2Sha256),
        ("$pbkdf2-sha512$80000$c2FsdA$aGFzaA", PasswordScheme::Pbkdf2Sha512),
        ("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", PasswordScheme::Argon2id),
    ] {
        assert_eq!(recognise(text).unwrap(), StoredPassword::Hash { scheme, text: Secret::new(text) });
    }
    assert_eq!(recognise("").unwrap(), StoredPassword::None);
    assert_eq!(recognise("hunter2\n").unwrap(), StoredPassword::Plain(Secret::new("hunter2")));
    for bad in [
        "$1$salt$hash",
        "$6$",
        "$6$salt",
        "$6$$",
        "$6$$$hash",
        "$pbkdf2-sha256$9$$hash",
        "$argon2id$x",
        "$x",
        "$6$sa lt$hash",
    ] {
        let error = recognise(bad).unwrap_err().0;
        assert!(!error.contains(bad), "{error}");
    }
    assert!(recognise(&"p".repeat(150)).is_ok());
    assert!(recognise(&"p".repeat(151)).is_err());
}

#[test]
fn a_secret_is_found_where_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("key"), "from the file").unwrap();
    let environment = crate::Environment::of([("KEY".into(), "from the variable".into())], TimeZone::UTC);
    let resolve = |text: &str| read::<SecretSource>(text).resolve(folder.path(), &environment);
    assert_eq!(resolve("plain").unwrap(), Secret::new("plain"));
    assert_eq!(resolve("external-file: key").unwrap(), Secret::new("from the file"));
    assert_eq!(resolve("env:KEY").unwrap(), Secret::new("from the variable"));
    assert!(resolve("env:OTHER").unwrap_err().to_string().contains("OTHER"));
    assert!(resolve("external-file:other").is_err());
    refused::<SecretSource>("external-file:");
}

#[test]
fn a_sealed_secret_is_read_with_the_key_of_its_installation_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("run")).unwrap();
    let environment = crate::Environment::of([], TimeZone::UTC);
    let (secret, key) = (Secret::new("hunter2"), Secret::new([7; 32]));
    let text = SecretSource::seal(&secret, &key, &causeway_core::Random::predictable(1)).unwrap();
    let lines = format!("{}\n  {}", &text[..20], &text[20..]);
    for text in [&text, &lines] {
        let source = read::<SecretSource>(text);
        assert!(!format!("{source:?}").contains("hunter2"));
        let resolve = |key: Option<&str>| {
            let path = folder.path().join(crate::seal::KEY_FILE);
            let _ = std::fs::remove_file(&path);
            key.into_iter().for_each(|key| std::fs::write(&path, key).unwrap());
            source.resolve(folder.path(), &environment)
        };
        assert_eq!(resolve(Some(&format!("{}\n", "07".repeat(32)))).unwrap(), secret);
        let no_key = resolve(None).unwrap_err().to_string();
        assert!(no_key.contains("run/installation.key', does not exist"), "{no_key}");
        assert!(matches!(resolve(Some(&"08".repeat(32))), Err(SecretError::Sealed(_))));
        assert!(matches!(resolve(Some("no key")), Err(SecretError::Key(_))));
        assert!(matches!(resolve(Some("0708")), Err(SecretError::Key(_))));
    }
    for bad in ["enc:", "enc:abc", "enc:aGVsbG8=", "enc:!"] {
        refused::<SecretSource>(bad);
    }
}

#[test]
fn event_filters_list_or_exclude_but_do_not_mix() {
    assert!(read::<Target>("").passes(EventId(1)));
    let only: Target = read("1, 2");
    assert!(only.passes(EventId(2)) && !only.passes(EventId(3)));
    let except: Target = read("!1, ! 2");
    assert!(!except.passes(EventId(2)) && except.passes(EventId(3)));
    assert_eq!(read::<Target>(&except.to_string()), except);
    refused::<Target>("1, !2");
    refused::<Target>("x");

    let words: Selection = read("! low, !debug");
    assert!(words.passes(["high"]) && !words.passes(["high", "debug"]));
    let words: Selection = read("low, debug");
    assert!(words.passes(["high", "debug"]) && !words.passes(["high"]));
    refused::<Selection>("!low, debug");
}

#[test]
fn addresses_of_peers_are_compared_as_addresses() {
    let only: SourceAddresses = read("192.0.2.1, 2001:db8:0::1");
    let passes = |a: &str| only.passes(Some(a.parse::<IpAddr>().unwrap()));
    assert!(passes("::ffff:192.0.2.1") && passes("2001:db8::1") && !passes("192.0.2.2"));
    assert!(!only.passes(None));
    refused::<SourceAddresses>("192.0.2.0/24");
}

#[test]
fn data_rules_must_all_match_and_a_missing_member_does_not() {
    // 2026-12-31T23:30:00Z
    let time = Timestamp::from_seconds(1_798_759_800);
    let passes = |rules: &str, path: &str, zone: &TimeZone| {
        let find = |name: &str| name.eq_ignore_ascii_case("path").then(|| path.as_bytes().to_vec().into());
        read::<DataFilter>(rules).passes(Moment { time, zone }, find)
    };
    let utc = &TimeZone::UTC;
    assert!(passes("Path, *.csv", "/in/a.csv", utc));
    assert!(passes("path, *.csv\npath, m/^.in/", "/in/a.csv", utc));
    assert!(!passes("path, *.csv\npath, *.txt", "/in/a.csv", utc));
    assert!(!passes("other, !*.csv", "/in/a.csv", utc));
    let year = "path, t//in/{year.decimal}/*/";
    let east = TimeZone::fixed(Offset::constant(1));
    assert!(passes(year, "/in/2026/x", utc) && !passes(year, "/in/2026/x", &east));
    assert!(passes(year, "/in/2027/x", &east));
    assert!(!passes("path, t/!*/", "/in/a.csv", &TimeZone::unknown()));
    refused::<DataFilter>("path");
    refused::<DataFilter>("path, m/(/");
}

#[test]
fn log_files_rotate_as_the_option_says() {
    assert_eq!(read::<RotateOn>("00:00 time-of-day"), RotateOn::Daily { hour: 0, minute: 0 });
    assert_eq!(read::<RotateOn>("31 day-of-month"), RotateOn::Monthly { day: 31 });
    assert_eq!(read::<RotateOn>("Disabled"), RotateOn::Never);
    for bad in ["24:00 time-of-day", "0 day-of-month", "daily", "12:00"] {
        refused::<RotateOn>(bad);
    }
    assert_eq!(read::<RotateCount>("-1"), RotateCount::Truncate);
    refused::<RotateCount>("-2");
    assert_eq!(read::<RotateSize>("disabled"), RotateSize(None));
    assert_eq!(read::<RotateSize>("1 MiB"), RotateSize(Some(ByteSize(1 << 20))));
    let log: LogPath = read("log/{host.name}.log");
    assert_eq!(log.resolve(Path::new("/r"), "a/b", "a.example"), path("/r/log/a.b.log"));
}

proptest! {
    #[test]
    fn no_text_breaks_a_value(text in "[\\PC\n]{0,60}") {
        let _ = text.parse::<RelaxedDateTime>();
        let _ = text.parse::<ByteSize>();
        let _ = text.parse::<VirtualFolders>();
        let _ = text.parse::<PathTemplate>();
        let _ = text.parse::<RotateOn>();
        let _ = text.parse::<Target>();
        let _ = text.parse::<CipherList>();
        let _ = text.parse::<ListenAddress>();
        let _ = text.parse::<PermissionRules>();
        let _ = text.parse::<AuthorizedKeys>();
        let _ = StoredPassword::recognise(Secret::new(text));
    }

    #[test]
    fn no_date_breaks_the_reader(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]?[0-9:.+Z é-]{0,20}") {
        if let Ok(at) = text.parse::<RelaxedDateTime>() {
            prop_assert_eq!(at.to_string().parse::<RelaxedDateTime>().unwrap(), at);
        }
    }
}
