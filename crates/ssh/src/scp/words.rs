//! A command line becomes words, by the quoting rules of a POSIX shell (IEEE Std 1003.1, Shell Command Language,
//! section 2.2) and nothing else of it.

/// One byte of a word, and whether it was quoted: then it stands for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) byte: u8,
    pub(super) quoted: bool,
}

pub(super) type Word = Vec<Unit>;

/// Why a command line cannot be read. The texts are for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    #[error("a quote is not closed")]
    OpenQuote,
    #[error("the command ends with a backslash")]
    OpenEscape,
    /// What a shell would act on; here there is none.
    #[error("there is no shell here: '{}' must be quoted", char::from(*.0))]
    Active(u8),
    #[error("the command has a line break or a NUL in it")]
    Control,
}

/// What a shell acts on outside of quotes (sections 2.2, 2.3, 2.4).
const ACTIVE: &[u8] = b"|&;<>()$`";

pub(super) fn split(command: &[u8]) -> Result<Vec<Word>, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut bytes = command.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' => words.extend(word.take()),
            0 | b'\n' => return Err(WordsError::Control),
            b'#' if word.is_none() => return Err(WordsError::Active(byte)),
            b'\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match bytes.next().ok_or(WordsError::OpenQuote)? {
                        b'\'' => break,
                        0 => return Err(WordsError::Control),
                        byte => word.push(Unit { byte, quoted: true }),
                    }
                }
            }
            b'"' => double_quoted(&mut bytes, word.get_or_insert_default())?,
            b'\\' => match bytes.next().ok_or(WordsError::OpenEscape)? {
                0 => return Err(WordsError::Control),
                // A line that goes on: neither is part of the word.
                b'\n' => {}
                byte => word.get_or_insert_default().push(Unit { byte, quoted: true }),
            },
            _ if ACTIVE.contains(&byte) => return Err(WordsError::Active(byte)),
            byte => word.get_or_insert_default().push(Unit { byte, quoted: false }),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Within them a backslash quotes only what would be special there (section 2.2.3).
fn double_quoted(bytes: &mut impl Iterator<Item = u8>, word: &mut Word) -> Result<(), WordsError> {
    let mut put = |byte| word.push(Unit { byte, quoted: true });
    loop {
        match bytes.next().ok_or(WordsError::OpenQuote)? {
            b'"' => return Ok(()),
            0 => return Err(WordsError::Control),
            active @ (b'$' | b'`') => return Err(WordsError::Active(active)),
            b'\\' => match bytes.next().ok_or(WordsError::OpenQuote)? {
                0 => return Err(WordsError::Control),
                b'\n' => {}
                byte @ (b'"' | b'\\' | b'$' | b'`') => put(byte),
                byte => {
                    put(b'\\');
                    put(byte);
                }
            },
            byte => put(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(command: &[u8]) -> Result<Vec<String>, WordsError> {
        let text = |w: Word| String::from_utf8(w.into_iter().map(|u| u.byte).collect()).unwrap();
        Ok(split(command)?.into_iter().map(text).collect())
    }

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        for (command, words) in [
            (&br"scp -t  dir"[..], &["scp", "-t", "dir"][..]),
            (b" \tscp\t-f a\\ b ", &["scp", "-f", "a b"]),
            (b"scp 'a b'c\"d e\"", &["scp", "a bcd e"]),
            (br#"'it'\''s' "a\"b\\c\d""#, &["it's", r#"a"b\c\d"#]),
            (b"'' \"\"", &["", ""]),
            (b"a\\\nb \"c\\\nd\"", &["ab", "cd"]),
            (br"\$HOME '$(x);`y`' a\;b", &["$HOME", "$(x);`y`", "a;b"]),
            (b"a#b", &["a#b"]),
            (b"", &[]),
        ] {
            assert_eq!(texts(command).unwrap(), words, "{}", command.escape_ascii());
        }
    }

    #[test]
    fn what_only_a_shell_can_do_is_refused() {
        for (command, error) in [
            (&b"scp -t a;rm b"[..], WordsError::Active(b';')),
            (b"scp -t a|b", WordsError::Active(b'|')),
            (b"scp -t a&", WordsError::Active(b'&')),
            (b"scp -t >a", WordsError::Active(b'>')),
            (b"scp -t $HOME", WordsError::Active(b'$')),
            (b"scp -t \"$HOME\"", WordsError::Active(b'$')),
            (b"scp -t \"`id`\"", WordsError::Active(b'`')),
            (b"scp -t (a)", WordsError::Active(b'(')),
            (b"scp -t a #b", WordsError::Active(b'#')),
            (b"scp -t a\nid", WordsError::Control),
            (b"scp -t a\0", WordsError::Control),
            (b"scp -t '\0'", WordsError::Control),
            (b"scp -t 'a", WordsError::OpenQuote),
            (b"scp -t \"a\\", WordsError::OpenQuote),
            (b"scp -t a\\", WordsError::OpenEscape),
        ] {
            assert_eq!(split(command), Err(error), "{}", command.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn a_name_that_is_quoted_comes_back_whatever_it_is(name in "[^\0]{0,40}") {
            let quoted = format!("scp -t '{}'", name.replace('\'', r"'\''"));
            prop_assert_eq!(texts(quoted.as_bytes()).unwrap(), ["scp".to_owned(), "-t".to_owned(), name]);
        }

        #[test]
        fn nothing_is_added_to_what_was_said(command in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(words) = split(&command) {
                prop_assert!(words.iter().map(Vec::len).sum::<usize>() <= command.len());
                prop_assert!(words.iter().flatten().all(|u| command.contains(&u.byte) && u.byte != 0));
            }
        }
    }
}
