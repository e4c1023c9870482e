//! The first bytes of a connection from a load balancer.
//!
//! - By the steps that the parser asks for it reads what it reads in one piece, and never beyond the header.
//! - What is behind a header changes nothing.
//! - A header is short, and so is what is told of it.

#![no_main]

use causeway_net::proxy_protocol::{Header, MAX_HEADER, Parsed, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let whole = parse(input);
    let mut taken = 0;
    let by_steps = loop {
        match parse(&input[..taken]) {
            Ok(Parsed::Incomplete { at_least }) => {
                assert!(at_least > 0 && taken + at_least <= MAX_HEADER);
                taken += at_least;
                if taken > input.len() {
                    assert!(!matches!(whole, Ok(Parsed::Complete { .. })));
                    break None;
                }
            }
            Ok(Parsed::Complete { header, length }) => {
                assert_eq!(length, taken);
                break Some(header);
            }
            Err(_) => {
                assert!(whole.is_err());
                break None;
            }
        }
    };
    let Some(header) = by_steps else { return };
    assert_eq!(whole, Ok(Parsed::Complete { header: header.clone(), length: taken }));
    assert_eq!(parse(&input[..taken]), whole);
    let Header::Client { source, destination, extensions } = header else { return };
    assert_eq!(source.ip(), source.ip().to_canonical());
    assert_eq!(destination.ip(), destination.ip().to_canonical());
    assert!(
        extensions.iter().flat_map(|e| e.facts()).map(|fact| fact.len()).sum::<usize>() <= 8 * MAX_HEADER
    );
});
