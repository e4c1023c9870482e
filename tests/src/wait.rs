//! Waiting for what must happen soon: polled, with a deadline, never a fixed pause.

use std::time::{Duration, Instant};

/// Long enough for a loaded machine; a test that passes waits only as long as it has to.
pub const SOON: Duration = Duration::from_secs(30);

/// Asks until there is an answer. `None` when the deadline passes.
#[expect(clippy::disallowed_methods, reason = "the deadline of a test is real time")]
pub fn poll<T>(deadline: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if start.elapsed() > deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Asks until the answer is yes, and fails the test when that does not happen soon.
pub fn until(what: &str, mut ask: impl FnMut() -> bool) {
    assert!(poll(SOON, || ask().then_some(())).is_some(), "this did not happen within {SOON:?}: {what}");
}
