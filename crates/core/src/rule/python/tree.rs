//! A pattern as a tree. Flags have done their work: what they mean for a node is written in it.

use super::class::Class;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Char(char),
    Class(Class),
    /// The dot: anything but a new line, or anything.
    Any {
        new_line: bool,
    },
    At(Place),
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    Group {
        /// From 1; none is counted where nothing is captured.
        number: Option<usize>,
        body: Box<Node>,
    },
    Atomic(Box<Node>),
    Look {
        behind: bool,
        negated: bool,
        body: Box<Node>,
    },
    Repeat {
        least: u32,
        most: Option<u32>,
        kind: Kind,
        body: Box<Node>,
    },
    Reference {
        group: usize,
        any_case: bool,
    },
    Condition {
        group: usize,
        yes: Box<Node>,
        no: Box<Node>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Start,
    /// `^` with the flag `m`.
    LineStart,
    End,
    /// `$`: the end, or before a new line at the end.
    LastLineEnd,
    /// `$` with the flag `m`.
    LineEnd,
    Boundary {
        negated: bool,
        ascii: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Greedy,
    Lazy,
    Possessive,
}

/// How many characters something takes: the least and the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Width {
    pub(super) least: u64,
    pub(super) most: u64,
}

impl Width {
    const NOTHING: Width = Width { least: 0, most: 0 };
    const ONE: Width = Width { least: 1, most: 1 };

    pub(super) fn is_fixed(self) -> bool {
        self.least == self.most
    }

    fn then(self, next: Width) -> Width {
        Width { least: self.least.saturating_add(next.least), most: self.most.saturating_add(next.most) }
    }

    fn or(self, other: Width) -> Width {
        Width { least: self.least.min(other.least), most: self.most.max(other.most) }
    }

    fn times(self, least: u32, most: Option<u32>) -> Width {
        let greatest = match most {
            Some(n) => self.most.saturating_mul(u64::from(n)),
            None if self.most == 0 => 0,
            None => u64::MAX,
        };
        Width { least: self.least.saturating_mul(u64::from(least)), most: greatest }
    }
}

impl Node {
    pub(super) fn nothing() -> Self {
        Node::Sequence(Vec::new())
    }

    /// `groups`: the widths of the groups by their number.
    pub(super) fn width(&self, groups: &[Option<Width>]) -> Width {
        match self {
            Node::Char(_) | Node::Class(_) | Node::Any { .. } => Width::ONE,
            Node::At(_) | Node::Look { .. } => Width::NOTHING,
            Node::Sequence(nodes) => {
                nodes.iter().fold(Width::NOTHING, |sum, node| sum.then(node.width(groups)))
            }
            Node::Either(nodes) => {
                nodes.iter().map(|node| node.width(groups)).reduce(Width::or).unwrap_or(Width::NOTHING)
            }
            Node::Group { body, .. } | Node::Atomic(body) => body.width(groups),
            Node::Repeat { least, most, body, .. } => body.width(groups).times(*least, *most),
            Node::Reference { group, .. } => {
                groups.get(*group).copied().flatten().unwrap_or(Width { least: 0, most: u64::MAX })
            }
            Node::Condition { yes, no, .. } => yes.width(groups).or(no.width(groups)),
        }
    }

    /// Whether nothing is in it.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Node::Sequence(nodes) => nodes.iter().all(Node::is_blank),
            Node::Group { body, .. } => body.is_blank(),
            _ => false,
        }
    }

    /// Whether it stands between characters.
    pub(super) fn takes_nothing(&self) -> bool {
        match self {
            Node::Char(_) | Node::Class(_) | Node::Any { .. } | Node::Reference { .. } => false,
            Node::At(_) | Node::Look { .. } => true,
            Node::Condition { yes, no, .. } => yes.takes_nothing() && no.takes_nothing(),
            node => node.children().iter().all(Node::takes_nothing),
        }
    }

    /// The nodes directly below.
    pub(super) fn children(&self) -> &[Node] {
        match self {
            Node::Sequence(nodes) | Node::Either(nodes) => nodes,
            Node::Group { body, .. }
            | Node::Atomic(body)
            | Node::Look { body, .. }
            | Node::Repeat { body, .. } => std::slice::from_ref(body),
            _ => &[],
        }
    }
}
