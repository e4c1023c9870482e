//! An event as JSON, with the members that SFTPPlus gives it and those that name its place: `sequence`,
//! `session`, `transfer`.
//!
//! Bytes from outside become text escaped as in [`causeway_core::escape`]; where that changed anything, a member
//! `NAME_bytes` holds them in base64 (RFC 4648). Of the renderings of its time an event carries the seven that
//! say all; the others are parts of them.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};

use causeway_core::{Event, Value, escape};
use data_encoding::BASE64;

use crate::Server;
use crate::member;
use crate::message;
use crate::spool::Stored;
use crate::time::{Form, Times};

const TIMES: [(Form, &str); 7] = [
    (Form::Unix, "timestamp"),
    (Form::Cwa, "cwa_14051"),
    (Form::Iso, "iso_8601"),
    (Form::IsoFractional, "iso_8601_fractional"),
    (Form::IsoLocal, "iso_8601_local"),
    (Form::IsoBasic, "iso_8601_basic"),
    (Form::IsoCompact, "iso_8601_compact"),
];

/// Appends an event as one JSON object on one line.
pub fn event(out: &mut String, stored: &Stored, server: &Server, times: &mut Times) {
    let event = &stored.event;
    let origin = &*event.origin;
    // Writing to a String cannot fail, here and below.
    let _ =
        write!(out, "{{\"id\":\"{}\",\"uuid\":\"{}\",\"sequence\":{}", event.id, event.uuid, stored.sequence);
    for (name, id) in [("session", origin.session), ("transfer", event.transfer)] {
        if let Some(id) = id {
            let _ = write!(out, ",\"{name}\":\"{id}\"");
        }
    }
    let mut text = String::new();
    message::render(&mut text, event);
    member_text(out, ",", "message", &text);
    out.push_str(",\"timestamp\":{");
    for (i, (form, name)) in TIMES.iter().enumerate() {
        text.clear();
        times.render(&mut text, event.time, *form);
        member_text(out, comma(i), name, &text);
    }
    out.push_str("},\"account\":{");
    member_text(out, "", "uuid", &origin.account.uuid);
    member_text(out, ",", "name", &origin.account.name);
    let (ip, port) = peer(event);
    let family = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
    let _ = write!(
        out,
        ",\"peer\":{{\"address\":\"{ip}\",\"port\":{port},\"protocol\":\"TCP\",\"family\":\"{family}\"}}}}"
    );
    out.push_str(",\"component\":{");
    member_text(out, "", "uuid", &origin.component.uuid);
    member_text(out, ",", "type", &origin.component.kind);
    member_text(out, ",", "name", &origin.component.name);
    out.push_str("},\"server\":{");
    member_text(out, "", "uuid", &server.uuid);
    member_text(out, ",", "name", &server.name);
    out.push_str("},\"data\":");
    data(out, event);
    out.push('}');
}

/// The other side; zeros where there is none.
pub(crate) fn peer(event: &Event) -> (IpAddr, u16) {
    event.origin.peer.map_or((Ipv4Addr::UNSPECIFIED.into(), 0), |p| (p.ip(), p.port()))
}

/// Appends the members of an event as a JSON object.
pub fn data(out: &mut String, event: &Event) {
    out.push('{');
    let mut comma = "";
    for (name, value) in &event.data {
        out.push_str(comma);
        member(out, name, value);
        comma = ",";
    }
    for (name, part) in member::derived(event) {
        out.push_str(comma);
        member_bytes(out, name, part);
        comma = ",";
    }
    out.push('}');
}

fn comma(i: usize) -> &'static str {
    if i > 0 { "," } else { "" }
}

fn member(out: &mut String, name: &str, v: &Value) {
    match v {
        Value::Bytes(bytes) => member_bytes(out, name, bytes),
        other => {
            string(out, name);
            out.push(':');
            value(out, other);
        }
    }
    if let Value::List(list) = v
        && list.iter().any(|v| matches!(v, Value::Bytes(b) if escape::needed(b)))
    {
        out.push(',');
        string(out, &format!("{name}_bytes"));
        out.push_str(":[");
        for (i, v) in list.iter().enumerate() {
            out.push_str(comma(i));
            match v {
                Value::Bytes(bytes) => string(out, &BASE64.encode(bytes)),
                _ => out.push_str("null"),
            }
        }
        out.push(']');
    }
}

fn member_bytes(out: &mut String, name: &str, bytes: &[u8]) {
    member_text(out, "", name, &escape::text(bytes));
    if escape::needed(bytes) {
        member_text(out, ",", &format!("{name}_bytes"), &BASE64.encode(bytes));
    }
}

fn member_text(out: &mut String, comma: &str, name: &str, text: &str) {
    out.push_str(comma);
    string(out, name);
    out.push(':');
    string(out, text);
}

fn value(out: &mut String, v: &Value) {
    match v {
        Value::Text(text) => string(out, text),
        Value::Bytes(bytes) => string(out, &escape::text(bytes)),
        Value::Number(n) => message::put_number(out, *n),
        Value::List(list) => {
            out.push('[');
            for (i, v) in list.iter().enumerate() {
                out.push_str(comma(i));
                value(out, v);
            }
            out.push(']');
        }
    }
}

/// Appends a JSON string (RFC 8259 section 7). Whatever could end a line or steer a terminal is escaped.
pub(crate) fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) =
        rest.find(|c: char| c == '"' || (c == '\\' || !matches!(c, ' '..='~')) && is_special(c))
    {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = tail.chars();
        if let Some(c) = chars.next() {
            escaped(out, c);
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn is_special(c: char) -> bool {
    let mut buf = [0; 4];
    escape::needed(c.encode_utf8(&mut buf).as_bytes())
}

fn escaped(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        c => {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}
