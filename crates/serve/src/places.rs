//! How many connections a process has descriptors for.

/// Descriptors that are no session's: the trail, the state, logs, listeners, the control socket.
const RESERVE: u64 = 48;
/// Of the others, this part is for the folders and files of sessions.
const FILES: u64 = 4;
/// Some are served however few there are.
const FEWEST: u64 = 4;

/// The most connections that a service takes where the process may have so many descriptors.
pub fn connections(descriptors: u64) -> usize {
    let free = descriptors.saturating_sub(RESERVE);
    let most = free.saturating_sub(free / FILES).max(FEWEST);
    usize::try_from(most).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_descriptors_for_more_than_connections() {
        assert_eq!([0, 64, 1024].map(connections), [4, 12, 732]);
        assert!(connections(16_384) > 10_000, "what a service takes by default");
    }
}
