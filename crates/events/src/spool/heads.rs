//! Values of the chain that were kept elsewhere, and which of them a trail must have.

use std::collections::HashMap;

use causeway_core::EventId;
use data_encoding::HEXLOWER_PERMISSIVE;

use super::format::{HASH, Hash};
use crate::catalogue::{self, ids};

/// How the text of a checkpoint begins.
const TEXT: &str = "The audit trail up to event ";

/// Values of the chain that were kept elsewhere: those of checkpoints (event 70013), or earlier reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heads(Kept);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    /// In the order of the text. All of them belong to the trail.
    Checkpoints(Vec<Head>),
    /// Nothing says what else the text held: the last one belongs to the trail.
    Hashes(Vec<Hash>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    hash: Hash,
    /// The event whose link it is, where the text tells.
    sequence: Option<u64>,
}

impl Heads {
    pub fn of(hash: Hash) -> Self {
        Self(Kept::Hashes(vec![hash]))
    }

    /// Finds hashes in a text: 64 hexadecimal digits, alone or within checkpoints as a handler wrote them, a line
    /// each. None: there is no hash in it.
    pub fn parse(text: &str) -> Option<Self> {
        let checkpoints: Vec<Head> =
            text.lines().filter(|line| is_checkpoint(line)).filter_map(head).collect();
        if !checkpoints.is_empty() {
            return Some(Self(Kept::Checkpoints(checkpoints)));
        }
        let hashes: Vec<Hash> = words(text).filter_map(hash).collect();
        (!hashes.is_empty()).then_some(Self(Kept::Hashes(hashes)))
    }

    pub(super) fn search(&self) -> Search {
        let hashes: Vec<Hash> = match &self.0 {
            Kept::Checkpoints(heads) => heads.iter().map(|h| h.hash).collect(),
            Kept::Hashes(hashes) => hashes.clone(),
        };
        Search { kept: self.0.clone(), found: hashes.into_iter().map(|h| (h, None)).collect() }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty())
}

fn hash(word: &str) -> Option<Hash> {
    if word.len() != 2 * HASH {
        return None;
    }
    HEXLOWER_PERMISSIVE.decode(word.as_bytes()).ok()?.try_into().ok()
}

/// Whether a line is one of event 70013: the first number of an event in it says so, and only where a line tells no
/// number does its text. Names that users choose come later.
fn is_checkpoint(line: &str) -> bool {
    let number = |word: &str| word.parse().ok().map(EventId).filter(|_| word.len() == 5);
    let first = words(line).filter_map(number).find(|id| catalogue::find(*id).is_some());
    first.map_or_else(|| line.contains(TEXT), |id| id == ids::AUDIT_CHECKPOINT)
}

fn head(line: &str) -> Option<Head> {
    let hash = words(line).find_map(hash)?;
    let named = |name: &str| line.split_once(name).map(|(_, rest)| rest);
    let number = |rest: &str| words(rest).find_map(|w| w.parse().ok());
    let sequence = named(TEXT).or_else(|| named("sequence")).and_then(number);
    Some(Head { hash, sequence })
}

/// The heads that are looked for, and where they were found.
#[derive(Debug)]
pub(super) struct Search {
    kept: Kept,
    /// By hash: the event up to which it proves the trail, once it is found.
    found: HashMap<Hash, Option<u64>>,
}

impl Search {
    /// The chain has this value after that event.
    pub(super) fn look(&mut self, chain: &Hash, event: u64) {
        if let Some(place) = self.found.get_mut(chain) {
            *place = Some(event);
        }
    }

    /// The event up to which the trail is proven, and the heads that it should have and does not. `first` is its oldest
    /// event: what was before is dropped.
    pub(super) fn end(self, first: u64) -> (Option<u64>, Vec<Hash>) {
        let is_found = |hash: &Hash| self.found.get(hash).is_some_and(Option::is_some);
        let proven = self.found.values().flatten().max().copied();
        let mut missing = Vec::new();
        match &self.kept {
            Kept::Hashes(hashes) => missing.extend(hashes.last().filter(|h| !is_found(h))),
            Kept::Checkpoints(heads) => {
                let mut any = false;
                for head in heads {
                    any |= is_found(&head.hash);
                    let dropped = match head.sequence {
                        Some(sequence) => sequence.saturating_add(1) < first,
                        // The text is in the order of time.
                        None => first > 1 && !any,
                    };
                    if !dropped && !is_found(&head.hash) {
                        missing.push(head.hash);
                    }
                }
                if proven.is_none() && missing.is_empty() {
                    missing.extend(heads.last().map(|h| h.hash));
                }
            }
        }
        (proven, missing)
    }
}
