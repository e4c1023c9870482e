//! Comma-separated lists as `server.ini` writes them: a member that holds a comma stands in double quotes; a
//! double quote inside a quoted member is doubled; blanks around a member do not count.

/// The list is not well formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// A member begins with a double quote that is never closed.
    #[error("a double quote is not closed")]
    OpenQuote,
    /// A quoted member is followed by something other than a comma.
    #[error("text follows a closing double quote")]
    AfterQuote,
}

/// The members of one line. An empty line has none; empty members are kept out (a trailing comma is common).
pub fn split(line: &str) -> Result<Vec<String>, CsvError> {
    let mut out = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let member;
        (member, rest) = match rest.strip_prefix('"') {
            Some(quoted) => take_quoted(quoted)?,
            None => {
                let (head, tail) = rest.split_once(',').unwrap_or((rest, ""));
                (head.trim().to_owned(), tail.trim_start())
            }
        };
        if !member.is_empty() {
            out.push(member);
        }
    }
    Ok(out)
}

fn take_quoted(text: &str) -> Result<(String, &str), CsvError> {
    let mut member = String::new();
    let mut rest = text;
    loop {
        let (head, tail) = rest.split_once('"').ok_or(CsvError::OpenQuote)?;
        member.push_str(head);
        if let Some(more) = tail.strip_prefix('"') {
            member.push('"');
            rest = more;
            continue;
        }
        let tail = tail.trim_start();
        return match tail.strip_prefix(',') {
            Some(next) => Ok((member, next.trim_start())),
            None if tail.is_empty() => Ok((member, "")),
            None => Err(CsvError::AfterQuote),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_protect_commas_and_double_to_stand_for_themselves() {
        assert_eq!(split(r#"a, "b,c", "d,""e""""#).unwrap(), ["a", "b,c", r#"d,"e""#]);
        assert_eq!(split("one, two ,, three,").unwrap(), ["one", "two", "three"]);
        assert_eq!(split("  ").unwrap(), Vec::<String>::new());
        assert_eq!(split(r#"a, b"c"#).unwrap(), ["a", r#"b"c"#]);
        assert_eq!(split(r#""a"#), Err(CsvError::OpenQuote));
        assert_eq!(split(r#""a" b"#), Err(CsvError::AfterQuote));
    }
}
