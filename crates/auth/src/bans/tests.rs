use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use causeway_config::{Component, Environment, load_text};
use causeway_core::clock::ManualClock;

use super::*;

const START: u64 = 1_900_000_000;

fn policy_of(id: &str, options: &str) -> Arc<SecurityPolicy> {
    let environment = Environment::of([], jiff::tz::TimeZone::UTC);
    let text = format!("[server]\nuuid = u\n[security-policies/{id}]\n{options}\n");
    let config = load_text(text.as_bytes(), Path::new("/"), &environment).unwrap().config;
    config.security_policies.get(id).and_then(Component::live).unwrap().clone()
}

/// Three failures, ten minutes.
fn policy() -> Arc<SecurityPolicy> {
    policy_of("p", "source_ip_ban_after_count = 3\nsource_ip_ban_interval = 600")
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn new() -> (Bans, Arc<ManualClock>) {
    let (clock, hands) = Clock::manual(Timestamp::from_seconds(START));
    (Bans::new(clock), hands)
}

fn ban(bans: &Bans, policy: &SecurityPolicy, source: &str) {
    while bans.failed(policy, ip(source)).is_none() {}
}

/// What a state would have: its keys, values and ends.
type Stored = BTreeMap<String, (Vec<u8>, Timestamp)>;

fn write(bans: &Bans, stored: &mut Stored) {
    for change in bans.changes() {
        match change.value {
            Some((value, live)) => {
                let end = bans.clock.now().0 + u64::try_from(live.as_nanos()).unwrap();
                stored.insert(change.key, (value, Timestamp(end)));
            }
            None => drop(stored.remove(&change.key)),
        }
    }
}

/// The process begins anew, with another steady clock, while the wall clock shows that time.
fn again(stored: &Stored, at: u64) -> (Bans, Arc<ManualClock>) {
    let (clock, hands) = Clock::manual(Timestamp::from_seconds(at));
    let live = stored.iter().filter(|(_, (_, end))| *end > clock.now());
    let items: Vec<_> = live.map(|(key, (value, end))| (key.clone(), value.clone(), Some(*end))).collect();
    (Bans::load(items, clock), hands)
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn failures_one_after_the_other_ban_a_source_for_the_interval_and_no_other() {
    let (bans, hands) = new();
    let policy = policy();
    let source = ip("192.0.2.1");
    assert_eq!([(); 3].map(|()| bans.failed(&policy, source)), [None, None, Some(3)]);
    assert_eq!(bans.of(&policy, source), Some(10 * MINUTE));
    assert_eq!(bans.of(&policy, ip("::ffff:192.0.2.1")), Some(10 * MINUTE));
    assert_eq!(bans.of(&policy, ip("192.0.2.2")), None);
    assert_eq!(bans.of(&policy_of("q", ""), source), None, "another policy");
    assert_eq!(bans.failed(&policy, source), None, "it is banned already");
    hands.advance(9 * MINUTE);
    assert_eq!(bans.of(&policy, source), Some(MINUTE));
    hands.advance(MINUTE);
    assert_eq!(bans.of(&policy, source), None);
    assert_eq!(bans.list(), []);
    assert_eq!([(); 3].map(|()| bans.failed(&policy, source)), [None, None, Some(3)], "it counts anew");
}

#[test]
fn a_success_in_between_and_a_long_time_make_the_count_begin_anew() {
    let (bans, hands) = new();
    let policy = policy();
    let source = ip("192.0.2.1");
    type Pause = fn(&Bans, &SecurityPolicy, &ManualClock);
    let pauses: [Pause; 2] =
        [|bans, policy, _| bans.succeeded(policy, ip("192.0.2.1")), |_, _, hands| hands.advance(MEMORY)];
    for pause in pauses {
        assert_eq!([(); 2].map(|()| bans.failed(&policy, source)), [None, None]);
        pause(&bans, &policy, &hands);
        assert_eq!([(); 2].map(|()| bans.failed(&policy, source)), [None, None]);
        bans.succeeded(&policy, source);
    }
}

#[test]
fn zero_bans_nobody_and_does_not_hold_who_was_banned_before() {
    let (bans, _) = new();
    let off = policy_of("p", "source_ip_ban_after_count = 0");
    ban(&bans, &policy(), "192.0.2.1");
    assert_eq!(bans.of(&off, ip("192.0.2.1")), None);
    assert_eq!([(); 20].map(|()| bans.failed(&off, ip("192.0.2.2"))), [None; 20]);
}

#[test]
fn the_addresses_of_one_ipv6_network_of_64_bits_are_one_source() {
    let (bans, _) = new();
    let policy = policy();
    for last in 1..=3 {
        bans.failed(&policy, ip(&format!("2001:db8::{last}:0:0:1")));
    }
    assert!(bans.of(&policy, ip("2001:db8::77")).is_some());
    assert!(bans.of(&policy, ip("2001:db8:0:1::77")).is_none());
    assert_eq!(bans.list()[0].source.to_string(), "2001:db8::/64");
}

#[test]
fn a_step_of_the_wall_clock_neither_ends_a_ban_nor_makes_it_longer() {
    let (bans, hands) = new();
    let policy = policy();
    ban(&bans, &policy, "192.0.2.1");
    let mut stored = Stored::new();
    write(&bans, &mut stored);
    for at in [START + 1_000_000, START - 1_000_000] {
        hands.step_to(Timestamp::from_seconds(at));
        assert_eq!(bans.of(&policy, ip("192.0.2.1")), Some(10 * MINUTE));
        // The state follows, so that a start after the step goes on from there.
        write(&bans, &mut stored);
        let (anew, _) = again(&stored, at + 60);
        assert_eq!(anew.of(&policy, ip("192.0.2.1")), Some(9 * MINUTE));
    }
}

#[test]
fn bans_and_counts_are_there_after_a_new_start_and_a_clock_that_went_back_makes_no_ban_longer() {
    let (bans, _) = new();
    let policy = policy();
    ban(&bans, &policy, "192.0.2.1");
    bans.failed(&policy, ip("2001:db8::1"));
    bans.failed(&policy, ip("2001:db8::1"));
    let mut stored = Stored::new();
    write(&bans, &mut stored);
    assert_eq!(bans.changes(), [], "each once");

    let (anew, hands) = again(&stored, START + 120);
    assert_eq!(anew.list().len(), 1);
    assert_eq!(anew.of(&policy, ip("192.0.2.1")), Some(8 * MINUTE));
    assert_eq!(anew.failed(&policy, ip("2001:db8::1")), Some(3));
    hands.advance(8 * MINUTE);
    assert_eq!(anew.of(&policy, ip("192.0.2.1")), None);

    let (early, _) = again(&stored, START - 86_400);
    assert_eq!(early.of(&policy, ip("192.0.2.1")), Some(10 * MINUTE), "at most the whole interval");
    let (late, _) = again(&stored, START + 600);
    assert_eq!(late.of(&policy, ip("192.0.2.1")), None);
}

#[test]
fn what_was_lifted_or_made_good_is_taken_out_of_the_state() {
    let (bans, _) = new();
    let policy = policy();
    ban(&bans, &policy, "192.0.2.1");
    ban(&bans, &policy, "192.0.2.2");
    bans.failed(&policy, ip("192.0.2.3"));
    let mut stored = Stored::new();
    write(&bans, &mut stored);
    assert_eq!(stored.len(), 3);
    let lifted = bans.lift(|ban| ban.source.to_string() == "192.0.2.1");
    assert_eq!(lifted.len(), 1);
    bans.succeeded(&policy, ip("192.0.2.3"));
    assert_eq!(bans.of(&policy, ip("192.0.2.1")), None);
    write(&bans, &mut stored);
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["192.0.2.2 p"]);
}

#[test]
fn what_could_not_be_written_is_handed_out_again() {
    let (bans, _) = new();
    let policy = policy();
    ban(&bans, &policy, "192.0.2.1");
    let first = bans.changes();
    first.iter().for_each(|change| bans.not_written(change));
    assert_eq!(bans.changes(), first);
    bans.lift(|_| true);
    let gone = bans.changes();
    assert!(matches!(&*gone, [Change { value: None, .. }]), "{gone:?}");
    gone.iter().for_each(|change| bans.not_written(change));
    assert_eq!(bans.changes(), gone);
}

#[test]
fn v18_the_table_has_a_bound_and_gives_up_few_failures_before_many_and_bans_last() {
    let (bans, hands) = new();
    let bans = bans.with_limit(4);
    let policy = policy();
    ban(&bans, &policy, "192.0.2.1");
    hands.advance(MINUTE);
    ban(&bans, &policy, "192.0.2.2");
    bans.failed(&policy, ip("192.0.2.3"));
    bans.failed(&policy, ip("192.0.2.3"));
    let mut stored = Stored::new();
    write(&bans, &mut stored);
    for n in 0..1000_u32 {
        let flood = IpAddr::from(Ipv6Addr::from_bits(u128::from(n) << 64));
        assert_eq!(bans.failed(&policy, flood), None);
    }
    assert_eq!(bans.table().entries.len(), 4);
    assert_eq!(bans.table().order.len(), 4);
    assert!(bans.table().changed.len() <= 4 && bans.table().gone.len() <= 4);
    assert_eq!(bans.list().len(), 2);
    assert_eq!(bans.failed(&policy, ip("192.0.2.3")), Some(3), "it was not forgotten");
    ban(&bans, &policy, "192.0.2.4");
    ban(&bans, &policy, "192.0.2.5");
    let banned: Vec<String> = bans.list().iter().map(|ban| ban.source.to_string()).collect();
    assert_eq!(banned, ["192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"], "the one that ends first goes");
    write(&bans, &mut stored);
    assert_eq!(stored.len(), 4);
}

#[test]
fn the_table_holds_a_hundred_thousand_sources() {
    let (bans, _) = new();
    let once = policy_of("p", "source_ip_ban_after_count = 1");
    for n in 0..100_100_u32 {
        bans.failed(&once, Ipv4Addr::from_bits(n).into());
    }
    assert_eq!(bans.list().len(), MAX_ENTRIES);
    assert_eq!(bans.changes().len(), MAX_ENTRIES);
}

#[test]
fn counts_are_handed_out_a_part_at_a_time_and_bans_at_once() {
    let (bans, _) = new();
    let policy = policy();
    for n in 0..1200_u32 {
        bans.failed(&policy, Ipv4Addr::from_bits(n).into());
    }
    ban(&bans, &policy, "192.0.2.1");
    assert_eq!([(); 4].map(|()| bans.changes().len()), [501, 500, 200, 0]);
}

#[test]
fn what_has_ended_is_forgotten() {
    let (bans, hands) = new();
    let policy = policy();
    ban(&bans, &policy, "192.0.2.1");
    bans.failed(&policy, ip("192.0.2.2"));
    hands.advance(11 * MINUTE);
    bans.changes();
    assert_eq!(bans.table().entries.len(), 1);
    hands.advance(MEMORY);
    bans.changes();
    assert!(bans.table().entries.is_empty() && bans.table().order.is_empty());
}

#[test]
fn entries_of_the_state_that_cannot_be_read_are_passed_over() {
    let (clock, _) = Clock::manual(Timestamp::from_seconds(START));
    let text = |key: &str, value: &str| (key.to_owned(), value.as_bytes().to_vec(), None);
    let items = [text("192.0.2.1", "banned 5 600"), text("x p", "banned 5 600"), text("192.0.2.1 p", "?")];
    assert_eq!(Bans::load(items, clock).list(), []);
}
