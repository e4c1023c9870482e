//! How hard a password is to guess, in bounded time.
//!
//! zxcvbn tries a text with each way to read its digits and signs as letters: how many ways there are is the product of
//! how many letters they may stand for, and each takes the square of the length. So it is given pieces that are short and
//! have few such signs. A password is at least as hard to guess as a piece of it.

/// Characters of a password that are looked at.
const LOOKED_AT: usize = 64;
/// Characters of a piece. A path over a keyboard of more makes zxcvbn's numbers overflow (5 neighbours to the power of
/// the turns).
const PIECE: usize = 28;
/// What zxcvbn reads as letters.
const SIGNS: &str = "4@8({[<3691!|70$5+%2";
/// Different ones in a piece.
const SIGNS_AT_A_TIME: usize = 8;

/// Whether the password has this score of zxcvbn (0 to 4) for who knows these words.
pub(super) fn reaches(text: &str, words: &[&str], score: u8) -> bool {
    score == 0 || pieces(text).iter().any(|piece| u8::from(zxcvbn::zxcvbn(piece, words).score()) >= score)
}

fn pieces(text: &str) -> Vec<String> {
    let (mut pieces, mut piece, mut signs) = (Vec::new(), String::new(), String::new());
    for c in text.chars().take(LOOKED_AT) {
        let is_another = SIGNS.contains(c) && !signs.contains(c);
        if piece.chars().count() == PIECE || is_another && signs.len() == SIGNS_AT_A_TIME {
            pieces.push(std::mem::take(&mut piece));
            signs.clear();
        }
        if SIGNS.contains(c) && !signs.contains(c) {
            signs.push(c);
        }
        piece.push(c);
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL_SIGNS: &str = "4@8({[<369&#!1/|0$5+7%2";

    #[test]
    fn v18_no_piece_has_many_readings() {
        assert_eq!(pieces("brisk onyx lantern 47"), ["brisk onyx lantern 47"]);
        assert_eq!(pieces("123456789-correct horse"), ["12345678", "9-correct horse"]);
        assert_eq!(pieces(""), [""]);
        let long = format!("{ALL_SIGNS}{}", "4".repeat(127));
        let pieces = pieces(&long);
        assert_eq!(pieces.concat(), long[..64]);
        for piece in pieces {
            let mut signs: Vec<char> = piece.chars().filter(|c| SIGNS.contains(*c)).collect();
            signs.sort_unstable();
            signs.dedup();
            assert!(signs.len() <= 8 && piece.len() <= 28, "{piece}");
        }
    }

    #[test]
    fn any_piece_that_is_hard_to_guess_is_enough_and_none_is_not() {
        for strong in [
            "brisk onyx lantern 47",
            "123456789-correct horse lantern",
            "passwordpasswordpasswordpasswordkV9x(mQw2#Lr",
        ] {
            assert!(reaches(strong, &[], 4), "{strong}");
        }
        for weak in ["a".repeat(150), "12345678901234567890".to_owned(), "christina".repeat(8)] {
            assert!(!reaches(&weak, &["christina"], 4), "{weak}");
        }
        assert!(reaches("", &[], 0));
    }

    #[test]
    fn v18_a_long_path_over_a_keyboard_is_judged_too() {
        for walk in [
            "1478523698745632147896541236985214785",
            "qazxswedcvfrtgbnhyujmkiolqazxswedcvfr",
            "159753",
            "!QAZxsw@#EDCvfr$%TGBnhy^",
        ] {
            let _ = reaches(&walk.repeat(4), &[], 4);
        }
    }
}
