//! YAML to a tree of nodes with places. The one module that knows the YAML crate.
//!
//! The tree keeps what the language's decoders need and what a serde type would lose: duplicate keys,
//! the spelling of numbers, and a place for each key. So one pass can report every error of a file.

use super::diagnostic::{Problem, Reading};
use super::node::{Node, Place, Value};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::budget::BudgetBreach;
use serde_yaml::{DuplicateKeyPolicy, MergeKeyPolicy, Spanned};
use std::path::Path;

/// No scenario needs more; a file beyond it is a mistake or an attack.
const MAX_BYTES: usize = 10_000_000;
/// Nodes of a document, with those that aliases repeat.
const MAX_NODES: usize = 20_000;
/// Nesting: the language itself needs eight.
const MAX_DEPTH: usize = 32;

/// The tree of a file, or `None` after its one error was noted: what follows a syntax error in YAML
/// is guesswork, so there is no attempt to go on.
pub(super) fn parse(reading: &mut Reading, path: &Path, bytes: &[u8]) -> Option<Node> {
    if bytes.len() > MAX_BYTES {
        let file = reading.add(path, "");
        reading.report(
            Problem::new(Place { file, start: 0, end: 0 }, "the file is larger than 10 MB")
                .help(format!("it has {} bytes; is it a scenario?", bytes.len())),
        );
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let file = reading.add(path, &String::from_utf8_lossy(bytes));
            let place = Place { file, start: at, end: at + '\u{fffd}'.len_utf8() };
            let byte = bytes.get(at).copied().unwrap_or_default();
            let line = reading.line(place);
            reading.report(
                Problem::new(place, "the file is not UTF-8")
                    .label(format!("byte 0x{byte:02x} at offset {at}, line {line}"))
                    .help("save the file as UTF-8"),
            );
            return None;
        }
    };
    // The parser's offsets do not count a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let file = reading.add(path, text);
    let whole = Place { file, start: 0, end: 0 };
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options()) {
        Ok(raw) => {
            let node = place(raw, file, text);
            if matches!(node.value, Value::Null) {
                reading.report(Problem::new(whole, "the file is empty"));
                return None;
            }
            Some(node)
        }
        Err(error) => {
            reading.report(syntax(&error, whole, text));
            None
        }
    }
}

fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_nodes: MAX_NODES,
            max_depth: MAX_DEPTH,
            max_documents: 1,
        },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: MAX_NODES },
        // They come through to the tree, and the decoder reports each with both places.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        // `defaults` shares keys between files; a second mechanism would only hide where a key is from.
        merge_keys: MergeKeyPolicy::AsOrdinary,
        // `no` is Norway: only `true` and `false` are booleans.
        strict_booleans: true,
        with_snippet: false,
    }
}

/// What is wrong with the YAML, in the parser's words but for the limits, which are ours.
fn syntax(error: &serde_yaml::Error, whole: Place, text: &str) -> Problem {
    let error = error.without_snippet();
    let at = error.location().filter(|location| location.line() > 0);
    let place = at.map_or(whole, |location| {
        let start = location.span().byte_offset().map_or_else(
            || offset(text, location.line(), location.column()),
            |offset| usize::try_from(offset).unwrap_or_default(),
        );
        Place { start, end: start + 1, ..whole }
    });
    let mut cause = error;
    while let serde_yaml::Error::AliasError { error, .. } = cause {
        cause = error;
    }
    match cause {
        serde_yaml::Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => {
            Problem::new(place, "a second document begins here").help("one file holds one scenario")
        }
        serde_yaml::Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            Problem::new(place, format!("nested more than {MAX_DEPTH} levels deep"))
        }
        serde_yaml::Error::Budget { .. } | serde_yaml::Error::AliasReplayLimitExceeded { .. } => {
            Problem::new(place, format!("more than {MAX_NODES} nodes"))
                .help("what an alias repeats is counted, too")
        }
        // The place stands in front of the snippet already.
        other => {
            let message = other.to_string();
            // Far beyond our own limit, the scanner of brackets gives up before the levels are counted.
            if message.contains("recursion limit") {
                return Problem::new(place, format!("nested more than {MAX_DEPTH} levels deep"));
            }
            let message = match other.location() {
                Some(at) => message.replace(&format!(" at line {}, column {}", at.line(), at.column()), ""),
                None => message,
            };
            Problem::new(place, format!("no valid YAML: {message}"))
        }
    }
}

/// The byte offset of a line and column, both from 1.
fn offset(text: &str, line: u64, column: u64) -> usize {
    let skipped = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
    let start: usize = text.split_inclusive('\n').take(skipped).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let characters = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    start + rest.chars().take(characters).map(char::len_utf8).sum::<usize>()
}

/// A node as serde hands it over.
enum Raw {
    Null,
    Text(String),
    Number,
    Bool(bool),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

/// Gives a node its place, and a number the spelling that it has in the file.
fn place(raw: Spanned<Raw>, file: usize, text: &str) -> Node {
    let written = |location: serde_yaml::Location| {
        let span = location.span();
        let start = span.byte_offset().and_then(|start| usize::try_from(start).ok()).unwrap_or_default();
        let length = span.byte_len().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        Place { file, start, end: start.saturating_add(length) }
    };
    let here = written(raw.referenced);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(text) => Value::Text(text),
        Raw::Bool(value) => Value::Bool(value),
        Raw::Number => {
            let defined = written(raw.defined);
            Value::Number(text.get(defined.start..defined.end).unwrap_or_default().trim().to_owned())
        }
        Raw::List(items) => Value::List(items.into_iter().map(|item| place(item, file, text)).collect()),
        Raw::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (place(key, file, text), place(value, file, text)))
                .collect(),
        ),
    };
    // The parser's span of a collection is that of its first token.
    let end = match &value {
        Value::List(items) => items.last().map(|last| last.place.end),
        Value::Map(entries) => entries.last().map(|(_, last)| last.place.end),
        _ => None,
    };
    Node { place: Place { end: here.end.max(end.unwrap_or_default()), ..here }, value }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a YAML node")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}
