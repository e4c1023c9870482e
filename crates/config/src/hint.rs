//! What somebody may have meant.

/// Longer words are not compared.
const LENGTH_MAX: usize = 64;

/// The candidate that is nearest to `word`, if one is near: at most a third of its letters differ.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let limit = (word.len() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|c| (distance(word.as_bytes(), c.to_ascii_lowercase().as_bytes()), c))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// Edits (a letter put in, left out, changed, or two neighbours swapped) from one word to the other.
fn distance(a: &[u8], b: &[u8]) -> usize {
    if a.len() > LENGTH_MAX || b.len() > LENGTH_MAX {
        return usize::MAX;
    }
    let cell = |row: &[usize], i: usize| row.get(i).copied().unwrap_or(usize::MAX);
    let mut older: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let changed = cell(&above, j) + usize::from(x != y);
            let mut best = changed.min(cell(&above, j + 1) + 1).min(cell(&row, j) + 1);
            let swapped = j > 0 && i > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                best = best.min(cell(&older, j - 1) + 1);
            }
            row.push(best);
        }
        older = std::mem::replace(&mut above, row);
    }
    cell(&above, b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised_and_another_word_is_not() {
        let names = ["enabled", "port", "address", "home_folder_path"];
        assert_eq!(nearest("enabeld", names), Some("enabled"));
        assert_eq!(nearest("prot", names), Some("port"));
        assert_eq!(nearest("home-folder-path", names), Some("home_folder_path"));
        assert_eq!(nearest("DEFAULT-GROUP", ["DEFAULT_GROUP"]), Some("DEFAULT_GROUP"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest(&"x".repeat(1000), names), None);
    }
}
