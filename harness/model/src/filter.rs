//! The expression of `--filter`: which cells are meant.
//!
//! ```text
//! any     = all { "or" all }
//! all     = one { ["and"] one }
//! one     = "not" one | "(" any ")" | term
//! term    = KEY "=" GLOB | WORD
//! ```
//!
//! A bare word is searched for in the id of the cell. In a glob, `*` stands for any text and `?` for
//! any character. A value with a space or a parenthesis is put in quotes: `terminate="http GET /quit"`.

use crate::language::nearest;
use crate::scenario::{Cell, Scenario};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// A filter expression.
#[derive(Clone, Debug)]
pub struct Filter(Expr);

#[derive(Clone, Debug)]
enum Expr {
    Any(Vec<Expr>),
    All(Vec<Expr>),
    Not(Box<Expr>),
    Term(Key, Vec<char>),
    Word(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Scenario,
    Launch,
    Terminate,
    Stdout,
    Version,
    Tag,
    Claim,
}

const KEYS: [(&str, Key); 7] = [
    ("scenario", Key::Scenario),
    ("launch", Key::Launch),
    ("terminate", Key::Terminate),
    ("stdout", Key::Stdout),
    ("version", Key::Version),
    ("tag", Key::Tag),
    ("claim", Key::Claim),
];

/// How deep parentheses and `not` may be nested; beyond it, the expression is refused rather than the stack used up.
const DEPTH: usize = 64;

/// An expression that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    expression: String,
    span: std::ops::Range<usize>,
    message: String,
    help: Option<String>,
}

impl FilterError {
    /// The column of the error in characters, from 1.
    pub fn column(&self) -> usize {
        self.expression[..self.span.start].chars().count() + 1
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The error with the expression and a caret.
    pub fn render(&self, color: bool) -> String {
        let snippet = Snippet::source(self.expression.as_str())
            .path("--filter")
            .annotation(AnnotationKind::Primary.span(self.span.clone()));
        let mut group = Level::ERROR.primary_title(self.message.as_str()).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

impl std::fmt::Display for FilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for FilterError {}

impl Filter {
    /// Reads an expression.
    pub fn parse(expression: &str) -> Result<Filter, FilterError> {
        let mut parser = Parser { tokens: tokens(expression)?, next: 0, expression, depth: 0 };
        let filter = parser.any()?;
        match parser.peek() {
            None => Ok(Filter(filter)),
            Some(token) => Err(parser.error(token.span.clone(), "this parenthesis was never opened")),
        }
    }

    /// Whether a cell of a scenario is meant.
    pub fn matches(&self, scenario: &Scenario, cell: &Cell) -> bool {
        self.0.matches(scenario, cell)
    }
}

impl Expr {
    fn matches(&self, scenario: &Scenario, cell: &Cell) -> bool {
        match self {
            Expr::Any(parts) => parts.iter().any(|part| part.matches(scenario, cell)),
            Expr::All(parts) => parts.iter().all(|part| part.matches(scenario, cell)),
            Expr::Not(part) => !part.matches(scenario, cell),
            Expr::Word(word) => cell.id.contains(word.as_str()),
            Expr::Term(key, pattern) => match key {
                Key::Scenario => glob(pattern, &scenario.name),
                Key::Launch => glob(pattern, &cell.launch),
                Key::Terminate => glob(pattern, &cell.terminate),
                Key::Stdout => glob(pattern, cell.stdout.name()),
                Key::Version => cell.version.as_deref().is_some_and(|version| glob(pattern, version)),
                Key::Tag => scenario.tags.iter().any(|tag| glob(pattern, tag)),
                Key::Claim => scenario
                    .claims
                    .iter()
                    .filter(|claim| glob(pattern, &claim.id))
                    .flat_map(|claim| &claim.checks)
                    .flat_map(|check| &check.cells)
                    .any(|&index| scenario.cells.get(index).is_some_and(|other| other.id == cell.id)),
            },
        }
    }
}

/// Whether a text is of a pattern with `*` and `?`. It goes back only to the last star, so it takes
/// at most the product of both lengths.
fn glob(pattern: &[char], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, eaten)) = star else { return false };
                star = Some((at, eaten + 1));
                p = at + 1;
                t = eaten + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    span: std::ops::Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    /// A word, and where its first `=` outside of quotes is.
    Word {
        text: String,
        equals: Option<usize>,
        quoted: bool,
    },
}

fn tokens(expression: &str) -> Result<Vec<Token>, FilterError> {
    let mut tokens = Vec::new();
    let mut rest = expression.char_indices().peekable();
    while let Some(&(start, c)) = rest.peek() {
        if c.is_whitespace() {
            rest.next();
            continue;
        }
        if c == '(' || c == ')' {
            rest.next();
            let kind = if c == '(' { Kind::Open } else { Kind::Close };
            tokens.push(Token { kind, span: start..start + 1 });
            continue;
        }
        let (mut text, mut equals, mut quoted, mut end) = (String::new(), None, false, start);
        while let Some(&(at, c)) = rest.peek() {
            if c.is_whitespace() || c == '(' || c == ')' {
                break;
            }
            rest.next();
            end = at + c.len_utf8();
            if c == '"' {
                quoted = true;
                loop {
                    match rest.next() {
                        Some((at, '"')) => {
                            end = at + 1;
                            break;
                        }
                        Some((_, c)) => text.push(c),
                        None => {
                            return Err(FilterError {
                                expression: expression.to_owned(),
                                span: at..at + 1,
                                message: "this quote is never closed".to_owned(),
                                help: None,
                            });
                        }
                    }
                }
                continue;
            }
            if c == '=' && equals.is_none() && !quoted {
                equals = Some(text.len());
            }
            text.push(c);
        }
        tokens.push(Token { kind: Kind::Word { text, equals, quoted }, span: start..end });
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    next: usize,
    expression: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    /// Whether the next token is that keyword; quoted, it is a word like any other.
    fn at_keyword(&self, keyword: &str) -> bool {
        matches!(self.peek(), Some(Token { kind: Kind::Word { text, quoted: false, .. }, .. }) if text == keyword)
    }

    fn error(&self, span: std::ops::Range<usize>, message: impl Into<String>) -> FilterError {
        FilterError { expression: self.expression.to_owned(), span, message: message.into(), help: None }
    }

    fn any(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.all()?];
        while self.at_keyword("or") {
            self.next += 1;
            parts.push(self.all()?);
        }
        Ok(Expr::Any(parts))
    }

    fn all(&mut self) -> Result<Expr, FilterError> {
        let mut parts = vec![self.one()?];
        loop {
            if self.at_keyword("and") {
                self.next += 1;
            } else if self.at_keyword("or")
                || matches!(self.peek(), None | Some(Token { kind: Kind::Close, .. }))
            {
                return Ok(Expr::All(parts));
            }
            parts.push(self.one()?);
        }
    }

    fn one(&mut self) -> Result<Expr, FilterError> {
        let end = self.expression.len();
        let Some(token) = self.peek().cloned() else {
            return Err(self.error(end..end, "here a term is missing"));
        };
        self.next += 1;
        match token.kind {
            Kind::Close => Err(self.error(token.span, "here a term is missing")),
            Kind::Open => {
                let inner = self.deeper(&token.span, Parser::any)?;
                match self.peek() {
                    Some(Token { kind: Kind::Close, .. }) => {
                        self.next += 1;
                        Ok(inner)
                    }
                    _ => Err(self.error(token.span, "this parenthesis is never closed")),
                }
            }
            Kind::Word { text, equals, quoted } => match (text.as_str(), equals) {
                ("and" | "or", _) if !quoted => Err(self.error(token.span, "here a term is missing")),
                ("not", _) if !quoted => {
                    let inner = self.deeper(&token.span, Parser::one)?;
                    Ok(Expr::Not(Box::new(inner)))
                }
                (_, Some(equals)) => self.term(&text[..equals], &text[equals + 1..], &token.span),
                _ => Ok(Expr::Word(text)),
            },
        }
    }

    fn deeper(
        &mut self,
        span: &std::ops::Range<usize>,
        parse: fn(&mut Self) -> Result<Expr, FilterError>,
    ) -> Result<Expr, FilterError> {
        if self.depth == DEPTH {
            return Err(self.error(span.clone(), "the expression is nested too deeply"));
        }
        self.depth += 1;
        let inner = parse(self);
        self.depth -= 1;
        inner
    }

    fn term(&self, key: &str, value: &str, span: &std::ops::Range<usize>) -> Result<Expr, FilterError> {
        let Some((_, known)) = KEYS.iter().find(|(name, _)| *name == key) else {
            let names = KEYS.map(|(name, _)| name);
            let help = match nearest(key, names) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("known are: {}", names.join(", ")),
            };
            let span = span.start..(span.start + key.len()).min(span.end);
            return Err(FilterError { help: Some(help), ..self.error(span, format!("unknown key `{key}`")) });
        };
        if value.is_empty() {
            return Err(self.error(span.clone(), format!("`{key}=` has no value")));
        }
        Ok(Expr::Term(*known, value.chars().collect()))
    }
}
