//! Names that something else defines: the registries, the signals, the systems.

use super::decode::Decode;
use super::diagnostic::{Problem, Reading};
use super::nearest::nearest;
use super::node::Node;
use crate::launch::Stdout;
use crate::platform::Os;
use crate::signals::Signal;
use crate::work::Answer;
use crate::{launches, terminations};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// A launch that some system has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LaunchName(pub(super) String);

/// A termination that some system has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TerminationName(pub(super) String);

/// A signal, with `SIG`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SignalName(pub(super) Signal);

/// A system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlatformName(pub(super) Os);

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AnswerName(pub(super) Answer);

/// A version of a target, not yet known to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VersionName(pub(super) String);

/// A kind of standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StdoutName(pub(super) Stdout);

impl Decode for LaunchName {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let name = String::decode(node, reading)?;
        if launches::known(&name) {
            return Some(LaunchName(name));
        }
        let help = match nearest(&name, launches::ALL.iter().map(|launch| launch.name)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "`lastrites list` shows all launches".to_owned(),
        };
        reading.report(Problem::new(node.place, format!("unknown launch `{name}`")).help(help));
        None
    }
}

impl Decode for TerminationName {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let name = String::decode(node, reading)?;
        if terminations::known(&name) {
            return Some(TerminationName(name));
        }
        let problem = Problem::new(node.place, format!("unknown termination `{name}`"));
        // All of them would be a page.
        let help =
            meant_termination(&name).unwrap_or_else(|| "`lastrites list` shows all terminations".to_owned());
        reading.report(problem.help(help));
        None
    }
}

/// The termination that was probably meant, as help: families are tried with all signals, and the free
/// forms are shown by their form.
fn meant_termination(written: &str) -> Option<String> {
    if let Some((signal, role)) = written.split_once(':') {
        let signal = meant_signal(signal)?;
        return Some(format!("did you mean `{signal}:{role}`?"));
    }
    if let Some(signal) = Signal::parse(&written.to_uppercase()) {
        return Some(format!("did you mean `{signal}`?"));
    }
    let mut names: Vec<String> = Vec::new();
    for entry in terminations::ALL {
        match entry.name.strip_prefix("SIGNAL") {
            Some(suffix) if !is_form(suffix) => {
                names.extend(Signal::all().map(|signal| format!("{signal}{suffix}")));
            }
            _ if !is_form(entry.name) => names.push(entry.name.to_owned()),
            _ => {}
        }
    }
    if let Some(meant) = nearest(written, names.iter().map(String::as_str)) {
        return Some(format!("did you mean `{meant}`?"));
    }
    let word = written.split([' ', '-']).next().unwrap_or_default();
    let form = terminations::ALL
        .iter()
        .find(|entry| is_form(entry.name) && entry.name.split([' ', '-']).next() == Some(word))?;
    Some(format!("it is written as {}, for example `{}`", form.name, form.examples.first()?))
}

fn meant_signal(written: &str) -> Option<&'static str> {
    if let Some(signal) = Signal::parse(&written.to_uppercase()) {
        return Some(signal.name());
    }
    nearest(written, Signal::all().map(Signal::name))
}

impl Decode for SignalName {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let name = String::decode(node, reading)?;
        if let Some(signal) = Signal::parse(&name).filter(|signal| signal.name() == name) {
            return Some(SignalName(signal));
        }
        let problem = Problem::new(node.place, format!("unknown signal `{name}`"));
        reading.report(match meant_signal(&name) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("signals are written as SIGTERM, SIGINT, SIGKILL"),
        });
        None
    }
}

impl Decode for PlatformName {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let name = String::decode(node, reading)?;
        let found = Os::parse(&name).map(PlatformName);
        if found.is_none() {
            let problem = Problem::new(node.place, format!("unknown platform `{name}`"));
            reading.report(problem.meant(&name, Os::ALL.map(Os::name)));
        }
        found
    }
}

impl Decode for StdoutName {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let name = String::decode(node, reading)?;
        let found = Stdout::ALL.into_iter().find(|kind| kind.name() == name).map(StdoutName);
        if found.is_none() {
            let problem = Problem::new(node.place, format!("unknown kind of standard output `{name}`"));
            reading.report(problem.meant(&name, Stdout::ALL.map(Stdout::name)));
        }
        found
    }
}

impl Decode for AnswerName {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let name = String::decode(node, reading)?;
        let found = Answer::parse(&name).map(AnswerName);
        if found.is_none() {
            let problem = Problem::new(node.place, format!("no request becomes `{name}`"));
            reading.report(problem.meant(&name, Answer::ALL.map(Answer::word)));
        }
        found
    }
}

impl Decode for VersionName {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let name = String::decode(node, reading)?;
        // They stand in ids, between `@` and `/`.
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@') {
            reading.report(
                Problem::new(node.place, format!("a version cannot be called `{name}`"))
                    .help("it is the name of a runtime, or a path of its program, without spaces and `@`"),
            );
            return None;
        }
        Some(VersionName(name))
    }
}

impl JsonSchema for VersionName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "VersionName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[^@\\s]+$",
            "description": "The name of a runtime that has the fixture, or a path of its program.",
        })
    }
}

/// A pattern of signal names, for the schema.
fn any_signal() -> String {
    let names: Vec<String> = Signal::all().map(|signal| regex::escape(signal.name())).collect();
    format!("({})", names.join("|"))
}

/// The pattern of a family's names: the variable parts of its form, which are in capitals, replaced by
/// what they may be.
fn family_pattern(form: &str) -> String {
    let parts = [
        ("SIGNAL", any_signal()),
        ("NUMBER", "[1-9][0-9]*".to_owned()),
        ("ROLE", ".+".to_owned()),
        ("METHOD", "[A-Z]+".to_owned()),
        ("PATH", r"/\S*".to_owned()),
        ("TEXT", ".+".to_owned()),
    ];
    let mut pattern = regex::escape(form);
    for (part, stands_for) in parts {
        pattern = pattern.replacen(part, &stands_for, 1);
    }
    // What regex::escape adds for a `-` or a space is no escape in the regular expressions of JSON schema.
    format!("^{}$", pattern.replace(r"\-", "-").replace(r"\ ", " "))
}

/// Whether a registry name is a form, with variable parts in capitals.
pub(crate) fn is_form(name: &str) -> bool {
    name.contains(|c: char| c.is_ascii_uppercase())
}

/// "On linux, macos." where an entry is not for all systems.
fn about_with_platforms(about: &str, source: &str, platforms: &[Os]) -> String {
    let names: Vec<&str> = platforms.iter().map(|os| os.name()).collect();
    let on = if platforms.len() == Os::ALL.len() { "everywhere".to_owned() } else { names.join(", ") };
    format!("{about} On: {on}. Source: {source}.")
}

impl JsonSchema for LaunchName {
    fn schema_name() -> Cow<'static, str> {
        "LaunchName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let forms: Vec<Schema> = launches::ALL
            .iter()
            .map(|launch| {
                let about = about_with_platforms(launch.about, launch.source, launch.platforms);
                json_schema!({ "const": launch.name, "description": about })
            })
            .collect();
        json_schema!({ "description": "A launch: how the target is started.", "anyOf": forms })
    }
}

impl JsonSchema for TerminationName {
    fn schema_name() -> Cow<'static, str> {
        "TerminationName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let forms: Vec<Schema> = terminations::ALL
            .iter()
            .map(|entry| {
                let about = about_with_platforms(entry.about, entry.source, entry.platforms);
                if is_form(entry.name) {
                    json_schema!({
                        "type": "string",
                        "pattern": family_pattern(entry.name),
                        "description": format!("{}: {about}", entry.name),
                        "examples": entry.examples,
                    })
                } else {
                    json_schema!({ "const": entry.name, "description": about })
                }
            })
            .collect();
        json_schema!({ "description": "A termination: how the target is ended.", "anyOf": forms })
    }
}

impl JsonSchema for SignalName {
    fn schema_name() -> Cow<'static, str> {
        "SignalName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Signal::all().map(Signal::name).collect();
        json_schema!({ "enum": names, "description": "A signal." })
    }
}

impl JsonSchema for PlatformName {
    fn schema_name() -> Cow<'static, str> {
        "PlatformName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": Os::ALL.map(Os::name), "description": "An operating system." })
    }
}

impl JsonSchema for AnswerName {
    fn schema_name() -> Cow<'static, str> {
        "AnswerName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": Answer::ALL.map(Answer::word), "description": "What becomes of a request." })
    }
}

impl JsonSchema for StdoutName {
    fn schema_name() -> Cow<'static, str> {
        "StdoutName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "enum": Stdout::ALL.map(Stdout::name),
            "description": "What standard output is: it decides what a program buffers.",
        })
    }
}
