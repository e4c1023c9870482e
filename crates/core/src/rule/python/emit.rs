//! A tree in the engine's words. Classes are spelt out, so that the engine's flags and tables decide nothing.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::Translation;
use super::class::{Category, CategoryKind, Class};
use super::parse::Tree;
use super::tree::{Kind, Node, Place};

/// `references`: the groups that are referred to. The others need not capture.
pub(super) fn emit(tree: &Tree, references: &BTreeSet<usize>) -> Translation {
    let mut emitter = Emitter { out: String::new(), references, any_case: false };
    emitter.node(&tree.root, true);
    Translation { pattern: emitter.out, refers_in_any_case: emitter.any_case }
}

struct Emitter<'a> {
    out: String,
    references: &'a BTreeSet<usize>,
    any_case: bool,
}

impl Emitter<'_> {
    /// `last`: nothing that could fail comes after it.
    fn node(&mut self, node: &Node, last: bool) {
        match node {
            Node::Char(c) => self.character(*c),
            Node::Class(class) => self.class(class),
            Node::Any { new_line: false } => self.out.push_str(r"[^\n]"),
            Node::Any { new_line: true } => self.out.push_str("(?s:.)"),
            Node::At(place) => self.place(*place, last),
            Node::Sequence(nodes) => {
                for (i, node) in nodes.iter().enumerate() {
                    self.node(node, last && i.saturating_add(1) == nodes.len());
                }
            }
            Node::Either(nodes) => self.either(nodes, last),
            Node::Group { number, body } => {
                let captures = number.is_some_and(|n| self.references.contains(&n));
                self.within(if captures { "(" } else { "(?:" }, body, last);
            }
            Node::Atomic(body) => self.within("(?>", body, false),
            Node::Look { behind, negated, body } => {
                let opening = match (behind, negated) {
                    (false, false) => "(?=",
                    (false, true) => "(?!",
                    (true, false) => "(?<=",
                    (true, true) => "(?<!",
                };
                self.within(opening, body, false);
            }
            Node::Repeat { least, most, kind, body } => self.repeat(*least, *most, *kind, body),
            Node::Reference { group, any_case } => {
                self.any_case |= any_case;
                let flag = if *any_case { "i" } else { "" };
                self.write(format_args!(r"(?{flag}:\{})", self.number(*group)));
            }
            // The engine takes a condition without branches for a demand.
            Node::Condition { yes, no, .. } if yes.is_blank() && no.is_blank() => {}
            Node::Condition { group, yes, no } => {
                self.write(format_args!("(?({})", self.number(*group)));
                self.within("(?:", yes, last);
                self.out.push('|');
                self.within("(?:", no, last);
                self.out.push(')');
            }
        }
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.out.write_fmt(text);
    }

    /// The number of a group among those that capture.
    fn number(&self, group: usize) -> usize {
        self.references.range(..=group).count()
    }

    fn within(&mut self, opening: &str, body: &Node, last: bool) {
        self.out.push_str(opening);
        self.node(body, last);
        self.out.push(')');
    }

    fn either(&mut self, nodes: &[Node], last: bool) {
        self.out.push_str("(?:");
        for (i, node) in nodes.iter().enumerate() {
            if i > 0 {
                self.out.push('|');
            }
            self.node(node, last);
        }
        self.out.push(')');
    }

    /// What takes no characters is the same however often it is there.
    fn repeat_nothing(&mut self, least: u32, kind: Kind, body: &Node) {
        let (before, after) = match kind {
            _ if least > 0 => ("", ""),
            Kind::Greedy => ("", "|"),
            Kind::Lazy => ("|", ""),
            Kind::Possessive => ("(?>", "|)"),
        };
        self.out.push_str("(?:");
        self.out.push_str(before);
        self.within("(?:", body, false);
        self.out.push_str(after);
        self.out.push(')');
    }

    /// Python goes through a possessive repeat one time after the other and looks back at none of them.
    fn repeat(&mut self, least: u32, most: Option<u32>, kind: Kind, body: &Node) {
        if body.takes_nothing() {
            return self.repeat_nothing(least, kind, body);
        }
        let possessive = kind == Kind::Possessive;
        self.out.push_str(if possessive { "(?>" } else { "" });
        self.within(if possessive { "(?>" } else { "(?:" }, body, false);
        match (least, most) {
            (0, None) => self.out.push('*'),
            (1, None) => self.out.push('+'),
            (0, Some(1)) => self.out.push('?'),
            (least, None) => self.write(format_args!("{{{least},}}")),
            (least, Some(most)) => self.write(format_args!("{{{least},{most}}}")),
        }
        self.out.push_str(match kind {
            Kind::Greedy => "",
            Kind::Lazy => "?",
            Kind::Possessive => ")",
        });
    }

    fn place(&mut self, place: Place, last: bool) {
        match place {
            Place::Start => self.out.push_str(r"\A"),
            Place::LineStart => self.out.push_str("(?m:^)"),
            Place::End => self.out.push_str(r"\z"),
            Place::LineEnd => self.out.push_str("(?m:$)"),
            // At the very end it does not matter who takes the new line, and this is quicker.
            Place::LastLineEnd if last => self.out.push_str(r"\n?\z"),
            Place::LastLineEnd => self.out.push_str(r"(?=\n?\z)"),
            Place::Boundary { negated, ascii } => self.boundary(negated, ascii),
        }
    }

    /// In an empty value there is neither a boundary nor a place that is none.
    fn boundary(&mut self, negated: bool, ascii: bool) {
        let mut word = String::from("[");
        category(&mut word, Category { kind: CategoryKind::Word, negated: false, ascii });
        word.push(']');
        if negated {
            self.write(format_args!(r"(?!\A\z)(?:(?<={word})(?={word})|(?<!{word})(?!{word}))"));
        } else {
            self.write(format_args!("(?:(?<={word})(?!{word})|(?<!{word})(?={word}))"));
        }
    }

    fn character(&mut self, c: char) {
        if c.is_alphanumeric() {
            self.out.push(c);
        } else {
            self.write(format_args!(r"\x{{{:x}}}", u32::from(c)));
        }
    }

    fn class(&mut self, class: &Class) {
        self.out.push_str(if class.negated { "[^" } else { "[" });
        for (first, last) in &class.ranges {
            let (first, last) = (u32::from(*first), u32::from(*last));
            self.write(format_args!(r"\x{{{first:x}}}-\x{{{last:x}}}"));
        }
        for one in &class.categories {
            category(&mut self.out, *one);
        }
        self.out.push(']');
    }
}

/// Writes a category as a member of a class.
fn category(out: &mut String, category: Category) {
    let members = match (category.kind, category.ascii) {
        (CategoryKind::Digit, false) => r"\p{Nd}",
        (CategoryKind::Digit, true) => "0-9",
        (CategoryKind::Space, false) => {
            r"\x09-\x0d\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
        }
        (CategoryKind::Space, true) => r"\x09-\x0d\x20",
        (CategoryKind::Word, false) => r"\p{L}\p{N}_",
        (CategoryKind::Word, true) => "0-9A-Za-z_",
    };
    out.push_str(if category.negated { "[^" } else { "" });
    out.push_str(members);
    out.push_str(if category.negated { "]" } else { "" });
}
