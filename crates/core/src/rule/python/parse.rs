//! The grammar of Python's regular expressions, as its own reader walks it (`re/_parser.py` of Python 3.11).

use std::collections::HashMap;

use super::class;
use super::escape::{self, Escape};
use super::flags::{self, Flags, Letters, Said};
use super::tokens::{Token, Tokens};
use super::tree::{Kind, Node, Place, Width};
use super::{Difference, MAX_DEPTH, MAX_GROUPS, MAX_REPEAT, RegexError, Size, Wrong};

/// A pattern that has been read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tree {
    pub(super) root: Node,
    /// How many groups capture.
    pub(super) groups: usize,
}

#[derive(Debug)]
pub(super) struct Parser {
    tokens: Tokens,
    /// By number; none while a group is open. Number 0 is the whole expression.
    groups: Vec<Option<Width>>,
    names: HashMap<String, usize>,
    /// The flags at the beginning, for the whole expression.
    global: Letters,
    flags: Flags,
    /// Inside a look-behind: how many groups there were before it.
    behind: Option<usize>,
    /// Groups that conditions ask for.
    asked: Vec<usize>,
    depth: usize,
}

/// What a `(` begins.
enum Opening {
    Capture(Option<String>),
    Plain(Flags),
    Atomic,
    Look {
        behind: bool,
        negated: bool,
    },
    Condition(usize),
    /// It is read to its end, and this is it.
    Whole(Option<Node>),
}

impl Parser {
    pub(super) fn new(tokens: Vec<Token>, ignore_case: bool) -> Self {
        Self {
            tokens: Tokens::new(tokens),
            groups: vec![None],
            names: HashMap::new(),
            global: Letters::default(),
            flags: Flags { ignore_case, ..Flags::default() },
            behind: None,
            asked: Vec::new(),
            depth: 0,
        }
    }

    pub(super) fn parse(mut self) -> Result<Tree, RegexError> {
        self.global_flags()?;
        let root = self.alternatives(self.flags)?;
        if self.tokens.peek().is_some() {
            return self.wrong(Wrong::Unbalanced);
        }
        if self.asked.iter().any(|group| *group >= self.groups.len()) {
            return self.wrong(Wrong::NoSuchGroup);
        }
        Ok(Tree { root, groups: self.groups.len().saturating_sub(1) })
    }

    fn wrong<T>(&self, wrong: Wrong) -> Result<T, RegexError> {
        Err(self.tokens.wrong(wrong))
    }

    /// `(?i)` and the like, at the beginning.
    fn global_flags(&mut self) -> Result<(), RegexError> {
        loop {
            if self.flags.verbose {
                self.skip_blanks();
            }
            let start = self.tokens.position();
            if !(self.tokens.take('(') && self.tokens.take('?')) {
                self.tokens.go_back_to(start);
                return Ok(());
            }
            match self.tokens.peek() {
                Some(Token::Char('#')) => self.comment()?,
                Some(Token::Char(c)) if flags::begins(c) => {
                    let Said::Global { on } = flags::read(&mut self.tokens)? else {
                        self.tokens.go_back_to(start);
                        return Ok(());
                    };
                    self.global = flags::global(self.global, on, &self.tokens)?;
                    self.flags = self.flags.with(self.global, Letters::default());
                }
                _ => {
                    self.tokens.go_back_to(start);
                    return Ok(());
                }
            }
        }
    }

    /// `a|b|c`, up to a `)` or the end.
    fn alternatives(&mut self, flags: Flags) -> Result<Node, RegexError> {
        let first = self.sequence(flags)?;
        if self.tokens.peek() != Some(Token::Char('|')) {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.tokens.take('|') {
            all.push(self.sequence(flags)?);
        }
        Ok(Node::Either(all))
    }

    fn sequence(&mut self, flags: Flags) -> Result<Node, RegexError> {
        let mut nodes = Vec::new();
        loop {
            if flags.verbose {
                self.skip_blanks();
            }
            let Some(token) = self.tokens.peek() else { break };
            if matches!(token, Token::Char('|' | ')')) {
                break;
            }
            self.tokens.next();
            let node = match token {
                Token::User(c) => Some(class::character(c, flags)?),
                Token::Escape(c) => Some(self.escape(c, flags)?),
                Token::Char('[') => Some(class::read(&mut self.tokens, flags)?),
                Token::Char('(') => self.group(flags)?,
                Token::Char(c @ ('*' | '+' | '?' | '{')) => match self.bounds(c)? {
                    Some((least, most)) => Some(self.repeat(least, most, nodes.pop())?),
                    None => Some(Node::Char(c)),
                },
                Token::Char('.') => Some(Node::Any { new_line: flags.dot_all }),
                Token::Char('^') if flags.multi_line => Some(Node::At(Place::LineStart)),
                Token::Char('^') => Some(Node::At(Place::Start)),
                Token::Char('$') if flags.multi_line => Some(Node::At(Place::LineEnd)),
                Token::Char('$') => Some(Node::At(Place::LastLineEnd)),
                Token::Char(c) => Some(class::character(c, flags)?),
            };
            nodes.extend(node);
        }
        Ok(Node::Sequence(nodes))
    }

    /// In a verbose pattern: blanks, and comments from `#` to the end of the line.
    fn skip_blanks(&mut self) {
        loop {
            match self.tokens.peek() {
                Some(Token::Char(' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')) => {
                    self.tokens.next();
                }
                Some(Token::Char('#')) => {
                    while !matches!(self.tokens.next(), None | Some(Token::Char('\n'))) {}
                }
                _ => return,
            }
        }
    }

    fn escape(&mut self, c: char, flags: Flags) -> Result<Node, RegexError> {
        match escape::outside(&mut self.tokens, c, flags)? {
            Escape::Node(node) => Ok(node),
            Escape::Reference(group) => self.reference(group, flags),
        }
    }

    fn reference(&mut self, group: usize, flags: Flags) -> Result<Node, RegexError> {
        match self.groups.get(group) {
            None => return self.wrong(Wrong::NoSuchGroup),
            Some(None) => return self.wrong(Wrong::GroupIsOpen),
            Some(Some(_)) => {}
        }
        self.not_of_this_look_behind(group)?;
        if flags.ignore_case && flags.ascii {
            return Err(RegexError::Difference(Difference::AsciiCaseReference));
        }
        Ok(Node::Reference { group, any_case: flags.ignore_case })
    }

    fn not_of_this_look_behind(&self, group: usize) -> Result<(), RegexError> {
        let Some(before) = self.behind else { return Ok(()) };
        match self.groups.get(group) {
            None | Some(None) => self.wrong(Wrong::GroupIsOpen),
            Some(Some(_)) if group >= before => self.wrong(Wrong::GroupOfLookBehind),
            Some(Some(_)) => Ok(()),
        }
    }

    /// How often `*`, `+`, `?` or what follows a `{` repeats. None: the brace stands for itself.
    fn bounds(&mut self, sign: char) -> Result<Option<(u32, Option<u32>)>, RegexError> {
        match sign {
            '*' => return Ok(Some((0, None))),
            '+' => return Ok(Some((1, None))),
            '?' => return Ok(Some((0, Some(1)))),
            _ => {}
        }
        let start = self.tokens.position();
        if self.tokens.peek() == Some(Token::Char('}')) {
            return Ok(None);
        }
        let least = self.tokens.take_while(usize::MAX, |c| c.is_ascii_digit());
        let most = if self.tokens.take(',') {
            self.tokens.take_while(usize::MAX, |c| c.is_ascii_digit())
        } else {
            least.clone()
        };
        if !self.tokens.take('}') {
            self.tokens.go_back_to(start);
            return Ok(None);
        }
        let number = |digits: &str| match digits.parse::<u32>() {
            _ if digits.is_empty() => Ok(None),
            Ok(n) if n <= MAX_REPEAT => Ok(Some(n)),
            _ => Err(RegexError::TooLarge(Size::Repeat)),
        };
        let (least, most) = (number(&least)?.unwrap_or(0), number(&most)?);
        if most.is_some_and(|most| most < least) {
            return self.wrong(Wrong::RepeatOrder);
        }
        Ok(Some((least, most)))
    }

    fn repeat(&mut self, least: u32, most: Option<u32>, body: Option<Node>) -> Result<Node, RegexError> {
        let body = match body {
            None | Some(Node::At(_)) => return self.wrong(Wrong::NothingToRepeat),
            Some(Node::Repeat { .. }) => return self.wrong(Wrong::MultipleRepeat),
            Some(body) => Box::new(body),
        };
        let kind = match () {
            () if self.tokens.take('?') => Kind::Lazy,
            () if self.tokens.take('+') => Kind::Possessive,
            () => Kind::Greedy,
        };
        Ok(Node::Repeat { least, most, kind, body })
    }

    /// Reads a group, after its `(`. None: it was a comment.
    fn group(&mut self, flags: Flags) -> Result<Option<Node>, RegexError> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH {
            return Err(RegexError::TooLarge(Size::Depth));
        }
        let opening = if self.tokens.take('?') { self.opening(flags)? } else { Opening::Capture(None) };
        let node = match opening {
            Opening::Whole(node) => node,
            Opening::Capture(name) => Some(self.capture(name, flags)?),
            Opening::Plain(inner) => Some(Node::Group { number: None, body: self.body(inner)? }),
            Opening::Atomic => Some(Node::Atomic(self.body(flags)?)),
            Opening::Look { behind, negated } => Some(self.look(behind, negated, flags)?),
            Opening::Condition(group) => Some(self.condition(group, flags)?),
        };
        self.depth = self.depth.saturating_sub(1);
        Ok(node)
    }

    /// What is in a group, and its `)`.
    fn body(&mut self, flags: Flags) -> Result<Box<Node>, RegexError> {
        let body = self.alternatives(flags)?;
        self.close()?;
        Ok(Box::new(body))
    }

    fn close(&mut self) -> Result<(), RegexError> {
        if self.tokens.take(')') { Ok(()) } else { self.wrong(Wrong::OpenGroup) }
    }

    /// What follows `(?`.
    fn opening(&mut self, flags: Flags) -> Result<Opening, RegexError> {
        let Some(Token::Char(c)) = self.tokens.peek() else { return self.wrong(Wrong::Extension) };
        if flags::begins(c) {
            return match flags::read(&mut self.tokens)? {
                Said::Global { .. } => self.wrong(Wrong::FlagsNotAtStart),
                Said::Local { on, off } => Ok(Opening::Plain(flags.with(on, off))),
            };
        }
        if c == '#' {
            return self.comment().map(|()| Opening::Whole(None));
        }
        self.tokens.next();
        match c {
            ':' => Ok(Opening::Plain(flags)),
            '>' => Ok(Opening::Atomic),
            '=' => Ok(Opening::Look { behind: false, negated: false }),
            '!' => Ok(Opening::Look { behind: false, negated: true }),
            '<' if self.tokens.take('=') => Ok(Opening::Look { behind: true, negated: false }),
            '<' if self.tokens.take('!') => Ok(Opening::Look { behind: true, negated: true }),
            'P' if self.tokens.take('<') => Ok(Opening::Capture(Some(self.name('>')?))),
            'P' if self.tokens.take('=') => {
                let name = self.name(')')?;
                let group = self.named(&name)?;
                self.reference(group, flags).map(|node| Opening::Whole(Some(node)))
            }
            '(' => self.asked_group().map(Opening::Condition),
            _ => self.wrong(Wrong::Extension),
        }
    }

    /// From its `#` to its `)`.
    fn comment(&mut self) -> Result<(), RegexError> {
        loop {
            match self.tokens.next() {
                None => return self.wrong(Wrong::OpenComment),
                Some(Token::Char(')')) => return Ok(()),
                Some(_) => {}
            }
        }
    }

    fn name(&mut self, end: char) -> Result<String, RegexError> {
        let Some(name) = self.tokens.take_name(end) else { return self.wrong(Wrong::GroupName) };
        let begins_well = name.starts_with(|c: char| c == '_' || c.is_alphabetic());
        if begins_well && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
            return Ok(name);
        }
        if name.is_ascii() {
            return self.wrong(Wrong::GroupName);
        }
        Err(RegexError::Difference(Difference::GroupName))
    }

    fn named(&self, name: &str) -> Result<usize, RegexError> {
        self.names.get(name).copied().ok_or_else(|| self.tokens.wrong(Wrong::NoSuchGroup))
    }

    fn capture(&mut self, name: Option<String>, flags: Flags) -> Result<Node, RegexError> {
        let number = self.groups.len();
        if number > MAX_GROUPS {
            return Err(RegexError::TooLarge(Size::Groups));
        }
        if let Some(name) = name
            && self.names.insert(name, number).is_some()
        {
            return self.wrong(Wrong::GroupNameTwice);
        }
        self.groups.push(None);
        let body = self.body(flags)?;
        let width = body.width(&self.groups);
        if let Some(group) = self.groups.get_mut(number) {
            *group = Some(width);
        }
        Ok(Node::Group { number: Some(number), body })
    }

    fn look(&mut self, behind: bool, negated: bool, flags: Flags) -> Result<Node, RegexError> {
        let before = self.behind;
        if behind && before.is_none() {
            self.behind = Some(self.groups.len());
        }
        let body = self.body(flags)?;
        self.behind = before;
        if behind && !body.width(&self.groups).is_fixed() {
            return self.wrong(Wrong::LookBehindWidth);
        }
        Ok(Node::Look { behind, negated, body })
    }

    /// The group that a condition asks for, after `(?(`.
    fn asked_group(&mut self) -> Result<usize, RegexError> {
        let Some(name) = self.tokens.take_name(')') else { return self.wrong(Wrong::GroupName) };
        let group = if name.chars().all(|c| c.is_ascii_digit()) {
            self.asked_number(&name)?
        } else if name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic()) {
            self.named(&name)?
        } else {
            return Err(RegexError::Difference(Difference::GroupNumber));
        };
        self.not_of_this_look_behind(group)?;
        Ok(group)
    }

    fn asked_number(&mut self, digits: &str) -> Result<usize, RegexError> {
        match digits.parse() {
            Ok(0) | Err(_) => self.wrong(Wrong::NoSuchGroup),
            Ok(group) => {
                self.asked.push(group);
                Ok(group)
            }
        }
    }

    fn condition(&mut self, group: usize, flags: Flags) -> Result<Node, RegexError> {
        // In the look-behind it has been asked for already.
        let is_closed = matches!(self.groups.get(group), Some(Some(_)));
        let yes = Box::new(self.sequence(flags)?);
        let no = if self.tokens.take('|') { self.sequence(flags)? } else { Node::nothing() };
        if self.tokens.peek() == Some(Token::Char('|')) {
            return self.wrong(Wrong::Branches);
        }
        self.close()?;
        if !is_closed {
            return Err(RegexError::Difference(Difference::EarlyCondition));
        }
        Ok(Node::Condition { group, yes, no: Box::new(no) })
    }
}
