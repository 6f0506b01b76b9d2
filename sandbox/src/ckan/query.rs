//! The part of Lucene's query language that `fq` and a fielded `q` are written in.
//!
//! Guarantees: `+`, `-`, `NOT`, `AND`, `OR`, parentheses, quotes, `*` and ranges mean what they mean in CKAN, whose
//! default operator is AND; lower-case `and` is a word, as in Lucene. Anything else is refused, not guessed. Leaves
//! relevance and stemming to a real Solr.

use super::refusal::Refusal;

/// A parsed query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Query {
    /// Everything.
    All,
    /// Clauses that must, may or must not hold; where one must, those that may decide nothing.
    Group(Vec<(Occur, Query)>),
    /// A field has such a value; no field means the text.
    Field(Option<String>, Matcher),
}

/// What a clause means for its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occur {
    Must,
    May,
    MustNot,
}

/// What a value must be like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Matcher {
    /// This word or phrase.
    Words(String),
    /// These pieces in this order, with anything between them.
    Pieces(Vec<String>),
    /// From, to; `*` is open.
    Range(String, String),
}

impl Query {
    /// Reads a query; an empty one is everything.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let tokens = tokens(text)?;
        let mut reader = Reader { tokens: &tokens, text };
        if tokens.is_empty() {
            return Ok(Self::All);
        }
        let query = reader.group(None)?;
        if reader.tokens.is_empty() { Ok(query) } else { Err(refused(text)) }
    }

    /// Whether it holds, given how to look at one field.
    pub(super) fn holds(&self, field: &dyn Fn(Option<&str>, &Matcher) -> bool) -> bool {
        match self {
            Self::All => true,
            Self::Field(name, matcher) => field(name.as_deref(), matcher),
            Self::Group(clauses) => {
                let of = |wanted| clauses.iter().filter(move |(occur, _)| *occur == wanted);
                let may = of(Occur::Must).next().is_some()
                    || of(Occur::May).next().is_none()
                    || of(Occur::May).any(|(_, query)| query.holds(field));
                may && of(Occur::Must).all(|(_, query)| query.holds(field))
                    && !of(Occur::MustNot).any(|(_, query)| query.holds(field))
            }
        }
    }
}

impl Matcher {
    /// Whether a whole value is like this.
    pub(super) fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Words(words) => value == words,
            Self::Pieces(pieces) => in_order(value, pieces),
            Self::Range(from, to) => {
                let value = value.trim_end_matches('Z');
                (from == "*" || value >= from.trim_end_matches('Z'))
                    && (to == "*" || value <= to.trim_end_matches('Z'))
            }
        }
    }

    /// Whether a text has this in it, in any case.
    pub(super) fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Words(words) => text.to_lowercase().contains(&words.to_lowercase()),
            Self::Pieces(pieces) => text.split_whitespace().any(|word| {
                let pieces: Vec<String> = pieces.iter().map(|piece| piece.to_lowercase()).collect();
                in_order(&word.to_lowercase(), &pieces)
            }),
            Self::Range(..) => self.accepts(text),
        }
    }
}

fn in_order(value: &str, pieces: &[String]) -> bool {
    let [first, middle @ .., last] = pieces else { return pieces.iter().all(|piece| piece == value) };
    let Some(mut rest) = value.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        let Some(at) = rest.find(piece.as_str()) else { return false };
        rest = rest.get(at + piece.len()..).unwrap_or_default();
    }
    rest.ends_with(last.as_str())
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Must,
    MustNot,
    And,
    Or,
    Field(String),
    Value(Matcher),
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let simple = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            '+' => Some(Token::Must),
            '-' | '!' => Some(Token::MustNot),
            _ => None,
        };
        if let Some(token) = simple {
            found.push(token);
            rest = rest.get(1..).unwrap_or_default();
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let (phrase, after) = take_phrase(quoted).ok_or_else(|| refused(text))?;
            found.push(Token::Value(Matcher::Words(phrase)));
            rest = after;
        } else if let Some(range) = rest.strip_prefix('[') {
            let (inside, after) = range.split_once(']').ok_or_else(|| refused(text))?;
            let (from, to) = inside.split_once(" TO ").ok_or_else(|| refused(text))?;
            if from.contains("NOW") || to.contains("NOW") {
                return Err(refused(text));
            }
            let bound = |text: &str| text.trim().trim_matches('"').to_owned();
            found.push(Token::Value(Matcher::Range(bound(from), bound(to))));
            rest = after;
        } else {
            let (token, after) = take_word(rest).ok_or_else(|| refused(text))?;
            found.push(token);
            rest = after;
        }
        rest = rest.trim_start();
    }
    Ok(found)
}

fn take_phrase(text: &str) -> Option<(String, &str)> {
    let mut phrase = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((phrase, text.get(at + 1..)?)),
            '\\' => phrase.push(letters.next()?.1),
            other => phrase.push(other),
        }
    }
    None
}

fn take_word(text: &str) -> Option<(Token, &str)> {
    let mut pieces = vec![String::new()];
    let mut letters = text.char_indices();
    let mut end = text.len();
    while let Some((at, letter)) = letters.next() {
        match letter {
            ':' if pieces.len() == 1 => return Some((Token::Field(pieces.pop()?), text.get(at + 1..)?)),
            ':' if pieces.iter().all(String::is_empty) => {
                return Some((Token::Field("*".to_owned()), text.get(at + 1..)?));
            }
            '\\' => pieces.last_mut()?.push(letters.next()?.1),
            '*' => pieces.push(String::new()),
            '(' | ')' | '"' | '[' | ']' | '{' | '}' | '^' | '~' | '?' | ':' => {
                if letter == ')' {
                    end = at;
                    break;
                }
                return None;
            }
            space if space.is_whitespace() => {
                end = at;
                break;
            }
            other => pieces.last_mut()?.push(other),
        }
    }
    let after = text.get(end..)?;
    let token = match pieces.as_slice() {
        [word] if word == "AND" => Token::And,
        [word] if word == "OR" => Token::Or,
        [word] if word == "NOT" => Token::MustNot,
        [word] => Token::Value(Matcher::Words(word.clone())),
        _ => Token::Value(Matcher::Pieces(pieces)),
    };
    Some((token, after))
}

struct Reader<'a> {
    tokens: &'a [Token],
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Lucene's classic reading under the default operator AND: a clause must hold unless OR stands before or after
    /// it.
    fn group(&mut self, field: Option<&str>) -> Result<Query, Refusal> {
        let mut clauses: Vec<(Occur, Query)> = Vec::new();
        while !matches!(self.tokens.first(), None | Some(Token::Close)) {
            let joined = match self.tokens.first() {
                Some(Token::And) => Some(Occur::Must),
                Some(Token::Or) => Some(Occur::May),
                _ => None,
            };
            if let Some(occur) = joined {
                self.next();
                let last = clauses.last_mut().ok_or_else(|| refused(self.text))?;
                if last.0 != Occur::MustNot {
                    last.0 = occur;
                }
            }
            let sign = match self.tokens.first() {
                Some(Token::Must) => Some(Occur::Must),
                Some(Token::MustNot) => Some(Occur::MustNot),
                _ => None,
            };
            if sign.is_some() {
                self.next();
            }
            let query = self.one(field)?;
            clauses.push((sign.or(joined).unwrap_or(Occur::Must), query));
        }
        if clauses.is_empty() { Err(refused(self.text)) } else { Ok(Query::Group(clauses)) }
    }

    fn one(&mut self, field: Option<&str>) -> Result<Query, Refusal> {
        match self.next() {
            Some(Token::Open) => {
                let inside = self.group(field)?;
                if self.next() == Some(&Token::Close) { Ok(inside) } else { Err(refused(self.text)) }
            }
            Some(Token::Field(name)) if field.is_none() => self.one(Some(name)),
            Some(Token::Value(matcher)) => Ok(match (field, matcher) {
                (Some("*"), _) => Query::All,
                (None, Matcher::Pieces(pieces)) if pieces.iter().all(String::is_empty) => Query::All,
                _ => Query::Field(field.map(str::to_owned), matcher.clone()),
            }),
            _ => Err(refused(self.text)),
        }
    }
}

fn refused(text: &str) -> Refusal {
    Refusal::Search(format!("SOLR returned an error running query: {text} Error: Cannot parse it"))
}
