//! What a session was told of leftovers.

use std::collections::VecDeque;

use causeway_core::VPath;

/// So many are remembered; the oldest are forgotten.
const REMEMBERED: usize = 64;

/// The files for which the last answer was what a leftover is that is to replace them.
#[derive(Debug, Default)]
pub(super) struct Told(VecDeque<VPath>);

impl Told {
    pub(super) fn insert(&mut self, shown: &VPath) {
        self.forget(shown);
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(shown.clone());
    }

    /// Whether it was told of the leftover. It is not any more.
    pub(super) fn forget(&mut self, shown: &VPath) -> bool {
        let before = self.0.len();
        self.0.retain(|told| told != shown);
        self.0.len() < before
    }
}
