//! The option `permissions` and what it says about a path. The first line of the input is the path, the rest is the
//! option.
//!
//! - A rule that cannot be evaluated gives no right at all.
//! - The first rule that matches decides: rules added at the end change nothing where one has matched before.
//! - A first rule that matches everything and denies leaves nothing.
//! - The name of the user is taken literally, whatever it holds.

#![no_main]

use causeway_core::rule::{Decider, Right, RuleSource};
use causeway_core::{Moment, Timestamp, VPath};
use libfuzzer_sys::fuzz_target;

/// 2026-11-24T05:06:07Z
const NOW: Moment<'_> = Moment::utc(Timestamp(1_795_496_767_000_000_000));

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(2, |b| *b == b'\n');
    let (Some(path), Some(text)) = (parts.next(), parts.next()) else { return };
    let (Ok(path), Ok(text)) = (VPath::absolute(path), std::str::from_utf8(text)) else { return };
    let Ok(source) = RuleSource::parse(text) else { return };
    let Ok(rules) = source.for_user("ann") else { return };
    let (set, decider) = rules.at(&path, NOW);
    if matches!(decider, Decider::Broken(_)) {
        // Judged once: to come to the limit of steps takes its time.
        assert!(Right::ALL.into_iter().all(|right| !set.allows(right)));
        return;
    }
    let right = Right::ALL[text.len() % Right::ALL.len()];
    assert_eq!(rules.allow(right, &path, NOW), set.allows(right));

    let more = RuleSource::parse(&format!("{text}\n*, allow-full-control")).expect("one more good line");
    let after = more.for_user("ann").expect("it parsed before").at(&path, NOW);
    if decider == Decider::Global {
        assert!(after.0.allows(right));
    } else {
        assert_eq!(after, (set, decider));
    }

    let first = RuleSource::parse("/, deny-full-control\n*, deny-full-control").expect("a constant");
    let denied = RuleSource::merged([&first, &source]).for_user("ann").expect("both parsed").at(&path, NOW);
    assert!(Right::ALL.into_iter().all(|right| !denied.0.allows(right)));

    if !text.contains("USER") {
        let names = ["*", "a|b", "x/../../y", "[", "${USER}", "\u{0}"];
        let name = names[text.len() % names.len()];
        let rules = source.for_user(name).expect("no rule asks for the name");
        assert_eq!(rules.at(&path, NOW), (set, decider));
    }
});
