//! Randomness, injected: the system's in the server, a counted one in tests.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where random bytes come from.
#[derive(Clone)]
pub struct Random(Arc<Fill>);

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Random {
    /// The operating system's generator, through aws-lc-rs. A generator that fails ends the process: nothing
    /// secret can be made without it.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that may")]
        Self(Arc::new(|out| {
            if aws_lc_rs::rand::fill(out).is_err() {
                std::process::abort();
            }
        }))
    }

    /// A sequence that depends on `seed` alone. For tests: it protects nothing.
    pub fn predictable(seed: u64) -> Self {
        let state = AtomicU64::new(seed);
        Self(Arc::new(move |out| {
            for b in out {
                // SplitMix64, one step a byte.
                let z = state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                *b = (z ^ (z >> 31)).to_le_bytes()[0];
            }
        }))
    }

    pub fn fill(&self, out: &mut [u8]) {
        (self.0)(out);
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    pub fn u64(&self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}
