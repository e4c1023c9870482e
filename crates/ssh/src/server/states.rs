//! Every message number in every state of a connection: what the server does is in `tests-data/states.txt`, and nothing
//! else. Messages that exist have a body that would be right in their own state; the others have none.

use std::fmt::Write as _;

use super::rig::{Rig, body};

const TABLE: &str = include_str!("../../tests-data/states.txt");

/// How a connection gets somewhere.
type Way = fn() -> Rig;

/// The states, with the ways there.
const STATES: [(&str, Way); 17] = [
    ("identified: only the client's identification is there", Rig::identified),
    ("offered: both have sent KEXINIT", Rig::offered),
    ("switching: the server has sent NEWKEYS, the client has not", Rig::switching),
    ("keyed: the first keys are in use", Rig::keyed),
    ("keyed, the server has begun to re-key", || Rig::keyed().server_offers()),
    ("keyed, both have begun to re-key", || Rig::keyed().client_offers()),
    ("keyed, the server has switched to its next keys", || Rig::keyed().server_switches()),
    ("login: the client may log in", Rig::login),
    ("partial: a password was right and something is missing", Rig::partial),
    ("dialogue: the client was asked for a password", Rig::dialogue),
    ("login, the server has begun to re-key", || Rig::login().server_offers()),
    ("login, both have begun to re-key", || Rig::login().client_offers()),
    ("login, the server has switched to its next keys", || Rig::login().server_switches()),
    ("open: logged in, with a channel in which something runs", Rig::open),
    ("open, the server has begun to re-key", || Rig::open().server_offers()),
    ("open, both have begun to re-key", || Rig::open().client_offers()),
    ("open, the server has switched to its next keys", || Rig::open().server_switches()),
];

#[test]
fn v16_v04_every_message_in_every_state_has_the_answer_of_the_table() {
    let table = STATES.map(|(name, rig)| section(name, rig)).join("\n");
    if table != TABLE {
        let path = std::env::temp_dir().join("states.txt");
        std::fs::write(&path, &table).unwrap();
        let differs = table.lines().zip(TABLE.lines()).find(|(new, old)| new != old);
        panic!("{differs:?}: what was found is in {}", path.display());
    }
}

#[test]
fn v16_under_the_first_exchange_nothing_but_its_own_messages_is_taken() {
    // Strict key exchange: a message that an attacker could put there ends the connection.
    for (state, allowed) in [
        (Rig::offered as Way, &[1, 30][..]),
        // Those two lose their meaning with what follows, and nothing that was not protected may.
        (Rig::switching, &[1, 21]),
    ] {
        for number in (0..=255).filter(|n| !allowed.contains(n)) {
            let mut rig = state();
            assert!(rig.take(&body(number)).starts_with("ends"), "{number}");
        }
    }
}

#[test]
fn v04_no_message_logs_anybody_in_or_reaches_a_channel_before_the_login() {
    for (name, state) in STATES.iter().filter(|(name, _)| !name.starts_with("open")) {
        for number in 0..=255 {
            let mut rig = state();
            let done = rig.take(&body(number));
            assert!(!rig.server.is_logged_in(), "{name}: {number}");
            assert!(!["starts", "data", "eof", "closed"].iter().any(|what| done.contains(what)), "{name}");
        }
    }
}

fn section(name: &str, rig: Way) -> String {
    let mut lines: Vec<(u8, u8, String)> = Vec::new();
    for number in 0..=255 {
        let done = rig().take(&body(number));
        match lines.last_mut() {
            Some((_, last, same)) if *same == done => *last = number,
            _ => lines.push((number, number, done)),
        }
    }
    let mut text = format!("[{name}]\n");
    for (first, last, done) in lines {
        let range = if first == last { first.to_string() } else { format!("{first}-{last}") };
        writeln!(text, "{range:7} {done}").unwrap();
    }
    text
}
