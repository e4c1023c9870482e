//! A code that stands behind a password in one field: the way of clients that can ask for a password and nothing else.

use causeway_config::value::{RECOVERY_CODE_CHARS, RecoveryHash};
use causeway_core::Secret;

/// Digits of the shortest code.
const FEWEST_DIGITS: usize = 6;

/// What stands before what may be a code of somebody, and that: of so many digits, or else of the fewest.
pub(crate) fn split_any(text: &Secret, digits: usize) -> Option<(Secret, Secret)> {
    split(text, digits).or_else(|| split(text, FEWEST_DIGITS))
}

/// What stands before the code, and the code: so many digits, or a recovery code as it is shown.
pub(crate) fn split(text: &Secret, digits: usize) -> Option<(Secret, Secret)> {
    let bytes = text.expose();
    // With its dashes where they are shown: no digits of a code stand where the last of them does.
    let shown = |code: &[u8]| [4, 9, 14].iter().all(|at| code.get(*at) == Some(&b'-'));
    let recovery = |code: &[u8]| shown(code) && RecoveryHash::of(code).is_some();
    let digit = |code: &[u8]| code.iter().all(u8::is_ascii_digit);
    let at = |length: usize, is_code: &dyn Fn(&[u8]) -> bool| {
        let (password, code) = bytes.split_at_checked(bytes.len().checked_sub(length)?)?;
        is_code(code).then(|| (Secret::new(password), Secret::new(code)))
    };
    at(RECOVERY_CODE_CHARS, &recovery).or_else(|| at(digits, &digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(text: &str, digits: usize) -> Option<(String, String)> {
        let string = |s: Secret| String::from_utf8(s.expose().to_vec()).unwrap();
        split(&Secret::new(text), digits).map(|(password, code)| (string(password), string(code)))
    }

    #[test]
    fn so_many_digits_or_a_recovery_code_are_taken_off() {
        let some = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(parts("secret123456", 6), some("secret", "123456"));
        assert_eq!(parts("pin7123456", 6), some("pin7", "123456"));
        assert_eq!(parts("secret12345678", 8), some("secret", "12345678"));
        assert_eq!(parts("123456", 6), some("", "123456"));
        assert_eq!(parts("sécretabcd-efgh-2345-2345", 6), some("sécret", "abcd-efgh-2345-2345"));
        assert_eq!(parts("the-cat-sat-in234567", 6), some("the-cat-sat-in", "234567"));
        for none in ["", "secret", "secret12345", "123456x", "12345é"] {
            assert_eq!(parts(none, 6), None, "{none}");
            assert!(split_any(&Secret::new(none), 8).is_none());
        }
        assert_eq!(parts("secret123456", 8), None);
        for (text, before) in [("secret123456", "secret"), ("secret12345678", "secret")] {
            assert_eq!(split_any(&Secret::new(text), 8).unwrap().0, Secret::new(before));
        }
    }

    proptest! {
        #[test]
        fn what_is_split_is_the_whole(text in proptest::collection::vec(any::<u8>(), 0..60), digits in 6usize..9) {
            let text = Secret::new(text);
            if let Some((password, code)) = split(&text, digits) {
                prop_assert_eq!([password.expose(), code.expose()].concat(), text.expose());
                prop_assert!(code.expose().is_ascii());
            }
        }
    }
}
