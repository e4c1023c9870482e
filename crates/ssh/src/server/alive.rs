//! Whether the client is still there: after so much silence it is asked, and after so many questions without any
//! sign of life the connection ends.

use std::time::Duration;

use causeway_core::Monotonic;

/// When a client that says nothing is asked for a sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepAlive {
    /// The silence after which it is asked, and asked again; nobody is asked if it is zero.
    pub interval: Duration,
    /// Questions without an answer after which the connection ends, one interval after the last of them; zero: it
    /// never ends for that.
    pub most: u32,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self { interval: Duration::from_secs(60), most: 3 }
    }
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// The client is to be asked.
    Question,
    /// It has left so many questions unanswered.
    Gone(u32),
}

/// The books of one connection.
#[derive(Debug)]
pub(super) struct Alive {
    options: KeepAlive,
    /// When it is to be asked next.
    next: Monotonic,
    /// Questions since it was last heard.
    unanswered: u32,
    /// Questions whose answers have not come: they come in the order of the questions (RFC 4254 section 4).
    open: u32,
}

impl Alive {
    pub(super) fn new(options: KeepAlive, now: Monotonic) -> Self {
        Self { options, next: now.after(options.interval), unanswered: 0, open: 0 }
    }

    /// A packet came, whatever it says.
    #[inline]
    pub(super) fn heard(&mut self, now: Monotonic) {
        self.next = now.after(self.options.interval);
        self.unanswered = 0;
    }

    /// An answer to a global request came; whether it is one to a question of ours.
    pub(super) fn answered(&mut self) -> bool {
        let ours = self.open > 0;
        self.open = self.open.saturating_sub(1);
        ours
    }

    /// When there may be something to do; never if nobody is asked.
    pub(super) fn deadline(&self) -> Option<Monotonic> {
        (!self.options.interval.is_zero()).then_some(self.next)
    }

    /// What is to be done now. `may_ask`: a question can be sent; if not, it is left for the next interval.
    pub(super) fn look(&mut self, now: Monotonic, may_ask: bool) -> Due {
        if self.deadline().is_none_or(|next| now < next) {
            return Due::Nothing;
        }
        self.next = now.after(self.options.interval);
        if self.options.most > 0 && self.unanswered >= self.options.most {
            return Due::Gone(self.unanswered);
        }
        if !may_ask {
            return Due::Nothing;
        }
        self.unanswered = self.unanswered.saturating_add(1);
        self.open = self.open.saturating_add(1);
        Due::Question
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Monotonic {
        Monotonic::default().after(Duration::from_secs(seconds))
    }

    fn alive(seconds: u64, most: u32) -> Alive {
        Alive::new(KeepAlive { interval: Duration::from_secs(seconds), most }, at(0))
    }

    #[test]
    fn a_silent_client_is_asked_each_interval_and_given_up_after_so_many_questions() {
        let mut a = alive(60, 3);
        assert_eq!(a.look(at(59), true), Due::Nothing);
        for minute in 1..=3 {
            assert_eq!(a.look(at(60 * minute), true), Due::Question);
            assert_eq!(a.look(at(60 * minute + 59), true), Due::Nothing);
        }
        assert_eq!(a.look(at(240), true), Due::Gone(3));
    }

    #[test]
    fn any_packet_is_a_sign_of_life_and_each_answer_belongs_to_one_question() {
        let mut a = alive(60, 2);
        assert!(!a.answered());
        assert_eq!((a.look(at(60), true), a.look(at(120), true)), (Due::Question, Due::Question));
        a.heard(at(130));
        assert_eq!(a.look(at(189), true), Due::Nothing);
        assert_eq!((a.look(at(190), true), a.look(at(250), true)), (Due::Question, Due::Question));
        assert_eq!([(); 5].map(|()| a.answered()), [true, true, true, true, false]);
    }

    #[test]
    fn what_cannot_be_asked_now_is_asked_an_interval_later() {
        let mut a = alive(60, 1);
        assert_eq!(a.look(at(60), false), Due::Nothing);
        assert_eq!(a.deadline(), Some(at(120)));
        assert_eq!(a.look(at(120), true), Due::Question);
    }

    #[test]
    fn nobody_is_asked_where_it_is_off_and_nobody_given_up_where_that_is() {
        let mut off = alive(0, 3);
        assert_eq!((off.deadline(), off.look(at(9999), true)), (None, Due::Nothing));
        let mut patient = alive(1, 0);
        assert!((1..100).all(|s| patient.look(at(s), true) == Due::Question));
    }
}
