//! The compound values of the language: lists that may be a single thing, mappings with free keys,
//! hooks, cleanup, leftovers.

use super::decode::{Decode, unique, wrong_type};
use super::diagnostic::{Problem, Reading};
use super::node::{At, Node, Value};
use super::shape::{HookSpec, Left};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

pub(super) use super::scalars::{
    ExitCode, FileName, Pattern, Period, PortMark, Slug, Text, UrlPath, VerdictName,
};

/// One thing, or a list of them.
#[derive(Clone, Debug)]
pub(super) struct OneOrMany<T>(pub(super) Vec<At<T>>);

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let Value::List(items) = &node.value else {
            return At::decode(node, reading).map(|one| OneOrMany(vec![one]));
        };
        if items.is_empty() {
            reading.report(Problem::new(node.place, "an empty list says nothing").help("leave the key out"));
            return None;
        }
        let before = reading.count();
        for (index, item) in items.iter().enumerate() {
            let text = item.text();
            if text.is_some() && items[..index].iter().any(|other| other.text() == text) {
                let text = text.unwrap_or_default();
                reading.report(Problem::new(item.place, format!("`{text}` stands here twice")));
            }
        }
        let found: Vec<At<T>> = items.iter().filter_map(|item| At::decode(item, reading)).collect();
        // A list with a wrong item is not used without it: the rest would match other cells than meant.
        (reading.count() == before).then_some(OneOrMany(found))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

/// A mapping from free keys.
#[derive(Clone, Debug)]
pub(super) struct Map<T>(pub(super) Vec<(At<String>, T)>);

impl<T: Decode> Decode for Map<T> {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            reading.report(wrong_type(node, "a mapping"));
            return None;
        };
        let mut map = Vec::new();
        for (key, value) in unique(entries, reading) {
            let name = At { value: key.text().unwrap_or_default().to_owned(), place: key.place };
            if let Some(value) = T::decode(value, reading) {
                map.push((name, value));
            }
        }
        Some(Map(map))
    }
}

impl<T: JsonSchema> JsonSchema for Map<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Map_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() })
    }
}

/// A command: a program, or a program with arguments.
#[derive(Clone, Debug)]
pub(super) struct Command(pub(super) Vec<String>);

impl Decode for Command {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let words: Vec<String> = match &node.value {
            Value::List(_) => Vec::<Text>::decode(node, reading)?.into_iter().map(|text| text.0).collect(),
            _ => vec![String::decode(node, reading)?],
        };
        if words.first().is_none_or(String::is_empty) {
            reading.report(
                Problem::new(node.place, "there is no program in this command")
                    .help("write [PROGRAM, ARG, …]"),
            );
            return None;
        }
        Some(Command(words))
    }
}

impl JsonSchema for Command {
    fn schema_name() -> Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<Text>();
        json_schema!({
            "description": "A program, or a list of the program and its arguments.",
            "anyOf": [{ "type": "string", "minLength": 1 }, { "type": "array", "items": text, "minItems": 1 }],
        })
    }
}

/// Hooks: names that speak the fixture protocol, or names with their evidence.
#[derive(Clone, Debug)]
pub(super) struct HooksSpec(pub(super) Vec<(At<String>, HookSpec)>);

impl Decode for HooksSpec {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let hooks = match &node.value {
            Value::List(_) => Vec::<At<String>>::decode(node, reading)?
                .into_iter()
                .map(|name| (name, HookSpec::Protocol))
                .collect(),
            Value::Map(_) => Map::<HookSpec>::decode(node, reading)?.0,
            _ => {
                reading
                    .report(wrong_type(node, "hooks: a list of names, or a mapping from name to evidence"));
                return None;
            }
        };
        let mut seen: Vec<&str> = Vec::new();
        for (name, _) in &hooks {
            let text = name.value.as_str();
            if text.trim() != text || text.is_empty() || text.contains(char::is_control) {
                reading.report(Problem::new(name.place, format!("`{text}` cannot be the name of a hook")));
            } else if RESERVED_HOOKS.contains(&text) {
                reading.report(
                    Problem::new(name.place, format!("a hook cannot be called `{text}`"))
                        .help(format!("`cleanup: {text}` has a meaning of its own")),
                );
            } else if seen.contains(&text) {
                reading.report(Problem::new(name.place, format!("the hook `{text}` stands here twice")));
            }
            seen.push(text);
        }
        Some(HooksSpec(hooks))
    }
}

/// Words that stand for something else where hooks are expected.
const RESERVED_HOOKS: [&str; 2] = ["none", "any"];

impl JsonSchema for HooksSpec {
    fn schema_name() -> Cow<'static, str> {
        "HooksSpec".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<Map<HookSpec>>();
        json_schema!({
            "description": "Hooks: a list of names that speak the fixture protocol, or a mapping from name to evidence.",
            "anyOf": [{ "type": "array", "items": { "type": "string", "minLength": 1 } }, map],
        })
    }
}

/// What a role must have run, as written.
#[derive(Clone, Debug)]
pub(super) enum RanSpec {
    /// Nothing.
    None,
    /// Whatever.
    Any,
    /// In this order.
    Exactly(Vec<At<String>>),
    /// In any order.
    AnyOrder(Vec<At<String>>),
    /// At least these, none of those.
    Some { with: Vec<At<String>>, without: Vec<At<String>> },
}

/// The hooks that run: of the target alone, or by role.
#[derive(Clone, Debug)]
pub(super) enum CleanupSpec {
    /// Without roles.
    Main(RanSpec),
    /// By role.
    ByRole(Vec<(At<String>, RanSpec)>),
}

const ANY_ORDER: &str = "any-order";
const INCLUDES: &str = "includes";
const EXCLUDES: &str = "excludes";
/// The keys that no role can have for a name.
pub(super) const CLEANUP_KEYS: [&str; 3] = [ANY_ORDER, INCLUDES, EXCLUDES];
const CLEANUP_FORMS: &str = "write none, any, [in order], { any-order: [...] }, { includes: [...], excludes: [...] }, or one of these by role";

impl Decode for RanSpec {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let names = |node: &Node, reading: &mut Reading| Vec::<At<String>>::decode(node, reading);
        match &node.value {
            Value::Text(word) if word == "none" => Some(RanSpec::None),
            Value::Text(word) if word == "any" => Some(RanSpec::Any),
            Value::List(_) => names(node, reading).map(RanSpec::Exactly),
            Value::Map(entries) => {
                let mut spec: (Option<Vec<_>>, Vec<_>, Vec<_>) = (None, Vec::new(), Vec::new());
                let mut others = false;
                let before = reading.count();
                for (key, value) in unique(entries, reading) {
                    let Some(found) = names(value, reading) else { continue };
                    match key.text().unwrap_or_default() {
                        ANY_ORDER => spec.0 = Some(found),
                        INCLUDES => (spec.1, others) = (found, true),
                        EXCLUDES => (spec.2, others) = (found, true),
                        other => {
                            let problem =
                                Problem::new(key.place, format!("unknown key `{other}` in a cleanup"));
                            reading.report(problem.meant(other, CLEANUP_KEYS));
                        }
                    }
                }
                if reading.count() > before {
                    return None;
                }
                match spec {
                    (Some(hooks), ..) if !others => Some(RanSpec::AnyOrder(hooks)),
                    (None, with, without) if others => Some(RanSpec::Some { with, without }),
                    _ => {
                        reading.report(
                            Problem::new(node.place, "this cleanup does not say what runs")
                                .help(CLEANUP_FORMS),
                        );
                        None
                    }
                }
            }
            Value::Text(word) => {
                let problem = Problem::new(node.place, format!("`{word}` is not a cleanup"));
                reading.report(problem.help(CLEANUP_FORMS));
                None
            }
            _ => {
                reading.report(wrong_type(node, "a cleanup").help(CLEANUP_FORMS));
                None
            }
        }
    }
}

impl Decode for CleanupSpec {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            return RanSpec::decode(node, reading).map(CleanupSpec::Main);
        };
        let own = |(key, _): &(Node, Node)| key.text().is_some_and(|key| CLEANUP_KEYS.contains(&key));
        if entries.is_empty() || entries.iter().any(own) {
            return RanSpec::decode(node, reading).map(CleanupSpec::Main);
        }
        // A slip in `includes` reads as a role; roles are checked later, with both kinds of names.
        Map::<RanSpec>::decode(node, reading).map(|map| CleanupSpec::ByRole(map.0))
    }
}

impl JsonSchema for RanSpec {
    fn schema_name() -> Cow<'static, str> {
        "RanSpec".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let hooks = json_schema!({ "type": "array", "items": { "type": "string" } });
        json_schema!({
            "description": "The hooks of one process.",
            "anyOf": [
                { "const": "none", "description": "None runs." },
                { "const": "any", "description": "Not judged." },
                { "type": "array", "items": { "type": "string" }, "description": "Just these, in this order." },
                {
                    "type": "object",
                    "description": "Just these, in any order.",
                    "properties": { ANY_ORDER: hooks },
                    "required": [ANY_ORDER],
                    "additionalProperties": false,
                },
                {
                    "type": "object",
                    "description": "At least these, and none of those.",
                    "properties": { INCLUDES: hooks, EXCLUDES: hooks },
                    "minProperties": 1,
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl JsonSchema for CleanupSpec {
    fn schema_name() -> Cow<'static, str> {
        "CleanupSpec".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let ran = generator.subschema_for::<RanSpec>();
        json_schema!({
            "description": "The hooks that run, in the target or by role.",
            "anyOf": [
                ran,
                {
                    "type": "object",
                    "description": "By role; `main` is the target itself. A role that is not named runs none.",
                    "propertyNames": { "not": { "enum": CLEANUP_KEYS } },
                    "additionalProperties": ran,
                    "minProperties": 1,
                },
            ],
        })
    }
}

/// What may stay behind, as written.
#[derive(Clone, Debug)]
pub(super) enum LeftoversSpec {
    /// Nothing.
    None,
    /// Whatever.
    Any,
    /// Just this.
    Exactly(Left),
}

impl Decode for LeftoversSpec {
    fn decode(node: &Node, reading: &mut Reading) -> Option<Self> {
        match &node.value {
            Value::Text(word) if word == "none" => Some(LeftoversSpec::None),
            Value::Text(word) if word == "any" => Some(LeftoversSpec::Any),
            Value::Map(_) => Left::decode(node, reading).map(LeftoversSpec::Exactly),
            _ => {
                let problem = wrong_type(node, "leftovers");
                reading.report(
                    problem.help("write none, any, or { processes: [...], files: [...], port: true }"),
                );
                None
            }
        }
    }
}

impl JsonSchema for LeftoversSpec {
    fn schema_name() -> Cow<'static, str> {
        "LeftoversSpec".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let left = generator.subschema_for::<Left>();
        json_schema!({
            "description": "What may stay behind.",
            "anyOf": [
                { "const": "none", "description": "Nothing." },
                { "const": "any", "description": "Not judged." },
                left,
            ],
        })
    }
}
