//! The single values of the language: text, patterns, durations, file names, exit codes.

use super::decode::{Decode, wrong_type};
use super::diagnostic::{Problem, Reading};
use super::node::{Node, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

/// Text for which a number may stand: arguments, environment, versions. `3.10` stays `3.10`.
#[derive(Clone, Debug)]
pub(super) struct Text(pub(super) String);

/// A name that becomes a part of ids: letters, digits, `.`, `_` and `-`, not first.
#[derive(Clone, Debug)]
pub(super) struct Slug(pub(super) String);

/// A regular expression, searched for in a line.
#[derive(Clone, Debug)]
pub(super) struct Pattern(pub(super) regex::Regex);

/// A duration with its unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period(pub(super) Duration);

/// A relative path.
#[derive(Clone, Debug)]
pub(super) struct FileName(pub(super) String);

/// A path on a server, with `/`.
#[derive(Clone, Debug)]
pub(super) struct UrlPath(pub(super) String);

/// The text `{port}`, where the harness chooses the port, or the number of one that the target always has.
#[derive(Clone, Copy, Debug)]
pub(super) struct PortMark(pub(super) Option<u16>);

/// An exit status: 32 bits, since Windows has as many.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExitCode(pub(super) u32);

/// The verdicts that a negative control can ask for.
#[derive(Clone, Debug)]
pub(super) struct VerdictName(pub(super) String);

const SLUG: &str = "^[A-Za-z0-9][A-Za-z0-9._-]*$";
const PERIOD: &str = "^[0-9]+(\\.[0-9]+)?(ms|s|m|h)$";
const VERDICTS: [&str; 2] = ["fail", "error"];

impl Decode for Text {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        match &node.value {
            Value::Text(text) | Value::Number(text) => Some(Text(text.clone())),
            Value::Bool(value) => Some(Text(value.to_string())),
            _ => {
                reading.report(wrong_type(node, "text"));
                None
            }
        }
    }
}

impl Decode for Slug {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let text = String::decode(node, reading)?;
        let inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(inner) {
            return Some(Slug(text));
        }
        reading.report(
            Problem::new(node.place, format!("`{text}` cannot be a name")).help(
                "names are made of letters, digits, `.`, `_` and `-`, and begin with a letter or digit",
            ),
        );
        None
    }
}

/// The pattern of a text. The same few (`^ready$`) stand in most scenarios, and a compiled one takes tens of
/// kilobytes: equal ones share their program.
pub(super) fn compiled(text: &str) -> Result<regex::Regex, regex::Error> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, regex::Regex>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(pattern) = known.get(text) {
            return Ok(pattern.clone());
        }
        let pattern = regex::Regex::new(text)?;
        known.insert(text.to_owned(), pattern.clone());
        Ok(pattern)
    })
}

impl Decode for Pattern {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let text = String::decode(node, reading)?;
        match compiled(&text) {
            Ok(pattern) => Some(Pattern(pattern)),
            Err(error) => {
                // The crate's message repeats the pattern on several lines; its last line says what.
                let whole = error.to_string();
                let last = whole.lines().last().unwrap_or_default();
                let why = last.strip_prefix("error: ").unwrap_or(last);
                reading.report(
                    Problem::new(node.place, format!("no valid regular expression: {why}"))
                        .help("a backslash before a special character takes it literally"),
                );
                None
            }
        }
    }
}

impl Decode for Period {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let (Value::Text(written) | Value::Number(written)) = &node.value else {
            reading.report(wrong_type(node, "a duration, as 10s or 500ms"));
            return None;
        };
        let found = period(written);
        if found.is_none() {
            let problem = Problem::new(node.place, format!("`{written}` is no duration"));
            reading.report(
                problem.help("write a number above zero with its unit: 500ms, 10s, 1.5s, 2m, at most 24h"),
            );
        }
        found.map(Period)
    }
}

fn period(written: &str) -> Option<Duration> {
    let digits = written.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(written.len());
    let (number, unit) = written.split_at(digits);
    let unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    // The parser of f64 takes `.5` and `5.`, too; one spelling is enough.
    let plain =
        number.starts_with(|c: char| c.is_ascii_digit()) && number.ends_with(|c: char| c.is_ascii_digit());
    let seconds = number.parse::<f64>().ok().filter(|_| plain)? * unit;
    let in_range = seconds > 0.0 && seconds <= 24.0 * 3600.0;
    in_range.then(|| Duration::try_from_secs_f64(seconds).ok()).flatten().filter(|period| !period.is_zero())
}

impl Decode for FileName {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let text = String::decode(node, reading)?;
        if text.is_empty() || text.contains('\0') {
            reading.report(Problem::new(node.place, "this is no name of a file"));
            return None;
        }
        Some(FileName(text))
    }
}

impl Decode for UrlPath {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let text = String::decode(node, reading)?;
        if text.starts_with('/') && !text.contains(char::is_whitespace) {
            return Some(UrlPath(text));
        }
        reading.report(
            Problem::new(node.place, format!("`{text}` is no path of a URL"))
                .help("it begins with `/`: /health"),
        );
        None
    }
}

impl Decode for PortMark {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let text = Text::decode(node, reading)?.0;
        if text == "{port}" {
            return Some(PortMark(None));
        }
        if let Some(port) = text.parse::<u16>().ok().filter(|port| *port > 0) {
            return Some(PortMark(Some(port)));
        }
        reading.report(Problem::new(node.place, format!("the port cannot be `{text}`")).help(
            "write \"{port}\": each cell gets a free port of its own, so that cells can run at once; or the \
                 number of the port that the program always has, from 1 to 65535",
        ));
        None
    }
}

impl Decode for ExitCode {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let found = match &node.value {
            Value::Number(text) | Value::Text(text) => match text.strip_prefix("0x") {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
                None => text.parse().ok(),
            },
            _ => {
                reading.report(wrong_type(node, "an exit status"));
                return None;
            }
        };
        if found.is_none() {
            reading.report(
                Problem::new(node.place, "this is no exit status")
                    .help("it is a number from 0 to 255, on Windows up to 0xFFFFFFFF"),
            );
        }
        found.map(ExitCode)
    }
}

impl Decode for VerdictName {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let name = String::decode(node, reading)?;
        if VERDICTS.contains(&name.as_str()) {
            return Some(VerdictName(name));
        }
        let problem = Problem::new(node.place, format!("a control cannot ask for the verdict `{name}`"));
        reading.report(problem.meant(&name, VERDICTS));
        None
    }
}

macro_rules! scalar_schema {
    ($($name:ident: $schema:tt,)*) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

scalar_schema! {
    Text: { "description": "Text; a number is taken as it is written.", "type": ["string", "number", "boolean"] },
    Slug: { "description": "A name: letters, digits, `.`, `_`, `-`.", "type": "string", "pattern": SLUG },
    Pattern: { "description": "A regular expression, searched for in each line.", "type": "string", "format": "regex" },
    Period: { "description": "A duration: 500ms, 10s, 1.5s, 2m.", "type": "string", "pattern": PERIOD },
    FileName: { "description": "A file, relative.", "type": "string", "minLength": 1 },
    UrlPath: { "description": "A path on a server: /health.", "type": "string", "pattern": "^/\\S*$" },
    PortMark: {
        "description": "{port}, which the harness chooses, or the number of a port that the target always has.",
        "anyOf": [{ "const": "{port}" }, { "type": "integer", "minimum": 1, "maximum": 65535 }],
    },
    ExitCode: {
        "description": "An exit status: 0 to 255, on Windows 32 bits.",
        "anyOf": [
            { "type": "integer", "minimum": 0, "maximum": u32::MAX },
            { "type": "string", "pattern": "^(0x[0-9A-Fa-f]{1,8}|[0-9]+)$" },
        ],
    },
    VerdictName: { "description": "A verdict that is no pass.", "enum": VERDICTS },
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("500ms", Some(500))]
    #[case("10s", Some(10_000))]
    #[case("1.5s", Some(1500))]
    #[case("2m", Some(120_000))]
    #[case("1h", Some(3_600_000))]
    #[case("0s", None)]
    #[case("0.0000000001ms", None)]
    #[case("10", None)]
    #[case("s", None)]
    #[case("", None)]
    #[case("-1s", None)]
    #[case("1..5s", None)]
    #[case(".5s", None)]
    #[case("5.s", None)]
    #[case("1e3s", None)]
    #[case("99999999999999999999999999999999999999h", None)]
    #[case("10 s", None)]
    #[case("10S", None)]
    fn durations(#[case] written: &str, #[case] milliseconds: Option<u64>) {
        assert_eq!(period(written), milliseconds.map(Duration::from_millis));
        let pattern = regex::Regex::new(PERIOD).expect("the schema's pattern is valid");
        if milliseconds.is_some() {
            assert!(pattern.is_match(written), "the schema refuses {written}");
        }
    }
}
