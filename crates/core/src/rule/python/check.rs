//! What the engine would judge otherwise than Python, and what would be too large for it.

use std::collections::BTreeSet;

use super::parse::Tree;
use super::tree::{Kind, Node, Place};
use super::{CLASS_WEIGHT, Difference, MAX_WEIGHT, RegexError, Size};

/// Where a node stands.
#[derive(Debug, Clone, Copy, Default)]
struct Around {
    /// In a repeat of something that may be empty: the engines differ in how often they go through it.
    empty_repeat: bool,
    /// In something whose first way through is its only one.
    atomic: bool,
}

#[derive(Debug, Default)]
struct Findings {
    referred_to: BTreeSet<usize>,
    in_empty_repeat: BTreeSet<usize>,
}

/// The groups that are referred to, if the pattern is one that the engine takes as Python does.
pub(super) fn check(tree: &Tree) -> Result<BTreeSet<usize>, RegexError> {
    if weight(&tree.root) > MAX_WEIGHT {
        return Err(RegexError::TooLarge(Size::Weight));
    }
    let mut findings = Findings::default();
    findings.walk(&tree.root, Around::default())?;
    if findings.referred_to.is_disjoint(&findings.in_empty_repeat) {
        Ok(findings.referred_to)
    } else {
        Err(RegexError::Difference(Difference::GroupInEmptyRepeat))
    }
}

fn weight(node: &Node) -> u64 {
    let below = |node: &Node| {
        node.children().iter().map(weight).fold(1_u64, |sum, weight| sum.saturating_add(weight))
    };
    match node {
        Node::Class(_) | Node::Any { .. } | Node::At(Place::Boundary { .. }) => CLASS_WEIGHT,
        Node::Condition { yes, no, .. } => weight(yes).saturating_add(weight(no)),
        Node::Repeat { least, most, .. } => {
            let times = most.unwrap_or(least.saturating_add(1)).max(1);
            below(node).saturating_mul(u64::from(times))
        }
        _ => below(node),
    }
}

impl Findings {
    fn walk(&mut self, node: &Node, around: Around) -> Result<(), RegexError> {
        let mut below = around;
        match node {
            Node::Repeat { most, kind, body, .. } => {
                below.atomic |= *kind == Kind::Possessive;
                below.empty_repeat |= *most != Some(1) && may_be_empty(body);
                if below.atomic && below.empty_repeat {
                    return Err(RegexError::Difference(Difference::EmptyRepeatInAtomic));
                }
            }
            Node::Atomic(_) => below.atomic = true,
            Node::Group { number: Some(number), .. } if around.empty_repeat => {
                self.in_empty_repeat.insert(*number);
            }
            Node::Reference { group, .. } => {
                self.referred_to.insert(*group);
            }
            Node::Condition { group, yes, no } => {
                self.referred_to.insert(*group);
                self.walk(yes, below)?;
                self.walk(no, below)?;
            }
            _ => {}
        }
        node.children().iter().try_for_each(|child| self.walk(child, below))
    }
}

fn may_be_empty(node: &Node) -> bool {
    match node {
        Node::Char(_) | Node::Class(_) | Node::Any { .. } => false,
        Node::At(_) | Node::Look { .. } | Node::Reference { .. } => true,
        Node::Sequence(nodes) => nodes.iter().all(may_be_empty),
        Node::Either(nodes) => nodes.iter().any(may_be_empty),
        Node::Group { body, .. } | Node::Atomic(body) => may_be_empty(body),
        Node::Repeat { least, body, .. } => *least == 0 || may_be_empty(body),
        Node::Condition { yes, no, .. } => may_be_empty(yes) || may_be_empty(no),
    }
}
