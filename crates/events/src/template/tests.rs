use super::*;
use std::sync::Arc;

use causeway_core::event::{Actor, Source};
use causeway_core::{Event, Origin, Uuid, Value};
use jiff::tz::TimeZone;

use crate::catalogue::ids;

fn upload(path: &[u8]) -> Stored {
    let origin = Origin {
        account: Actor { uuid: "u-1".into(), name: "mike".into() },
        peer: Some("203.0.113.7:2345".parse().unwrap()),
        component: Source { uuid: "c-1".into(), kind: "ssh".into(), name: "SFTP".into() },
        session: Some(Uuid::from_u128(1)),
    };
    let time = Timestamp::from_seconds(1_591_402_889);
    let event = Event::new(ids::SSH_UPLOADED, Uuid::from_u128(2), time, Arc::new(origin))
        .with("path", path)
        .with("total_write", 42)
        .with("duration", "0.5");
    Stored { sequence: 7, event }
}

fn render(template: &str, stored: &Stored) -> String {
    let server = Server { uuid: "s-1".into(), name: "edge".into() };
    let mut times = Times::new(TimeZone::posix("GMT0BST,M3.5.0/1,M10.5.0").unwrap());
    let view = View { stored, server: &server, now: Timestamp::from_seconds(1_600_000_000) };
    let mut out = String::new();
    Template::parse(template).unwrap().render(&mut out, &view, &mut times);
    out
}

#[test]
fn the_line_of_the_default_log_has_the_form_that_scripts_read() {
    let template = causeway_config::value::LineTemplate::default().0;
    assert_eq!(
        render(&template, &upload(b"/in/a.csv")),
        "2020-06-06T01:21:29+01:00 30068 c-1 mike 203.0.113.7:2345 Uploaded \"/in/a.csv\": 42 bytes in 0.5 s."
    );
}

#[test]
fn every_field_is_known_in_any_case_and_missing_members_are_empty() {
    let stored = upload(b"/in/a.csv");
    let of = |t| render(t, &stored);
    assert_eq!(of("{ID} {Uuid} {sequence}"), "30068 00000000-0000-0000-0000-000000000002 7");
    assert_eq!(of("{session}|{transfer}|{account.email}"), "00000000-0000-0000-0000-000000000001||");
    assert_eq!(of("{account.uuid} {account.peer.family} {account.peer.protocol}"), "u-1 IPv4 TCP");
    assert_eq!(of("{component.type} {Component.Name} {server.name} {server.uuid}"), "ssh SFTP edge s-1");
    assert_eq!(
        of("{data.PATH} {data.file_name} {data.directory_name} [{data.nothing}]"),
        "/in/a.csv a.csv /in []"
    );
    assert_eq!(
        of("{timestamp.year.decimal} {timestamp.month_padded} {now.iso_8601}{CR}{LF}"),
        "2020 06 2020-09-13T12:26:40Z\r\n"
    );
    assert_eq!(of("{\"id\": \"{id}\"} {} {a b} {"), "{\"id\": \"30068\"} {} {a b} {");
}

#[test]
fn members_of_lists_have_dotted_names() {
    let mut stored = upload(b"/");
    stored.event.data.push(("files".into(), Value::List(vec!["a".into(), Value::List(vec!["b".into()])])));
    assert_eq!(render("{data.files.0} {data.files.1.0} {data.files.9} {data.files}", &stored), "a b  a, b");
}

#[test]
fn an_unknown_field_is_refused_with_what_may_have_been_meant() {
    let refused = |t| Template::parse(t).unwrap_err().to_string();
    assert_eq!(refused("{mesage}"), "the template has the unknown field {mesage}; did you mean {message}?");
    assert_eq!(
        refused("{timestamp.iso_8601_locale}"),
        "the template has the unknown field {timestamp.iso_8601_locale}; did you mean {timestamp.iso_8601_local}?"
    );
    assert_eq!(refused("{xyzzy}"), "the template has the unknown field {xyzzy}");
}

#[test]
fn v31_no_value_can_forge_a_line_or_steer_a_terminal() {
    let mut stored = upload(b"/in/a\r\n2026-01-01 20137 admin\x1b[2Jlogged in\xff");
    stored.event.data.push(("details".into(), "x\ny".to_owned().into()));
    let mut origin = (*stored.event.origin).clone();
    origin.account.name = "mike\n20137".into();
    origin.component.name = "a\u{202e}b".into();
    stored.event.origin = Arc::new(origin);
    let everything =
        "{message} {account.name} {component.name} {data.path} {data.details} {data.file_name} {data_json}";
    let line = render(everything, &stored);
    assert!(!line.chars().any(char::is_control), "{line:?}");
    assert!(!line.contains('\u{202e}'));
    assert!(line.contains(r"a\x0d\x0a2026-01-01"));
}

#[test]
fn an_event_as_json_has_the_members_of_the_reference() {
    let server = Server { uuid: "s-1".into(), name: "edge".into() };
    let mut times = Times::new(TimeZone::UTC);
    let mut out = String::new();
    json::event(&mut out, &upload(b"/in/caf\xe9\"\n.csv"), &server, &mut times);
    assert_eq!(
        out,
        concat!(
            r#"{"id":"30068","uuid":"00000000-0000-0000-0000-000000000002","sequence":7,"#,
            r#""session":"00000000-0000-0000-0000-000000000001","#,
            r#""message":"Uploaded \"/in/caf\\xe9\\x22\\x0a.csv\": 42 bytes in 0.5 s.","#,
            r#""timestamp":{"timestamp":"1591402889.000000","cwa_14051":"2020-06-06 00:21:29","#,
            r#""iso_8601":"2020-06-06T00:21:29Z","iso_8601_fractional":"2020-06-06T00:21:29.000000000Z","#,
            r#""iso_8601_local":"2020-06-06T00:21:29+00:00","iso_8601_basic":"20200606T002129Z","#,
            r#""iso_8601_compact":"20200606T002129"},"#,
            r#""account":{"uuid":"u-1","name":"mike","#,
            r#""peer":{"address":"203.0.113.7","port":2345,"protocol":"TCP","family":"IPv4"}},"#,
            r#""component":{"uuid":"c-1","type":"ssh","name":"SFTP"},"server":{"uuid":"s-1","name":"edge"},"#,
            r#""data":{"path":"/in/caf\\xe9\"\\x0a.csv","path_bytes":"L2luL2NhZukiCi5jc3Y=","#,
            r#""total_write":42,"duration":"0.5","#,
            r#""file_name":"caf\\xe9\"\\x0a.csv","file_name_bytes":"Y2Fm6SIKLmNzdg==","directory_name":"/in"}}"#,
        )
    );
}
