//! The events that the server wrote to its log.

/// One line of the log: see [`Entry`].
pub const ENTRY: &str = "{id}|{account.name}|{data.path}|{message}";

/// An event as the log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: u32,
    /// Who did it; `Process` for the server itself.
    pub account: String,
    /// The path as the client sees it; empty where the event has none.
    pub path: String,
    pub message: String,
}

/// Whole lines only: the last one may be on its way.
pub fn parse(text: &str) -> Vec<Entry> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(|line| {
            let parts: Vec<&str> = line.splitn(4, '|').collect();
            let [id, account, path, message] = parts[..] else {
                panic!("not a line of our template: {line}")
            };
            Entry {
                id: id.parse().unwrap_or_else(|_| panic!("no event number: {line}")),
                account: account.to_owned(),
                path: path.to_owned(),
                message: message.to_owned(),
            }
        })
        .collect()
}
