//! What clients do that follow the letter of the protocol, or nearly so.

use super::rig::{Rig, body};
use crate::connection::ChannelId;
use crate::wire::Writer;

fn message(number: u8, fill: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut out = vec![number];
    fill(&mut Writer::new(&mut out));
    out
}

fn adjust(channel: u32) -> Vec<u8> {
    message(93, |w| {
        w.u32(channel).u32(5);
    })
}

fn eof(channel: u32) -> Vec<u8> {
    message(96, |w| {
        w.u32(channel);
    })
}

fn open(packet: u32) -> Vec<u8> {
    message(90, |w| {
        w.string(b"session").u32(7).u32(1 << 20).u32(packet);
    })
}

const ENDS: &str = "ends with code 2; sends 1";

#[test]
fn what_comes_late_for_a_channel_that_was_closed_harms_nothing() {
    let mut rig = Rig::open();
    assert_eq!(rig.take(&body(97)), "closed; sends 97");
    assert_eq!(rig.take(&adjust(0)), "nothing");
    assert_eq!(rig.take(&eof(0)), "nothing");
    assert_eq!(rig.take(&open(1 << 15)), "nothing; sends 91");
    assert_eq!(rig.take(&adjust(1)), "nothing");
    assert_eq!(rig.take(&adjust(2)), ENDS, "never opened");
    assert_eq!(Rig::open().take(&eof(1)), ENDS, "never opened");
}

#[test]
fn nothing_is_answered_in_a_channel_that_we_have_closed() {
    let request = message(98, |w| {
        w.u32(0).string(b"winadj@putty.projects.tartarus.org").bool(true);
    });
    let mut rig = Rig::open();
    assert_eq!(rig.take(&request), "turns it down; sends 100");
    rig.server.finish(&mut rig.to_client.0, ChannelId(0), 0).unwrap();
    assert_eq!(rig.take(&request), "turns it down");
    assert_eq!(rig.take(&body(97)), "closed");
}

#[test]
fn numbers_that_mean_nothing_are_told_so_and_change_nothing() {
    let mut rig = Rig::dialogue();
    assert_eq!(rig.take(&[79]), "nothing; sends 3");
    assert_eq!(rig.take(&body(61)), "judges keyboard-interactive; sends 51", "the dialogue went on");
    let mut rig = Rig::open();
    assert_eq!(rig.take(&[101, 1, 2, 3]), "nothing; sends 3");
    assert_eq!(rig.take(&body(94)), "data");
}

#[test]
fn v18_before_the_login_numbers_that_mean_nothing_count_as_messages_of_it() {
    let mut rig = Rig::login();
    let answered = (0..1000).take_while(|_| rig.take(&[54]) == "nothing; sends 3").count();
    assert_eq!(answered, 127);
}
#[test]
fn a_channel_whose_packets_would_be_tiny_is_refused_alone() {
    let mut rig = Rig::open();
    assert_eq!(rig.take(&open(255)), "turns it down; sends 92");
    assert_eq!(rig.take(&open(256)), "nothing; sends 91");
}

#[test]
fn whoever_said_that_there_would_be_no_more_sessions_opens_none() {
    let no_more = message(80, |w| {
        w.string(b"no-more-sessions@openssh.com").bool(false);
    });
    let mut rig = Rig::open();
    assert_eq!(rig.take(&no_more), "nothing");
    assert_eq!(rig.take(&body(94)), "data");
    assert_eq!(rig.take(&open(1 << 15)), ENDS);
}
