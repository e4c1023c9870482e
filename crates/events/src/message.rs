//! The text of an event: the catalogue's text with the members put in.

use std::borrow::Cow;
use std::sync::LazyLock;

use causeway_core::{Event, EventId, Value, escape};

use crate::catalogue;
use crate::member::{self, Member};

#[derive(Debug)]
enum Piece {
    Literal(&'static str),
    Member(&'static str),
}

/// The text of every event that has one, cut into pieces; ordered by number.
static TEXTS: LazyLock<Vec<(EventId, Vec<Piece>)>> =
    LazyLock::new(|| catalogue::all().filter_map(|e| Some((e.id, cut(e.text?)))).collect());

fn cut(text: &'static str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((literal, tail)) = rest.split_once('{') {
        let (name, tail) = tail.split_once('}').unwrap_or((tail, ""));
        pieces.extend([Piece::Literal(literal), Piece::Member(name)]);
        rest = tail;
    }
    pieces.push(Piece::Literal(rest));
    pieces
}

/// Appends the text of an event. Members that are missing leave nothing; whatever a member holds stays in one
/// line and steers no terminal.
pub fn render(out: &mut String, event: &Event) {
    let Ok(at) = TEXTS.binary_search_by_key(&event.id, |(id, _)| *id) else {
        out.push_str(catalogue::find(event.id).map_or("unknown event", |e| e.summary));
        return;
    };
    for piece in TEXTS.get(at).map(|(_, pieces)| pieces.as_slice()).unwrap_or_default() {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::Member(name) => {
                let quoted = out.ends_with('"');
                let begin = out.len();
                put_member(out, event, name);
                if quoted {
                    escape_quotes(out, begin);
                }
            }
        }
    }
}

/// What stands between quotation marks does not end them: no name tells a story of its own.
fn escape_quotes(out: &mut String, begin: usize) {
    if out.get(begin..).is_some_and(|member| member.contains('"')) {
        let member = out.split_off(begin);
        out.push_str(&member.replace('"', r"\x22"));
    }
}

/// Appends the member of that name, escaped; nothing if there is none.
pub(crate) fn put_member(out: &mut String, event: &Event, name: &str) {
    match member::find(event, name) {
        None => {}
        Some(Member::Part(bytes)) => put_bytes(out, bytes),
        Some(Member::Recorded(value)) => put_value(out, value),
    }
}

fn put_value(out: &mut String, value: &Value) {
    match value {
        Value::Text(Cow::Borrowed(text)) => put_bytes(out, text.as_bytes()),
        Value::Text(Cow::Owned(text)) => put_bytes(out, text.as_bytes()),
        Value::Bytes(bytes) => put_bytes(out, bytes),
        Value::Number(n) => put_number(out, *n),
        Value::List(list) => {
            for (i, value) in list.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                put_value(out, value);
            }
        }
    }
}

/// Appends bytes from outside, escaped.
pub(crate) fn put_bytes(out: &mut String, bytes: &[u8]) {
    // Nearly everything is plain ASCII, which needs no second look.
    let plain = bytes.iter().all(|b| matches!(b, b' '..=b'~') && *b != b'\\');
    match std::str::from_utf8(bytes) {
        Ok(text) if plain => out.push_str(text),
        _ => {
            // Writing to a String cannot fail.
            let _ = escape::write(out, bytes);
        }
    }
}

/// Appends a number in decimal digits; `write!` takes several times as long.
pub(crate) fn put_number(out: &mut String, n: u64) {
    let mut digits = [0; 20];
    let mut left = n;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or_default();
        left /= 10;
        used += 1;
        if left == 0 {
            break;
        }
    }
    let text = digits.get(digits.len() - used..).unwrap_or_default();
    out.push_str(std::str::from_utf8(text).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::ids::LOGIN_NO_METHOD_ACCEPTED;
    use causeway_core::event::{Actor, Origin, Source};
    use causeway_core::{Timestamp, Uuid};

    #[test]
    fn v31_a_name_does_not_end_its_quotation_marks() {
        let component = Source { uuid: "c".into(), kind: "ssh".into(), name: "SFTP".into() };
        let origin = Origin { account: Actor::peer(), peer: None, component, session: None }.into();
        let event = Event::new(LOGIN_NO_METHOD_ACCEPTED, Uuid::nil(), Timestamp(0), origin)
            .with("username", r#"root" logged in by "x"#)
            .with("credentials_type", "password");
        let mut text = String::new();
        render(&mut text, &event);
        assert_eq!(text, r#"No authentication method accepted "root\x22 logged in by \x22x" (password)."#);
    }
}
